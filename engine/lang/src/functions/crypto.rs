//! Passwords, keys and random identifiers. What differs from run to run is made from entropy that the
//! shell hands in for an apply; without, as in every plan, it is unknown.

use base64::Engine;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::{NO_PAD, STANDARD};
use evenkeel_model::Value;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::{BoxedUint, Pkcs1v15Encrypt, RsaPrivateKey};

use super::{CallError, Function, Ty, bad, failed, number, string, text, whole};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::random(
        "bcrypt",
        &[string("str")],
        Ty::String,
        bcrypt_hash,
        "A salted bcrypt hash of the text; known only after apply.",
    )
    .variadic(number("cost")),
    Function::new(
        "rsadecrypt",
        &[string("ciphertext"), string("privatekey")],
        Ty::String,
        rsadecrypt,
        "The text that Base64 data stands for which was encrypted for an RSA key (PKCS #1 v1.5).",
    ),
    Function::random("uuid", &[], Ty::String, uuid, "A random UUID; known only after apply."),
];

/// The alphabet of bcrypt's own Base64.
const BCRYPT: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::BCRYPT, NO_PAD);

/// Every step of the cost doubles the time; this one takes some seconds.
const COST_MAX: i64 = 16;

fn bcrypt_hash(arguments: &[Value], entropy: &[u8; 32]) -> Result<Value, CallError> {
    const LENGTH_MAX: usize = 72;
    let given = text(arguments, 0);
    let cost = match arguments.len() {
        1 => 10,
        2 => whole(arguments, 1)?,
        _ => return failed("bcrypt() takes no more than two arguments"),
    };
    // Costs that are too low stand for the default, as in Go.
    let cost = if cost < 4 { 10 } else { cost };
    let Some(cost) = u32::try_from(cost).ok().filter(|cost| i64::from(*cost) <= COST_MAX) else {
        return bad(1, format!("the cost may be at most {COST_MAX}, which already takes seconds"));
    };
    if given.len() > LENGTH_MAX {
        return bad(0, format!("bcrypt hashes texts of at most {LENGTH_MAX} bytes"));
    }
    let mut salt = [0; 16];
    salt.iter_mut().zip(entropy).for_each(|(to, from)| *to = *from);
    let password: Vec<u8> = given.bytes().chain([0]).take(LENGTH_MAX).collect();
    let hash = bcrypt::bcrypt(cost, salt, &password);
    // The last byte is not part of the format.
    let (salt, hash) = (BCRYPT.encode(salt), BCRYPT.encode(hash.get(..23).unwrap_or_default()));
    Ok(Value::string(format!("$2a${cost:02}${salt}{hash}")))
}

fn uuid(_: &[Value], entropy: &[u8; 32]) -> Result<Value, CallError> {
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(entropy).for_each(|(to, from)| *to = *from);
    Ok(Value::string(super::hash::uuid_text(bytes, 4)))
}

fn rsadecrypt(arguments: &[Value]) -> Result<Value, CallError> {
    let Ok(data) = STANDARD.decode(super::encoding::without_newlines(text(arguments, 0))) else {
        return bad(0, "failed to decode input: cipher text must be base64-encoded");
    };
    let key = private_key(text(arguments, 1)).or_else(|why| bad(1, format!("invalid private key: {why}")))?;
    let Ok(bytes) = key.decrypt(Pkcs1v15Encrypt, &data) else {
        return failed("failed to decrypt: the data was not encrypted for this key");
    };
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Value::string(text)),
        Err(_) => failed("the decrypted data is not text in UTF-8"),
    }
}

/// The key in the first PEM block.
fn private_key(pem: &str) -> Result<RsaPrivateKey, &'static str> {
    const NO_KEY: &str = "there is no key in PEM format";
    const WRONG: &str = "it does not have the form that its header says";
    let (_, block) = pem.split_once("-----BEGIN ").ok_or(NO_KEY)?;
    let (label, block) = block.split_once("-----").ok_or(NO_KEY)?;
    let (body, _) = block.split_once("-----END ").ok_or(NO_KEY)?;
    if body.contains("ENCRYPTED") || label.starts_with("ENCRYPTED") {
        return Err("this private key is passphrase protected");
    }
    let body: String = body.chars().filter(|character| !character.is_whitespace()).collect();
    let der = STANDARD.decode(body).map_err(|_| WRONG)?;
    match label {
        "RSA PRIVATE KEY" => RsaPrivateKey::from_pkcs1_der(&der).map_err(|_| WRONG),
        "PRIVATE KEY" => RsaPrivateKey::from_pkcs8_der(&der).map_err(|_| "it is no RSA key"),
        "OPENSSH PRIVATE KEY" => openssh(&der).ok_or(WRONG)?.ok_or("it is no RSA key without a passphrase"),
        _ => Err("unsupported type of key; only RSA keys can decrypt"),
    }
}

/// A key as ssh-keygen writes it; the inner `None` for other kinds of key and ones with a passphrase.
fn openssh(data: &[u8]) -> Option<Option<RsaPrivateKey>> {
    let mut rest = data.strip_prefix(b"openssh-key-v1\0")?;
    let (cipher, _derivation, _options) = (field(&mut rest)?, field(&mut rest)?, field(&mut rest)?);
    let (_count, _public) = (rest.split_off(..4)?, field(&mut rest)?);
    let mut inner = field(&mut rest)?;
    let _check = inner.split_off(..8)?;
    if cipher != b"none" || field(&mut inner)? != b"ssh-rsa" {
        return Some(None);
    }
    let mut integer = || field(&mut inner).map(BoxedUint::from_be_slice_vartime);
    let (modulus, public, private) = (integer()?, integer()?, integer()?);
    let (_coefficient, p, q) = (integer()?, integer()?, integer()?);
    Some(RsaPrivateKey::from_components(modulus, public, private, vec![p, q]).ok())
}

/// Bytes after their length.
fn field<'d>(rest: &mut &'d [u8]) -> Option<&'d [u8]> {
    let length = u32::from_be_bytes(rest.split_off(..4)?.try_into().ok()?);
    rest.split_off(..usize::try_from(length).ok()?)
}
