//! Formats of the file: who it belongs to, which format it has, and how it gets the newest one.
//!
//! Migrations are numbered files that only ever grow at the end; each runs in the same transaction
//! that raises `user_version`, so that a crash leaves one format or the next.

use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::audit;
use crate::db::Db;
use crate::error::{Fault, StoreError};
use crate::plans;
use crate::vault::{self, renew};

/// `EVKL`: what marks a database as a store.
pub(crate) const APPLICATION_ID: i32 = 0x4556_4b4c;

/// In order; the first takes an empty file to format 1.
const MIGRATIONS: [&str; 6] = [
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
    include_str!("migrations/0003.sql"),
    include_str!("migrations/0004.sql"),
    include_str!("migrations/0005.sql"),
    include_str!("migrations/0006.sql"),
];

/// All of them together, for a file that is new.
const LATEST: &str = include_str!("migrations/latest.sql");

/// The first format in which lines of the journal are bound to each other.
const FIRST_WITH_LINKS: i64 = 4;

/// The first format in which sensitive values are sealed.
const FIRST_SEALED: i64 = 5;

/// The newest format.
pub(crate) const FORMAT: i64 = MIGRATIONS.len() as i64;

/// Refuses what is no store of a known format; gives the format it has, 0 for an empty file.
pub(crate) fn check(conn: &Connection, path: &Path) -> Result<i64, Fault> {
    let application_id: i32 = conn.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let found: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let objects: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application_id != APPLICATION_ID && (application_id, found, objects) != (0, 0, 0) {
        return Err(StoreError::ForeignApplication { path: path.to_owned(), application_id }.into());
    }
    if !(0..=FORMAT).contains(&found) {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: FORMAT }.into());
    }
    Ok(found)
}

/// Brings the file to the newest format; tells whether something was sealed that stood there in clear. Two
/// processes may do so at once: the second one finds nothing left to do.
pub(crate) fn migrate(db: &Db, path: &Path) -> Result<bool, Fault> {
    if check(db, path)? == FORMAT {
        return Ok(false);
    }
    let tx = Transaction::new_unchecked(db, TransactionBehavior::Immediate)?;
    let found = check(db, path)?;
    let scripts = match found {
        0 => &[LATEST],
        _ => MIGRATIONS.get(usize::try_from(found).unwrap_or(0)..).unwrap_or_default(),
    };
    scripts.iter().try_for_each(|script| tx.execute_batch(script))?;
    let sealed = bring_up(db, found)?;
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", FORMAT)?;
    tx.commit()?;
    Ok(sealed)
}

/// What SQL alone cannot do for a file of an earlier format. Sealing changes what the links of the audit log
/// cover, so that lines are bound anew where their log was whole: those of a log that was not go on to say so.
fn bring_up(db: &Db, found: i64) -> Result<bool, Fault> {
    if found == 0 || found >= FIRST_SEALED {
        return Ok(false);
    }
    if found < FIRST_WITH_LINKS {
        audit::bind_all(db)?;
    }
    let whole = audit::whole_logs(db)?;
    renew::all(db)?;
    plans::seal_keys(db)?;
    let sealed = vault::find(db, None)?.is_some();
    if sealed {
        db.execute("UPDATE data_keys SET scrubbed = 0", [])?;
        whole.into_iter().try_for_each(|key| audit::bind(db, key))?;
    }
    Ok(sealed)
}

#[cfg(test)]
mod tests;
