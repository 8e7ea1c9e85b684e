//! Files that a configuration names by their path, for providers that read them when they act.
//!
//! A provider opens no file itself: whoever links it decides which paths a configuration may name.

use crate::error::{ErrorKind, ProviderError};

/// What may be read. Called while applying, never while planning; may be repeated.
pub trait ReadFile: Send + Sync {
    /// The content of the file with this path, as configuration writes it.
    fn read(&self, operation: &str, path: &str) -> Result<Vec<u8>, ProviderError>;

    /// Whether a configuration may name this file to a library that opens it itself. A file of that kind may decide what
    /// is run or where something is sent, so that it has to be the operator's.
    fn may_name(&self, path: &str) -> bool {
        let _ = path;
        false
    }
}

/// Nothing may be read.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl ReadFile for NoFiles {
    fn read(&self, operation: &str, path: &str) -> Result<Vec<u8>, ProviderError> {
        let detail = format!("the file \"{path}\" cannot be read: this run reads no files.");
        Err(ProviderError::new(ErrorKind::Denied, operation, detail))
    }
}
