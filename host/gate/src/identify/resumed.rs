//! A login that goes on where its question was put.
//!
//! Not for: what is stored of it meanwhile; see `challenge`.

use vestibule_api::Step;
use vestibule_domain::decision::Denial;
use vestibule_domain::field::Response;
use vestibule_domain::wire::crv1::StateId;

use super::local::count_answer;
use crate::challenge::Waiting;
use crate::context::{Identity, LoginContext};
use crate::journal::Journal;
use crate::method::Method;

/// Takes up the login whose question is answered.
pub(super) async fn resume<'a>(
    context: &LoginContext<'a>,
    state_id: &StateId,
    response: Response,
    journal: &mut Journal,
) -> Result<Identity<'a>, Denial> {
    let LoginContext { store, tenant, chains, attempt, now, .. } = *context;
    journal.enter(Step::Challenge);
    let waiting = Waiting::take(store, &tenant.name, &attempt.user, state_id, now).await?;
    let (method, info) = (waiting.method, waiting.info.clone());
    journal.method = Some(info.auth_method.to_string());
    let identified = waiting.identified.clone();
    let chosen = chains.of(&tenant.name, &identified);
    let state = waiting.resume(response, chosen.chain)?;
    journal.enter(Step::LookUp);
    let failed_before = method == Some(Method::Local);
    if failed_before {
        count_answer(context).await?;
    }
    Ok(Identity { chosen, method, info, identified, state, records: None, bootstrap: false, failed_before })
}
