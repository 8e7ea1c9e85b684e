//! What can go wrong with a store, each with the file's name and what to do about it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use evenkeel_model::Timestamp;
use rusqlite::ErrorCode;

use crate::record::{LeaseToken, StackId};

/// Why a lease is no longer one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeaseLoss {
    /// It ran out.
    #[error("it expired at {} without being renewed", shown(*.at))]
    Expired {
        /// When.
        at: Timestamp,
    },
    /// Somebody else took the stack over.
    #[error("{holder} took it over with token {token}")]
    TakenOver {
        /// Who.
        holder: String,
        /// The token that counts now.
        token: LeaseToken,
    },
    /// It was given back.
    #[error("it was given back")]
    Released,
}

/// A failure of the store. Nothing that was written before is lost by any of them, and a write that
/// fails with one changes nothing.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Somebody else changes the stack now.
    #[error("the stack \"{stack}\" is being changed by {holder} since {}", shown(*.since))]
    LeaseHeld {
        /// The stack.
        stack: StackId,
        /// Who.
        holder: String,
        /// Since when.
        since: Timestamp,
        /// When their lease ends unless they renew it.
        expires: Timestamp,
    },
    /// The lease that a write was made under is no longer valid.
    #[error("the lease on the stack \"{stack}\" (token {token}) is lost: {loss}")]
    LeaseLost {
        /// The stack.
        stack: StackId,
        /// The token that was shown.
        token: LeaseToken,
        /// Why.
        loss: LeaseLoss,
    },
    /// No kept plan has such a digest.
    #[error("no plan of the stack \"{stack}\" has a digest that starts with \"{prefix}\"")]
    PlanNotFound {
        /// The stack.
        stack: StackId,
        /// What was asked for.
        prefix: String,
    },
    /// Several kept plans have such a digest.
    #[error("more than one plan of the stack \"{stack}\" has a digest that starts with \"{prefix}\"")]
    PlanAmbiguous {
        /// The stack.
        stack: StackId,
        /// What was asked for.
        prefix: String,
    },
    /// The file does not exist and was not to be made.
    #[error("there is no store file {}", .path.display())]
    NotFound {
        /// The file.
        path: PathBuf,
    },
    /// The directory of the file does not exist.
    #[error("the directory of the store file {} does not exist", .path.display())]
    DirectoryMissing {
        /// The file.
        path: PathBuf,
    },
    /// The path leads to something that is no regular file.
    #[error("{} is not a regular file, so it cannot be a store", .path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The file is no SQLite database.
    #[error("{} is not a store: it is not an SQLite database", .path.display())]
    NotSqlite {
        /// The file.
        path: PathBuf,
    },
    /// The database belongs to another application.
    #[error("{} is an SQLite database of another application (application id {application_id:#010x})", .path.display())]
    ForeignApplication {
        /// The file.
        path: PathBuf,
        /// What it says of itself.
        application_id: i32,
    },
    /// The store was written by a newer version.
    #[error("the store {} has format {found}, and this version of Evenkeel knows formats up to {known}", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest one known here.
        known: i64,
    },
    /// The store has an older format and was opened only to be read.
    #[error("the store {} has the older format {found}, and it cannot be brought to format {known} while it is only read", .path.display())]
    Outdated {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The format that is needed.
        known: i64,
    },
    /// Permission to open or make the file was denied.
    #[error("permission to open the store {} was denied", .path.display())]
    PermissionDenied {
        /// The file.
        path: PathBuf,
    },
    /// The file or its file system cannot be written.
    #[error("the store {} is read-only", .path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// Another process kept the file locked for too long.
    #[error("the store {} is locked by another process", .path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// No space is left.
    #[error("no space is left on the disk that holds the store {}", .path.display())]
    DiskFull {
        /// The file.
        path: PathBuf,
    },
    /// The file contradicts itself.
    #[error("the store {} is damaged: {detail}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// The rows do not equal the fold of the journal.
    #[error("the rows of the stack \"{stack}\" in {} do not follow from its journal: {detail}", .path.display())]
    Diverged {
        /// The file.
        path: PathBuf,
        /// The stack.
        stack: StackId,
        /// What differs.
        detail: String,
    },
    /// A file is in the way.
    #[error("there is a file {} already", .path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A line of an audit log is not what was written.
    #[error("line {line} of the audit log of the stack \"{stack}\" in {} {detail}", .path.display())]
    Tampered {
        /// The file.
        path: PathBuf,
        /// The stack.
        stack: StackId,
        /// The line, counted from 1.
        line: u64,
        /// What is wrong with it.
        detail: String,
    },
    /// The operating system refused a file operation.
    #[error("cannot {action} the store {}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What it said.
        #[source]
        source: Arc<std::io::Error>,
    },
    /// SQLite refused something that has no name of its own here.
    #[error("the store {} failed", .path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What it said.
        #[source]
        source: Arc<rusqlite::Error>,
    },
    /// The key that sensitive values are kept under cannot be had.
    #[error("the key of the store {} cannot be had from {detail}", .path.display())]
    KeyUnavailable {
        /// The file.
        path: PathBuf,
        /// From where, and why.
        detail: String,
    },
    /// The key that was given is not the one.
    #[error("the data key of the store {} is wrapped {with}, and not by {given}", .path.display())]
    KeyWrong {
        /// The file.
        path: PathBuf,
        /// What it is wrapped with.
        with: String,
        /// What was given.
        given: String,
    },
    /// A copy of the audit log could not be written.
    #[error("the audit log of the stack \"{stack}\" could not be written: {detail}")]
    Export {
        /// The stack.
        stack: StackId,
        /// What the operating system said.
        detail: String,
    },
    /// The thread that owns the file has ended.
    #[error("the store {} is closed", .path.display())]
    Closed {
        /// The file.
        path: PathBuf,
    },
}

