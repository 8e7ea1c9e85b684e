//! Regular expressions in RE2's syntax, as Go has it, carried out by the regex crate.
//!
//! The two agree on most of the syntax and differ at its edges: `\d`, `\w`, `\s` and `\b` are about
//! ASCII there, names of groups may repeat, a brace that counts nothing is text, and so on. So a
//! pattern is read here by Go's rules, refused by Go's rules, and written anew in a form that can
//! mean one thing only. Matching takes time linear in the text, whatever the pattern.

use std::fmt::Write;
use std::sync::Arc;

use regex::{Captures, Regex, RegexBuilder};

/// A pattern and the names of its groups, the whole match being the first.
pub(super) struct Pattern {
    pub(super) regex: Regex,
    pub(super) names: Vec<Option<Arc<str>>>,
}

/// Compiled patterns take no more memory than this.
const SIZE_MAX: usize = 4 << 20;

/// A counted repetition goes up to here.
const REPEAT_MAX: u32 = 1000;

impl Pattern {
    /// Reads a pattern; the error is a clause.
    pub(super) fn new(pattern: &str) -> Result<Self, String> {
        let mut reader = Reader { rest: pattern, out: String::new(), names: vec![None], open: 0 };
        reader.read()?;
        let regex = RegexBuilder::new(&reader.out).size_limit(SIZE_MAX).build();
        let regex = regex.map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => "expression too large".to_owned(),
            _ => "it cannot be read".to_owned(),
        })?;
        Ok(Self { regex, names: reader.names })
    }

    /// The text with every match replaced by a template with `$1`, `$name` and `${name}` in it.
    pub(super) fn replace_all(&self, text: &str, template: &str, bytes_max: usize) -> Option<String> {
        let (mut out, mut end) = (String::new(), 0);
        for captures in self.regex.captures_iter(text) {
            let whole = captures.get(0)?;
            out.push_str(text.get(end..whole.start())?);
            self.expand(&captures, template, &mut out, bytes_max)?;
            end = whole.end();
        }
        out.push_str(text.get(end..)?);
        (out.len() <= bytes_max).then_some(out)
    }

    fn expand(&self, captures: &Captures, template: &str, out: &mut String, bytes_max: usize) -> Option<()> {
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('$') {
            if out.len() > bytes_max {
                return None;
            }
            out.push_str(before);
            if let Some(after) = after.strip_prefix('$') {
                out.push('$');
                rest = after;
                continue;
            }
            match reference(after) {
                Some((name, after)) => {
                    out.push_str(self.group(captures, name).unwrap_or_default());
                    rest = after;
                }
                None => {
                    out.push('$');
                    rest = after;
                }
            }
        }
        out.push_str(rest);
        (out.len() <= bytes_max).then_some(())
    }

    /// What a group matched, by number or name; of several with that name, the first that matched.
    fn group<'t>(&self, captures: &Captures<'t>, name: &str) -> Option<&'t str> {
        let text = |index: usize| captures.get(index).map(|found| found.as_str());
        let number = name.parse::<usize>().ok().filter(|_| name == "0" || !name.starts_with(['0', '+']));
        if let Some(number) = number {
            return text(number);
        }
        let named = self.names.iter().enumerate().filter(|(_, found)| found.as_deref() == Some(name));
        named.into_iter().find_map(|(index, _)| text(index))
    }
}

/// The name after a `$` and what follows it; `None` where the `$` stands for itself.
fn reference(after: &str) -> Option<(&str, &str)> {
    let (body, braced) = match after.strip_prefix('{') {
        Some(body) => (body, true),
        None => (after, false),
    };
    let end = body.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(body.len());
    let (name, rest) = body.split_at(end);
    let rest = if braced { rest.strip_prefix('}')? } else { rest };
    (!name.is_empty()).then_some((name, rest))
}

/// What a repetition would repeat.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Nothing,
    Atom,
    Repetition,
}

struct Reader<'p> {
    rest: &'p str,
    out: String,
    names: Vec<Option<Arc<str>>>,
    open: usize,
}

