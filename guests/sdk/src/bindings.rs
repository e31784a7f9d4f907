//! The contract as wit-bindgen spells it in Rust.
//!
//! Not for: convenience; the rest of this crate puts that on top of these very types. It is public so that a policy can be
//! written against the contract alone, and so that `export!` finds it.
#![allow(
    missing_docs,
    clippy::all,
    reason = "generated: the contract documents its items, the generator's own have no text"
)]

wit_bindgen::generate!({
    path: "../../wit/v0.1",
    world: "policy",
    // Texts and lists go to the host as they are: an import takes `&str` and `&[(&str, &str)]`.
    ownership: Borrowing { duplicate_if_necessary: false },
    export_macro_name: "export",
    pub_export_macro: true,
    default_bindings_module: "vestibule_policy::bindings",
});
