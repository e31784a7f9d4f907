//! Components in pieces: none is written, read or deleted while others wait for all of it.
//!
//! Not for: which versions they are; see `versions`.

use std::time::{Duration, SystemTime};

use vestibule_domain::TenantName;
use vestibule_ledger::{Owner, Refused, Resource};

use crate::database::read;
use crate::queue::{Condition, LockKey, Write};
use crate::statement::{LOCK, Statement, as_number};
use crate::time::to_millis;
use crate::{Error, Reader, Store};

/// The size of a piece: written within some milliseconds.
const PIECE_BYTES: usize = 512 << 10;
/// How many pieces of components that are gone go at a time.
const SWEPT_AT_ONCE: i64 = 4;

const SIZE: &str = "
    select count(*), cast(coalesce(sum(octet_length(bytes)), 0) as bigint)
    from component join component_piece using (digest) where digest = $1";
const PIECE: &str = "select bytes from component_piece where digest = $1 and position = $2";
const PUT_PIECE: &str = "
    insert into component_piece (digest, position, bytes) values ($1, $2, $3) on conflict do nothing";
const COMPLETE: &str = "select count(*) from component_piece where digest = $1 having count(*) = $2";
/// Components that no version of anybody names.
pub(crate) const DELETE_ORPHANS: &str = "
    delete from component
    where not exists (select number from policy_version where policy_version.digest = component.digest)";
const PUBLISH: &str = "insert into component (digest) values ($1) on conflict do nothing";
/// What is past its time counts as well, until it was swept away with its pieces.
const CLAIM: &str = "
    insert into component_upload (digest, tenant, until_ms) select $1, $2, $3
    where (select count(*) from component_upload where tenant = $2 and digest <> $1) < $4
    on conflict (digest, tenant) do update set until_ms = excluded.until_ms";
const GIVE_UP: &str = "delete from component_upload where digest = $1 and tenant = $2";
const FORGET: &str = "delete from component_upload where until_ms <= $1";

/// Pieces of what is neither published nor being uploaded.
macro_rules! sweep {
    ($which:literal) => {
        concat!(
            "
    delete from component_piece where (digest, position) in (
        select digest, position from component_piece
        where not exists (select digest from component where component.digest = component_piece.digest)
        and not exists (
            select digest from component_upload where component_upload.digest = component_piece.digest and until_ms > $2)",
            $which,
            " limit $1)"
        )
    };
}

const SWEEP: &str = sweep!("");
const SWEEP_ONE: &str = sweep!(" and digest = $3");

/// Uploads of a tenant that are under way, in all processes together.
const UPLOADS: u64 = 2;
/// How long one may take: a hundred and twenty-eight pieces, each of which waits for its turn.
const UPLOAD_TIME: Duration = Duration::from_secs(900);

/// A stored component, to be read piece by piece.
pub struct Component<R: Reader> {
    store: Store<R>,
    tenant: TenantName,
    digest: String,
    bytes: u64,
    pieces: i64,
    next: i64,
}

impl<R: Reader> Component<R> {
    /// How large it is.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next piece, of half a MiB at most; absent after the last one.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if it was deleted meanwhile; [`Error::Busy`]; the database's.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        if self.next == self.pieces {
            return Ok(None);
        }
        let row: Option<(Vec<u8>,)> = read!(self.store, Some(&self.tenant), on =>
            sqlx::query_as(PIECE).bind(&self.digest).bind(self.next).fetch_optional(on))?;
        self.next += 1;
        let (bytes,) =
            row.ok_or_else(|| Error::Corrupt(format!("a piece of the component {} is gone", self.digest)))?;
        Ok(Some(bytes))
    }

    /// All that is left of it.
    ///
    /// # Errors
    /// As for [`Component::next`].
    pub async fn rest(mut self) -> Result<Vec<u8>, Error> {
        let mut all = Vec::with_capacity(usize::try_from(self.bytes).unwrap_or_default());
        while let Some(piece) = self.next().await? {
            all.extend(piece);
        }
        Ok(all)
    }
}

