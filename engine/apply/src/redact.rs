//! Keeps sensitive text out of messages. A provider's error often quotes the request; the request
//! may hold a password.

use evenkeel_model::Value;
use evenkeel_model::value::Kind;

/// What stands where something was taken out.
const REPLACEMENT: &str = "(sensitive value)";

/// Shorter texts occur in messages by chance; taking them out would garble without hiding.
const LENGTH_MIN: usize = 4;

/// The longest message that goes into the journal or a diagnostic, in bytes.
const MESSAGE_MAX: usize = 4096;

/// The message without any sensitive text of `values`, cut to a sane length.
pub(crate) fn message<'a>(text: &str, values: impl IntoIterator<Item = &'a Value>) -> String {
    let mut secrets = Vec::new();
    for value in values {
        collect(value, false, &mut secrets);
    }
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    let cleaned = secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, REPLACEMENT));
    cut(cleaned)
}

fn collect(value: &Value, inside: bool, secrets: &mut Vec<String>) {
    let sensitive = inside || value.is_sensitive();
    match value.kind() {
        Kind::String(text) if sensitive && text.len() >= LENGTH_MIN => secrets.push(text.to_string()),
        Kind::Number(number) if sensitive => {
            let digits = number.to_string();
            if digits.len() >= LENGTH_MIN {
                secrets.push(digits);
            }
        }
        Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => {
            elements.iter().for_each(|element| collect(element, sensitive, secrets));
        }
        Kind::Map(_, entries) | Kind::Object(entries) => {
            entries.values().for_each(|entry| collect(entry, sensitive, secrets));
        }
        Kind::String(_) | Kind::Number(_) | Kind::Unknown(..) | Kind::Null(_) | Kind::Bool(_) => {}
    }
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
    fn long_messages_are_cut_between_characters() {
        let text = "ä".repeat(MESSAGE_MAX);
        let cut = message(&text, []);
        assert!(cut.len() <= MESSAGE_MAX + 4 && cut.ends_with("ä ..."));
    }
}
