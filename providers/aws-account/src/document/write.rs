//! Writing a policy document.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::{Document, Statement, Texts};

const LISTS: [&str; 4] = ["Action", "NotAction", "Resource", "NotResource"];
const PRINCIPALS: [&str; 2] = ["Principal", "NotPrincipal"];

impl Document {
    /// On several lines, indented by two.
    pub fn pretty(&self) -> String {
        escaped(&serde_json::to_string_pretty(self).unwrap_or_default())
    }

    /// On one line.
    pub fn compact(&self) -> String {
        escaped(&serde_json::to_string(self).unwrap_or_default())
    }
}

/// Characters that mean something in HTML are escaped; they stand in texts only.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        entry(&mut map, "Version", &self.version)?;
        entry(&mut map, "Id", &self.id)?;
        if !self.statements.is_empty() {
            map.serialize_entry("Statement", &self.statements)?;
        }
        map.end()
    }
}

fn entry<M: SerializeMap>(map: &mut M, name: &str, text: &str) -> Result<(), M::Error> {
    if text.is_empty() { Ok(()) } else { map.serialize_entry(name, text) }
}

impl Serialize for Statement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        entry(&mut map, "Sid", &self.sid)?;
        entry(&mut map, "Effect", &self.effect)?;
        for (name, texts) in LISTS.into_iter().zip(&self.lists) {
            if let Some(texts) = texts {
                map.serialize_entry(name, texts)?;
            }
        }
        for (name, principals) in PRINCIPALS.into_iter().zip(&self.principals) {
            if !principals.is_empty() {
                map.serialize_entry(name, &Principals(principals))?;
            }
        }
        if !self.conditions.is_empty() {
            map.serialize_entry("Condition", &conditions(self))?;
        }
        map.end()
    }
}

impl Serialize for Texts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(text) => serializer.serialize_str(text),
            Self::Many(texts) => texts.serialize(serializer),
        }
    }
}

/// Principals by kind; everybody is a star.
struct Principals<'a>(&'a [(String, Texts)]);

impl Serialize for Principals<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let [(kind, texts)] = self.0
            && kind == "*"
            && (*texts == Texts::One("*".into()) || *texts == Texts::Many(vec!["*".into()]))
        {
            return serializer.serialize_str("*");
        }
        let mut kinds: BTreeMap<&str, Texts> = BTreeMap::new();
        for (kind, texts) in self.0 {
            let joined = match kinds.remove(kind.as_str()) {
                None => backwards(texts.clone()),
                Some(before) => joined(before, backwards(texts.clone())),
            };
            kinds.insert(kind, joined);
        }
        kinds.serialize(serializer)
    }
}

fn backwards(texts: Texts) -> Texts {
    match texts {
        Texts::Many(mut texts) => {
            texts.sort_unstable_by(|a, b| b.cmp(a));
            Texts::Many(texts)
        }
        one => one,
    }
}

fn joined(a: Texts, b: Texts) -> Texts {
    let list = |texts| match texts {
        Texts::One(text) => vec![text],
        Texts::Many(texts) => texts,
    };
    Texts::Many([list(a), list(b)].concat())
}

/// Values stay in their order; one alone is a text.
fn conditions(statement: &Statement) -> BTreeMap<&str, BTreeMap<&str, Texts>> {
    let values = |values: &Vec<String>| match &values[..] {
        [one] => Texts::One(one.clone()),
        _ => Texts::Many(values.clone()),
    };
    statement
        .conditions
        .iter()
        .map(|(test, keys)| {
            (test.as_str(), keys.iter().map(|(key, list)| (key.as_str(), values(list))).collect())
        })
        .collect()
}
