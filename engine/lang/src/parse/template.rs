//! Templates: escapes, strip markers (`~`) and the indentation of `<<-` heredocs.
//!
//! HCL applies strip markers and indentation to the flat sequence of a template's tokens, of which
//! each line of a heredoc is one, before it looks at directives. So the library's tree is flattened
//! here, its literals are read from the source text line by line, and the tree is built again
//! afterwards.

use std::ops::Range;
use std::sync::Arc;

use evenkeel_model::Value;

use hcl_edit::template::{Directive, Element, HeredocTemplate, StringTemplate, Strip, Template};
use unicode_segmentation::UnicodeSegmentation;

use super::error::Problem;
use super::lower::{Lowering, span_of};
use crate::ast::{Expr, ExprKind, TemplatePart};

/// How literal text of a template is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoting {
    /// `"..."`: backslash escapes, one line.
    Quoted,
    /// Heredoc or template file: text as it is, a token per line.
    Plain,
}

/// One token of a flattened template.
enum Token {
    Text(String),
    Interpolation(Expr),
    If(Expr),
    Else,
    EndIf,
    For { key_name: Option<Arc<str>>, value_name: Arc<str>, collection: Expr },
    EndFor,
}

/// A token and whether it strips space before and after itself.
struct Marked {
    token: Token,
    strip: Strip,
}

impl Lowering<'_> {
    /// A quoted string with sequences in it.
    pub(super) fn quoted_template(&mut self, template: &StringTemplate, span: &Range<usize>) -> Expr {
        let mut tokens = Vec::new();
        for element in template {
            self.flatten(element, Quoting::Quoted, &mut tokens);
        }
        self.assemble(tokens, span)
    }

    /// A heredoc.
    pub(super) fn heredoc(&mut self, heredoc: &HeredocTemplate, span: &Range<usize>) -> Expr {
        let mut tokens = Vec::new();
        for element in &heredoc.template {
            self.flatten(element, Quoting::Plain, &mut tokens);
        }
        strip(&mut tokens);
        if self.source.slice(span).starts_with("<<-") {
            dedent(&mut tokens);
        }
        self.assemble_stripped(tokens, span)
    }

    /// The text of a template file.
    pub(super) fn bare_template(&mut self, template: &Template) -> Expr {
        let mut tokens = Vec::new();
        for element in template {
            self.flatten(element, Quoting::Plain, &mut tokens);
        }
        self.assemble(tokens, &(0..self.source.text.len()))
    }

    fn flatten(&mut self, element: &Element, quoting: Quoting, tokens: &mut Vec<Marked>) {
        let mut push = |token, strip| tokens.push(Marked { token, strip });
        match element {
            Element::Literal(literal) => self.literal(span_of(literal), quoting, tokens),
            Element::Interpolation(interpolation) => {
                push(Token::Interpolation(self.expr(&interpolation.expr)), interpolation.strip);
            }
            Element::Directive(directive) => match &**directive {
                Directive::If(directive) => {
                    push(Token::If(self.expr(&directive.if_expr.cond_expr)), directive.if_expr.strip);
                    for element in &directive.if_expr.template {
                        self.flatten(element, quoting, tokens);
                    }
                    if let Some(else_expr) = &directive.else_expr {
                        tokens.push(Marked { token: Token::Else, strip: else_expr.strip });
                        for element in &else_expr.template {
                            self.flatten(element, quoting, tokens);
                        }
                    }
                    tokens.push(Marked { token: Token::EndIf, strip: directive.endif_expr.strip });
                }
                Directive::For(directive) => {
                    let for_expr = &directive.for_expr;
                    let token = Token::For {
                        key_name: for_expr.key_var.as_ref().map(|name| name.as_str().into()),
                        value_name: for_expr.value_var.as_str().into(),
                        collection: self.expr(&for_expr.collection_expr),
                    };
                    push(token, for_expr.strip);
                    for element in &for_expr.template {
                        self.flatten(element, quoting, tokens);
                    }
                    tokens.push(Marked { token: Token::EndFor, strip: directive.endfor_expr.strip });
                }
            },
        }
    }

    fn literal(&mut self, span: Range<usize>, quoting: Quoting, tokens: &mut Vec<Marked>) {
        let mut push = |text| tokens.push(Marked { token: Token::Text(text), strip: Strip::None });
        match quoting {
            Quoting::Quoted => push(decode_quoted(self, span)),
            Quoting::Plain => {
                for line in self.source.slice(&span).split_inclusive('\n') {
                    push(decode_plain(line));
                }
            }
        }
    }

    fn assemble(&self, mut tokens: Vec<Marked>, span: &Range<usize>) -> Expr {
        strip(&mut tokens);
        self.assemble_stripped(tokens, span)
    }

    fn assemble_stripped(&self, tokens: Vec<Marked>, span: &Range<usize>) -> Expr {
        let range = self.source.range(span);
        let alone = tokens.len() == 1;
        let mut tokens = tokens.into_iter().map(|marked| marked.token);
        let mut parts = build(&mut tokens).0;
        let kind = match (parts.pop(), parts.is_empty()) {
            (None, _) => ExprKind::Literal(Value::string("")),
            (Some(TemplatePart::Text(text)), true) => ExprKind::Literal(Value::string(text)),
            (Some(TemplatePart::Interpolation(expr)), true) if alone => ExprKind::Wrapped(expr),
            (Some(last), _) => {
                parts.push(last);
                ExprKind::Template(parts)
            }
        };
        Expr::new(kind, range)
    }
}

