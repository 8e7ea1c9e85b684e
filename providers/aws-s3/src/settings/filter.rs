//! Filters of objects by prefix and tags, where the API wants one condition by itself and several
//! together below an "and".

use aws_sdk_s3::types::Tag;
use evenkeel_model::Value;

use crate::shape;

/// What a filter says.
#[derive(Debug, PartialEq)]
pub enum Parts {
    /// One prefix, which may be empty: everything.
    Prefix(String),
    /// One tag.
    Tag(Tag),
    /// More than one condition.
    Several(Option<String>, Vec<Tag>),
}

/// The conditions of a block with `prefix` and `tags`.
pub fn parts(filter: &Value) -> Parts {
    let prefix = shape::text(filter, "prefix");
    let mut tags = shape::filter_tags(filter, "tags");
    match (prefix, tags.len()) {
        (None, 1) => tags.pop().map_or_else(|| Parts::Prefix(String::new()), Parts::Tag),
        (prefix, 0) => Parts::Prefix(prefix.unwrap_or_default()),
        (prefix, _) => Parts::Several(prefix, tags),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use evenkeel_model::Type;

    #[test]
    fn one_condition_stands_by_itself() {
        let filter = |prefix: &str, tags: &[(&str, &str)]| {
            let tags = tags.iter().map(|(key, value)| (*key, Value::string(value)));
            Value::object([("prefix", Value::string(prefix)), ("tags", Value::map(Type::String, tags))])
        };
        let tag = shape::tag("k", "v");
        for (value, expected) in [
            (filter("p/", &[]), Parts::Prefix("p/".into())),
            (filter("", &[]), Parts::Prefix(String::new())),
            (filter("", &[("k", "v")]), Parts::Tag(tag.clone())),
            (filter("p/", &[("k", "v")]), Parts::Several(Some("p/".into()), vec![tag.clone()])),
            (filter("", &[("k", "v"), ("l", "w")]), Parts::Several(None, vec![tag, shape::tag("l", "w")])),
        ] {
            assert_eq!(parts(&value), expected);
        }
    }
}
