//! What an operator does with the keys of a store: look at their names, replace the data key, wrap it with
//! another key.

use std::path::Path;

use rusqlite::{Transaction, TransactionBehavior, params};

use super::{find, holder, renew};
use crate::audit::reading;
use crate::db::Db;
use crate::error::{Fault, StoreError};
use crate::file;
use crate::sqlite::StoreOptions;
use crate::vault::KeySource;

/// Which keys a store has; never the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataKeyName {
    /// How many data keys there were before it, and itself.
    pub number: u32,
    /// What tells the data key from others.
    pub name: String,
    /// What holds the key that it is wrapped with: `file`, `given` or `command`.
    pub holder: String,
    /// What tells that key from others; nothing where only a command knows it.
    pub holder_name: String,
}

/// The data key that a store has, if it has needed one.
pub fn key_names(path: &Path) -> Result<Option<DataKeyName>, StoreError> {
    reading(path, &StoreOptions::default(), newest)
}

fn newest(db: &Db) -> Result<Option<DataKeyName>, Fault> {
    Ok(find(db, None)?.map(|key| DataKeyName {
        number: key.id,
        name: key.name,
        holder: key.holder,
        holder_name: key.holder_name,
    }))
}

/// Draws a new data key and seals every sensitive value with it, in one transaction; the old one is gone
/// afterwards, and with it the keys of plan files. `None` where there is no data key. Blocks.
pub fn rotate_keys(path: &Path, options: &StoreOptions) -> Result<Option<DataKeyName>, StoreError> {
    writing(path, options, |db| {
        let Some(old) = newest(db)? else { return Ok(None) };
        let key = db.vault.draw(db, false)?;
        renew::all(db)?;
        db.execute("UPDATE stacks SET plan_key = NULL", [])?;
        db.execute("DELETE FROM data_keys WHERE id <> ?1", [key.id])?;
        newest(db).map(|new| new.filter(|new| new.name != old.name))
    })
}

/// Wraps the data key with the key of `options`; until now that of `from` wrapped it. `None` where there is
/// no data key. Blocks.
pub fn rewrap_keys(
    path: &Path,
    from: &KeySource,
    options: &StoreOptions,
) -> Result<Option<DataKeyName>, StoreError> {
    writing(path, options, |db| {
        let Some(wrapped) = find(db, None)? else { return Ok(None) };
        let key = holder::unwrap(from, path, &wrapped)?;
        let held = holder::wrap(&options.keys, path, &key)?;
        let sql =
            "UPDATE data_keys SET holder = ?2, holder_name = ?3, wrapped = ?4, scrubbed = 0 WHERE id = ?1";
        db.execute(sql, params![wrapped.id, held.holder, held.holder_name, held.bytes])?;
        newest(db)
    })
}

/// Does something in one transaction, and leaves nothing of what it replaced.
fn writing<T>(
    path: &Path,
    options: &StoreOptions,
    work: impl FnOnce(&Db) -> Result<Option<T>, Fault>,
) -> Result<Option<T>, StoreError> {
    let named = |fault: Fault| fault.named(path);
    if !path.exists() {
        return Err(StoreError::NotFound { path: path.to_owned() });
    }
    let db = file::open(path, options)?;
    let tx = Transaction::new_unchecked(&db, TransactionBehavior::Immediate);
    let tx = tx.map_err(|error| named(error.into()))?;
    let done = work(&db).map_err(named)?;
    tx.commit().map_err(|error| named(error.into()))?;
    if done.is_some() {
        renew::scrub(&db);
    }
    Ok(done)
}
