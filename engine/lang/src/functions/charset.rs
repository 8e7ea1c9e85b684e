//! Text in other character encodings, as Base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use evenkeel_model::Value;

use super::encoding::decode;
use super::{CallError, Function, Ty, bad, string, text};

pub(super) static FUNCTIONS: &[Function] = &[
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
];

/// The character encodings that are supported.
#[derive(Clone, Copy)]
enum Charset {
    Utf8,
    /// In the order that a mark at the start says; big-endian without.
    Utf16Marked,
    Utf16 {
        big_endian: bool,
    },
    Ascii,
    Table(&'static encoding_rs::Encoding),
    Latin1,
}

/// The names and aliases that the registry of character sets (IANA) has for encodings of the Encoding
/// Standard, which has many more labels of its own.
const REGISTERED: &[&str] = &[
    "866",
    "arabic",
    "asmo-708",
    "big5",
    "big5-hkscs",
    "cp866",
    "cp936",
    "csbig5",
    "cseuckr",
    "cseucpkdfmtjapanese",
    "csibm866",
    "csiso2022jp",
    "csisolatin2",
    "csisolatin3",
    "csisolatin4",
    "csisolatin5",
    "csisolatin6",
    "csisolatinarabic",
    "csisolatincyrillic",
    "csisolatingreek",
    "csisolatinhebrew",
    "cskoi8r",
    "csmacintosh",
    "csshiftjis",
    "cyrillic",
    "ecma-114",
    "ecma-118",
    "elot_928",
    "euc-jp",
    "euc-kr",
    "gb18030",
    "gbk",
    "greek",
    "greek8",
    "hebrew",
    "ibm866",
    "iso-2022-jp",
    "iso-8859-10",
    "iso-8859-13",
    "iso-8859-14",
    "iso-8859-15",
    "iso-8859-16",
    "iso-8859-2",
    "iso-8859-3",
    "iso-8859-4",
    "iso-8859-5",
    "iso-8859-6",
    "iso-8859-6-e",
    "iso-8859-6-i",
    "iso-8859-7",
    "iso-8859-8",
    "iso-8859-8-e",
    "iso-8859-8-i",
    "iso-8859-9",
    "iso-ir-101",
    "iso-ir-109",
    "iso-ir-110",
    "iso-ir-126",
    "iso-ir-127",
    "iso-ir-138",
    "iso-ir-144",
    "iso-ir-148",
    "iso-ir-157",
    "iso_8859-15",
    "iso_8859-2",
    "iso_8859-3",
    "iso_8859-4",
    "iso_8859-5",
    "iso_8859-6",
    "iso_8859-7",
    "iso_8859-8",
    "iso_8859-9",
    "koi8-r",
    "koi8-u",
    "l2",
    "l3",
    "l4",
    "l5",
    "l6",
    "latin2",
    "latin3",
    "latin4",
    "latin5",
    "latin6",
    "macintosh",
    "mac",
    "ms_kanji",
    "shift_jis",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-1258",
    "windows-31j",
    "windows-874",
];

fn charset(name: &str, position: usize) -> Result<Charset, CallError> {
    let folded = name.to_ascii_lowercase();
    Ok(match folded.as_str() {
        "utf-8" | "csutf8" => Charset::Utf8,
        "utf-16" | "csutf16" => Charset::Utf16Marked,
        "utf-16le" | "csutf16le" => Charset::Utf16 { big_endian: false },
        "utf-16be" | "csutf16be" => Charset::Utf16 { big_endian: true },
        "us-ascii" | "ansi_x3.4-1968" | "iso-ir-6" | "iso646-us" | "us" | "ibm367" | "cp367" | "csascii" => {
            Charset::Ascii
        }
        "iso-8859-1" | "iso_8859-1" | "iso_8859-1:1987" | "iso-ir-100" | "latin1" | "l1" | "ibm819"
        | "cp819" | "csisolatin1" => Charset::Latin1,
        label => match encoding_rs::Encoding::for_label(label.as_bytes()) {
            Some(encoding) if REGISTERED.contains(&label) => Charset::Table(encoding),
            _ => {
                return bad(position, format!("{name:?} is not a supported IANA encoding name or alias"));
            }
        },
    })
}

fn textencodebase64(arguments: &[Value]) -> Result<Value, CallError> {
    let (given, name) = (text(arguments, 0), text(arguments, 1));
    let bytes: Option<Vec<u8>> = match charset(name, 1)? {
        Charset::Utf8 => Some(given.as_bytes().to_vec()),
        Charset::Utf16Marked => {
            Some([0xfeff].into_iter().chain(given.encode_utf16()).flat_map(u16::to_be_bytes).collect())
        }
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
    let (charset, bytes) = match (charset, &bytes[..]) {
        (Charset::Utf16Marked, [0xff, 0xfe, rest @ ..]) => {
            (Charset::Utf16 { big_endian: false }, rest.to_vec())
        }
        (Charset::Utf16Marked, [0xfe, 0xff, rest @ ..]) => {
            (Charset::Utf16 { big_endian: true }, rest.to_vec())
        }
        _ => (charset, bytes),
    };
    let units = |to: fn([u8; 2]) -> u16| -> Option<String> {
        let pairs: Vec<u16> =
            bytes.chunks(2).map(|pair| Some(to([*pair.first()?, *pair.get(1)?]))).collect::<Option<_>>()?;
        String::from_utf16(&pairs).ok()
    };
    let decoded: Option<String> = match charset {
        Charset::Utf8 => String::from_utf8(bytes).ok(),
        Charset::Utf16Marked | Charset::Utf16 { big_endian: true } => units(u16::from_be_bytes),
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
