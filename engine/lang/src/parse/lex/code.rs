//! Tokens of code: everything outside strings.

use super::ident::name_length;
use super::{Lexer, Open, TokenKind};

impl Lexer<'_> {
    pub(super) fn code(&mut self) -> TokenKind {
        match self.peek(0) {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => self.name(),
            b'0'..=b'9' => self.number(),
            b'\n' => self.advance(1, TokenKind::Newline),
            b'\r' if self.peek(1) == b'\n' => self.advance(2, TokenKind::Newline),
            b'#' => self.line_comment(),
            b'/' if self.peek(1) == b'/' => self.line_comment(),
            b'/' if self.peek(1) == b'*' => self.block_comment(),
            b'"' => {
                self.push(Open::Quoted);
                self.advance(1, TokenKind::OQuote)
            }
            b'{' => self.open_brace(),
            b'}' => self.close_brace(),
            b'~' if self.peek(1) == b'}' => self.close_stripping(),
            b'<' if self.peek(1) == b'<' => self.heredoc_start(),
            byte => self.punctuation(byte),
        }
    }

    fn name(&mut self) -> TokenKind {
        let rest = self.rest();
        match name_length(rest) {
            0 => self.invalid(),
            length => self.advance(length, TokenKind::Ident),
        }
    }

    fn invalid(&mut self) -> TokenKind {
        let length = self.rest().chars().next().map_or(1, char::len_utf8);
        self.advance(length, TokenKind::Invalid)
    }

    /// Digits, dots and exponents in any order; what is no number of these the parser refuses. A
    /// dot at the end belongs to what follows.
    fn number(&mut self) -> TokenKind {
        let mut length = 1;
        let mut end = 1;
        loop {
            length += match self.peek(length) {
                b'0'..=b'9' => 1,
                b'.' => {
                    length += 1;
                    continue;
                }
                b'e' | b'E' if self.peek(length + 1).is_ascii_digit() => 2,
                b'e' | b'E'
                    if matches!(self.peek(length + 1), b'+' | b'-')
                        && self.peek(length + 2).is_ascii_digit() =>
                {
                    3
                }
                _ => return self.advance(end, TokenKind::Number),
            };
            end = length;
        }
    }

    fn line_comment(&mut self) -> TokenKind {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|b| *b == b'\n').map_or(rest.len(), |newline| newline + 1);
        self.advance(length, TokenKind::Comment)
    }

    fn block_comment(&mut self) -> TokenKind {
        let rest = self.rest();
        match rest.get(2..).and_then(|content| content.find("*/")) {
            Some(length) => self.advance(length + 4, TokenKind::Comment),
            None => self.advance(rest.len(), TokenKind::OpenComment),
        }
    }

    fn open_brace(&mut self) -> TokenKind {
        if let Open::Sequence(braces) = &mut self.open {
            *braces += 1;
        }
        self.advance(1, TokenKind::OBrace)
    }

    fn close_brace(&mut self) -> TokenKind {
        match &mut self.open {
            Open::Sequence(0) => {
                self.pop();
                self.advance(1, TokenKind::TemplateSeqEnd)
            }
            Open::Sequence(braces) => {
                *braces -= 1;
                self.advance(1, TokenKind::CBrace)
            }
            Open::File | Open::Quoted | Open::Heredoc { .. } | Open::Template => {
                self.advance(1, TokenKind::CBrace)
            }
        }
    }

    fn close_stripping(&mut self) -> TokenKind {
        match &mut self.open {
            Open::Sequence(0) => self.pop(),
            Open::Sequence(braces) => *braces -= 1,
            Open::File | Open::Quoted | Open::Heredoc { .. } | Open::Template => {}
        }
        self.advance(2, TokenKind::TemplateSeqEnd)
    }

    /// `<<`, which begins a heredoc if a name and the end of the line follow.
    fn heredoc_start(&mut self) -> TokenKind {
        let skipped = if self.peek(2) == b'-' { 3 } else { 2 };
        let after = self.text.get(self.at + skipped..).unwrap_or_default();
        let name = name_length(after);
        let newline = match after.as_bytes().get(name..).unwrap_or_default() {
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] => 2,
            _ => 0,
        };
        if name == 0 || newline == 0 {
            return self.advance(1, TokenKind::LessThan);
        }
        let start = self.at + skipped;
        self.push(Open::Heredoc { marker: (start, start + name), line_start: true });
        self.advance(skipped + name + newline, TokenKind::OHeredoc)
    }

    fn punctuation(&mut self, byte: u8) -> TokenKind {
        let pair = match (byte, self.peek(1)) {
            (b'=', b'=') => TokenKind::EqualOp,
            (b'=', b'>') => TokenKind::FatArrow,
            (b'!', b'=') => TokenKind::NotEqual,
            (b'<', b'=') => TokenKind::LessThanEq,
            (b'>', b'=') => TokenKind::GreaterThanEq,
            (b'&', b'&') => TokenKind::And,
            (b'|', b'|') => TokenKind::Or,
            (b':', b':') => TokenKind::DoubleColon,
            (b'.', b'.') if self.peek(2) == b'.' => return self.advance(3, TokenKind::Ellipsis),
            _ => return self.single(byte),
        };
        self.advance(2, pair)
    }

    fn single(&mut self, byte: u8) -> TokenKind {
        let kind = match byte {
            b'[' => TokenKind::OBrack,
            b']' => TokenKind::CBrack,
            b'(' => TokenKind::OParen,
            b')' => TokenKind::CParen,
            b'.' => TokenKind::Dot,
            b',' => TokenKind::Comma,
            b'*' => TokenKind::Star,
            b'/' => TokenKind::Slash,
            b'%' => TokenKind::Percent,
            b'+' => TokenKind::Plus,
            b'-' => TokenKind::Minus,
            b'=' => TokenKind::Equal,
            b'<' => TokenKind::LessThan,
            b'>' => TokenKind::GreaterThan,
            b'!' => TokenKind::Bang,
            b'?' => TokenKind::Question,
            b':' => TokenKind::Colon,
            b'&' | b'|' | b'^' | b'~' => TokenKind::Bitwise,
            b';' => TokenKind::Semicolon,
            b'`' => TokenKind::Backtick,
            b'\'' => TokenKind::Apostrophe,
            _ => return self.invalid(),
        };
        self.advance(1, kind)
    }
}
