//! Input that is made to exhaust memory, time or the stack is refused with a word on what is wrong.
//!
//! Everything runs in a thread with a stack of 2 MiB. Nothing here is timed: what would not be bounded
//! would not end.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a test may start threads")]
#![allow(dead_code, reason = "shared with other tests that use more of it")]

mod lab;

use evenkeel_lang::config::{load, parse_tfvars};
use evenkeel_lang::parse::{parse_expression, parse_file, parse_template};
use evenkeel_model::{Diagnostics, Revision, Snapshot, Value};

use lab::{Lab, evaluate_text};

fn on_a_small_stack(run: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
}

/// The first problem: `summary: detail`.
fn first(problems: &Diagnostics) -> String {
    let problem = problems.iter().find(|_| problems.has_errors());
    problem.map(|problem| format!("{}: {}", problem.summary, problem.detail)).unwrap_or_default()
}

#[track_caller]
fn refused(text: &str, why: &str) {
    let (_, problems) = evaluate_text(text, &Lab::new());
    let start: String = text.chars().take(80).collect();
    assert!(first(&problems).contains(why), "{start}: {:?}", first(&problems));
}

/// Evaluates again and again, each time with the last value as `var.input`, until that is refused.
fn grow(text: &str, start: Value, times: usize) -> (usize, String) {
    let mut lab = Lab::new();
    lab.input = Some(start);
    for time in 0..times {
        let (value, problems) = evaluate_text(text, &lab);
        if problems.has_errors() {
            return (time, first(&problems));
        }
        lab.input = Some(value);
    }
    (times, String::new())
}

#[test]
fn values_that_share_their_parts_are_measured_as_if_they_did_not() {
    on_a_small_stack(|| {
        for text in [
            "[var.input, var.input, var.input, var.input, var.input, var.input, var.input, var.input]",
            "{ a = var.input, b = var.input, c = var.input, d = var.input }",
            "[for i in [1, 2, 3, 4, 5, 6, 7, 8] : var.input]",
            "{ for i in [1, 2, 3, 4] : i => var.input }",
            "[[[var.input]], { a = [var.input, (var.input)] }]",
            "concat([var.input], [var.input], [try(var.input, 1)])",
            "[true ? var.input : null, var.input]",
        ] {
            let (levels, why) = grow(text, Value::string("lol"), 40);
            assert!(levels < 40 && why.contains("Evaluation too large"), "{text}: {levels} {why}");
        }
    });
}

#[test]
fn a_try_does_not_hide_that_an_evaluation_is_too_large() {
    on_a_small_stack(|| {
        let (_, why) = grow("try([var.input, var.input, var.input, var.input], 1)", Value::string("lol"), 40);
        assert!(why.contains("Evaluation too large"), "{why}");
    });
}

#[test]
fn texts_do_not_grow_without_end() {
    on_a_small_stack(|| {
        let seed = Value::string("lol lol lol lol lol lol lol lol lol lol");
        for text in [
            "\"${var.input}${var.input}${var.input}${var.input}\"",
            "join(var.input, [var.input, var.input, var.input])",
            "replace(var.input, \"lol lol\", var.input)",
            "replace(var.input, \"/.+/\", \"$0$0$0$0$0$0$0$0\")",
        ] {
            let (times, why) = grow(text, seed.clone(), 40);
            assert!(times < 40 && why.contains("bytes"), "{text}: {why}");
        }
    });
}

#[test]
fn values_are_not_nested_without_end() {
    on_a_small_stack(|| {
        for text in
            ["[var.input]", "{ a = var.input }", "[for x in [1] : var.input]", "concat([var.input], [])"]
        {
            let (levels, why) = grow(text, Value::string("x"), 5_000);
            assert!(levels < 1_000 && why.contains("nest them"), "{text}: {levels} {why}");
        }
    });
}

#[test]
fn products_of_loops_end() {
    on_a_small_stack(|| {
        let product = "[for a in range(1000) : [for b in range(1000) : [for c in range(1000) : c]]]";
        refused(&format!("try(length({product}), 1)"), "Evaluation too large");
        refused("setproduct(range(1000), range(1000), range(1000))", "combinations");
    });
}

