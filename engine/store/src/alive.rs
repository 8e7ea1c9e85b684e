//! Telling that the holder of a lease is dead, so that nobody waits for a lease that no one uses.
//!
//! A store that takes a lease locks a file of its own beside the database for as long as it lives,
//! and writes the file's name into the lease. The operating system drops the lock with the process,
//! however that ended: who can lock the file knows that its owner is gone. It is only evidence of
//! death and never of life; where it cannot be had (another machine, another kernel, a file system
//! without locks) the lease has to expire. Safety does not rest on it, but on the token.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

use crate::error::Fault;
use crate::file::private;

/// Names to try for a file of one's own; processes of several containers may share a number.
const NAMES_MAX: u32 = 100;

/// What a store knows about its own life and that of others.
pub(crate) struct Alive {
    directory: PathBuf,
    prefix: String,
    /// Which run of which kernel this is: locks mean nothing to another one.
    boot: Option<String>,
    own: Mutex<Option<(String, File)>>,
}

impl Alive {
    pub(crate) fn new(store: &Path) -> Self {
        let name = store.file_name().unwrap_or_default().to_string_lossy();
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
        Self {
            directory: crate::file::directory(store).to_owned(),
            prefix: format!("{name}-holder-"),
            boot: boot.map(|boot| boot.trim().to_owned()).filter(|boot| !boot.is_empty()),
            own: Mutex::new(None),
        }
    }

    /// Of a store without a file: it has no directory to leave a sign of life in.
    pub(crate) fn unseen() -> Self {
        Self { directory: PathBuf::new(), prefix: String::new(), boot: None, own: Mutex::new(None) }
    }

    /// What a lease says of its holder's store, if its death can be told.
    pub(crate) fn mark(&self) -> Option<String> {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if own.is_none() {
            *own = self.lock_new_file();
        }
        own.as_ref().and_then(|(name, _)| self.mark_of(name))
    }

    /// Whether the store that wrote this mark is certainly gone.
    pub(crate) fn is_dead(&self, mark: &str) -> bool {
        let Some((boot, name)) = mark.split_once('/') else { return false };
        let ours =
            self.boot.as_deref() == Some(boot) && name.starts_with(&self.prefix) && !name.contains('/');
        ours && lock(&self.directory.join(name)).is_some()
    }

    /// Removes files of dead stores that no lease names any more; tells whether there was one, which did not come
    /// to its end.
    pub(crate) fn sweep(&self, conn: &Connection) -> Result<bool, Fault> {
        let mut died = false;
        let Ok(files) = fs::read_dir(&self.directory) else { return Ok(died) };
        for file in files.flatten() {
            let name = file.file_name();
            let Some(name) = name.to_str().filter(|name| name.starts_with(&self.prefix)) else { continue };
            let Some(locked) = lock(&file.path()) else { continue };
            died = true;
            let sql = "SELECT 1 FROM leases WHERE mark = ?1";
            if !conn.prepare_cached(sql)?.exists([self.mark_of(name)])? {
                // Somebody else may have been faster.
                let _ = fs::remove_file(file.path());
            }
            drop(locked);
        }
        Ok(died)
    }

    /// The last act of a store: leases that were not given back can be taken over from now on.
    pub(crate) fn end(&self, conn: &Connection) {
        drop(self.own.lock().unwrap_or_else(PoisonError::into_inner).take());
        // What stays behind is swept up by the next one.
        let _ = self.sweep(conn);
    }

    fn mark_of(&self, name: &str) -> Option<String> {
        self.boot.as_ref().map(|boot| format!("{boot}/{name}"))
    }

    fn lock_new_file(&self) -> Option<(String, File)> {
        self.boot.as_ref()?;
        (0..NAMES_MAX).find_map(|n| {
            let name = format!("{}{}-{n}", self.prefix, std::process::id());
            let file = private().write(true).create_new(true).open(self.directory.join(&name)).ok()?;
            file.try_lock().ok()?;
            Some((name, file))
        })
    }
}

fn lock(path: &Path) -> Option<File> {
    let file = OpenOptions::new().read(true).open(path).ok()?;
    file.try_lock().ok().map(|()| file)
}
