//! One sealed value: `ENC[AES256_GCM,data:...,iv:...,tag:...,type:...]`, all parts in base64. It is sealed for its
//! place, so that it opens nowhere else.

use aes_gcm::aead::consts::U32;
use aes_gcm::aead::{Aead, Payload};
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, KeyInit, Nonce};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::moment::Moment;
use super::node::Scalar;

/// How a sealed value starts.
const START: &str = "ENC[AES256_GCM,data:";

/// The key of one file.
pub(super) struct DataKey(AesGcm<Aes256, U32>);

/// Whether a text looks like a sealed value.
pub(super) fn is_sealed(text: &str) -> bool {
    text.starts_with(START)
}

/// The place of a value, as it is sealed with it.
pub(super) fn place(path: &[String]) -> String {
    path.join(":") + ":"
}

impl DataKey {
    /// The key from its bytes; none where there are not 32.
    pub(super) fn new(bytes: &[u8]) -> Option<Self> {
        AesGcm::new_from_slice(bytes).ok().map(Self)
    }

    /// What stands in a sealed text, opened for its place; why not, as a clause. Nothing is sealed as nothing.
    pub(super) fn open(&self, sealed: &str, place: &str) -> Result<Scalar, String> {
        if sealed.is_empty() {
            return Ok(Scalar::Text(String::new()));
        }
        let parts = Parts::parse(sealed).ok_or("it does not have the form of a value that sops sealed")?;
        let nonce = Nonce::<U32>::try_from(parts.iv.as_slice())
            .map_err(|_| "it was sealed with a nonce of another length than 32 bytes")?;
        let message = [parts.data, parts.tag].concat();
        let payload = Payload { msg: &message, aad: place.as_bytes() };
        let bytes = self
            .0
            .decrypt(&nonce, payload)
            .map_err(|_| "it was changed, moved to another place or sealed with another key")?;
        let text = String::from_utf8(bytes).map_err(|_| "what was sealed is no text in UTF-8")?;
        typed(text, parts.kind)
    }
}

struct Parts<'t> {
    data: Vec<u8>,
    iv: Vec<u8>,
    tag: Vec<u8>,
    kind: &'t str,
}

impl<'t> Parts<'t> {
    fn parse(sealed: &'t str) -> Option<Self> {
        let rest = sealed.strip_prefix(START)?;
        let (data, rest) = rest.split_once(",iv:")?;
        let (iv, rest) = rest.split_once(",tag:")?;
        let (tag, rest) = rest.split_once(",type:")?;
        let (kind, _) = rest.split_once(']')?;
        let bytes = |text: &str| STANDARD.decode(text).ok().filter(|bytes| !bytes.is_empty());
        Some(Self { data: bytes(data)?, iv: bytes(iv)?, tag: bytes(tag)?, kind })
    }
}

fn typed(text: String, kind: &str) -> Result<Scalar, String> {
    let value = match kind {
        "str" | "bytes" => Some(Scalar::Text(text)),
        "int" => text.parse().ok().map(Scalar::Int),
        "float" => text.parse().ok().map(Scalar::Float),
        "bool" => match text.as_str() {
            "True" | "true" | "TRUE" | "t" | "T" | "1" => Some(Scalar::Bool(true)),
            "False" | "false" | "FALSE" | "f" | "F" | "0" => Some(Scalar::Bool(false)),
            _ => None,
        },
        "time" => Moment::parse(&text).map(Scalar::Time),
        "comment" => Some(Scalar::Comment(text)),
        other => return Err(format!("it is of the type \"{}\", which is not known", other.escape_debug())),
    };
    value.ok_or_else(|| format!("what was sealed is not of its type \"{kind}\""))
}