#[test]
fn arguments_that_ask_for_too_much_are_refused() {
    on_a_small_stack(|| {
        refused("range(1000000000)", "1024");
        refused("format(\"%999999999d\", 1)", "width");
        refused("format(\"%.999999999f\", 1)", "precision");
        refused("indent(999999999, \"a\\nb\")", "spaces");
        refused("1e999999999", "");
        refused("tonumber(\"1e999999999\")", "number");
        refused("regex(\"((a{100}){100}){100}\", \"a\")", "regexp");
        refused(
            "jsondecode(\"${join(\"\", [for i in range(1000) : join(\"\", [for j in range(100) : \"[\"])])}\")",
            "",
        );
        refused(
            "yamldecode(\"${join(\"\", [for i in range(1000) : join(\"\", [for j in range(100) : \"[\"])])}\")",
            "",
        );
        refused("cidrsubnets(\"10.0.0.0/8\", [for i in range(1000) : 32]...)", "");
        refused("parseint(\"1\", 999999999)", "base");
    });
}

/// A gigabyte of zeros in a megabyte.
#[test]
fn packed_texts_are_not_unpacked_whole() {
    on_a_small_stack(|| {
        use std::io::Write;
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let block = vec![b'a'; 1 << 20];
        (0..100).for_each(|_| packer.write_all(&block).unwrap());
        let packed = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, packer.finish().unwrap());
        let mut lab = Lab::new();
        lab.input = Some(Value::string(packed));
        let (_, problems) = evaluate_text("length(base64gunzip(var.input))", &lab);
        assert!(first(&problems).contains("Error in function call"), "{}", first(&problems));
    });
}

/// What functions take apart and put together is as deep as values may be, and no stack ends.
#[test]
fn deep_values_are_walked_by_every_function() {
    on_a_small_stack(|| {
        let mut lab = Lab::new();
        let mut deep = (Value::string("x"), 0);
        while deep.1 < 380 {
            deep = (Value::tuple([deep.0, Value::object([("k", Value::bool(true))])]), deep.1 + 1);
        }
        lab.input = Some(deep.0);
        for text in [
            "flatten(var.input)",
            "merge({ a = var.input }, { a = var.input, b = var.input })",
            "jsonencode(var.input)",
            "yamlencode(var.input)",
            "jsondecode(jsonencode(var.input))",
            "var.input == var.input",
            "distinct([var.input, var.input])",
            "toset([var.input, var.input])",
            "tolist(var.input)",
            "sensitive(var.input)",
            "nonsensitive(sensitive(var.input))",
            "issensitive(var.input)",
            "contains([var.input], var.input)",
            "coalescelist([var.input], [var.input])",
            "setproduct([var.input], [var.input])",
            "zipmap([\"a\"], [var.input])",
            "type(var.input)",
            "provider::terraform::encode_expr(var.input)",
            "templatestring(\"$${x}\", { x = jsonencode(var.input) })",
            "true ? var.input : null",
            "[for x in var.input : x]",
            "var.input[*]",
            "\"${jsonencode(var.input)}\"",
        ] {
            // Whether it is refused or not, there is an answer.
            evaluate_text(text, &lab);
        }
    });
}

/// Patterns whose matching takes exponential time with backtracking.
#[test]
fn catastrophic_patterns_are_matched_in_linear_time() {
    on_a_small_stack(|| {
        let mut lab = Lab::new();
        lab.input = Some(Value::string("a".repeat(50_000) + "!"));
        for pattern in ["(a|a)*$", "(a*)*$", "(a|aa)+$", "^(a?){50}(a){50}$", "(.*a){20}$", "([a-z]+)*\\\\d$"]
        {
            let text = format!("length(regexall(\"{pattern}\", var.input))");
            let (value, problems) = evaluate_text(&text, &lab);
            assert!(!problems.has_errors(), "{pattern}: {}", first(&problems));
            assert!(value.as_number().is_some(), "{pattern}");
        }
        refused("regex(\"(a{1000}){1000}\", \"a\")", "regexp");
    });
}

