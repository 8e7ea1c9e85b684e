//! Encodings: Base64, JSON, CSV, URL and character sets.

use std::collections::BTreeSet;
use std::io::Read;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use evenkeel_model::value::{Entries, Kind, Refinements};
use evenkeel_model::{Type, Value, json};

use super::{CallError, Function, Parameter, Ty, bad, failed, string, text};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "base64decode",
        &[string("str")],
        Ty::String,
        base64decode,
        "The text that the Base64 data stands for.",
    ),
    Function::new(
        "base64encode",
        &[string("str")],
        Ty::String,
        |arguments| Ok(Value::string(STANDARD.encode(text(arguments, 0)))),
        "The text in Base64.",
    ),
    Function::new(
        "base64gunzip",
        &[string("str")],
        Ty::String,
        base64gunzip,
        "The text that gzip data in Base64 stands for.",
    ),
    Function::new(
        "base64gzip",
        &[string("str")],
        Ty::String,
        base64gzip,
        "The text compressed with gzip, in Base64.",
    ),
    Function::new(
        "csvdecode",
        &[string("str")],
        Ty::Any,
        csvdecode,
        "A list of objects from CSV text with a header line.",
    )
    .returning(|_| Ok(Type::Dynamic)),
    Function::new(
        "jsondecode",
        &[string("str")],
        Ty::Any,
        jsondecode,
        "The value that the JSON text stands for.",
    )
    .returning(jsondecode_type)
    .nullable(),
    Function::new(
        "jsonencode",
        &[Parameter::new("val", Ty::Any).null().unknown().dynamic()],
        Ty::String,
        jsonencode,
        "The value as JSON text.",
    ),
    Function::new(
        "urldecode",
        &[string("str")],
        Ty::String,
        urldecode,
        "The text with what was escaped for a URL restored.",
    ),
    Function::new(
        "urlencode",
        &[string("str")],
        Ty::String,
        urlencode,
        "The text with what has a meaning in URLs escaped.",
    ),
];

fn base64decode(arguments: &[Value]) -> Result<Value, CallError> {
    let given = text(arguments, 0);
    let Some(bytes) = decode(given) else {
        return failed(format!("failed to decode base64 data {given:?}"));
    };
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Value::string(text)),
        Err(_) => failed("the result of decoding the provided string is not valid UTF-8"),
    }
}

/// Decompressed text may be as long as this; a few kilobytes can stand for gigabytes.
const UNZIPPED_MAX: u64 = 64 << 20;

fn base64gunzip(arguments: &[Value]) -> Result<Value, CallError> {
    let Some(bytes) = decode(text(arguments, 0)) else { return failed("failed to decode base64 data") };
    let mut out = Vec::new();
    let mut limited = flate2::bufread::MultiGzDecoder::new(&bytes[..]).take(UNZIPPED_MAX + 1);
    if let Err(error) = limited.read_to_end(&mut out) {
        return failed(format!("failed to gunzip bytes: {error}"));
    }
    if out.len() as u64 > UNZIPPED_MAX {
        return failed(format!("the data stands for more than {UNZIPPED_MAX} bytes"));
    }
    match String::from_utf8(out) {
        Ok(text) => Ok(Value::string(text)),
        Err(_) => failed("the result of decompressing the provided string is not valid UTF-8"),
    }
}

