mod faults;
mod forms;
mod items;
mod settling;
mod support;
mod truth;
mod views;
mod weak;
