//! The audit log: every line of a stack's journal is bound to the one before it, so that none can be
//! changed, taken out, put in or moved afterwards without all that follow saying so.
//!
//! A line is told as a JSON object: who did what to which object, when, in which run, with the digest of
//! what was written down about it (never the content itself, which may hold secrets) and the link of the
//! line before. For a sensitive value, which is sealed, the digest covers its bound (see `vault`): nobody can
//! guess the value from it, and it stays when the value is sealed with another key. Its own link is the SHA-256 of that text, to the byte. The last link is the head of the
//! log: whoever has noted it elsewhere can prove later that nothing up to there was rewritten, which no
//! file can prove of itself.

use std::io::Write;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::db::Db;
use crate::error::{Fault, StoreError, stored};
use crate::file;
use crate::record::StackId;
use crate::rows::StackKey;
use crate::sqlite::StoreOptions;
use crate::vault::document;
use crate::vault::place::Place;

/// The link of a line: a SHA-256 digest. That of the line before the first is all zeros.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Link(pub(crate) [u8; 32]);

impl Link {
    /// As 64 hexadecimal digits.
    fn hex(self) -> String {
        hex(&self.0)
    }

    pub(crate) fn from_blob(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How long a log is, and what binds its last line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditHead {
    /// The stack.
    pub stack: StackId,
    /// How many lines it has.
    pub lines: u64,
    /// The last link, as 64 hexadecimal digits; zeros for an empty log.
    pub link: String,
}

/// Where a log is not what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tampered {
    /// The line, counted from 1; one more than there are where the end is missing.
    pub line: u64,
    /// What is wrong with it, as the end of a sentence about it.
    pub detail: String,
}

impl Tampered {
    fn new(line: u64, detail: impl Into<String>) -> Self {
        Self { line, detail: detail.into() }
    }
}

/// One line, as its link sees it. The order of the fields is part of the format.
#[derive(Serialize)]
pub(crate) struct Line<'a> {
    pub(crate) line: u64,
    pub(crate) stack: &'a str,
    /// Milliseconds since 1970.
    pub(crate) at: i64,
    pub(crate) actor: Option<&'a str>,
    pub(crate) run: Option<i64>,
    pub(crate) serial: i64,
    pub(crate) token: i64,
    pub(crate) kind: &'a str,
    pub(crate) address: Option<&'a str>,
    /// The digest of the journal's entry, as 64 hexadecimal digits.
    content: String,
    previous: String,
}

/// The columns of a line besides what binds it.
pub(crate) struct Columns<'a> {
    pub(crate) at: i64,
    pub(crate) actor: Option<&'a str>,
    pub(crate) run: Option<i64>,
    pub(crate) serial: i64,
    pub(crate) token: i64,
    pub(crate) kind: &'a str,
    pub(crate) address: Option<&'a str>,
    pub(crate) entry: &'a str,
}

/// The end of a log that is being written or read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chain {
    pub(crate) stack: String,
    pub(crate) lines: u64,
    pub(crate) last: Link,
}

impl Chain {
    /// Binds one more line; gives its text and its link.
    pub(crate) fn bind(&mut self, columns: &Columns<'_>) -> Result<(String, Link), Fault> {
        let line = Line {
            line: self.lines + 1,
            stack: &self.stack,
            at: columns.at,
            actor: columns.actor,
            run: columns.run,
            serial: columns.serial,
            token: columns.token,
            kind: columns.kind,
            address: columns.address,
            content: hex(&document::digest(columns.entry)),
            previous: self.last.hex(),
        };
        let text = stored("line of the audit log", serde_json::to_string(&line))?;
        let link = Link(Sha256::digest(&text).into());
        (self.lines, self.last) = (line.line, link);
        Ok((text, link))
    }

    /// The chain of a stack as it stands.
    pub(crate) fn load(conn: &Connection, key: StackKey) -> Result<Self, Fault> {
        let sql = "SELECT name, audit_lines, audit_head FROM stacks WHERE id = ?1";
        Ok(conn.prepare_cached(sql)?.query_row([key.0], |row| {
            let head: Option<Vec<u8>> = row.get(2)?;
            Ok(Self {
                stack: row.get(0)?,
                lines: row.get::<_, i64>(1)?.cast_unsigned(),
                last: head.and_then(|head| Link::from_blob(&head)).unwrap_or_default(),
            })
        })?)
    }

    /// Writes the end of the chain down.
    pub(crate) fn save(&self, conn: &Connection, key: StackKey) -> Result<(), Fault> {
        let sql = "UPDATE stacks SET audit_lines = ?2, audit_head = ?3 WHERE id = ?1";
        conn.prepare_cached(sql)?.execute(params![key.0, self.lines.cast_signed(), self.last.0])?;
        Ok(())
    }

