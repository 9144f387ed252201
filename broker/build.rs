//! Release builds carry the pages within them: built anew whenever the pages were. Builds for
//! development read them from their folders instead, and need nothing from here.

#[expect(clippy::disallowed_methods, reason = "this is how cargo tells a build its profile")]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed=../examples/operator-web/dist");
        println!("cargo::rerun-if-changed=../examples/patron-widget/dist");
    }
}
