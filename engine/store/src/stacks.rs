//! The end of a stack.

use rusqlite::Connection;

use crate::error::Fault;
use crate::lease;
use crate::record::Lease;
use evenkeel_model::Timestamp;

/// In this order nothing refers to a row that is gone.
const TABLES: [&str; 7] = ["pending", "outputs", "instances", "journal", "runs", "plans", "leases"];

/// Removes a stack and all that is known of it.
pub(crate) fn remove(conn: &Connection, now: Timestamp, lease: &Lease) -> Result<(), Fault> {
    let key = lease::check(conn, now, lease)?;
    for table in TABLES {
        conn.execute(&format!("DELETE FROM {table} WHERE stack_id = ?1"), [key.0])?;
    }
    conn.execute("DELETE FROM stacks WHERE id = ?1", [key.0])?;
    Ok(())
}
