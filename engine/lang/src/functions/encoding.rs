//! Encodings: Base64, JSON, CSV, URL and character sets.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use evenkeel_model::value::{Kind, Refinements};
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
        "textdecodebase64",
        &[string("source"), string("encoding")],
        Ty::String,
        textdecodebase64,
        "The text that the Base64 data stands for in the character encoding.",
    ),
    Function::new(
        "textencodebase64",
        &[string("string"), string("encoding")],
        Ty::String,
        textencodebase64,
        "The text in the character encoding, as Base64.",
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

/// Base64 with newlines ignored.
fn decode(given: &str) -> Option<Vec<u8>> {
    STANDARD.decode(without_newlines(given)).ok()
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
    let parsed: Result<serde_json::Value, _> = serde_json::from_str(text(arguments, 0));
    match parsed {
        Err(error) => failed(error.to_string()),
        Ok(parsed) => json::from_plain_untyped(&parsed).or_else(|error| failed(error.to_string())),
    }
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
    for (i, name) in header.iter().enumerate() {
        if header.iter().take(i).any(|other| other == name) {
            return failed(format!("duplicate column name {name:?}"));
        }
    }
    let element = Type::object(header.iter().map(|name| (name.as_str(), Type::String)));
    let mut rows = Vec::new();
    for record in records {
        if record.len() != header.len() {
            return failed("wrong number of fields");
        }
        let row: BTreeMap<Arc<str>, Value> = header
            .iter()
            .zip(record)
            .map(|(name, field)| (Arc::from(name.as_str()), Value::string(field)))
            .collect();
        rows.push(Value::from(Kind::Object(Arc::new(row))));
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

/// The character encodings that are supported.
#[derive(Clone, Copy)]
enum Charset {
    Utf8,
    Utf16 { big_endian: bool },
    Ascii,
    Table(&'static encoding_rs::Encoding),
    Latin1,
}

fn charset(name: &str, position: usize) -> Result<Charset, CallError> {
    let folded = name.to_ascii_lowercase();
    Ok(match folded.as_str() {
        "utf-8" | "utf8" => Charset::Utf8,
        "utf-16le" => Charset::Utf16 { big_endian: false },
        "utf-16be" | "utf-16" => Charset::Utf16 { big_endian: true },
        "us-ascii" | "ascii" => Charset::Ascii,
        "iso-8859-1" | "latin1" | "iso_8859-1" => Charset::Latin1,
        _ => match encoding_rs::Encoding::for_label(folded.as_bytes()) {
            Some(encoding) => Charset::Table(encoding),
            None => {
                return bad(position, format!("{name:?} is not a supported IANA encoding name or alias"));
            }
        },
    })
}

fn textencodebase64(arguments: &[Value]) -> Result<Value, CallError> {
    let (given, name) = (text(arguments, 0), text(arguments, 1));
    let bytes: Option<Vec<u8>> = match charset(name, 1)? {
        Charset::Utf8 => Some(given.as_bytes().to_vec()),
        Charset::Utf16 { big_endian: true } => {
            Some(given.encode_utf16().flat_map(u16::to_be_bytes).collect())
        }
        Charset::Utf16 { big_endian: false } => {
            Some(given.encode_utf16().flat_map(u16::to_le_bytes).collect())
        }
        Charset::Ascii => given.is_ascii().then(|| given.as_bytes().to_vec()),
        Charset::Latin1 => given.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect(),
        Charset::Table(encoding) => {
            let (bytes, _, lossy) = encoding.encode(given);
            (!lossy).then(|| bytes.into_owned())
        }
    };
    match bytes {
        Some(bytes) => Ok(Value::string(STANDARD.encode(bytes))),
        None => bad(0, format!("the given string contains characters that cannot be represented in {name}")),
    }
}

fn textdecodebase64(arguments: &[Value]) -> Result<Value, CallError> {
    let (given, name) = (text(arguments, 0), text(arguments, 1));
    let charset = charset(name, 1)?;
    let Some(bytes) = decode(given) else {
        return bad(0, format!("the given value is not valid base64: {given:?}"));
    };
    let units = |to: fn([u8; 2]) -> u16| -> Option<String> {
        let pairs: Vec<u16> =
            bytes.chunks(2).map(|pair| Some(to([*pair.first()?, *pair.get(1)?]))).collect::<Option<_>>()?;
        String::from_utf16(&pairs).ok()
    };
    let decoded: Option<String> = match charset {
        Charset::Utf8 => String::from_utf8(bytes).ok(),
        Charset::Utf16 { big_endian: true } => units(u16::from_be_bytes),
        Charset::Utf16 { big_endian: false } => units(u16::from_le_bytes),
        Charset::Ascii => String::from_utf8(bytes).ok().filter(|text| text.is_ascii()),
        Charset::Latin1 => Some(bytes.into_iter().map(char::from).collect()),
        Charset::Table(encoding) => {
            let (text, _, lossy) = encoding.decode(&bytes);
            let controls = text.chars().any(|character| ('\u{80}'..='\u{9f}').contains(&character));
            (!lossy && !controls).then(|| text.into_owned())
        }
    };
    match decoded {
        Some(decoded) => Ok(Value::string(decoded)),
        None => bad(0, format!("the given string contains symbols that are not defined for {name}")),
    }
}
