//! The text that literals stand for: escapes in strings.

use std::borrow::Cow;

use super::Parser;
use super::error::Problem;
use super::lex::Token;

impl Parser<'_> {
    /// Appends the text that a token of a quoted string stands for.
    pub(super) fn decode_quoted(&mut self, token: Token, out: &mut String) {
        let text = self.text(token);
        let mut rest = text;
        while let Some(at) = rest.find(['\\', '$', '%']) {
            let (plain, marked) = rest.split_at(at);
            out.push_str(plain);
            let offset = token.start as usize + text.len() - marked.len();
            let length = self.decode_marked(marked, offset, out);
            rest = marked.get(length..).unwrap_or_default();
        }
        out.push_str(rest);
    }

    /// An escape, or a character that could have begun one; gives back its length.
    fn decode_marked(&mut self, text: &str, offset: usize, out: &mut String) -> usize {
        if text.starts_with('\\') {
            return match unescape(text) {
                Ok((c, length)) => {
                    out.push(c);
                    length
                }
                Err(length) => {
                    let escape = text.get(..length).unwrap_or_default();
                    self.report(invalid_escape(escape).at(offset..offset + length));
                    length
                }
            };
        }
        let length = if text.starts_with("$${") || text.starts_with("%%{") { 3 } else { 1 };
        out.push_str(text.get(length / 2..length).unwrap_or_default());
        length
    }
}

/// Literal text outside quotes: only the markers of sequences are escaped.
pub(super) fn decode_plain(text: &str) -> Cow<'_, str> {
    if !text.contains("$${") && !text.contains("%%{") {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("$${", "${").replace("%%{", "%{"))
}

/// The character that an escape at the start of `text` stands for, and its length; or the length
/// of what is no escape.
pub(crate) fn unescape(text: &str) -> Result<(char, usize), usize> {
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

fn invalid_escape(escape: &str) -> Problem {
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
