//! Builds the guests, so that `cargo test` alone is enough in a fresh clone, and lists the probes, so that a probe without a test
//! does not compile.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

fn main() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let guests = root.join("guests");
    for watched in [
        "sdk",
        "policies",
        "modules",
        "probes",
        "scripted",
        "python",
        "js",
        "Cargo.toml",
        "Cargo.lock",
        "build.sh",
        "toolchain.sh",
    ] {
        println!("cargo::rerun-if-changed={}", guests.join(watched).display());
    }
    println!("cargo::rerun-if-changed={}", root.join("wit").display());
    println!("cargo::rerun-if-changed=build.rs");

    let built = Command::new(guests.join("build.sh")).status()?;
    anyhow::ensure!(built.success(), "the guests could not be built; `guests/build.sh` says why");
    println!("cargo::rustc-env=GUESTS={}", guests.canonicalize()?.display());
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("probes.rs"), probes(&guests.join("probes"))?)?;
    Ok(())
}

/// A macro that calls another one with the name of every probe.
fn probes(directory: &Path) -> anyhow::Result<String> {
    let mut names = Vec::new();
    for (folder, extension) in [("src", "rs"), ("wat", "wat")] {
        for entry in fs::read_dir(directory.join(folder))? {
            let path = entry?.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            if path.extension().is_some_and(|found| found == extension) && stem != "lib" {
                names.push(stem.replace('-', "_"));
            }
        }
    }
    names.sort_unstable();
    let calls: String = names.iter().map(|name| format!("        $call!({name});\n")).collect();
    Ok(format!("macro_rules! each_probe {{\n    ($call:ident) => {{\n{calls}    }};\n}}\n"))
}
