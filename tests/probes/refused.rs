//! Files that are no policies, or whose manifest is not to be had: refused before any login.

use crate::harness::{component, probe, refusal, vestibule};

/// A probe that is refused in words that name what is wrong.
async fn is_refused(name: &str, words: &str) {
    let refusal = refusal(name).await;
    assert!(refusal.contains(words), "`{name}`: {refusal}");
    assert!(!refusal.contains("\n") && !refusal.contains("Error {"), "`{name}` is no sentence: {refusal}");
}

macro_rules! refused {
    ($($name:ident: $words:literal,)*) => {$(
        #[tokio::test]
        pub(crate) async fn $name() {
            is_refused(&stringify!($name).replace('_', "-"), $words).await;
        }
    )*};
}

refused! {
    core_module: "core module",
    composed_components: "a second memory",
    two_memories: "memor",
    imports_a_module: "`code`",
    imports_unknown: "`acme:billing/charge@1.0.0`",
    imports_a_later_function: "`watch`",
    older_world: "version 0.0.9",
    newer_world: "version 0.2.0",
    other_world: "does not export",
    lacks_manifest: "does not export `manifest`",
    lacks_post_auth: "does not export `post-auth`",
    wrong_signature: "`post-auth`",
    huge_initial_memory: "memory",
    huge_table: "table",
    multiplies_instances: "instances",
    doubles_its_types: "type",
    shares_its_memory: "threads",
    uses_async: "async",
    uses_custom_page_sizes: "page size",
    uses_exceptions: "exceptions",
    uses_function_references: "function references",
    uses_gc: "gc",
    uses_memory64: "memory64",
    uses_relaxed_simd: "relaxed SIMD",
    uses_stack_switching: "stack switching",
    uses_tail_calls: "tail calls",
    uses_threads: "threads",
    uses_wide_arithmetic: "wide arithmetic",
    manifest_floods: "output-too-large",
    manifest_invalid: "invalid-output: manifest: name",
    manifest_loops: "out-of-fuel",
    manifest_traps: "trap",
    manifest_wants_every_origin: "invalid-output: manifest: wants_http",
    exits_in_its_manifest: "exited",
    starts_slowly: "out-of-fuel",
    starts_with_100_megabytes: "out-of-memory",
}

#[tokio::test]
pub(crate) async fn manifest_peeks() {
    probe("manifest-peeks").lets_joe_in().await;
}

/// The loader would take a minute and gigabytes over it; that is why a child process compiles.
#[test]
pub(crate) fn bombs_the_compiler() {
    let bomb = component("probes/bombs-the-compiler");
    let run = vestibule(&["inspect", &bomb, "--compile-timeout", "5"]).exits_with(4);
    assert!(run.stderr().contains("compiling took more than"), "{}", run.stderr());
}
