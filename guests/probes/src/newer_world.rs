//! Speaks a track that is not invented yet. Expected: refused, naming version 0.2.0.

wit_bindgen::generate!({
    inline: "
        package vestibule:policy@0.2.0;
        interface types {
            record manifest { name: string }
            record login { user: string }
            record outcome { allow: bool }
        }
        interface log {
            write: func(message: string);
        }
        world policy {
            use types.{login, manifest, outcome};
            import log;
            export manifest: func() -> manifest;
            export post-auth: func(login: login) -> result<outcome, string>;
        }
    ",
});

use vestibule::policy::log;

struct Probe;

impl Guest for Probe {
    fn manifest() -> Manifest {
        Manifest { name: "newer-world".to_owned() }
    }

    fn post_auth(login: Login) -> Result<Outcome, String> {
        log::write(&login.user);
        Ok(Outcome { allow: true })
    }
}

export!(Probe);
