//! Components in pieces: none is written, read or deleted while others wait for all of it.
//!
//! Not for: which versions they are; see `versions`.

use vestibule_domain::TenantName;

use crate::database::read;
use crate::queue::{Condition, Row, Write};
use crate::statement::{Statement, as_number};
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
const PUBLISH: &str = "insert into component (digest) values ($1) on conflict do nothing";
/// Nothing is published meanwhile, and nobody has to read anything anew for it.
const LOCK: &str = "update clock set stamp = stamp";
const SWEEP: &str = "
    delete from component_piece where (digest, position) in (
        select digest, position from component_piece
        where not exists (select digest from component where component.digest = component_piece.digest)
        limit $1)";

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

    /// Stores the pieces of a component that is to be published, unless it is. Logins' writes come between them.
    pub(crate) async fn put_pieces(&self, tenant: &TenantName, digest: &str, component: &[u8]) -> Result<(), Error> {
        if self.component(tenant, digest).await?.is_some() {
            return Ok(());
        }
        self.ensure_space().await?;
        for (position, piece) in pieces(component).enumerate() {
            let put = Statement::new(PUT_PIECE).text(digest).number(as_number(position)).bytes(piece);
            self.0.registry.write_one(Row::new(tenant.as_str(), ""), put).await?;
        }
        Ok(())
    }

    /// Deletes pieces of components that nobody names any more, some at a time, so that other writes come between.
    pub(crate) async fn sweep(&self) -> Result<(), Error> {
        loop {
            let conditions = [Statement::new(LOCK), Statement::new(SWEEP).number(SWEPT_AT_ONCE)].map(Condition::some);
            if !self.0.registry.write_when(Row::default(), conditions.into(), Vec::new()).await?.held {
                return Ok(());
            }
        }
    }
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
