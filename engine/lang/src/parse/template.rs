//! Templates: quoted strings, heredocs and template files, with what is interpolated into them.
//!
//! A template is read as a flat list of pieces first; strip markers and indentation are applied to
//! that list, and the directives in it are matched afterwards.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use evenkeel_model::Value;

use super::error::{Problem, found};
use super::lex::{Token, TokenKind};
use super::{NESTING_MAX, Parsed, Parser, Stopped, heredoc, literal};
use crate::ast::{Expr, ExprKind, TemplatePart};
use crate::eval::did_you_mean;

const DIRECTIVES: [&str; 5] = ["if", "else", "endif", "for", "endfor"];

/// One element of a template.
pub(super) enum Piece<'a> {
    /// Text, escapes decoded.
    Text(Cow<'a, str>),
    /// `${...}` or `%{...}`
    Sequence(Sequence),
}

/// A sequence, where it stands and whether it strips space before and behind itself.
pub(super) struct Sequence {
    kind: SequenceKind,
    span: Range<usize>,
    /// `${~`
    pub strip_before: bool,
    /// `~}`
    pub strip_after: bool,
}

enum SequenceKind {
    Interpolation(Expr),
    If(Expr),
    Else,
    EndIf,
    For { key_name: Option<Arc<str>>, value_name: Arc<str>, collection: Expr },
    EndFor,
}

impl<'a> Parser<'a> {
    /// A quoted string.
    pub(super) fn quoted(&mut self) -> Parsed<Expr> {
        let open = self.read();
        let kind = match self.plain_string() {
            Some(text) => ExprKind::Literal(Value::string(text)),
            None => self.nested(|inner| inner.template(open, TokenKind::CQuote))?,
        };
        Ok(Expr::new(kind, self.range_from(open.start as usize)))
    }

    /// The text of a string that has no sequences in it, which most have not.
    fn plain_string(&mut self) -> Option<String> {
        let token = self.raw();
        if token.kind == TokenKind::CQuote {
            self.next += 1;
            return Some(String::new());
        }
        let closes = self.tokens.get(self.next + 1).is_some_and(|next| next.kind == TokenKind::CQuote);
        if token.kind != TokenKind::QuotedLit || !closes {
            return None;
        }
        self.next += 2;
        let mut text = String::with_capacity(self.text(token).len());
        self.decode_quoted(token, &mut text);
        Some(text)
    }

    /// A heredoc.
    #[inline(never)]
    pub(super) fn heredoc(&mut self) -> Parsed<Expr> {
        let open = self.read();
        let kind = self.nested(|inner| inner.template(open, TokenKind::CHeredoc))?;
        Ok(Expr::new(kind, self.range_from(open.start as usize)))
    }

    /// The text of a template file.
    pub(super) fn bare_template(&mut self) -> Parsed<Expr> {
        let mut pieces = self.pieces(None, TokenKind::Eof)?;
        heredoc::strip(&mut pieces);
        let kind = self.assembled(pieces)?;
        Ok(Expr::new(kind, self.source.range(&(0..self.source.text.len()))))
    }

    #[inline(never)]
    fn template(&mut self, open: Token, end: TokenKind) -> Parsed<ExprKind> {
        let mut pieces = self.pieces(Some(open), end)?;
        heredoc::strip(&mut pieces);
        if open.kind == TokenKind::OHeredoc && self.text(open).starts_with("<<-") {
            heredoc::dedent(&mut pieces);
        }
        self.assembled(pieces)
    }

