//! Distinguished names, from the `subject` block of a configuration.

use der::asn1::{Any, ObjectIdentifier, SetOfVec};
use der::{Decode, Encode, ErrorKind, Tag};
use evenkeel_model::Value;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};

const EMAIL: &str = "1.2.840.113549.1.9.1";

/// The attributes of the block in the order in which the name has them, with what they are called in it.
const PARTS: [(&str, &str); 10] = [
    ("country", "2.5.4.6"),
    ("organization", "2.5.4.10"),
    ("organizational_unit", "2.5.4.11"),
    ("locality", "2.5.4.7"),
    ("province", "2.5.4.8"),
    ("street_address", "2.5.4.9"),
    ("postal_code", "2.5.4.17"),
    ("common_name", "2.5.4.3"),
    ("serial_number", "2.5.4.5"),
    ("email_address", EMAIL),
];

/// The name in the configuration of a certificate or a request; an empty one where there is no block.
pub(super) fn of(object: &Value) -> Result<Name, String> {
    let block = object.get("subject").and_then(Value::as_elements).and_then(<[Value]>::first);
    let mut sequence = RdnSequence::default();
    for (name, oid) in PARTS {
        let values = block.map(|block| values(block, name)).unwrap_or_default();
        if !values.is_empty() {
            sequence.push(part(oid, &values).map_err(|error| error.to_string())?);
        }
    }
    sequence.to_der().and_then(|der| Name::from_der(&der)).map_err(|error| error.to_string())
}

/// What is set. Empty texts of these two say nothing; others are written down empty.
fn values<'a>(block: &'a Value, name: &str) -> Vec<&'a str> {
    let Some(value) = block.get(name) else { return Vec::new() };
    match value.as_elements() {
        Some(elements) => elements.iter().filter_map(Value::as_str).collect(),
        None => {
            let says_nothing =
                |text: &&str| text.is_empty() && ["common_name", "serial_number"].contains(&name);
            value.as_str().filter(|text| !says_nothing(text)).into_iter().collect()
        }
    }
}

/// All values of one kind are one part.
fn part(oid: &str, values: &[&str]) -> der::Result<RelativeDistinguishedName> {
    let oid = ObjectIdentifier::new(oid).map_err(|_| der::Error::from(ErrorKind::Failed))?;
    let value =
        |text: &&str| Ok(AttributeTypeAndValue { oid, value: Any::new(tag(oid, text), text.as_bytes())? });
    let values: der::Result<Vec<AttributeTypeAndValue>> = values.iter().map(value).collect();
    let set = SetOfVec::try_from(values?)?;
    RelativeDistinguishedName::try_from(set.into_vec())
}

fn tag(oid: ObjectIdentifier, text: &str) -> Tag {
    let is_printable = |byte: u8| byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&byte);
    match text.bytes().all(is_printable) {
        _ if oid.to_string() == EMAIL => Tag::Ia5String,
        true => Tag::PrintableString,
        false => Tag::Utf8String,
    }
}
