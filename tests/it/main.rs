//! The system tests: one binary.
fn main() {}
