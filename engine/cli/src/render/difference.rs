//! How two states of a stack differ: object by object as in a plan, then the outputs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use evenkeel_model::{InstanceAddress, Value};
use evenkeel_plan::OutputChange;
use evenkeel_state::{DeposedKey, Object, State};
use evenkeel_store::{Past, RunRow};
use serde_json::{Map, Value as Json, json};

use super::compare::{self, Noted};
use super::history::moment;
use super::json::{moment as json_moment, output_action, redacted, sensitive_flags};
use super::style::{Paint, Style};
use super::write::Writer;
use super::{Schemas, hide, plan, text};

/// One object that is not the same in both states.
#[derive(Clone, Debug, PartialEq)]
pub struct Different {
    /// Its address; the later one where it was moved.
    pub address: InstanceAddress,
    /// The address it had, where it was moved.
    pub moved_from: Option<InstanceAddress>,
    /// The key of a deposed object.
    pub deposed: Option<DeposedKey>,
    before: Option<Value>,
    after: Option<Value>,
}

impl Different {
    fn word(&self) -> &'static str {
        match (&self.before, &self.after) {
            (None, _) => "appeared",
            (Some(_), None) => "is gone",
            (Some(before), Some(after)) if before == after => "moved",
            (Some(_), Some(_)) => "changed",
        }
    }
}

/// A side of a comparison: the state, and the last run by then.
pub type Side<'a> = (&'a Past, Option<&'a RunRow>);

type Place = (InstanceAddress, Option<DeposedKey>);

/// The objects that differ, by address.
pub fn differences(before: &State, after: &State, schemas: Schemas<'_>) -> Vec<Different> {
    let (mut old, mut new) = (objects(before), objects(after));
    let mut found = Vec::new();
    let mut gone: BTreeMap<Place, &Object> = BTreeMap::new();
    let value =
        |place: &Place, object: &Object| hide::remembered(object, schemas(&place.0.resource).as_deref());
    for (place, object) in std::mem::take(&mut old) {
        match new.remove(&place) {
            None => drop(gone.insert(place, object)),
            Some(now) => {
                let (before, after) = (value(&place, object), value(&place, now));
                if before != after {
                    let (address, deposed) = place;
                    let (before, after) = (Some(before), Some(after));
                    found.push(Different { address, moved_from: None, deposed, before, after });
                }
            }
        }
    }
    for (place, object) in new {
        let from = moved_from(&gone, &place, object);
        let before = from.as_ref().and_then(|from| gone.remove(from)).map(|old| value(&place, old));
        let after = Some(value(&place, object));
        let (address, deposed) = place;
        found.push(Different { address, moved_from: from.map(|(from, _)| from), deposed, before, after });
    }
    found.extend(gone.into_iter().map(|(place, object)| {
        let before = Some(value(&place, object));
        Different { address: place.0, moved_from: None, deposed: place.1, before, after: None }
    }));
    found.sort_by(|a, b| (&a.address, a.deposed).cmp(&(&b.address, b.deposed)));
    found
}

fn objects(state: &State) -> BTreeMap<Place, &Object> {
    let instances = state.instances.iter();
    let all = instances.flat_map(|(address, instance)| {
        let current = instance.current.iter().map(|object| (None, object));
        let deposed = instance.deposed.iter().map(|(key, object)| (Some(*key), object));
        current.chain(deposed).map(move |(key, object)| ((address.clone(), key), object))
    });
    all.collect()
}

/// The object of the same type and identifier that is at its address no more.
fn moved_from(gone: &BTreeMap<Place, &Object>, place: &Place, object: &Object) -> Option<Place> {
    let id = object.id()?;
    let is_it = |(old, before): &(&Place, &&Object)| {
        old.0.resource.kind == place.0.resource.kind && before.id() == Some(id)
    };
    gone.iter().find(is_it).map(|(old, _)| old.clone())
}

/// The outputs that differ, with marks.
pub fn output_differences(before: &State, after: &State) -> BTreeMap<Arc<str>, OutputChange> {
    let value = |state: &State, name: &str| {
        let output = state.outputs.get(name)?;
        let value = hide::untyped(&output.value);
        Some(if output.sensitive { value.sensitive() } else { value })
    };
    let names = before.outputs.keys().chain(after.outputs.keys());
    let changes = names.filter(|name| before.outputs.get(*name) != after.outputs.get(*name)).map(|name| {
        let (before, after) = (value(before, name), value(after, name));
        let sensitive = [&before, &after].into_iter().flatten().any(Value::is_sensitive);
        (name.clone(), OutputChange { before, after, sensitive })
    });
    changes.collect()
}

