//! Sensitive values at rest. Every value that is marked, every sensitive output and what a provider keeps
//! for itself is sealed with the store's data key before it is written; everything else stays readable.
//!
//! The data key is drawn when the first such value is written, and kept in the file wrapped by a key that
//! is kept elsewhere ([`KeySource`]). A store without sensitive values has neither, and nothing here costs
//! it anything. What is sensitive is decided by whoever marks values; where marks stand in a stored
//! document is `document`'s business, and `cipher` alone knows the cryptography.

pub(crate) mod cipher;
pub(crate) mod command;
pub(crate) mod document;
pub(crate) mod holder;
pub(crate) mod keys;
pub(crate) mod place;
pub(crate) mod renew;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};

use crate::db::Db;
use crate::error::Fault;
use cipher::Cipher;
pub use holder::{Key, KeySource};

/// The data keys of one file, as far as they were needed.
pub(crate) struct Vault {
    pub(crate) source: KeySource,
    pub(crate) path: PathBuf,
    known: RefCell<BTreeMap<u32, (String, DataKey)>>,
    /// Whether what was replaced may still be in free pages.
    pub(crate) unscrubbed: Cell<bool>,
}

/// A data key with its number in the file.
#[derive(Clone)]
pub(crate) struct DataKey {
    pub(crate) id: u32,
    pub(crate) cipher: Cipher,
    /// What digests of plans are keyed with.
    pub(crate) digest_key: [u8; 32],
}

/// A data key as it is stored.
pub(crate) struct Wrapped {
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) holder: String,
    pub(crate) holder_name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) scrubbed: bool,
}

impl Vault {
    pub(crate) fn new(path: &Path, source: &KeySource) -> Self {
        Self {
            source: source.clone(),
            path: path.to_owned(),
            known: RefCell::default(),
            unscrubbed: Cell::new(false),
        }
    }

    /// The key that values are sealed with now, drawn where there is none yet. Asked anew for each write,
    /// because another process may have replaced it.
    pub(crate) fn newest(&self, conn: &Connection) -> Result<DataKey, Fault> {
        match find(conn, None)? {
            Some(wrapped) => self.unwrap(&wrapped),
            None => self.draw(conn, true),
        }
    }

    /// The key that something was sealed with.
    pub(crate) fn by_id(&self, conn: &Connection, id: u32) -> Result<DataKey, Fault> {
        if let Some((_, key)) = self.known.borrow().get(&id) {
            return Ok(key.clone());
        }
        match find(conn, Some(id))? {
            Some(wrapped) => self.unwrap(&wrapped),
            None => Err(Fault::Damaged("a value is sealed with a key that is not there".into())),
        }
    }

    /// A new key, which seals from now on.
    pub(crate) fn draw(&self, conn: &Connection, scrubbed: bool) -> Result<DataKey, Fault> {
        let key = Key::drawn().map_err(Fault::Damaged)?;
        let wrapped = holder::wrap(&self.source, &self.path, &key)?;
        let sql = "INSERT INTO data_keys (name, holder, holder_name, wrapped, scrubbed) VALUES (?1, ?2, ?3, ?4, ?5)";
        conn.prepare_cached(sql)?.execute(params![
            key.name(),
            wrapped.holder,
            wrapped.holder_name,
            wrapped.bytes,
            scrubbed
        ])?;
        let id = u32::try_from(conn.last_insert_rowid())
            .map_err(|_| Fault::Damaged("there are too many data keys".into()))?;
        Ok(self.keep(id, &key))
    }

    /// Forgets keys that are not in the file any more.
    pub(crate) fn forget(&self) {
        self.known.borrow_mut().clear();
    }

    fn unwrap(&self, wrapped: &Wrapped) -> Result<DataKey, Fault> {
        if !wrapped.scrubbed {
            self.unscrubbed.set(true);
        }
        if let Some((name, key)) = self.known.borrow().get(&wrapped.id)
            && *name == wrapped.name
        {
            return Ok(key.clone());
        }
        let key = holder::unwrap(&self.source, &self.path, wrapped)?;
        Ok(self.keep(wrapped.id, &key))
    }

    fn keep(&self, id: u32, key: &Key) -> DataKey {
        let data_key = DataKey { id, cipher: Cipher::new(key), digest_key: key.digest_key() };
        self.known.borrow_mut().insert(id, (key.name(), data_key.clone()));
        data_key
    }
}

/// The key of digests, if the file has a data key.
pub(crate) fn known_digest_key(db: &Db) -> Result<Option<[u8; 32]>, Fault> {
    match find(db, None)? {
        Some(wrapped) => Ok(Some(db.vault.unwrap(&wrapped)?.digest_key)),
        None => Ok(None),
    }
}

/// The same; a data key is drawn where there is none.
pub(crate) fn digest_key(db: &Db) -> Result<[u8; 32], Fault> {
    Ok(db.vault.newest(db)?.digest_key)
}

/// A stored key: the one with a number, or the newest.
pub(crate) fn find(conn: &Connection, id: Option<u32>) -> Result<Option<Wrapped>, Fault> {
    let sql = "SELECT id, name, holder, holder_name, wrapped, scrubbed FROM data_keys
        WHERE id = coalesce(?1, id) ORDER BY id DESC LIMIT 1";
    let found = conn.prepare_cached(sql)?.query_row([id], |row| {
        Ok(Wrapped {
            id: row.get(0)?,
            name: row.get(1)?,
            holder: row.get(2)?,
            holder_name: row.get(3)?,
            bytes: row.get(4)?,
            scrubbed: row.get(5)?,
        })
    });
    Ok(found.optional()?)
}