#[test]
fn regular_expressions_take_linear_time() {
    on_a_small_stack(|| {
        let lab = Lab::new();
        let text = "regexall(\"(a+)+$\", \"${join(\"\", [for i in range(1000) : \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"])}b\")";
        let (value, problems) = evaluate_text(text, &lab);
        assert_eq!((first(&problems), value.as_elements().map(<[Value]>::len)), (String::new(), Some(0)));
    });
}

#[test]
fn yaml_aliases_are_counted() {
    on_a_small_stack(|| {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for i in 1..12 {
            let last = i - 1;
            text += &format!(
                "a{i}: &a{i} [*a{last}, *a{last}, *a{last}, *a{last}, *a{last}, *a{last}, *a{last}]\n"
            );
        }
        let mut lab = Lab::new();
        lab.input = Some(Value::string(text));
        let (_, problems) = evaluate_text("yamldecode(var.input)", &lab);
        assert!(first(&problems).contains("too many values"), "{}", first(&problems));
    });
}

#[test]
fn a_wide_table_is_no_slower_than_a_long_one() {
    on_a_small_stack(|| {
        let header: Vec<String> = (0..200_000).map(|i| format!("c{i}")).collect();
        let mut lab = Lab::new();
        lab.input = Some(Value::string(header.join(",")));
        let (value, problems) = evaluate_text("csvdecode(var.input)", &lab);
        assert_eq!((first(&problems), value.as_elements().map(<[Value]>::len)), (String::new(), Some(0)));
    });
}

/// A hundred thousand of everything that nests.
#[test]
fn deep_nesting_is_refused() {
    on_a_small_stack(|| {
        const DEPTH: usize = 100_000;
        let wraps = [
            ("(", ")"),
            ("[", "]"),
            ("{ a = ", " }"),
            ("!", ""),
            ("-", ""),
            ("upper(", ")"),
            ("\"${", "}\""),
            ("true ? ", " : 1"),
            ("true ? 1 : ", ""),
            ("[for x in ", " : x]"),
            ("[for x in [] : ", "]"),
            ("{for x in [] : x => ", "}"),
            ("1 + (", ")"),
            ("a[", "]"),
            ("a[*].b[", "]"),
            ("\"%{ if true }${", "}%{ endif }\""),
            ("<<E\n${", "}\nE\n"),
            ("[", ""),
            ("(", ""),
            ("\"${", ""),
            ("{", ""),
            ("", "]"),
        ];
        for (open, close) in wraps {
            let text = format!("{}1{}", open.repeat(DEPTH), close.repeat(DEPTH));
            let (_, problems) = evaluate_text(&text, &Lab::new());
            assert!(problems.has_errors(), "{open:?}");
            let file = format!("a = {text}\n");
            assert!(parse_file("main.tf", file.as_bytes()).1.has_errors(), "{open:?} in a file");
            assert!(parse_tfvars("a.tfvars", file.as_bytes()).1.has_errors(), "{open:?} in a tfvars file");
        }
    });
}

/// What is long without being nested is read.
#[test]
fn long_chains_are_no_nesting() {
    on_a_small_stack(|| {
        for (part, join) in [("1", " + "), ("true", " && "), ("1", " - "), ("a", ".")] {
            let text = vec![part; 100_000].join(join);
            let (expr, problems) = parse_expression("long", &text);
            assert!(expr.is_some(), "{part}{join}: {}", first(&problems));
            evaluate_text(&text, &Lab::new());
        }
        for text in ["a[*]".to_owned() + &"[*]".repeat(100_000), "a".to_owned() + &"[0]".repeat(100_000)] {
            evaluate_text(&text, &Lab::new());
        }
    });
}

