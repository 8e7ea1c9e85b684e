//! Packages on disk, by their hash.
//!
//! One uncompressed archive for each, which appears whole or not at all. Whoever reads one hashes
//! what is in it: the cache saves time and is not trusted.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use sha2::{Digest, Sha256};

use super::archive::{Format, unpack};
use super::package::{Files, hash};
use crate::directory::hexadecimal;
use crate::error::SourceError;
use crate::gather::Limits;
use crate::remote::create_private;
use crate::whole::{sweep, write_whole};

/// The cache below a directory.
#[derive(Clone, Debug)]
pub struct Cache {
    directory: PathBuf,
}

impl Cache {
    /// The cache below the directory for all caches.
    pub fn new(cache_dir: &Path) -> Self {
        Self { directory: cache_dir.join("modules") }
    }

    /// The package with a hash, if it is there and is what it says.
    pub fn get(&self, expected: &str, limits: &Limits, interrupt: &AtomicBool) -> Option<Files> {
        let path = self.path(expected);
        let size = fs::metadata(&path).ok()?.len();
        if size > limits.total_bytes_max.saturating_mul(2) {
            return None;
        }
        let bytes = fs::read(&path).ok()?;
        let files = unpack(&bytes, Format::Tar, expected, limits, interrupt).ok()?;
        (hash(&files).as_deref() == Some(expected)).then_some(files)
    }

    /// Keeps a package.
    pub fn put(&self, hash: &str, files: &Files) -> Result<(), SourceError> {
        let path = self.path(hash);
        let failed = |source| SourceError::Cache { path: path.clone(), source };
        create_private(&self.directory).map_err(failed)?;
        write_whole(&path, &packed(files).map_err(failed)?).map_err(failed)
    }

    /// Removes what writers that were killed have left behind.
    pub fn sweep(&self) {
        sweep(&self.directory, |name| {
            name.strip_suffix(".tar")
                .is_some_and(|hash| hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
        });
    }

    fn path(&self, hash: &str) -> PathBuf {
        self.directory.join(format!("{}.tar", hexadecimal(&Sha256::digest(hash.as_bytes()))))
    }
}

fn packed(files: &Files) -> io::Result<Vec<u8>> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, contents) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(contents.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, &**path, &**contents)?;
    }
    builder.into_inner()
}
