//! Finds out who somebody is, by the method that holds for the user, and where the chain begins.
//!
//! Not for: what the user may do; that is up to policies and properties.

mod local;
mod resumed;

use vestibule_api::Step;
use vestibule_domain::decision::{Denial, DenyCause};
use vestibule_domain::login::Info;
use vestibule_domain::primary::{Cause, Failure, Proven};
use vestibule_domain::resolve::Records;
use vestibule_domain::{AuthMethod, CanonicalUser, Fault, Secret};

use crate::attempt::{CallerRecord, Proof, Voucher};
use crate::chain_state::{ChainState, Sessions};
use crate::context::{Identity, LoginContext};
use crate::journal::Journal;
use crate::method::Method;
use crate::records::{self, unavailable};

/// Who it is that wants to come in, and where the chain begins for this login.
///
/// # Errors
/// The proof does not hold, an authority does not answer, or the store fails.
pub(crate) async fn identify<'a>(context: &LoginContext<'a>, journal: &mut Journal) -> Result<Identity<'a>, Denial> {
    match &context.attempt.proof {
        // In boxes: what waits for hashes and servers anyway would make the future of every login large, which is copied on its way.
        Proof::Response { state_id, response } => {
            Box::pin(resumed::resume(context, state_id, response.clone(), journal)).await
        }
        Proof::Password(password) => Box::pin(check(context, password, journal)).await,
        Proof::Voucher(voucher) => believe(context, voucher, journal).await,
    }
}

async fn check<'a>(
    context: &LoginContext<'a>,
    password: &Secret,
    journal: &mut Journal,
) -> Result<Identity<'a>, Denial> {
    let LoginContext { tenant, attempt, place, end, .. } = *context;
    let user = &attempt.user;
    let records = look_up(context, user.as_str()).await?;
    let method = tenant.method_of(user.as_str(), &records)?;
    journal.method = Some(method.name().to_owned());
    journal.enter(Step::Primary);
    let (proven, failed_before) = match method {
        Method::Local => place.outside(local::check_local(context, user, password)).await?,
        Method::None => {
            // Nobody vouches for the name: a policy has to.
            let user = attempt.canonical_user()?;
            ensure_taken_over(context, &user)?;
            (Proven { user, info: Info::of(AuthMethod::None) }, false)
        }
        Method::Ldap => match &tenant.ldap {
            Some(ldap) => (place.outside(ldap.authenticate(user, password, end)).await?, false),
            None => return Err(no_server(method).into()),
        },
        Method::Radius => match &tenant.radius {
            Some(radius) => {
                let client_ip = attempt.client_ip_addr.as_deref();
                (place.outside(radius.authenticate(user, password, client_ip, end)).await?, false)
            }
            None => return Err(no_server(method).into()),
        },
        Method::Saml => {
            let detail = "a password was given where an identity provider has to be asked";
            return Err(Failure::new(Cause::ProofMismatch, detail).into());
        }
    };
    journal.enter(Step::LookUp);
    // Asking an authority takes time in which records may change; nobody was asked where there is none.
    let waited = method != Method::None;
    let records = if waited { look_up(context, proven.user.as_str()).await? } else { records };
    ensure_same_method(context, &proven, &records, method)?;
    let bootstrap = tenant.is_bootstrap(proven.user.as_str());
    let reason = format!("{method} auth succeeded");
    let (identified, method) = (proven.user.clone(), Some(method));
    let chosen = context.chains.of(&tenant.name, &identified);
    let state = ChainState::start(proven.user, reason, Sessions::default());
    let (info, records) = (proven.info, Some(records));
    Ok(Identity { chosen, method, info, identified, state, records, bootstrap, failed_before })
}

/// A name that the authority spells otherwise may belong to a record that demands another authority.
fn ensure_same_method(
    context: &LoginContext<'_>,
    proven: &Proven,
    records: &Records,
    method: Method,
) -> Result<(), Failure> {
    let holds = context.tenant.method_of(proven.user.as_str(), records)?;
    if holds == method {
        return Ok(());
    }
    let detail = format!("`{}` has to be authenticated by {holds}, not by {method}", proven.user);
    Err(Failure::new(Cause::ProofMismatch, detail))
}

