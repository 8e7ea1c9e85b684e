//! Names that configuration leaves open: a prefix, and what follows from the token of the create
//! call, so that a repetition of the same step makes the same name.

use evenkeel_model::Value;

/// How many characters follow the prefix, as with the public provider.
pub const SUFFIX_LENGTH: usize = 26;
/// The prefix where none is given.
const GENERATED: &str = "terraform-";

/// The configured name, or one made from `name_prefix` and the token.
pub fn chosen(planned: &Value, token: &str) -> String {
    chosen_below(planned, token, GENERATED)
}

/// The same with another prefix where none is given.
pub fn chosen_below(planned: &Value, token: &str, default: &str) -> String {
    if let Some(name) = planned.get_str("name").filter(|name| !name.is_empty()) {
        return name.to_owned();
    }
    let prefix = planned.get_str("name_prefix").filter(|prefix| !prefix.is_empty()).unwrap_or(default);
    let suffix = token.chars().filter(char::is_ascii_alphanumeric).take(SUFFIX_LENGTH);
    format!("{prefix}{}", suffix.collect::<String>().to_lowercase())
}

/// The prefix that a name was made from, or nothing.
pub fn prefix_of(name: &str, known: &Value) -> String {
    if let Some(prefix) = known.get_str("name_prefix").filter(|prefix| name.starts_with(prefix)) {
        return prefix.to_owned();
    }
    let generated = name.strip_prefix(GENERATED).is_some_and(|suffix| {
        suffix.len() == SUFFIX_LENGTH && suffix.chars().all(|c| c.is_ascii_alphanumeric())
    });
    if generated { GENERATED.to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use evenkeel_model::Type;

    use super::*;

    #[test]
    fn a_name_follows_from_what_is_given() {
        let planned = |name: Option<&str>, prefix: Option<&str>| {
            let text = |text: Option<&str>| text.map_or_else(|| Value::unknown(Type::String), Value::string);
            Value::object([("name", text(name)), ("name_prefix", text(prefix))])
        };
        let token = "0123456789abcdef0123456789abcdef";
        assert_eq!(chosen(&planned(Some("a"), None), token), "a");
        assert_eq!(chosen(&planned(None, Some("app-")), token), "app-0123456789abcdef0123456789");
        let generated = chosen(&planned(None, None), token);
        assert_eq!(generated, "terraform-0123456789abcdef0123456789");
        assert_eq!(prefix_of(&generated, &planned(None, None)), "terraform-");
        assert_eq!(prefix_of("app-1", &planned(None, Some("app-"))), "app-");
        assert_eq!(prefix_of("app-1", &planned(None, None)), "");
    }
}
