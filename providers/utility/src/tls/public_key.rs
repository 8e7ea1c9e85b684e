//! `tls_public_key`: what belongs to a private key, as a data source and as an ephemeral resource.

use evenkeel_model::Value;
use evenkeel_provider::ProviderError;
use sha1::{Digest, Sha1};

use super::key::Key;
use super::{failed, pem, ssh};
use crate::kind::Reading;
use crate::object::with;
use crate::random::hex;

pub(super) struct PublicKey {
    pub(super) ephemeral: bool,
}

impl Reading for PublicKey {
    fn schema_text(&self) -> &'static str {
        match self.ephemeral {
            true => include_str!("../../../../schemas/tls/ephemeral.tls_public_key.json"),
            false => include_str!("../../../../schemas/tls/data.tls_public_key.json"),
        }
    }

    fn read(&self, _: &Value, config: &Value) -> Result<Value, ProviderError> {
        let key = match (config.get_str("private_key_pem"), config.get_str("private_key_openssh")) {
            (Some(given), _) => Key::parse(given),
            (None, given) => ssh::parse(given.unwrap_or_default()),
        };
        let key = key.map_err(failed("Unable to parse private key"))?;
        let public = public(&key).map_err(failed("Failed to marshal public key"))?;
        let read = with(config, public.map(|(name, text)| (name, Value::string(text))));
        Ok(with(&read, [("algorithm", Value::string(key.algorithm()))]))
    }
}

/// The attributes about the public key.
pub(super) fn public(key: &Key) -> Result<[(&'static str, String); 5], String> {
    let der = key.public_der()?;
    let [openssh, md5, sha256] = ssh::public(key)?;
    Ok([
        ("id", id_of(&der)),
        ("public_key_pem", pem::encode(pem::PUBLIC_KEY, &der)),
        ("public_key_openssh", openssh),
        ("public_key_fingerprint_md5", md5),
        ("public_key_fingerprint_sha256", sha256),
    ])
}

/// SHA-1 of the bytes, without the ones around them that are white space in text, as the public provider has it.
pub(super) fn id_of(bytes: &[u8]) -> String {
    let is_space = |byte: &u8| matches!(byte, 9..=13 | 32);
    let start = bytes.iter().position(|byte| !is_space(byte)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|byte| !is_space(byte)).map_or(start, |last| last + 1);
    hex(&Sha1::digest(bytes.get(start..end).unwrap_or_default()))
}
