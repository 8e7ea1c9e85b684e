//! Looking back: runs, journal lines, versions of an object.

use evenkeel_model::{InstanceAddress, Revision, Timestamp};
use evenkeel_state::{
    DeposedKey, Entry, Instance, Object, RowChange, RunId, RunKind, RunStatus, Serial, State, changes,
};
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use crate::db::Db;
use crate::error::{Fault, stored};
use crate::load::parsed;
use crate::record::{JournalQuery, JournalRow, JournalSpan, RunCounts, RunRow, Seq, StackId, VersionRow};
use crate::rows::StackKey;
use crate::vault::document::Shape;
use crate::vault::place::Place;

/// The stacks of the store, by name.
pub(crate) fn stacks(conn: &Connection) -> Result<Vec<StackId>, Fault> {
    let mut statement = conn.prepare_cached("SELECT name FROM stacks ORDER BY name")?;
    let names = statement.query_map([], |row| row.get::<_, String>(0))?;
    Ok(names.map(|name| name.map(StackId::from)).collect::<Result<_, _>>()?)
}

/// When an instance was last seen.
pub(crate) fn observed(
    conn: &Connection,
    stack: &StackId,
    address: &InstanceAddress,
) -> Result<Option<Timestamp>, Fault> {
    let sql = "SELECT observed_at FROM instances
        WHERE stack_id = (SELECT id FROM stacks WHERE name = ?1) AND address = ?2";
    let at = conn
        .prepare_cached(sql)?
        .query_row(params![&*stack.0, address.to_string()], |row| row.get::<_, Option<i64>>(0));
    Ok(at.optional()?.flatten().map(Timestamp))
}

/// The last runs, newest first.
pub(crate) fn runs(conn: &Connection, stack: &StackId, limit: usize) -> Result<Vec<RunRow>, Fault> {
    let Some(key) = StackKey::find(conn, stack)? else { return Ok(Vec::new()) };
    let sql = "SELECT id, kind, revision, plan_digest, started_at, status, finished_at,
        created, updated, deleted, failed, error
        FROM runs WHERE stack_id = ?1 ORDER BY id DESC LIMIT ?2";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([key.0, limit_of(limit)])?;
    let mut runs = Vec::new();
    while let Some(row) = rows.next()? {
        runs.push(run(row)?);
    }
    Ok(runs)
}

fn run(row: &Row<'_>) -> Result<RunRow, Fault> {
    let figure = |column| row.get::<_, i64>(column).map(i64::cast_unsigned);
    let status: Option<String> = row.get(5)?;
    let digest: String = row.get(3)?;
    Ok(RunRow {
        id: RunId(figure(0)?),
        kind: word::<RunKind>("kind of run", row.get(1)?)?,
        revision: stored("revision", serde_json::from_str(&row.get::<_, String>(2)?))?,
        plan_digest: digest.into(),
        started: Timestamp(row.get(4)?),
        status: status.map(|status| word::<RunStatus>("status of a run", status)).transpose()?,
        finished: row.get::<_, Option<i64>>(6)?.map(Timestamp),
        counts: RunCounts {
            created: figure(7)?,
            updated: figure(8)?,
            deleted: figure(9)?,
            failed: figure(10)?,
        },
        error: row.get(11)?,
    })
}

fn word<T: serde::de::DeserializeOwned>(what: &str, text: String) -> Result<T, Fault> {
    stored(what, serde_json::from_value(serde_json::Value::String(text)))
}

/// A part of the journal, oldest first.
pub(crate) fn journal(conn: &Db, stack: &StackId, query: JournalQuery) -> Result<Vec<JournalRow>, Fault> {
    let Some(key) = StackKey::find(conn, stack)? else { return Ok(Vec::new()) };
    let (after, order) = match query.span {
        JournalSpan::After(seq) => (seq, "ASC"),
        JournalSpan::Last => (Seq(0), "DESC"),
    };
    let of_run = if query.run.is_some() { "AND run = :run" } else { "AND :run IS NULL" };
    let sql = format!(
        "SELECT seq, at, run, serial, entry, address FROM journal
        WHERE stack_id = :stack {of_run} AND seq > :after ORDER BY seq {order} LIMIT :limit"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(named_params! {
        ":stack": key.0,
        ":run": query.run.map(|run| run.0.cast_signed()),
        ":after": after.0.cast_signed(),
        ":limit": limit_of(query.limit),
    })?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        lines.push(line(conn, key, row)?);
    }
    if query.span == JournalSpan::Last {
        lines.reverse();
    }
    Ok(lines)
}

/// What the journal says of approvals, oldest first. Few lines, and only asked for where a plan is stopped.
pub(crate) fn approvals(conn: &Db, stack: &StackId) -> Result<Vec<Entry>, Fault> {
    let sql = "SELECT seq, at, run, serial, entry, address FROM journal
        WHERE stack_id = ?1 AND kind IN ('approved', 'approval_used') ORDER BY seq";
    entries(conn, stack, sql)
}

