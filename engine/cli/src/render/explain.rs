//! The answer to `evenkeel explain`: what is known of an object, and why it changes, stays or waits.

use std::fmt::Write as _;

use evenkeel_model::{InstanceAddress, Path, ResourceAddress, SourceRange};
use evenkeel_plan::{Change, ChangeAction};
use serde_json::{Value as Json, json};

use super::style::{Paint, Style};
use super::why::{self, Told};
use super::{history, text};

/// Lists are cut to so many entries.
const LISTED_MAX: usize = 10;

/// An object and everything that bears on it.
#[derive(Clone, Debug, Default)]
pub struct Explained {
    /// Its address.
    pub address: String,
    /// Where configuration declares it, and what brought that line.
    pub declared: Option<(SourceRange, Vec<Told>)>,
    /// What is remembered of it: id, tainted, deposed objects.
    pub state: Option<Remembered>,
    /// When it was last written down.
    pub last: Option<LastChange>,
    /// What the plan does.
    pub change: Option<Change>,
    /// Whether what was seen is not what was remembered, and nothing is done about it.
    pub drift: Vec<Path>,
    /// Why.
    pub reasons: Vec<Told>,
    /// Whether the plan leaves it out (`-target`, `-exclude`).
    pub left_out: bool,
    /// Whether it is a data source that was read for this plan.
    pub was_read: bool,
    /// The attributes that `ignore_changes` names, or `all`.
    pub ignored: Vec<String>,
    /// The attributes that only apply will tell.
    pub waits_for: Vec<String>,
    /// What it is made from.
    pub needs: Vec<Neighbour>,
    /// What is made from it.
    pub needed_by: Vec<Neighbour>,
    /// What is replaced because it is.
    pub followers: Vec<InstanceAddress>,
}

/// What is remembered of an object.
#[derive(Clone, Debug, Default)]
pub struct Remembered {
    /// Its id.
    pub id: Option<String>,
    /// Whether it is tainted.
    pub is_tainted: bool,
    /// How many objects wait for their destruction beside it.
    pub deposed: usize,
}

/// When an object was last written down.
#[derive(Clone, Debug)]
pub struct LastChange {
    /// The run, if it was one.
    pub run: Option<String>,
    /// The revision of the run.
    pub revision: Option<String>,
    /// When.
    pub at: evenkeel_model::Timestamp,
}

/// Another resource, and what the plan does to it.
#[derive(Clone, Debug)]
pub struct Neighbour {
    /// Which.
    pub address: ResourceAddress,
    /// What happens to its instances; nothing where they stay as they are.
    pub actions: Vec<ChangeAction>,
}

/// The answer for people.
pub fn explained(all: &[Explained], style: Style) -> String {
    let texts: Vec<String> = all.iter().map(|one| object(one, style)).collect();
    texts.join("\n")
}

fn object(one: &Explained, style: Style) -> String {
    let mut out = style.paint(Paint::Bold, text::line(&one.address)) + "\n";
    let mut row = |name: &str, values: Vec<String>| {
        let mut name = name;
        for value in values {
            let _ = writeln!(out, "  {} {value}", style.paint(Paint::Gray, text::pad(name, 14)));
            name = "";
        }
    };
    row("declared", vec![declared(one)]);
    row("state", vec![state(one)]);
    row("last applied", one.last.iter().map(last).collect());
    row("plan", vec![outcome(one).to_owned()]);
    row("why", one.reasons.iter().filter_map(reason).collect());
    row("also replaced", cut(one.followers.iter().map(|address| text::line(&address.to_string()))));
    row("drift", cut(one.drift.iter().map(|path| text::line(&path.to_string()))));
    row("known later", cut(one.waits_for.iter().cloned()));
    row("ignored", cut(one.ignored.iter().cloned()));
    row("depends on", cut(one.needs.iter().map(neighbour)));
    row("needed by", cut(one.needed_by.iter().map(neighbour)));
    out
}

fn cut(all: impl Iterator<Item = String>) -> Vec<String> {
    let mut all: Vec<String> = all.collect();
    if all.len() > LISTED_MAX {
        let more = all.len() - LISTED_MAX;
        all.truncate(LISTED_MAX);
        all.push(format!("and {more} more"));
    }
    all
}

fn declared(one: &Explained) -> String {
    let Some((range, told)) = &one.declared else { return "nowhere in configuration".to_owned() };
    let at = format!("{}:{}", text::line(&range.filename), range.start.line);
    match told.first().and_then(why::origin_words) {
        Some(origin) => format!("{at}, {origin}"),
        None => at,
    }
}