impl<R: Reader> Store<R> {
    /// A component by its digest, if it is stored; it is read on behalf of a tenant.
    ///
    /// # Errors
    /// [`Error::Busy`]; the database's.
    pub async fn component(&self, tenant: &TenantName, digest: &str) -> Result<Option<Component<R>>, Error> {
        let (pieces, bytes): (i64, i64) =
            read!(self, Some(tenant), on => sqlx::query_as(SIZE).bind(digest).fetch_one(on))?;
        let (tenant, digest, bytes) = (tenant.clone(), digest.to_owned(), u64::try_from(bytes).unwrap_or_default());
        Ok((pieces > 0).then(|| Component { store: self.clone(), tenant, digest, bytes, pieces, next: 0 }))
    }

    /// Says that the pieces of a component are about to come.
    ///
    /// # Errors
    /// [`Error::Busy`] if as many uploads of the tenant are under way as may be; [`Error::Reserve`]; the database's.
    pub(crate) async fn claim(&self, tenant: &TenantName, digest: &str, now: SystemTime) -> Result<(), Error> {
        self.ensure_space().await?;
        let until = now.checked_add(UPLOAD_TIME).map_or(i64::MAX, to_millis);
        for _ in 0..2 {
            let claim = Statement::new(CLAIM).text(digest).text(tenant.as_str()).number(until);
            let conditions = [Statement::new(LOCK), claim.number(as_number(UPLOADS))].map(Condition::some);
            let row = LockKey::new(tenant.as_str(), "");
            if self.0.registry.write_when(row, conditions.into(), Vec::new()).await?.held {
                return Ok(());
            }
            // One of them may have been broken off.
            self.sweep(now).await?;
        }
        let (resource, owner) = (Resource::Uploads, Owner::from(tenant));
        Err(Error::Busy(Refused { resource, owner, asked: 1, held: UPLOADS, most: UPLOADS, ever: UPLOADS }))
    }

    /// Gives up an upload, and deletes its pieces unless somebody else has use for them.
    pub(crate) async fn give_up(&self, tenant: &TenantName, digest: &str, now: SystemTime) -> Result<(), Error> {
        self.0.registry.write_one(LockKey::new(tenant.as_str(), ""), given_up(tenant, digest)).await?;
        let sweep = || Statement::new(SWEEP_ONE).number(SWEPT_AT_ONCE).number(to_millis(now)).text(digest);
        self.sweep_by(tenant.as_str(), sweep).await
    }

    /// Stores the pieces of a component that is to be published, unless it is. Logins' writes come between them.
    pub(crate) async fn put_pieces(&self, tenant: &TenantName, digest: &str, component: &[u8]) -> Result<(), Error> {
        if self.component(tenant, digest).await?.is_some() {
            return Ok(());
        }
        for (position, piece) in pieces(component).enumerate() {
            let put = Statement::new(PUT_PIECE).text(digest).number(as_number(position)).bytes(piece);
            self.0.registry.write_one(LockKey::new(tenant.as_str(), ""), put).await?;
        }
        Ok(())
    }

    /// Deletes pieces of components that nobody names any more, and of uploads that were broken off, some at a time, so that other writes
    /// come between. Those of uploads under way stay.
    pub(crate) async fn sweep(&self, now: SystemTime) -> Result<(), Error> {
        let now = to_millis(now);
        self.sweep_by("", || Statement::new(SWEEP).number(SWEPT_AT_ONCE).number(now)).await?;
        self.0.registry.write_one(LockKey::default(), Statement::new(FORGET).number(now)).await?;
        Ok(())
    }

    async fn sweep_by(&self, payer: &str, sweep: impl Fn() -> Statement) -> Result<(), Error> {
        loop {
            let conditions = [Statement::new(LOCK), sweep()].map(Condition::some);
            if !self.0.registry.write_when(LockKey::new(payer, ""), conditions.into(), Vec::new()).await?.held {
                return Ok(());
            }
        }
    }
}

/// Takes an upload off the list of those under way.
pub(crate) fn given_up(tenant: &TenantName, digest: &str) -> Statement {
    Statement::new(GIVE_UP).text(digest).text(tenant.as_str())
}

/// Returns a row if all pieces of a component are there.
pub(crate) fn complete(digest: &str, component: &[u8]) -> Statement {
    Statement::returning(COMPLETE).text(digest).number(as_number(pieces(component).count()))
}

/// Makes a component of its pieces.
pub(crate) fn publish(digest: &str) -> Write {
    Statement::new(PUBLISH).text(digest).into()
}

/// An empty component has one, too.
fn pieces(component: &[u8]) -> impl Iterator<Item = &[u8]> {
    let empty = component.is_empty().then_some(component);
    component.chunks(PIECE_BYTES).chain(empty)
}
