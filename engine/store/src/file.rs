//! Opening the file: what is told apart before SQLite sees it, and how SQLite is set up.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::db::Db;
use crate::error::{Fault, StoreError};
use crate::fresh::{self, PlanKey};
use crate::migrate;
use crate::sqlite::StoreOptions;
use crate::vault::{KeySource, Vault, renew};

/// The smallest page that SQLite knows; a database has at least one.
const SMALLEST_DATABASE: u64 = 512;

/// Held while a file is made and opened, for the reason given at [`inspect`].
static OPENING: Mutex<()> = Mutex::new(());

/// Statements that are kept prepared; the store has fewer.
const STATEMENTS_MAX: usize = 64;

/// Opens a store to be written, making the file if there is none.
pub(crate) fn open(path: &Path, options: &StoreOptions) -> Result<Db, StoreError> {
    open_keyed(path, None, options)
}

/// The same; a file that is made has the key that plan files of a stack are sealed with.
pub(crate) fn open_keyed(
    path: &Path,
    key: Option<&PlanKey>,
    options: &StoreOptions,
) -> Result<Db, StoreError> {
    let _opening = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
    inspect_directory(path)?;
    if !named(path, || fresh::make(path, key, &options.keys))? {
        create_private(path)?;
    }
    inspect(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    named(path, || {
        let conn = connect(path, flags, options)?;
        if conn.is_readonly(rusqlite::MAIN_DB)? {
            return Err(StoreError::ReadOnly { path: path.to_owned() }.into());
        }
        // Before anything is written, so that a file of somebody else stays untouched.
        migrate::check(&conn, path)?;
        whole_pages(&conn, path)?;
        use_wal(&conn, options)?;
        conn.pragma_update(None, "synchronous", "FULL")?;
        conn.pragma_update(None, "foreign_keys", true)?;
        conn.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
        // What is deleted is overwritten: sealed values as well, which a stolen key may open.
        conn.pragma_update(None, "secure_delete", true)?;
        limit_size(&conn, options)?;
        let db = Db::new(conn, Vault::new(path, &options.keys));
        if migrate::migrate(&db, path)? {
            renew::scrub(&db);
        }
        Ok(db)
    })
}

/// Opens a store that exists, only to be read.
pub(crate) fn open_read_only(path: &Path, options: &StoreOptions) -> Result<Db, StoreError> {
    inspect(path)?;
    named(path, || match connect_to_read(path, path.as_os_str(), options) {
        // The index beside the file can neither be found nor made. Without a log nobody writes, and
        // the file can be read by itself.
        Err(Fault::Sqlite(error)) if is_cannot_open(&error) && !has_log(path) => {
            connect_to_read(path, &immutable_uri(path), options)
        }
        other => other,
    })
}

/// Makes a store that is kept in no file.
pub(crate) fn open_in_memory(path: &Path, options: &StoreOptions) -> Result<Db, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    named(path, || {
        let conn = connect(path, flags | OpenFlags::SQLITE_OPEN_MEMORY, options)?;
        conn.pragma_update(None, "foreign_keys", true)?;
        let db = Db::new(conn, Vault::new(path, &KeySource::Nowhere));
        migrate::migrate(&db, path)?;
        Ok(db)
    })
}

fn connect_to_read(path: &Path, name: &OsStr, options: &StoreOptions) -> Result<Db, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let uri = if name == path.as_os_str() { OpenFlags::empty() } else { OpenFlags::SQLITE_OPEN_URI };
    let conn = connect(Path::new(name), flags | uri, options)?;
    let found = migrate::check(&conn, path)?;
    whole_pages(&conn, path)?;
    match found {
        migrate::FORMAT => Ok(Db::new(conn, Vault::new(path, &options.keys))),
        found => Err(StoreError::Outdated { path: path.to_owned(), found, known: migrate::FORMAT }.into()),
    }
}

fn is_cannot_open(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::CannotOpen)
}

fn has_log(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    Path::new(&log).metadata().is_ok_and(|metadata| metadata.len() > 0)
}

/// The path as an SQLite URI that promises nobody writes.
fn immutable_uri(path: &Path) -> OsString {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                uri.push(char::from(*byte))
            }
            byte => uri.push_str(&format!("%{byte:02x}")),
        }
    }
    uri.push_str("?immutable=1");
    uri.into()
}

