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
        let mut secrets = Secrets::default();
        collect(source, false, &mut secrets);
        secrets.texts.sort();
        secrets.texts.dedup();
        if secrets.texts.is_empty() && secrets.wholes.is_empty() {
            return self.clone();
        }
        self.map_bottom_up(&mut |value| match secrets.are_repeated_by(&value) {
            true => value.with_marks(Marks::ECHO),
            false => value,
        })
    }

    /// The `id` of an object, where it may be shown.
    pub fn visible_id(&self) -> Option<&str> {
        let id = self.get("id").filter(|id| self.marks().is_empty() && id.marks().is_empty())?;
        id.as_str()
    }
}

/// What must not be repeated.
#[derive(Default)]
struct Secrets {
    texts: Vec<String>,
    /// Numbers, and collections with keys, which may be secret as well: recognised as a whole. Without marks.
    wholes: Vec<Value>,
}

impl Secrets {
    fn are_repeated_by(&self, value: &Value) -> bool {
        match value.kind() {
            _ if value.is_sensitive() => false,
            Kind::String(text) => self.texts.iter().any(|secret| repeats(text, secret)),
            Kind::Number(_) | Kind::Map(..) | Kind::Object(_) if !self.wholes.is_empty() => {
                self.wholes.contains(&value.clone().unmark_deep().0)
            }
            _ => false,
        }
    }
}

fn repeats(text: &str, secret: &str) -> bool {
    text == secret || (secret.len() >= PART_LENGTH_MIN && text.contains(secret))
}

fn collect(value: &Value, inside: bool, secrets: &mut Secrets) {
    // What repeats a repetition is one as well.
    let inside = inside || value.is_sensitive() || value.marks().contains(Marks::ECHO);
    match value.kind() {
        Kind::String(text) if inside && !text.is_empty() => secrets.texts.push(text.to_string()),
        Kind::Number(number) if inside && number.to_string().len() >= PART_LENGTH_MIN => {
            secrets.wholes.push(value.clone().unmark().0);
        }
        Kind::Map(_, entries) | Kind::Object(entries) if inside && !entries.is_empty() => {
            secrets.wholes.push(value.clone().unmark_deep().0);
            entries.values().for_each(|value| collect(value, inside, secrets));
        }
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

    #[test]
    fn keys_and_numbers_are_found_where_the_whole_is_repeated() {
        let keyed = |key: &str| Value::object([(key, Value::string("no secret"))]);
        let source = Value::object([
            ("keyed", keyed("hunter22").sensitive()),
            ("pin", Value::number(123_456).sensitive()),
            ("port", Value::number(22).sensitive()),
        ]);
        let value = Value::object([
            ("again", Value::tuple([keyed("hunter22"), Value::number(123_456), Value::number(22)])),
            ("other", keyed("public")),
        ]);
        let marked = value.with_echoes_marked(&source);
        let again = marked.get("again").unwrap().as_elements().unwrap().to_vec();
        let echoes: Vec<bool> = again.iter().map(|value| value.marks() == Marks::ECHO).collect();
        assert_eq!(echoes, [true, true, false]);
        assert_eq!(marked.get("other").unwrap().marks(), Marks::NONE);
        assert_eq!(marked.marks(), Marks::NONE);
    }

    #[test]
    fn an_id_that_repeats_a_secret_is_not_shown() {
        let object = |id: Value| Value::object([("id", id)]);
        assert_eq!(object(Value::string("i-1")).visible_id(), Some("i-1"));
        assert_eq!(object(Value::string("i-1").with_marks(Marks::ECHO)).visible_id(), None);
        assert_eq!(object(Value::string("i-1")).sensitive().visible_id(), None);
        assert_eq!(Value::string("x").visible_id(), None);
    }
}
