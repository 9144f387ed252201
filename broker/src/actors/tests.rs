//! The actors as they are, over the log in memory: a stage that opens sessions and reads their
//! frames, and what is claimed of death, turns, storing, races, resumes, time and lists.
//!
//! Time is paused: it moves when everybody waits. The clock of conversations moves when told.

mod calendar;
mod death;
mod desk;
mod leaving;
mod lists;
mod races;
mod receipts;
mod resumes;
mod retries;
mod staffing;
mod stage;
mod storing;
mod turns;
mod weather;

use std::cell::Cell;

thread_local! {
    static PANICS: Cell<u32> = const { Cell::new(0) };
}

/// As many of the next calls of the core on this thread panic.
fn tell_to_panic(times: u32) {
    PANICS.set(times);
}

/// Where the core is called.
pub(super) fn panic_if_told() {
    let left = PANICS.get();
    if left > 0 {
        PANICS.set(left - 1);
        panic!("told to");
    }
}
