//! One linear pass over the text before the recursive parser sees it.
//!
//! It finds what is lexically wrong (and says so better than the parser could), bounds what the
//! parser's time and stack depend on, and replaces what the parser would read differently from the
//! language by harmless text *of the same length*. Spans therefore stay valid, and values are read
//! from the original text afterwards. It does not know the grammar beyond brackets, strings,
//! heredocs and template directives.

mod text;

use std::borrow::Cow;
use std::ops::Range;

use hcl_edit::Ident;

use super::error::Problem;

/// How deep brackets and templates may nest; the parser behind has a lower limit of its own.
const DEPTH_MAX: usize = 500;

/// How many comparisons of object keys the parser may be led into. It looks each key up among
/// those before it, so time grows with the square of the size of an object.
const KEY_COMPARISONS_MAX: u64 = 500_000_000;

/// What kind of text is scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// A body.
    File,
    /// An expression by itself.
    Expression,
    /// A bare template.
    Template,
}

/// Something open that must be closed.
#[derive(Debug)]
enum Open<'a> {
    /// `(`, `[` or `{`; with the number of items seen in braces.
    Bracket(u8, u64),
    /// `${`
    Interpolation,
    /// `%{`
    Directive,
    /// `"`
    Quoted,
    /// `<<MARKER`, and whether the scanner is at the start of a line.
    Heredoc { marker: &'a str, line_start: bool },
    /// The bare template itself.
    Template,
}

/// An `if` or `for` directive that is not ended yet.
struct OpenDirective {
    /// How many things were open around it.
    depth: usize,
    is_if: bool,
    has_else: bool,
    at: usize,
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    open: Vec<(Open<'a>, usize)>,
    directives: Vec<OpenDirective>,
    patches: Vec<(Range<usize>, u8)>,
    key_comparisons: u64,
    after_dot: bool,
}

/// The text for the parser, or what is wrong.
pub(super) fn scan(text: &str, mode: Mode) -> Result<Cow<'_, str>, Problem> {
    let mut scanner = Scanner {
        text,
        bytes: text.as_bytes(),
        at: 0,
        open: Vec::new(),
        directives: Vec::new(),
        patches: Vec::new(),
        key_comparisons: 0,
        after_dot: false,
    };
    if mode == Mode::Template {
        scanner.open.push((Open::Template, 0));
    }
    scanner.run()?;
    scanner.finish()
}

