//! What a stack has beside its state, and the end of a stack.

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Fault;
use crate::lease;
use crate::record::{Lease, StackId};
use evenkeel_model::Timestamp;

/// In this order nothing refers to a row that is gone.
const TABLES: [&str; 7] = ["pending", "outputs", "instances", "journal", "runs", "plans", "leases"];

/// What is known of the state file beside a stack.
pub(crate) fn state_file(conn: &Connection, stack: &StackId) -> Result<Option<String>, Fault> {
    let sql = "SELECT state_file FROM stacks WHERE name = ?1";
    Ok(conn.prepare_cached(sql)?.query_row([&*stack.0], |row| row.get(0)).optional()?.flatten())
}

/// Writes that down.
pub(crate) fn set_state_file(
    conn: &Connection,
    now: Timestamp,
    lease: &Lease,
    text: &str,
) -> Result<(), Fault> {
    let key = lease::check(conn, now, lease)?;
    let sql = "UPDATE stacks SET state_file = ?2 WHERE id = ?1";
    conn.prepare_cached(sql)?.execute(params![key.0, text])?;
    Ok(())
}

/// Removes a stack and all that is known of it.
pub(crate) fn remove(conn: &Connection, now: Timestamp, lease: &Lease) -> Result<(), Fault> {
    let key = lease::check(conn, now, lease)?;
    for table in TABLES {
        conn.execute(&format!("DELETE FROM {table} WHERE stack_id = ?1"), [key.0])?;
    }
    conn.execute("DELETE FROM stacks WHERE id = ?1", [key.0])?;
    Ok(())
}
