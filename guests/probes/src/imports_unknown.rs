//! x

#[allow(missing_docs, reason = "the contract documents itself")]
mod bindings {
    wit_bindgen::generate!({
        inline: "

        ",
        path: "../../wit/v0.1",
        world: "probe:world/probe",
        generate_all,
    });
}
