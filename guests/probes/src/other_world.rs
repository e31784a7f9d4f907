//! Speaks a world that has nothing to do with logins. Expected: refused, for lacking `post-auth`.

wit_bindgen::generate!({
    inline: "
        package acme:billing@1.0.0;
        world ledger {
            export charge: func(account: string, cents: u64) -> bool;
        }
    ",
});

struct Probe;

impl Guest for Probe {
    fn charge(_: String, _: u64) -> bool {
        true
    }
}

export!(Probe);
