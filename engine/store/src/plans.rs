//! Plan documents, kept under their digest, and the key that plan files are sealed with.

use evenkeel_model::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::db::Db;
use crate::error::{Fault, StoreError};
use crate::record::{StackId, StoredPlan};
use crate::rows::StackKey;
use crate::vault::document::{open_bytes, seal_bytes};
use crate::vault::place::Place;

/// Keeps a document; the first one under a digest stays.
pub(crate) fn save(
    conn: &Connection,
    now: Timestamp,
    stack: &StackId,
    digest: &str,
    document: &[u8],
) -> Result<(), Fault> {
    let key = StackKey::make(conn, stack)?;
    let sql = "INSERT INTO plans (stack_id, digest, at, document) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT DO NOTHING";
    conn.prepare_cached(sql)?.execute(params![key.0, digest, now.0, document])?;
    Ok(())
}

/// The one document whose digest starts with `prefix`.
pub(crate) fn load(conn: &Connection, stack: &StackId, prefix: &str) -> Result<StoredPlan, Fault> {
    let sql = "SELECT digest, at, document FROM plans
        WHERE stack_id = (SELECT id FROM stacks WHERE name = ?1)
        AND digest >= ?2 AND substr(digest, 1, length(?2)) = ?2 ORDER BY digest LIMIT 2";
    let mut statement = conn.prepare_cached(sql)?;
    let plans = statement.query_map([&*stack.0, prefix], |row| {
        let digest: String = row.get(0)?;
        Ok(StoredPlan { digest: digest.into(), at: Timestamp(row.get(1)?), document: row.get(2)? })
    })?;
    let mut plans: Vec<StoredPlan> = plans.collect::<Result<_, _>>()?;
    let exact = plans.first().is_some_and(|plan| &*plan.digest == prefix);
    let (stack, prefix) = (stack.clone(), prefix.to_owned());
    match (plans.len(), exact) {
        (0, _) => Err(StoreError::PlanNotFound { stack, prefix }.into()),
        (1, _) | (_, true) => Ok(plans.swap_remove(0)),
        (_, false) => Err(StoreError::PlanAmbiguous { stack, prefix }.into()),
    }
}

/// The key for plan files of a stack; `drawn` becomes it where there is none yet.
pub(crate) fn make_key(conn: &Db, stack: &StackId, drawn: &[u8]) -> Result<Vec<u8>, Fault> {
    if let Some(key) = find_key(conn, stack)? {
        return Ok(key);
    }
    seal_key(conn, StackKey::make(conn, stack)?, drawn)?;
    Ok(drawn.to_owned())
}

/// The same, if it was drawn.
pub(crate) fn find_key(conn: &Db, stack: &StackId) -> Result<Option<Vec<u8>>, Fault> {
    let sql = "SELECT id, plan_key FROM stacks WHERE name = ?1";
    let found = conn.prepare_cached(sql)?.query_row([&*stack.0], |row| Ok((row.get(0)?, row.get(1)?)));
    let Some((key, Some(sealed))) = found.optional()? else { return Ok(None) };
    let sealed: Vec<u8> = sealed;
    open_bytes(conn, Place::plan_key(StackKey(key)), "", &sealed).map(Some)
}

/// Seals the keys that stood in a file of an earlier format.
pub(crate) fn seal_keys(conn: &Db) -> Result<(), Fault> {
    let mut statement = conn.prepare_cached("SELECT id, plan_key FROM stacks WHERE plan_key IS NOT NULL")?;
    let keys = statement.query_map([], |row| Ok((StackKey(row.get(0)?), row.get(1)?)))?;
    let keys: Vec<(StackKey, Vec<u8>)> = keys.collect::<Result<_, _>>()?;
    keys.into_iter().try_for_each(|(stack, key)| seal_key(conn, stack, &key))
}

fn seal_key(conn: &Db, stack: StackKey, key: &[u8]) -> Result<(), Fault> {
    let sealed = seal_bytes(&conn.vault.newest(conn)?, Place::plan_key(stack), "", key)?;
    conn.prepare_cached("UPDATE stacks SET plan_key = ?2 WHERE id = ?1")?
        .execute(params![stack.0, sealed])?;
    Ok(())
}
