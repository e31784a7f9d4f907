//! Imports what no host of policies has. Expected: refused, naming `acme:billing/charge@1.0.0`.

use vestibule_probes::{manifest, pass};

wit_bindgen::generate!({
    inline: "
        package probe:misfit;
        package acme:billing@1.0.0 {
            interface charge {
                charge: func(account: string, cents: u64);
            }
        }
        world misfit {
            use vestibule:policy/types@0.1.0.{login, manifest, outcome};
            import acme:billing/charge@1.0.0;
            export manifest: func() -> manifest;
            export post-auth: func(login: login) -> result<outcome, string>;
        }
    ",
    path: "../../wit/v0.1",
    world: "probe:misfit/misfit",
    with: { "vestibule:policy/types@0.1.0": vestibule_probes::bindings::vestibule::policy::types },
    generate_all,
});

use acme::billing::charge;

struct Probe;

impl Guest for Probe {
    fn manifest() -> Manifest {
        manifest(env!("CARGO_CRATE_NAME"))
    }

    fn post_auth(login: Login) -> Result<Outcome, String> {
        charge::charge(&login.authret.user, 100);
        Ok(pass(login))
    }
}

export!(Probe);
