//! Plan documents, kept under their digest, and the key that plan files are sealed with.

use evenkeel_model::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::{Fault, StoreError};
use crate::record::{StackId, StoredPlan};
use crate::rows::StackKey;

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
pub(crate) fn make_key(conn: &Connection, stack: &StackId, drawn: &[u8]) -> Result<Vec<u8>, Fault> {
    let key = StackKey::make(conn, stack)?;
    let sql = "UPDATE stacks SET plan_key = coalesce(plan_key, ?2) WHERE id = ?1 RETURNING plan_key";
    Ok(conn.prepare_cached(sql)?.query_row(params![key.0, drawn], |row| row.get(0))?)
}

/// The same, if it was drawn.
pub(crate) fn find_key(conn: &Connection, stack: &StackId) -> Result<Option<Vec<u8>>, Fault> {
    let sql = "SELECT plan_key FROM stacks WHERE name = ?1";
    Ok(conn.prepare_cached(sql)?.query_row([&*stack.0], |row| row.get(0)).optional()?.flatten())
}