    fn head(&self) -> AuditHead {
        let (stack, link) = (StackId::from(self.stack.as_str()), self.last.hex());
        AuditHead { stack, lines: self.lines, link }
    }
}

const COLUMNS: &str = "SELECT at, actor, run, serial, token, kind, address, entry, link, seq FROM journal
    WHERE stack_id = ?1 ORDER BY seq";

/// A line as it is written down.
struct Written<'a> {
    seq: i64,
    link: Option<Link>,
    address: Option<&'a str>,
    entry: &'a str,
}

/// Calls `visit` with each line of a stack as it has to be, and as it is written down; the chain starts anew.
fn walk(
    conn: &Connection,
    key: StackKey,
    mut visit: impl FnMut(&str, Link, &Written<'_>) -> Result<(), Fault>,
) -> Result<Chain, Fault> {
    let mut chain = Chain { lines: 0, last: Link::default(), ..Chain::load(conn, key)? };
    let mut statement = conn.prepare_cached(COLUMNS)?;
    let mut rows = statement.query([key.0])?;
    while let Some(row) = rows.next()? {
        let text = |column| stored("text", row.get_ref(column)?.as_str());
        let optional = |column| stored("text", row.get_ref(column)?.as_str_or_null());
        let link = stored("link", row.get_ref(8)?.as_blob_or_null())?.and_then(Link::from_blob);
        let written = Written { seq: row.get(9)?, link, address: optional(6)?, entry: text(7)? };
        let (line, link) = chain.bind(&Columns {
            at: row.get(0)?,
            actor: optional(1)?,
            run: row.get(2)?,
            serial: row.get(3)?,
            token: row.get(4)?,
            kind: text(5)?,
            address: written.address,
            entry: written.entry,
        })?;
        visit(&line, link, &written)?;
    }
    Ok(chain)
}

/// Binds the lines of a file that had no links.
pub(crate) fn bind_all(conn: &Connection) -> Result<(), Fault> {
    keys(conn)?.into_iter().try_for_each(|key| bind(conn, key))
}

/// Binds the lines of a stack, whatever links they had.
pub(crate) fn bind(conn: &Connection, key: StackKey) -> Result<(), Fault> {
    let mut links = Vec::new();
    let chain = walk(conn, key, |_, link, written| {
        links.push((written.seq, link));
        Ok(())
    })?;
    for (seq, link) in links {
        conn.prepare_cached("UPDATE journal SET link = ?2 WHERE seq = ?1")?.execute(params![seq, link.0])?;
    }
    chain.save(conn, key)
}

/// The stacks whose logs are whole.
pub(crate) fn whole_logs(conn: &Db) -> Result<Vec<StackKey>, Fault> {
    let mut whole = keys(conn)?;
    let checked: Vec<bool> =
        whole.iter().map(|key| Ok(check(conn, *key)?.is_ok())).collect::<Result<_, Fault>>()?;
    let mut checked = checked.into_iter();
    whole.retain(|_| checked.next().unwrap_or(false));
    Ok(whole)
}

fn keys(conn: &Connection) -> Result<Vec<StackKey>, Fault> {
    let mut statement = conn.prepare_cached("SELECT id FROM stacks ORDER BY id")?;
    let keys = statement.query_map([], |row| row.get(0).map(StackKey))?;
    Ok(keys.collect::<Result<_, _>>()?)
}

/// Checks the log of a stack; blocks, and reads all of it.
pub(crate) fn check(conn: &Db, key: StackKey) -> Result<Result<AuditHead, Tampered>, Fault> {
    let mut found = None;
    let mut line = 0;
    let chain = walk(conn, key, |_, link, written| {
        line += 1;
        if found.is_some() {
            return Ok(());
        }
        if written.link != Some(link) {
            found = Some(Tampered::new(line, "is not what was written, or one before it is missing"));
        } else if !document::is_whole(conn, Place::line(key, written.address), written.entry)? {
            found = Some(Tampered::new(line, "has a sealed value that is not what was written"));
        }
        Ok(())
    })?;
    let end = Chain::load(conn, key)?;
    Ok(match found {
        Some(tampered) => Err(tampered),
        None if chain.lines < end.lines => {
            let detail = format!("is missing: the log had {} lines", end.lines);
            Err(Tampered::new(chain.lines + 1, detail))
        }
        None if (chain.lines, chain.last) != (end.lines, end.last) => {
            Err(Tampered::new(chain.lines, "is not the last one that was written"))
        }
        None => Ok(chain.head()),
    })
}

/// Checks the log of one stack in a store that may be in use; blocks. `None` where the store does not know
/// the stack.
pub fn audit(
    path: &Path,
    stack: &StackId,
    options: &StoreOptions,
) -> Result<Option<Result<AuditHead, Tampered>>, StoreError> {
    reading(path, options, |conn| StackKey::find(conn, stack)?.map(|key| check(conn, key)).transpose())
}

/// Writes the log of one stack as JSON lines, each with its link; the last line says how many there are, and
/// the head. Gives that; `None` where the store does not know the stack.
pub fn export_audit(
    path: &Path,
    stack: &StackId,
    out: &mut dyn Write,
) -> Result<Option<AuditHead>, StoreError> {
    let written = |done: std::io::Result<()>| {
        done.map_err(|error| {
            Fault::from(StoreError::Export { stack: stack.clone(), detail: error.to_string() })
        })
    };
    reading(path, &StoreOptions::default(), |conn| {
        let Some(key) = StackKey::find(conn, stack)? else { return Ok(None) };
        let chain = walk(conn, key, |text, _, line| {
            // What is written down, so that whoever checks the copy finds what is wrong with the log.
            let link = line.link.unwrap_or_default().hex();
            written(writeln!(out, "{},\"link\":\"{link}\"}}", text.strip_suffix('}').unwrap_or(text)))
        })?;
        let head = chain.head();
        written(writeln!(out, "{}", end(&head)))?;
        Ok(Some(head))
    })
}

fn end(head: &AuditHead) -> String {
    format!("{{\"lines\":{},\"head\":\"{}\"}}", head.lines, head.link)
}

pub(crate) fn reading<T>(
    path: &Path,
    options: &StoreOptions,
    read: impl FnOnce(&Db) -> Result<T, Fault>,
) -> Result<T, StoreError> {
    let db = file::open_read_only(path, options)?;
    let named = |fault: Fault| fault.named(path);
    let _tx = db.unchecked_transaction().map_err(|error| named(error.into()))?;
    read(&db).map_err(named)
}

/// Checks an exported log by itself: the text as [`export_audit`] wrote it.
pub fn check_export(text: &str) -> Result<AuditHead, Tampered> {
    let mut chain = Chain::default();
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        let number = chain.lines + 1;
        let whole = line.strip_suffix('\n').ok_or_else(|| Tampered::new(number, "has no end"))?;
        if lines.peek().is_none() {
            let head = chain.head();
            return match whole == end(&head) {
                true => Ok(head),
                false => Err(Tampered::new(number, "does not end the log that stands above it")),
            };
        }
        check_line(&mut chain, whole).map_err(|detail| Tampered::new(number, detail))?;
    }
    Err(Tampered::new(chain.lines + 1, "is missing: the log has no end"))
}

