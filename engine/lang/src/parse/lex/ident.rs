//! Names: Unicode identifiers (UAX 31), in which dashes may stand.

/// Whether text is a name of the language.
pub(crate) fn is_identifier(text: &str) -> bool {
    let length = name_length(text);
    length > 0 && length == text.len()
}

/// How many bytes of a name stand at the start of a text.
pub(super) fn name_length(text: &str) -> usize {
    let Some(first) = text.chars().next().filter(|c| starts_name(*c)) else { return 0 };
    let mut length = first.len_utf8();
    let bytes = text.as_bytes();
    while let Some(&byte) = bytes.get(length) {
        if byte.is_ascii() {
            if !matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-') {
                break;
            }
            length += 1;
        } else {
            match text.get(length..).and_then(|rest| rest.chars().next()) {
                Some(c) if continues_name(c) => length += c.len_utf8(),
                _ => break,
            }
        }
    }
    length
}

fn starts_name(c: char) -> bool {
    match c {
        'a'..='z' | 'A'..='Z' | '_' => true,
        c if c.is_ascii() => false,
        c => {
            unicode_ident::is_xid_start(c)
                || lost_by_normalization(c)
                || matches!(c, '\u{e33}' | '\u{eb3}' | '\u{ff9e}' | '\u{ff9f}')
        }
    }
}

fn continues_name(c: char) -> bool {
    unicode_ident::is_xid_continue(c) || lost_by_normalization(c)
}

/// The characters that HCL counts as parts of names (`ID_Start`, `ID_Continue`) and that the sets
/// closed under normalization (`XID_*`) leave out. Unicode never changes which these are.
fn lost_by_normalization(c: char) -> bool {
    matches!(
        c,
        '\u{37a}' | '\u{309b}' | '\u{309c}' | '\u{fc5e}'
            ..='\u{fc63}'
                | '\u{fdfa}'
                | '\u{fdfb}'
                | '\u{fe70}'
                | '\u{fe72}'
                | '\u{fe74}'
                | '\u{fe76}'
                | '\u{fe78}'
                | '\u{fe7a}'
                | '\u{fe7c}'
                | '\u{fe7e}'
    )
}
