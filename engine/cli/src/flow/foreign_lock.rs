//! Terraform's own lock on a state file, so that both programs do not work at once: a POSIX record lock on
//! the file, and a file beside it that says who holds it.
//!
//! The operating system gives the lock back however the process ends, and also when the process closes any
//! other handle of the file; so while it is held, the file is read through it.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Seek};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value as Json, json};
use tokio::time::{Instant, sleep};

use crate::error::Failure;

/// A state file that is held.
pub struct ForeignLock {
    file: File,
    info: PathBuf,
}

impl ForeignLock {
    /// Holds a file, waiting for another holder as long as `patience` allows; none where there is no file.
    pub async fn take(path: &Path, patience: Duration) -> Result<Option<Self>, Failure> {
        let cannot =
            |error| Failure::plain("Cannot open the state file", format!("{}: {error}.", path.display()));
        let file = match OpenOptions::new().read(true).write(true).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(cannot(error)),
        };
        let info = info_path(path);
        let deadline = Instant::now() + patience;
        while !try_lock(&file).map_err(cannot)? {
            if Instant::now() >= deadline {
                return Err(held_by(path, &info));
            }
            sleep(Duration::from_millis(500).min(deadline - Instant::now())).await;
        }
        // Who holds it is for people alone: a file that cannot be written stands in nobody's way.
        drop(std::fs::write(&info, describe(path).to_string()));
        Ok(Some(Self { file, info }))
    }

    /// What stands in the file.
    pub fn read(&self) -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut file = &self.file;
        file.rewind()?;
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Whether a path still leads to the file that is held.
    #[cfg(unix)]
    pub fn is_at(&self, path: &Path) -> bool {
        use std::os::unix::fs::MetadataExt;
        let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
        let (held, there) = (self.file.metadata().map(identity), path.metadata().map(identity));
        matches!((held, there), (Ok(held), Ok(there)) if held == there)
    }

    /// Elsewhere an open file cannot be replaced.
    #[cfg(not(unix))]
    pub fn is_at(&self, path: &Path) -> bool {
        path.exists()
    }
}

impl Drop for ForeignLock {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.info));
    }
}

/// Whether the lock was taken; another process may have it.
#[cfg(unix)]
fn try_lock(file: &File) -> std::io::Result<bool> {
    use rustix::fs::{FlockOperation, fcntl_lock};
    match fcntl_lock(file, FlockOperation::NonBlockingLockExclusive).map_err(std::io::Error::from) {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::PermissionDenied) => {
            Ok(false)
        }
        // File systems without locks have none for Terraform either.
        Err(error) if error.kind() == ErrorKind::Unsupported => Ok(true),
        Err(error) => Err(error),
    }
}

/// Elsewhere Terraform's lock is another one, which is not taken.
#[cfg(not(unix))]
fn try_lock(_file: &File) -> std::io::Result<bool> {
    Ok(true)
}

fn info_path(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.lock.info"))
}

fn describe(path: &Path) -> Json {
    json!({
        "ID": format!("evenkeel-{}", std::process::id()),
        "Operation": "evenkeel",
        "Info": "",
        "Who": std::env::var("USER").unwrap_or_default(),
        "Version": env!("CARGO_PKG_VERSION"),
        "Created": format!("{:.9}", jiff::Timestamp::now()),
        "Path": path.to_string_lossy(),
    })
}

fn held_by(path: &Path, info: &Path) -> Failure {
    let text = std::fs::read(info).unwrap_or_default();
    let found: Json = serde_json::from_slice(&text).unwrap_or_default();
    let lines: String = ["ID", "Path", "Operation", "Who", "Version", "Created"]
        .into_iter()
        .filter_map(|name| Some(format!("\n  {name}: {}", found.get(name)?.as_str()?)))
        .collect();
    Failure::plain(
        "Error acquiring the state lock",
        format!(
            "Another program works with {}, so nothing was done.\n\nLock Info:{lines}\n\nWait for it, or let -lock-timeout \
             wait.",
            path.display()
        ),
    )
}