impl<'a> Scanner<'a> {
    fn run(&mut self) -> Result<(), Problem> {
        while self.at < self.bytes.len() {
            match self.open.last() {
                Some((Open::Quoted, _)) => self.quoted()?,
                Some((Open::Heredoc { marker, line_start }, _)) => {
                    let (marker, line_start) = (*marker, *line_start);
                    self.heredoc(marker, line_start)?;
                }
                Some((Open::Template, _)) => self.template_text(false)?,
                Some((Open::Bracket(..) | Open::Interpolation | Open::Directive, _)) | None => self.code()?,
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Cow<'a, str>, Problem> {
        if let Some(directive) = self.directives.last() {
            return Err(self.unended(directive, self.bytes.len()));
        }
        if let Some((open, at)) = self.open.pop() {
            let problem = match open {
                Open::Template => None,
                Open::Bracket(b'{', _) => Some(Problem::new(
                    "Unclosed configuration block",
                    "There is no closing brace for the one that opens here. Braces that do not match \
                     further down can also be the cause.",
                )),
                Open::Bracket(..) => Some(Problem::new(
                    "Missing closing bracket",
                    "There is no closing bracket for the one that opens here.",
                )),
                Open::Interpolation | Open::Directive => Some(Problem::new(
                    "Unclosed template interpolation sequence",
                    "There is no closing brace for the template sequence that opens here.",
                )),
                Open::Quoted | Open::Heredoc { .. } => Some(unterminated()),
            };
            if let Some(problem) = problem {
                return Err(problem.at(at..self.token_end(at)));
            }
        }
        if self.patches.is_empty() {
            return Ok(Cow::Borrowed(self.text));
        }
        let mut bytes = self.bytes.to_vec();
        for (range, with) in self.patches {
            if let Some(slice) = bytes.get_mut(range) {
                slice.fill(with);
            }
        }
        String::from_utf8(bytes)
            .map(Cow::Owned)
            .map_err(|_| Problem::new("Invalid character", "The file could not be read.").at(0..0))
    }

    fn peek(&self, offset: usize) -> u8 {
        self.bytes.get(self.at + offset).copied().unwrap_or(0)
    }

    fn starts_with(&self, what: &str) -> bool {
        self.text.get(self.at..).is_some_and(|rest| rest.starts_with(what))
    }

    fn token_end(&self, at: usize) -> usize {
        let next = self.text.get(at..).and_then(|rest| rest.chars().next());
        at + next.map_or(0, char::len_utf8)
    }

    fn push(&mut self, open: Open<'a>, length: usize) -> Result<(), Problem> {
        if self.open.len() >= DEPTH_MAX {
            return Err(too_deep().at(self.at..self.at + length));
        }
        self.open.push((open, self.at));
        self.at += length;
        Ok(())
    }

    /// Code: one token or one stretch of space.
    fn code(&mut self) -> Result<(), Problem> {
        let after_dot = std::mem::take(&mut self.after_dot);
        let byte = self.peek(0);
        match byte {
            b' ' | b'\t' | b'\n' => {
                self.after_dot = after_dot && byte != b'\n';
                self.at += 1;
            }
            b'\r' if self.peek(1) == b'\n' => self.at += 2,
            b'#' => self.line_comment()?,
            b'/' if self.peek(1) == b'/' => self.line_comment()?,
            b'/' if self.peek(1) == b'*' => self.block_comment()?,
            b'"' => self.push(Open::Quoted, 1)?,
            b'<' if self.peek(1) == b'<' => self.open_heredoc()?,
            b'(' | b'[' | b'{' => self.push(Open::Bracket(byte, 0), 1)?,
            b')' | b']' | b'}' => self.close(byte)?,
            b'~' if self.peek(1) == b'}' => self.close_stripping()?,
            b'0'..=b'9' => self.number(after_dot)?,
            b'.' => {
                self.after_dot = self.peek(1) != b'.';
                self.at += if self.starts_with("...") { 3 } else { 1 };
            }
            b'=' | b':' | b',' => self.separator(byte),
            b'?' | b'+' | b'-' | b'*' | b'/' | b'%' | b'<' | b'>' | b'!' => self.operator(),
            b'&' | b'|' if self.peek(1) == byte => self.at += 2,
            _ => self.word()?,
        }
        Ok(())
    }

    fn operator(&mut self) {
        // `<=`, `>=` and `!=` contain no separator.
        let compared = matches!(self.peek(0), b'<' | b'>' | b'!') && self.peek(1) == b'=';
        self.at += if compared { 2 } else { 1 };
    }

    fn separator(&mut self, byte: u8) {
        if byte == b'=' && matches!(self.peek(1), b'=' | b'>') {
            self.at += 2;
            return;
        }
        if byte != b','
            && let Some((Open::Bracket(b'{', items), _)) = self.open.last_mut()
        {
            *items += 1;
        }
        self.at += 1;
    }

    fn word(&mut self) -> Result<(), Problem> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let end = rest
            .char_indices()
            .find(|(i, c)| !is_identifier_char(*c, *i == 0))
            .map_or(rest.len(), |(i, _)| i);
        if end == 0 {
            return Err(self.invalid_character());
        }
        let keyword = rest.get(..end) == Some("for");
        self.at += end;
        // The parser recognises the keyword by the space behind it, and a carriage return is none.
        if keyword && self.peek(0) == b'\r' {
            self.patches.push((self.at..self.at + 1, b' '));
        }
        Ok(())
    }

    fn invalid_character(&self) -> Problem {
        let problem = match self.peek(0) {
            b'\'' => Problem::new(
                "Invalid character",
                "Single quotes are not valid. Strings are written in double quotes (\").",
            ),
            b'`' => Problem::new(
                "Invalid character",
                "The \"`\" character is not valid. A string of several lines is written as a heredoc: \
                 <<EOT, the lines, and EOT on a line of its own.",
            ),
            b';' => Problem::new(
                "Invalid character",
                "The \";\" character is not valid. Arguments and blocks are separated by newlines.",
            ),
            b'&' | b'|' | b'^' | b'~' => Problem::new(
                "Unsupported operator",
                "There are no bitwise operators. The boolean operators are &&, || and !.",
            ),
            _ => Problem::new("Invalid character", "This character has no meaning in the language."),
        };
        problem.at(self.at..self.token_end(self.at))
    }

    fn line_comment(&mut self) -> Result<(), Problem> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let end = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
        let line = rest.get(..end).unwrap_or_default();
        if let Some(i) = line.iter().position(|b| *b == b'\r')
            && i + 1 != line.len()
        {
            self.at += i;
            return Err(self.invalid_character());
        }
        if line.last() == Some(&b'\r') && end == rest.len() {
            self.at += end - 1;
            return Err(self.invalid_character());
        }
        self.at += end;
        Ok(())
    }

