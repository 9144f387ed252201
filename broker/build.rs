//! Release builds carry the pages within them: built anew whenever the pages were. Builds for
//! development read them from their folders, which have to be there before the pages are.

const PAGES: [&str; 2] = ["../examples/operator-web/dist", "../examples/patron-widget/dist"];

#[expect(clippy::disallowed_methods, reason = "this is how cargo tells a build its profile")]
fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    for folder in PAGES {
        std::fs::create_dir_all(folder)?;
        if is_release {
            println!("cargo::rerun-if-changed={folder}");
        }
    }
    Ok(())
}
