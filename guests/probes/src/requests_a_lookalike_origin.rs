//! Sends requests to origins that look like the one it is granted. Expected: `capability-denied`.

use vestibule_probes::{Login, Manifest, Outcome, get, http, manifest, pass, probe};

probe!(post_auth, wanting_example);

fn wanting_example() -> Manifest {
    Manifest { wants_http: vec!["https://api.example.com".to_owned()], ..manifest(env!("CARGO_CRATE_NAME")) }
}

fn post_auth(login: Login) -> Result<Outcome, String> {
    let lookalikes = [
        "http://api.example.com/",
        "https://api.example.com:8443/",
        "https://api.example.com.evil.example/",
        "https://api.example.com@evil.example/",
        "https://evil.example/https://api.example.com",
        "https://api.example.com\\@evil.example/",
        "https://api。example。com/",
    ];
    let answers: Vec<_> = lookalikes.iter().map(|url| http::send(&get(url))).collect();
    if answers.iter().any(Result::is_ok) { Ok(pass(login)) } else { Err(format!("{answers:?}")) }
}
