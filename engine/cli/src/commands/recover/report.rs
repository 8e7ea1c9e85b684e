//! What a search has found, and what on both sides it could not match.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use evenkeel_model::InstanceAddress;
use serde_json::{Value as Json, json};

use super::search::{Found, Search, missing};
use crate::flow::planning::Planned;

/// What there is to say.
pub struct Report {
    found: Vec<(InstanceAddress, Found)>,
    /// Instances without an object, and why.
    missing: Vec<(InstanceAddress, String)>,
    /// Objects that a run of Evenkeel made, and that are no instance: type, identifier, name.
    left: Vec<(String, String, Option<String>)>,
    /// Types that could not be listed, and why.
    problems: Vec<(String, String)>,
}

impl Report {
    pub fn of(planned: &Planned, search: &Search, found: &BTreeMap<InstanceAddress, Found>) -> Self {
        let missing = missing(planned).map(|change| {
            let kind = (change.provider.clone(), change.address.resource.kind.clone());
            let objects = search.objects.get(&kind);
            let why = match (search.doubtful.get(&change.address), objects) {
                (Some(others), _) => format!("it may be each of {}", others.join(", ")),
                (None, Some(objects)) if objects.problem.is_some() => {
                    "its type could not be listed".to_owned()
                }
                (None, Some(objects)) if objects.can_be_found => "no object fits".to_owned(),
                (None, _) => "objects of its type cannot be listed, and it has no natural key".to_owned(),
            };
            (change.address.clone(), why)
        });
        let taken: BTreeSet<(&str, &str)> =
            found.iter().map(|(address, found)| (&*address.resource.kind, &*found.id)).collect();
        let left = search.objects.iter().flat_map(|((_, kind), objects)| {
            let ours = objects.listed.iter().filter(|object| object.token.is_some());
            let free = ours.filter(|object| !taken.contains(&(&**kind, object.import_id())));
            free.map(|object| (kind.to_string(), object.import_id().to_owned(), object.name.clone()))
        });
        let problems = search
            .objects
            .iter()
            .filter_map(|((_, kind), objects)| Some((kind.to_string(), objects.problem.clone()?)));
        Self {
            found: found.iter().map(|(address, found)| (address.clone(), found.clone())).collect(),
            missing: missing.collect(),
            left: left.collect(),
            problems: problems.collect(),
        }
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut out = String::new();
        section(&mut out, "Found, to be remembered again:", &self.found, |(address, found)| {
            format!("{address}  {}  ({})", found.id, found.why.as_str())
        });
        section(&mut out, "Declared and not found; the next apply would make them:", &self.missing, |it| {
            format!("{}: {}", it.0, it.1)
        });
        section(&mut out, "Made by Evenkeel, and no instance of this configuration:", &self.left, |it| {
            let name = it.2.as_ref().filter(|name| **name != it.1);
            format!("{}  {}{}", it.0, it.1, name.map(|name| format!("  {name:?}")).unwrap_or_default())
        });
        section(&mut out, "Could not be listed:", &self.problems, |it| format!("{}: {}", it.0, it.1));
        if out.is_empty() {
            return "Everything that the configuration declares is remembered.\n".to_owned();
        }
        out
    }

    /// For programs.
    pub fn document(&self) -> Json {
        let found = self.found.iter().map(|(address, found)| {
            json!({"address": address.to_string(), "id": found.id, "evidence": found.why.as_str()})
        });
        let missing =
            self.missing.iter().map(|(address, why)| json!({"address": address.to_string(), "reason": why}));
        let left = self.left.iter().map(|(kind, id, name)| json!({"type": kind, "id": id, "name": name}));
        let problems = self.problems.iter().map(|(kind, error)| json!({"type": kind, "error": error}));
        json!({
            "format_version": "1.0",
            "found": found.collect::<Vec<_>>(),
            "missing": missing.collect::<Vec<_>>(),
            "left": left.collect::<Vec<_>>(),
            "problems": problems.collect::<Vec<_>>(),
        })
    }
}

fn section<T>(out: &mut String, title: &str, entries: &[T], line: impl Fn(&T) -> String) {
    if entries.is_empty() {
        return;
    }
    let gap = if out.is_empty() { "" } else { "\n" };
    let _ = writeln!(out, "{gap}{title}");
    for entry in entries {
        let _ = writeln!(out, "  - {}", line(entry));
    }
}
