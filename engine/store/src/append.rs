//! What one journal entry writes: its line, the rows that follow from it, and the story of its run.

use std::collections::BTreeMap;

use evenkeel_model::{InstanceAddress, Timestamp};
use evenkeel_state::{Action, Entry, Outcome, OutcomeKind, RowChange, RunId, Serial, changes};
use rusqlite::{Connection, OptionalExtension, named_params, params};

use crate::audit::{Chain, Columns};
use crate::db::Db;
use crate::error::Fault;
use crate::lease;
use crate::record::Lease;
use crate::rows::{self, StackKey, json};
use crate::vault::document::{self, Shape};
use crate::vault::place::Place;

/// The part of a stack's row that entries change.
struct Head {
    key: StackKey,
    serial: Serial,
    open_run: Option<RunId>,
    /// The end of the audit log.
    chain: Chain,
    /// What the outcomes add to the figures of their runs.
    figures: BTreeMap<RunId, Figures>,
}

/// What a run did.
#[derive(Default)]
struct Figures {
    created: i64,
    updated: i64,
    deleted: i64,
    failed: i64,
}

/// Writes entries under a lease; gives the serial after the last.
pub(crate) fn append(conn: &Db, now: Timestamp, lease: &Lease, entries: &[Entry]) -> Result<Serial, Fault> {
    let key = lease::check(conn, now, lease)?;
    let mut head = head(conn, key)?;
    for entry in entries {
        append_one(conn, now, lease, &mut head, entry)?;
    }
    for (run, figures) in &head.figures {
        add(conn, key, *run, figures)?;
    }
    head.chain.save(conn, key)?;
    conn.prepare_cached("UPDATE stacks SET serial = ?2, open_run = ?3 WHERE id = ?1")?.execute(params![
        key.0,
        head.serial.0.cast_signed(),
        head.open_run.map(|run| run.0.cast_signed())
    ])?;
    Ok(head.serial)
}

/// A run number that was never given out before.
pub(crate) fn next_run(conn: &Connection, now: Timestamp, lease: &Lease) -> Result<RunId, Fault> {
    let key = lease::check(conn, now, lease)?;
    let sql = "UPDATE stacks SET last_run = last_run + 1 WHERE id = ?1 RETURNING last_run";
    let run: i64 = conn.prepare_cached(sql)?.query_row([key.0], |row| row.get(0))?;
    Ok(RunId(run.cast_unsigned()))
}

/// Records that instances were seen as they are remembered.
pub(crate) fn touch_observed(
    conn: &Connection,
    now: Timestamp,
    lease: &Lease,
    addresses: &[InstanceAddress],
) -> Result<(), Fault> {
    let key = lease::check(conn, now, lease)?;
    addresses.iter().try_for_each(|address| rows::touch(conn, key, now, address))
}

fn head(conn: &Connection, key: StackKey) -> Result<Head, Fault> {
    let chain = Chain::load(conn, key)?;
    let sql = "SELECT serial, open_run FROM stacks WHERE id = ?1";
    Ok(conn.prepare_cached(sql)?.query_row([key.0], |row| {
        Ok(Head {
            key,
            serial: Serial(row.get::<_, i64>(0)?.cast_unsigned()),
            open_run: row.get::<_, Option<i64>>(1)?.map(|run| RunId(run.cast_unsigned())),
            chain,
            figures: BTreeMap::new(),
        })
    })?)
}

fn append_one(conn: &Db, now: Timestamp, lease: &Lease, head: &mut Head, entry: &Entry) -> Result<(), Fault> {
    tell_run(conn, now, head, entry)?;
    let changes = changes(entry);
    for change in &changes {
        rows::execute(conn, head.key, now, change)?;
        if let RowChange::SetHistory { serial, .. } = change {
            head.serial = head.serial.max(*serial);
        }
    }
    if !changes.is_empty() {
        head.serial.0 += 1;
    }
    let run = run_of(entry).or(head.open_run);
    let address = entry.address().map(ToString::to_string);
    let place = Place::line(head.key, address.as_deref());
    let content = document::seal(conn, place, Shape::Entry, json(entry)?)?;
    let columns = Columns {
        at: now.0,
        actor: Some(&lease.holder),
        run: run.map(|run| run.0.cast_signed()),
        serial: head.serial.0.cast_signed(),
        token: lease.token.0.cast_signed(),
        kind: entry.name(),
        address: address.as_deref(),
        entry: &content,
    };
    let (_, link) = head.chain.bind(&columns)?;
    let sql = "INSERT INTO journal (stack_id, at, run, serial, token, kind, address, entry, actor, link)
        VALUES (:stack, :at, :run, :serial, :token, :kind, :address, :entry, :actor, :link)";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":stack": head.key.0,
        ":at": columns.at,
        ":run": columns.run,
        ":serial": columns.serial,
        ":token": columns.token,
        ":kind": columns.kind,
        ":address": columns.address,
        ":entry": columns.entry,
        ":actor": columns.actor,
        ":link": link.0,
    })?;
    if let Entry::RunFinished { run, .. } = entry {
        head.open_run = head.open_run.filter(|open| open != run);
    }
    Ok(())
}

