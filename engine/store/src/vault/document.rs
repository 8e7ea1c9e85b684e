//! Stored documents: which parts of them are sealed, and how a sealed part looks.
//!
//! A sealed part is `{"?sealed": TEXT}` in place of what it was; values of users never have such a key. What
//! is sealed is a salt and the value. In lines of the journal it says `?bound` besides: the digest of salt
//! and value, which stays when the value is sealed anew with another key and tells nothing about the value.
//! The audit log covers that and not the sealed text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use super::cipher::random;
use super::place::Place;
use crate::db::Db;
use crate::error::{Fault, stored};

const SEALED: &str = "?sealed";
const BOUND: &str = "?bound";
const MARKS: &str = "?marks";
const VALUE: &str = "?value";
const TYPE: &str = "?type";
const UNKNOWN: &str = "?unknown";

/// How a sealed part begins in a text that serde_json wrote. Inside of a text its quotes would be escaped.
const SEALED_SIGN: &str = "\"?sealed\":\"";
const MARKS_SIGN: &str = "\"?marks\":";

const SALT_LENGTH: usize = 16;

/// What a document is: that says where sensitive parts may stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Encoded values, which say themselves what is sensitive in them.
    Encoded,
    /// A value that is sensitive as a whole.
    Whole,
    /// A line of the journal.
    Entry,
}

impl Shape {
    /// Whether a text may have a sensitive part: looked at before anything is parsed.
    fn may_hold(self, text: &str) -> bool {
        match self {
            Self::Encoded => text.contains(MARKS_SIGN),
            Self::Whole => true,
            Self::Entry => {
                [MARKS_SIGN, "\"sensitive\":true", "\"private\":\""].iter().any(|sign| text.contains(sign))
            }
        }
    }
}

/// The document with its sensitive parts sealed.
pub(crate) fn seal(db: &Db, place: Place<'_>, shape: Shape, text: String) -> Result<String, Fault> {
    if !shape.may_hold(&text) {
        return Ok(text);
    }
    let mut key = None;
    each_part(shape, text, |path, part| {
        let key = match &key {
            Some(key) => key,
            None => key.insert(db.vault.newest(db)?),
        };
        let value = stored("value", serde_json::to_vec(part))?;
        let salt = random::<SALT_LENGTH>().map_err(Fault::Damaged)?;
        *part = sealed_part(key, place, shape, path, &[&salt[..], &value].concat())?;
        Ok(())
    })
}

/// The document as it was before it was sealed.
pub(crate) fn open(db: &Db, place: Place<'_>, shape: Shape, text: String) -> Result<String, Fault> {
    if !is_sealed(&text) {
        return Ok(text);
    }
    each_part(shape, text, |path, part| {
        let Some(salted) = opened(db, place, path, part)? else { return Ok(()) };
        *part = value_of(&salted)?;
        Ok(())
    })
}

/// The document with every part sealed with the newest key, whatever it was sealed with before, if it was.
pub(crate) fn renew(db: &Db, place: Place<'_>, shape: Shape, text: String) -> Result<String, Fault> {
    match is_sealed(&text) {
        true => moved(db, place, place, shape, text),
        false => seal(db, place, shape, text),
    }
}

/// The document with every part sealed for another place.
pub(crate) fn moved(
    db: &Db,
    from: Place<'_>,
    to: Place<'_>,
    shape: Shape,
    text: String,
) -> Result<String, Fault> {
    if !is_sealed(&text) {
        return Ok(text);
    }
    let key = db.vault.newest(db)?;
    each_part(shape, text, |path, part| {
        let Some(salted) = opened(db, from, path, part)? else { return Ok(()) };
        *part = sealed_part(&key, to, shape, path, &salted)?;
        Ok(())
    })
}

/// Whether a text has sealed parts.
pub(crate) fn is_sealed(text: &str) -> bool {
    text.contains(SEALED_SIGN)
}

/// The digest of a line of the journal: over all of it but its sealed texts, for which their bounds stand.
pub(crate) fn digest(text: &str) -> [u8; 32] {
    let mut sha = Sha256::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(SEALED_SIGN) {
        sha.update(before);
        sha.update(SEALED_SIGN);
        rest = after.find('"').and_then(|end| after.get(end..)).unwrap_or(after);
    }
    sha.update(rest);
    sha.finalize().into()
}

