//! Built guests as files.

use std::fs;
use std::path::Path;

/// The path of a policy that was left as a core module.
pub(crate) fn module(policy: &str) -> String {
    let built = Path::new(env!("GUESTS")).join("target/modules").join(policy).with_extension("wasm");
    assert!(built.exists(), "there is no module `{policy}`");
    built.display().to_string()
}

/// The path of a built guest, such as `policies/known-device`. One written as text is assembled first.
pub(crate) fn component(name: &str) -> String {
    let built = Path::new(env!("GUESTS")).join("target/components").join(name).with_extension("wasm");
    let text = built.with_extension("wat");
    if !text.exists() {
        assert!(built.exists(), "there is no guest `{name}`");
        return built.display().to_string();
    }
    let assembled = Path::new(env!("CARGO_TARGET_TMPDIR")).join(built.file_name().unwrap());
    // Tests run at the same time, and each of them finds a whole file.
    let new = assembled.with_extension(format!("{:?}.new", std::thread::current().id()));
    let wasm = wat::parse_file(&text).unwrap_or_else(|error| panic!("`{}`: {error}", text.display()));
    fs::write(&new, wasm).unwrap();
    fs::rename(new, &assembled).unwrap();
    assembled.display().to_string()
}
