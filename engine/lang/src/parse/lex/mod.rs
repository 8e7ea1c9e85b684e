//! Text to tokens, as HCL's scanner makes them.
//!
//! The stream is complete: every byte of the text is inside exactly one token, or is a space or tab
//! between two tokens. Comments and newlines are tokens, so that a formatter can write the file
//! again. It never fails; what has no meaning in the language is a token of a kind that says so, and
//! the parser reports it. Time is linear in the length of the text, and nothing here recurses:
//! what is open stands on a stack.
//!
//! It does not decode strings and does not know the grammar.

mod code;
pub(crate) mod ident;
mod text;

#[cfg(test)]
mod tests;

use std::ops::Range;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TokenKind {
    /// `{`
    OBrace,
    /// `}`
    CBrace,
    /// `[`
    OBrack,
    /// `]`
    CBrack,
    /// `(`
    OParen,
    /// `)`
    CParen,
    /// The quote that begins a string.
    OQuote,
    /// Text in quotes, escapes included; never empty, and never two in a row.
    QuotedLit,
    /// The quote that ends a string.
    CQuote,
    /// Line ends inside quotes, where none may be.
    QuotedNewline,
    /// `<<MARKER` or `<<-MARKER` with the newline behind it.
    OHeredoc,
    /// Text of a heredoc or template file: at most one line, with its newline.
    StringLit,
    /// The line that ends a heredoc, with the space around the marker and without the newline.
    CHeredoc,
    /// `${` or `${~`
    TemplateInterp,
    /// `%{` or `%{~`
    TemplateControl,
    /// `}` or `~}` of a template sequence; `~}` anywhere else, too.
    TemplateSeqEnd,
    /// A number, or what looks like one.
    Number,
    /// A name or keyword.
    Ident,
    /// A comment; one that ends with its line has the newline in it.
    Comment,
    /// `\n` or `\r\n`
    Newline,
    /// `*`
    Star,
    /// `/`
    Slash,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `%`
    Percent,
    /// `=`
    Equal,
    /// `==`
    EqualOp,
    /// `!=`
    NotEqual,
    /// `<`
    LessThan,
    /// `<=`
    LessThanEq,
    /// `>`
    GreaterThan,
    /// `>=`
    GreaterThanEq,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `!`
    Bang,
    /// `.`
    Dot,
    /// `,`
    Comma,
    /// `::`
    DoubleColon,
    /// `...`
    Ellipsis,
    /// `=>`
    FatArrow,
    /// `?`
    Question,
    /// `:`
    Colon,
    /// `&`, `|`, `^` or `~`, which other languages have.
    Bitwise,
    /// `'`
    Apostrophe,
    /// A backtick.
    Backtick,
    /// `;`
    Semicolon,
    /// `/*` without an end, up to the end of the text.
    OpenComment,
    /// Any other character.
    Invalid,
    /// The end of the text; always the last token, and empty.
    Eof,
}

/// One token: what it is, and which bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// The first byte.
    pub start: u32,
    /// The byte behind the last.
    pub end: u32,
}

impl Token {
    /// Its bytes.
    pub fn span(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Its text in the text it was made from.
    pub fn text<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.span()).unwrap_or_default()
    }
}

/// What kind of text it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A file or an expression.
    Code,
    /// A bare template: text outside sequences.
    Template,
}

/// All tokens of a text, [`TokenKind::Eof`] at the end. The text has less than 4 GiB.
pub(crate) fn lex(text: &str, mode: Mode) -> Vec<Token> {
    let mut lexer = Lexer::new(text, mode);
    // A guess that is right for usual files; the vector grows where it is not.
    let mut tokens = Vec::with_capacity(text.len() / 5 + 1);
    loop {
        let token = lexer.token();
        tokens.push(token);
        if token.kind == TokenKind::Eof {
            return tokens;
        }
    }
}

/// What is open around the next token.
#[derive(Clone, Copy, Debug)]
enum Open {
    /// The code of a file.
    File,
    /// Code in a template sequence, and how many braces are open in it.
    Sequence(usize),
    /// A quoted string.
    Quoted,
    /// A heredoc: the bytes of its marker, and whether a line begins.
    Heredoc { marker: (usize, usize), line_start: bool },
    /// A bare template.
    Template,
}

struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// The innermost is `open`; those around it are here.
    around: Vec<Open>,
    open: Open,
}

impl<'a> Lexer<'a> {
    fn new(text: &'a str, mode: Mode) -> Self {
        let open = match mode {
            Mode::Code => Open::File,
            Mode::Template => Open::Template,
        };
        Self { text, bytes: text.as_bytes(), at: 0, around: Vec::new(), open }
    }

    /// The next token. Space between tokens exists in code only.
    fn token(&mut self) -> Token {
        if matches!(self.open, Open::File | Open::Sequence(_)) {
            while matches!(self.peek(0), b' ' | b'\t') {
                self.at += 1;
            }
        }
        let start = self.at;
        let kind = if start >= self.bytes.len() { TokenKind::Eof } else { self.kind() };
        Token { kind, start: saturate(start), end: saturate(self.at) }
    }

    /// Steps over the next token; at least one byte of it.
    fn kind(&mut self) -> TokenKind {
        match self.open {
            Open::File | Open::Sequence(_) => self.code(),
            Open::Quoted => self.quoted(),
            Open::Heredoc { marker, line_start } => self.heredoc(marker, line_start),
            Open::Template => self.template(),
        }
    }

    /// The byte at an offset from here; zero behind the end.
    fn peek(&self, offset: usize) -> u8 {
        self.bytes.get(self.at + offset).copied().unwrap_or(0)
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn advance(&mut self, bytes: usize, kind: TokenKind) -> TokenKind {
        self.at = (self.at + bytes).min(self.bytes.len());
        kind
    }

    fn push(&mut self, open: Open) {
        self.around.push(std::mem::replace(&mut self.open, open));
    }

    fn pop(&mut self) {
        if let Some(open) = self.around.pop() {
            self.open = open;
        }
    }
}

fn saturate(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
