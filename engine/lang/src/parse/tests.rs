//! Source text in, rendering of the tree or diagnostics out.

mod printed;

use std::fmt::Write as _;

use evenkeel_model::{Diagnostics, SourceRange};

use super::*;
use crate::ast::{Block, ExprKind, SplatStep, TemplatePart};

/// The tree as S-expressions.
fn show(expr: &Expr) -> String {
    let list = |exprs: &[Expr]| exprs.iter().map(show).collect::<Vec<_>>().join(" ");
    match expr.kind() {
        ExprKind::Literal(value) => format!("{value:?}"),
        ExprKind::Template(parts) => format!("(template {})", show_parts(parts)),
        ExprKind::Wrapped(inner) => format!("(wrapped {})", show(inner)),
        ExprKind::Name(name) => name.to_string(),
        ExprKind::Attribute(object, name) => format!("(. {} {name})", show(object)),
        ExprKind::Index(collection, key) => format!("([] {} {})", show(collection), show(key)),
        ExprKind::LegacyIndex(collection, key) => format!("(.n {} {key})", show(collection)),
        ExprKind::Splat { source, each } => {
            let steps: Vec<String> = each
                .iter()
                .map(|step| match step {
                    SplatStep::Attribute(name, _) => format!(".{name}"),
                    SplatStep::Index(key) => format!("[{}]", show(key)),
                })
                .collect();
            format!("(splat {} {})", show(source), steps.join(""))
        }
        ExprKind::Tuple(elements) => format!("[{}]", list(elements)),
        ExprKind::Object(items) => {
            let items: Vec<String> =
                items.iter().map(|item| format!("{}={}", show(&item.key), show(&item.value))).collect();
            format!("{{{}}}", items.join(" "))
        }
        ExprKind::Call { name, arguments, expand_last, .. } => {
            let dots = if *expand_last { "..." } else { "" };
            format!("({name}! {}{dots})", list(arguments))
        }
        ExprKind::Binary(op, a, b) => format!("({op:?} {} {})", show(a), show(b)),
        ExprKind::Unary(op, a) => format!("({op:?} {})", show(a)),
        ExprKind::Conditional(c, a, b) => format!("(? {} {} {})", show(c), show(a), show(b)),
        ExprKind::For(f) => {
            let mut out = String::from("(for");
            if let Some(key) = &f.key_name {
                write!(out, " {key},").unwrap();
            }
            write!(out, " {} in {} :", f.value_name, show(&f.collection)).unwrap();
            if let Some(key) = &f.key {
                write!(out, " {} =>", show(key)).unwrap();
            }
            write!(out, " {}", show(&f.value)).unwrap();
            if f.grouping {
                out.push_str("...");
            }
            if let Some(condition) = &f.condition {
                write!(out, " if {}", show(condition)).unwrap();
            }
            out + ")"
        }
        ExprKind::Parens(inner) => format!("(parens {})", show(inner)),
        ExprKind::JsonString(string) => match &string.template {
            None => format!("{:?}", string.value),
            Some(Ok(template)) => format!("(json {})", show(template)),
            Some(Err(problems)) => format!("ERROR {}", show_diagnostics(problems)),
        },
    }
}

fn show_parts(parts: &[TemplatePart]) -> String {
    let parts: Vec<String> = parts
        .iter()
        .map(|part| match part {
            TemplatePart::Text(text) => format!("{text:?}"),
            TemplatePart::Interpolation(expr) => format!("${{{}}}", show(expr)),
            TemplatePart::If { condition, yes, no } => {
                format!("(if {} [{}] [{}])", show(condition), show_parts(yes), show_parts(no))
            }
            TemplatePart::For { key_name, value_name, collection, body } => format!(
                "(for {}{value_name} in {} [{}])",
                key_name.as_ref().map(|key| format!("{key}, ")).unwrap_or_default(),
                show(collection),
                show_parts(body)
            ),
        })
        .collect();
    parts.join(" ")
}

