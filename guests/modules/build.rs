//! Tells the linker to leave the examples as core modules.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-link-arg=--skip-wit-component");
}
