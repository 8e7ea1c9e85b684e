//! Looking back: the runs of a stack, and the versions of one object.

use std::fmt::Write as _;

use evenkeel_model::schema::Schema;
use evenkeel_model::{InstanceAddress, Timestamp, Value};
use evenkeel_state::{DeposedKey, RunStatus};
use evenkeel_store::{RunRow, VersionRow};

use super::compare::{self, Noted};
use super::style::{Paint, Style};
use super::write::Writer;
use super::{hide, text};

/// A table of runs, in the order in which they are given.
pub fn runs(rows: &[RunRow], style: Style) -> String {
    if rows.is_empty() {
        return "There have been no runs.\n".to_owned();
    }
    let head = ["RUN", "KIND", "STATUS", "STARTED (UTC)", "TOOK", "REVISION", "CHANGES"];
    let cells: Vec<[String; 7]> = rows.iter().map(run_cells).collect();
    let widths: [usize; 7] = std::array::from_fn(|column| {
        let longest = cells.iter().map(|row| text::width(&row[column])).max().unwrap_or_default();
        longest.max(head[column].len())
    });
    let joined = |row: &[String; 7]| {
        let padded: Vec<String> =
            row.iter().zip(widths).map(|(cell, width)| text::pad(cell, width)).collect();
        padded.join("  ").trim_end().to_owned()
    };
    let mut out = style.paint(Paint::Bold, joined(&head.map(str::to_owned))) + "\n";
    for (run, row) in rows.iter().zip(&cells) {
        let line = joined(row);
        let line = match run.status {
            Some(RunStatus::Failed | RunStatus::Abandoned) => style.paint(Paint::Red, line),
            _ => line,
        };
        let _ = writeln!(out, "{line}");
        if let Some(error) = &run.error {
            let error = text::wrap(&text::lines(error), style.width.saturating_sub(4));
            let _ = writeln!(out, "    {}", error.replace('\n', "\n    "));
        }
    }
    out
}

fn run_cells(run: &RunRow) -> [String; 7] {
    let counts = &run.counts;
    let mut changes =
        format!("{} added, {} changed, {} destroyed", counts.created, counts.updated, counts.deleted);
    if counts.failed > 0 {
        let _ = write!(changes, ", {} failed", counts.failed);
    }
    let took = run.finished.map(|finished| text::seconds(finished.0.saturating_sub(run.started.0)));
    [
        run.id.to_string(),
        run.kind.as_str().to_owned(),
        run.status.map_or("unfinished", RunStatus::as_str).to_owned(),
        moment(run.started),
        took.unwrap_or_else(|| "-".to_owned()),
        text::line(&run.revision.to_string()),
        changes,
    ]
}

/// A moment for people, in UTC.
pub fn moment(at: Timestamp) -> String {
    match jiff::Timestamp::from_millisecond(at.0) {
        Ok(at) => at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => at.0.to_string(),
    }
}

/// The versions of one object, oldest first, each with what changed since the one before.
pub fn versions(
    address: &InstanceAddress,
    rows: &[VersionRow],
    schema: Option<&Schema>,
    style: Style,
) -> String {
    let shown = text::line(&address.to_string());
    if rows.is_empty() {
        return format!("Nothing is remembered of {shown}.\n");
    }
    let mut out = String::new();
    let mut previous: std::collections::BTreeMap<Option<DeposedKey>, Value> = Default::default();
    for row in rows {
        let now = row.object.as_ref().map(|object| hide::remembered(object, schema));
        let before = previous.remove(&row.deposed);
        let what = match (&before, &now) {
            (None, Some(_)) => "appeared",
            (Some(_), Some(_)) => "changed",
            (_, None) => "gone",
        };
        let _ = writeln!(out, "{}", style.paint(Paint::Bold, version_heading(&shown, what, row)));
        if before.is_some() || now.is_some() {
            let node = compare::objects(before.as_ref(), now.as_ref(), schema, &Noted::default());
            let writer = Writer::changes(style);
            let (kind, name) = (text::quote(&address.resource.kind), text::quote(&address.resource.name));
            let symbol = writer.symbol(node.action);
            let _ = writeln!(out, "{symbol}resource {kind} {name} {}", writer.node(&node, 0));
        }
        out.push('\n');
        if let Some(now) = now {
            previous.insert(row.deposed, now);
        }
    }
    out
}

fn version_heading(address: &str, what: &str, row: &VersionRow) -> String {
    let mut out = format!("  # {address}");
    if let Some(key) = row.deposed {
        let _ = write!(out, " (deposed object {key})");
    }
    let _ = write!(out, " {what} at {} (serial {}", moment(row.at), row.serial);
    if let Some(run) = row.run {
        let _ = write!(out, ", run {run}");
    }
    if let Some(revision) = &row.revision {
        let _ = write!(out, ", revision {}", text::line(&revision.to_string()));
    }
    if let Some(actor) = &row.actor {
        // Which process it was, the documents for programs say.
        let name = actor.split(" (").next().unwrap_or(actor);
        let _ = write!(out, ", by {}", text::line(name));
    }
    out + ")"
}
