//! Tokens: made once, shown once, kept as hashes.
//!
//! Not for: passwords of users. A token has 256 bits of chance, so that a plain hash of it tells nothing.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tokio::sync::OnceCell;
use vestibule_domain::{Secret, TenantName};
use vestibule_ledger::{Hold, Ledger, Owner, Pool, Turns, Waiting};
use vestibule_store::{By, Error, Store, TokenRow};

use super::scope::Scopes;
use crate::problem::Problem;

/// What every token begins with, so that scanners of leaked texts know it.
const PREFIX: &str = "vst_";
/// How many digits an id has: 64 bits in hexadecimal.
const ID_DIGITS: usize = 16;
/// How long a secret is: 256 bits in Base64.
const SECRET_CHARACTERS: usize = 43;
/// How long a token that was good counts as good without another look: how late the end of one takes effect on other nodes.
const TRUSTED: Duration = Duration::from_secs(1);
/// What one address may have of the places for looking tokens up.
const LOOKUPS: Waiting = Waiting { inside: 4, waiting: 256 };

/// A token that was just made.
#[derive(Debug)]
pub struct Issued {
    /// Its name among the tenant's, or the operator's.
    pub name: String,
    /// The token itself, which nobody can read again.
    pub token: Secret,
}

/// A token as it is known: whose it is, and what it allows.
#[derive(Debug, Clone)]
pub(crate) struct KnownToken {
    pub(crate) name: String,
    /// Absent: the operator's.
    pub(crate) tenant: Option<TenantName>,
    pub(crate) scopes: Scopes,
    /// Absent: nothing that could end.
    kept: Option<StoredToken>,
}

/// What the store keeps of a token to know it again.
#[derive(Debug, Clone)]
struct StoredToken {
    id: String,
    hash: String,
    expires: Option<SystemTime>,
}

impl StoredToken {
    fn is_in_time(&self, now: SystemTime) -> bool {
        self.expires.is_none_or(|end| now < end)
    }
}

impl KnownToken {
    /// Whoever could change the store as well.
    pub(crate) fn administrator() -> Self {
        let name = "administrator".to_owned();
        Self { name, tenant: None, scopes: Scopes::all(), kept: None }
    }
}

/// What one look into the store comes to, for all who wait for it.
type Lookup = OnceCell<Result<Option<Arc<KnownToken>>, Problem>>;

/// The host's tokens.
pub struct Tokens {
    store: Store,
    lookups: Turns,
    pool: Pool,
    remembered: Mutex<Remembered>,
    /// By id. A front door has one token for hundreds of logins at once, which all come when it is trusted no longer.
    under_way: Mutex<HashMap<String, Weak<Lookup>>>,
}

/// What was looked up in the last second, and a little longer what is not asked for any more.
struct Remembered {
    of: HashMap<String, (Arc<KnownToken>, Instant, Hold)>,
    looked: Instant,
}

impl Tokens {
    /// The tokens of a store. How many are looked up at once, and how many are remembered, is the ledger's.
    pub fn new(store: Store, ledger: &Ledger) -> Self {
        let (lookups, pool) = (ledger.token_lookups().clone(), ledger.remembered_tokens().clone());
        let remembered = Mutex::new(Remembered { of: HashMap::new(), looked: Instant::now() });
        Self { store, lookups, pool, remembered, under_way: Mutex::default() }
    }

    /// Makes a token, in place of the one of the same name. There are at most `most` of the tenant's, or the operator's;
    /// absent: as many as anybody likes.
    ///
    /// # Errors
    /// The store's.
    pub async fn issue(
        &self,
        tenant: Option<&TenantName>,
        name: &str,
        scopes: &Scopes,
        expires: Option<SystemTime>,
        most: Option<u32>,
        by: &By,
    ) -> Result<Issued, Error> {
        let id = format!("{:016x}", rand::random::<u64>());
        let secret = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
        let (name, hash, scopes) = (name.to_owned(), hash(&secret), scopes.write());
        let token = Secret::new(format!("{PREFIX}{id}_{secret}"));
        let row = TokenRow { id, tenant: tenant.cloned(), name: name.clone(), hash, scopes, created: by.at, expires };
        self.store.put_token(&row, most, by).await?;
        self.remembered.lock().of.clear();
        Ok(Issued { name, token })
    }

    /// Ends a token. Returns whether there was one.
    ///
    /// # Errors
    /// The store's.
    pub async fn revoke(&self, tenant: Option<&TenantName>, name: &str, by: &By) -> Result<bool, Error> {
        let revoked = self.store.delete_token(tenant, name, by).await?;
        self.remembered.lock().of.clear();
        Ok(revoked)
    }