pub(super) fn show_range(range: &SourceRange) -> String {
    format!("{}:{}-{}:{}", range.start.line, range.start.column, range.end.line, range.end.column)
}

pub(super) fn show_diagnostics(diagnostics: &Diagnostics) -> String {
    let lines: Vec<String> = diagnostics
        .iter()
        .map(|d| format!("{} @ {}", d.summary, d.range.as_ref().map(show_range).unwrap_or_default()))
        .collect();
    lines.join("; ")
}

pub(super) fn show_body(body: &Body) -> String {
    let mut parts: Vec<String> =
        body.attributes.iter().map(|a| format!("{}={}", a.name, show(&a.value))).collect();
    parts.extend(
        body.blocks
            .iter()
            .map(|Block { kind, labels, body, .. }| format!("{kind} {labels:?} {{{}}}", show_body(body))),
    );
    parts.join("; ")
}

#[track_caller]
fn check_expr(text: &str, expected: &str) {
    let (expr, diagnostics) = parse_expression("t.tf", text);
    let found = match expr {
        Some(expr) => show(&expr),
        None => format!("ERROR {}", show_diagnostics(&diagnostics)),
    };
    assert_eq!(found, expected, "{text}");
}

#[track_caller]
fn check_file(text: &str, expected: &str) {
    let (body, diagnostics) = parse_file("t.tf", text.as_bytes());
    let found = if diagnostics.is_empty() {
        show_body(&body)
    } else {
        format!("ERROR {}", show_diagnostics(&diagnostics))
    };
    assert_eq!(found, expected, "{text}");
}

