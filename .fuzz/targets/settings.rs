//! Settings that were accepted are recorded so that the same settings are read again.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use vestibule_domain::{Manifest, Settings};

/// A policy that reads one setting and one secret.
static MANIFEST: LazyLock<Manifest> = LazyLock::new(|| {
    let setting = r#"{"name": "shown", "description": "a text", "default_value": "x", "secret": false}"#;
    let secret = r#"{"name": "hidden", "description": "a key", "default_value": null, "secret": true}"#;
    let manifest = format!(
        r#"{{"name": "any", "version": "1.0.0", "description": "any", "group_select": false, "auth_null": false,
            "retain_password": false, "static_challenge": null, "x509_track": [], "wants_directory": false,
            "wants_http": [], "wants_properties": [], "settings": [{setting}, {secret}]}}"#
    );
    serde_json::from_str(&manifest).expect("a manifest")
});

fuzz_target!(|text: &str| {
    let Ok(settings) = Settings::from_json(text, &MANIFEST) else { return };
    assert_eq!(Settings::from_object(settings.to_object_revealed(), &MANIFEST), Ok(settings));
});
