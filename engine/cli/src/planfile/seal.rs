//! Compressed, and sealed with the header beside it.

use std::io::{Read, Write};

use evenkeel_store::{Cipher, Key};
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use sha2::{Digest, Sha256};

use crate::error::Failure;

/// More than this is not unpacked.
const UNPACKED_MAX: u64 = 4 << 30;

/// A key that nobody has.
pub fn new_key() -> Result<Vec<u8>, Failure> {
    let key = Key::drawn().map_err(|why| Failure::plain("Cannot draw a key", why))?;
    Ok(key.bytes().to_vec())
}

/// What tells a key from others and nothing else about it.
pub(super) fn name_of(key: &[u8]) -> std::sync::Arc<str> {
    let digest = Sha256::new().chain_update(b"evenkeel plan key\n").chain_update(key).finalize();
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<String>().into()
}

/// Seals a text; whoever opens it must have the same key and the same header.
pub(super) fn seal(key: &[u8], head: &[u8], text: &[u8]) -> Result<Vec<u8>, String> {
    let key = Key::from_bytes(key).ok_or("the key has another length")?;
    let packed = pack(text).map_err(|error| error.to_string())?;
    Cipher::new(&key).seal(head, &packed)
}

/// The text, if key and header are the ones it was sealed with.
pub(super) fn open(key: &[u8], head: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let packed = Cipher::new(&Key::from_bytes(key)?).open(head, sealed)?;
    let mut text = Vec::new();
    DeflateDecoder::new(&packed[..]).take(UNPACKED_MAX).read_to_end(&mut text).ok()?;
    Some(text)
}

fn pack(text: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text)?;
    encoder.finish()
}
