//! Runs and versions for programs.

use evenkeel_model::schema::Schema;
use evenkeel_model::{InstanceAddress, Timestamp};
use evenkeel_state::{ObjectStatus, RunStatus};
use evenkeel_store::{RunRow, VersionRow};
use serde_json::{Value as Json, json};

use super::super::hide;
use super::value::{redacted, sensitive_flags};

/// All runs, in the order in which they are given.
pub fn runs(rows: &[RunRow]) -> Json {
    rows.iter().map(run).collect()
}

/// One run.
pub fn run(row: &RunRow) -> Json {
    json!({
        "run": row.id,
        "kind": row.kind.as_str(),
        "revision": row.revision,
        "plan_digest": &*row.plan_digest,
        "started": moment(row.started),
        "finished": row.finished.map(moment),
        "status": row.status.map(RunStatus::as_str),
        "created": row.counts.created,
        "updated": row.counts.updated,
        "deleted": row.counts.deleted,
        "failed": row.counts.failed,
        "error": row.error,
    })
}

/// The versions of one object, oldest first.
pub fn versions(address: &InstanceAddress, rows: &[VersionRow], schema: Option<&Schema>) -> Json {
    let versions: Vec<Json> = rows.iter().map(|row| version(row, schema)).collect();
    json!({ "address": address.to_string(), "versions": versions })
}

fn version(row: &VersionRow, schema: Option<&Schema>) -> Json {
    let value = row.object.as_ref().map(|object| hide::remembered(object, schema));
    json!({
        "at": moment(row.at),
        "serial": row.serial,
        "run": row.run,
        "revision": row.revision,
        "actor": row.actor,
        "deposed_key": row.deposed.map(|key| key.to_string()),
        "tainted": row.object.as_ref().is_some_and(|object| object.status == ObjectStatus::Tainted),
        "values": value.as_ref().map(redacted),
        "sensitive_values": value.as_ref().map(sensitive_flags),
    })
}

/// A moment as RFC 3339 in UTC; milliseconds since 1970 where the calendar has no such day.
pub(in crate::render) fn moment(at: Timestamp) -> Json {
    match jiff::Timestamp::from_millisecond(at.0) {
        Ok(moment) => json!(moment.to_string()),
        Err(_) => json!(at.0),
    }
}
