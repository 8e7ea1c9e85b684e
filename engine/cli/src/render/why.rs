//! The reasons of a change: one quiet line for people, objects for machines.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::{InstanceAddress, ResourceAddress, Timestamp};
use evenkeel_plan::reasons::{Place, Reason, Why};
use evenkeel_source::{CommitInfo, LineOrigin};
use serde_json::{Value as Json, json};

use super::text;

/// So many reasons are told in one line.
const TOLD_MAX: usize = 3;

/// So many objects are named in one line.
const NAMED_MAX: usize = 5;

/// A reason, and where it comes from as far as that is known.
#[derive(Clone, Debug)]
pub struct Told {
    /// What it is.
    pub reason: Reason,
    /// Of its places the one that counts.
    pub place: Option<Place>,
    /// The line there that counts.
    pub line: u32,
    /// What brought that line.
    pub origin: Option<LineOrigin>,
    /// What gives the value, where that is no file.
    pub given: Option<Arc<str>>,
}

/// What there is to say about the changes of a plan.
#[derive(Clone, Debug, Default)]
pub struct Whys {
    /// The reasons of each change, in the order of the plan.
    pub changes: Vec<Vec<Told>>,
    /// By resource, what is replaced because it is.
    pub followers: BTreeMap<ResourceAddress, Vec<InstanceAddress>>,
}

impl Whys {
    /// The reasons of a change, by its place in the plan.
    pub fn of(&self, change: usize) -> &[Told] {
        self.changes.get(change).map_or(&[], Vec::as_slice)
    }
}

/// One line about the reasons of a change; nothing where the rest of the plan says it all.
pub(super) fn line(reasons: &[Told]) -> Option<String> {
    let all: Vec<String> = reasons.iter().filter_map(words).collect();
    let more = all.len().saturating_sub(TOLD_MAX);
    let told = all.iter().take(TOLD_MAX).cloned().collect::<Vec<_>>().join("; ");
    match (told.is_empty(), more) {
        (true, _) => None,
        (false, 0) => Some(told),
        (false, more) => Some(format!("{told}; and {more} more")),
    }
}

/// What is replaced because something else is, in one line.
pub(super) fn following(followers: &[InstanceAddress]) -> String {
    format!("its replacement also replaces {}", listed(followers))
}

