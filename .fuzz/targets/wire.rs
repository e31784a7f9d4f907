//! Whatever a codec of the wire reads, it writes so that the same is read again.

#![no_main]

use std::fmt::Debug;

use libfuzzer_sys::fuzz_target;
use vestibule_domain::secret::Secret;
use vestibule_domain::wire::{MAX_INFO_PRE_BYTES, MAX_PARAMETER_BYTES, Password, cr_text, crv1, scrv1, web_auth};

fuzz_target!(|text: &str| {
    reads_what_it_writes(text, crv1::Challenge::parse, ToString::to_string);
    reads_what_it_writes(text, crv1::Response::parse, |response| response.encode().expose().to_owned());
    reads_what_it_writes(text, scrv1::Challenge::parse, ToString::to_string);
    reads_what_it_writes(text, scrv1::Response::parse, |response| response.encode().expose().to_owned());
    reads_what_it_writes(text, cr_text::Challenge::parse, ToString::to_string);
    reads_what_it_writes(text, cr_text::parse_response, |secret| cr_text::encode_response(secret).expose().to_owned());
    reads_what_it_writes(text, web_auth::Request::parse, ToString::to_string);

    if let Ok(challenge) = crv1::Challenge::parse(text)
        && let Ok(wire) = challenge.encode_within(MAX_PARAMETER_BYTES)
    {
        assert!(wire.len() <= MAX_PARAMETER_BYTES && !wire.contains(char::is_control));
        assert_eq!(crv1::Challenge::parse(&wire).map(|read| read.state_id), Ok(challenge.state_id));
    }
    if let Ok(request) = web_auth::Request::parse(text) {
        assert!(request.to_string().len() <= MAX_INFO_PRE_BYTES);
    }

    let plain = Password::parse(Secret::new(text)) == Ok(Password::Plain(Secret::new(text)));
    assert_eq!(plain, !text.starts_with("SCRV1:") && !text.starts_with("CRV1:"));
});

fn reads_what_it_writes<T, E>(text: &str, parse: fn(&str) -> Result<T, E>, write: fn(&T) -> String)
where
    T: Debug + PartialEq,
    E: Debug + PartialEq,
{
    if let Ok(value) = parse(text) {
        assert_eq!(parse(&write(&value)), Ok(value));
    }
}
