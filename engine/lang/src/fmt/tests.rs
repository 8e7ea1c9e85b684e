//! Small texts in, canonical texts out; and laws that hold for every text.

use proptest::prelude::*;

use super::{format, format_text};
use crate::ast::Body;
use crate::parse::parse_file;

#[track_caller]
fn check(input: &str, expected: &str) {
    assert_eq!(format("main.tf", input.as_bytes()).unwrap(), expected);
}

#[test]
fn assignments_and_comments_stand_below_each_other() {
    check("a=1 # x\nbbb=22 // y\n", "a   = 1  # x\nbbb = 22 // y\n");
    check("a=1\n\nbbb=2\n", "a = 1\n\nbbb = 2\n");
    check("é={}\nab=1\n", "é  = {}\nab = 1\n");
}

#[test]
fn brackets_indent_by_lines() {
    check("a=[{\nb=f(\n1)\n}]\n", "a = [{\n  b = f(\n  1)\n}]\n");
}

#[test]
fn heredocs_are_kept() {
    check("a=<<-X\n   1 ${ b }\n  X\nbb=1\n", "a  = <<-X\n   1 ${b}\n  X\nbb = 1\n");
}

#[test]
fn labels_are_quoted_and_plain() {
    check(
        "resource  a /* x */ \"b\\u0041${\"$\"}\" {}\n".replace("${\"$\"}", "").as_str(),
        "resource \"a\" \"bA\" {}\n",
    );
    check("x \"$${a}\\u0007\\\"\" \"\" /* k */ {\n}\n", "x \"$${a}\\u0007\\\"\" \"\" /* k */ {\n}\n");
    check("x \"e\u{301}\u{a0}\" {}\n", "x \"\u{e9}\\u00a0\" {}\n");
}

#[test]
fn old_types_are_written_anew() {
    check("variable \"v\" {\n type = \"list\"\n}\n", "variable \"v\" {\n  type = list(string)\n}\n");
    check("variable \"v\" { type = map }\n", "variable \"v\" { type = map(any) }\n");
    check(
        "variable \"v\" { type = \"string\" # c\n }\n".replace("{ type", "{\ntype").as_str(),
        "variable \"v\" {\n  type = string # c\n}\n",
    );
    check("x {\n  type = \"list\"\n}\n", "x {\n  type = \"list\"\n}\n");
    check(
        "variable \"v\" {\n  validation {\n    type = \"list\"\n  }\n}\n",
        "variable \"v\" {\n  validation {\n    type = \"list\"\n  }\n}\n",
    );
}

#[test]
fn a_lone_interpolation_is_unwrapped() {
    check("a = \"${b}\"\n", "a = b\n");
    check("a = \"${f(\"${x}-\")}\" /* k */\n", "a = f(\"${x}-\") /* k */\n");
    check("a = \"${\n  b ?\n c : d\n}\"\n", "a = (b ?\nc : d)\n");
    check("a = \"${b}${c}\"\n", "a = \"${b}${c}\"\n");
    check("a = [\"${b}\"]\n", "a = [\"${b}\"]\n");
}

#[test]
fn what_does_not_parse_is_left_alone() {
    assert!(format("main.tf", b"a = \n").unwrap_err().has_errors());
    assert!(format("main.tf", b"\xff").unwrap_err().has_errors());
}

#[test]
fn the_start_and_the_end_of_a_file() {
    check("", "");
    check("\u{feff}a=1", "a = 1");
    check("a=1\n\t ", "a = 1\n  ");
}

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("1".to_owned()),
        Just("var.x".to_owned()),
        Just("\"a${ b }c\"".to_owned()),
        Just("\"é$${\"".to_owned()),
        Just("- 2".to_owned()),
        Just("a.*.b [ 0 ]".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let many = prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            (inner.clone(), prop::sample::select(&["+", "-", "==", "&&", "%"][..]), inner.clone())
                .prop_map(|(a, op, b)| format!("{a}{op}{b}")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("{a}?{b}:{c}")),
            many.clone().prop_map(|all| format!("[{}]", all.join(","))),
            many.clone().prop_map(|all| format!("[\n{}\n]", all.join(",\n"))),
            many.clone().prop_map(|all| format!("f( {} )", all.join(" , "))),
            many.prop_map(|all| {
                let items = all.iter().enumerate().map(|(at, item)| format!("k{at}={item} # c\n"));
                format!("{{\n{}}}", items.collect::<String>())
            }),
            inner.clone().prop_map(|a| format!("({a})")),
            inner.clone().prop_map(|a| format!("[for x in[{a}]:x if ! x]")),
            inner.prop_map(|a| format!("\"${{{a}}}\"")),
        ]
    })
}

fn file() -> impl Strategy<Value = String> {
    let attribute = (prop::sample::select(&["a", "bb", "ccc_c"][..]), expression());
    let item = (attribute, 0..5_usize).prop_map(|((name, value), kind)| match kind {
        0 => format!("{name} \"l\" m {{\n {name}={value}\n}}\n"),
        1 => format!("{name}{{ {name}={value} }}\n"),
        2 => format!("  # note\n\n{name} {{\nx=<<E\n ${{ {value} }} y\n  E\n}}\n"),
        _ => format!("b{{\n{name}=  {value}//k\nz=1\n}}\n"),
    });
    prop::collection::vec(item, 0..5).prop_map(|items| items.concat())
}

/// What a body says, without places.
fn meaning(body: &Body) -> String {
    // A place is the only thing in the tree with these names.
    let text = format!("{body:?}");
    let place = regex::Regex::new(
        r#"SourceRange \{ filename: "[^"]*", start: Position \{[^}]*\}, end: Position \{[^}]*\} \}"#,
    );
    place.unwrap().replace_all(&text, "").into_owned()
}

/// The same without what unwrapping an interpolation changes.
fn unwrapped(meaning: &str) -> String {
    let layers = regex::Regex::new(r"\b(Wrapped|Parens|Expr|Node)\b|[(){}, ]|kind:|range:").unwrap();
    layers.replace_all(meaning, "").into_owned()
}

proptest! {
    #[test]
    fn formatting_twice_changes_nothing_more_and_no_meaning(text in file()) {
        let (body, diagnostics) = parse_file("x", text.as_bytes());
        prop_assume!(!diagnostics.has_errors());
        let once = format("x", text.as_bytes()).unwrap();
        let (formatted, diagnostics) = parse_file("x", once.as_bytes());
        prop_assert!(!diagnostics.has_errors(), "{once}\n{diagnostics:?}");
        prop_assert_eq!(unwrapped(&meaning(&body)), unwrapped(&meaning(&formatted)));
        let twice = format("x", once.as_bytes()).unwrap();
        // One interpolation may be in another; each run unwraps one.
        if !once.contains("= \"${") {
            prop_assert_eq!(&twice, &once);
        }
    }

    #[test]
    fn any_text_is_laid_out(text in "[a-z{}\\[\\]()=\"$%~<>EOT\n\r \t#/*.,:?é-]{0,60}") {
        let _ = format_text(&text, 0);
    }
}

#[test]
fn a_number_that_is_indexed_stays_one() {
    let once = format("x", b"a =8. 8. 76\nb = c. 0 .d\n").unwrap();
    assert_eq!(once, "a = 8. 8. 76\nb = c.0.d\n");
    assert_eq!(format("x", once.as_bytes()).as_ref(), Ok(&once));
}