/// Compresses as Go's gzip does on flush and close: a synchronisation mark, then an empty last block.
/// How longer texts are compressed is the library's own matter.
fn base64gzip(arguments: &[Value]) -> Result<Value, CallError> {
    const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    const LAST_BLOCK: [u8; 5] = [1, 0, 0, 0xff, 0xff];
    let given = text(arguments, 0).as_bytes();
    let mut compressed = Vec::with_capacity(given.len() + 64);
    let mut compress = flate2::Compress::new(flate2::Compression::default(), false);
    loop {
        let done = usize::try_from(compress.total_in()).unwrap_or(usize::MAX);
        let rest = given.get(done..).unwrap_or_default();
        compressed.reserve(rest.len() / 2 + 64);
        let result = compress.compress_vec(rest, &mut compressed, flate2::FlushCompress::Sync);
        if result.is_err() {
            return failed("the text cannot be compressed");
        }
        let finished = usize::try_from(compress.total_in()).unwrap_or(usize::MAX) >= given.len();
        if finished && compressed.len() < compressed.capacity() {
            break;
        }
    }
    let mut checksum = flate2::Crc::new();
    checksum.update(given);
    let trailer = [checksum.sum().to_le_bytes(), checksum.amount().to_le_bytes()].concat();
    let parts = [&HEADER[..], &compressed, &LAST_BLOCK, &trailer];
    Ok(Value::string(STANDARD.encode(parts.concat())))
}

/// Base64 whose last character may have bits that mean nothing.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// Base64 with newlines ignored.
pub(super) fn decode(given: &str) -> Option<Vec<u8>> {
    LENIENT.decode(without_newlines(given)).ok()
}

pub(super) fn without_newlines(given: &str) -> String {
    given.chars().filter(|character| !matches!(character, '\r' | '\n')).collect()
}

/// JSON as the language writes it: keys in order, `<`, `>`, `&` and line separators escaped.
pub(super) fn to_json(value: &Value) -> String {
    let plain = json::to_plain(value).to_string();
    let mut out = String::with_capacity(plain.len());
    for character in plain.chars() {
        match character {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            other => out.push(other),
        }
    }
    out
}

fn jsonencode(arguments: &[Value]) -> Result<Value, CallError> {
    let Some(value) = arguments.first() else { return failed("a value is required") };
    if value.has_infinity() {
        return failed("cannot serialize infinity as JSON");
    }
    if value.is_wholly_known() {
        return Ok(Value::string(to_json(value)));
    }
    let prefix = match value.ty() {
        _ if !value.is_definitely_not_null() => None,
        Type::Object(_) | Type::Map(_) => Some("{"),
        Type::List(_) | Type::Set(_) | Type::Tuple(_) => Some("["),
        Type::String => Some("\""),
        _ => None,
    };
    let refinements = Refinements { not_null: true, prefix: prefix.map(Arc::from), ..Refinements::default() };
    Ok(Kind::Unknown(Type::String, Some(Arc::new(refinements))).into())
}

/// The type of a JSON document of which only the beginning may be known.
fn jsondecode_type(arguments: &[Value]) -> Result<Type, CallError> {
    let prefix = arguments.first().and_then(Value::refinements).and_then(|known| known.prefix.as_deref());
    match prefix.unwrap_or_default().trim_start().chars().next() {
        None | Some('{' | '[' | 'n') => Ok(Type::Dynamic),
        Some('"') => Ok(Type::String),
        Some('t' | 'f') => Ok(Type::Bool),
        Some('-' | '0'..='9') => Ok(Type::Number),
        Some(other) => bad(0, format!("a JSON document cannot begin with the character {other:?}")),
    }
}

fn jsondecode(arguments: &[Value]) -> Result<Value, CallError> {
    let given = text(arguments, 0);
    let parsed: Result<serde_json::Value, _> = serde_json::from_str(given);
    let parsed = parsed.or_else(|error| match without_lone_surrogates(given) {
        Some(repaired) => serde_json::from_str(&repaired),
        None => Err(error),
    });
    match parsed {
        Err(error) => failed(error.to_string()),
        Ok(parsed) => json::from_plain_untyped(&parsed).or_else(|error| failed(error.to_string())),
    }
}