impl<'p> Reader<'p> {
    fn read(&mut self) -> Result<(), String> {
        let mut last = Last::Nothing;
        while let Some(character) = self.rest.chars().next() {
            last = match character {
                '(' => self.group(last)?,
                '*' | '+' | '?' => self.repetition(1, last)?,
                '{' => match counted(self.rest)? {
                    Some(length) => self.repetition(length, last)?,
                    None => self.literal_next(),
                },
                '[' => self.class()?,
                '\\' => self.escape()?,
                '|' => self.copy(1, Last::Nothing),
                ')' if self.open == 0 => return Err("unexpected )".into()),
                ')' => {
                    self.open -= 1;
                    self.copy(1, Last::Atom)
                }
                '.' => self.copy(1, Last::Atom),
                '^' | '$' => {
                    // In a group of its own, because it can be repeated.
                    self.skip(1);
                    self.emit(&format!("(?:{character})"))
                }
                _ => self.literal_next(),
            };
        }
        if self.open > 0 { Err("missing closing )".into()) } else { Ok(()) }
    }

    fn skip(&mut self, length: usize) {
        self.rest = self.rest.get(length..).unwrap_or_default();
    }

    fn copy(&mut self, length: usize, last: Last) -> Last {
        self.out.push_str(self.rest.get(..length).unwrap_or_default());
        self.skip(length);
        last
    }

    fn emit(&mut self, text: &str) -> Last {
        self.out.push_str(text);
        Last::Atom
    }

    fn write(&mut self, text: std::fmt::Arguments) {
        // Writing to a string cannot fail.
        let _ = self.out.write_fmt(text);
    }

    fn take(&mut self) -> Option<char> {
        let character = self.rest.chars().next()?;
        self.skip(character.len_utf8());
        Some(character)
    }

    fn literal_next(&mut self) -> Last {
        if let Some(character) = self.take() {
            self.literal(character);
        }
        Last::Atom
    }

    fn literal(&mut self, character: char) {
        match character.is_ascii_alphanumeric() {
            true => self.out.push(character),
            false => self.write(format_args!("\\x{{{:X}}}", u32::from(character))),
        }
    }

    fn repetition(&mut self, length: usize, last: Last) -> Result<Last, String> {
        let operator = self.rest.get(..length).unwrap_or_default();
        match last {
            Last::Nothing => return Err(format!("missing argument to repetition operator in {operator}")),
            Last::Repetition => return Err(format!("invalid nested repetition operator in {operator}")),
            Last::Atom => self.copy(length, Last::Repetition),
        };
        if self.rest.starts_with('?') {
            self.copy(1, Last::Repetition);
        }
        Ok(Last::Repetition)
    }

