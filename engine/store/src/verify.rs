//! The proof that a store is whole: SQLite's own checks, and every journal folded again and
//! compared with the rows.

use std::path::Path;

use evenkeel_state::{Serial, State};
use rusqlite::Connection;

use crate::audit::reading;
use crate::db::Db;
use crate::error::{Fault, StoreError};
use crate::load;
use crate::query;
use crate::record::StackId;
use crate::rows::StackKey;
use crate::sqlite::StoreOptions;

/// A stack whose rows equal the fold of its journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The stack.
    pub stack: StackId,
    /// Its serial.
    pub serial: Serial,
    /// How many lines its journal has.
    pub lines: u64,
}

/// Checks a store that may be in use; blocks, and reads all of it.
pub fn verify(path: &Path, options: &StoreOptions) -> Result<Vec<Verified>, StoreError> {
    reading(path, options, |db| check(db, path))
}

/// The same for a connection that is open already.
pub(crate) fn check(db: &Db, path: &Path) -> Result<Vec<Verified>, Fault> {
    check_file(db)?;
    query::stacks(db)?.into_iter().map(|stack| check_stack(db, path, stack)).collect()
}

/// SQLite's own check without that of the indexes, for a store whose last holder did not close it.
pub(crate) fn check_quickly(conn: &Connection) -> Result<(), Fault> {
    let found: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found == "ok" { Ok(()) } else { Err(Fault::Damaged(found)) }
}

/// SQLite's own checks.
pub(crate) fn check_file(conn: &Connection) -> Result<(), Fault> {
    let found: String = conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if found != "ok" {
        return Err(Fault::Damaged(found));
    }
    match conn.prepare("PRAGMA foreign_key_check")?.exists([])? {
        true => Err(Fault::Damaged("a row refers to one that does not exist".into())),
        false => Ok(()),
    }
}

fn check_stack(conn: &Db, path: &Path, stack: StackId) -> Result<Verified, Fault> {
    let rows = load::load(conn, &stack)?;
    let mut fold = State { lineage: rows.lineage.clone(), ..State::default() };
    let mut lines = 0;
    let diverged = |detail: String| -> Fault {
        StoreError::Diverged { path: path.to_owned(), stack: stack.clone(), detail }.into()
    };
    if let Some(key) = StackKey::find(conn, &stack)? {
        query::each_line(conn, key, |line| {
            fold.fold(&line.entry);
            lines += 1;
            match line.serial == fold.serial {
                true => Ok(()),
                false => Err(diverged(format!(
                    "line {} says serial {}, and its fold has {}",
                    line.seq.0, line.serial, fold.serial
                ))),
            }
        })?;
    }
    match difference(&rows, &fold) {
        Some(detail) => Err(diverged(detail)),
        None => Ok(Verified { stack, serial: rows.serial, lines }),
    }
}

/// Where two states differ, without their values.
fn difference(rows: &State, fold: &State) -> Option<String> {
    if rows.serial != fold.serial {
        return Some(format!("the serial is {}, and the journal folds to {}", rows.serial, fold.serial));
    }
    let addresses = rows.instances.keys().chain(fold.instances.keys());
    if let Some(address) =
        addresses.into_iter().find(|address| rows.instances.get(address) != fold.instances.get(address))
    {
        return Some(format!("the objects of {address} differ"));
    }
    if rows.pending != fold.pending {
        return Some("the pending intents differ".into());
    }
    (rows.outputs != fold.outputs).then(|| "the outputs differ".into())
}
