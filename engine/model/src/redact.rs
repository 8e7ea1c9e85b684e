//! Keeps sensitive text out of messages. A provider's error often quotes the request; the request
//! may hold a password.

use crate::diag::{Diagnostic, Diagnostics};
use crate::value::{Kind, Value};

/// What stands where something was taken out.
const REPLACEMENT: &str = "(sensitive value)";

/// Shorter texts occur in messages by chance; taking them out would garble without hiding.
const LENGTH_MIN: usize = 4;

/// A shorter part of an address is a common word.
const PART_LENGTH_MIN: usize = 6;

/// The longest message that goes into the journal or a diagnostic, in bytes.
const MESSAGE_MAX: usize = 4096;

/// The message without any sensitive text of `values`, cut to a sane length.
pub fn message<'a>(text: &str, values: impl IntoIterator<Item = &'a Value>) -> String {
    cut(without(text, &secrets(values)))
}

impl Diagnostics {
    /// The same without any sensitive text of `values`: what a provider says quotes what it was given, and
    /// it was given values without their marks.
    pub fn redacted<'a>(self, values: impl IntoIterator<Item = &'a Value>) -> Self {
        if self.0.is_empty() {
            return self;
        }
        let secrets = secrets(values);
        if secrets.is_empty() {
            return self;
        }
        let cleaned = self.0.into_iter().map(|diagnostic| Diagnostic {
            summary: without(&diagnostic.summary, &secrets),
            detail: without(&diagnostic.detail, &secrets),
            ..diagnostic
        });
        Self(cleaned.collect())
    }
}

/// The sensitive texts of some values, longer ones first.
fn secrets<'a>(values: impl IntoIterator<Item = &'a Value>) -> Vec<String> {
    let mut secrets = Vec::new();
    for value in values {
        collect(value, false, &mut secrets);
    }
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets
}

fn without(text: &str, secrets: &[String]) -> String {
    secrets.iter().fold(text.to_owned(), |text, secret| {
        let text = text.replace(secret, REPLACEMENT);
        // As messages quote texts.
        let quoted = format!("{secret:?}");
        match quoted.trim_matches('"') {
            quoted if quoted != secret => text.replace(quoted, REPLACEMENT),
            _ => text,
        }
    })
}

fn collect(value: &Value, inside: bool, secrets: &mut Vec<String>) {
    let sensitive = inside || !value.marks().is_empty();
    match value.kind() {
        Kind::String(text) if sensitive && text.len() >= LENGTH_MIN => {
            secrets.push(text.to_string());
            secrets.extend(parts_of_address(text));
        }
        Kind::Number(number) if sensitive => {
            let digits = number.to_string();
            if digits.len() >= LENGTH_MIN {
                secrets.push(digits);
            }
        }
        Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => {
            elements.iter().for_each(|element| collect(element, sensitive, secrets));
        }
        Kind::Map(_, entries) => entries.iter().for_each(|(key, entry)| {
            if sensitive && key.len() >= LENGTH_MIN {
                secrets.push(key.to_string());
            }
            collect(entry, sensitive, secrets);
        }),
        Kind::Object(entries) => {
            entries.values().for_each(|entry| collect(entry, sensitive, secrets));
        }
        Kind::String(_) | Kind::Number(_) | Kind::Unknown(..) | Kind::Null(_) | Kind::Bool(_) => {}
    }
}

/// Messages about an address quote the host, or a part of the path.
fn parts_of_address(text: &str) -> impl Iterator<Item = String> {
    let rest = text.split_once("://").map_or("", |(_, rest)| rest);
    let parts = rest.split(|char: char| "/:@?&=#".contains(char) || char.is_whitespace());
    parts.filter(|part| part.len() >= PART_LENGTH_MIN).map(str::to_owned)
}

fn cut(mut text: String) -> String {
    if text.len() > MESSAGE_MAX {
        let end = (0..=MESSAGE_MAX).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push_str(" ...");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sensitive_text_is_taken_out_wherever_it_stands() {
        let value = Value::object([
            ("password", Value::string("hunter22").sensitive()),
            ("tags", Value::tuple([Value::string("inside-secret")]).sensitive()),
            ("pin", Value::number(123_456).sensitive()),
            ("name", Value::string("visible")),
            ("short", Value::string("a").sensitive()),
        ]);
        assert_eq!(
            message("a visible thing: hunter22/inside-secret, 123456", [&value]),
            "a visible thing: (sensitive value)/(sensitive value), (sensitive value)"
        );
    }

    #[test]
    fn parts_of_an_address_and_quoted_texts_are_taken_out() {
        let value = Value::object([
            ("url", Value::string("https://user:hunter22@db.internal.example/x").sensitive()),
            ("text", Value::string("line\none").with_marks(crate::Marks::ECHO)),
            ("map", Value::map(crate::Type::String, [("a-secret-key", Value::string("x"))]).sensitive()),
        ]);
        let said = "db.internal.example refused hunter22 and \"line\\none\" for a-secret-key/x";
        let found = Diagnostics::from(Diagnostic::error("db.internal.example", said)).redacted([&value]);
        let hidden = "(sensitive value)";
        assert_eq!(found.0[0].summary, hidden);
        assert_eq!(found.0[0].detail, format!("{hidden} refused {hidden} and \"{hidden}\" for {hidden}/x"));
    }

    #[test]
    fn long_messages_are_cut_between_characters() {
        let text = "ä".repeat(MESSAGE_MAX);
        let cut = message(&text, []);
        assert!(cut.len() <= MESSAGE_MAX + 4 && cut.ends_with("ä ..."));
    }
}