impl StoreError {
    /// What somebody can do about it, in a sentence.
    pub fn remedy(&self) -> String {
        match self {
            Self::LeaseHeld { expires, .. } => format!(
                "Wait until that run ends. If its process died, its lease ends by itself at {}; there is nothing to unlock.",
                shown(*expires)
            ),
            Self::LeaseLost { .. } => {
                "Run the command again: it looks at what really happened and goes on from there.".into()
            }
            Self::PlanNotFound { .. } => "Make the plan again, and use the digest that it prints.".into(),
            Self::PlanAmbiguous { .. } => "Give more characters of the digest.".into(),
            Self::NotFound { .. } => {
                "Check the path; the file is made by the first command that changes something.".into()
            }
            Self::DirectoryMissing { .. } => "Create the directory, or give another path.".into(),
            Self::NotAFile { .. } => "Give the path of a file.".into(),
            Self::NotSqlite { .. } => {
                "Give the path of a store, or of a file that does not exist yet. The file was left as it is.".into()
            }
            Self::ForeignApplication { .. } => {
                "Give the path of another file. The database was left as it is.".into()
            }
            Self::Newer { .. } => "Upgrade Evenkeel. The store was left as it is.".into(),
            Self::Outdated { .. } => {
                "Run a command that may write, for example a plan, once with this version.".into()
            }
            Self::PermissionDenied { path } | Self::ReadOnly { path } => format!(
                "Make {} and its directory writable for the user that runs Evenkeel; SQLite also writes files beside it.",
                path.display()
            ),
            Self::Locked { .. } => {
                "Find the process that holds it (a backup, an SQLite shell) and let it finish, then run the command again.".into()
            }
            Self::DiskFull { .. } => {
                "Free some space and run the command again; everything that was recorded before is still there.".into()
            }
            Self::Damaged { path, .. } => format!(
                "Copy {0} together with {0}-wal and {0}-shm before anything else, then restore a backup (evenkeel state restore FILE) or recover the copy with the SQLite shell's .recover. The file was left as it is.",
                path.display()
            ),
            Self::Diverged { .. } => {
                "Keep a copy of the file and report this as a bug of Evenkeel; the journal is complete and the rows can be made from it again.".into()
            }
            Self::Exists { .. } => "Give another name. The file was left as it is.".into(),
            Self::Tampered { .. } => {
                "Compare it with a copy that was exported earlier, and use another backup. Nothing was changed.".into()
            }
            Self::Io { .. } | Self::Sqlite { .. } => {
                "See the cause, put it right, and run the command again; everything that was recorded before is still there.".into()
            }
            Self::KeyUnavailable { .. } => {
                "Give the key that this store was written with: EVENKEEL_KEY, EVENKEEL_KEY_FILE and EVENKEEL_KEY_COMMAND say where it is, and otherwise it is in the file beside the store. Without it the sensitive values in the store cannot be read by anybody. The store was left as it is.".into()
            }
            Self::KeyWrong { .. } => {
                "Give the key that this store was written with (EVENKEEL_KEY, EVENKEEL_KEY_FILE or EVENKEEL_KEY_COMMAND, and otherwise the file beside the store), or wrap its data key with the new one: evenkeel keys rewrap, with -from-file, -from-variable or -from-command for the old one. The store was left as it is.".into()
            }
            Self::Export { .. } => "Give another file, or free some space; the log itself is as it was.".into(),
            Self::Closed { .. } => "Restart the process; everything that was recorded before is still there.".into(),
        }
    }

