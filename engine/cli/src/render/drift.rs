//! The answer to `evenkeel drift`: per object and attribute what is declared, what is there instead,
//! and what will become of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use evenkeel_model::{InstanceAddress, Path, Value};
use evenkeel_plan::{Change, ChangeAction, Drift, Mode, Plan};
use evenkeel_provider::diff::same;
use evenkeel_reconcile::PlanSummary;
use evenkeel_state::drift::DriftKind;

use super::style::{Paint, Style};
use super::write::Writer;
use super::{compare, hide, text};

/// What was changed outside, and what will become of it.
pub fn drift(plan: &Plan, style: Style) -> String {
    let pending = PlanSummary::of(plan).config_changes;
    let mut out = String::new();
    if plan.drift.is_empty() {
        let title = style.paint(Paint::BoldGreen, "No drift.");
        let remark = "Every managed object is as it was left.";
        let _ = writeln!(out, "{title} {remark}");
    }
    let outlooks = Outlooks::of(plan);
    for drift in &plan.drift {
        out.push_str(&object(drift, &outlooks.outlook(drift), style));
        out.push('\n');
    }
    if !plan.drift.is_empty() {
        let deleted = plan.drift.iter().filter(|drift| drift.kind == DriftKind::Deleted).count();
        let total = text::count(plan.drift.len(), "object");
        let title = style.paint(Paint::Bold, "Drift:");
        let _ = writeln!(out, "{title} {total} ({} changed, {deleted} deleted).", plan.drift.len() - deleted);
    }
    if pending > 0 {
        let remark = format!("Apart from that, {} pending.", are(pending, "configuration change"));
        let _ = writeln!(out, "{}", text::wrap(&remark, style.width));
    }
    out
}

fn are(number: usize, what: &str) -> String {
    format!("{} {}", text::count(number, what), if number == 1 { "is" } else { "are" })
}

fn object(drift: &Drift, outlook: &Outlook<'_>, style: Style) -> String {
    let address = text::line(&drift.address.to_string());
    match drift.kind {
        DriftKind::Deleted => {
            let heading = style.paint(Paint::Bold, format!("{address} has been deleted"));
            format!("{heading}\n  {}\n", outlook.of_object())
        }
        DriftKind::Changed => {
            let mut out = style.paint(Paint::Bold, format!("{address} has changed"));
            out.push('\n');
            for path in visible_paths(drift) {
                out.push_str(&attribute(drift, &path, outlook, style));
            }
            out
        }
    }
}

fn attribute(drift: &Drift, path: &Path, outlook: &Outlook<'_>, style: Style) -> String {
    let (expected, observed) = sides(drift, path);
    let writer = Writer::values(style);
    let written = |value: Option<Value>| match value {
        Some(value) => writer.node(&compare::values(None, Some(&value)), 1),
        None => "(absent)".to_owned(),
    };
    let tilde = style.paint(Paint::Yellow, "~");
    format!(
        "  {tilde} {}\n      expected: {}\n      observed: {}\n      {}\n",
        path_name(path),
        written(expected).replace('\n', "\n    "),
        written(observed).replace('\n', "\n    "),
        outlook.of_attribute(drift, path),
    )
}

/// The path as text.
pub(super) fn path_name(path: &Path) -> String {
    if path.0.is_empty() { "(the whole object)".to_owned() } else { text::line(&path.to_string()) }
}

/// The paths that may be named, each once.
pub fn visible_paths(drift: &Drift) -> Vec<Path> {
    let (expected, observed) = (Some(&drift.expected), drift.observed.as_ref());
    let mut out: Vec<Path> = Vec::with_capacity(drift.paths.len());
    for path in drift.paths.iter().map(|path| hide::visible_path(path, expected, observed)) {
        if !out.contains(&path) {
            out.push(path);
        }
    }
    out
}

/// Both values at a path, hidden where anything on the way to it, on either side, is.
pub(super) fn sides(drift: &Drift, path: &Path) -> (Option<Value>, Option<Value>) {
    let (expected, observed) = hide::together(Some(&drift.expected), drift.observed.as_ref());
    let (expected, observed) = (at(expected.as_ref(), path), at(observed.as_ref(), path));
    hide::together(expected.as_ref(), observed.as_ref())
}

/// The value at a path, with the marks of everything on the way.
fn at(value: Option<&Value>, path: &Path) -> Option<Value> {
    let value = value?;
    let marks = (0..path.0.len())
        .filter_map(|length| value.at(&Path(path.0[..length].to_vec())))
        .fold(Default::default(), |marks: evenkeel_model::Marks, above| marks.union(above.marks()));
    value.at(path).map(|value| value.clone().with_marks(marks))
}

/// What the plan does to which object.
pub(super) struct Outlooks<'a> {
    mode: Mode,
    changes: BTreeMap<&'a InstanceAddress, &'a Change>,
}

impl<'a> Outlooks<'a> {
    pub(super) fn of(plan: &'a Plan) -> Self {
        let changes = plan.changes.iter().filter(|change| change.deposed.is_none());
        Self { mode: plan.mode, changes: changes.map(|change| (&change.address, change)).collect() }
    }

    pub(super) fn outlook(&self, drift: &Drift) -> Outlook<'a> {
        Outlook { mode: self.mode, change: self.changes.get(&drift.address).copied() }
    }
}

/// What will become of a drifted object.
pub(super) struct Outlook<'a> {
    mode: Mode,
    change: Option<&'a Change>,
}

impl Outlook<'_> {
    /// In a few words.
    pub(super) fn of_object(&self) -> &'static str {
        match self.change.map(|change| change.action) {
            Some(ChangeAction::Create) => "will be created again",
            Some(ChangeAction::Delete) => "will be destroyed",
            Some(action) if action.is_replace() => "will be replaced",
            Some(_) => "will be set back",
            None if self.mode == Mode::RefreshOnly => "will be remembered as it is now",
            None => "the configuration does not want it any more",
        }
    }

    /// In a few words.
    pub(super) fn of_attribute(&self, drift: &Drift, path: &Path) -> &'static str {
        let Some(change) = self.change else {
            return match self.mode {
                Mode::RefreshOnly => "will be remembered as it is now",
                _ => "stays as it is: the configuration agrees or ignores it",
            };
        };
        if change.action == ChangeAction::Delete {
            return "the object will be destroyed";
        }
        let planned = change.after.as_ref().and_then(|after| after.at(path));
        let observed = drift.observed.as_ref().and_then(|observed| observed.at(path));
        if equal(planned, drift.expected.at(path)) {
            return match change.action.is_replace() {
                true => "will be set back: the object is replaced",
                false => "will be set back",
            };
        }
        if equal(planned, observed) {
            return "stays as it is: the configuration agrees or ignores it";
        }
        match planned.is_some_and(|planned| !planned.is_wholly_known()) {
            true => "will be known after apply",
            false => "the configuration changes it as well",
        }
    }
}

fn equal(a: Option<&Value>, b: Option<&Value>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => same(a, b),
        (a, b) => a.is_none_or(Value::is_null) && b.is_none_or(Value::is_null),
    }
}
