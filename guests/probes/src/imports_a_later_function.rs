//! Imports a function that a later version of its track may add. Expected: refused, naming `watch`.

use vestibule_probes::{manifest, pass};

wit_bindgen::generate!({
    inline: "
        package probe:misfit;
        package vestibule:policy@0.1.9 {
            interface config {
                watch: func(name: string) -> bool;
            }
        }
        world misfit {
            use vestibule:policy/types@0.1.0.{login, manifest, outcome};
            import vestibule:policy/config@0.1.9;
            export manifest: func() -> manifest;
            export post-auth: func(login: login) -> result<outcome, string>;
        }
    ",
    path: "../../wit/v0.1",
    world: "probe:misfit/misfit",
    with: { "vestibule:policy/types@0.1.0": vestibule_probes::bindings::vestibule::policy::types },
    generate_all,
});

use vestibule::policy0_1_9::config;

struct Probe;

impl Guest for Probe {
    fn manifest() -> Manifest {
        manifest(env!("CARGO_CRATE_NAME"))
    }

    fn post_auth(login: Login) -> Result<Outcome, String> {
        if config::watch("any") { Ok(pass(login)) } else { Err("nothing to watch".to_owned()) }
    }
}

export!(Probe);
