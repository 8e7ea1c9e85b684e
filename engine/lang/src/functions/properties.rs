//! What is encoded reads back, whatever it is; and what is built from two texts comes apart again.

use evenkeel_model::{Type, Value};
use proptest::prelude::*;

use super::{Run, lookup};
use crate::eval::tests::eval_with_entropy;

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::null(Type::Dynamic)),
        any::<bool>().prop_map(Value::bool),
        any::<i64>().prop_map(Value::number),
        "-?[0-9]{1,30}\\.[0-9]{1,30}"
            .prop_map(|text| Value::number(text.parse::<evenkeel_model::Number>().unwrap())),
        "[ -~\n\t\u{e9}\u{1f600}\u{a0}\u{7f}]{0,12}".prop_map(Value::string),
        prop::sample::select(vec![
            "yes",
            "null",
            "~",
            "0x1f",
            "1e3",
            "<<",
            "---",
            "- a",
            "a: b",
            "#",
            "\n",
            " x",
            "x\n\n",
            "2001-12-14",
            "${x}",
            "%%{"
        ])
        .prop_map(Value::string),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::tuple),
            prop::collection::btree_map("[ -~\u{e9}]{0,6}", inner, 0..4).prop_map(Value::object),
        ]
    })
}

fn run(name: &str, arguments: &[Value]) -> Value {
    match lookup(name).unwrap().run {
        Run::Pure(run) => run(arguments).unwrap_or_else(|error| panic!("{name}: {}", error.message)),
        Run::Scoped(_) | Run::Random(_) => panic!("{name} needs a scope"),
    }
}

fn field(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn json_reads_back(value in value()) {
        prop_assert_eq!(run("jsondecode", &[run("jsonencode", std::slice::from_ref(&value))]), value);
    }

    #[test]
    fn yaml_reads_back(value in value()) {
        let text = run("yamlencode", std::slice::from_ref(&value));
        prop_assert_eq!(run("yamldecode", std::slice::from_ref(&text)), value, "{:?}", text);
    }

    #[test]
    fn expressions_read_back(value in value().prop_filter("not null", |value| !value.is_null())) {
        let text = run("provider::terraform::encode_expr", std::slice::from_ref(&value));
        prop_assert_eq!(eval_with_entropy(text.as_str().unwrap(), [0; 32]), value, "{:?}", text);
    }

    #[test]
    fn csv_reads_back(rows in prop::collection::vec(["[ -~\n]{0,8}", "[ -~\n]{0,8}"], 0..5)) {
        let lines = rows.iter().map(|[a, b]| format!("{},{}\n", field(a), field(b)));
        let table = format!("a,b\n{}", lines.collect::<String>());
        let expected = rows.iter().map(|[a, b]| {
            Value::object([("a", Value::string(a)), ("b", Value::string(b))])
        });
        let ty = Type::object([("a", Type::String), ("b", Type::String)]);
        prop_assert_eq!(run("csvdecode", &[Value::string(table)]), Value::list(ty, expected));
    }

    #[test]
    fn encodings_read_back(text in "\\PC{0,20}") {
        let text = Value::string(text);
        for (there, back) in [("base64encode", "base64decode"), ("base64gzip", "base64gunzip"), ("urlencode", "urldecode")] {
            prop_assert_eq!(run(back, &[run(there, std::slice::from_ref(&text))]), text.clone(), "{}", there);
        }
    }

    /// A pattern either compiles or says why not, and matching always ends.
    #[test]
    fn patterns_are_total(pattern in "[a-c(){}|*+?\\[\\]\\\\^$.,0-9dwsbpPQEzA:<>=!i-]{0,16}", text in "[a-c0-9 ]{0,16}") {
        if let Ok(pattern) = super::re2::Pattern::new(&pattern) {
            prop_assert_eq!(pattern.names.len(), pattern.regex.captures_len());
            pattern.replace_all(&text, "<$1>", 1 << 20);
        }
    }
}
