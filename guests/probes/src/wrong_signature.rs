//! Decides on a user name and answers yes. Expected: refused, for the type of `post-auth`.

use vestibule_probes::manifest;

wit_bindgen::generate!({
    inline: "
        package probe:misfit;
        world misfit {
            use vestibule:policy/types@0.1.0.{manifest};
            export manifest: func() -> manifest;
            export post-auth: func(user: string) -> bool;
        }
    ",
    path: "../../wit/v0.1",
    world: "probe:misfit/misfit",
    with: { "vestibule:policy/types@0.1.0": vestibule_probes::bindings::vestibule::policy::types },
});

struct Probe;

impl Guest for Probe {
    fn manifest() -> Manifest {
        manifest(env!("CARGO_CRATE_NAME"))
    }

    fn post_auth(_: String) -> bool {
        true
    }
}

export!(Probe);
