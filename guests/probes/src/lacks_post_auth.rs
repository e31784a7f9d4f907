//! Says what it is and decides nothing. Expected: refused, for lacking `post-auth`.

use vestibule_probes::manifest;

wit_bindgen::generate!({
    inline: "
        package probe:misfit;
        world misfit {
            use vestibule:policy/types@0.1.0.{manifest};
            export manifest: func() -> manifest;
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
}

export!(Probe);
