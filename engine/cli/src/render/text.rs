//! Text on its way to a terminal: nothing in it may move the cursor, change colours or reorder what
//! was written before. Names and messages from clouds are as untrusted as a stranger's file.

/// Whether a terminal would do something else than show the character.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn push_escaped(out: &mut String, c: char) {
    out.push_str(&format!("\\u{:04x}", c as u32));
}

/// Whether nothing in the text has to be escaped, as in nearly all texts.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

/// One line of text with everything unprintable escaped; line breaks too.
pub(super) fn line(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_unprintable(c) => push_escaped(&mut out, c),
            c => out.push(c),
        }
    }
    out
}

/// Several lines of text with everything unprintable escaped; line breaks and tabs stay.
pub(super) fn lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            c if is_unprintable(c) => push_escaped(&mut out, c),
            c => out.push(c),
        }
    }
    out
}

/// Text as an HCL quoted string.
pub(super) fn quote(text: &str) -> String {
    line(&evenkeel_model::address::quote(text))
}

/// Text in quotes as Terraform prints values: nothing in it is a template.
pub(super) fn quote_plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            c if c.is_ascii_control() => out.push_str(&format!("\\x{:02x}", c as u32)),
            ' '..='~' => out.push(c),
            // What Go does not print is what it escapes.
            c if c.is_whitespace() || is_unprintable(c) || c.escape_debug().len() > 1 && !is_mark(c) => {
                match c as u32 {
                    code @ 0..=0xffff => out.push_str(&format!("\\u{code:04x}")),
                    code => out.push_str(&format!("\\U{code:08x}")),
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Whether a character is escaped for combining with the one before it, not for being invisible.
fn is_mark(c: char) -> bool {
    let alone: String = c.escape_debug().collect();
    let behind: String = format!("a{c}").escape_debug().collect();
    alone != behind.trim_start_matches('a')
}

/// A name as it stands before `=`: bare where HCL allows that, else quoted.
pub(super) fn name(text: &str) -> String {
    let mut chars = text.chars();
    let bare = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if bare { text.to_owned() } else { quote(text) }
}

/// How many columns text takes, near enough.
pub(super) fn width(text: &str) -> usize {
    text.chars().count()
}

/// The text with spaces up to a width.
pub(super) fn pad(text: &str, to: usize) -> String {
    let mut out = text.to_owned();
    spaces(&mut out, to.saturating_sub(width(text)));
    out
}

/// Writes so many spaces.
pub(super) fn spaces(out: &mut String, number: usize) {
    out.extend(std::iter::repeat_n(' ', number));
}

/// `1 object`, `2 objects`.
pub(super) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// Sentences wrapped to a width; lines that begin with a space are left alone, as is everything
/// when the width is 0.
pub fn wrap(text: &str, width: usize) -> String {
    if width == 0 {
        return text.to_owned();
    }
    let wrapped: Vec<String> = text
        .split('\n')
        .map(|line| if line.starts_with([' ', '\t']) { line.to_owned() } else { wrap_line(line, width) })
        .collect();
    wrapped.join("\n")
}

fn wrap_line(line: &str, most: usize) -> String {
    let mut out = String::with_capacity(line.len());
    let mut column = 0;
    for word in line.split(' ') {
        let length = width(word);
        if column > 0 && column + 1 + length > most {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out
}

/// A duration as Go prints whole seconds: `5s`, `1m5s`, `2h0m5s`.
pub(super) fn seconds(ms: i64) -> String {
    let total = rounded_seconds(ms);
    let (hours, minutes, seconds) = (total / 3600, total / 60 % 60, total % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, minutes) => format!("{minutes}m{seconds}s"),
        (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

/// Milliseconds to the nearest second; never negative.
pub(super) fn rounded_seconds(ms: i64) -> i64 {
    ms.max(0).saturating_add(500) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        assert_eq!(line("a\u{1b}[31mb\r\n\u{9b}c\u{202e}d"), r"a\u001b[31mb\r\n\u009bc\u202ed");
        assert_eq!(lines("a\n\tb\u{7}\r"), "a\n\tb\\u0007\\u000d");
        assert_eq!(quote("x\u{1b}\"${y}\u{2066}"), r#""x\u001b\"$${y}\u2066""#);
        assert_eq!(name("a-b_1"), "a-b_1");
        assert_eq!(name("1a"), "\"1a\"");
    }

    #[test]
    fn sentences_are_wrapped_and_indented_lines_left_alone() {
        assert_eq!(wrap("one two three\n  four five six", 8), "one two\nthree\n  four five six");
        assert_eq!(wrap("unbreakable-word x", 5), "unbreakable-word\nx");
        assert_eq!(wrap("a b", 0), "a b");
    }

    #[test]
    fn durations_read_as_in_go() {
        for (ms, text) in [(-5, "0s"), (499, "0s"), (500, "1s"), (65_000, "1m5s"), (7_205_000, "2h0m5s")] {
            assert_eq!(seconds(ms), text);
        }
    }
}
