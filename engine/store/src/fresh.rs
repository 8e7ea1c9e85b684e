//! A new file: made whole before anybody can see it.
//!
//! SQLite would flush an empty file a dozen times on its way to the newest format, and each of them takes
//! milliseconds on some disks. So the database is put together in memory, written once, flushed, and only
//! then given its name: a crash leaves the whole file or none.

use std::path::Path;

use rusqlite::Connection;

use crate::db::Db;
use crate::error::Fault;
use crate::migrate;
use crate::plans;
use crate::record::StackId;
use crate::vault::{KeySource, Vault};

/// Where the header of a database says how it is written and read, and what stands for a write-ahead log
/// there (SQLite's file format, section 1.3.3).
const JOURNAL_VERSIONS: std::ops::Range<usize> = 18..20;
const WRITE_AHEAD: u8 = 2;

/// What a new store knows from the start: the key for plan files of a stack.
pub(crate) type PlanKey = (StackId, Vec<u8>);

/// Makes the file if there is none; gives whether it did. Where that cannot be done in one go, it is left to
/// the caller to make it step by step.
pub(crate) fn make(path: &Path, key: Option<&PlanKey>, keys: &KeySource) -> Result<bool, Fault> {
    if path.exists() {
        return Ok(false);
    }
    let image = image(path, key, keys)?;
    // Whatever is in the way (another process that was faster, a file system without nameless files, rights)
    // shows again where the file is made step by step, and is told there.
    Ok(publish(path, &image).is_ok())
}

/// The bytes of an empty store of the newest format.
fn image(path: &Path, key: Option<&PlanKey>, keys: &KeySource) -> Result<Vec<u8>, Fault> {
    let db = Db::new(Connection::open_in_memory()?, Vault::new(path, keys));
    migrate::migrate(&db, path)?;
    if let Some((stack, key)) = key {
        plans::make_key(&db, stack, key)?;
    }
    let mut bytes = db.into_connection().serialize(rusqlite::MAIN_DB)?.to_vec();
    if let Some(versions) = bytes.get_mut(JOURNAL_VERSIONS) {
        versions.fill(WRITE_AHEAD);
    }
    Ok(bytes)
}

/// Writes a file without a name, flushes it, and names it: never over another one.
#[cfg(target_os = "linux")]
fn publish(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::fs::File;
    use std::io::Write;
    use std::os::fd::AsRawFd;

    use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, open};

    let directory = crate::file::directory(path);
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let mut file = File::from(open(directory, flags, Mode::RUSR | Mode::WUSR)?);
    file.write_all(bytes)?;
    file.sync_all()?;
    let nameless = format!("/proc/self/fd/{}", file.as_raw_fd());
    linkat(CWD, nameless.as_str(), CWD, path, AtFlags::SYMLINK_FOLLOW)?;
    // The name must outlive a power cut too; not every file system lets a directory be flushed.
    let _ = File::open(directory).and_then(|directory| directory.sync_all());
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn publish(_: &Path, _: &[u8]) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::StoreOptions;

    #[test]
    fn a_new_file_is_what_the_steps_would_have_made() {
        let directory = tempfile::tempdir().unwrap();
        let schema = |conn: &Connection| -> Vec<(String, Option<String>)> {
            let mut statement = conn.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").unwrap();
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
            rows.collect::<Result<_, _>>().unwrap()
        };
        let pragma = |conn: &Connection, name: &str| -> String {
            let sql = format!("PRAGMA {name}");
            conn.query_row(&sql, [], |row| row.get::<_, rusqlite::types::Value>(0))
                .map(|value| format!("{value:?}"))
                .unwrap()
        };
        let (whole, steps) = (directory.path().join("whole"), directory.path().join("steps"));
        let key = ("a".into(), vec![7; 32]);
        if !make(&whole, Some(&key), &KeySource::Beside).unwrap() {
            eprintln!("skipped: this file system has no nameless files");
            return;
        }
        assert!(!make(&whole, None, &KeySource::Beside).unwrap(), "it is there already");
        std::fs::write(&steps, b"").unwrap();
        let whole = crate::file::open(&whole, &StoreOptions::default()).unwrap();
        let steps = crate::file::open(&steps, &StoreOptions::default()).unwrap();
        assert_eq!(schema(&whole), schema(&steps));
        for name in
            ["user_version", "application_id", "journal_mode", "page_size", "encoding", "integrity_check"]
        {
            assert_eq!(pragma(&whole, name), pragma(&steps, name), "{name}");
        }
        assert_eq!(plans::find_key(&whole, &"a".into()).unwrap(), Some(vec![7; 32]));
        assert_eq!(plans::find_key(&steps, &"a".into()).unwrap(), None);
    }
}
