//! What a tenant decides about a policy, as data.
//!
//! Not for: calling it; see [`crate::Configured`].

use std::sync::{Arc, OnceLock};

use vestibule_domain::redactor::Sought;
use vestibule_domain::{Fault, Grants, Settings};
use vestibule_ledger::{Hold, Owner, Pool};

use crate::capability::Capabilities;
use crate::limits::Limits;

/// Everything that a tenant decides about a policy. Clones share what is large.
#[derive(Clone, Default)]
pub(crate) struct Configuration {
    pub(crate) settings: Arc<Settings>,
    /// What finds the settings' secrets, made for the first call, with the memory that it takes.
    secrets: Arc<OnceLock<(Arc<Sought>, Option<Hold>)>>,
    pub(crate) grants: Grants,
    pub(crate) limits: Limits,
    pub(crate) capabilities: Capabilities,
    /// What the memory of calls is taken from, and for whom.
    pub(crate) account: Option<(Pool, Owner)>,
}

impl Configuration {
    /// With other settings, and nothing kept of those before.
    pub(crate) fn set(&mut self, settings: Settings) {
        (self.settings, self.secrets) = (Arc::new(settings), Arc::default());
    }

    /// For one call, of which nothing is taken yet.
    pub(crate) fn hold_on_memory(&self) -> Option<Hold> {
        let (pool, owner) = self.account.as_ref()?;
        // Nothing is never refused.
        pool.take(owner, 0).ok()
    }

    /// What finds the settings' secrets.
    ///
    /// # Errors
    /// There is no memory for it.
    pub(crate) fn secrets(&self) -> Result<Arc<Sought>, Fault> {
        if let Some((sought, _)) = self.secrets.get() {
            return Ok(Arc::clone(sought));
        }
        let sought = Sought::new(self.settings.secrets());
        // The most is taken first: what is refused is not made, call after call.
        let most = sought.most_bytes() as u64;
        let mut hold = self.account.as_ref().map(|(pool, owner)| pool.take(owner, most)).transpose()?;
        let taken = sought.prepare() as u64;
        if let Some(hold) = &mut hold {
            hold.shrink(most.saturating_sub(taken));
        }
        Ok(Arc::clone(&self.secrets.get_or_init(|| (Arc::new(sought), hold)).0))
    }
}

#[cfg(test)]
mod tests {
    use vestibule_domain::{Cause, Manifest};
    use vestibule_ledger::{Resource, Share};

    use super::*;

    fn configuration(secret: &str, pool: &Pool) -> Configuration {
        let manifest: Manifest = serde_json::from_value(serde_json::json!({
            "name": "a", "version": "1.0.0", "description": "", "group_select": false, "auth_null": false,
            "retain_password": false, "static_challenge": null, "x509_track": [], "wants_directory": false, "wants_http": [],
            "wants_properties": [],
            "settings": [{ "name": "key", "description": "", "default_value": null, "secret": true }],
        }))
        .unwrap();
        let given = [("key".to_owned(), secret.into())].into_iter().collect();
        let settings = Arc::new(Settings::from_object(given, &manifest).unwrap());
        Configuration { settings, account: Some((pool.clone(), Owner::Host)), ..Configuration::default() }
    }

    #[test]
    fn what_finds_the_settings_secrets_is_made_once_for_all_calls_and_paid_for() {
        let pool = Pool::new(Resource::Instances, 16 << 20, Share { most: 16 << 20 });
        let one = configuration(&"0123456789abcde\n".repeat(1 << 10), &pool);
        let other = one.clone();
        assert!(Arc::ptr_eq(&one.secrets().unwrap(), &other.secrets().unwrap()));
        let held = pool.usage().0;
        assert!(held > 0 && held < 4 << 20, "{held}");
        drop((one, other));
        assert_eq!(pool.usage().0, 0);
    }

    #[test]
    fn where_there_is_no_memory_for_it_the_call_is_refused() {
        let pool = Pool::new(Resource::Instances, 1 << 10, Share { most: 1 << 10 });
        assert_eq!(configuration(&"x".repeat(4 << 10), &pool).secrets().unwrap_err().cause, Cause::Overloaded);
        assert!(configuration("hunter2", &pool).secrets().is_ok());
    }
}
