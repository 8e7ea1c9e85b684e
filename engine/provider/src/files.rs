//! Files that a configuration names by their path, for providers that read them when they act.
//!
//! A provider opens no file itself: whoever links it decides which paths a configuration may name.

use crate::error::{ErrorKind, ProviderError};

/// What may be read. Called while applying, never while planning; may be repeated.
pub trait ReadFile: Send + Sync {
    /// The content of the file with this path, as configuration writes it.
    fn read(&self, operation: &str, path: &str) -> Result<Vec<u8>, ProviderError>;
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