fn state(one: &Explained) -> String {
    let Some(state) = &one.state else { return "nothing is remembered of it".to_owned() };
    let id = state.id.as_ref().map(|id| format!("id {}", text::quote_plain(id)));
    let tainted = state.is_tainted.then(|| "tainted".to_owned());
    let deposed = (state.deposed > 0).then(|| text::count(state.deposed, "deposed object"));
    let parts: Vec<String> = [id, tainted, deposed].into_iter().flatten().collect();
    if parts.is_empty() { "there".to_owned() } else { parts.join(", ") }
}

fn last(last: &LastChange) -> String {
    let mut out = format!("{} UTC", history::moment(last.at));
    if let Some(run) = &last.run {
        let _ = write!(out, ", run {run}");
    }
    if let Some(revision) = &last.revision {
        let _ = write!(out, ", revision {}", text::line(revision));
    }
    out
}

/// What will become of it, in words.
fn outcome(one: &Explained) -> &'static str {
    let Some(change) = &one.change else {
        return match (one.left_out, one.was_read, &one.declared, &one.state) {
            (true, ..) => "left out of this plan by -target or -exclude",
            (_, true, ..) => "read while planning, with nothing to do",
            (_, _, None, None) => "nothing to do",
            _ if !one.drift.is_empty() => "stays as it is: what was changed outside agrees or is ignored",
            _ => "stays as it is: it is what the configuration says",
        };
    };
    match change.action {
        ChangeAction::Create => "will be created",
        ChangeAction::Update => "will be updated in-place",
        ChangeAction::Delete => "will be destroyed",
        ChangeAction::DeleteThenCreate => "must be replaced (destroyed, then created)",
        ChangeAction::CreateThenDelete => "must be replaced (created, then the old one destroyed)",
        ChangeAction::Read => "waits: it is read during apply",
        ChangeAction::Forget => "will no longer be managed, and not be destroyed",
        ChangeAction::NoOp if change.importing.is_some() => "will be imported",
        ChangeAction::NoOp => "has moved, and stays as it is",
    }
}

fn reason(told: &Told) -> Option<String> {
    why::words(told).or_else(|| why::plain_words(told))
}

fn neighbour(other: &Neighbour) -> String {
    let address = text::line(&other.address.to_string());
    let words: Vec<&str> = other.actions.iter().map(|action| doing(*action)).collect();
    match words.is_empty() {
        true => address,
        false => format!("{address} ({})", words.join(", ")),
    }
}

fn doing(action: ChangeAction) -> &'static str {
    match action {
        ChangeAction::Create => "will be created",
        ChangeAction::Update => "will be updated",
        ChangeAction::Delete => "will be destroyed",
        ChangeAction::DeleteThenCreate | ChangeAction::CreateThenDelete => "will be replaced",
        ChangeAction::Read => "is read during apply",
        ChangeAction::Forget => "is forgotten",
        ChangeAction::NoOp => "is moved or imported",
    }
}

/// The answer for machines.
pub fn explained_json(all: &[Explained]) -> Json {
    json!({ "format_version": "1.0", "objects": all.iter().map(object_json).collect::<Vec<_>>() })
}

fn object_json(one: &Explained) -> Json {
    let neighbours = |all: &[Neighbour]| -> Json {
        let named = all.iter().map(|other| {
            let actions: Vec<_> = other.actions.iter().map(|action| action.names()).collect();
            json!({ "address": other.address.to_string(), "actions": actions })
        });
        named.collect()
    };
    json!({
        "address": one.address,
        "declared": one.declared.as_ref().map(|(range, told)| json!({
            "file": range.filename, "line": range.start.line, "origin": why::objects(told),
        })),
        "state": one.state.as_ref().map(|state| json!({
            "id": state.id, "tainted": state.is_tainted, "deposed": state.deposed,
        })),
        "last_applied": one.last.as_ref().map(|last| json!({
            "at": history::moment(last.at), "run": last.run, "revision": last.revision,
        })),
        "outcome": outcome(one),
        "actions": one.change.as_ref().map_or(&["no-op"][..], |change| change.action.names()),
        "action_reason": one.change.as_ref().and_then(|change| change.reason).map(|reason| reason.as_str()),
        "why": why::objects(&one.reasons),
        "also_replaced": one.followers.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "drift": one.drift.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "left_out": one.left_out,
        "known_after_apply": one.waits_for,
        "ignored": one.ignored,
        "depends_on": neighbours(&one.needs),
        "needed_by": neighbours(&one.needed_by),
    })
}
