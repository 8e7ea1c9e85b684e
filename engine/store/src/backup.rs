//! Copies of a whole store: written while it is in use, checked, and put back in its place.
//!
//! A copy is one file, made by SQLite from one consistent read, with the sealed values sealed as they are: the
//! key that they are kept under is no part of it. What is put in the place of a store is proved whole first, and
//! the store that it replaces is kept beside it, whatever state that is in.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use evenkeel_model::Timestamp;
use evenkeel_state::{RunId, State};
use rusqlite::Connection;

use crate::alive::Alive;
use crate::audit;
use crate::db::Db;
use crate::error::{Fault, StoreError};
use crate::file;
use crate::load;
use crate::migrate;
use crate::query;
use crate::record::{RunRow, StackId};
use crate::replace;
use crate::rows::StackKey;
use crate::sqlite::StoreOptions;
use crate::vault::Vault;
use crate::verify::{self, Verified};

/// What came of putting a copy in the place of a store.
#[derive(Clone, Debug)]
pub struct Restored {
    /// Where the store is that was replaced, if there was one.
    pub kept: Option<PathBuf>,
    /// Why it could not be read, where it could not.
    pub damage: Option<StoreError>,
    /// The stacks of the copy.
    pub stacks: Vec<Verified>,
    /// The stacks as the store had them.
    pub before: Vec<Before>,
}

/// A stack of a store that was replaced.
#[derive(Clone, Debug)]
pub struct Before {
    /// The stack.
    pub stack: StackId,
    /// What was remembered of it.
    pub state: State,
    /// Its runs that the copy does not have, newest first.
    pub runs: Vec<RunRow>,
    /// What the copy remembers of it.
    pub copy: State,
}

/// Writes a copy of a store that may be in use, whole or not at all; a file that is there is replaced only
/// where `replace` says so. Blocks. Gives how many bytes the copy has.
pub fn back_up(store: &Path, to: &Path, replace: bool) -> Result<u64, StoreError> {
    if is_same(store, to) || (to.exists() && !replace) {
        return Err(StoreError::Exists { path: to.to_owned() });
    }
    let part = Part::new(to)?;
    copy(store, &part.0)?;
    let bytes = fs::metadata(&part.0).map_err(|error| StoreError::from_io(to, "read", error))?.len();
    part.become_file(to, replace)?;
    Ok(bytes)
}

/// Puts a copy in the place of a store. Refused while somebody holds a lease on one of its stacks. Blocks.
pub fn restore(
    store: &Path,
    from: &Path,
    now: Timestamp,
    options: &StoreOptions,
) -> Result<Restored, StoreError> {
    if is_same(store, from) {
        return Err(StoreError::Exists { path: from.to_owned() });
    }
    let part = Part::new(store)?;
    copy(from, &part.0)?;
    let (stacks, states) = prove(&part.0, from, store, options)?;
    let restored = Restored { kept: None, damage: None, stacks, before: Vec::new() };
    if !store.exists() {
        part.become_file(store, false)?;
        return Ok(restored);
    }
    match open_current(store, options) {
        Ok(db) => {
            let before = befores(&db, &states).map_err(|fault| fault.named(store))?;
            let kept = aside(store, "before-restore", now);
            replace::contents(&db, &part.0, now, &Alive::new(store), || {
                back_up(store, &kept, false).map(drop)
            })
            .map_err(|fault| fault.named(store))?;
            Ok(Restored { kept: Some(kept), before, ..restored })
        }
        Err(damage @ (StoreError::Damaged { .. } | StoreError::NotSqlite { .. })) => {
            let kept = aside(store, "damaged", now);
            set_aside(store, &kept)?;
            part.become_file(store, false)?;
            Ok(Restored { kept: Some(kept), damage: Some(damage), ..restored })
        }
        Err(error) => Err(error),
    }
}

/// The stacks of a copy: what is remembered of each, and its last run.
type Copies = Vec<(StackId, State, Option<RunId>)>;

/// The store as it stands, if it can be read from end to end.
fn open_current(store: &Path, options: &StoreOptions) -> Result<Db, StoreError> {
    let db = file::open(store, options)?;
    verify::check_quickly(&db).map_err(|fault| fault.named(store))?;
    Ok(db)
}

fn befores(db: &Db, copies: &Copies) -> Result<Vec<Before>, Fault> {
    let stacks = query::stacks(db)?.into_iter();
    let before = stacks.map(|stack| {
        let copy = copies.iter().find(|(known, ..)| *known == stack);
        let (copy, last) = copy.map(|(_, state, last)| (state.clone(), *last)).unwrap_or_default();
        let (state, mut runs) = (load::load(db, &stack)?, query::runs(db, &stack, usize::MAX)?);
        runs.retain(|run| state.lineage != copy.lineage || last.is_none_or(|last| run.id > last));
        Ok(Before { stack, state, runs, copy })
    });
    before.collect()
}