/// Applies the strip markers: each eats the space of the token beside it, if that is text.
fn strip(tokens: &mut [Marked]) {
    for i in 0..tokens.len() {
        let Some(strip) = tokens.get(i).map(|marked| marked.strip) else { continue };
        if strip.strip_start()
            && let Some(Marked { token: Token::Text(text), .. }) =
                i.checked_sub(1).and_then(|i| tokens.get_mut(i))
        {
            text.truncate(text.trim_end().len());
        }
        if strip.strip_end()
            && let Some(Marked { token: Token::Text(text), .. }) = tokens.get_mut(i + 1)
        {
            text.drain(..text.len() - text.trim_start().len());
        }
    }
}

/// Removes the indentation that all lines have in common; blank lines do not count.
fn dedent(tokens: &mut [Marked]) {
    let mut indent: Option<usize> = None;
    let mut starts = Vec::new();
    let mut line_start = true;
    for (i, marked) in tokens.iter().enumerate() {
        let text = match &marked.token {
            Token::Text(text) => Some(text),
            _ => None,
        };
        if line_start {
            line_start = false;
            let width = match text {
                Some(text) if text.trim_start().is_empty() && text.ends_with('\n') => None,
                Some(text) => {
                    starts.push(i);
                    let space = &text[..text.len() - text.trim_start().len()];
                    Some(space.graphemes(true).count())
                }
                None => Some(0),
            };
            indent = match (indent, width) {
                (Some(indent), Some(width)) => Some(indent.min(width)),
                (indent, width) => indent.or(width),
            };
        }
        line_start = line_start || text.is_some_and(|text| text.ends_with('\n'));
    }
    let Some(indent) = indent else { return };
    for i in starts {
        if let Some(Marked { token: Token::Text(text), .. }) = tokens.get_mut(i) {
            let removed: usize = text.graphemes(true).take(indent).map(str::len).sum();
            text.drain(..removed);
        }
    }
}

/// How a sequence of parts ended.
#[derive(PartialEq, Eq)]
enum End {
    Else,
    Directive,
    Template,
}

/// Builds parts up to the end of the directive or template that they belong to. The parser has
/// balanced the directives.
fn build(tokens: &mut impl Iterator<Item = Token>) -> (Vec<TemplatePart>, End) {
    let mut parts = Vec::new();
    let mut text = String::new();
    let flush = |text: &mut String, parts: &mut Vec<TemplatePart>| {
        if !text.is_empty() {
            parts.push(TemplatePart::Text(std::mem::take(text).into()));
        }
    };
    while let Some(token) = tokens.next() {
        if let Token::Text(more) = token {
            text.push_str(&more);
            continue;
        }
        flush(&mut text, &mut parts);
        match token {
            Token::Text(_) => {}
            Token::Interpolation(expr) => parts.push(TemplatePart::Interpolation(expr)),
            Token::If(condition) => {
                let (yes, end) = build(tokens);
                let no = if end == End::Else { build(tokens).0 } else { Vec::new() };
                parts.push(TemplatePart::If { condition, yes, no });
            }
            Token::For { key_name, value_name, collection } => {
                let body = build(tokens).0;
                parts.push(TemplatePart::For { key_name, value_name, collection, body });
            }
            Token::Else => return (parts, End::Else),
            Token::EndIf | Token::EndFor => return (parts, End::Directive),
        }
    }
    flush(&mut text, &mut parts);
    (parts, End::Template)
}

/// Literal text outside quotes: only the markers of sequences are escaped.
fn decode_plain(text: &str) -> String {
    text.replace("$${", "${").replace("%%{", "%{")
}

/// The text between two quotes.
pub(super) fn decode_quoted(lowering: &mut Lowering<'_>, span: Range<usize>) -> String {
    let text = lowering.source.slice(&span);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let at = span.start + text.len() - rest.len();
        let length = match c {
            '\\' => match unescape(rest) {
                Ok((unescaped, length)) => {
                    out.push(unescaped);
                    length
                }
                Err(length) => {
                    lowering
                        .problem(invalid_escape(rest.get(..length).unwrap_or_default()).at(at..at + length));
                    length
                }
            },
            '$' if rest.starts_with("$${") => {
                out.push_str("${");
                3
            }
            '%' if rest.starts_with("%%{") => {
                out.push_str("%{");
                3
            }
            c => {
                out.push(c);
                c.len_utf8()
            }
        };
        rest = rest.get(length.max(1)..).unwrap_or_default();
    }
    out
}

/// The character that an escape at the start of `text` stands for, and its length; or the length
/// of what is no escape.
pub(super) fn unescape(text: &str) -> Result<(char, usize), usize> {
    let selector = text.chars().nth(1).ok_or(1_usize)?;
    let simple = match selector {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '"' => '"',
        '\\' => '\\',
        'u' => return unescape_code(text, 4),
        'U' => return unescape_code(text, 8),
        _ => return Err(1 + selector.len_utf8()),
    };
    Ok((simple, 2))
}

fn unescape_code(text: &str, digits: usize) -> Result<(char, usize), usize> {
    let code = text.get(2..2 + digits).filter(|code| code.bytes().all(|b| b.is_ascii_hexdigit()));
    let code = code.and_then(|code| u32::from_str_radix(code, 16).ok()).ok_or(2_usize)?;
    // Go writes the replacement character for what is no character, and so do we.
    Ok((char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 2 + digits))
}

/// What to say about something that is no escape.
pub(super) fn invalid_escape(escape: &str) -> Problem {
    let detail = match escape {
        "\\u" => "\\u is followed by four hexadecimal digits.".to_owned(),
        "\\U" => "\\U is followed by eight hexadecimal digits.".to_owned(),
        _ => format!(
            "{escape} is no escape sequence. There are \\n, \\r, \\t, \\\", \\\\, \\uNNNN and \\UNNNNNNNN; a backslash \
             itself is written \\\\."
        ),
    };
    Problem::new("Invalid escape sequence", detail)
}
