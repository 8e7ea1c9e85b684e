//! JSON text to expressions, each with its place.

use std::ops::Range;

use evenkeel_model::{Number, Type, Value};

use super::JsonString;
use crate::ast::{Expr, ExprKind, ObjectItem};
use crate::parse::error::Problem;
use crate::parse::position::{Inside, Saved, Source};
use crate::parse::{NESTING_MAX, template_in};

/// The one value that a text is.
pub(super) fn read(source: &Source<'_>) -> Result<Expr, Problem> {
    let mut reader = Reader { source, bytes: source.text.as_bytes(), at: 0, depth: 0 };
    let value = reader.value()?;
    reader.space();
    if reader.at < reader.bytes.len() {
        let detail = "The file is one JSON value, and it ends before this.";
        return Err(Problem::new("Extraneous data after value", detail).at(reader.here()));
    }
    Ok(value)
}

struct Reader<'a> {
    source: &'a Source<'a>,
    bytes: &'a [u8],
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn space(&mut self) {
        while matches!(self.byte(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn byte(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The character that is next.
    fn here(&self) -> Range<usize> {
        let next = self.source.text.get(self.at..).and_then(|rest| rest.chars().next());
        self.at..self.at + next.map_or(0, char::len_utf8)
    }

    fn found(&self) -> String {
        match self.source.text.get(self.here()) {
            None | Some("") => "the end of the file".into(),
            Some(text) => format!("\"{text}\""),
        }
    }

    fn expr(&self, kind: ExprKind, start: usize) -> Expr {
        Expr::new(kind, self.source.range(&(start..self.at)))
    }

    fn value(&mut self) -> Result<Expr, Problem> {
        self.space();
        match self.byte() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'a'..=b'z' | b'A'..=b'Z') => self.keyword(),
            Some(b'\'') => {
                Err(self.wrong("Invalid JSON value", "Strings are written in double quotes in JSON.".into()))
            }
            None => {
                Err(self
                    .wrong("Missing JSON value", "A JSON value is expected here, but the file ends.".into()))
            }
            Some(_) => {
                let detail = format!("A JSON value is expected here, but there is {}.", self.found());
                Err(self.wrong("Invalid start of value", detail))
            }
        }
    }

    fn wrong(&self, summary: &str, detail: String) -> Problem {
        Problem::new(summary, detail).at(self.here())
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Result<Expr, Problem>) -> Result<Expr, Problem> {
        if self.depth >= NESTING_MAX {
            let detail = format!("Objects and lists may be nested in {NESTING_MAX} levels.");
            return Err(self.wrong("Expression nested too deeply", detail));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn object(&mut self) -> Result<Expr, Problem> {
        let start = self.at;
        self.at += 1;
        let mut items = Vec::new();
        while !self.closed(b'}', items.is_empty(), "object", start)? {
            self.space();
            if self.byte() != Some(b'"') {
                let detail = format!(
                    "The name of a property in double quotes is expected here, but there is {}.",
                    self.found()
                );
                return Err(self.wrong("Invalid object property name", detail));
            }
            let key = self.string()?;
            self.space();
            if self.byte() != Some(b':') {
                let detail = format!(
                    "A colon is expected behind the name of a property, but there is {}.",
                    self.found()
                );
                return Err(self.wrong("Missing property value", detail));
            }
            self.at += 1;
            items.push(ObjectItem { key, value: self.value()? });
        }
        Ok(self.expr(ExprKind::Object(items), start))
    }

    fn array(&mut self) -> Result<Expr, Problem> {
        let start = self.at;
        self.at += 1;
        let mut elements = Vec::new();
        while !self.closed(b']', elements.is_empty(), "array", start)? {
            elements.push(self.value()?);
        }
        Ok(self.expr(ExprKind::Tuple(elements), start))
    }

    /// Steps over the closing bracket, or over the comma in front of the next element.
    fn closed(&mut self, close: u8, first: bool, what: &str, start: usize) -> Result<bool, Problem> {
        self.space();
        match self.byte() {
            Some(byte) if byte == close => {
                self.at += 1;
                Ok(true)
            }
            Some(b',') if !first => {
                self.at += 1;
                self.space();
                if self.byte() == Some(close) {
                    let detail =
                        format!("JSON does not permit a comma behind the last element of an {what}.");
                    return Err(self.wrong(&format!("Trailing comma in {what}"), detail));
                }
                Ok(false)
            }
            None => {
                let detail = format!("The file ends before the closing bracket of this {what}.");
                Err(Problem::new(format!("Unclosed {what}"), detail).at(start..start + 1))
            }
            Some(_) if first => Ok(false),
            Some(_) => {
                let detail = format!(
                    "A comma or the end of the {what} is expected here, but there is {}.",
                    self.found()
                );
                Err(self.wrong("Missing attribute separator", detail))
            }
        }
    }

    fn number(&mut self) -> Result<Expr, Problem> {
        let start = self.at;
        while matches!(self.byte(), Some(b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')) {
            self.at += 1;
        }
        let text = self.source.text.get(start..self.at).unwrap_or_default();
        match text.parse::<Number>() {
            Ok(number) => Ok(self.expr(ExprKind::Literal(Value::number(number)), start)),
            Err(_) => {
                let detail = format!("\"{text}\" is not a number, or one that is out of range.");
                Err(Problem::new("Invalid JSON number", detail).at(start..self.at))
            }
        }
    }

    fn keyword(&mut self) -> Result<Expr, Problem> {
        let start = self.at;
        while matches!(self.byte(), Some(b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_')) {
            self.at += 1;
        }
        let value = match self.source.text.get(start..self.at).unwrap_or_default() {
            "true" => Value::bool(true),
            "false" => Value::bool(false),
            "null" => Value::null(Type::Dynamic),
            text => {
                let detail = format!("\"{text}\" is no JSON value; a string stands in double quotes.");
                return Err(Problem::new("Invalid JSON keyword", detail).at(start..self.at));
            }
        };
        Ok(self.expr(ExprKind::Literal(value), start))
    }

    fn string(&mut self) -> Result<Expr, Problem> {
        let start = self.at;
        self.at += 1;
        let mut decoded = Decoded::default();
        loop {
            let from = self.at;
            while !matches!(self.byte(), None | Some(b'"' | b'\\' | 0..0x20)) {
                self.at += 1;
            }
            decoded.text.push_str(self.source.text.get(from..self.at).unwrap_or_default());
            match self.byte() {
                Some(b'"') => break,
                Some(b'\\') => self.escape(&mut decoded)?,
                Some(_) => {
                    let detail = "A string cannot have line ends or control characters in it; write \\n for a new line.";
                    return Err(Problem::new("Invalid JSON string", detail).at(self.here()));
                }
                None => {
                    let detail = "The closing quote of this string was not found.";
                    return Err(Problem::new("Invalid JSON string", detail).at(start..start + 1));
                }
            }
        }
        self.at += 1;
        let inside = Inside { start: self.source.position(start + 1), saved: decoded.saved.into() };
        let string = self.json_string(decoded.text, inside);
        Ok(self.expr(ExprKind::JsonString(string), start))
    }

    fn json_string(&self, text: String, inside: Inside) -> JsonString {
        let sequences = text.contains("${") || text.contains("%{");
        let template = sequences.then(|| {
            let source = Source::inside(self.source.filename.clone(), &text, inside.clone());
            let (template, diagnostics) = template_in(&source);
            template.ok_or(diagnostics)
        });
        JsonString { value: Value::string(text), template, inside }
    }

    fn escape(&mut self, decoded: &mut Decoded) -> Result<(), Problem> {
        let start = self.at;
        let c = match self.bytes.get(self.at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(decoded),
            _ => {
                let detail = "There are \\\", \\\\, \\/, \\b, \\f, \\n, \\r, \\t and \\uNNNN in JSON.";
                return Err(
                    Problem::new("Invalid JSON string", detail).at(start..(start + 2).min(self.bytes.len()))
                );
            }
        };
        self.at += 2;
        decoded.push(c, 2);
        Ok(())
    }

    /// `\uNNNN`, or two of them that are one character together.
    fn unicode(&mut self, decoded: &mut Decoded) -> Result<(), Problem> {
        let start = self.at;
        let Some(first) = self.code(start) else {
            let detail = "\\u is followed by four hexadecimal digits.";
            return Err(Problem::new("Invalid JSON string", detail).at(start..start + 2));
        };
        let second = self
            .code(start + 6)
            .filter(|second| (0xd800..0xdc00).contains(&first) && (0xdc00..0xe000).contains(second));
        let (code, length) = match second {
            Some(second) => (0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00), 12),
            None => (first, 6),
        };
        self.at += length;
        decoded.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), length);
        Ok(())
    }

    fn code(&self, at: usize) -> Option<u32> {
        let digits = self.source.text.get(at..at + 6)?.strip_prefix("\\u")?;
        let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        hexadecimal.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
    }
}

/// The text of a string so far, and how much shorter it is than what was written.
#[derive(Default)]
struct Decoded {
    text: String,
    saved: Vec<Saved>,
}

impl Decoded {
    fn push(&mut self, c: char, written: usize) {
        self.text.push(c);
        let before = self.saved.last().copied().unwrap_or_default();
        let more = |length: usize| u32::try_from(written.saturating_sub(length)).unwrap_or(0);
        self.saved.push(Saved {
            at: u32::try_from(self.text.len()).unwrap_or(u32::MAX),
            bytes: before.bytes.saturating_add(more(c.len_utf8())),
            columns: before.columns.saturating_add(more(1)),
        });
    }
}