/// Brings a copy to the newest format and proves that it is whole: the file, the rows, the audit logs.
fn prove(
    part: &Path,
    from: &Path,
    store: &Path,
    options: &StoreOptions,
) -> Result<(Vec<Verified>, Copies), StoreError> {
    let proved = || -> Result<_, Fault> {
        let conn = Connection::open(part)?;
        conn.pragma_update(None, "foreign_keys", true)?;
        // The key is that of the store which the copy is of.
        let db = Db::new(conn, Vault::new(store, &options.keys));
        migrate::migrate(&db, from)?;
        let verified = verify::check(&db, from)?;
        let mut states = Vec::new();
        for stack in query::stacks(&db)? {
            check_audit(&db, from, &stack)?;
            let state = load::load(&db, &stack)?;
            let last = query::runs(&db, &stack, 1)?.first().map(|run| run.id);
            states.push((stack, state, last));
        }
        Ok((verified, states))
    };
    proved().map_err(|fault| fault.named(from))
}

fn check_audit(db: &Db, from: &Path, stack: &StackId) -> Result<(), Fault> {
    let Some(key) = StackKey::find(db, stack)? else { return Ok(()) };
    audit::check(db, key)?.map(drop).map_err(|tampered| {
        let (path, stack) = (from.to_owned(), stack.clone());
        StoreError::Tampered { path, stack, line: tampered.line, detail: tampered.detail }.into()
    })
}

/// Copies what a store says now into an empty file.
fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    let conn = file::open_any(from)?;
    let copied = || -> Result<(), Fault> {
        conn.execute("VACUUM INTO ?1", [to.to_string_lossy()])?;
        let copy = Connection::open(to)?;
        verify::check_file(&copy)
    };
    copied().map_err(|fault| match fault.named(from) {
        // What is full is the disk of the copy.
        StoreError::DiskFull { .. } => StoreError::DiskFull { path: to.to_owned() },
        error => error,
    })
}

/// A file that becomes another one once it is whole, and is gone otherwise.
struct Part(PathBuf);

impl Part {
    /// An empty file beside `path` that only its owner may read.
    fn new(path: &Path) -> Result<Self, StoreError> {
        let part = with_suffix(path, &format!(".part-{}", std::process::id()));
        // A dead process of the same number may have left one.
        let _ = fs::remove_file(&part);
        let made = file::private().write(true).create_new(true).open(&part);
        made.map_err(|error| StoreError::from_io(path, "write", error))?;
        Ok(Self(part))
    }

    /// Gives the file its name, durably. Without `replace` nothing that is there is touched, however late it
    /// came.
    fn become_file(self, path: &Path, replace: bool) -> Result<(), StoreError> {
        let done = File::open(&self.0).and_then(|file| file.sync_all()).and_then(|()| match replace {
            true => fs::rename(&self.0, path),
            false => give_name(&self.0, path),
        });
        match done {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(StoreError::Exists { path: path.to_owned() })
            }
            Err(error) => Err(StoreError::from_io(path, "write", error)),
            Ok(()) => {
                // Not every file system lets a directory be flushed.
                let _ = File::open(file::directory(path)).and_then(|directory| directory.sync_all());
                Ok(())
            }
        }
    }
}

/// Gives a file a name that nothing has. Where the file system knows no links, only what came at this very
/// moment would be replaced.
fn give_name(part: &Path, path: &Path) -> std::io::Result<()> {
    match fs::hard_link(part, path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists && !path.exists() => {
            fs::rename(part, path)
        }
        other => other,
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            // Those that are not there need not be removed.
            let _ = fs::remove_file(with_suffix(&self.0, suffix));
        }
    }
}

/// Gives a store that cannot be read another name, with the files that belong to it.
fn set_aside(store: &Path, kept: &Path) -> Result<(), StoreError> {
    for suffix in ["-wal", "-shm", ""] {
        let (from, to) = (with_suffix(store, suffix), with_suffix(kept, suffix));
        match fs::rename(&from, &to) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            other => other.map_err(|error| StoreError::from_io(store, "set aside", error))?,
        }
    }
    Ok(())
}

/// A name beside the store that nothing has.
fn aside(store: &Path, word: &str, now: Timestamp) -> PathBuf {
    let first = format!(".{word}-{}", now.0 / 1000);
    let names = std::iter::once(first.clone()).chain((2..1000).map(|n| format!("{first}-{n}")));
    let mut free = names.map(|name| with_suffix(store, &name)).filter(|path| !path.exists());
    free.next().unwrap_or_else(|| with_suffix(store, &first))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn is_same(one: &Path, other: &Path) -> bool {
    one == other
        || fs::canonicalize(one).is_ok_and(|one| fs::canonicalize(other).is_ok_and(|other| one == other))
}