/// The front door has proven who it is.
async fn believe<'a>(
    context: &LoginContext<'a>,
    voucher: &Voucher,
    journal: &mut Journal,
) -> Result<Identity<'a>, Denial> {
    let caller_record = context.attempt.caller_record.as_ref();
    let (user, records) = match caller_record {
        Some(record) => (record.user.clone(), None),
        None => {
            let user = context.attempt.canonical_user()?;
            let records = look_up(context, user.as_str()).await?;
            (user, Some(records))
        }
    };
    let info = match voucher {
        // Neither takes the place of the method by which the certificate or the token was come by.
        Voucher::Autologin => Info::of(AuthMethod::Autologin),
        Voucher::Session => Info::of(AuthMethod::Session),
        Voucher::Saml(attributes) => {
            ensure_saml(context, &user, records.as_ref())?;
            Info { saml_attributes: attributes.clone(), ..Info::of(AuthMethod::Saml) }
        }
        Voucher::Password(info) => {
            ensure_demanded(context, &user, records.as_ref(), info)?;
            info.clone()
        }
        Voucher::Nothing(info) => {
            ensure_demanded(context, &user, records.as_ref(), info)?;
            ensure_taken_over(context, &user)?;
            info.clone()
        }
    };
    journal.method = Some(info.auth_method.to_string());
    let sessions = match (voucher, caller_record) {
        (_, Some(record)) => sessions_of(record)?,
        (Voucher::Session, None) => read_session(context, &user, journal).await?,
        (Voucher::Autologin | Voucher::Saml(_) | Voucher::Password(_) | Voucher::Nothing(_), None) => {
            Sessions::default()
        }
    };
    let reason = caller_record.and_then(|record| record.reason.as_ref()).map(ToString::to_string);
    let reason = reason.unwrap_or_else(|| format!("{} auth succeeded", info.auth_method));
    let (chosen, identified) = (context.chains.of(&context.tenant.name, &user), user.clone());
    let state = ChainState::start(user, reason, sessions);
    let (bootstrap, failed_before) = (false, false);
    Ok(Identity { chosen, method: None, info, identified, state, records, bootstrap, failed_before })
}

/// Where nothing was checked, nobody vouches for the user: a policy has to take over.
fn ensure_taken_over(context: &LoginContext<'_>, user: &CanonicalUser) -> Result<(), Failure> {
    if context.chains.of(&context.tenant.name, user).chain.takes_over_authentication() {
        return Ok(());
    }
    Err(Failure::new(Cause::AuthNullNotGranted, "no active policy asks to decide alone and is granted it"))
}

/// Where a record demands a method, no front door's word for another one counts: a password that is right here may be wrong there.
/// Where the front door keeps the records, it knows what they demand.
fn ensure_demanded(
    context: &LoginContext<'_>,
    user: &CanonicalUser,
    records: Option<&Records>,
    info: &Info,
) -> Result<(), Failure> {
    let Some(records) = records else { return Ok(()) };
    let demanded = match context.tenant.is_bootstrap(user.as_str()) {
        true => Some(Method::Local),
        false => Method::demanded(records)?,
    };
    match demanded.filter(|demanded| demanded.auth_method() != info.auth_method) {
        None => Ok(()),
        Some(demanded) => {
            let detail = format!("`{user}` has to be authenticated by {demanded}, not by {}", info.auth_method);
            Err(Failure::new(Cause::ProofMismatch, detail))
        }
    }
}

/// An identity provider vouches for its own users only. Where the front door keeps the records, it knows whose they are.
fn ensure_saml(context: &LoginContext<'_>, user: &CanonicalUser, records: Option<&Records>) -> Result<(), Failure> {
    let Some(records) = records else { return Ok(()) };
    let holds = context.tenant.method_of(user.as_str(), records)?;
    if holds == Method::Saml {
        return Ok(());
    }
    let detail = format!("an identity provider vouches for a user of method {holds}");
    Err(Failure::new(Cause::ProofMismatch, detail))
}

/// What policies kept for the session, where the front door keeps it.
fn sessions_of(record: &CallerRecord) -> Result<Sessions, Denial> {
    let Some(state) = &record.session_state else { return Ok(Sessions::default()) };
    serde_json::from_slice(state).map_err(|error| {
        let detail = format!("the session's state is not as it was handed out: {error}");
        Denial::new(DenyCause::Primary(Cause::ProofMismatch), detail)
    })
}

/// What policies kept for the session that is renewed.
async fn read_session(
    context: &LoginContext<'_>,
    user: &CanonicalUser,
    journal: &mut Journal,
) -> Result<Sessions, Denial> {
    let Some(id) = &context.attempt.session_id else { return Ok(Sessions::default()) };
    journal.enter(Step::Session);
    let session = context.store.session(&context.tenant.name, id, context.now).await;
    let session = session.map_err(|error| unavailable(&error))?;
    journal.enter(Step::LookUp);
    let Some(session) = session else { return Ok(Sessions::default()) };
    if session.user != user.as_str() {
        return Err(Denial::new(DenyCause::Primary(Cause::ProofMismatch), "the session is another user's"));
    }
    serde_json::from_slice(&session.state).map_err(|error| {
        let detail = format!("a session cannot be read: {error}");
        Fault::new(vestibule_domain::Cause::StoreUnavailable, detail).into()
    })
}

async fn look_up(context: &LoginContext<'_>, user: &str) -> Result<Records, Fault> {
    records::read(context.store, &context.tenant.name, user).await
}

fn no_server(method: Method) -> Failure {
    Failure::new(Cause::MethodUnavailable, format!("the tenant has no {method} server"))
}
