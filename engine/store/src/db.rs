//! A connection with the vault of its file.

use std::ops::Deref;

use rusqlite::Connection;

use crate::vault::Vault;

/// What reads and writes rows that may hold sealed values.
pub(crate) struct Db {
    conn: Connection,
    pub(crate) vault: Vault,
}

impl Db {
    pub(crate) fn new(conn: Connection, vault: Vault) -> Self {
        Self { conn, vault }
    }

    /// The connection alone.
    pub(crate) fn into_connection(self) -> Connection {
        self.conn
    }
}

impl Deref for Db {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.conn
    }
}
