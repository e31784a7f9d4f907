//! The two files that people write: whatever stands in them is read or refused with a reason. A context that is read is written so that
//! the same is read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule::{Config, Context};

fuzz_target!(|text: &str| {
    if let Err(error) = Config::parse(text) {
        assert!(error.starts_with("line "), "{error}");
    }
    match Context::parse(text) {
        Ok(context) => assert_eq!(Context::parse(&context.to_text_revealed()), Ok(context)),
        Err(error) => assert!(!error.is_empty()),
    }
});