    /// Whose token this is; none, if it is nobody's.
    ///
    /// Guesses are not counted: of 2^256 secrets, nobody tries enough to find one. What has not even a token's form is not looked up; any
    /// other guess costs one row by its key, for which it waits in its peer's line.
    ///
    /// # Errors
    /// The store's; that too many of the peer's wait already.
    pub(crate) async fn check(
        &self,
        token: &str,
        peer: &Owner,
        now: SystemTime,
    ) -> Result<Option<Arc<KnownToken>>, Problem> {
        let Some((id, secret)) = parts(token) else { return Ok(None) };
        let known = match self.recall(id) {
            Some(known) => Some(known),
            None => self.look_up(id, peer).await?,
        };
        let Some(known) = known else { return Ok(None) };
        let good = known
            .kept
            .as_ref()
            .is_some_and(|kept| kept.is_in_time(now) && hash(secret).as_bytes().ct_eq(kept.hash.as_bytes()).into());
        Ok(Some(known).filter(|_| good))
    }

    /// Whether a token that was good is good still: one that was revoked or replaced, or has expired, is not. That it has expired is known
    /// without the store.
    pub(crate) async fn holds(&self, known: &KnownToken, now: SystemTime) -> Result<bool, Error> {
        let Some(kept) = &known.kept else { return Ok(true) };
        if !kept.is_in_time(now) {
            return Ok(false);
        }
        Ok(self.find(&kept.id).await?.and_then(|known| known.kept.clone()).is_some_and(|kept| kept.is_in_time(now)))
    }

    /// The token of this id as the store has it, found by one for all who want to know meanwhile. That a peer's line is full is nobody
    /// else's refusal: then the next one looks.
    async fn look_up(&self, id: &str, peer: &Owner) -> Result<Option<Arc<KnownToken>>, Problem> {
        let lookup = self.lookup(id);
        let look = async || {
            let _turn = self.lookups.enter(peer, LOOKUPS).await?;
            let found = self.find(id).await.map_err(Problem::from);
            // Whoever comes from now on looks anew, unless it is remembered.
            self.under_way.lock().remove(id);
            Ok::<_, Problem>(found)
        };
        lookup.get_or_try_init(look).await?.clone()
    }

    /// The look at an id that is under way, or a new one.
    fn lookup(&self, id: &str) -> Arc<Lookup> {
        let mut under_way = self.under_way.lock();
        if let Some(lookup) = under_way.get(id).and_then(Weak::upgrade) {
            return lookup;
        }
        // Those that everybody has given up are as many as are under way, at most.
        if under_way.len() == under_way.capacity() {
            under_way.retain(|_, lookup| lookup.strong_count() > 0);
        }
        let lookup = Arc::<Lookup>::default();
        under_way.insert(id.to_owned(), Arc::downgrade(&lookup));
        lookup
    }

    /// The token of this id, as it was a moment ago.
    async fn find(&self, id: &str) -> Result<Option<Arc<KnownToken>>, Error> {
        if let Some(known) = self.recall(id) {
            return Ok(Some(known));
        }
        let Some(TokenRow { id, name, tenant, hash, scopes, expires, .. }) = self.store.token(id).await? else {
            return Ok(None);
        };
        let kept = Some(StoredToken { id: id.clone(), hash, expires });
        let known = Arc::new(KnownToken { name, tenant, scopes: Scopes::read(&scopes), kept });
        self.remember(&id, Arc::clone(&known));
        Ok(Some(known))
    }

    fn recall(&self, id: &str) -> Option<Arc<KnownToken>> {
        let remembered = self.remembered.lock();
        let (known, at, _) = remembered.of.get(id)?;
        (at.elapsed() < TRUSTED).then(|| Arc::clone(known))
    }

    /// Remembers a token, if its owner's share allows it: what is not remembered is looked up again.
    fn remember(&self, id: &str, known: Arc<KnownToken>) {
        let owner = known.tenant.as_ref().map_or(Owner::Host, Owner::from);
        let now = Instant::now();
        let mut remembered = self.remembered.lock();
        if now.duration_since(remembered.looked) >= TRUSTED {
            remembered.looked = now;
            remembered.of.retain(|_, (_, at, _)| now.duration_since(*at) < TRUSTED);
        }
        remembered.of.remove(id);
        if let Ok(hold) = self.pool.take(&owner, 1) {
            remembered.of.insert(id.to_owned(), (known, now, hold));
        }
    }
}

/// What a token is looked up by, and what proves it.
fn parts(token: &str) -> Option<(&str, &str)> {
    let (id, secret) = token.strip_prefix(PREFIX)?.split_once('_')?;
    let is_id = id.len() == ID_DIGITS && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_id && secret.len() == SECRET_CHARACTERS).then_some((id, secret))
}

fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret))
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use tokio::time::timeout;
    use vestibule_ledger::Budget;

    use super::*;

    async fn tokens() -> (tempfile::TempDir, Tokens) {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path()).await.unwrap();
        let budget = Budget {
            memory_bytes: 1 << 30,
            code_bytes: 1 << 28,
            connections: 64,
            files: 512,
            concurrent_logins: 64,
            processors: 2,
        };
        (home, Tokens::new(store, &Ledger::new(budget)))
    }

    fn peer(last: u8) -> Owner {
        Owner::peer([192, 0, 2, last].into())
    }

    #[tokio::test]
    async fn guesses_wait_in_a_line_of_their_own() {
        let (_home, tokens) = tokens().await;
        let guess = format!("{PREFIX}0123456789abcdef_{}", "x".repeat(SECRET_CHARACTERS));
        let mut turns = Vec::new();
        for _ in 0..LOOKUPS.inside {
            turns.push(tokens.lookups.enter(&peer(1), LOOKUPS).await.unwrap());
        }
        let check = |last| {
            let (tokens, guess) = (&tokens, &guess);
            async move { tokens.check(guess, &peer(last), UNIX_EPOCH).await }
        };
        assert!(timeout(Duration::ZERO, check(1)).await.is_err(), "the fifth of one address waits");
        assert!(check(2).await.unwrap().is_none(), "another address does not");
        turns.clear();
        assert!(check(1).await.unwrap().is_none());
        assert_eq!(tokens.lookups.usage().0, 0);
    }

    #[tokio::test]
    async fn one_look_is_for_all_who_bring_a_token_at_once() {
        let (_home, tokens) = tokens().await;
        let by = By { actor: "ann".to_owned(), origin: "here".to_owned(), at: UNIX_EPOCH };
        let issued = tokens.issue(None, "door", &Scopes::all(), None, None, &by).await.unwrap();
        let (door, many) = (peer(1), LOOKUPS.inside + LOOKUPS.waiting + 100);
        for _ in 0..2 {
            let checks = (0..many).map(|_| tokens.check(issued.token.expose(), &door, UNIX_EPOCH));
            let checked = futures_util::future::join_all(checks).await;
            assert!(checked.into_iter().all(|known| known.unwrap().is_some()));
            assert!(tokens.under_way.lock().is_empty());
            tokens.remembered.lock().of.values_mut().for_each(|(_, at, _)| *at -= TRUSTED);
        }
    }

    #[tokio::test]
    async fn whoever_looks_and_gives_up_leaves_the_look_to_the_next_one() {
        let ((_home, tokens), [one, other]) = (tokens().await, [1, 2].map(peer));
        let mut turns = Vec::new();
        for _ in 0..LOOKUPS.inside {
            turns.push(tokens.lookups.enter(&one, LOOKUPS).await.unwrap());
        }
        let mut first = Box::pin(tokens.look_up("id", &one));
        let mut second = Box::pin(tokens.look_up("id", &other));
        assert!(futures_util::poll!(&mut first).is_pending() && futures_util::poll!(&mut second).is_pending());
        drop(first);
        assert!(second.await.unwrap().is_none(), "it waits in its own peer's line");
        for number in 0..1_000 {
            let given_up = timeout(Duration::ZERO, tokens.look_up(&number.to_string(), &one)).await;
            assert!(given_up.is_err());
        }
        assert!(tokens.under_way.lock().len() < 100, "{}", tokens.under_way.lock().len());
    }

    #[tokio::test]
    async fn tokens_are_remembered_within_a_share() {
        let (_home, tokens) = tokens().await;
        let known = Arc::new(KnownToken::administrator());
        for number in 0..3_000 {
            tokens.remember(&number.to_string(), Arc::clone(&known));
        }
        let held = tokens.pool.usage().0;
        assert!((1..=2_048).contains(&held) && tokens.remembered.lock().of.len() as u64 == held, "{held}");
        let tenant = Some(TenantName::new("a").unwrap());
        tokens.remember("another", Arc::new(KnownToken { tenant, ..KnownToken::administrator() }));
        assert!(tokens.recall("another").is_some() && tokens.recall("0").is_some());
        tokens.remembered.lock().looked = Instant::now() - TRUSTED;
        tokens.remembered.lock().of.values_mut().for_each(|(_, at, _)| *at -= TRUSTED);
        tokens.remember("new", known);
        assert_eq!((tokens.pool.usage().0, tokens.remembered.lock().of.len()), (1, 1));
    }

    #[tokio::test]
    async fn an_end_that_is_known_needs_no_store() {
        let (_home, tokens) = tokens().await;
        let end = UNIX_EPOCH + Duration::from_secs(1_785_000_000);
        let kept = Some(StoredToken { id: "0123456789abcdef".to_owned(), hash: String::new(), expires: Some(end) });
        let known = KnownToken { kept, ..KnownToken::administrator() };
        tokens.store.close().await;
        assert_eq!(tokens.holds(&known, end).await, Ok(false));
        assert_eq!(tokens.holds(&known, end - Duration::from_millis(1)).await, Err(Error::Closed));
    }

    #[test]
    fn only_what_looks_like_a_token_is_looked_up() {
        let (id, secret) = ("0123456789abcdef", "x".repeat(SECRET_CHARACTERS));
        let token = format!("{PREFIX}{id}_{secret}");
        assert_eq!(parts(&token), Some((id, secret.as_str())));
        let secret_of_random = URL_SAFE_NO_PAD.encode([0_u8; 32]);
        assert_eq!(secret_of_random.len(), SECRET_CHARACTERS);
        for other in
            [&token[1..], &token[..token.len() - 1], &format!("{token}x"), &token.replace('f', "g"), "vst__", ""]
        {
            assert_eq!(parts(other), None, "{other}");
        }
    }
}
