//! PEM, as OpenSSL, OpenSSH and people write it: lines of any length, text around the block.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub(super) const CERTIFICATE: &str = "CERTIFICATE";
pub(super) const REQUEST: &str = "CERTIFICATE REQUEST";
pub(super) const PUBLIC_KEY: &str = "PUBLIC KEY";
pub(super) const PKCS8: &str = "PRIVATE KEY";
pub(super) const RSA: &str = "RSA PRIVATE KEY";
pub(super) const EC: &str = "EC PRIVATE KEY";
pub(super) const OPENSSH: &str = "OPENSSH PRIVATE KEY";

const LINE: usize = 64;

/// The block of that label, in lines of 64 characters.
pub(super) fn encode(label: &str, bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    let mut lines = format!("-----BEGIN {label}-----\n");
    let mut rest = &*text;
    while !rest.is_empty() {
        let (line, after) = rest.split_at_checked(LINE).unwrap_or((rest, ""));
        lines.push_str(line);
        lines.push('\n');
        rest = after;
    }
    lines + &format!("-----END {label}-----\n")
}

/// The label and the content of the first block; none where there is none.
pub(super) fn decode(text: &str) -> Option<(&str, Vec<u8>)> {
    let (_, block) = text.split_once("-----BEGIN ")?;
    let (label, body) = block.split_once("-----")?;
    let (body, _) = body.split_once(&format!("-----END {label}-----"))?;
    // Lines like `Proc-Type: 4,ENCRYPTED` come before an empty one.
    let body = body.rsplit_once("\n\n").filter(|(head, _)| head.contains(':')).map_or(body, |(_, body)| body);
    let encoded: String = body.chars().filter(|character| !character.is_whitespace()).collect();
    Some((label, STANDARD.decode(encoded).ok()?))
}

/// The content of the first block, which must have that label.
pub(super) fn expect(text: &str, expected: &str) -> Result<Vec<u8>, String> {
    match decode(text) {
        Some((label, bytes)) if label == expected => Ok(bytes),
        Some((label, _)) => Err(format!("invalid PEM type - expected \"{expected}\", got \"{label}\"")),
        None => Err(format!("failed to decode PEM of expected type \"{expected}\"")),
    }
}