    /// Names an error of the operating system.
    pub(crate) fn from_io(path: &Path, action: &'static str, error: std::io::Error) -> Self {
        use std::io::ErrorKind;
        let path = path.to_owned();
        match error.kind() {
            ErrorKind::NotFound => Self::NotFound { path },
            ErrorKind::PermissionDenied => Self::PermissionDenied { path },
            ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path },
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::DiskFull { path },
            _ => Self::Io { path, action, source: Arc::new(error) },
        }
    }

    /// Names an error of SQLite.
    pub(crate) fn from_sqlite(path: &Path, error: rusqlite::Error) -> Self {
        let code = error.sqlite_error_code();
        let path = path.to_owned();
        match code {
            Some(ErrorCode::DiskFull) => Self::DiskFull { path },
            Some(ErrorCode::ReadOnly) => Self::ReadOnly { path },
            Some(ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => Self::PermissionDenied { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked { path },
            Some(ErrorCode::NotADatabase) => Self::NotSqlite { path },
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { path, detail: error.to_string() },
            _ if is_unreadable_row(&error) => Self::Damaged { path, detail: error.to_string() },
            _ => Self::Sqlite { path, source: Arc::new(error) },
        }
    }
}

/// A time as people write it.
fn shown(at: Timestamp) -> String {
    match jiff::Timestamp::from_millisecond(at.0) {
        Ok(time) => format!("{time:.0}"),
        Err(_) => format!("{} ms since 1970", at.0),
    }
}

fn is_unreadable_row(error: &rusqlite::Error) -> bool {
    use rusqlite::Error as E;
    matches!(
        error,
        E::FromSqlConversionFailure(..)
            | E::IntegralValueOutOfRange(..)
            | E::Utf8Error(..)
            | E::InvalidColumnType(..)
            | E::QueryReturnedNoRows
    )
}

/// What goes wrong inside a piece of work, before the file's name is known.
#[derive(Debug)]
pub(crate) enum Fault {
    /// SQLite said so.
    Sqlite(rusqlite::Error),
    /// It has its name already.
    Store(Box<StoreError>),
    /// A stored value cannot be read.
    Damaged(String),
}

impl Fault {
    pub(crate) fn named(self, path: &Path) -> StoreError {
        match self {
            Self::Sqlite(error) => StoreError::from_sqlite(path, error),
            Self::Store(error) => *error,
            Self::Damaged(detail) => StoreError::Damaged { path: path.to_owned(), detail },
        }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(Box::new(error))
    }
}

/// Reads stored JSON or text; never quotes it, because it may be sensitive.
pub(crate) fn stored<T, E>(what: &str, result: Result<T, E>) -> Result<T, Fault> {
    result.map_err(|_| Fault::Damaged(format!("a stored {what} cannot be read")))
}
