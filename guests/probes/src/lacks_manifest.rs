//! Decides without saying what it is. Expected: refused, for lacking `manifest`.

use vestibule_probes::pass;

wit_bindgen::generate!({
    inline: "
        package probe:misfit;
        world misfit {
            use vestibule:policy/types@0.1.0.{login, outcome};
            export post-auth: func(login: login) -> result<outcome, string>;
        }
    ",
    path: "../../wit/v0.1",
    world: "probe:misfit/misfit",
    with: { "vestibule:policy/types@0.1.0": vestibule_probes::bindings::vestibule::policy::types },
});

struct Probe;

impl Guest for Probe {
    fn post_auth(login: Login) -> Result<Outcome, String> {
        Ok(pass(login))
    }
}

export!(Probe);
