//! What was remembered earlier. Nothing is stored for it: the journal is folded up to a moment.

use evenkeel_model::Timestamp;
use evenkeel_state::{RunId, Serial, State};
use rusqlite::{Connection, OptionalExtension, params};

use crate::db::Db;
use crate::error::Fault;
use crate::query;
use crate::record::{Seq, StackId};
use crate::rows::StackKey;

/// A moment in the life of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// When the state had this serial.
    Serial(Serial),
    /// At this time.
    Time(Timestamp),
    /// When everything about this run was written.
    Run(RunId),
    /// Now.
    Now,
}

/// A state as it was remembered.
#[derive(Clone, Debug, PartialEq)]
pub struct Past {
    /// The state.
    pub state: State,
    /// The last line of the journal that had been written.
    pub seq: Seq,
    /// When that was written.
    pub at: Timestamp,
    /// The run that it belongs to.
    pub run: Option<RunId>,
}

/// The state of a stack at a moment; nothing where nothing had been written by then, or where the moment
/// has not come.
pub(crate) fn past(conn: &Db, stack: &StackId, moment: Moment) -> Result<Option<Past>, Fault> {
    let Some(key) = StackKey::find(conn, stack)? else { return Ok(None) };
    let Some(last) = last_line(conn, key, moment)? else { return Ok(None) };
    let lineage = "SELECT lineage FROM stacks WHERE id = ?1";
    let lineage: String = conn.prepare_cached(lineage)?.query_row([key.0], |row| row.get(0))?;
    let mut past = Past {
        state: State { lineage: lineage.into(), ..State::default() },
        seq: last,
        at: Timestamp(0),
        run: None,
    };
    query::each_line_to(conn, key, last, |line| {
        past.state.fold(&line.entry);
        (past.at, past.run) = (line.at, line.run.or(past.run));
        Ok(())
    })?;
    Ok(Some(past))
}

/// The last line that had been written.
fn last_line(conn: &Connection, key: StackKey, moment: Moment) -> Result<Option<Seq>, Fault> {
    let (condition, bound) = match moment {
        // Lines that change nothing follow with the same serial: they tell what came next.
        Moment::Serial(serial) => ("serial = ?2", serial.0.cast_signed()),
        Moment::Time(at) => ("at <= ?2", at.0),
        Moment::Run(run) => ("run = ?2", run.0.cast_signed()),
        Moment::Now => ("?2 = 0", 0),
    };
    let order = if matches!(moment, Moment::Serial(_)) { "ASC" } else { "DESC" };
    let sql =
        format!("SELECT seq FROM journal WHERE stack_id = ?1 AND {condition} ORDER BY seq {order} LIMIT 1");
    let seq = conn.prepare_cached(&sql)?.query_row(params![key.0, bound], |row| row.get::<_, i64>(0));
    Ok(seq.optional()?.map(|seq| Seq(seq.cast_unsigned())))
}
