//! Opens what was sealed with age (the format `age-encryption.org/v1`) for a key of the operator.
//!
//! The one crate that names `age`, so that nothing else is rebuilt with it. It reads no file, environment or clock:
//! keys are handed in, and whoever needs one asks a [`Keys`], which the command line makes. Nothing is sealed here,
//! and neither passphrases nor plugins, SSH keys and post-quantum keys open anything.

mod identities;
mod open;

use std::sync::Arc;

pub use identities::{Identities, InvalidIdentity};
pub use open::{NotOpened, TEXT_BYTES_MAX};

/// Who holds the keys. Made by the command line from what the operator says, never from a configuration.
pub trait Keys: Send + Sync {
    /// The keys to try for what is sealed for a recipient (`age1...`), where one is named; why there are none, as
    /// sentences without any secret. Called when something has to be opened, and never before; may be repeated.
    fn identities(&self, recipient: Option<&str>) -> Result<Arc<Identities>, String>;
}

/// Nobody holds a key.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoKeys;

impl Keys for NoKeys {
    fn identities(&self, _: Option<&str>) -> Result<Arc<Identities>, String> {
        Err("This run opens nothing that is sealed.".into())
    }
}
