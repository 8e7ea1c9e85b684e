//! Patterns of file names: `*`, `?`, `[a-z]` and `{a,b}` within a part of a path, `**` for any number of
//! parts. The rules are those of the library that Terraform uses (doublestar), its oddities included:
//! braces do not nest, and a `**` after another one stands for exactly one part.

use regex::Regex;

/// A pattern; compares whole paths.
pub(super) struct Glob(Regex);

/// Braces may stand for as many alternatives as this.
const ALTERNATIVES_MAX: usize = 1024;

impl Glob {
    /// Reads a pattern without superfluous parts; `None` where it is malformed.
    pub(super) fn new(pattern: &str) -> Option<Self> {
        let mut out = String::from("^");
        let mut after_double = false;
        let mut parts = pattern.split('/').peekable();
        while let Some(part) = parts.next() {
            let last = parts.peek().is_none();
            match (part == "**" && !after_double, last) {
                (true, true) => out.push_str(".+"),
                (true, false) => out.push_str("(?:[^/]+/)*"),
                (false, true) => out.push_str(&component(part)?),
                (false, false) => out.push_str(&format!("{}/", component(part)?)),
            }
            after_double = part == "**" && !after_double;
        }
        out.push('$');
        Regex::new(&out).ok().map(Self)
    }

    pub(super) fn matches(&self, path: &str) -> bool {
        self.0.is_match(path)
    }
}

/// One part of a path as a regular expression.
fn component(part: &str) -> Option<String> {
    let mut done = Vec::new();
    let mut open = vec![(String::new(), part.to_owned())];
    while let Some((mut out, rest)) = open.pop() {
        match read(&rest, &mut out)? {
            None => done.push(out),
            Some(options) => {
                open.extend(options.into_iter().rev().map(|option| (out.clone(), option)));
                if open.len() + done.len() > ALTERNATIVES_MAX {
                    return None;
                }
            }
        }
    }
    Some(format!("(?:{})", done.join("|")))
}

/// Reads up to the first brace; gives what the rest can be, one for each alternative in it.
fn read(pattern: &str, out: &mut String) -> Option<Option<Vec<String>>> {
    let mut rest = pattern;
    while let Some(character) = rest.chars().next() {
        let after = rest.get(character.len_utf8()..).unwrap_or_default();
        rest = after;
        match character {
            '*' => out.push_str("[^/]*"),
            '?' => out.push_str("[^/]"),
            '\\' => {
                let escaped = after.chars().next()?;
                out.push_str(&literal(escaped));
                rest = after.get(escaped.len_utf8()..).unwrap_or_default();
            }
            '[' => {
                let end = find(after, ']')?;
                out.push_str(&class(after.get(..end)?)?);
                rest = after.get(end + 1..).unwrap_or_default();
            }
            '{' => {
                let end = find(after, '}')?;
                let (options, tail) = (after.get(..end)?, after.get(end + 1..).unwrap_or_default());
                return Some(Some(split(options).map(|option| format!("{option}{tail}")).collect()));
            }
            other => out.push_str(&literal(other)),
        }
    }
    Some(None)
}

fn literal(character: char) -> String {
    regex::escape(character.encode_utf8(&mut [0; 4]))
}

/// Where a character stands that no backslash takes its meaning from.
fn find(text: &str, wanted: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, character)| {
        let found = character == wanted && !escaped;
        escaped = character == '\\' && !escaped;
        found.then_some(at)
    })
}

fn split(options: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(options);
    std::iter::from_fn(move || {
        let text = rest?;
        match find(text, ',') {
            Some(at) => {
                rest = text.get(at + 1..);
                text.get(..at)
            }
            None => rest.take(),
        }
    })
}

/// What stands between brackets; `None` where it is empty or a range has no end.
fn class(text: &str) -> Option<String> {
    let (negated, body) = match text.strip_prefix('^') {
        Some(body) => ("^", body),
        None => ("", text),
    };
    if text.is_empty() {
        return None;
    }
    let mut out = format!("[{negated}");
    let mut characters = body.chars().peekable();
    while let Some(low) = characters.next() {
        let one = |first: char, characters: &mut std::iter::Peekable<std::str::Chars>| match first {
            '-' => None,
            '\\' => characters.next(),
            other => Some(other),
        };
        let low = one(low, &mut characters)?;
        let mut high = low;
        if characters.next_if_eq(&'-').is_some() {
            let next = characters.next()?;
            high = one(next, &mut characters)?;
        }
        if low <= high {
            out.push_str(&format!("\\x{{{:X}}}-\\x{{{:X}}}", u32::from(low), u32::from(high)));
        }
    }
    // Where no range is left nothing matches, or everything.
    Some(match out.len() == 1 + negated.len() {
        true if negated.is_empty() => "[^\\x00-\\x{10FFFF}]".into(),
        true => "[^/]".into(),
        false => out + "]",
    })
}