    fn group(&mut self, last: Last) -> Result<Last, String> {
        self.skip(1);
        let Some(rest) = self.rest.strip_prefix('?') else {
            self.open_group(None);
            return Ok(Last::Nothing);
        };
        let named = rest.strip_prefix("P<").or_else(|| rest.strip_prefix('<'));
        let Some(named) = named else { return self.flags(last) };
        let Some((name, after)) = named.split_once('>') else { return Err("invalid named capture".into()) };
        if name.is_empty() || !name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric()) {
            return Err(format!("invalid named capture in (?P<{name}>"));
        }
        self.open_group(Some(name.into()));
        self.rest = after;
        Ok(Last::Nothing)
    }

    fn open_group(&mut self, name: Option<Arc<str>>) {
        self.names.push(name);
        self.out.push('(');
        self.open += 1;
    }

    /// `(?i-s)` or `(?i-s:`, after its parenthesis.
    fn flags(&mut self, last: Last) -> Result<Last, String> {
        let end = self.rest.find([')', ':']).unwrap_or(self.rest.len());
        let text = self.rest.get(1..end).unwrap_or_default();
        let (on, off) = text.split_once('-').map_or((text, None), |(on, off)| (on, Some(off)));
        let known = |flags: &str| flags.chars().all(|flag| "imsU".contains(flag));
        if end == self.rest.len() || off == Some("") || !known(on) || !off.is_none_or(known) {
            return Err(format!("invalid or unsupported Perl syntax in (?{text}"));
        }
        let only = |flags: &str| "imsU".chars().filter(|flag| flags.contains(*flag)).collect::<String>();
        let off = off.map(|off| format!("-{}", only(off))).unwrap_or_default();
        let flags = format!("{}{off}", only(on));
        let closes = self.rest.get(end..).is_some_and(|rest| rest.starts_with(')'));
        self.skip(end + 1);
        match (closes, flags.is_empty()) {
            (true, true) => {}
            (true, false) => self.write(format_args!("(?{flags})")),
            (false, _) => {
                self.write(format_args!("(?{flags}:"));
                self.open += 1;
                return Ok(Last::Nothing);
            }
        }
        Ok(last)
    }

    /// What starts with a backslash, outside of a class.
    fn escape(&mut self) -> Result<Last, String> {
        if let Some(set) = self.set()? {
            return Ok(self.emit(&set));
        }
        let text = match self.rest.get(1..2) {
            Some("A") => "(?:\\A)",
            Some("z") => "(?:\\z)",
            Some("b") => "(?-u:\\b)",
            Some("B") => "(?:\\B)",
            Some("Q") => {
                self.skip(2);
                let (literal, after) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                literal.chars().for_each(|character| self.literal(character));
                self.rest = after;
                return Ok(if literal.is_empty() { Last::Nothing } else { Last::Atom });
            }
            _ => {
                let character = self.escaped_character()?;
                self.literal(character);
                return Ok(Last::Atom);
            }
        };
        self.skip(2);
        Ok(self.emit(text))
    }

    /// `\d` and its kin, or a class of Unicode: what may stand in a class as well.
    fn set(&mut self) -> Result<Option<String>, String> {
        let set = match self.rest.get(1..2) {
            Some("d") => "[0-9]",
            Some("D") => "[^0-9]",
            Some("s") => "[\\t\\n\\x0C\\r ]",
            Some("S") => "[^\\t\\n\\x0C\\r ]",
            Some("w") => "[0-9A-Za-z_]",
            Some("W") => "[^0-9A-Za-z_]",
            Some("p" | "P") => return self.unicode().map(Some),
            _ => return Ok(None),
        };
        self.skip(2);
        Ok(Some(set.into()))
    }

    /// `\pL`, `\p{Greek}`, `\P{^Lu}`
    fn unicode(&mut self) -> Result<String, String> {
        let wrong = |name: &str| Err(format!("invalid character class range in \\p{{{name}}}"));
        let mut negated = self.rest.starts_with("\\P");
        self.skip(2);
        let name = match self.rest.strip_prefix('{') {
            Some(body) => {
                let Some((name, after)) = body.split_once('}') else { return wrong(body) };
                self.rest = after;
                name
            }
            None => {
                let length = self.rest.chars().next().map_or(0, char::len_utf8);
                let (name, after) = self.rest.split_at(length);
                self.rest = after;
                name
            }
        };
        let name = name.strip_prefix('^').inspect(|_| negated = !negated).unwrap_or(name);
        let sign = if negated { 'P' } else { 'p' };
        Ok(match name {
            "Any" if negated => "[^\\x00-\\x{10FFFF}]".into(),
            "Any" => "[\\x00-\\x{10FFFF}]".into(),
            name if CATEGORIES.contains(&name) => format!("\\{sign}{{gc={name}}}"),
            name if is_script(name) => format!("\\{sign}{{sc={name}}}"),
            _ => return wrong(name),
        })
    }

    /// A character written with a backslash.
    fn escaped_character(&mut self) -> Result<char, String> {
        self.skip(1);
        let Some(character) = self.take() else {
            return Err("trailing backslash at end of expression".into());
        };
        let invalid = || Err(format!("invalid escape sequence in \\{character}"));
        Ok(match character {
            'a' => '\u{7}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            'x' => return self.hexadecimal(),
            '0'..='7' => {
                let more = self.rest.len() - self.rest.trim_start_matches(|c| matches!(c, '0'..='7')).len();
                let (digits, after) = self.rest.split_at(more.min(2));
                // One digit other than 0 would refer to a group, which takes more than linear time.
                if character != '0' && digits.is_empty() {
                    return invalid();
                }
                self.rest = after;
                let code = u32::from_str_radix(&format!("{character}{digits}"), 8);
                match code.ok().and_then(char::from_u32) {
                    Some(character) => character,
                    None => return invalid(),
                }
            }
            other if other.is_ascii() && !other.is_ascii_alphanumeric() => other,
            _ => return invalid(),
        })
    }

    /// What follows `\x`.
    fn hexadecimal(&mut self) -> Result<char, String> {
        let (digits, after) = match self.rest.strip_prefix('{') {
            Some(body) => body.split_once('}').unwrap_or(("", "")),
            None => self.rest.split_at_checked(2).unwrap_or(("", "")),
        };
        let valid = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let code = u32::from_str_radix(digits, 16).ok().filter(|_| valid);
        self.rest = after;
        match code.and_then(char::from_u32) {
            Some(character) => Ok(character),
            None => Err("invalid escape sequence in \\x".into()),
        }
    }

    fn class(&mut self) -> Result<Last, String> {
        let whole = self.rest;
        self.copy(if self.rest.starts_with("[^") { 2 } else { 1 }, Last::Atom);
        let mut first = true;
        loop {
            match self.rest.chars().next() {
                None => return Err(format!("missing closing ] in {whole}")),
                Some(']') if !first => return Ok(self.copy(1, Last::Atom)),
                Some(_) => self.class_item()?,
            }
            first = false;
        }
    }

    fn class_item(&mut self) -> Result<(), String> {
        if let Some((name, after)) = self.rest.strip_prefix("[:").and_then(|rest| rest.split_once(":]")) {
            let plain = name.strip_prefix('^').unwrap_or(name);
            if !POSIX.contains(&plain) {
                return Err(format!("invalid character class range in [:{name}:]"));
            }
            self.write(format_args!("[:{name}:]"));
            self.rest = after;
            return Ok(());
        }
        if self.rest.starts_with('\\')
            && let Some(set) = self.set()?
        {
            self.out.push_str(&set);
            return Ok(());
        }
        let low = self.class_character()?;
        self.literal(low);
        if self.rest.len() >= 2 && self.rest.starts_with('-') && !self.rest.starts_with("-]") {
            self.skip(1);
            let high = self.class_character()?;
            if high < low {
                return Err(format!("invalid character class range in {low}-{high}"));
            }
            self.out.push('-');
            self.literal(high);
        }
        Ok(())
    }

    fn class_character(&mut self) -> Result<char, String> {
        match self.rest.starts_with('\\') {
            true => self.escaped_character(),
            false => self.take().ok_or_else(|| "missing closing ]".to_owned()),
        }
    }
}

