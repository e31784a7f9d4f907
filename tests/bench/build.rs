//! Builds what only the table needs: the peers that are programs of their own, and one policy for a second target. What cannot be
//! built is left out of the table, which then says so.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Guests have a toolchain of their own where the installed one lacks their target.
const GUEST_CARGO: &str = r#"eval "$("$GUESTS/toolchain.sh")" && "$CARGO""#;
const CARGO: &str = "unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS; cargo";
const STATIC_CARGO: &str = "unset CARGO_ENCODED_RUSTFLAGS; RUSTFLAGS=-Ctarget-feature=+crt-static cargo";

fn main() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (peers, guests) = (here.join("peers"), here.join("../../guests"));
    println!("cargo::rerun-if-changed=build.rs");
    for watched in ["Cargo.toml", "Cargo.lock", "cpython", "decision", "extism", "process"] {
        println!("cargo::rerun-if-changed={}", peers.join(watched).display());
    }
    for watched in ["Cargo.toml", "Cargo.lock", "sdk", "policies/known-device"] {
        println!("cargo::rerun-if-changed={}", guests.join(watched).display());
    }
    let native = env::var("HOST").expect("cargo names the host");
    offer("EXTISM", &peers, GUEST_CARGO, "peer-extism", "wasm32-unknown-unknown", "peer_extism.wasm");
    offer("PROCESS", &peers, STATIC_CARGO, "peer-process", &native, "peer-process");
    offer("CPYTHON", &peers, CARGO, "peer-cpython", &native, "libpeer_cpython.so");
    offer("WASIP2", &guests, GUEST_CARGO, "known-device", "wasm32-wasip2", "known_device.wasm");
}

/// Builds one package and hands the path of its product to the program as `BUILT_…`, or nothing.
fn offer(name: &str, workspace: &Path, cargo: &str, package: &str, target: &str, product: &str) {
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo gives a directory")).join("built");
    let command = format!(
        r#"{cargo} build --quiet --release --package {package} --target {target} --target-dir "{}""#,
        out.display()
    );
    let built = Command::new("sh")
        .args(["-c", &command])
        .current_dir(workspace)
        .env("GUESTS", Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guests"))
        .status()
        .is_ok_and(|status| status.success());
    let product = out.join(target).join("release").join(product);
    if built && fs::exists(&product).unwrap_or(false) {
        println!("cargo::rustc-env=BUILT_{name}={}", product.display());
    } else {
        println!("cargo::warning={package} could not be built and will not be measured");
        println!("cargo::rustc-env=BUILT_{name}=");
    }
}
