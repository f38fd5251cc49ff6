mod faults;
mod forms;
mod items;
mod settling;
mod support;
mod views;
mod weak;
