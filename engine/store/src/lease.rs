//! The fence around a stack: one lease at a time, each with a higher token than the one before.
//!
//! Safety comes from the token alone, which is compared inside the transaction of every write; the
//! clock only decides how soon a dead holder is succeeded. A clock that went backwards makes a
//! lease look as if it had been taken in the future: it is dated anew, so that it ends at most its
//! own length after somebody asked.

use evenkeel_model::Timestamp;
use rusqlite::{Connection, OptionalExtension, named_params};

use crate::alive::Alive;
use crate::error::{Fault, LeaseLoss, StoreError};
use crate::record::{Lease, LeaseToken, StackId};
use crate::rows::StackKey;

/// A lease as it is stored.
struct Stored {
    token: LeaseToken,
    holder: Option<String>,
    since: Timestamp,
    renewed_at: Timestamp,
    expires: Timestamp,
    mark: Option<String>,
}

/// What came of asking for a lease. A refusal is no failure here: dating a lease anew has to stay.
pub(crate) type Acquired = Result<Lease, StoreError>;

/// Takes the stack, or says who has it.
pub(crate) fn acquire(
    conn: &Connection,
    now: Timestamp,
    stack: &StackId,
    holder: &str,
    ttl_ms: i64,
    alive: &Alive,
) -> Result<Acquired, Fault> {
    let key = StackKey::make(conn, stack)?;
    let stored = match stored(conn, key)? {
        Some(stored) => Some(dated_anew(conn, key, stored, now)?),
        None => None,
    };
    if let Some(Stored { holder: Some(other), since, expires, mark, .. }) = &stored
        && other != holder
        && *expires > now
        && !mark.as_ref().is_some_and(|mark| alive.is_dead(mark))
    {
        let (holder, since, expires) = (other.clone(), *since, *expires);
        return Ok(Err(StoreError::LeaseHeld { stack: stack.clone(), holder, since, expires }));
    }
    let token = LeaseToken(stored.map_or(0, |stored| stored.token.0) + 1);
    let expires = now.plus_ms(ttl_ms.max(0));
    let sql = "INSERT INTO leases (stack_id, token, holder, since, renewed_at, expires_at, mark)
        VALUES (:stack, :token, :holder, :now, :now, :expires, :mark)
        ON CONFLICT (stack_id) DO UPDATE SET token = excluded.token, holder = excluded.holder,
        since = excluded.since, renewed_at = excluded.renewed_at, expires_at = excluded.expires_at,
        mark = excluded.mark";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":stack": key.0, ":token": token.0.cast_signed(), ":holder": holder, ":now": now.0, ":expires": expires.0,
        ":mark": alive.mark(),
    })?;
    // What an earlier holder left open is no run of this one.
    conn.prepare_cached("UPDATE stacks SET open_run = NULL WHERE id = ?1")?.execute([key.0])?;
    Ok(Ok(Lease { stack: stack.clone(), token, holder: holder.to_owned(), expires }))
}

/// Prolongs a lease that nobody took over.
pub(crate) fn renew(conn: &Connection, now: Timestamp, lease: &Lease, ttl_ms: i64) -> Result<Lease, Fault> {
    let (key, _) = current(conn, lease)?;
    let expires = now.plus_ms(ttl_ms.max(0));
    conn.prepare_cached("UPDATE leases SET renewed_at = ?2, expires_at = ?3 WHERE stack_id = ?1")?
        .execute([key.0, now.0, expires.0])?;
    Ok(Lease { expires, ..lease.clone() })
}

/// Gives a lease back; the token stays.
pub(crate) fn release(conn: &Connection, lease: &Lease) -> Result<(), Fault> {
    match current(conn, lease) {
        Ok((key, _)) => {
            conn.prepare_cached("UPDATE leases SET holder = NULL, mark = NULL WHERE stack_id = ?1")?
                .execute([key.0])?;
            Ok(())
        }
        Err(Fault::Store(error)) if matches!(*error, StoreError::LeaseLost { .. }) => Ok(()),
        Err(fault) => Err(fault),
    }
}

/// Lets a write through only under the current lease, while it lasts.
pub(crate) fn check(conn: &Connection, now: Timestamp, lease: &Lease) -> Result<StackKey, Fault> {
    let (key, stored) = current(conn, lease)?;
    match stored.expires > now {
        true => Ok(key),
        false => Err(lost(lease, LeaseLoss::Expired { at: stored.expires })),
    }
}

/// The stored lease, if `lease` is still the one that counts.
fn current(conn: &Connection, lease: &Lease) -> Result<(StackKey, Stored), Fault> {
    let key = StackKey::find(conn, &lease.stack)?;
    let stored = match key {
        Some(key) => stored(conn, key)?.map(|stored| (key, stored)),
        None => None,
    };
    match stored {
        Some((key, stored)) if stored.token == lease.token && stored.holder.is_some() => Ok((key, stored)),
        Some((_, Stored { token, holder: Some(holder), .. })) => {
            Err(lost(lease, LeaseLoss::TakenOver { holder, token }))
        }
        Some(_) | None => Err(lost(lease, LeaseLoss::Released)),
    }
}

fn lost(lease: &Lease, loss: LeaseLoss) -> Fault {
    StoreError::LeaseLost { stack: lease.stack.clone(), token: lease.token, loss }.into()
}

fn stored(conn: &Connection, key: StackKey) -> Result<Option<Stored>, Fault> {
    let sql = "SELECT token, holder, since, renewed_at, expires_at, mark FROM leases WHERE stack_id = ?1";
    let stored = conn.prepare_cached(sql)?.query_row([key.0], |row| {
        Ok(Stored {
            token: LeaseToken(row.get::<_, i64>(0)?.cast_unsigned()),
            holder: row.get(1)?,
            since: Timestamp(row.get(2)?),
            renewed_at: Timestamp(row.get(3)?),
            expires: Timestamp(row.get(4)?),
            mark: row.get(5)?,
        })
    });
    Ok(stored.optional()?)
}

/// Moves a lease that was renewed in the future, as the clock now says, to the present.
fn dated_anew(conn: &Connection, key: StackKey, stored: Stored, now: Timestamp) -> Result<Stored, Fault> {
    if stored.renewed_at <= now {
        return Ok(stored);
    }
    let expires = now.plus_ms(stored.expires.0.saturating_sub(stored.renewed_at.0));
    conn.prepare_cached("UPDATE leases SET renewed_at = ?2, expires_at = ?3 WHERE stack_id = ?1")?
        .execute([key.0, now.0, expires.0])?;
    Ok(Stored { renewed_at: now, expires, ..stored })
}
