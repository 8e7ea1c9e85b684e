//! Text to syntax tree.
//!
//! `lex` makes tokens, `Parser` makes the tree of [`crate::ast`] from them: one file per kind of
//! construct, recursive descent with one token of lookahead, in linear time. Chains (`1 + 1 + 1`,
//! `a.b.c`) are parsed in loops; what nests is counted and bounded. All problems of a file are found
//! in one run: after one, reading goes on with the next argument or block.
//!
//! Meaning is not looked at here: which names exist and what types values have.

mod body;
mod collection;
mod error;
mod expression;
mod heredoc;
mod json;
pub(crate) mod lex;
mod literal;
mod outline;
mod position;
mod recover;
mod template;
mod traversal;

#[cfg(test)]
mod specsuite;
#[cfg(test)]
mod tests;

use evenkeel_model::{Diagnostic, Diagnostics};

use self::error::Problem;
use self::lex::{Mode, Token, TokenKind, lex};
pub use self::outline::{block_around, is_open};
use self::position::Source;
use crate::ast::{Body, Expr};

pub use self::json::{JsonString, json_blocks, json_dynamic, parse_json_constants, parse_json_file};
pub(crate) use self::lex::ident::is_identifier;
pub(crate) use self::literal::unescape;
pub(crate) use self::traversal::SPLAT_ELEMENT;

/// The largest file that is read.
pub const FILE_BYTES_MAX: usize = 16 << 20;

/// How deep expressions, templates and blocks may nest.
pub const NESTING_MAX: usize = 500;

/// What is said of a block that the file ends in.
pub(crate) const UNCLOSED: &str = "Unclosed configuration block";

/// How many problems of one file are kept.
const PROBLEMS_MAX: usize = 1_000;

/// Parses a configuration file. What could be understood is in the body even if there are errors.
pub fn parse_file(filename: &str, text: &[u8]) -> (Body, Diagnostics) {
    let (text, removed) = match decode(filename, text) {
        Ok(decoded) => decoded,
        Err(diagnostic) => return (Body::default(), diagnostic.into()),
    };
    let source = Source::new(filename, text, removed);
    let mut parser = Parser::new(&source, Mode::Code);
    let body = parser.file();
    (body, parser.finish())
}

/// Parses one expression, in which newlines are spaces.
pub fn parse_expression(filename: &str, text: &str) -> (Option<Expr>, Diagnostics) {
    if let Err(diagnostic) = check_size(filename, text.len()) {
        return (None, diagnostic.into());
    }
    expression_in(&Source::new(filename, text, 0))
}

/// Parses the bare text of a template, as `templatefile` reads it.
pub fn parse_template(filename: &str, text: &str) -> (Option<Expr>, Diagnostics) {
    if let Err(diagnostic) = check_size(filename, text.len()) {
        return (None, diagnostic.into());
    }
    template_in(&Source::new(filename, text, 0))
}

fn expression_in(source: &Source<'_>) -> (Option<Expr>, Diagnostics) {
    let mut parser = Parser::new(source, Mode::Code);
    parser.newlines = false;
    let expr = parser.whole_expression();
    parsed(expr, parser)
}

fn template_in(source: &Source<'_>) -> (Option<Expr>, Diagnostics) {
    let mut parser = Parser::new(source, Mode::Template);
    let expr = parser.bare_template();
    parsed(expr, parser)
}

fn parsed(expr: Parsed<Expr>, parser: Parser<'_>) -> (Option<Expr>, Diagnostics) {
    let diagnostics = parser.finish();
    (expr.ok().filter(|_| !diagnostics.has_errors()), diagnostics)
}

fn check_size(filename: &str, bytes: usize) -> Result<(), Diagnostic> {
    if bytes <= FILE_BYTES_MAX {
        return Ok(());
    }
    Err(Diagnostic::error(
        "File too large",
        format!(
            "{filename} has more than {FILE_BYTES_MAX} bytes, which is as much as is read. Keep large data in \
             separate files and read them with file()."
        ),
    ))
}

/// The text of a file without its byte order mark, and how long that was.
pub(crate) fn decode<'a>(filename: &str, bytes: &'a [u8]) -> Result<(&'a str, usize), Diagnostic> {
    check_size(filename, bytes.len())?;
    let (bytes, removed) = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (rest, 3),
        None => (bytes, 0),
    };
    std::str::from_utf8(bytes).map(|text| (text, removed)).map_err(|error| {
        let valid = bytes.get(..error.valid_up_to()).and_then(|valid| std::str::from_utf8(valid).ok());
        let valid = valid.unwrap_or_default();
        let source = Source::new(filename, valid, removed);
        Problem::new("Invalid character encoding", "Configuration is written in UTF-8; these bytes are not.")
            .at(valid.len()..valid.len())
            .diagnostic(&source)
    })
}

/// Parsing stopped: what is wrong has been reported, and the rest of the construct is to be skipped.
#[derive(Debug)]
struct Stopped;