#[test]
fn deep_blocks_templates_and_types_are_refused() {
    on_a_small_stack(|| {
        const DEPTH: usize = 100_000;
        let blocks = format!("{}{}", "a {\n".repeat(DEPTH), "}\n".repeat(DEPTH));
        assert!(parse_file("main.tf", blocks.as_bytes()).1.has_errors());
        for (open, close) in
            [("%{ if true }", "%{ endif }"), ("%{ for x in [] }", "%{ endfor }"), ("${\"", "\"}")]
        {
            for text in [open.repeat(DEPTH) + &close.repeat(DEPTH), open.repeat(DEPTH)] {
                assert!(parse_template("t", &text).1.has_errors(), "{open}");
            }
        }
        for (open, close) in
            [("list(", ")"), ("object({ a = ", " })"), ("tuple([", "])"), ("map(optional(", "))")]
        {
            let ty = format!("{}string{}", open.repeat(DEPTH), close.repeat(DEPTH));
            let file = format!("variable \"x\" {{\n  type = {ty}\n}}\n");
            assert!(problems_of(&[("main.tf", &file)]).has_errors(), "{open}");
        }
        let json = format!("{{\"a\": {}{}}}", "[".repeat(DEPTH), "]".repeat(DEPTH));
        assert!(parse_tfvars("a.tfvars.json", json.as_bytes()).1.has_errors());
    });
}

/// Types of a depth that is still read are walked on a small stack.
#[test]
fn types_may_be_as_deep_as_expressions() {
    on_a_small_stack(|| {
        for depth in [50, 100, 150, 200, 300] {
            let ty = format!("{}any{}", "list(".repeat(depth), ")".repeat(depth));
            let default = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
            let file = format!("variable \"x\" {{\n  type    = {ty}\n  default = {default}\n}}\n");
            problems_of(&[("main.tf", &file)]);
        }
    });
}

fn problems_of(files: &[(&str, &str)]) -> Diagnostics {
    load(&Snapshot::from_files(Revision::Commit("0".into()), files.iter().copied()), "").1
}

#[test]
fn cycles_of_modules_are_refused() {
    on_a_small_stack(|| {
        let call = |name: &str| format!("module \"{name}\" {{\n  source = \"../{name}\"\n}}\n");
        let root = "module \"a\" {\n  source = \"./a\"\n}\n";
        let problems =
            problems_of(&[("main.tf", root), ("a/main.tf", &call("b")), ("b/main.tf", &call("a"))]);
        assert!(first(&problems).contains("cycle"), "{}", first(&problems));
        let around = [("main.tf", "module \"b\" {\n  source = \"./x/../b\"\n}\n"), ("b/main.tf", &call("c"))];
        let back = "module \"d\" {\n  source = \"../\"\n}\n";
        let problems = problems_of(&[around[0], around[1], ("c/main.tf", back)]);
        assert!(first(&problems).contains("cycle"), "{}", first(&problems));
        let own = problems_of(&[("main.tf", "module \"a\" {\n  source = \"./\"\n}\n")]);
        assert!(own.has_errors());
    });
}

/// Each module calls the next one ten times: 10^20 calls.
#[test]
fn modules_do_not_multiply_without_end() {
    on_a_small_stack(|| {
        let calls = |next: &str| -> String {
            (0..10).map(|i| format!("module \"m{i}\" {{\n  source = \"{next}\"\n}}\n")).collect()
        };
        let mut files = vec![("main.tf".to_owned(), calls("./d0"))];
        files.extend((0..20).map(|i| (format!("d{i}/main.tf"), calls(&format!("../d{}", i + 1)))));
        files.push(("d20/main.tf".into(), String::new()));
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (&**path, &**text)).collect();
        let problems = problems_of(&files);
        assert!(first(&problems).contains("Too many modules"), "{}", first(&problems));
    });
}

#[test]
fn bytes_that_are_no_text_and_files_that_are_too_large_are_refused() {
    on_a_small_stack(|| {
        let problems = parse_file("main.tf", b"a = \"\xff\xfe\"\n").1;
        assert!(first(&problems).contains("encoding"), "{}", first(&problems));
        assert!(parse_tfvars("a.tfvars", b"\xc3\x28 = 1\n").1.has_errors());
        let heredoc = format!("a = <<E\n{}\nE\n", "x".repeat(17 << 20));
        let problems = parse_file("main.tf", heredoc.as_bytes()).1;
        assert!(first(&problems).contains("too large"), "{}", first(&problems));
        assert!(parse_tfvars("a.tfvars.json", heredoc.as_bytes()).1.has_errors());
    });
}
