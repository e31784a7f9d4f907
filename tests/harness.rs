//! What tests are written in: policies, logins and what came of them.

mod arbitrary;
mod case;
mod command;
mod component;
mod door;
mod edits;
mod freeradius;
mod guest;
mod keeper;
mod leaves;
mod lists;
mod login;
mod postgres;
mod reads;
mod registry;
mod served;
mod slapd;
mod store;
mod verdict;

pub(crate) use arbitrary::{any_claim, any_login};
pub(crate) use case::Case;
pub(crate) use command::{Run, file, root, vestibule, vestibule_with};
pub(crate) use component::{component, module};
pub(crate) use door::{
    A_SMALL_HOST, Door, ORDINARY, PASSWORD, answering, attempt, cause, question, told, typed, typed_as, vouched,
};
pub(crate) use edits::Edits;
pub(crate) use freeradius::{FreeRadius, RADIUS_SECRET, radius_settings};
pub(crate) use guest::{Guest, engine, module_bytes, policy, policy_bytes, probe, probe_bytes, refusal, scripted};
pub(crate) use leaves::{Leaves, decision};
pub(crate) use lists::Lists;
pub(crate) use login::{A_TIME, a_login};
pub(crate) use postgres::Postgres;
pub(crate) use reads::Reads;
pub(crate) use registry::{ROOM, Registers, by, listed, uses};
pub(crate) use served::{Caller, DEVICE, Reply, Served, exchange};
pub(crate) use slapd::{SERVICE_PASSWORD, Slapd, free_port, settings as slapd_settings};
pub(crate) use store::{Home, at, on_every_store, properties, sqlite, tenant};
