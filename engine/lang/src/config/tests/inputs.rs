//! Values from outside: which one counts, how text is read, and what is said about mistakes.

use super::*;

const DECLARED: &str = "variable \"name\" {\n  type = string\n}\nvariable \"count_of\" {\n  type = number\n  default = 1\n}\n\
                        variable \"tags\" {\n  type = map(string)\n  default = {}\n}\nvariable \"free\" {\n}\n\
                        variable \"secret\" {\n  type = number\n  sensitive = true\n}\n";

fn given(give: impl FnOnce(&mut Inputs)) -> (String, String) {
    let module = module(DECLARED);
    let mut inputs = Inputs::default();
    give(&mut inputs);
    let (values, diagnostics) = inputs.finish(&module);
    let shown: Vec<String> = values.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    (shown.join(" "), show(&diagnostics))
}

#[track_caller]
fn problems(give: impl FnOnce(&mut Inputs), expected: &[&str]) {
    let (_, shown) = given(give);
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), expected.len(), "{shown}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(expected.split(" ~ ").all(|part| line.contains(part)), "{shown}\nexpected {expected}");
    }
}

fn value(give: impl FnOnce(&mut Inputs)) -> BTreeMap<Arc<str>, Value> {
    let module = module(DECLARED);
    let mut inputs = Inputs::default();
    give(&mut inputs);
    inputs.finish(&module).0
}

#[test]
fn the_last_one_counts_and_only_it_is_read() {
    let values = value(|inputs| {
        inputs.environment("name", "environment");
        inputs.environment("tags", "{ not an expression");
        inputs.environment("count_of", "many");
        inputs.file("terraform.tfvars", b"name = \"file\"\ntags = { a = 1 }\n");
        inputs.argument("count_of=3");
        inputs.file("x.tfvars", b"count_of = 4\n");
    });
    assert_eq!(values["name"], Value::string("file"));
    assert_eq!(values["count_of"], Value::number(4_u64));
    assert_eq!(values["tags"], Value::object([("a", Value::number(1_u64))]));
    assert_eq!(values.len(), 3);
}

#[test]
fn text_is_read_by_the_type_of_the_variable() {
    let values = value(|inputs| {
        inputs.argument("name=[1, 2]");
        inputs.argument("count_of=12");
        inputs.argument("tags={ a = \"b=c\" }");
        inputs.argument("free={}");
    });
    assert_eq!(values["name"], Value::string("[1, 2]"));
    assert_eq!(values["count_of"], Value::string("12"));
    assert_eq!(values["tags"], Value::object([("a", Value::string("b=c"))]));
    assert_eq!(values["free"], Value::string("{}"));
}

#[test]
fn mistakes_name_where_the_value_comes_from() {
    problems(
        |inputs| inputs.environment("count_of", "x"),
        &["main.tf:4:1 ~ Invalid value for input variable ~ TF_VAR_count_of"],
    );
    problems(
        |inputs| inputs.argument("count_of=x"),
        &["main.tf:4:1 ~ Invalid value for input variable ~ -var"],
    );
    problems(
        |inputs| inputs.file("a.tfvars", b"\ncount_of = \"x\"\n"),
        &["a.tfvars:2:12 ~ Invalid value for input variable ~ declared at main.tf:4,1"],
    );
    problems(
        |inputs| inputs.file("a.tfvars", b"secret = \"hunter2\"\n"),
        &["main.tf:14:1 ~ Invalid value for input variable ~ a.tfvars:1,10"],
    );
    let (_, shown) = given(|inputs| inputs.argument("secret=hunter2"));
    assert!(!shown.contains("hunter2"), "{shown}");
    problems(|inputs| inputs.argument("tags={"), &["<value for var.tags>:1"]);
    problems(|inputs| inputs.argument("tags=var.x"), &["<value for var.tags>:1:1 ~ Variables not allowed"]);
    problems(|inputs| inputs.argument("name"), &["Invalid -var option ~ NAME=VALUE"]);
    problems(|inputs| inputs.argument("name = x"), &["Invalid -var option ~ name=x"]);
}

#[test]
fn names_that_are_not_declared() {
    problems(|inputs| inputs.environment("other", "x"), &[]);
    problems(|inputs| inputs.argument("nam=x"), &["Value for undeclared variable ~ Did you mean \"name\"?"]);
    problems(
        |inputs| inputs.file("a.tfvars", b"a = 1\nb = 1\nc = 1\nd = 1\n"),
        &[
            "a.tfvars:1:5 ~ Value for undeclared",
            "a.tfvars:2:5 ~ Value for undeclared",
            "Values for undeclared ~ 2 more",
        ],
    );
}

#[test]
fn what_is_missing() {
    let module = module(DECLARED);
    let mut inputs = Inputs::default();
    inputs.argument("name=x");
    inputs.answer("free", "y");
    let missing: Vec<&str> = inputs.missing(&module).iter().map(|variable| &*variable.name).collect();
    assert_eq!(missing, ["secret"]);
}
