//! JSON in, rendering of the tree or diagnostics out.

use super::*;
use crate::parse::tests::{show_body, show_diagnostics};

#[track_caller]
fn check(text: &str, expected: &str) {
    let (body, diagnostics) = parse_json_file("t.tf.json", text.as_bytes());
    let found = match diagnostics.is_empty() {
        true => show_body(&body),
        false => format!("ERROR {}", show_diagnostics(&diagnostics)),
    };
    assert_eq!(found, expected, "{text}");
}

#[test]
fn blocks_and_arguments_of_the_language() {
    check("{}", "");
    check("[]", "");
    check(r#"{"//": "c", "locals": {"a": 1, "//": 2}}"#, "locals [] {a=1}");
    check(
        r#"[{"locals": {"a": 1}}, {"locals": [{"b": 2}, {"c": 3}]}]"#,
        "locals [] {a=1}; locals [] {b=2}; locals [] {c=3}",
    );
    check(r#"{"locals": null}"#, "");
    check(
        r#"{"resource": {"t": {"a": {"x": [1, null, true]}, "b": [{"y": -1.5e3}, {}]}, "u": [{"c": {}}]}}"#,
        r#"resource ["t", "a"] {x=[1 null(any) true]}; resource ["t", "b"] {y=-1500}; resource ["t", "b"] {}; resource ["u", "c"] {}"#,
    );
    check(
        r#"{"resource": {"t": {"n": {"lifecycle": {"ignore_changes": ["tags[\"a\"]"], "prevent_destroy": true}, "depends_on": ["a.b"], "provider": "aws.x"}}}}"#,
        r#"resource ["t", "n"] {depends_on=[(. a b)]; provider=(. aws x); lifecycle [] {ignore_changes=[([] tags "a")]; prevent_destroy=true}}"#,
    );
    check(
        r#"{"variable": {"v": {"type": "list(string)", "default": "${x}", "validation": {"condition": "${var.v > 1}"}}}}"#,
        r#"variable ["v"] {type=(list! string); default="${x}"; validation [] {condition=(json (wrapped (Greater (. var v) 1)))}}"#,
    );
    check(
        r#"{"module": {"m": {"source": "./${a}", "providers": {"aws.a": "aws.b", "c": "c"}, "in": "${b}"}}}"#,
        r#"module ["m"] {source="./${a}"; providers={(. aws a)=(. aws b) "c"=c}; in=(json (wrapped b))}"#,
    );
    check(
        r#"{"terraform": {"required_providers": {"a": {"source": "x/a", "configuration_aliases": ["a.b"]}}, "backend": {"local": {"path": "p"}}}}"#,
        r#"terraform [] {required_providers [] {a={"source"="x/a" "configuration_aliases"=[(. a b)]}}; backend ["local"] {path="p"}}"#,
    );
    check(r#"{"moved": [{"from": "a.b[0]", "to": "a.c"}]}"#, "moved [] {from=([] (. a b) 0); to=(. a c)}");
}

#[test]
fn strings_are_templates() {
    for (text, expected) in [
        (r#""a\n\u00e4\ud83d\ude00\/""#, r#""a\nä😀/""#),
        (r#""$${a} ${b}""#, r#"(json (template "${a} " ${b}))"#),
        (r#""${\"q\"}""#, r#"(json (wrapped "q"))"#),
        (
            r#"{"${a}": {"b": "%{ if c }d%{ endif }"}}"#,
            r#"{(json (wrapped a))={"b"=(json (template (if c ["d"] [])))}}"#,
        ),
        (r#""\ud800x""#, "\"\u{fffd}x\""),
        (r#""a${""#, "ERROR Missing expression @ 1:22-1:22"),
    ] {
        check(&format!(r#"{{"locals": {{"x": {text}}}}}"#), &format!("locals [] {{x={expected}}}"));
    }
}

#[test]
fn places_inside_strings_are_those_of_the_file() {
    let text = "{\n  \"locals\": {\"x\": \"é\\n\\u00e4 ${a.b} ${c}\"}\n}";
    let (body, _) = parse_json_file("t.tf.json", text.as_bytes());
    let found: Vec<String> = crate::config::body_references(&body)
        .iter()
        .map(|referenced| {
            let range = &referenced.range;
            let bytes = range.start.byte as usize..range.end.byte as usize;
            format!("{} {}", crate::parse::tests::show_range(range), &text[bytes])
        })
        .collect();
    assert_eq!(found, ["2:32-2:35 a.b"]);
}

#[test]
fn syntax_errors() {
    for (text, expected) in [
        ("", "Missing JSON value @ 1:1-1:1"),
        ("{", "Unclosed object @ 1:1-1:2"),
        ("[1", "Unclosed array @ 1:1-1:2"),
        ("{\"a\": 1,}", "Trailing comma in object @ 1:9-1:10"),
        ("[1,]", "Trailing comma in array @ 1:4-1:5"),
        ("{a: 1}", "Invalid object property name @ 1:2-1:3"),
        ("{\"a\" 1}", "Missing property value @ 1:6-1:7"),
        ("{\"a\": 1 \"b\": 2}", "Missing attribute separator @ 1:9-1:10"),
        ("{\"a\": tru}", "Invalid JSON keyword @ 1:7-1:10"),
        ("{\"a\": 1-2}", "Invalid JSON number @ 1:7-1:10"),
        ("{\"a\": 'x'}", "Invalid JSON value @ 1:7-1:8"),
        ("{\"a\": \"\\x\"}", "Invalid JSON string @ 1:8-1:10"),
        ("{\"a\": \"\n\"}", "Invalid JSON string @ 1:8-2:1"),
        ("{} x", "Extraneous data after value @ 1:4-1:5"),
        ("1", "Incorrect JSON value type @ 1:1-1:2"),
        ("{\"locals\": 1}", "Incorrect JSON value type @ 1:12-1:13"),
        ("{\"resource\": {\"a\": {}}}", "Missing block label @ 1:20-1:21"),
        ("{\"moved\": {\"from\": \"a b\"}}", "Extra characters after expression @ 1:23-1:24"),
        (
            "{\"variable\": {\"v\": {\"default\": {\"a\": 1, \"a\": 2}}}}",
            "Duplicate object attribute @ 1:41-1:44",
        ),
    ] {
        let (_, diagnostics) = parse_json_file("t.tf.json", text.as_bytes());
        assert_eq!(show_diagnostics(&diagnostics), expected, "{text}");
    }
    for text in ["[".repeat(100_000), "{\"a\":".repeat(100_000)] {
        let (_, diagnostics) = parse_json_file("t.tf.json", text.as_bytes());
        assert!(show_diagnostics(&diagnostics).starts_with("Expression nested too deeply"));
    }
}
