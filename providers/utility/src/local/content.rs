//! What follows from the content of a file.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use evenkeel_model::Value;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use crate::random::hex;

/// What is written into `id`.
pub(super) fn id(content: &[u8]) -> String {
    hex(&Sha1::digest(content))
}

/// The attributes that are hashes of the content.
pub(super) fn hashes(content: &[u8]) -> [(&'static str, Value); 7] {
    let (sha256, sha512) = (Sha256::digest(content), Sha512::digest(content));
    [
        ("id", id(content)),
        ("content_md5", hex(&Md5::digest(content))),
        ("content_sha1", id(content)),
        ("content_sha256", hex(&sha256)),
        ("content_base64sha256", STANDARD.encode(sha256)),
        ("content_sha512", hex(&sha512)),
        ("content_base64sha512", STANDARD.encode(sha512)),
    ]
    .map(|(name, text)| (name, Value::string(text)))
}
