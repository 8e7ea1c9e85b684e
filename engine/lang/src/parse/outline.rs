//! Where the blocks of a file are, told from its tokens: also of a file that does not parse.

use evenkeel_model::address::quote;

use super::lex::{Mode, Token, TokenKind, lex};

/// The header of the top-level block around a byte: `resource "aws_vpc" "main"`.
pub fn block_around(text: &str, byte: usize) -> Option<String> {
    let tokens = lex(text, Mode::Code);
    let mut rest = tokens.as_slice();
    while let Some(first) = rest.first() {
        let length = item_length(rest);
        let (item, after) = rest.split_at_checked(length)?;
        let end = item.last().map_or(0, |last| last.end as usize);
        let inside = first.start as usize <= byte && byte < end;
        if inside && let Some(header) = header(text, item) {
            return Some(header);
        }
        if first.start as usize > byte {
            return None;
        }
        rest = after;
    }
    None
}

/// Whether something is open at the end of a text that more lines could close: a bracket, a heredoc.
pub fn is_open(text: &str) -> bool {
    // A heredoc begins and ends with whole lines.
    let tokens = lex(&format!("{text}\n"), Mode::Code);
    let change = |token: &Token| match token.kind {
        TokenKind::OBrace
        | TokenKind::OBrack
        | TokenKind::OParen
        | TokenKind::OHeredoc
        | TokenKind::TemplateInterp
        | TokenKind::TemplateControl => 1,
        TokenKind::CBrace
        | TokenKind::CBrack
        | TokenKind::CParen
        | TokenKind::CHeredoc
        | TokenKind::TemplateSeqEnd => -1,
        _ => 0,
    };
    tokens.iter().map(change).sum::<i64>() > 0
}

/// How many tokens belong to what begins here: up to the end of the line, brackets closed.
fn item_length(tokens: &[Token]) -> usize {
    let mut depth: usize = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::OBrace
            | TokenKind::OBrack
            | TokenKind::OParen
            | TokenKind::TemplateInterp
            | TokenKind::TemplateControl => depth += 1,
            TokenKind::CBrace | TokenKind::CBrack | TokenKind::CParen | TokenKind::TemplateSeqEnd => {
                depth = depth.saturating_sub(1);
                if depth == 0 && token.kind == TokenKind::CBrace {
                    return at + 1;
                }
            }
            TokenKind::Newline | TokenKind::Comment if depth == 0 => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}

/// What stands before the opening brace, if this is a block.
fn header(text: &str, item: &[Token]) -> Option<String> {
    let brace = item.iter().position(|token| token.kind == TokenKind::OBrace)?;
    let tokens = item.get(..brace)?;
    let mut words = Vec::new();
    for token in tokens {
        match token.kind {
            TokenKind::Ident if words.is_empty() => words.push(token.text(text).to_owned()),
            TokenKind::Ident => words.push(quote(token.text(text))),
            TokenKind::QuotedLit => words.push(format!("\"{}\"", token.text(text))),
            TokenKind::OQuote | TokenKind::CQuote | TokenKind::Comment => {}
            _ => return None,
        }
    }
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_around_a_place_is_found() {
        let text = "a = {\n}\nresource \"x\" y {\n  b = {}\n}\nlocals { c = 1 }\nopen {\n";
        let at = |part: &str| block_around(text, text.find(part).unwrap());
        assert_eq!(at("= {"), None);
        assert_eq!(at("resource"), Some("resource \"x\" \"y\"".into()));
        assert_eq!(at("b ="), Some("resource \"x\" \"y\"".into()));
        assert_eq!(at("c ="), Some("locals".into()));
        assert_eq!(block_around(text, text.len() - 1), Some("open".into()));
        assert_eq!(block_around(text, 1_000), None);
        assert_eq!(block_around("", 0), None);
    }

    #[test]
    fn what_is_open_is_told() {
        for open in ["[", "f(\n1", "{ a = <<E\nx", "<<E\nx\n", "\"${"] {
            assert!(is_open(open), "{open}");
        }
        for closed in ["", "1 +", "[\n]", "<<E\nx\nE", "\"a", "]"] {
            assert!(!is_open(closed), "{closed}");
        }
    }
}
