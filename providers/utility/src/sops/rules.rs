//! Which values of a file are sealed: all but those whose key ends in `_unencrypted`, where the file says nothing
//! else.

use regex::Regex;

use super::cipher::is_sealed;
use super::node::{Leaf, Node, Scalar};
use super::problem::{Problem, invalid};

/// What decides, by the keys that lead to a value.
pub(super) enum Rule {
    /// Sealed unless a key ends so.
    UnlessSuffix(String),
    /// Sealed where a key ends so.
    Suffix(String),
    /// Sealed unless this is found in a key.
    UnlessFound(Regex),
    /// Sealed where this is found in a key.
    Found(Regex),
    /// Comments decide. What is sealed can be seen, and is proved by the code of the whole file.
    Looks,
}

impl Rule {
    /// The rule of a file, from its metadata.
    pub(super) fn of(metadata: &Node) -> Result<Self, Problem> {
        let names = [
            "unencrypted_suffix",
            "encrypted_suffix",
            "unencrypted_regex",
            "encrypted_regex",
            "unencrypted_comment_regex",
            "encrypted_comment_regex",
        ];
        let text = |name: &'static str| metadata.get(name).and_then(Node::as_text).map(|text| (name, text));
        let given: Vec<_> = names.into_iter().filter_map(text).filter(|(_, text)| !text.is_empty()).collect();
        match given[..] {
            [] => Ok(Self::UnlessSuffix("_unencrypted".into())),
            [("unencrypted_suffix", suffix)] => Ok(Self::UnlessSuffix(suffix.into())),
            [("encrypted_suffix", suffix)] => Ok(Self::Suffix(suffix.into())),
            [(name @ "unencrypted_regex", pattern)] => compile(name, pattern).map(Self::UnlessFound),
            [(name @ "encrypted_regex", pattern)] => compile(name, pattern).map(Self::Found),
            [_] => Ok(Self::Looks),
            _ => invalid("more than one rule says which values are sealed"),
        }
    }

    /// Whether the value at the end of these keys is sealed.
    pub(super) fn is_sealed(&self, path: &[String], leaf: &Leaf) -> bool {
        match self {
            Self::UnlessSuffix(suffix) => !path.iter().any(|key| key.ends_with(suffix)),
            Self::Suffix(suffix) => path.iter().any(|key| key.ends_with(suffix)),
            Self::UnlessFound(pattern) => !path.iter().any(|key| pattern.is_match(key)),
            Self::Found(pattern) => path.iter().any(|key| pattern.is_match(key)),
            Self::Looks => matches!(&leaf.value, Scalar::Text(text) if is_sealed(text)),
        }
    }
}

fn compile(name: &str, pattern: &str) -> Result<Regex, Problem> {
    Regex::new(pattern).map_err(|_| Problem::invalid(format!("the pattern of {name} cannot be read")))
}