/// Whether every sealed part of a line opens and is what its bound says.
pub(crate) fn is_whole(db: &Db, place: Place<'_>, text: &str) -> Result<bool, Fault> {
    if !is_sealed(text) {
        return Ok(true);
    }
    let (mut parts, mut whole) = (0, true);
    let visited = each_part(Shape::Entry, text.to_owned(), |path, part| {
        let bound = part.get(BOUND).and_then(Json::as_str).map(str::to_owned);
        match opened(db, place, path, part) {
            Ok(Some(salted)) => whole &= bound == Some(bound_of(&salted)),
            Ok(None) => return Ok(()),
            Err(Fault::Damaged(_)) => whole = false,
            Err(fault) => return Err(fault),
        }
        parts += 1;
        Ok(())
    });
    match visited {
        // One that stands where none belongs was put there by somebody.
        Ok(_) => Ok(whole && parts == text.matches(SEALED_SIGN).count()),
        Err(Fault::Damaged(_)) => Ok(false),
        Err(fault) => Err(fault),
    }
}

fn sealed_part(
    key: &super::DataKey,
    place: Place<'_>,
    shape: Shape,
    path: &str,
    salted: &[u8],
) -> Result<Json, Fault> {
    let mut part = Map::new();
    if shape == Shape::Entry {
        part.insert(BOUND.into(), bound_of(salted).into());
    }
    let sealed = seal_bytes(key, place, path, salted)?;
    part.insert(SEALED.into(), STANDARD.encode(sealed).into());
    Ok(Json::Object(part))
}

/// Salt and value of a part; `None` where it is not sealed.
fn opened(db: &Db, place: Place<'_>, path: &str, part: &Json) -> Result<Option<Vec<u8>>, Fault> {
    let Some(text) = part.get(SEALED).and_then(Json::as_str) else { return Ok(None) };
    let sealed = stored("sealed value", STANDARD.decode(text))?;
    open_bytes(db, place, path, &sealed).map(Some)
}

/// Seals bytes for a place; the number of the key stands in front.
pub(crate) fn seal_bytes(
    key: &super::DataKey,
    place: Place<'_>,
    path: &str,
    bytes: &[u8],
) -> Result<Vec<u8>, Fault> {
    let sealed = key.cipher.seal(&place.beside(path), bytes).map_err(Fault::Damaged)?;
    Ok([&key.id.to_le_bytes()[..], &sealed].concat())
}

/// The bytes that were sealed for a place.
pub(crate) fn open_bytes(db: &Db, place: Place<'_>, path: &str, sealed: &[u8]) -> Result<Vec<u8>, Fault> {
    let broken = || Fault::Damaged("a sealed value is not what was written, or does not belong there".into());
    let (id, sealed) = sealed.split_first_chunk().ok_or_else(broken)?;
    let beside = place.beside(path);
    let open = || -> Result<_, Fault> {
        Ok(db.vault.by_id(db, u32::from_le_bytes(*id))?.cipher.open(&beside, sealed))
    };
    if let Some(bytes) = open()? {
        return Ok(bytes);
    }
    // A key that was drawn in a transaction that came to nothing has left its number to another one.
    db.vault.forget();
    open()?.ok_or_else(broken)
}

fn value_of(salted: &[u8]) -> Result<Json, Fault> {
    stored("sealed value", serde_json::from_slice(salted.get(SALT_LENGTH..).unwrap_or_default()))
}

fn bound_of(salted: &[u8]) -> String {
    let digest = Sha256::new().chain_update(b"evenkeel bound 1\n").chain_update(salted).finalize();
    STANDARD.encode(digest)
}

/// Visits the sensitive parts of a document with their paths; gives the document afterwards.
fn each_part(
    shape: Shape,
    text: String,
    mut visit: impl FnMut(&str, &mut Json) -> Result<(), Fault>,
) -> Result<String, Fault> {
    let mut document: Json = stored("value", serde_json::from_str(&text))?;
    let mut path = String::new();
    match shape {
        Shape::Encoded => marked(&mut document, &mut path, &mut visit)?,
        Shape::Whole => visit(&path, &mut document)?,
        Shape::Entry => entry(&mut document, &mut path, &mut visit)?,
    }
    stored("value", serde_json::to_string(&document))
}

