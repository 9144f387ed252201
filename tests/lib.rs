//! What the system tests share lives in `harness`.
