//! Policy documents: from blocks and from JSON, merged, and written the way the public provider
//! writes them: members in a fixed order, one text instead of a list of one, lists of names
//! backwards, and characters of HTML escaped.

mod parse;
#[cfg(test)]
mod tests;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use evenkeel_model::Value;

/// The version that has no policy variables.
const OLD_VERSION: &str = "2008-10-17";
/// The version where none is set.
const VERSION: &str = "2012-10-17";

/// One text or several: both are written as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Texts {
    /// A text.
    One(String),
    /// A list.
    Many(Vec<String>),
}

/// One statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statement {
    sid: String,
    effect: String,
    /// `Action`, `NotAction`, `Resource`, `NotResource`.
    lists: [Option<Texts>; 4],
    /// `Principal`, `NotPrincipal`.
    principals: [Vec<(String, Texts)>; 2],
    /// Values by test and key.
    conditions: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

/// A policy document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    version: String,
    id: String,
    statements: Vec<Statement>,
}

/// Why a document cannot be written.
#[derive(Debug, PartialEq, Eq)]
pub struct Wrong(String);

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Document {
    /// The document that a data source's configuration describes: the sources, what is declared
    /// itself, and what overrides it.
    pub fn of_config(config: &Value) -> Result<Self, Wrong> {
        for unused in ["override_json", "source_json"] {
            if config.get_str(unused).is_some_and(|text| !text.is_empty()) {
                return Err(Wrong(format!("{unused} is not used any more; set {}", replacement(unused))));
            }
        }
        let mut merged = Self::default();
        let mut seen = BTreeSet::new();
        for (index, text) in texts_of(config, "source_policy_documents").into_iter().enumerate() {
            let source = parse::document(text)
                .map_err(|why| Wrong(format!("merging source document {index}: {why}")))?;
            for (statement, sid) in source.statements.iter().map(|statement| &statement.sid).enumerate() {
                if !sid.is_empty() && !seen.insert(sid.clone()) {
                    return Err(Wrong(format!(
                        "merging source document {index}: duplicate Sid ({sid}) in source_policy_documents (statement \
                         {statement}). Remove the Sid or ensure Sids are unique"
                    )));
                }
            }
            merged.merge(source);
        }
        merged.merge(Self::declared(config)?);
        for (index, text) in texts_of(config, "override_policy_documents").into_iter().enumerate() {
            let over = parse::document(text)
                .map_err(|why| Wrong(format!("merging override document {index}: {why}")))?;
            merged.merge(over);
        }
        Ok(merged)
    }

    /// What the blocks say.
    fn declared(config: &Value) -> Result<Self, Wrong> {
        let version = config.get_str("version").unwrap_or(VERSION);
        let mut seen = BTreeSet::new();
        let mut statements = Vec::new();
        for block in blocks_of(config, "statement") {
            let statement = statement(block, version)?;
            if !statement.sid.is_empty() && !seen.insert(statement.sid.clone()) {
                let sid = statement.sid;
                return Err(Wrong(format!(
                    "duplicate Sid ({sid}). Remove the Sid or ensure the Sid is unique"
                )));
            }
            statements.push(statement);
        }
        let id = config.get_str("policy_id").unwrap_or_default();
        Ok(Self { version: version.to_owned(), id: id.to_owned(), statements })
    }

    /// Takes another document in: its statements replace those with the same Sid.
    fn merge(&mut self, other: Self) {
        if !other.id.is_empty() {
            self.id = other.id;
        }
        if other.version > self.version {
            self.version = other.version;
        }
        for statement in other.statements {
            let same = |known: &&mut Statement| !statement.sid.is_empty() && known.sid == statement.sid;
            match self.statements.iter_mut().find(same) {
                Some(known) => *known = statement,
                None => self.statements.push(statement),
            }
        }
    }
}

fn replacement(unused: &str) -> &'static str {
    match unused {
        "override_json" => "override_policy_documents",
        _ => "source_policy_documents",
    }
}

fn statement(block: &Value, version: &str) -> Result<Statement, Wrong> {
    let names = |name: &str| names(&texts_of(block, name));
    let with_variables = |name: &str| {
        names(name)
            .map(|texts| variables(texts, version))
            .transpose()
            .map_err(|why| Wrong(format!("reading {name}: {why}")))
    };
    Ok(Statement {
        sid: block.get_str("sid").unwrap_or_default().to_owned(),
        effect: block.get_str("effect").unwrap_or("Allow").to_owned(),
        lists: [
            names("actions"),
            names("not_actions"),
            with_variables("resources")?,
            with_variables("not_resources")?,
        ],
        principals: [
            principals(block, "principals", version)?,
            principals(block, "not_principals", version)?,
        ],
        conditions: conditions(block, version)?,
    })
}

/// Names are written backwards; one alone as a text.
fn names(texts: &[&str]) -> Option<Texts> {
    let mut texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    texts.sort_unstable_by(|a, b| b.cmp(a));
    match texts.len() {
        0 => None,
        1 => texts.pop().map(Texts::One),
        _ => Some(Texts::Many(texts)),
    }
}

/// Variables of policies are written `&{name}` in configuration, because `${name}` is its own.
fn variable(text: &str, version: &str) -> Result<String, String> {
    if version == OLD_VERSION && text.contains("&{") {
        return Err(format!(
            "found &{{ sequence in ({text}), which is not supported in document version {OLD_VERSION}"
        ));
    }
    Ok(text.replace("&{", "${"))
}

fn variables(texts: Texts, version: &str) -> Result<Texts, String> {
    match texts {
        Texts::One(text) => variable(&text, version).map(Texts::One),
        Texts::Many(texts) => {
            texts.iter().map(|text| variable(text, version)).collect::<Result<_, _>>().map(Texts::Many)
        }
    }
}

fn principals(block: &Value, name: &str, version: &str) -> Result<Vec<(String, Texts)>, Wrong> {
    let one = |block: &Value| {
        let kind = block.get_str("type").unwrap_or_default().to_owned();
        let identifiers = names(&texts_of(block, "identifiers")).unwrap_or(Texts::Many(Vec::new()));
        let identifiers = variables(identifiers, version);
        identifiers.map(|texts| (kind, texts)).map_err(|why| Wrong(format!("reading {name}: {why}")))
    };
    blocks_of(block, name).iter().map(one).collect()
}

fn conditions(
    block: &Value,
    version: &str,
) -> Result<BTreeMap<String, BTreeMap<String, Vec<String>>>, Wrong> {
    let mut found: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for condition in blocks_of(block, "condition") {
        let test = condition.get_str("test").unwrap_or_default().to_owned();
        let key = condition.get_str("variable").unwrap_or_default().to_owned();
        let values = found.entry(test).or_default().entry(key).or_default();
        for text in texts_of(condition, "values") {
            values.push(variable(text, version).map_err(|why| Wrong(format!("reading condition: {why}")))?);
        }
    }
    Ok(found)
}

fn blocks_of<'a>(object: &'a Value, name: &str) -> &'a [Value] {
    object.get(name).and_then(Value::as_elements).unwrap_or_default()
}

fn texts_of<'a>(object: &'a Value, name: &str) -> Vec<&'a str> {
    blocks_of(object, name).iter().filter_map(Value::as_str).collect()
}
