//! XChaCha20-Poly1305 with a random nonce in front, bound to what is said beside it.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};

use super::holder::Key;

const NONCE_LENGTH: usize = 24;

/// A key that is ready to be used. It cannot be shown.
#[derive(Clone)]
pub struct Cipher(XChaCha20Poly1305);

impl Cipher {
    /// The cipher of a key.
    pub fn new(key: &Key) -> Self {
        Self(XChaCha20Poly1305::new(key.bytes().into()))
    }

    /// Seals a text; whoever opens it must have the same key and say the same beside it.
    pub fn seal(&self, beside: &[u8], text: &[u8]) -> Result<Vec<u8>, String> {
        let nonce = random::<NONCE_LENGTH>()?;
        let sealed = self.0.encrypt(&XNonce::from(nonce), Payload { msg: text, aad: beside });
        Ok([&nonce[..], &sealed.map_err(|error| error.to_string())?].concat())
    }

    /// The text, if key and what is said beside it are those it was sealed with.
    pub fn open(&self, beside: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LENGTH>()?;
        self.0.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: beside }).ok()
    }
}

/// Bytes that nobody can guess.
pub(crate) fn random<const LENGTH: usize>() -> Result<[u8; LENGTH], String> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}
