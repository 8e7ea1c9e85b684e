//! What a certificate says, in the words of the public provider.

use der::asn1::{Any, ObjectIdentifier};
use der::{Decode, Encode, Tag};
use evenkeel_model::Value;
use sha1::{Digest, Sha1};
use x509_cert::Certificate;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::ext::pkix::BasicConstraints;
use x509_cert::name::Name;

use super::pem;
use crate::random::hex;

/// Parts of names that have a name themselves, in the order of names.
const PARTS: [(&str, &str); 9] = [
    ("2.5.4.6", "C"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.17", "POSTALCODE"),
    ("2.5.4.3", "CN"),
    ("2.5.4.5", "SERIALNUMBER"),
];

const SIGNATURES: [(&str, &str); 12] = [
    ("1.2.840.113549.1.1.2", "MD2-RSA"),
    ("1.2.840.113549.1.1.4", "MD5-RSA"),
    ("1.2.840.113549.1.1.5", "SHA1-RSA"),
    ("1.2.840.113549.1.1.11", "SHA256-RSA"),
    ("1.2.840.113549.1.1.12", "SHA384-RSA"),
    ("1.2.840.113549.1.1.13", "SHA512-RSA"),
    ("1.2.840.10040.4.3", "DSA-SHA1"),
    ("2.16.840.1.101.3.4.3.2", "DSA-SHA256"),
    ("1.2.840.10045.4.1", "ECDSA-SHA1"),
    ("1.2.840.10045.4.3.2", "ECDSA-SHA256"),
    ("1.2.840.10045.4.3.3", "ECDSA-SHA384"),
    ("1.2.840.10045.4.3.4", "ECDSA-SHA512"),
];

const KEYS: [(&str, &str); 5] = [
    ("1.2.840.113549.1.1.1", "RSA"),
    ("1.2.840.10040.4.1", "DSA"),
    ("1.2.840.10045.2.1", "ECDSA"),
    ("1.3.101.112", "Ed25519"),
    ("1.3.101.110", "X25519"),
];

/// One element of `certificates`, and the text of it that goes into the id of the data source.
pub(super) fn certificate(der: &[u8]) -> Result<(Value, String), String> {
    let certificate = Certificate::from_der(der).map_err(|error| error.to_string())?;
    let body = certificate.tbs_certificate();
    let constraints = body.get_extension::<BasicConstraints>().ok().flatten().map(|(_, one)| one);
    // Without a limit it is -1, and without the extension nothing was said.
    let length = constraints.as_ref().map_or(0, |one| one.path_len_constraint.map_or(-1, i64::from));
    let is_ca = constraints.is_some_and(|one| one.ca);
    let serial = dashu_int::UBig::from_be_bytes(body.serial_number().as_bytes()).to_string();
    let version = body.version() as i64 + 1;
    let first = [
        ("signature_algorithm", signature(&certificate)),
        ("public_key_algorithm", named(&KEYS, body.subject_public_key_info().algorithm.oid)),
        ("serial_number", serial),
    ];
    let last = [
        ("issuer", name(body.issuer())),
        ("subject", name(body.subject())),
        ("not_before", body.validity().not_before.to_string()),
        ("not_after", body.validity().not_after.to_string()),
        ("sha1_fingerprint", hex(&Sha1::digest(der))),
        ("cert_pem", pem::encode(pem::CERTIFICATE, der)),
    ];
    let quoted = |texts: &[(&str, String)]| {
        texts.iter().map(|(_, text)| format!("{text:?}")).collect::<Vec<_>>().join(" ")
    };
    let text = format!("{{{} {is_ca} {length} {version} {}}}", quoted(&first), quoted(&last));
    let texts = first.into_iter().chain(last).map(|(name, text)| (name, Value::string(text)));
    let numbers =
        [("max_path_length", length), ("version", version)].map(|(name, one)| (name, Value::number(one)));
    let object = Value::object(texts.chain(numbers).chain([("is_ca", Value::bool(is_ca))]));
    Ok((object, text))
}

fn named(names: &[(&str, &str)], oid: ObjectIdentifier) -> String {
    let oid = oid.to_string();
    names.iter().find(|(known, _)| *known == oid).map_or("0", |(_, name)| name).to_owned()
}

fn signature(certificate: &Certificate) -> String {
    let algorithm = certificate.signature_algorithm();
    match algorithm.oid.to_string().as_str() {
        "1.3.101.112" => "Ed25519".to_owned(),
        "1.2.840.113549.1.1.10" => {
            let parameters =
                algorithm.parameters.as_ref().and_then(|any| any.to_der().ok()).unwrap_or_default();
            pss(&parameters).to_owned()
        }
        _ => named(&SIGNATURES, algorithm.oid),
    }
}

/// RSA-PSS names its hash in the parameters, by an object identifier whose last part tells which.
fn pss(parameters: &[u8]) -> &'static str {
    const PREFIX: [u8; 10] = [6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2];
    let hash = parameters.windows(PREFIX.len() + 1).find_map(|window| window.strip_prefix(&PREFIX));
    match hash {
        Some([1]) => "SHA256-RSAPSS",
        Some([2]) => "SHA384-RSAPSS",
        Some([3]) => "SHA512-RSAPSS",
        _ => "0",
    }
}

/// A name with its last part first: known parts by their names, others as numbers at the end.
fn name(name: &Name) -> String {
    let known = |(oid, part): &(&str, &str)| {
        let values = name.iter().filter(|one| one.oid.to_string() == *oid);
        let texts: Vec<String> = values.map(|one| format!("{part}={}", escaped(&text(&one.value)))).collect();
        (!texts.is_empty()).then(|| texts.join("+"))
    };
    let is_other = |one: &&AttributeTypeAndValue| !PARTS.iter().any(|(oid, _)| one.oid.to_string() == *oid);
    let number = |one: &AttributeTypeAndValue| {
        // Whatever kind of text it was, it is shown as one in its plainest form.
        let text = text(&one.value);
        let is_plain =
            text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&byte));
        let tag = if is_plain { Tag::PrintableString } else { Tag::Utf8String };
        let der = Any::new(tag, text.as_bytes()).and_then(|any| any.to_der()).unwrap_or_default();
        format!("{}=#{}", one.oid, hex(&der))
    };
    let parts = PARTS.iter().rev().filter_map(known);
    let mut others: Vec<String> = name.iter().filter(is_other).map(number).collect();
    others.reverse();
    parts.chain(others).collect::<Vec<_>>().join(",")
}

fn text(value: &Any) -> String {
    String::from_utf8_lossy(value.value()).into_owned()
}

fn escaped(text: &str) -> String {
    let last = text.len().saturating_sub(1);
    let mut escaped = String::new();
    for (index, character) in text.char_indices() {
        let special = match character {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' => true,
            ' ' => index == 0 || index == last,
            '#' => index == 0,
            _ => false,
        };
        if special {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}