fn run_of(entry: &Entry) -> Option<RunId> {
    match entry {
        Entry::RunStarted { run, .. } | Entry::RunFinished { run, .. } => Some(*run),
        Entry::Intent(intent) => Some(intent.run),
        Entry::Outcome(outcome) => Some(outcome.run),
        Entry::Observed { .. }
        | Entry::Forgotten { .. }
        | Entry::Moved { .. }
        | Entry::Drift(_)
        | Entry::TakenOver { .. }
        | Entry::Approved { .. }
        | Entry::ApprovalUsed { .. }
        | Entry::Identified { .. }
        | Entry::Outputs { .. } => None,
    }
}

/// Keeps the table of runs. Runs before the changes of the entry, because the intent of an outcome
/// must still be there.
fn tell_run(conn: &Connection, now: Timestamp, head: &mut Head, entry: &Entry) -> Result<(), Fault> {
    match entry {
        Entry::RunStarted { run, kind, revision, plan_digest } => {
            let sql = "INSERT INTO runs (stack_id, id, kind, revision, plan_digest, started_at)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING";
            let id = run.0.cast_signed();
            conn.prepare_cached(sql)?.execute(params![
                head.key.0,
                id,
                kind.as_str(),
                json(revision)?,
                &**plan_digest,
                now.0
            ])?;
            head.open_run = Some(*run);
            // SQLite draws the lineage, so that no other source of chance is needed.
            let sql = "UPDATE stacks SET last_run = max(last_run, ?2),
                lineage = iif(lineage = '', lower(hex(randomblob(16))), lineage) WHERE id = ?1";
            conn.prepare_cached(sql)?.execute([head.key.0, id])?;
        }
        Entry::RunFinished { run, status, error } => {
            let sql =
                "UPDATE runs SET status = ?3, finished_at = ?4, error = ?5 WHERE stack_id = ?1 AND id = ?2";
            conn.prepare_cached(sql)?.execute(params![
                head.key.0,
                run.0.cast_signed(),
                status.as_str(),
                now.0,
                error
            ])?;
        }
        Entry::Outcome(outcome) => count(conn, head, outcome)?,
        Entry::Intent(_)
        | Entry::Observed { .. }
        | Entry::Forgotten { .. }
        | Entry::Moved { .. }
        | Entry::Drift(_)
        | Entry::TakenOver { .. }
        | Entry::Approved { .. }
        | Entry::ApprovalUsed { .. }
        | Entry::Identified { .. }
        | Entry::Outputs { .. } => {}
    }
    Ok(())
}

/// Adds an outcome to the figures of its run; only the first one of an intent counts.
fn count(conn: &Connection, head: &mut Head, outcome: &Outcome) -> Result<(), Fault> {
    let sql = "SELECT action FROM pending WHERE stack_id = ?1 AND run = ?2 AND step = ?3";
    let id = outcome.run.0.cast_signed();
    let action: Option<String> = conn
        .prepare_cached(sql)?
        .query_row(params![head.key.0, id, outcome.step.0], |row| row.get(0))
        .optional()?;
    let Some(action) = action else { return Ok(()) };
    let figures = head.figures.entry(outcome.run).or_default();
    if outcome.error.is_some() {
        figures.failed += 1;
    } else if outcome.kind == OutcomeKind::Absent {
        figures.deleted += 1;
    } else if matches!(outcome.kind, OutcomeKind::Present(_)) {
        match action == Action::Create.as_str() {
            true => figures.created += 1,
            false => figures.updated += 1,
        }
    }
    Ok(())
}

/// Writes the figures of a run: once for all entries that are written together.
fn add(conn: &Connection, stack: StackKey, run: RunId, figures: &Figures) -> Result<(), Fault> {
    let Figures { created, updated, deleted, failed } = figures;
    let sql = "UPDATE runs SET created = created + ?3, updated = updated + ?4, deleted = deleted + ?5,
        failed = failed + ?6 WHERE stack_id = ?1 AND id = ?2";
    conn.prepare_cached(sql)?.execute(params![
        stack.0,
        run.0.cast_signed(),
        created,
        updated,
        deleted,
        failed
    ])?;
    Ok(())
}
