//! Everything that is sealed in a file, sealed anew: with another data key, or for the first time when a
//! file of an earlier format is opened.

use rusqlite::{Connection, params};

use super::document::{self, Shape};
use super::place::Place;
use crate::db::Db;
use crate::error::{Fault, stored};
use crate::rows::StackKey;

/// A column of documents.
struct Column {
    /// Gives the row, the stack, what the place is named for, and the document.
    select: &'static str,
    update: &'static str,
    shape: Shape,
    place: fn(StackKey, &str) -> Place<'_>,
    /// Whether it is text by itself where it is not sealed, and no document.
    is_text: bool,
}

/// A line without an address is about none, which is the same place as an empty one.
fn line(stack: StackKey, address: &str) -> Place<'_> {
    Place::line(stack, Some(address))
}

const COLUMNS: [Column; 6] = [
    Column {
        select: "SELECT seq, stack_id, coalesce(address, ''), entry FROM journal WHERE seq > ?1 ORDER BY seq LIMIT ?2",
        update: "UPDATE journal SET entry = ?2 WHERE seq = ?1",
        shape: Shape::Entry,
        place: line,
        is_text: false,
    },
    Column {
        select: "SELECT o.rowid, i.stack_id, i.address, o.attributes FROM objects o
            JOIN instances i ON i.id = o.instance_id WHERE o.rowid > ?1 ORDER BY o.rowid LIMIT ?2",
        update: "UPDATE objects SET attributes = ?2 WHERE rowid = ?1",
        shape: Shape::Encoded,
        place: Place::attributes,
        is_text: false,
    },
    Column {
        select: "SELECT o.rowid, i.stack_id, i.address, o.private FROM objects o
            JOIN instances i ON i.id = o.instance_id
            WHERE o.private IS NOT NULL AND o.rowid > ?1 ORDER BY o.rowid LIMIT ?2",
        update: "UPDATE objects SET private = ?2 WHERE rowid = ?1",
        shape: Shape::Whole,
        place: Place::private,
        is_text: true,
    },
    Column {
        select: "SELECT rowid, stack_id, name, value FROM outputs
            WHERE NOT sensitive AND rowid > ?1 ORDER BY rowid LIMIT ?2",
        update: "UPDATE outputs SET value = ?2 WHERE rowid = ?1",
        shape: Shape::Encoded,
        place: Place::output,
        is_text: false,
    },
    Column {
        select: "SELECT rowid, stack_id, name, value FROM outputs
            WHERE sensitive AND rowid > ?1 ORDER BY rowid LIMIT ?2",
        update: "UPDATE outputs SET value = ?2 WHERE rowid = ?1",
        shape: Shape::Whole,
        place: Place::output,
        is_text: false,
    },
    Column {
        select: "SELECT rowid, stack_id, address, intent FROM pending WHERE rowid > ?1 ORDER BY rowid LIMIT ?2",
        update: "UPDATE pending SET intent = ?2 WHERE rowid = ?1",
        shape: Shape::Entry,
        place: Place::pending,
        is_text: false,
    },
];

/// So many documents are held at a time.
const BATCH: i64 = 500;

/// Seals every sensitive value of the file with the newest key.
pub(crate) fn all(db: &Db) -> Result<(), Fault> {
    COLUMNS.iter().try_for_each(|column| renew_column(db, column))
}

fn renew_column(db: &Db, column: &Column) -> Result<(), Fault> {
    let mut after = i64::MIN;
    loop {
        let batch = batch(db, column, after)?;
        let Some((last, ..)) = batch.last() else { return Ok(()) };
        after = *last;
        for (row, stack, name, text) in batch {
            let text = match column.is_text && !document::is_sealed(&text) {
                true => stored("value", serde_json::to_string(&text))?,
                false => text,
            };
            let place = (column.place)(StackKey(stack), &name);
            let renewed = document::renew(db, place, column.shape, text.clone())?;
            if renewed != text {
                db.prepare_cached(column.update)?.execute(params![row, renewed])?;
            }
        }
    }
}

type Document = (i64, i64, String, String);

fn batch(conn: &Connection, column: &Column, after: i64) -> Result<Vec<Document>, Fault> {
    let mut statement = conn.prepare_cached(column.select)?;
    let rows = statement
        .query_map([after, BATCH], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Writes the file anew, so that nothing of what was replaced is left in free pages or in the log beside it.
/// Where that cannot be done now, it is done when the file is opened and a value sealed the next time.
pub(crate) fn scrub(db: &Db) {
    let done = db
        .execute_batch("VACUUM")
        .and_then(|()| db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0)));
    if let Ok(0) = done
        && db.execute("UPDATE data_keys SET scrubbed = 1", []).is_ok()
    {
        db.vault.unscrubbed.set(false);
    }
}