/// The text with escapes of half a character replaced by ones of the character that stands for what
/// cannot be read; `None` where there is none.
fn without_lone_surrogates(given: &str) -> Option<String> {
    let code = |text: &str| u32::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok();
    let mut out = String::with_capacity(given.len());
    let (mut rest, mut found) = (given, false);
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let low = |text: &str| matches!(code(text), Some(0xdc00..=0xdfff));
        let length = match code(escape) {
            Some(0xd800..=0xdbff) if escape.get(6..).is_some_and(low) => 12,
            Some(0xd800..=0xdfff) => {
                found = true;
                out.push_str("\\ufffd");
                rest = escape.get(6..).unwrap_or_default();
                continue;
            }
            _ => 1 + escape.get(1..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8),
        };
        out.push_str(escape.get(..length).unwrap_or_default());
        rest = escape.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    found.then_some(out)
}

fn urlencode(arguments: &[Value]) -> Result<Value, CallError> {
    let mut out = String::new();
    for byte in text(arguments, 0).bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    Ok(Value::string(out))
}

fn urldecode(arguments: &[Value]) -> Result<Value, CallError> {
    let given = text(arguments, 0);
    let mut bytes = Vec::with_capacity(given.len());
    let mut rest = given.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        match (byte, after) {
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                bytes.push(hex_digit(*high) << 4 | hex_digit(*low));
                rest = after;
            }
            (b'%', _) => return failed(format!("failed to decode URL {given:?}: invalid URL escape")),
            (b'+', _) => bytes.push(b' '),
            (other, _) => bytes.push(*other),
        }
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Value::string(text)),
        Err(_) => failed("the result of decoding the provided string is not valid UTF-8"),
    }
}

fn hex_digit(digit: u8) -> u8 {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok()).unwrap_or_default()
}

fn csvdecode(arguments: &[Value]) -> Result<Value, CallError> {
    let mut records = csv(text(arguments, 0))?.into_iter();
    let Some(header) = records.next() else { return failed("missing header line") };
    let mut names = BTreeSet::new();
    if let Some(name) = header.iter().find(|name| !names.insert(name.as_str())) {
        return failed(format!("duplicate column name {name:?}"));
    }
    let element = Type::object(header.iter().map(|name| (name.as_str(), Type::String)));
    let mut rows = Vec::new();
    for record in records {
        if record.len() != header.len() {
            return failed("wrong number of fields");
        }
        let row: Entries = header
            .iter()
            .zip(record)
            .map(|(name, field)| (Arc::from(name.as_str()), Value::string(field)))
            .collect();
        rows.push(Value::from(Kind::Object(row)));
    }
    Ok(Value::list(element, rows))
}

/// The records of CSV text; empty lines are skipped.
fn csv(given: &str) -> Result<Vec<Vec<String>>, CallError> {
    let given = given.replace("\r\n", "\n");
    let mut records = Vec::new();
    let mut rest = given.as_str();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('\n') {
            rest = after;
            continue;
        }
        let mut record = Vec::new();
        loop {
            let (field, after) = csv_field(rest)?;
            record.push(field);
            match after.strip_prefix(',') {
                Some(after) => rest = after,
                None => {
                    rest = after.strip_prefix('\n').unwrap_or(after);
                    break;
                }
            }
        }
        records.push(record);
    }
    Ok(records)
}

/// One field and what follows it, which starts with a comma or newline or is empty.
fn csv_field(given: &str) -> Result<(String, &str), CallError> {
    let Some(mut rest) = given.strip_prefix('"') else {
        let end = given.find([',', '\n']).unwrap_or(given.len());
        let (field, after) = given.split_at(end);
        if field.contains('"') {
            return failed("bare \" in non-quoted field");
        }
        return Ok((field.to_owned(), after));
    };
    let mut field = String::new();
    loop {
        let Some((part, after)) = rest.split_once('"') else {
            return failed("extraneous or missing \" in quoted-field");
        };
        field.push_str(part);
        match after.strip_prefix('"') {
            Some(after) => {
                field.push('"');
                rest = after;
            }
            None if after.is_empty() || after.starts_with([',', '\n']) => return Ok((field, after)),
            None => return failed("extraneous or missing \" in quoted-field"),
        }
    }
}