/// What the journal says of whom provider blocks act for, oldest first; found by an index of its own.
pub(crate) fn identities(conn: &Db, stack: &StackId) -> Result<Vec<Entry>, Fault> {
    let sql = "SELECT seq, at, run, serial, entry, address FROM journal
        WHERE stack_id = ?1 AND kind = 'identified' ORDER BY seq";
    entries(conn, stack, sql)
}

fn entries(conn: &Db, stack: &StackId, sql: &str) -> Result<Vec<Entry>, Fault> {
    let Some(key) = StackKey::find(conn, stack)? else { return Ok(Vec::new()) };
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([key.0])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(line(conn, key, row)?.entry);
    }
    Ok(entries)
}

/// Calls `visit` with each line of a stack's journal, in order, without holding them all.
pub(crate) fn each_line(
    conn: &Db,
    key: StackKey,
    visit: impl FnMut(JournalRow) -> Result<(), Fault>,
) -> Result<(), Fault> {
    each_line_to(conn, key, Seq(i64::MAX.cast_unsigned()), visit)
}

/// The same up to a line, with it.
pub(crate) fn each_line_to(
    conn: &Db,
    key: StackKey,
    last: Seq,
    mut visit: impl FnMut(JournalRow) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let sql = "SELECT seq, at, run, serial, entry, address FROM journal
        WHERE stack_id = ?1 AND seq <= ?2 ORDER BY seq";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([key.0, last.0.cast_signed()])?;
    while let Some(row) = rows.next()? {
        visit(line(conn, key, row)?)?;
    }
    Ok(())
}

fn line(conn: &Db, stack: StackKey, row: &Row<'_>) -> Result<JournalRow, Fault> {
    let text = stored("text", row.get_ref(4)?.as_str())?;
    let place = Place::line(stack, stored("text", row.get_ref(5)?.as_str_or_null())?);
    Ok(JournalRow {
        seq: Seq(row.get::<_, i64>(0)?.cast_unsigned()),
        at: Timestamp(row.get(1)?),
        run: row.get::<_, Option<i64>>(2)?.map(|run| RunId(run.cast_unsigned())),
        serial: Serial(row.get::<_, i64>(3)?.cast_unsigned()),
        entry: parsed::<Entry>(conn, "journal entry", place, Shape::Entry, text)?,
    })
}

/// The versions of an instance's objects, oldest first. They are not stored a second time: the
/// journal lines of the instance are folded by themselves.
pub(crate) fn history(
    conn: &Db,
    stack: &StackId,
    address: &InstanceAddress,
) -> Result<Vec<VersionRow>, Fault> {
    let Some(key) = StackKey::find(conn, stack)? else { return Ok(Vec::new()) };
    let sql = "SELECT j.seq, j.at, j.run, j.serial, j.entry, j.address, r.revision, j.actor FROM journal j
        LEFT JOIN runs r ON r.stack_id = j.stack_id AND r.id = j.run
        WHERE j.stack_id = ?1 AND j.address = ?2 ORDER BY j.seq";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params![key.0, address.to_string()])?;
    let mut state = State::default();
    let mut versions = Vec::new();
    while let Some(row) = rows.next()? {
        let line = line(conn, key, row)?;
        let before = state.instances.get(address).cloned().unwrap_or_default();
        changes(&line.entry).into_iter().filter(is_about_object).for_each(|change| state.apply(change));
        let after = state.instances.get(address).cloned().unwrap_or_default();
        let revision: Option<String> = row.get(6)?;
        let revision: Option<Revision> =
            revision.map(|text| stored("revision", serde_json::from_str(&text))).transpose()?;
        let actor: Option<String> = row.get(7)?;
        versions.extend(differences(&before, &after).into_iter().map(|(deposed, object)| VersionRow {
            seq: line.seq,
            at: line.at,
            run: line.run,
            revision: revision.clone(),
            actor: actor.clone(),
            serial: line.serial,
            deposed,
            object,
        }));
    }
    Ok(versions)
}

fn is_about_object(change: &RowChange) -> bool {
    match change {
        RowChange::PutObject { .. }
        | RowChange::RemoveObject { .. }
        | RowChange::Depose { .. }
        | RowChange::Restore { .. }
        | RowChange::Move { .. } => true,
        RowChange::PutPending(_)
        | RowChange::RemovePending { .. }
        | RowChange::SetHistory { .. }
        | RowChange::SetOutputs(_) => false,
    }
}

/// The objects of an instance that changed, with what they are afterwards.
fn differences(before: &Instance, after: &Instance) -> Vec<(Option<DeposedKey>, Option<Object>)> {
    let keys: std::collections::BTreeSet<DeposedKey> =
        before.deposed.keys().chain(after.deposed.keys()).copied().collect();
    let current = (None, &before.current, &after.current);
    let deposed = keys.into_iter().map(|key| (Some(key), before.deposed.get(&key), after.deposed.get(&key)));
    [(current.0, current.1.as_ref(), current.2.as_ref())]
        .into_iter()
        .chain(deposed)
        .filter(|(_, before, after)| before != after)
        .map(|(key, _, after)| (key, after.cloned()))
        .collect()
}

fn limit_of(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
