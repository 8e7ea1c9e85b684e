//! Giving a store the contents of a copy, in one transaction of the file that everybody has open: who waits
//! for the file finds the new contents, and who died meanwhile leaves the old ones.

use std::collections::BTreeMap;
use std::path::Path;

use evenkeel_model::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use crate::alive::Alive;
use crate::db::Db;
use crate::error::{Fault, StoreError};
use crate::record::StackId;

/// What must only rise, whatever is restored: the tokens that fence off holders, and the numbers of runs.
struct Counters {
    token: i64,
    last_run: i64,
}

/// Replaces the contents of a store by those of a copy of the same format. `keep` is called before anything
/// is changed and while nobody can change anything.
pub(crate) fn contents(
    db: &Db,
    copy: &Path,
    now: Timestamp,
    alive: &Alive,
    keep: impl FnOnce() -> Result<(), StoreError>,
) -> Result<(), Fault> {
    db.execute("ATTACH ?1 AS copy", [copy.to_string_lossy()])?;
    let replaced = in_transaction(db, now, alive, keep);
    // Before the result is looked at: the copy is removed by its owner.
    let detached = db.execute("DETACH copy", []);
    db.vault.forget();
    replaced.and(detached.map(drop).map_err(Fault::from))
}

fn in_transaction(
    db: &Db,
    now: Timestamp,
    alive: &Alive,
    keep: impl FnOnce() -> Result<(), StoreError>,
) -> Result<(), Fault> {
    let tx = Transaction::new_unchecked(db, TransactionBehavior::Immediate)?;
    refuse_holders(&tx, now, alive)?;
    keep()?;
    tx.execute_batch("PRAGMA defer_foreign_keys = true")?;
    let counters = counters(&tx)?;
    for table in tables(&tx)? {
        let columns = columns(&tx, &table)?;
        tx.execute_batch(&format!(
            "DELETE FROM main.{table}; INSERT INTO main.{table} ({columns}) SELECT {columns} FROM copy.{table};"
        ))?;
    }
    raise(&tx, now, &counters)?;
    Ok(tx.commit()?)
}

/// Nobody may be at work: what they write next would belong to another history.
fn refuse_holders(conn: &Connection, now: Timestamp, alive: &Alive) -> Result<(), Fault> {
    let sql = "SELECT s.name, l.holder, l.since, l.expires_at, l.mark FROM leases l
        JOIN stacks s ON s.id = l.stack_id WHERE l.holder IS NOT NULL AND l.expires_at > ?1";
    let mut statement = conn.prepare(sql)?;
    let mut rows = statement.query([now.0])?;
    while let Some(row) = rows.next()? {
        let mark: Option<String> = row.get(4)?;
        if mark.is_some_and(|mark| alive.is_dead(&mark)) {
            continue;
        }
        let (stack, holder) = (StackId::from(row.get::<_, String>(0)?), row.get(1)?);
        let (since, expires) = (Timestamp(row.get(2)?), Timestamp(row.get(3)?));
        return Err(StoreError::LeaseHeld { stack, holder, since, expires }.into());
    }
    Ok(())
}

/// The counters of each stack, by name.
fn counters(conn: &Connection) -> Result<BTreeMap<String, Counters>, Fault> {
    let sql = "SELECT s.name, coalesce(l.token, 0), s.last_run FROM main.stacks s
        LEFT JOIN main.leases l ON l.stack_id = s.id";
    let mut statement = conn.prepare(sql)?;
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, Counters { token: row.get(1)?, last_run: row.get(2)? })))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Nobody holds what was restored, and who held it before is fenced off.
fn raise(conn: &Connection, now: Timestamp, counters: &BTreeMap<String, Counters>) -> Result<(), Fault> {
    conn.execute("UPDATE main.leases SET holder = NULL, mark = NULL, token = token + 1", [])?;
    for (stack, Counters { token, last_run }) in counters {
        let sql = "UPDATE main.stacks SET last_run = max(last_run, ?2) WHERE name = ?1";
        conn.execute(sql, params![stack, last_run])?;
        let sql = "INSERT INTO main.leases (stack_id, token, holder, since, renewed_at, expires_at)
            SELECT id, ?2 + 1, NULL, ?3, ?3, ?3 FROM main.stacks WHERE name = ?1
            ON CONFLICT (stack_id) DO UPDATE SET token = max(leases.token, excluded.token)";
        conn.execute(sql, params![stack, token, now.0])?;
    }
    Ok(())
}

/// The tables, quoted.
fn tables(conn: &Connection) -> Result<Vec<String>, Fault> {
    let sql = "SELECT format('\"%w\"', name) FROM main.sqlite_schema
        WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
    let mut statement = conn.prepare(sql)?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// The columns of a table by name: files that were migrated may have them in another order.
fn columns(conn: &Connection, table: &str) -> Result<String, Fault> {
    let mut statement = conn.prepare(&format!("PRAGMA main.table_info({table})"))?;
    let names = statement.query_map([], |row| row.get::<_, String>(1))?;
    let names: Vec<String> = names.collect::<Result<_, _>>()?;
    Ok(names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", "))
}
