//! Hashes of text and of files, and identifiers made from them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use evenkeel_model::Value;
use md5::Md5;
use sha1::Sha1;
use sha2::digest::Digest;
use sha2::{Sha256, Sha512};

use super::filesystem::contents;
use super::{CallError, Function, Parameter, Ty, bad, string, text};
use crate::eval::Evaluator;

const STR: Parameter = string("str");
const PATH: Parameter = string("path");

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "base64sha256",
        &[STR],
        Ty::String,
        |a| base64(Sha256::digest(text(a, 0))),
        "The SHA-256 hash of the text, in Base64.",
    ),
    Function::new(
        "base64sha512",
        &[STR],
        Ty::String,
        |a| base64(Sha512::digest(text(a, 0))),
        "The SHA-512 hash of the text, in Base64.",
    ),
    Function::scoped(
        "filebase64sha256",
        &[PATH],
        Ty::String,
        |a, e| base64(file::<Sha256>(a, e)?),
        "The SHA-256 hash of the file, in Base64.",
    ),
    Function::scoped(
        "filebase64sha512",
        &[PATH],
        Ty::String,
        |a, e| base64(file::<Sha512>(a, e)?),
        "The SHA-512 hash of the file, in Base64.",
    ),
    Function::scoped(
        "filemd5",
        &[PATH],
        Ty::String,
        |a, e| hex(file::<Md5>(a, e)?),
        "The MD5 hash of the file, in hexadecimal.",
    ),
    Function::scoped(
        "filesha1",
        &[PATH],
        Ty::String,
        |a, e| hex(file::<Sha1>(a, e)?),
        "The SHA-1 hash of the file, in hexadecimal.",
    ),
    Function::scoped(
        "filesha256",
        &[PATH],
        Ty::String,
        |a, e| hex(file::<Sha256>(a, e)?),
        "The SHA-256 hash of the file, in hexadecimal.",
    ),
    Function::scoped(
        "filesha512",
        &[PATH],
        Ty::String,
        |a, e| hex(file::<Sha512>(a, e)?),
        "The SHA-512 hash of the file, in hexadecimal.",
    ),
    Function::new(
        "md5",
        &[STR],
        Ty::String,
        |a| hex(Md5::digest(text(a, 0))),
        "The MD5 hash of the text, in hexadecimal.",
    ),
    Function::new(
        "sha1",
        &[STR],
        Ty::String,
        |a| hex(Sha1::digest(text(a, 0))),
        "The SHA-1 hash of the text, in hexadecimal.",
    ),
    Function::new(
        "sha256",
        &[STR],
        Ty::String,
        |a| hex(Sha256::digest(text(a, 0))),
        "The SHA-256 hash of the text, in hexadecimal.",
    ),
    Function::new(
        "sha512",
        &[STR],
        Ty::String,
        |a| hex(Sha512::digest(text(a, 0))),
        "The SHA-512 hash of the text, in hexadecimal.",
    ),
    Function::new(
        "uuidv5",
        &[string("namespace"), string("name")],
        Ty::String,
        uuidv5,
        "The UUID of a name in a namespace, always the same.",
    ),
];

fn hex(bytes: impl AsRef<[u8]>) -> Result<Value, CallError> {
    Ok(Value::string(bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
}

fn base64(bytes: impl AsRef<[u8]>) -> Result<Value, CallError> {
    Ok(Value::string(STANDARD.encode(bytes)))
}

fn file<D: Digest>(arguments: &[Value], evaluator: &mut Evaluator) -> Result<Vec<u8>, CallError> {
    Ok(D::digest(contents(arguments, evaluator)?).to_vec())
}

fn uuidv5(arguments: &[Value]) -> Result<Value, CallError> {
    let (namespace, name) = (text(arguments, 0), text(arguments, 1));
    let namespace = match namespace {
        "dns" | "url" | "oid" | "x500" => {
            let last = match namespace {
                "dns" => 0x10,
                "url" => 0x11,
                "oid" => 0x12,
                _ => 0x14,
            };
            // RFC 4122, appendix C: the four differ in one byte.
            let mut bytes = [
                0x6b, 0xa7, 0xb8, 0x00, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30,
                0xc8,
            ];
            bytes[3] = last;
            bytes
        }
        given => match parse_uuid(given) {
            Some(bytes) => bytes,
            None => {
                return bad(
                    0,
                    "uuidv5() doesn't support this namespace; use \"dns\", \"url\", \"oid\", \"x500\" or a UUID",
                );
            }
        },
    };
    let hash = Sha1::new().chain_update(namespace).chain_update(name).finalize();
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    Ok(Value::string(uuid_text(bytes, 5)))
}

/// A UUID of a version, made from bytes.
pub(super) fn uuid_text(mut bytes: [u8; 16], version: u8) -> String {
    bytes[6] = (bytes[6] & 0x0f) | (version << 4);
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let parts = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)];
    let parts: Vec<&str> = parts.iter().filter_map(|(from, to)| digits.get(*from..*to)).collect();
    parts.join("-")
}

/// A UUID in any of the forms it is written in.
fn parse_uuid(given: &str) -> Option<[u8; 16]> {
    let bare = match given.get(..9).filter(|start| start.eq_ignore_ascii_case("urn:uuid:")) {
        Some(_) => given.get(9..)?,
        None => given.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(given),
    };
    let parts: Vec<&str> = bare.split('-').collect();
    let shape: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let digits = parts.concat();
    let plain = shape == [32] && given.len() == 32;
    if !plain && shape != [8, 4, 4, 4, 12] || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    Some(u128::from_str_radix(&digits, 16).ok()?.to_be_bytes())
}
