//! Text in, kinds and texts of the tokens out.

use proptest::prelude::*;

use super::*;

/// `Kind "text"` of every token but the last.
fn show(text: &str, mode: Mode) -> String {
    let tokens = lex(text, mode);
    let shown: Vec<String> = tokens
        .iter()
        .filter(|token| token.kind != TokenKind::Eof)
        .map(|token| format!("{:?} {:?}", token.kind, token.text(text)))
        .collect();
    shown.join(", ")
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(show(text, Mode::Code), expected, "{text:?}");
}

#[test]
fn code() {
    check("", "");
    check("a_b-c = 1\n", "Ident \"a_b-c\", Equal \"=\", Number \"1\", Newline \"\\n\"");
    check("ä९ ٠", "Ident \"ä९\", Invalid \"٠\"");
    check("1...", "Number \"1\", Ellipsis \"...\"");
    check("1.5e+3.x", "Number \"1.5e+3\", Dot \".\", Ident \"x\"");
    check("1..2", "Number \"1..2\"");
    check("2e", "Number \"2\", Ident \"e\"");
    check(
        "a<=b>=c!=d==e=>f",
        "Ident \"a\", LessThanEq \"<=\", Ident \"b\", GreaterThanEq \">=\", Ident \"c\", NotEqual \"!=\", Ident \"d\", EqualOp \"==\", Ident \"e\", FatArrow \"=>\", Ident \"f\"",
    );
    check(
        "a::b..&&|",
        "Ident \"a\", DoubleColon \"::\", Ident \"b\", Dot \".\", Dot \".\", And \"&&\", Bitwise \"|\"",
    );
    check("\r\n\rx", "Newline \"\\r\\n\", Invalid \"\\r\", Ident \"x\"");
}

#[test]
fn comments() {
    check("# a\r\nb", "Comment \"# a\\r\\n\", Ident \"b\"");
    check("// a\rb\n", "Comment \"// a\\rb\\n\"");
    check("/* a\n*/ b /*/ c */", "Comment \"/* a\\n*/\", Ident \"b\", Comment \"/*/ c */\"");
    check("/* a", "OpenComment \"/* a\"");
    check("# a", "Comment \"# a\"");
}

#[test]
fn quoted_strings() {
    check("\"\"", "OQuote \"\\\"\", CQuote \"\\\"\"");
    check(r#""a\"b""#, r#"OQuote "\"", QuotedLit "a\\\"b", CQuote "\"""#);
    check(
        r#""$${a}%%{b}$$ %${~c~}""#,
        r#"OQuote "\"", QuotedLit "$${a}%%{b}$$ %", TemplateInterp "${~", Ident "c", TemplateSeqEnd "~}", CQuote "\"""#,
    );
    check(
        r#""${{}}""#,
        r#"OQuote "\"", TemplateInterp "${", OBrace "{", CBrace "}", TemplateSeqEnd "}", CQuote "\"""#,
    );
    check(r#""\${a}""#, r#"OQuote "\"", QuotedLit "\\${a}", CQuote "\"""#);
    check(
        "\"a\r\n\nb\\\n",
        r#"OQuote "\"", QuotedLit "a", QuotedNewline "\r\n\n", QuotedLit "b", Invalid "\\", QuotedNewline "\n""#,
    );
    check("\"%{ if", r#"OQuote "\"", TemplateControl "%{", Ident "if""#);
    check("~} }", r#"TemplateSeqEnd "~}", CBrace "}""#);
}

#[test]
fn heredocs() {
    check(
        "<<-E\n  a\n E \nb",
        r#"OHeredoc "<<-E\n", StringLit "  a\n", CHeredoc " E ", Newline "\n", Ident "b""#,
    );
    check("<<E\r\na\r\nE\r\n", r#"OHeredoc "<<E\r\n", StringLit "a\r\n", CHeredoc "E", Newline "\r\n""#);
    check(
        "<<E\n${a}E\nEE\n\u{a0}E\n",
        "OHeredoc \"<<E\\n\", TemplateInterp \"${\", Ident \"a\", TemplateSeqEnd \"}\", StringLit \"E\\n\", StringLit \"EE\\n\", CHeredoc \"\\u{a0}E\", Newline \"\\n\"",
    );
    check("<<E\na\nE", r#"OHeredoc "<<E\n", StringLit "a\n", StringLit "E""#);
    check("<<E x", r#"LessThan "<", LessThan "<", Ident "E", Ident "x""#);
    check(
        "<<E\n\"${<<F\n}\nF\n}\"\nE\n",
        r#"OHeredoc "<<E\n", StringLit "\"", TemplateInterp "${", OHeredoc "<<F\n", StringLit "}\n", CHeredoc "F", Newline "\n", TemplateSeqEnd "}", StringLit "\"\n", CHeredoc "E", Newline "\n""#,
    );
}

#[test]
fn bare_templates() {
    for (text, expected) in [
        (
            "a \"b\\\n$ ${c}%",
            r#"StringLit "a \"b\\\n", StringLit "$ ", TemplateInterp "${", Ident "c", TemplateSeqEnd "}", StringLit "%""#,
        ),
        ("a\rb${c}", r#"StringLit "a\rb${c}""#),
    ] {
        assert_eq!(show(text, Mode::Template), expected);
    }
}

/// The tokens stand in order, do not overlap, and leave out nothing but spaces and tabs.
fn check_complete(text: &str, mode: Mode) {
    let mut at = 0;
    for token in lex(text, mode) {
        let span = token.span();
        let gap = text.get(at..span.start).expect("tokens are in order and begin at characters");
        assert!(gap.chars().all(|c| c == ' ' || c == '\t'), "{gap:?} is lost");
        assert!(!span.is_empty() || token.kind == TokenKind::Eof, "an empty token");
        at = span.end;
    }
    assert_eq!(at, text.len());
}

proptest! {
    #[test]
    fn no_byte_is_lost(text in ".{0,60}") {
        check_complete(&text, Mode::Code);
        check_complete(&text, Mode::Template);
    }

    #[test]
    fn no_byte_of_syntax_is_lost(parts in prop::collection::vec(prop::sample::select(vec![
        "a", "1", ".", "\"", "${", "%{", "~", "}", "{", "$", "%", "\\", "\n", "\r", " ", "\t", "<<E", "<<-E\n", "E",
        "E\n", "/*", "*/", "#", "//", "(", ")", "[", "]", "=", "ä", "\u{301}", "e", "+", "&", "|", ":", "'",
    ]), 0..40)) {
        let text = parts.concat();
        check_complete(&text, Mode::Code);
        check_complete(&text, Mode::Template);
    }
}
