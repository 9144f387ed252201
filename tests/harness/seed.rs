//! The seed of a run: random unless `DESKBELL_SEED` names one, and always said, so that whatever
//! goes wrong can be played again.

/// Says the seed of the run called `run` on standard error, and gives it.
pub fn of(run: &str) -> u64 {
    let seed = told().unwrap_or_else(rand::random);
    eprintln!("{run}: DESKBELL_SEED={seed}");
    seed
}

/// The seed that `DESKBELL_SEED` names, if it does.
pub fn told() -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "a test's own setting, read once by each test")]
    let told = std::env::var("DESKBELL_SEED").ok();
    told.map(|text| {
        text.parse().unwrap_or_else(|_| panic!("DESKBELL_SEED is a number, not {text:?}"))
    })
}
