//! Compressed, encrypted and bound to its header: XChaCha20-Poly1305 with a random nonce in front.

use std::io::{Read, Write};

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use sha2::{Digest, Sha256};

use crate::error::Failure;

/// Bytes of a key.
const KEY_LENGTH: usize = 32;

const NONCE_LENGTH: usize = 24;

/// More than this is not unpacked.
const UNPACKED_MAX: u64 = 4 << 30;

/// A key that nobody has.
pub fn new_key() -> Result<Vec<u8>, Failure> {
    random::<KEY_LENGTH>().map(Vec::from).map_err(|why| Failure::plain("Cannot draw a key", why))
}

/// What tells a key from others and nothing else about it.
pub(super) fn name_of(key: &[u8]) -> std::sync::Arc<str> {
    let digest = Sha256::new().chain_update(b"evenkeel plan key\n").chain_update(key).finalize();
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<String>().into()
}

/// Seals a text; whoever opens it must have the same key and the same header.
pub(super) fn seal(key: &[u8], head: &[u8], text: &[u8]) -> Result<Vec<u8>, String> {
    let nonce = random::<NONCE_LENGTH>()?;
    let packed = pack(text).map_err(|error| error.to_string())?;
    let cipher = XChaCha20Poly1305::new_from_slice(key).map_err(|error| error.to_string())?;
    let sealed = cipher.encrypt(&XNonce::from(nonce), Payload { msg: &packed, aad: head });
    Ok([&nonce[..], &sealed.map_err(|error| error.to_string())?].concat())
}

/// The text, if key and header are the ones it was sealed with.
pub(super) fn open(key: &[u8], head: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LENGTH>()?;
    let cipher = XChaCha20Poly1305::new_from_slice(key).ok()?;
    let packed = cipher.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: head }).ok()?;
    let mut text = Vec::new();
    DeflateDecoder::new(&packed[..]).take(UNPACKED_MAX).read_to_end(&mut text).ok()?;
    Some(text)
}

fn pack(text: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text)?;
    encoder.finish()
}

fn random<const LENGTH: usize>() -> Result<[u8; LENGTH], String> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}