/// The length of `{2}`, `{2,}` or `{2,3}` at the start; `None` where the brace is text.
fn counted(rest: &str) -> Result<Option<usize>, String> {
    let Some((body, _)) = rest.get(1..).and_then(|rest| rest.split_once('}')) else { return Ok(None) };
    let (least, most) = body.split_once(',').map_or((body, None), |(least, most)| (least, Some(most)));
    let digits = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && (text == "0" || !text.starts_with('0'))
    };
    if !digits(least) || most.is_some_and(|most| !most.is_empty() && !digits(most)) {
        return Ok(None);
    }
    let number = |text: &str| text.parse::<u32>().ok().filter(|count| *count <= REPEAT_MAX);
    let bounds = (number(least), number(most.filter(|most| !most.is_empty()).unwrap_or(least)));
    match bounds {
        (Some(least), Some(most)) if least <= most => Ok(Some(body.len() + 2)),
        _ => Err(format!("invalid repeat count in {{{body}}}")),
    }
}

const CATEGORIES: [&str; 36] = [
    "C", "Cc", "Cf", "Co", "Cs", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd", "Nl",
    "No", "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl", "Zp", "Zs",
];

const POSIX: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "word", "xdigit",
];

/// Whether this is how Go writes the names of scripts: `Greek`, `Old_Italic`.
fn is_script(name: &str) -> bool {
    name.split('_').all(|word| {
        let mut letters = word.chars();
        letters.next().is_some_and(|first| first.is_ascii_uppercase())
            && letters.all(|letter| letter.is_ascii_alphabetic())
    }) && name.len() > 2
}
