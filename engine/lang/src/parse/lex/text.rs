//! Tokens of text: quoted strings, heredocs and template files, and the sequences in them.

use super::{Lexer, Open, TokenKind};

impl Lexer<'_> {
    pub(super) fn quoted(&mut self) -> TokenKind {
        match self.peek(0) {
            b'"' => {
                self.pop();
                self.advance(1, TokenKind::CQuote)
            }
            b'\r' | b'\n' => {
                while matches!(self.peek(0), b'\r' | b'\n') {
                    self.at += 1;
                }
                TokenKind::QuotedNewline
            }
            // A backslash at the end of its line selects nothing.
            b'\\' if self.pair_length() == 0 => self.advance(1, TokenKind::Invalid),
            _ => self.sequence().unwrap_or_else(|| self.quoted_literal()),
        }
    }

    fn quoted_literal(&mut self) -> TokenKind {
        loop {
            match self.peek(0) {
                b'"' | b'\r' | b'\n' => break,
                b'\\' => match self.pair_length() {
                    0 => break,
                    length => self.at += length,
                },
                b'$' | b'%' => match self.marker_length() {
                    0 => break,
                    length => self.at += length,
                },
                _ => self.at += 1,
            }
            if self.at >= self.bytes.len() {
                break;
            }
        }
        TokenKind::QuotedLit
    }

    /// The length of a backslash and the character behind it; zero if there is none.
    fn pair_length(&self) -> usize {
        match self.text.get(self.at + 1..).and_then(|rest| rest.chars().next()) {
            None | Some('\r' | '\n') => 0,
            Some(c) => 1 + c.len_utf8(),
        }
    }

    /// At `$` or `%`: the length of what is literal text, with the escapes `$${` and `%%{`; zero
    /// where a sequence begins.
    fn marker_length(&self) -> usize {
        match (self.peek(1), self.peek(2)) {
            (b'{', _) => 0,
            (next, b'{') if next == self.peek(0) => 3,
            _ => 1,
        }
    }

    /// Enters `${` or `%{`, if one begins here.
    fn sequence(&mut self) -> Option<TokenKind> {
        let kind = match (self.peek(0), self.peek(1)) {
            (b'$', b'{') => TokenKind::TemplateInterp,
            (b'%', b'{') => TokenKind::TemplateControl,
            _ => return None,
        };
        if let Open::Heredoc { line_start, .. } = &mut self.open {
            *line_start = false;
        }
        self.push(Open::Sequence(0));
        let length = if self.peek(2) == b'~' { 3 } else { 2 };
        Some(self.advance(length, kind))
    }

    pub(super) fn heredoc(&mut self, marker: (usize, usize), line_start: bool) -> TokenKind {
        if line_start && let Some(length) = self.closing_line(marker) {
            self.pop();
            return self.advance(length, TokenKind::CHeredoc);
        }
        if let Some(kind) = self.sequence() {
            return kind;
        }
        // A carriage return by itself stands nowhere in a heredoc.
        if self.peek(0) == b'\r' && self.peek(1) != b'\n' {
            return self.advance(1, TokenKind::Invalid);
        }
        self.literal_line();
        if let Open::Heredoc { line_start, .. } = &mut self.open {
            *line_start = self.bytes.get(self.at.wrapping_sub(1)) == Some(&b'\n');
        }
        TokenKind::StringLit
    }

    /// The length of this line without its newline, if it is the marker and space. A heredoc is not
    /// ended by a line that has no newline.
    fn closing_line(&self, (start, end): (usize, usize)) -> Option<usize> {
        let marker = self.text.get(start..end)?;
        let rest = self.rest();
        let space = |c: char| c != '\n' && c.is_whitespace();
        let after = rest.trim_start_matches(space).strip_prefix(marker)?.trim_start_matches(space);
        if !after.starts_with('\n') {
            return None;
        }
        let length = rest.len() - after.len();
        Some(length - usize::from(rest.as_bytes().get(length.wrapping_sub(1)) == Some(&b'\r')))
    }

    pub(super) fn template(&mut self) -> TokenKind {
        if let Some(kind) = self.sequence() {
            return kind;
        }
        self.literal_line();
        // Terraform reads nothing in a template file from a lone carriage return on.
        if self.peek(0) == b'\r' {
            self.at = self.bytes.len();
        }
        TokenKind::StringLit
    }

    /// Text up to the end of the line, the next sequence or a lone carriage return.
    fn literal_line(&mut self) {
        while self.at < self.bytes.len() {
            match self.peek(0) {
                b'\n' => {
                    self.at += 1;
                    return;
                }
                b'\r' if self.peek(1) == b'\n' => {
                    self.at += 2;
                    return;
                }
                b'\r' => return,
                b'$' | b'%' => match self.marker_length() {
                    0 => return,
                    length => self.at += length,
                },
                _ => self.at += 1,
            }
        }
    }
}
