//! Where sensitive values stand: Terraform's lists of steps beside the attributes, and marks inside of
//! encoded values.

use evenkeel_model::json;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// `get_attr` or `index`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The name, or the key with its type.
    pub value: Json,
}

impl Step {
    /// The step to an attribute.
    pub(super) fn attribute(name: &str) -> Self {
        Self { kind: "get_attr".into(), value: name.into() }
    }

    /// The step to an element of a map.
    pub(super) fn key(key: &str) -> Self {
        Self { kind: "index".into(), value: serde_json::json!({ "value": key, "type": "string" }) }
    }

    /// The step to an element of a list.
    pub(super) fn index(index: usize) -> Self {
        Self { kind: "index".into(), value: serde_json::json!({ "value": index, "type": "number" }) }
    }

    /// The name, key or number itself.
    fn word(&self) -> &Json {
        self.value.get("value").unwrap_or(&self.value)
    }
}

/// Marks what a path leads to as sensitive. Where the path leads nowhere (sets have no steps), the
/// nearest value on the way is marked: it may hold what is meant.
pub(super) fn mark(attributes: &mut Json, path: &[Step]) {
    if let [first, rest @ ..] = path
        && let Some(inside) = child(attributes, first)
    {
        mark_inside(inside, rest);
    }
}

fn mark_inside(node: &mut Json, path: &[Step]) {
    let [first, rest @ ..] = path else { return wrap(node) };
    // Looked for twice: a borrow that is given away in one arm cannot be used in the other.
    if child(node, first).is_none() {
        return wrap(node);
    }
    if let Some(inside) = child(node, first) {
        mark_inside(inside, rest);
    }
}

/// The element of an encoded value that a step leads to.
fn child<'a>(node: &'a mut Json, step: &Step) -> Option<&'a mut Json> {
    if node.get("?value").is_some() {
        return child(node.get_mut("?value")?, step);
    }
    match node {
        Json::Object(entries) => entries.get_mut(&json::escape_key(step.word().as_str()?)),
        Json::Array(elements) => elements.get_mut(usize::try_from(step.word().as_u64()?).ok()?),
        _ => None,
    }
}

fn wrap(node: &mut Json) {
    if node.get("?marks").is_some() {
        return;
    }
    let mut marked = Map::new();
    marked.insert("?marks".into(), serde_json::json!(["sensitive"]));
    marked.insert("?value".into(), node.take());
    *node = Json::Object(marked);
}