fn listed<'a, T: ToString + 'a>(all: impl IntoIterator<Item = &'a T, IntoIter: ExactSizeIterator>) -> String {
    let all = all.into_iter();
    let total = all.len();
    let named: Vec<String> = all.take(NAMED_MAX).map(|item| text::line(&item.to_string())).collect();
    match total.saturating_sub(NAMED_MAX) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// A reason in words.
pub(super) fn words(told: &Told) -> Option<String> {
    let names: Vec<&str> = told.reason.attributes.iter().map(|name| &**name).collect();
    let subject = if names.is_empty() { String::new() } else { format!("{}: ", names.join(", ")) };
    let place = place(told);
    Some(match &told.reason.why {
        Why::Configuration if is_plain(told) => return None,
        Why::Configuration => format!("{subject}{}", place?),
        Why::Unset => format!("{subject}not set any more at {}", place?),
        Why::ProviderDefault => format!("{subject}the provider gives another value by default"),
        Why::Drift => format!("{subject}changed outside"),
        Why::DeletedOutside => "deleted outside".to_owned(),
        Why::Dependency(resources) => format!("{subject}follows from {}", listed(resources)),
        Why::Trigger(resources) => format!("replace_triggered_by {}", listed(resources)),
        Why::Added if told.origin.is_none() => return None,
        Why::Added => format!("added at {}", place?),
        Why::Removed if told.place.is_none() => format!("removed {}", removal_words(told)?),
        Why::Removed => format!("removed at {}", place?),
        Why::Moved => format!("moved at {}", place?),
        Why::Imported => format!("imported at {}", place?),
        Why::Requested | Why::Tainted | Why::LeftOver | Why::Destroy | Why::Check => return None,
    })
}

/// What a plan shows in other ways, in words.
pub(super) fn plain_words(told: &Told) -> Option<String> {
    let at = told.place.as_ref().map(|place| format!("{}:{}", text::line(&place.range.filename), told.line));
    let names: Vec<&str> = told.reason.attributes.iter().map(|name| &**name).collect();
    Some(match &told.reason.why {
        Why::Configuration if names.is_empty() => at?,
        Why::Configuration => format!("{}: {}", names.join(", "), at?),
        Why::Added => format!("added at {}", at?),
        Why::Removed => "removed from configuration".to_owned(),
        Why::Moved => "moved".to_owned(),
        Why::Imported => "imported".to_owned(),
        Why::Requested => "asked for with -replace".to_owned(),
        Why::Tainted => "its creation did not complete, or it was marked with taint".to_owned(),
        Why::LeftOver => "left over from a replacement that failed".to_owned(),
        Why::Destroy => "everything is destroyed".to_owned(),
        Why::Check => "a check reads it when everything else is done".to_owned(),
        Why::Unset => format!("{}: not set any more", names.join(", ")),
        Why::ProviderDefault | Why::Drift | Why::DeletedOutside | Why::Dependency(_) | Why::Trigger(_) => {
            return None;
        }
    })
}

/// What brought a line, in words.
pub(super) fn origin_words(told: &Told) -> Option<String> {
    match told.origin.as_ref()? {
        LineOrigin::Older => None,
        LineOrigin::Uncommitted => Some("not committed yet".to_owned()),
        LineOrigin::Commit { info, .. } => Some(commit_words(info)),
    }
}

/// What took a block out, in words.
fn removal_words(told: &Told) -> Option<String> {
    match told.origin.as_ref()? {
        LineOrigin::Older => None,
        LineOrigin::Uncommitted => Some("and not committed yet".to_owned()),
        LineOrigin::Commit { info, .. } => Some(commit_words(info)),
    }
}

/// Whether there is nothing to say but where the attribute stands.
fn is_plain(told: &Told) -> bool {
    let own = told.place.as_ref().is_none_or(|place| place.what.is_empty());
    told.origin.is_none() && told.given.is_none() && own
}

/// `local.size at main.tf:2, in 3f2a1b9c by Ada on 2026-11-20 ("raise it")`
fn place(told: &Told) -> Option<String> {
    if let Some(given) = &told.given {
        return Some(format!("given by {}", text::line(given)));
    }
    let place = told.place.as_ref()?;
    let at = format!("{}:{}", text::line(&place.range.filename), told.line);
    let what = if place.what.is_empty() { at } else { format!("{} at {at}", text::line(&place.what)) };
    Some(match origin_words(told) {
        None => what,
        Some(origin) => format!("{what}, {origin}"),
    })
}

fn commit_words(commit: &CommitInfo) -> String {
    let author = commit.author.split(" <").next().unwrap_or_default();
    let subject = text::quote_plain(&commit.subject);
    let id = commit.id.get(..8).unwrap_or(&commit.id);
    format!("in {id} by {} on {} ({subject})", text::line(author), day(commit.time))
}

fn day(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0)
        .map_or_else(|_| at.0.to_string(), |at| at.strftime("%Y-%m-%d").to_string())
}

/// The reasons of a change for machines.
pub fn objects(reasons: &[Told]) -> Json {
    reasons.iter().map(object).collect()
}

fn object(told: &Told) -> Json {
    let reason = &told.reason;
    let mut out = json!({ "kind": reason.why.as_str() });
    if !reason.attributes.is_empty() {
        out["attributes"] = json!(reason.attributes);
    }
    if let Some(resources) = reason.why.resources() {
        out["resources"] = resources.iter().map(|resource| json!(resource.to_string())).collect();
    }
    if let Some(given) = &told.given {
        out["given_by"] = json!(given);
    }
    if let Some(place) = &told.place {
        out["file"] = json!(place.range.filename);
        out["line"] = json!(told.line);
        if !place.what.is_empty() {
            out["expression"] = json!(place.what);
        }
    }
    match &told.origin {
        None => {}
        Some(LineOrigin::Older) => out["older"] = json!(true),
        Some(LineOrigin::Uncommitted) => out["uncommitted"] = json!(true),
        Some(LineOrigin::Commit { info: commit, .. }) => {
            out["commit"] = json!(commit.id);
            out["author"] = json!(commit.author);
            out["date"] =
                json!(jiff::Timestamp::from_millisecond(commit.time.0).map(|at| at.to_string()).ok());
            out["subject"] = json!(commit.subject);
        }
    }
    out
}
