//! The opening itself.

use std::io::Read;

use age::armor::ArmoredReader;
use age::{DecryptError, Decryptor};

use crate::Identities;

/// More bytes than this are not opened.
pub const TEXT_BYTES_MAX: usize = 16 << 20;

/// Why something could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOpened {
    /// It is no file of age, or a damaged one.
    #[error("it is no text that age made, or it is damaged")]
    Damaged,
    /// It is sealed with a passphrase, which nobody is asked for.
    #[error("it is sealed with a passphrase; only what is sealed for a recipient can be opened")]
    Passphrase,
    /// It is sealed for others.
    #[error("none of the keys opens it: it is sealed for other recipients")]
    OtherRecipients,
    /// It is too large.
    #[error("it has more than {TEXT_BYTES_MAX} bytes")]
    TooLarge,
}

impl Identities {
    /// What was sealed, from its armored or its binary form.
    pub fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, NotOpened> {
        if sealed.len() > 2 * TEXT_BYTES_MAX {
            return Err(NotOpened::TooLarge);
        }
        let decryptor = Decryptor::new(ArmoredReader::new(sealed)).map_err(why)?;
        if decryptor.is_scrypt() {
            return Err(NotOpened::Passphrase);
        }
        let opened = decryptor.decrypt(self.iter()).map_err(why)?;
        let mut bytes = Vec::new();
        let limit = u64::try_from(TEXT_BYTES_MAX + 1).unwrap_or(u64::MAX);
        opened.take(limit).read_to_end(&mut bytes).map_err(|_| NotOpened::Damaged)?;
        match bytes.len() > TEXT_BYTES_MAX {
            true => Err(NotOpened::TooLarge),
            false => Ok(bytes),
        }
    }
}

fn why(error: DecryptError) -> NotOpened {
    match error {
        DecryptError::NoMatchingKeys => NotOpened::OtherRecipients,
        _ => NotOpened::Damaged,
    }
}