type Parsed<T> = Result<T, Stopped>;

/// Reads tokens and makes the tree.
struct Parser<'a> {
    source: &'a Source<'a>,
    /// Without comments; the end of a file is the last one.
    tokens: Vec<Token>,
    next: usize,
    /// Whether newlines mean something here.
    newlines: bool,
    /// Whether the place where reading went on after an error may be a wrong one: only what is
    /// certain is reported from there.
    lost: bool,
    /// Whether the rest of the file is not read.
    given_up: bool,
    /// Whether brackets were seen that nothing closes.
    unbalanced: bool,
    depth: usize,
    problems: Vec<Problem>,
}

impl<'a> Parser<'a> {
    fn new(source: &'a Source<'a>, mode: Mode) -> Self {
        let tokens = lex(source.text, mode);
        let problems = error::invalid_tokens(&tokens, source.text);
        let tokens = without_comments(tokens, source.text);
        Self {
            source,
            tokens,
            next: 0,
            newlines: true,
            lost: false,
            given_up: false,
            unbalanced: false,
            depth: 0,
            problems,
        }
    }

    /// All problems, in the order of their places.
    fn finish(mut self) -> Diagnostics {
        self.problems.sort_by_key(Problem::start);
        let mut diagnostics = Diagnostics::new();
        for problem in self.problems {
            diagnostics.push(problem.diagnostic(self.source));
        }
        diagnostics
    }

    /// The next token; newlines only where they mean something.
    fn peek(&mut self) -> Token {
        loop {
            let token = self.raw();
            if token.kind != TokenKind::Newline || self.newlines {
                return token;
            }
            self.next += 1;
        }
    }

    fn raw(&self) -> Token {
        let last = self.source.text.len().min(u32::MAX as usize) as u32;
        self.tokens.get(self.next).copied().unwrap_or(Token { kind: TokenKind::Eof, start: last, end: last })
    }

    /// The next token, which is consumed. The end of the file stays.
    fn read(&mut self) -> Token {
        let token = self.peek();
        if token.kind != TokenKind::Eof {
            self.next += 1;
        }
        token
    }

    /// Consumes the next token if it is of a kind.
    fn accept(&mut self, kind: TokenKind) -> Option<Token> {
        (self.peek().kind == kind).then(|| self.read())
    }

    /// Whether the next token is a word of the language.
    fn at_keyword(&mut self, word: &str) -> bool {
        let token = self.peek();
        token.kind == TokenKind::Ident && self.text(token) == word
    }

    fn text(&self, token: Token) -> &'a str {
        token.text(self.source.text)
    }

    /// Where the last consumed token ends.
    fn end(&self) -> usize {
        self.next.checked_sub(1).and_then(|i| self.tokens.get(i)).map_or(0, |token| token.end as usize)
    }

    fn range_from(&self, start: usize) -> evenkeel_model::SourceRange {
        self.source.range(&(start..self.end()))
    }

    /// Parses something in which newlines mean something, or do not.
    fn with_newlines<T>(&mut self, newlines: bool, parse: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.newlines, newlines);
        let parsed = parse(self);
        self.newlines = before;
        parsed
    }

    /// Parses something one level deeper, if that is allowed.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= NESTING_MAX {
            return Err(self.too_deep());
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    /// Reports a problem at a token; nothing for a token that has been reported already.
    fn fail(&mut self, token: Token, summary: &str, detail: impl Into<String>) -> Stopped {
        match error::is_invalid(token.kind) {
            true => Stopped,
            false => self.report(Problem::new(summary, detail).at(token.span())),
        }
    }

    /// Reports a problem, unless reading was given up before or there are more than anybody reads.
    fn report(&mut self, problem: Problem) -> Stopped {
        if !self.given_up && self.problems.len() < PROBLEMS_MAX {
            self.problems.push(problem);
        }
        Stopped
    }

    /// Reports nesting that is too deep. The rest of the file is not read.
    fn too_deep(&mut self) -> Stopped {
        let token = self.peek();
        let detail = format!(
            "Expressions, templates and blocks may be nested in {NESTING_MAX} levels, and here begins one more. Use local \
             values to take this apart. The rest of the file was not read."
        );
        self.report(Problem::new("Expression nested too deeply", detail).at(token.span()));
        // Whoever comes back from here finds the end of the file.
        self.given_up = true;
        self.next = self.tokens.len().saturating_sub(1);
        Stopped
    }
}

/// The tokens that the grammar knows: a comment that ends its line is a newline, others are nothing.
fn without_comments(mut tokens: Vec<Token>, text: &str) -> Vec<Token> {
    tokens.retain_mut(|token| match token.kind {
        TokenKind::Comment if token.text(text).ends_with('\n') => {
            token.kind = TokenKind::Newline;
            true
        }
        TokenKind::Comment | TokenKind::OpenComment => false,
        _ => true,
    });
    tokens
}