type Visit<'v> = dyn FnMut(&str, &mut Json) -> Result<(), Fault> + 'v;

fn entry(document: &mut Json, path: &mut String, visit: &mut Visit<'_>) -> Result<(), Fault> {
    let is_drift = document.get("entry").and_then(Json::as_str) == Some("drift");
    if let Some(planned) = document.get_mut("planned") {
        inside(path, "planned", |path| marked(planned, path, visit))?;
    }
    if let Some(seen) = document.get_mut("object") {
        inside(path, "object", |path| object(seen, path, visit))?;
    }
    if let Some(present) = document.get_mut("kind").and_then(|kind| kind.get_mut("present")) {
        inside(path, "present", |path| object(present, path, visit))?;
    }
    for (name, output) in document.get_mut("outputs").and_then(Json::as_object_mut).into_iter().flatten() {
        inside(path, name, |path| declared(output, &["value"], path, visit))?;
    }
    let drifted = document.get_mut("attributes").and_then(Json::as_array_mut).filter(|_| is_drift);
    for (index, drift) in drifted.into_iter().flatten().enumerate() {
        inside(path, &index.to_string(), |path| declared(drift, &["expected", "observed"], path, visit))?;
    }
    Ok(())
}

fn object(object: &mut Json, path: &mut String, visit: &mut Visit<'_>) -> Result<(), Fault> {
    if let Some(attributes) = object.get_mut("attributes") {
        inside(path, "attributes", |path| marked(attributes, path, visit))?;
    }
    match object.get_mut("private") {
        Some(private) if !private.is_null() => inside(path, "private", |path| visit(path, private)),
        _ => Ok(()),
    }
}

/// Values beside which it says whether they are sensitive.
fn declared(owner: &mut Json, names: &[&str], path: &mut String, visit: &mut Visit<'_>) -> Result<(), Fault> {
    let sensitive = owner.get("sensitive").and_then(Json::as_bool) == Some(true);
    for name in names {
        let Some(value) = owner.get_mut(*name) else { continue };
        inside(path, name, |path| match sensitive {
            true => visit(path, value),
            false => marked(value, path, visit),
        })?;
    }
    Ok(())
}

/// The values with marks. The depth is that of the parsed document, which has a limit.
fn marked(value: &mut Json, path: &mut String, visit: &mut Visit<'_>) -> Result<(), Fault> {
    match value {
        Json::Array(elements) => elements.iter_mut().enumerate().try_for_each(|(index, element)| {
            inside(path, &index.to_string(), |path| marked(element, path, visit))
        }),
        // Types name keys, which may be secret like the values beside them.
        Json::Object(fields)
            if fields.contains_key(SEALED) || is_composite(fields) || is_open_with_marks(fields) =>
        {
            visit(path, value)
        }
        Json::Object(fields) if fields.contains_key(MARKS) => match fields.get_mut(VALUE) {
            Some(value) => visit(path, value),
            None => Ok(()),
        },
        Json::Object(fields) => fields
            .iter_mut()
            .try_for_each(|(name, value)| inside(path, name, |path| marked(value, path, visit))),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => Ok(()),
    }
}

/// Whether it is an unknown value whose type has parts.
fn is_composite(fields: &Map<String, Json>) -> bool {
    fields.get(UNKNOWN).is_some_and(|ty| !ty.is_string())
}

/// Whether it is a value with its type, and something in it is marked.
fn is_open_with_marks(fields: &Map<String, Json>) -> bool {
    fields.contains_key(TYPE) && fields.get(VALUE).is_some_and(has_marks)
}

fn has_marks(value: &Json) -> bool {
    match value {
        Json::Array(elements) => elements.iter().any(has_marks),
        Json::Object(fields) => {
            fields.contains_key(MARKS) || is_composite(fields) || fields.values().any(has_marks)
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => false,
    }
}

/// Does something one step further down the path. Each step says its length, so that no two paths are the same text.
fn inside<T>(path: &mut String, step: &str, work: impl FnOnce(&mut String) -> T) -> T {
    let length = path.len();
    path.push_str(&format!("{}:{step}", step.len()));
    let done = work(path);
    path.truncate(length);
    done
}
