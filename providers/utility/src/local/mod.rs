//! The local provider: files of this machine, where the operator allows it.
//!
//! A configuration does not say what it may touch: [`HostFiles`] does, which whoever runs the program makes.

mod content;
mod data;
mod file;
mod leave;

use std::sync::Arc;

use crate::family::Family;

pub use leave::{HostFiles, RevisionFiles};

/// The provider, with what it may touch.
pub(crate) fn family(files: HostFiles) -> Family {
    let files = Arc::new(files);
    Family::new("local", "2.9.0", include_str!("../../../../schemas/local/provider.json"))
        .resource("local_file", file::LocalFile { sensitive: false, files: files.clone() })
        .resource("local_sensitive_file", file::LocalFile { sensitive: true, files: files.clone() })
        .data("local_file", data::LocalData { sensitive: false, files: files.clone() })
        .data("local_sensitive_file", data::LocalData { sensitive: true, files })
}

#[cfg(test)]
mod tests;