/// Takes one more line of an exported log.
fn check_line(chain: &mut Chain, line: &str) -> Result<(), String> {
    const TAIL: usize = r#","link":""}"#.len() + 64;
    let damaged = || "is not what was written".to_owned();
    let (start, tail) =
        line.len().checked_sub(TAIL).and_then(|at| line.split_at_checked(at)).ok_or_else(damaged)?;
    let text = format!("{start}}}");
    let link = Link(Sha256::digest(&text).into());
    if tail != format!(",\"link\":\"{}\"}}", link.hex()) {
        return Err(damaged());
    }
    let fields: serde_json::Value = serde_json::from_str(&text).map_err(|_| damaged())?;
    let stack = fields["stack"].as_str().unwrap_or_default();
    if fields["line"].as_u64() != Some(chain.lines + 1)
        || fields["previous"].as_str() != Some(&chain.last.hex())
        || (chain.lines > 0 && stack != chain.stack)
    {
        return Err("does not follow the one before it".to_owned());
    }
    (chain.stack, chain.lines, chain.last) = (stack.to_owned(), chain.lines + 1, link);
    Ok(())
}

/// The link that the line with this number had, to compare with a head that was noted earlier; `None` where
/// the log is shorter.
pub fn link_at(path: &Path, stack: &StackId, line: u64) -> Result<Option<String>, StoreError> {
    reading(path, &StoreOptions::default(), |conn| {
        let Some(key) = StackKey::find(conn, stack)? else { return Ok(None) };
        let sql = "SELECT link FROM journal WHERE stack_id = ?1 ORDER BY seq LIMIT 1 OFFSET ?2";
        let offset = line.checked_sub(1).map(u64::cast_signed);
        let Some(offset) = offset else { return Ok(Some(Link::default().hex())) };
        let found: Option<Option<Vec<u8>>> =
            conn.prepare_cached(sql)?.query_row(params![key.0, offset], |row| row.get(0)).optional()?;
        Ok(found.flatten().and_then(|link| Link::from_blob(&link)).map(Link::hex))
    })
}
