//! Sensitive text that comes back at another place.
//!
//! A provider gets values without marks and may repeat them where nobody marked them: in an attribute
//! that merges others, in one that echoes its input. What repeats a sensitive value is not shown either;
//! for everything but showing it is what the provider says it is ([`Marks::ECHO`]).

use crate::value::{Kind, Marks, Value};

/// Shorter secrets are only recognised when they stand alone: as a part of other text they would
/// hide half of a plan and protect nothing.
const PART_LENGTH_MIN: usize = 6;

impl Value {
    /// The same value, with every text marked that repeats a sensitive text of `source` (as a whole,
    /// or as a part where it is long enough).
    pub fn with_echoes_marked(&self, source: &Self) -> Self {
        let mut secrets = Vec::new();
        collect(source, false, &mut secrets);
        secrets.sort();
        secrets.dedup();
        if secrets.is_empty() {
            return self.clone();
        }
        self.map_bottom_up(&mut |value| match value.as_str() {
            Some(text) if !value.is_sensitive() && secrets.iter().any(|secret| repeats(text, secret)) => {
                value.with_marks(Marks::ECHO)
            }
            _ => value,
        })
    }
}

fn repeats(text: &str, secret: &str) -> bool {
    text == secret || (secret.len() >= PART_LENGTH_MIN && text.contains(secret))
}

fn collect(value: &Value, inside: bool, secrets: &mut Vec<String>) {
    let inside = inside || value.is_sensitive();
    match value.kind() {
        Kind::String(text) if inside && !text.is_empty() => secrets.push(text.to_string()),
        Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => {
            elements.iter().for_each(|element| collect(element, inside, secrets));
        }
        Kind::Map(_, entries) | Kind::Object(entries) => {
            entries.values().for_each(|value| collect(value, inside, secrets));
        }
        Kind::String(_) | Kind::Unknown(..) | Kind::Null(_) | Kind::Bool(_) | Kind::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Type;

    #[test]
    fn a_secret_is_found_wherever_it_is_repeated() {
        let map = |text: &str| Value::map(Type::String, [("k", Value::string(text))]);
        let source = Value::object([(
            "tags",
            Value::map(Type::String, [("k", Value::string("hunter22").sensitive())]),
        )]);
        let value = Value::object([
            ("whole", map("hunter22")),
            ("part", map("user:hunter22@host")),
            ("other", map("public")),
        ]);
        let marked = value.with_echoes_marked(&source);
        let echo = |value: &Value| value.marks() == Marks::ECHO;
        assert!(echo(marked.get("whole").unwrap().get("k").unwrap()));
        assert!(echo(marked.get("part").unwrap().get("k").unwrap()));
        assert!(marked.get("other").unwrap().all_marks().is_empty());
        let short = Value::string("a").sensitive();
        assert!(echo(&Value::string("a").with_echoes_marked(&short)));
        assert!(!echo(&Value::string("banana").with_echoes_marked(&short)));
    }
}