#[test]
fn expressions() {
    for (text, expected) in [
        ("1 + 2 * 3 == 7 && !a", "(And (Equal (Add 1 (Multiply 2 3)) 7) (Not a))"),
        ("-1 - -x", "(Subtract (Negate 1) (Negate x))"),
        ("- /* c */ 1.5", "(Negate 1.5)"),
        ("a ? b : c ? d : e", "(? a b (? c d e))"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("0.10", "0.1"),
        ("1e400 > 1", &format!("(Greater 1{} 1)", "0".repeat(400))),
        ("var.a[\"k\"].b.0", "(.n (. ([] (. var a) \"k\") b) 0)"),
        ("xs.0.1", "ERROR Invalid legacy index syntax @ 1:4-1:7"),
        ("upper(\"x\", ys...)", "(upper! \"x\" ys...)"),
        ("core::upper(x)", "(upper! x)"),
        ("provider::a::f(x)", "(provider::a::f! x)"),
        ("[1,\n2,\n]", "[1 2]"),
        (
            "{a=1\n\"b\": 2, (c) = 3, true = 4, null = 5}",
            "{\"a\"=1 \"b\"=2 (parens c)=3 \"true\"=4 \"null\"=5}",
        ),
        ("{a=1,a=2,\"a\"=3,\"a\"=4}", "{\"a\"=1 \"a\"=2 \"a\"=3 \"a\"=4}"),
        ("[for k, v in m : v if k]", "(for k, v in m : v if k)"),
        ("{for v in m : v.a => v...}", "(for v in m : (. v a) => v...)"),
        ("[for\r\nx in y : x]", "(for x in y : x)"),
        ("1\n+\n2", "(Add 1 2)"),
        (" ( x ) # c", "(parens x)"),
        ("x # c", "x"),
        ("format", "format"),
        ("[format, for_each]", "[format for_each]"),
    ] {
        check_expr(text, expected);
    }
}

#[test]
fn splats() {
    for (text, expected) in [
        ("a.*.b.0.c", "(splat a .b[0].c)"),
        ("a.*.b[0]", "([] (splat a .b) 0)"),
        ("a[*].b[0].c", "(splat a .b[0].c)"),
        ("a[*]", "(splat a )"),
        ("a[*].b[*].c", "(for (element) in (splat a ) : (splat (. (element) b) .c))"),
        ("a.*.b.*.c", "ERROR Nested splat expression not allowed @ 1:6-1:8"),
    ] {
        check_expr(text, expected);
    }
}

#[test]
fn strings_and_templates() {
    for (text, expected) in [
        (r#""a\n\t\"\\\u00e4\U0001F600""#, r#""a\n\t\"\\ä😀""#),
        (r#""$${a} %%{b} $$ $a %b""#, r#""${a} %{b} $$ $a %b""#),
        (r#""$$${a}""#, r#""$${a}""#),
        (r#""""#, r#""""#),
        (r#""${a}""#, "(wrapped a)"),
        (r#""x${a}""#, r#"(template "x" ${a})"#),
        (r#""${a}${b}""#, "(template ${a} ${b})"),
        (r#"" ${~ a ~} x""#, r#"(template ${a} "x")"#),
        (r#""${~ a ~}\n x""#, r#"(template ${a} "x")"#),
        (r#""${"${"n"}"}""#, r#"(wrapped (wrapped "n"))"#),
        (r#""%{ if a }y\"%{ else }n%{ endif }""#, r#"(template (if a ["y\""] ["n"]))"#),
        (r#""%{ for i, x in xs ~} ${x} %{~ endfor }""#, r#"(template (for i, x in xs [${x}]))"#),
        (r#""a\q""#, "ERROR Invalid escape sequence @ 1:3-1:5"),
        ("\"a\nb\"", "ERROR Invalid multi-line string @ 1:3-2:1"),
        ("\"abc", "ERROR Unterminated template string @ 1:1-1:2"),
        ("\"${a", "ERROR Unclosed template interpolation sequence @ 1:2-1:4"),
        ("\"%{ if a }x\"", "ERROR Unexpected end of template @ 1:2-1:11"),
        ("\"%{ else }\"", "ERROR Unexpected else directive @ 1:2-1:11"),
        ("\"%{ fi }\"", "ERROR Invalid template control keyword @ 1:5-1:7"),
    ] {
        check_expr(text, expected);
    }
}

#[test]
fn heredocs() {
    for (text, expected) in [
        ("<<EOT\nhello\n  EOT\n", "\"hello\\n\""),
        ("<<EOT\r\na\r\nEOT\r\n", "\"a\\r\\n\""),
        ("<<EOT\nEOT\n", "\"\""),
        ("[<<EOT\nEOT\n, <<EOT\nx\nEOT\n]", "[\"\" \"x\\n\"]"),
        ("<<EOT\nEOT)\n  EOT x\nEOTX\nEOT\n", "\"EOT)\\n  EOT x\\nEOTX\\n\""),
        ("<<-EOT\n    a\n\n      b\n  EOT\n", "\"a\\n\\n  b\\n\""),
        ("<<-EOT\n    a\n \n    b\n    EOT\n", "\"a\\n \\nb\\n\""),
        ("<<-EOT\n\ta\n\t  b\n\tEOT\n", "\"a\\n  b\\n\""),
        (
            "<<-EOT\n    %{ for x in xs ~}\n    - ${x}\n    %{ endfor ~}\n    EOT\n",
            "(template (for x in xs [\"    - \" ${x} \"\\n\"]))",
        ),
        ("<<-EOT\n      ${a}\n    x\n    EOT\n", "(template \"  \" ${a} \"\\nx\\n\")"),
        ("<<-EOT\n  ${a}\n${b}\n  EOT\n", "(template \"  \" ${a} \"\\n\" ${b} \"\\n\")"),
        ("<<EOT\n${a}\nEOT\n", "(template ${a} \"\\n\")"),
        ("<<EOT\na\\n$${x} $$\nEOT\n", "\"a\\\\n${x} $$\\n\""),
        ("<<EOT\nabc", "ERROR Unterminated template string @ 1:1-1:6"),
        ("<<EOT\nabc\nEOT", "ERROR Unterminated template string @ 1:1-1:6"),
    ] {
        check_expr(text, expected);
    }
}

#[test]
fn bare_templates() {
    for (text, expected) in [
        ("", "\"\""),
        ("a \"b\" $", "\"a \\\"b\\\" $\""),
        ("${a}", "(wrapped a)"),
        ("%{ if a ~}\n  x\n%{ endif ~}\ny", "(template (if a [\"  x\\n\"] []) \"y\")"),
        ("a\\n${b}", "(template \"a\\\\n\" ${b})"),
    ] {
        let (expr, diagnostics) = parse_template("t.tmpl", text);
        assert_eq!(show(&expr.unwrap_or_else(|| panic!("{text}: {diagnostics:?}"))), expected);
    }
}

#[test]
fn files() {
    for (text, expected) in [
        ("", ""),
        ("a = 1", "a=1"),
        ("\u{feff}a = 1\r\nb {\r\n}\r\n", "a=1; b [] {}"),
        ("b \"l\" m {\n  x = 1 # c\n  c { y = 2 }\n}\n", "b [\"l\", \"m\"] {x=1; c [] {y=2}}"),
        ("/* c */ // d\n# e", ""),
    ] {
        check_file(text, expected);
    }
}

#[test]
fn syntax_errors() {
    let (mut found, mut wanted) = (String::new(), String::new());
    for (text, expected) in [
        ("a = ", "Missing expression @ 1:5-1:5"),
        ("a = 1 2\n", "Missing newline after argument @ 1:7-1:8"),
        ("a = 1\na = 2\n", "Attribute redefined @ 2:1-2:2"),
        ("a = 'x'\n", "Invalid character @ 1:5-1:6"),
        ("a = [1 2]\n", "Missing item separator @ 1:8-1:9"),
        ("a = f(1 2)\n", "Missing argument separator @ 1:9-1:10"),
        ("a = {b 1}\n", "Missing key/value separator @ 1:8-1:9"),
        ("a = {b = 1 c = 2}\n", "Missing attribute separator @ 1:12-1:13"),
        ("a = b ? c\n", "Missing false expression in conditional @ 1:10-2:1"),
        ("a = 1.5.2\n", "Invalid number literal @ 1:5-1:10"),
        ("a = b & c\n", "Unsupported operator @ 1:7-1:8"),
        ("a {\n", "Unclosed configuration block @ 1:3-1:4"),
        ("a {\n  b {\n    c = { d = 1 }\n", "Unclosed configuration block @ 2:5-2:6"),
        ("a {\n  b = \"x\n}\n", "Invalid multi-line string @ 2:9-3:1"),
        ("}\n", "Argument or block definition required @ 1:1-1:2"),
        ("= 1\n", "Argument or block definition required @ 1:1-1:2"),
        ("a\n", "Argument or block definition required @ 1:1-1:2"),
        ("a = (1]\n", "Unbalanced parentheses @ 1:7-1:8"),
        ("/* x", "Unterminated comment @ 1:1-1:3"),
        ("ä = \"ö\" 1\n", "Missing newline after argument @ 1:9-1:10"),
    ] {
        let (_, diagnostics) = parse_file("t.tf", text.as_bytes());
        found.push_str(&format!("{text:?} {}\n", show_diagnostics(&diagnostics)));
        wanted.push_str(&format!("{text:?} {expected}\n"));
    }
    assert!(found == wanted, "found\n{found}\nwanted\n{wanted}");
}

#[test]
fn all_syntax_errors_of_a_file_are_found() {
    let text = "a = \nb = [1, 2\n  3]\nc {\n  d = f(1 2)\n  e = 1\n  \"f\" = 2\n  g { h = 1, i = 2 }\n  j = 'x'\n}\nk = 1 2\nl \"m\"\nn = {\n  o 1\n}\np = 1..2\nq = 2\nr = (\ns = 3\nt = \"${u\"\nv = 1\n";
    let (body, diagnostics) = parse_file("t.tf", text.as_bytes());
    let found: Vec<String> = show_diagnostics(&diagnostics).split("; ").map(str::to_owned).collect();
    assert_eq!(
        found,
        [
            "Invalid expression @ 1:5-2:1",
            "Missing item separator @ 3:3-3:4",
            "Missing argument separator @ 5:11-5:12",
            "Invalid argument name @ 7:3-7:4",
            "Invalid single-argument block definition @ 8:12-8:13",
            "Invalid character @ 9:7-9:8",
            "Missing newline after argument @ 11:7-11:8",
            "Invalid block definition @ 12:6-13:1",
            "Missing key/value separator @ 14:5-14:6",
            "Invalid number literal @ 16:5-16:9",
            "Unbalanced parentheses @ 19:3-19:4",
            "Unclosed template interpolation sequence @ 20:6-20:8",
            "Invalid multi-line string @ 20:10-21:1",
        ]
    );
    assert_eq!(show_body(&body), "k=1; p=0; q=2; s=3; c [] {e=1; g [] {h=1}}");
}

#[test]
fn bytes_that_are_no_text_are_placed() {
    let (_, diagnostics) = parse_file("t.tf", b"a = 1\nb = \"\xff\"");
    assert_eq!(show_diagnostics(&diagnostics), "Invalid character encoding @ 2:6-2:6");
    let (_, diagnostics) = parse_file("t.tf", &vec![b' '; FILE_BYTES_MAX + 1]);
    assert_eq!(show_diagnostics(&diagnostics), "File too large @ ");
}

/// What nests without end, and what would close it.
const NESTED: [(&str, &str, &str); 17] = [
    ("(", "1", ")"),
    ("[", "1", "]"),
    ("{a=", "1", "}"),
    ("{(", "1", ")=1}"),
    ("f(", "1", ")"),
    ("!", "1", ""),
    ("-", "1", ""),
    ("a ? ", "1", " : 1"),
    ("a ? 1 : ", "1", ""),
    ("a[", "1", "]"),
    ("\"${", "1", "}\""),
    ("\"a${", "1", "}\""),
    ("<<E\n${", "1", "}\nE\n"),
    ("[for a in ", "1", " : a]"),
    ("[for a in b : ", "1", "]"),
    ("{for a in b : a => ", "1", "}"),
    ("1+(1*(a==", "1", "))"),
];

#[test]
fn deep_nesting_is_refused() {
    for (open, inner, close) in NESTED {
        for text in [open.repeat(100_000), open.repeat(100_000) + inner + &close.repeat(100_000)] {
            let (expr, diagnostics) = parse_expression("t.tf", &text);
            assert!(expr.is_none());
            assert!(show_diagnostics(&diagnostics).starts_with("Expression nested too deeply"), "{open}");
            let file = format!("a = {text}\n");
            let (_, diagnostics) = parse_file("t.tf", file.as_bytes());
            assert!(show_diagnostics(&diagnostics).starts_with("Expression nested too deeply"), "{open}");
        }
    }
    for text in [
        "\"".to_owned() + &"%{ if a }".repeat(100_000) + &"%{ endif }".repeat(100_000) + "\"",
        "\"".to_owned() + &"%{ for a in b }".repeat(100_000),
        format!("x{}", "[*].a".repeat(100_000)),
        format!("x{}", ".*[0]".repeat(100_000)),
    ] {
        let (expr, diagnostics) = parse_expression("t.tf", &text);
        assert!(expr.is_none());
        assert!(
            show_diagnostics(&diagnostics).starts_with("Expression nested too deeply"),
            "{}",
            &text[..20]
        );
    }
    for text in ["a {\n".repeat(100_000), "a {\n".repeat(100_000) + &"}\n".repeat(100_000)] {
        let (_, diagnostics) = parse_file("t.tf", text.as_bytes());
        assert!(show_diagnostics(&diagnostics).starts_with("Expression nested too deeply"));
    }
}

/// The deepest that is allowed is parsed, walked, evaluated and dropped on the stack of a thread.
#[test]
fn deep_nesting_is_read_up_to_the_limit() {
    for (open, inner, close) in NESTED {
        let levels = (1..=4).map(|part| NESTING_MAX / part - 1).find(|levels| {
            let text = open.repeat(*levels) + inner + &close.repeat(*levels);
            let (expr, _) = parse_expression("t.tf", &text);
            if let Some(expr) = &expr {
                crate::config::references(expr);
                let _ = crate::eval::evaluate(expr, &crate::eval::tests::Table::default());
            }
            expr.is_some()
        });
        assert!(levels.is_some(), "{open}");
    }
}

#[test]
fn chains_are_not_nesting() {
    for text in [
        format!("1{}", "+1".repeat(100_000)),
        format!("x{}", ".a".repeat(100_000)),
        format!("x{}", "[0]".repeat(100_000)),
        format!("true{}", " && true || false".repeat(50_000)),
    ] {
        let (expr, diagnostics) = parse_expression("t.tf", &text);
        assert!(expr.is_some(), "{}", show_diagnostics(&diagnostics));
        crate::config::references(&expr.unwrap());
    }
}

#[test]
fn ranges_are_lines_and_grapheme_columns() {
    let text = "b \"e\u{301}\" \"x\" {\n  c = [\"👩‍👩‍👧\", d]\n}\n";
    let (body, diagnostics) = parse_file("t.tf", text.as_bytes());
    assert!(diagnostics.is_empty());
    assert_eq!(show_range(&body.blocks[0].range), "1:1-1:10");
    let attribute = &body.blocks[0].body.attributes[0];
    assert_eq!(show_range(&attribute.name_range), "2:3-2:4");
    assert_eq!(show_range(attribute.value.range()), "2:7-2:15");
    let ExprKind::Tuple(elements) = attribute.value.kind() else { panic!() };
    assert_eq!(show_range(elements[1].range()), "2:13-2:14");
    let (expr, _) = parse_expression("t.tf", "a.b\n  .c");
    assert_eq!(show_range(expr.unwrap().range()), "1:1-2:5");
}

/// The shared conformance data, where it is at hand.
#[allow(clippy::disallowed_methods, reason = "a test looks for data that lies outside of the repository")]
fn conformance(name: &str) -> Option<serde_json::Value> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let shared = std::env::var("EVENKEEL_SHARED").unwrap_or_else(|_| beside.to_owned());
    match std::fs::read(format!("{shared}/conformance/{name}")) {
        Ok(bytes) => Some(serde_json::from_slice(&bytes).expect("the conformance data is JSON")),
        Err(_) => {
            println!("skipped: no conformance data ({name})");
            None
        }
    }
}

#[test]
fn what_terraform_evaluates_parses() {
    let mut failed = Vec::new();
    for name in ["expressions.json", "functions.json"] {
        let Some(data) = conformance(name) else { return };
        for case in data["cases"].as_array().unwrap() {
            let text = case["expr"].as_str().unwrap();
            let (expr, diagnostics) = parse_expression("t.tf", &format!("{{ v = {text}\n}}"));
            if case.get("error").is_none() && expr.is_none() {
                failed.push(format!("{text}\n  {}", show_diagnostics(&diagnostics)));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn what_terraform_formats_parses() {
    let Some(data) = conformance("fmt.json") else { return };
    let mut failed = Vec::new();
    for case in data["cases"].as_array().unwrap() {
        let text = case["input"].as_str().unwrap();
        let (_, diagnostics) = parse_file("t.tf", text.as_bytes());
        let refused = case.get("error").is_some();
        if diagnostics.has_errors() != refused {
            failed.push(format!("{text:?} refused={refused} {}", show_diagnostics(&diagnostics)));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
