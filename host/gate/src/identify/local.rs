//! The method `local`: a password kept here, and a lock on accounts that somebody guesses at.
//!
//! Not for: hashing; see `password`.

use std::net::{IpAddr, SocketAddr};
use std::sync::LazyLock;
use std::time::Instant;

use vestibule_domain::decision::Denial;
use vestibule_domain::login::Info;
use vestibule_domain::primary::{Cause, Failure, Proven};
use vestibule_domain::{AuthMethod, EnteredUser, Fault, Secret};
use vestibule_ledger::{Owner, Rate, Turn, Turns};
use vestibule_store::{Lockout, Password};

use crate::context::LoginContext;
use crate::password::{self, MAX_PASSWORD_BYTES};
use crate::records::unavailable;

/// Verified for users whom nobody knows, so that they take as long as others do.
static NOBODYS: LazyLock<Result<String, String>> = LazyLock::new(|| password::hash(&Secret::new("nobody's password")));

/// Checks a local password. Also returns whether wrong ones came before it.
pub(super) async fn check_local(
    context: &LoginContext<'_>,
    user: &EnteredUser,
    given: &Secret,
) -> Result<(Proven, bool), Denial> {
    let tenant = &context.tenant.name;
    if given.expose().is_empty() || given.expose().len() > MAX_PASSWORD_BYTES {
        return Err(Failure::new(Cause::WrongPassword, "the password is empty, or too long to be one").into());
    }
    // The account is read and failures are counted while few others of the tenant do: many guesses at once are few at a time. What the
    // store takes for that holds up this tenant alone, and no place at which others hash.
    let check = turn(context, context.ledger.password_checks()).await?;
    let stored = context.store.password(tenant, user.as_str()).await.map_err(|error| unavailable(&error))?;
    let place = turn(context, context.ledger.hashing()).await?;
    let lock = lock_of(context, user);
    let is_locked = lock.is_locked(stored.as_ref(), context);
    let (given, hash) = (given.clone(), stored.as_ref().map(|stored| stored.hash.clone()));
    let right = password::at(place, move || match hash {
        Some(hash) => password::is_right(&given, &hash),
        None => password::is_right(&given, NOBODYS.as_ref().map_err(Clone::clone)?).map(|_| false),
    });
    let right = right.await.map_err(broken)?;
    if is_locked {
        return Err(locked_out().into());
    }
    if right && let Some(stored) = &stored {
        drop(check);
        let proven = Proven { user: context.attempt.canonical_user()?, info: Info::of(AuthMethod::Local) };
        return Ok((proven, forgive_later(context, &lock, stored).await?));
    }
    if matches!(lock, Lock::Account) {
        count_failure(context).await?;
    }
    let (cause, detail) = match stored {
        Some(_) => (Cause::WrongPassword, "the password is another one"),
        None => (Cause::UnknownUser, "no local user has this name"),
    };
    Err(Failure::new(cause, detail).into())
}

async fn turn(context: &LoginContext<'_>, places: &Turns) -> Result<Turn, Denial> {
    let turn =
        context.attempt.patience.unless_gone(password::turn(context.ledger, places, &context.tenant.name)).await?;
    Ok(turn.map_err(|refused| broken(refused.to_string()))?)
}

/// What wrong passwords lock. Whoever guesses at a bootstrap administrator's must not keep the administrator out: it is the address
/// that is locked, and nothing where the front door does not say which it is; then all that is left is that failures take their time.
fn lock_of(context: &LoginContext<'_>, user: &EnteredUser) -> Lock {
    if !context.tenant.is_bootstrap(user.as_str()) {
        return Lock::Account;
    }
    match context.attempt.client_ip_addr.as_deref() {
        // All that is no address is one: whoever writes another text each time would be unlimited otherwise.
        Some(address) => Lock::Address((user.to_string(), address_of(address).map(Owner::peer))),
        None => Lock::Nothing,
    }
}

/// A right password is no guess. Returns whether failures of the account are to be forgotten once the user comes in.
async fn forgive_later(context: &LoginContext<'_>, lock: &Lock, stored: &Password) -> Result<bool, Denial> {
    match lock {
        Lock::Account => {
            // Where wrong passwords could not be counted, a right one is worth nothing before one can be counted again.
            let counts =
                context.attempt.static_response.is_some() || !context.store.counts_failures(&context.tenant.name);
            if counts {
                count_answer(context).await?;
            }
            Ok(counts || stored.failures > 0)
        }
        Lock::Address(guesser) => {
            context.ledger.guesses().give_back(&context.tenant.name, guesser);
            Ok(false)
        }
        Lock::Nothing => Ok(false),
    }
}

/// Counts an answer to a question as a failure, which is forgiven if it lets its user in: whoever has stolen the password must
/// not try all answers. A locked account gives none.
pub(super) async fn count_answer(context: &LoginContext<'_>) -> Result<(), Denial> {
    let (user, lockout) = (context.attempt.user.as_str(), context.tenant.lockout());
    let counted = context.store.count_try(&context.tenant.name, user, context.now, &lockout).await;
    if counted.map_err(|error| unavailable(&error))? { Ok(()) } else { Err(locked_out().into()) }
}

/// Counts a wrong password. Where that fails, the login is denied as one whose right password could not be put on record: guesses that
/// nobody counts are not told whether they were right.
async fn count_failure(context: &LoginContext<'_>) -> Result<(), Denial> {
    let user = context.attempt.user.as_str();
    match context.store.count_failure(&context.tenant.name, user, context.now, &context.tenant.lockout()).await {
        Ok(Some(_)) => tracing::warn!(tenant = %context.tenant.name, user, "a local account is locked"),
        Ok(None) => {}
        Err(error) => {
            tracing::error!(tenant = %context.tenant.name, user, %error, "a failure could not be counted");
            return Err(unavailable(&error).into());
        }
    }
    Ok(())
}

/// What wrong passwords lock.
enum Lock {
    /// The account, for everybody.
    Account,
    /// One address, for one account.
    Address((String, Option<Owner>)),
    Nothing,
}

impl Lock {
    /// Whether this login comes to nothing, whatever its password is. Of an address, it counts as a guess.
    fn is_locked(&self, stored: Option<&Password>, context: &LoginContext<'_>) -> bool {
        match self {
            Self::Account => {
                let until = stored.and_then(|stored| stored.locked_until);
                until.is_some_and(|until| context.now < until)
            }
            Self::Address(guesser) => {
                let Lockout { after, lasts } = context.tenant.lockout();
                let burst = f64::from(after.max(1));
                let rate = Rate { per_second: burst / lasts.as_secs_f64().max(1.0), burst };
                context.ledger.guesses().take(&context.tenant.name, guesser, rate, Instant::now()).is_err()
            }
            Self::Nothing => false,
        }
    }
}

/// The address in what a front door calls one, which may have a port.
fn address_of(text: &str) -> Option<IpAddr> {
    text.parse().ok().or_else(|| text.parse().ok().map(|address: SocketAddr| address.ip()))
}

fn locked_out() -> Failure {
    Failure::new(Cause::LockedOut, "too many wrong passwords or answers before this login")
}

/// What a machine without memory, threads or time does.
fn broken(detail: String) -> Fault {
    Fault::new(vestibule_domain::Cause::Overloaded, format!("a password could not be checked: {detail}"))
}