/// How two states differ, for people.
pub fn difference(from: Side<'_>, to: Side<'_>, schemas: Schemas<'_>, style: Style) -> String {
    let different = differences(&from.0.state, &to.0.state, schemas);
    let outputs = output_differences(&from.0.state, &to.0.state);
    let mut out = format!("From {}\n  to {}\n", side(from), side(to));
    if different.is_empty() && outputs.is_empty() {
        out.push_str("\nNothing differs.\n");
        return out;
    }
    for one in &different {
        out.push('\n');
        object(&mut out, one, schemas, style);
    }
    if !outputs.is_empty() {
        let _ = write!(out, "\n{}", plan::output_changes(&outputs, style).trim_start_matches('\n'));
    }
    let count = |word: &str| different.iter().filter(|one| one.word() == word).count();
    let _ = writeln!(
        out,
        "\n{} {} appeared, {} changed, {} moved, {} gone.",
        style.paint(Paint::Bold, "Difference:"),
        count("appeared"),
        count("changed"),
        count("moved"),
        count("is gone"),
    );
    out
}

fn object(out: &mut String, one: &Different, schemas: Schemas<'_>, style: Style) {
    let resource = &one.address.resource;
    let mut heading = format!("  # {}", text::line(&one.address.to_string()));
    if let Some(key) = one.deposed {
        let _ = write!(heading, " (deposed object {key})");
    }
    let _ = write!(heading, " {}", one.word());
    if let Some(from) = &one.moved_from {
        let _ = write!(heading, " (from {})", text::line(&from.to_string()));
    }
    let _ = writeln!(out, "{}", style.paint(Paint::Bold, heading));
    if one.before != one.after {
        let schema = schemas(resource);
        let noted = Noted::default();
        let node = compare::objects(one.before.as_ref(), one.after.as_ref(), schema.as_deref(), &noted);
        let writer = Writer::changes(style);
        let (kind, name) = (text::quote(&resource.kind), text::quote(&resource.name));
        let _ =
            writeln!(out, "{}resource {kind} {name} {}", writer.symbol(node.action), writer.node(&node, 0));
    }
}

/// A side in a line: `serial 5 (2026-01-31 12:00:00 UTC, run 3, revision c0ffee)`.
pub fn side((past, run): Side<'_>) -> String {
    let mut out = format!("serial {} ({} UTC", past.state.serial, moment(past.at));
    if let Some(run) = run {
        let _ = write!(out, ", run {}, revision {}", run.id, text::line(&run.revision.to_string()));
    }
    out + ")"
}

/// How two states differ, for programs.
pub fn difference_json(from: Side<'_>, to: Side<'_>, schemas: Schemas<'_>) -> Json {
    let different = differences(&from.0.state, &to.0.state, schemas);
    let outputs = output_differences(&from.0.state, &to.0.state);
    let outputs: Map<String, Json> = outputs
        .iter()
        .map(|(name, change)| {
            let (before, after) = (change.before.as_ref(), change.after.as_ref());
            (name.to_string(), values(&[output_action(change)], before, after))
        })
        .collect();
    json!({
        "format_version": "1.0",
        "from": side_json(from),
        "to": side_json(to),
        "resource_changes": different.iter().map(different_json).collect::<Vec<_>>(),
        "output_changes": outputs,
    })
}

fn different_json(one: &Different) -> Json {
    let actions: &[&str] = match (&one.before, &one.after) {
        (None, _) => &["create"],
        (_, None) => &["delete"],
        (before, after) if before == after => &["no-op"],
        (Some(_), Some(_)) => &["update"],
    };
    let mut out = json!({
        "address": one.address.to_string(),
        "change": values(actions, one.before.as_ref(), one.after.as_ref()),
    });
    if let Some(from) = &one.moved_from {
        out["previous_address"] = json!(from.to_string());
    }
    if let Some(key) = one.deposed {
        out["deposed_key"] = json!(key.to_string());
    }
    out
}

fn values(actions: &[&str], before: Option<&Value>, after: Option<&Value>) -> Json {
    json!({
        "actions": actions,
        "before": before.map(redacted),
        "after": after.map(redacted),
        "before_sensitive": before.map(sensitive_flags),
        "after_sensitive": after.map(sensitive_flags),
    })
}

fn side_json((past, run): Side<'_>) -> Json {
    json!({
        "serial": past.state.serial,
        "at": json_moment(past.at),
        "run": run.map(|run| run.id),
        "revision": run.map(|run| &run.revision),
    })
}