    fn block_comment(&mut self) -> Result<(), Problem> {
        let start = self.at;
        let rest = self.text.get(start + 2..).unwrap_or_default();
        match rest.find("*/") {
            Some(end) => {
                self.at = start + 2 + end + 2;
                Ok(())
            }
            None => Err(Problem::new(
                "Unterminated comment",
                "This comment is not closed. A comment that begins with /* ends with */.",
            )
            .at(start..start + 2)),
        }
    }

    fn close(&mut self, byte: u8) -> Result<(), Problem> {
        let matches = match self.open.last() {
            Some((Open::Bracket(open, items), _)) => {
                self.key_comparisons = self.key_comparisons.saturating_add(items.saturating_mul(*items));
                matches!((open, byte), (b'(', b')') | (b'[', b']') | (b'{', b'}'))
            }
            Some((Open::Interpolation | Open::Directive, _)) => byte == b'}',
            _ => false,
        };
        if self.key_comparisons > KEY_COMPARISONS_MAX {
            return Err(Problem::new(
                "File too complex",
                "An object in this file has too many attributes to be read in reasonable time. Keep such \
                 data in a JSON or CSV file beside the configuration and decode it.",
            )
            .at(self.at..self.at + 1));
        }
        if !matches {
            let problem = match self.open.last() {
                None => Problem::new(
                    "Argument or block definition required",
                    format!("This \"{}\" closes nothing that was opened before.", char::from(byte)),
                ),
                Some((_, opened)) => Problem::new(
                    "Invalid expression",
                    format!(
                        "This \"{}\" does not close the \"{}\" that was opened last.",
                        char::from(byte),
                        self.text.get(*opened..self.token_end(*opened)).unwrap_or_default()
                    ),
                ),
            };
            return Err(problem.at(self.at..self.at + 1));
        }
        self.open.pop();
        self.at += 1;
        Ok(())
    }

    fn close_stripping(&mut self) -> Result<(), Problem> {
        if !matches!(self.open.last(), Some((Open::Interpolation | Open::Directive, _))) {
            return Err(self.invalid_character());
        }
        self.open.pop();
        self.at += 2;
        Ok(())
    }

    fn number(&mut self, after_dot: bool) -> Result<(), Problem> {
        let start = self.at;
        loop {
            match self.peek(0) {
                b'0'..=b'9' => self.at += 1,
                b'.' if self.peek(1).is_ascii_digit() => self.at += 1,
                b'e' | b'E' if !after_dot && self.exponent_follows() => {
                    self.at += if self.peek(1).is_ascii_digit() { 1 } else { 2 };
                }
                _ => break,
            }
        }
        let range = start..self.at;
        let literal = self.text.get(range.clone()).unwrap_or_default();
        if after_dot && literal.contains('.') {
            return Err(Problem::new(
                "Invalid legacy index syntax",
                "Two indexes cannot be chained with dots, as the text between them is a number. Write them in brackets: \
                 list[0][1].",
            )
            .at(range));
        }
        if after_dot {
            return Ok(());
        }
        let dots = literal.bytes().filter(|b| *b == b'.').count();
        let exponents = literal.bytes().filter(|b| b.eq_ignore_ascii_case(&b'e')).count();
        let dot_in_exponent = literal.find(['e', 'E']).is_some_and(|e| literal[e..].contains('.'));
        if dots > 1 || exponents > 1 || dot_in_exponent || literal.parse::<evenkeel_model::Number>().is_err()
        {
            return Err(Problem::new(
                "Invalid number literal",
                "This is not a number, or one that is out of range.",
            )
            .at(range));
        }
        // What does not fit into 64 bits of floating point is read from the original text later.
        if literal.parse::<f64>().is_ok_and(f64::is_infinite) {
            self.patches.push((range, b'0'));
        }
        Ok(())
    }

    fn exponent_follows(&self) -> bool {
        self.peek(1).is_ascii_digit()
            || (matches!(self.peek(1), b'+' | b'-') && self.peek(2).is_ascii_digit())
    }
}

fn is_identifier_char(c: char, first: bool) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphabetic() || c == '_' || (!first && (c.is_ascii_digit() || c == '-'));
    }
    let mut text = String::from(if first { "" } else { "a" });
    text.push(c);
    Ident::try_new(text).is_ok()
}

fn too_deep() -> Problem {
    Problem::new(
        "Expression nested too deeply",
        "Brackets, blocks and templates are nested too deeply here. Use local values to take the expression apart.",
    )
}

fn unterminated() -> Problem {
    Problem::new(
        "Unterminated template string",
        "No closing marker was found for the string that begins here. A quoted string ends with a double quote, a \
         heredoc with its marker on a line of its own.",
    )
}
