//! What answers are made of: a tree of texts, lists and maps, written as XML in AWS's way.
//!
//! Objects keep their attributes in the same tree under the names that the API gives them, so that
//! an answer is a copy, a filter is a path, and the admin door can set whatever there is.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value as Json;

/// A piece of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Node {
    /// Nothing; it is not written.
    #[default]
    Absent,
    /// A text, a number or a flag.
    Text(String),
    /// Elements, each written as `item`.
    List(Vec<Self>),
    /// Named elements.
    Map(BTreeMap<Cow<'static, str>, Self>),
}

/// A map whose elements have the names given.
#[macro_export]
macro_rules! xml {
    ($($name:ident : $value:expr),* $(,)?) => {
        $crate::node::Node::map([$((stringify!($name), $crate::node::Node::from($value))),*])
    };
}

impl Node {
    /// A map; what is absent is left out.
    pub fn map(entries: impl IntoIterator<Item = (&'static str, Self)>) -> Self {
        let entries = entries.into_iter().filter(|(_, node)| *node != Self::Absent);
        Self::Map(entries.map(|(name, node)| (Cow::Borrowed(name), node)).collect())
    }

    /// The element at a path of names with `/` between them; no list on the way.
    pub fn get(&self, path: &str) -> Option<&Self> {
        path.split('/').try_fold(self, |node, name| match node {
            Self::Map(entries) => entries.get(name),
            _ => None,
        })
    }

    /// The text at a path; empty where there is none.
    pub fn text(&self, path: &str) -> &str {
        self.get(path).and_then(Self::as_text).unwrap_or_default()
    }

    /// Whether the flag at a path is on.
    pub fn is_true(&self, path: &str) -> bool {
        self.text(path) == "true"
    }

    /// The text itself.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The elements of the list at a path.
    pub fn items(&self, path: &str) -> &[Self] {
        match self.get(path) {
            Some(Self::List(items)) => items,
            _ => &[],
        }
    }

    /// All texts at a path, through every list on the way.
    pub fn texts<'a>(&'a self, path: &str, found: &mut Vec<&'a str>) {
        match self {
            Self::Text(text) if path.is_empty() => found.push(text),
            Self::List(items) => items.iter().for_each(|item| item.texts(path, found)),
            Self::Map(entries) => {
                let (name, rest) = path.split_once('/').unwrap_or((path, ""));
                if let Some(node) = entries.get(name) {
                    node.texts(rest, found);
                }
            }
            _ => {}
        }
    }

    /// Puts something at a path; an absent node removes what is there.
    pub fn set(&mut self, path: &str, value: impl Into<Self>) {
        let (name, rest) = path.split_once('/').unwrap_or((path, ""));
        if !matches!(self, Self::Map(_)) {
            *self = Self::Map(BTreeMap::new());
        }
        let Self::Map(entries) = self else { return };
        let value = value.into();
        if !rest.is_empty() {
            entries.entry(name.to_owned().into()).or_default().set(rest, value);
        } else if value == Self::Absent {
            entries.remove(name);
        } else {
            entries.insert(name.to_owned().into(), value);
        }
    }

    /// The list at a path, made where there is none.
    pub fn list_mut(&mut self, path: &str) -> &mut Vec<Self> {
        if !matches!(self.get(path), Some(Self::List(_))) {
            self.set(path, Self::List(Vec::new()));
        }
        let found = path.split('/').try_fold(self, |node, name| match node {
            Self::Map(entries) => entries.get_mut(name),
            _ => None,
        });
        match found {
            Some(Self::List(items)) => items,
            _ => unreachable!("the list was made above"),
        }
    }

    /// The same with the entries of another map.
    pub fn with(mut self, more: Self) -> Self {
        if let (Self::Map(entries), Self::Map(more)) = (&mut self, more) {
            entries.extend(more);
        }
        self
    }

    /// Writes the content of a map, or an element with this name.
    pub fn write(&self, name: &str, out: &mut String) {
        match self {
            Self::Absent => {}
            Self::Text(text) => {
                let _ = write!(out, "<{name}>");
                escape(text, out);
                let _ = write!(out, "</{name}>");
            }
            Self::List(items) => {
                let _ = write!(out, "<{name}>");
                items.iter().for_each(|item| item.write("item", out));
                let _ = write!(out, "</{name}>");
            }
            Self::Map(_) => {
                let _ = write!(out, "<{name}>");
                self.write_content(out);
                let _ = write!(out, "</{name}>");
            }
        }
    }

    /// Writes the entries of a map without an element around them.
    pub fn write_content(&self, out: &mut String) {
        if let Self::Map(entries) = self {
            entries.iter().for_each(|(name, node)| node.write(name, out));
        }
    }

    /// As the admin door shows it.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Absent => Json::Null,
            Self::Text(text) => text.as_str().into(),
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Map(entries) => {
                Json::Object(entries.iter().map(|(name, node)| (name.to_string(), node.to_json())).collect())
            }
        }
    }

    /// As the admin door takes it.
    pub fn from_json(json: &Json) -> Self {
        match json {
            Json::Null => Self::Absent,
            Json::String(text) => text.as_str().into(),
            Json::Array(items) => Self::List(items.iter().map(Self::from_json).collect()),
            Json::Object(entries) => Self::Map(
                entries.iter().map(|(name, json)| (name.clone().into(), Self::from_json(json))).collect(),
            ),
            other => other.to_string().into(),
        }
    }
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#13;"),
            c => out.push(c),
        }
    }
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&String> for Node {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Node {
    fn from(flag: bool) -> Self {
        Self::Text(flag.to_string())
    }
}

impl From<i64> for Node {
    fn from(number: i64) -> Self {
        Self::Text(number.to_string())
    }
}

impl From<Vec<Self>> for Node {
    fn from(items: Vec<Self>) -> Self {
        Self::List(items)
    }
}

impl<T: Into<Self>> From<Option<T>> for Node {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_written_as_xml() {
        let node = xml! { a: "x & <y>", b: vec![xml! { c: 1 }, xml! { c: true }], gone: None::<&str> };
        let mut out = String::new();
        node.write("r", &mut out);
        assert_eq!(
            out,
            "<r><a>x &amp; &lt;y&gt;</a><b><item><c>1</c></item><item><c>true</c></item></b></r>"
        );
        assert_eq!(Node::from_json(&node.to_json()), node);
    }

    #[test]
    fn paths_lead_through_maps_and_lists() {
        let mut node = xml! { set: vec![xml! { id: "one" }, xml! { id: "two" }] };
        let mut found = Vec::new();
        node.texts("set/id", &mut found);
        assert_eq!(found, ["one", "two"]);
        node.set("state/name", "running");
        assert_eq!(node.text("state/name"), "running");
        node.list_mut("more/list").push("x".into());
        assert_eq!(node.items("more/list"), [Node::from("x")]);
        node.set("state", Node::Absent);
        assert_eq!(node.get("state"), None);
    }
}
