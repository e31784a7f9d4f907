//! Passwords kept here, as Argon2id hashes (RFC 9106).
//!
//! Not for: who may try how often; see `identify::local`.

use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use vestibule_domain::{EnteredUser, Secret, TenantName, profile};
use vestibule_ledger::{Ledger, Owner, Refused, Turn, Turns, Waiting};
use vestibule_store::{By, Error, Store};

/// The shortest password taken, in characters: what NIST SP 800-63B asks for.
pub const MIN_PASSWORD_CHARACTERS: usize = 8;
/// The longest password taken, in bytes.
pub const MAX_PASSWORD_BYTES: usize = 1024;

/// Memory of one hash in KiB, and passes over it: the second choice of OWASP's password storage cheat sheet.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;

/// How many of a tenant wait: more than get their turn within a login's time, and so many that logins, of which only some may wait for
/// others, are not refused.
const WAITING: u64 = 1_024;

/// Why a password was not set.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Fewer than [`MIN_PASSWORD_CHARACTERS`].
    #[error("a password has at least {MIN_PASSWORD_CHARACTERS} characters")]
    TooShort,
    /// More than [`MAX_PASSWORD_BYTES`].
    #[error("a password has at most {MAX_PASSWORD_BYTES} bytes")]
    TooLong,
    /// The name is no user's.
    #[error("`{0}` is no user's name")]
    NotAUser(String),
    /// Too many of the tenant wait for their turn.
    #[error(transparent)]
    Busy(Refused),
    /// Hashing failed, for want of memory most likely.
    #[error("the password cannot be hashed: {0}")]
    Hash(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

/// Sets a local user's password, and unlocks the account. Makes the user if there is none, and the tenant has fewer than `most` users and
/// groups.
///
/// # Errors
/// [`PasswordError`].
pub async fn set_password(
    store: &Store,
    ledger: &Ledger,
    tenant: &TenantName,
    user: &EnteredUser,
    password: Secret,
    most: u32,
    by: Option<&By>,
) -> Result<(), PasswordError> {
    if password.expose().chars().count() < MIN_PASSWORD_CHARACTERS {
        return Err(PasswordError::TooShort);
    }
    if password.expose().len() > MAX_PASSWORD_BYTES {
        return Err(PasswordError::TooLong);
    }
    let is_group = store.profile(tenant, user.as_str()).await?.as_ref().is_some_and(profile::is_group);
    if user.as_str() == profile::DEFAULT || is_group {
        return Err(PasswordError::NotAUser(user.to_string()));
    }
    let place = turn(ledger, ledger.hashing(), tenant).await.map_err(PasswordError::Busy)?;
    let hash = at(place, move || hash(&password)).await.map_err(PasswordError::Hash)?;
    Ok(store.set_password(tenant, user.as_str(), &hash, most, by).await?)
}

/// The tenant's turn to check or to hash one, until it is dropped: as many at once as there are processors, since each hash takes one
/// whole, and megabytes of memory. Tenants take turns in hashing, so that a flood of one's logins makes another one's wait for one hash,
/// and not for all of them.
pub(crate) async fn turn(ledger: &Ledger, places: &Turns, tenant: &TenantName) -> Result<Turn, Refused> {
    let share = Waiting { inside: ledger.budget().processors, waiting: WAITING };
    places.enter(&Owner::from(tenant), share).await
}

/// Works at a place, which is taken until the work is done, whether or not somebody still waits for that: logins whose time is up would
/// otherwise have any number of hashes under way.
pub(crate) async fn at<T: Send + 'static>(
    place: Turn,
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let done = tokio::task::spawn_blocking(move || {
        let done = work();
        drop(place);
        done
    })
    .await;
    done.unwrap_or_else(|error| Err(error.to_string()))
}

/// A hash as PHC text. Takes tens of milliseconds.
pub(crate) fn hash(password: &Secret) -> Result<String, String> {
    let salt = SaltString::generate(&mut OsRng);
    let hash = argon2()?.hash_password(password.expose().as_bytes(), &salt).map_err(|error| error.to_string())?;
    Ok(hash.to_string())
}

/// Whether a password is the one that was hashed. Takes as long as hashing did.
pub(crate) fn is_right(password: &Secret, hash: &str) -> Result<bool, String> {
    let hash = PasswordHash::new(hash).map_err(|error| format!("the stored hash cannot be read: {error}"))?;
    match argon2()?.verify_password(password.expose().as_bytes(), &hash) {
        Ok(()) => Ok(true),
        Err(argon2::password_hash::Error::Password) => Ok(false),
        Err(error) => Err(error.to_string()),
    }
}

fn argon2() -> Result<Argon2<'static>, String> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|error| error.to_string())?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use tokio::time::timeout;
    use vestibule_ledger::{Resource, Room};

    use super::*;

    #[tokio::test]
    async fn a_place_is_taken_until_the_work_is_done_whoever_waits() {
        let (turns, share) = (Turns::new(Resource::Hashing, 1, Room::None), Waiting { inside: 1, waiting: 2 });
        let tenant = Owner::from(&TenantName::default());
        let place = turns.enter(&tenant, share).await.unwrap();
        let (finish, finished) = mpsc::channel::<()>();
        let work = at(place, move || Ok(finished.recv().is_ok()));
        assert!(timeout(Duration::ZERO, work).await.is_err(), "its login's time is up");
        assert!(timeout(Duration::ZERO, turns.enter(&tenant, share)).await.is_err(), "the work goes on");
        finish.send(()).unwrap();
        assert!(turns.enter(&tenant, share).await.is_ok());
    }

    #[test]
    fn a_hash_knows_its_password_and_no_other() {
        let hash = hash(&Secret::new("correct horse")).unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_eq!(is_right(&Secret::new("correct horse"), &hash), Ok(true));
        assert_eq!(is_right(&Secret::new("correct horses"), &hash), Ok(false));
        assert!(is_right(&Secret::new("correct horse"), "plain text").is_err());
    }
}