/// Opens a store of any known format, to copy it.
pub(crate) fn open_any(path: &Path) -> Result<Connection, StoreError> {
    inspect(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = |name: &OsStr, uri| {
        let conn = connect(Path::new(name), flags | uri, &StoreOptions::default())?;
        let found = migrate::check(&conn, path)?;
        whole_pages(&conn, path)?;
        match found {
            0 => Err(StoreError::NotSqlite { path: path.to_owned() }.into()),
            _ => Ok(conn),
        }
    };
    named(path, || match open(path.as_os_str(), OpenFlags::empty()) {
        Err(Fault::Sqlite(error)) if is_cannot_open(&error) && !has_log(path) => {
            open(&immutable_uri(path), OpenFlags::SQLITE_OPEN_URI)
        }
        other => other,
    })
}

/// Refuses a file that ends inside a page: the part that is there would be taken for the whole page. That
/// whole pages are missing SQLite notices itself.
fn whole_pages(conn: &Connection, path: &Path) -> Result<(), Fault> {
    let Ok(metadata) = path.metadata() else { return Ok(()) };
    let page: i64 = conn.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    let page = page.cast_unsigned().max(1);
    match metadata.len() % page {
        0 => Ok(()),
        // Pages of the log take the place of what is missing.
        _ if has_log(path) => Ok(()),
        rest => Err(Fault::Damaged(format!(
            "its end is missing: after {} whole pages there are {rest} bytes of another one",
            metadata.len() / page
        ))),
    }
}

fn named<T>(path: &Path, work: impl FnOnce() -> Result<T, Fault>) -> Result<T, StoreError> {
    work().map_err(|fault| fault.named(path))
}

fn connect(path: &Path, flags: OpenFlags, options: &StoreOptions) -> Result<Connection, Fault> {
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(Duration::from_millis(options.busy_timeout_ms))?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    Ok(conn)
}

fn limit_size(conn: &Connection, options: &StoreOptions) -> Result<(), Fault> {
    let Some(bytes) = options.size_max_bytes else { return Ok(()) };
    let page: u32 = conn.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    let pages = u32::try_from(bytes.div_ceil(page.max(1).into())).unwrap_or(u32::MAX - 1);
    Ok(conn.pragma_update(None, "max_page_count", pages)?)
}

/// Turns the write-ahead log on. SQLite does not wait for locks here when two processes open a new
/// file at once, so it is tried again for as long as the options allow.
fn use_wal(conn: &Connection, options: &StoreOptions) -> Result<(), Fault> {
    const PAUSE_MS: u64 = 10;
    let mut left = options.busy_timeout_ms / PAUSE_MS;
    loop {
        match conn.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if is_busy(&error) && left > 0 => left -= 1,
            other => return Ok(other?),
        }
        std::thread::sleep(Duration::from_millis(PAUSE_MS));
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
    matches!(error.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked))
}

fn inspect_directory(path: &Path) -> Result<(), StoreError> {
    match directory(path).metadata() {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            Err(StoreError::PermissionDenied { path: path.to_owned() })
        }
        Ok(_) | Err(_) => Err(StoreError::DirectoryMissing { path: path.to_owned() }),
    }
}

/// The directory that holds a file.
pub(crate) fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// How a file is made that only its owner may read.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes an empty file that only its owner may read, if there is none. SQLite gives the files
/// beside it the same permissions.
fn create_private(path: &Path) -> Result<(), StoreError> {
    match private().write(true).create_new(true).open(path) {
        Ok(_) => {
            // The name must outlive a power cut too; not every file system lets a directory be flushed.
            let _ = File::open(directory(path)).and_then(|directory| directory.sync_all());
            Ok(())
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(StoreError::from_io(path, "create", error)),
    }
}

/// Refuses what is no file, and what is too short for a database: SQLite takes that for an empty
/// one and would write over it. Nothing is read here: closing a second handle would drop the locks
/// that SQLite holds on the file for another connection of this process.
fn inspect(path: &Path) -> Result<(), StoreError> {
    let metadata = path.metadata().map_err(|error| StoreError::from_io(path, "open", error))?;
    match metadata.len() {
        _ if !metadata.is_file() => Err(StoreError::NotAFile { path: path.to_owned() }),
        1..SMALLEST_DATABASE => Err(StoreError::NotSqlite { path: path.to_owned() }),
        _ => Ok(()),
    }
}
