//! Two brokers on one Redis server: the same protocol and the same promises as one by itself.

mod copying;
mod faults;
mod outage;
mod scripts;
mod service;
