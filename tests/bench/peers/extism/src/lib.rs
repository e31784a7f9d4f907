//! The decision as a plug-in of Extism.

use extism_pdk::{FnResult, plugin_fn};

#[plugin_fn]
pub fn post_auth(login: Vec<u8>) -> FnResult<Vec<u8>> {
    Ok(decision::post_auth(&login)?)
}
