mod faults;
mod forms;
mod items;
mod support;
mod views;
mod weak;
