//! Values as documents.

use std::fmt::Write;

use evenkeel_model::Value;
use evenkeel_model::value::{Entries, Kind};

/// What a node is written into; it decides where nested blocks start.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Element,
    Entry,
}

pub(super) struct Writer {
    pub(super) out: String,
    /// The document does not show by itself where it ends.
    pub(super) open: bool,
}

pub(super) const WIDTH: usize = 80;

pub(super) const INDENT: usize = 2;

impl Writer {
    fn column(&self) -> usize {
        self.out.rsplit('\n').next().unwrap_or_default().chars().count()
    }

    fn new_line(&mut self, indent: usize) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        self.out.push_str(&" ".repeat(indent));
    }

    /// Writes a value; `indent` is that of the block it stands in.
    pub(super) fn node(&mut self, value: &Value, indent: usize, place: Place) {
        self.open = false;
        match value.kind() {
            Kind::String(text) => {
                self.space(place);
                self.text(text, if place == Place::Root { INDENT } else { indent + INDENT });
            }
            Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => {
                self.sequence(elements, indent, place);
            }
            Kind::Map(_, entries) | Kind::Object(entries) => self.mapping(entries, indent, place),
            Kind::Null(_) | Kind::Unknown(..) => self.plain("null", place),
            Kind::Bool(value) => self.plain(if *value { "true" } else { "false" }, place),
            Kind::Number(number) => self.plain(&number.to_string(), place),
        }
    }

    fn space(&mut self, place: Place) {
        if place != Place::Root {
            self.out.push(' ');
        }
    }

    fn plain(&mut self, text: &str, place: Place) {
        self.space(place);
        self.out.push_str(text);
        self.open = place == Place::Root;
    }

    fn sequence(&mut self, elements: &[Value], indent: usize, place: Place) {
        if elements.is_empty() {
            self.space(place);
            self.out.push_str("[]");
            return;
        }
        // A sequence in a mapping is not indented further.
        let inner = if place == Place::Element { indent + INDENT } else { indent };
        for (i, element) in elements.iter().enumerate() {
            match place {
                Place::Element if i == 0 => self.out.push(' '),
                _ => self.new_line(inner),
            }
            self.out.push('-');
            self.node(element, inner, Place::Element);
        }
    }

    fn mapping(&mut self, entries: &Entries, indent: usize, place: Place) {
        if entries.is_empty() {
            self.space(place);
            self.out.push_str("{}");
            return;
        }
        let inner = if place == Place::Root { indent } else { indent + INDENT };
        for (i, (key, value)) in entries.iter().enumerate() {
            match place {
                Place::Element if i == 0 => self.out.push(' '),
                _ => self.new_line(inner),
            }
            self.key(key, inner);
            self.node(value, inner, Place::Entry);
        }
    }

    fn key(&mut self, key: &str, indent: usize) {
        const KEY_MAX: usize = 128;
        if key.len() <= KEY_MAX && !key.contains('\n') {
            self.quoted(key, None);
        } else {
            self.out.push_str("? ");
            self.text(key, indent + INDENT);
            self.new_line(indent);
        }
        self.out.push(':');
    }

    fn text(&mut self, text: &str, indent: usize) {
        let literal = text.contains('\n')
            && !text.contains(" \n")
            && !text.ends_with(' ')
            && text.chars().all(|character| character == '\n' || !is_special(character));
        if literal {
            self.literal(text, indent);
        } else {
            self.quoted(text, Some(indent));
        }
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.out.push('|');
        if text.starts_with([' ', '\n']) {
            // Writing to a string cannot fail.
            let _ = write!(self.out, "{INDENT}");
        }
        match (text.strip_suffix('\n'), text) {
            (None, _) => self.out.push('-'),
            (Some(body), _) if body.is_empty() || body.ends_with('\n') => self.out.push('+'),
            (Some(_), _) => {}
        }
        self.out.push('\n');
        for line in text.split_inclusive('\n') {
            if line != "\n" {
                self.out.push_str(&" ".repeat(indent));
            }
            self.out.push_str(line);
        }
    }

    /// Text in double quotes; folded at spaces beyond the width where an indent is given.
    fn quoted(&mut self, text: &str, indent: Option<usize>) {
        self.out.push('"');
        let characters: Vec<char> = text.chars().collect();
        let mut after_space = false;
        let mut column = self.column();
        for (i, character) in characters.iter().copied().enumerate() {
            let inside = i > 0 && i + 1 < characters.len();
            match (character, indent) {
                (' ', Some(indent)) if inside && !after_space && column > WIDTH => {
                    self.out.push('\n');
                    self.out.push_str(&" ".repeat(indent));
                    column = indent;
                    if characters.get(i + 1) == Some(&' ') {
                        self.out.push('\\');
                    }
                }
                _ => {
                    let length = self.out.len();
                    self.character(character);
                    let written = self.out.get(length..).unwrap_or_default();
                    column += written.chars().count();
                }
            }
            after_space = character == ' ';
        }
        self.out.push('"');
    }

    fn character(&mut self, character: char) {
        let escape = match character {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\0' => "\\0",
            '\u{7}' => "\\a",
            '\u{8}' => "\\b",
            '\t' => "\\t",
            '\n' => "\\n",
            '\u{b}' => "\\v",
            '\u{c}' => "\\f",
            '\r' => "\\r",
            '\u{1b}' => "\\e",
            '\u{85}' => "\\N",
            '\u{2028}' => "\\L",
            '\u{2029}' => "\\P",
            other if !is_special(other) => {
                self.out.push(other);
                return;
            }
            other => {
                // Writing to a string cannot fail.
                let _ = match u32::from(other) {
                    code @ 0..=0xff => write!(self.out, "\\x{code:02X}"),
                    code @ 0x100..=0xffff => write!(self.out, "\\u{code:04X}"),
                    code => write!(self.out, "\\U{code:08X}"),
                };
                return;
            }
        };
        self.out.push_str(escape);
    }
}

/// Characters that cannot stand in a document as they are.
pub(super) fn is_special(character: char) -> bool {
    !matches!(character, ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
        || matches!(character, '\u{2028}' | '\u{2029}')
}