    #[inline(never)]
    fn pieces(&mut self, open: Option<Token>, end: TokenKind) -> Parsed<Vec<Piece<'a>>> {
        let mut pieces = Vec::new();
        let mut directives = 0_usize;
        loop {
            let token = self.read();
            match token.kind {
                kind if kind == end => return Ok(pieces),
                TokenKind::QuotedLit => {
                    let mut text = String::with_capacity(self.text(token).len());
                    self.decode_quoted(token, &mut text);
                    pieces.push(Piece::Text(text.into()));
                }
                TokenKind::StringLit => pieces.push(Piece::Text(literal::decode_plain(self.text(token)))),
                TokenKind::TemplateInterp => {
                    let sequence = self.with_newlines(false, |inner| inner.interpolation(token, end))?;
                    pieces.push(Piece::Sequence(sequence));
                }
                TokenKind::TemplateControl => {
                    let sequence = self.with_newlines(false, |inner| inner.directive(token))?;
                    directives += usize::from(sequence.kind.opens());
                    if self.depth + directives > NESTING_MAX && sequence.kind.opens() {
                        return Err(self.too_deep());
                    }
                    directives = directives.saturating_sub(usize::from(sequence.kind.closes()));
                    pieces.push(Piece::Sequence(sequence));
                }
                _ => return Err(self.unterminated(open.unwrap_or(token), token)),
            }
        }
    }

    fn unterminated(&mut self, open: Token, token: Token) -> Stopped {
        let detail = match open.kind {
            TokenKind::OHeredoc => {
                "The end of this heredoc was not found: its marker on a line of its own, which ends with a newline."
            }
            _ => "The closing quote of this string was not found.",
        };
        // What stands there instead has been reported.
        if super::error::is_invalid(token.kind) {
            return Stopped;
        }
        let start = open.start as usize;
        let marker = self.text(open).trim_end().len();
        self.report(Problem::new("Unterminated template string", detail).at(start..start + marker))
    }

    /// `${ expression }` behind its opening.
    fn interpolation(&mut self, open: Token, end: TokenKind) -> Parsed<Sequence> {
        let expr = self.expression()?;
        let close = self.peek();
        if close.kind != TokenKind::TemplateSeqEnd {
            return Err(self.unclosed_interpolation(open, close, end));
        }
        self.read();
        Ok(self.sequence(SequenceKind::Interpolation(expr), open, close))
    }

    fn sequence(&self, kind: SequenceKind, open: Token, close: Token) -> Sequence {
        Sequence {
            kind,
            span: open.start as usize..close.end as usize,
            strip_before: self.text(open).ends_with('~'),
            strip_after: self.text(close).starts_with('~'),
        }
    }

    #[inline(never)]
    fn unclosed_interpolation(&mut self, open: Token, close: Token, end: TokenKind) -> Stopped {
        let quote = matches!(close.kind, TokenKind::OQuote | TokenKind::CQuote) && end == TokenKind::CQuote;
        if quote || close.kind == TokenKind::Eof {
            let detail = "There is no closing brace for the interpolation that begins here. For a literal \"${\", write \
                          \"$${\".";
            return self.fail(open, "Unclosed template interpolation sequence", detail);
        }
        let what = found(close.kind, self.text(close));
        let detail = format!(
            "The closing brace of the interpolation is expected here, but there is {what}. If this is meant for another \
             language, such as a shell, write \"$${{\" instead of \"${{\"."
        );
        self.fail(close, "Extra characters after interpolation expression", detail)
    }

    /// `%{ keyword ... }` behind its opening.
    #[inline(never)]
    fn directive(&mut self, open: Token) -> Parsed<Sequence> {
        let keyword = self.peek();
        if keyword.kind != TokenKind::Ident {
            let detail = "One of the keywords if, else, endif, for and endfor is expected behind \"%{\". For a literal \
                          \"%{\", write \"%%{\".";
            return Err(self.fail(keyword, "Invalid template directive", detail));
        }
        self.read();
        let name = self.text(keyword);
        let kind = match name {
            "if" => SequenceKind::If(self.expression()?),
            "else" => SequenceKind::Else,
            "endif" => SequenceKind::EndIf,
            "for" => {
                let (key_name, value_name) = self.for_names("Invalid 'for' directive")?;
                SequenceKind::For { key_name, value_name, collection: self.expression()? }
            }
            "endfor" => SequenceKind::EndFor,
            _ => return Err(self.unknown_directive(keyword, name)),
        };
        let close = self.peek();
        if close.kind != TokenKind::TemplateSeqEnd {
            let what = found(close.kind, self.text(close));
            let detail =
                format!("The closing brace of this directive is expected here, but there is {what}.");
            return Err(self.fail(close, &format!("Extra characters in {name} marker"), detail));
        }
        self.read();
        Ok(self.sequence(kind, open, close))
    }

    fn unknown_directive(&mut self, token: Token, name: &str) -> Stopped {
        let near = did_you_mean(name, DIRECTIVES).map(|near| format!(" Did you mean \"{near}\"?"));
        let detail = format!(
            "\"{name}\" is not a keyword of templates; these are if, else, endif, for and endfor.{} For a literal \"%{{\", \
             write \"%%{{\".",
            near.unwrap_or_default()
        );
        self.fail(token, "Invalid template control keyword", detail)
    }

    /// What the pieces of a whole template are together.
    fn assembled(&mut self, pieces: Vec<Piece<'_>>) -> Parsed<ExprKind> {
        let alone = pieces.len() == 1;
        let mut builder = Builder::default();
        for piece in pieces {
            if let Err(problem) = builder.push(piece) {
                return Err(self.report(problem));
            }
        }
        let mut parts = match builder.finish() {
            Ok(parts) => parts,
            Err(problem) => return Err(self.report(problem)),
        };
        Ok(match (parts.pop(), parts.is_empty()) {
            (None, _) => ExprKind::Literal(Value::string("")),
            (Some(TemplatePart::Text(text)), true) => ExprKind::Literal(Value::string(text)),
            (Some(TemplatePart::Interpolation(expr)), true) if alone => ExprKind::Wrapped(expr),
            (Some(last), _) => {
                parts.push(last);
                ExprKind::Template(parts)
            }
        })
    }
}

