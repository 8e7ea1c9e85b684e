//! Tags: `tags`, `tags_all`, `default_tags`, `ignore_tags` and the ownership tag.
//!
//! The ownership tag says which create call made an object. It is written in that call, is never
//! shown and never removed: every key that starts with [`RESERVED_PREFIX`] is invisible to
//! configuration, plans and state.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::value::Kind;
use evenkeel_model::{Diagnostic, Diagnostics, Type, Value};

/// Keys that start so belong to this program.
pub const RESERVED_PREFIX: &str = "evenkeel:";
/// The key of the ownership tag.
pub const OWNER_KEY: &str = "evenkeel:token";
/// Keys that start so belong to AWS.
const AWS_PREFIX: &str = "aws:";

/// Tags by key.
pub type Tags = BTreeMap<String, String>;

/// Which tags the provider block adds and which it overlooks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagPolicy {
    /// Put on everything.
    pub default_tags: Tags,
    /// Left alone.
    pub ignore_tags: IgnoreTags,
}

/// Tags that somebody else looks after.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IgnoreTags {
    /// By whole key.
    pub keys: Vec<String>,
    /// By the start of the key.
    pub key_prefixes: Vec<String>,
}

impl IgnoreTags {
    /// Whether this key is left alone.
    pub fn matches(&self, key: &str) -> bool {
        self.keys.iter().any(|ignored| ignored == key)
            || self.key_prefixes.iter().any(|prefix| key.starts_with(prefix.as_str()))
    }
}

/// Whether configuration and state may know this key.
pub fn is_visible(key: &str) -> bool {
    !key.starts_with(RESERVED_PREFIX) && !key.starts_with(AWS_PREFIX)
}

impl TagPolicy {
    /// Reads `default_tags` and `ignore_tags` of a wholly known provider block.
    pub fn from_config(config: &Value) -> Self {
        let texts = |value: Option<&Value>| {
            let elements = value.and_then(Value::as_elements).unwrap_or_default();
            elements.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let ignore = first_block(config, "ignore_tags");
        Self {
            default_tags: first_block(config, "default_tags")
                .and_then(|block| block.get("tags"))
                .map(from_value)
                .unwrap_or_default(),
            ignore_tags: IgnoreTags {
                keys: texts(ignore.and_then(|block| block.get("keys"))),
                key_prefixes: texts(ignore.and_then(|block| block.get("key_prefixes"))),
            },
        }
    }

    /// `tags` and `tags_all` of an object on which `found` was seen. `known` is the object as it is
    /// remembered or planned: a default tag counts as the object's own only if it stands there.
    pub fn observed(&self, found: &Tags, known: &Value) -> (Value, Value) {
        let all: Tags = found
            .iter()
            .filter(|(key, _)| is_visible(key) && !self.ignore_tags.matches(key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let configured = known.get("tags").and_then(Value::as_entries);
        let is_configured = |key: &str| configured.is_some_and(|tags| tags.contains_key(key));
        let own: Tags = all
            .iter()
            .filter(|(key, value)| self.default_tags.get(*key) != Some(*value) || is_configured(key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let own = match own.is_empty() && configured.is_none() {
            true => Value::null(tags_type()),
            false => to_value(&own),
        };
        (own, to_value(&all))
    }
}

fn first_block<'a>(config: &'a Value, name: &str) -> Option<&'a Value> {
    config.get(name).and_then(Value::as_elements).and_then(<[Value]>::first)
}

fn tags_type() -> Type {
    Type::map(Type::String)
}

/// The tags of a map value; what is null or unknown is left out.
pub fn from_value(value: &Value) -> Tags {
    let entries = value.as_entries().into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.to_string(), value.as_str()?.to_owned()))).collect()
}

/// Tags as a map value.
pub fn to_value(tags: &Tags) -> Value {
    Value::map(Type::String, tags.iter().map(|(key, value)| (key.as_str(), Value::string(value))))
}

/// The tags that a create call sets: all that are planned, and the ownership tag.
pub fn for_create(planned: &Value, token: &str) -> Tags {
    let mut tags = planned.get("tags_all").map(from_value).unwrap_or_default();
    tags.insert(OWNER_KEY.into(), token.into());
    tags
}

/// What has to be done to get from one set of tags to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagChange {
    /// To be written.
    pub set: Tags,
    /// To be removed.
    pub remove: Vec<String>,
}

impl TagChange {
    /// Whether nothing has to be done.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.remove.is_empty()
    }
}

/// The change between `tags_all` of two values of an object.
pub fn change(prior: &Value, planned: &Value) -> TagChange {
    let all = |value: &Value| value.get("tags_all").map(from_value).unwrap_or_default();
    let (old, new) = (all(prior), all(planned));
    TagChange {
        remove: old.keys().filter(|key| !new.contains_key(*key) && is_visible(key)).cloned().collect(),
        set: new.into_iter().filter(|(key, value)| old.get(key) != Some(value)).collect(),
    }
}

/// `tags_all` as it will be: the provider's default tags under the object's own; as unknown as the
/// parts that decide it.
pub fn planned_all(provider_config: &Value, config: &Value) -> Value {
    let ty = tags_type();
    let unknown = || Value::unknown(ty.clone());
    let default_blocks = provider_config.get("default_tags");
    if default_blocks.is_some_and(Value::is_unknown) {
        return unknown();
    }
    let default = first_block(provider_config, "default_tags").and_then(|block| block.get("tags"));
    let own = config.get("tags");
    if [default, own].into_iter().flatten().any(Value::is_unknown) {
        return unknown();
    }
    let ignore = first_block(provider_config, "ignore_tags");
    if ignore.is_some_and(|block| !block.is_wholly_known()) {
        return unknown();
    }
    let ignore = TagPolicy::from_config(provider_config).ignore_tags;
    let mut all: BTreeMap<Arc<str>, Value> = BTreeMap::new();
    for entries in [default, own].into_iter().flatten().filter_map(Value::as_entries) {
        all.extend(entries.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    all.retain(|key, value| !value.is_null() && !ignore.matches(key));
    Value::from(Kind::Map(Type::String, all.into()))
}

/// Refuses keys that configuration may not use.
pub fn validate(config: &Value) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    let keys = config.get("tags").and_then(Value::as_entries).into_iter().flatten().map(|(key, _)| key);
    for key in keys.filter(|key| !is_visible(key)) {
        diagnostics.push(Diagnostic::error(
            "Reserved tag key",
            format!(
                "The tag key \"{key}\" starts with a prefix that is reserved: \"{AWS_PREFIX}\" for AWS, \
                 \"{RESERVED_PREFIX}\" for the marks by which interrupted creates are found again. Choose another key."
            ),
        ));
    }
    diagnostics
}

#[cfg(test)]
mod tests;