impl SequenceKind {
    fn opens(&self) -> bool {
        matches!(self, Self::If(_) | Self::For { .. })
    }

    fn closes(&self) -> bool {
        matches!(self, Self::EndIf | Self::EndFor)
    }
}

/// A directive that is not ended yet.
struct OpenDirective {
    kind: SequenceKind,
    span: Range<usize>,
    /// The parts around it.
    around: Vec<TemplatePart>,
    /// What stands before `else`, once that was seen.
    yes: Option<Vec<TemplatePart>>,
}

/// Matches directives with their ends.
#[derive(Default)]
struct Builder {
    open: Vec<OpenDirective>,
    parts: Vec<TemplatePart>,
    text: String,
}

impl Builder {
    fn push(&mut self, piece: Piece<'_>) -> Result<(), Problem> {
        let Sequence { kind, span, .. } = match piece {
            Piece::Text(text) => {
                self.text.push_str(&text);
                return Ok(());
            }
            Piece::Sequence(sequence) => sequence,
        };
        self.flush();
        match kind {
            SequenceKind::Interpolation(expr) => self.parts.push(TemplatePart::Interpolation(expr)),
            SequenceKind::If(_) | SequenceKind::For { .. } => {
                let around = std::mem::take(&mut self.parts);
                self.open.push(OpenDirective { kind, span, around, yes: None });
            }
            SequenceKind::Else => return self.otherwise(span),
            SequenceKind::EndIf => return self.close("endif", span),
            SequenceKind::EndFor => return self.close("endfor", span),
        }
        Ok(())
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.parts.push(TemplatePart::Text(std::mem::take(&mut self.text).into()));
        }
    }

    fn otherwise(&mut self, span: Range<usize>) -> Result<(), Problem> {
        let detail = match self.open.last_mut() {
            Some(OpenDirective { kind: SequenceKind::If(_), yes: yes @ None, .. }) => {
                *yes = Some(std::mem::take(&mut self.parts));
                return Ok(());
            }
            Some(OpenDirective { kind: SequenceKind::If(_), .. }) => {
                "There is an else directive for this if already."
            }
            Some(_) => "A for directive has no else.",
            None => "There is no if directive before it that it belongs to.",
        };
        Err(Problem::new("Unexpected else directive", detail).at(span))
    }

    fn close(&mut self, keyword: &str, span: Range<usize>) -> Result<(), Problem> {
        let detail = match self.open.pop() {
            None => "There is no directive before it that it belongs to.",
            Some(OpenDirective { kind: SequenceKind::If(condition), around, yes, .. })
                if keyword == "endif" =>
            {
                let last = std::mem::replace(&mut self.parts, around);
                let (yes, no) = match yes {
                    Some(yes) => (yes, last),
                    None => (last, Vec::new()),
                };
                self.parts.push(TemplatePart::If { condition, yes, no });
                return Ok(());
            }
            Some(OpenDirective {
                kind: SequenceKind::For { key_name, value_name, collection },
                around,
                ..
            }) if keyword == "endfor" => {
                let body = std::mem::replace(&mut self.parts, around);
                self.parts.push(TemplatePart::For { key_name, value_name, collection, body });
                return Ok(());
            }
            Some(OpenDirective { kind: SequenceKind::If(_), .. }) => {
                "The directive that is open here is an if; it ends with endif."
            }
            Some(_) => "The directive that is open here is a for; it ends with endfor.",
        };
        Err(Problem::new(format!("Unexpected {keyword} directive"), detail).at(span))
    }

    fn finish(mut self) -> Result<Vec<TemplatePart>, Problem> {
        self.flush();
        let Some(open) = self.open.pop() else { return Ok(self.parts) };
        let (name, ending) = match open.kind {
            SequenceKind::If(_) => ("if", "endif"),
            _ => ("for", "endfor"),
        };
        let detail = format!("The {name} directive that stands here is not ended by an {ending} directive.");
        Err(Problem::new("Unexpected end of template", detail).at(open.span))
    }
}
