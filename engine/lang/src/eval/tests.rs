use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use evenkeel_model::schema::Block as SchemaBlock;
use evenkeel_model::{Diagnostic, Diagnostics, InstanceKey, ResourceMode, SourceRange, Type, Value};
use proptest::prelude::*;

use super::{PathKind, Scope, decode_body, evaluate};
use crate::parse::{parse_expression, parse_file};

/// A template that includes itself three times.
const FAN: &str =
    "${templatefile(\"fan.tpl\", {})}${templatefile(\"fan.tpl\", {})}${templatefile(\"fan.tpl\", {})}";

/// Answers from tables, and writes down what it was asked for.
#[derive(Default)]
pub(crate) struct Table {
    variables: BTreeMap<&'static str, Value>,
    resources: BTreeMap<&'static str, Value>,
    modules: BTreeMap<&'static str, Value>,
    files: BTreeMap<&'static str, &'static str>,
    asked: Mutex<Vec<String>>,
    entropy: Option<[u8; 32]>,
}

impl Table {
    fn ask(&self, what: String) {
        self.asked.lock().unwrap().push(what);
    }

    fn find(
        table: &BTreeMap<&'static str, Value>,
        name: &str,
        range: &SourceRange,
    ) -> Result<Value, Diagnostic> {
        table.get(name).cloned().ok_or_else(|| {
            Diagnostic::error("Reference to undeclared name", name.to_owned()).at(range.clone())
        })
    }
}

fn part(whole: &Value, key: &InstanceKey) -> Option<Value> {
    match key {
        InstanceKey::Int(index) => whole.as_elements()?.get(*index as usize).cloned(),
        InstanceKey::String(key) => whole.get(key).cloned(),
    }
}

impl Scope for Table {
    fn variable(&self, name: &str, range: &SourceRange) -> Result<Value, Diagnostic> {
        Self::find(&self.variables, name, range)
    }

    fn local(&self, name: &str, range: &SourceRange) -> Result<Value, Diagnostic> {
        Self::find(&self.variables, name, range)
    }

    fn resource(
        &self,
        _: ResourceMode,
        kind: &str,
        name: &str,
        range: &SourceRange,
    ) -> Result<Value, Diagnostic> {
        self.ask(format!("{kind}.{name}"));
        Self::find(&self.resources, name, range)
    }

    fn resource_instance(
        &self,
        _: ResourceMode,
        kind: &str,
        name: &str,
        key: &InstanceKey,
        range: &SourceRange,
    ) -> Result<Option<Value>, Diagnostic> {
        self.ask(format!("{kind}.{name}{key}"));
        Ok(part(&Self::find(&self.resources, name, range)?, key))
    }

    fn module(&self, name: &str, range: &SourceRange) -> Result<Value, Diagnostic> {
        self.ask(format!("module.{name}"));
        Self::find(&self.modules, name, range)
    }

    fn module_output(
        &self,
        name: &str,
        key: Option<&InstanceKey>,
        output: &str,
        range: &SourceRange,
    ) -> Result<Option<Value>, Diagnostic> {
        let shown = key.map(InstanceKey::to_string).unwrap_or_default();
        self.ask(format!("module.{name}{shown}.{output}"));
        let whole = Self::find(&self.modules, name, range)?;
        let instance = match key {
            Some(key) => part(&whole, key),
            None => Some(whole),
        };
        Ok(instance.and_then(|instance| instance.get(output).cloned()))
    }

    fn each_key(&self, _: &SourceRange) -> Result<Value, Diagnostic> {
        Ok(Value::string("k"))
    }

    fn each_value(&self, _: &SourceRange) -> Result<Value, Diagnostic> {
        Ok(Value::string("v"))
    }

    fn count_index(&self, _: &SourceRange) -> Result<Value, Diagnostic> {
        Ok(Value::number(1))
    }

    fn path(&self, _: PathKind, _: &SourceRange) -> Result<Value, Diagnostic> {
        Ok(Value::string("/stack"))
    }

    fn terraform(&self, name: &str, _: &SourceRange) -> Result<Value, Diagnostic> {
        Ok(Value::string(name))
    }

    fn self_value(&self, _: &SourceRange) -> Result<Value, Diagnostic> {
        Ok(Value::empty_object())
    }

    fn file(&self, path: &str) -> Result<Arc<[u8]>, String> {
        self.files
            .get(path)
            .map(|text| Arc::from(text.as_bytes()))
            .ok_or_else(|| "it is not in the revision".into())
    }

    fn files_below(&self, _: &str) -> Result<Vec<String>, String> {
        Ok(self.files.keys().map(|name| name.to_string()).collect())
    }

    fn plan_time(&self) -> Option<String> {
        None
    }

    fn entropy(&self) -> Option<[u8; 32]> {
        self.entropy
    }

    fn is_built_in_provider(&self, local_name: &str) -> bool {
        local_name == "terraform"
    }
}

/// The value of an expression during an apply.
pub(crate) fn eval_with_entropy(text: &str, entropy: [u8; 32]) -> Value {
    eval(text, &Table { entropy: Some(entropy), ..table() }).0
}

fn table() -> Table {
    let instance = |id: &str| Value::object([("id", Value::string(id))]);
    Table {
        variables: BTreeMap::from([
            ("s", Value::string("text")),
            ("n", Value::number(3)),
            ("secret", Value::string("hunter2").sensitive()),
            ("unknown", Value::unknown(Type::String)),
            ("unknown_list", Value::unknown(Type::list(Type::String))),
            ("list", Value::list(Type::String, [Value::string("a"), Value::string("b")])),
            ("map", Value::map(Type::String, [("x", Value::string("1")), ("y", Value::string("2"))])),
        ]),
        resources: BTreeMap::from([
            ("counted", Value::tuple([instance("i-0"), instance("i-1")])),
            ("single", instance("i")),
        ]),
        modules: BTreeMap::from([
            ("one", Value::object([("out", Value::string("o"))])),
            ("each", Value::object([("a", Value::object([("out", Value::string("oa"))]))])),
        ]),
        files: BTreeMap::from([
            ("t.tmpl", "%{ for x in xs ~}\n<${x}>\n%{ endfor ~}"),
            ("hello.txt", "hello"),
            ("loop.tmpl", "${templatefile(\"loop.tmpl\", {})}"),
            ("fan.tpl", FAN),
        ]),
        asked: Mutex::default(),
        entropy: None,
    }
}

fn eval(text: &str, table: &Table) -> (Value, Diagnostics) {
    let (expr, problems) = parse_expression("t.tf", text);
    assert!(!problems.has_errors(), "{text}: {problems:?}");
    evaluate(&expr.unwrap(), table)
}

/// `text` evaluates to what `expected` does.
pub(crate) fn check(text: &str, expected: &str) {
    let table = table();
    let (value, problems) = eval(text, &table);
    assert!(!problems.has_errors(), "{text}: {problems:?}");
    assert_eq!(value, eval(expected, &table).0, "{text}");
}

pub(crate) fn error(text: &str) -> String {
    let (value, problems) = eval(text, &table());
    assert!(problems.has_errors(), "{text} gave {value:?}");
    assert!(value.is_unknown());
    problems
        .iter()
        .map(|problem| format!("{}: {}", problem.summary, problem.detail))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn values_are_those_of_the_language() {
    for (text, expected) in [
        ("\"1\" + 2", "3"),
        ("0.1 + 0.2", "0.3"),
        ("\"a${1 + 1}b\"", "\"a2b\""),
        ("true ? 1 : \"x\"", "\"1\""),
        ("[for x in var.list : upper(x) if x != \"a\"]", "[\"B\"]"),
        ("{for k, v in var.map : v => k...}", "{\"1\" = [\"x\"], \"2\" = [\"y\"]}"),
        ("var.list[*]", "var.list"),
        ("null[*]", "[]"),
        ("each.key", "\"k\""),
        ("count.index + 1", "2"),
        ("join(\"-\", [var.list]...)", "\"a-b\""),
        ("templatefile(\"t.tmpl\", { xs = [1, 2] })", "\"<1>\\n<2>\\n\""),
        ("try(var.map.z, \"none\")", "\"none\""),
        ("can(var.map.z)", "false"),
        ("try(aws_x.counted[2].id, \"none\")", "\"none\""),
        ("can(aws_x.counted[\"a\"])", "false"),
        ("try(module.each[\"b\"].out, \"none\")", "\"none\""),
        ("try(module.one.gone, \"none\")", "\"none\""),
    ] {
        check(text, expected);
    }
}

#[test]
fn errors_say_what_and_what_to_do() {
    for (text, expected) in [
        ("upcase(\"x\")", "Call to unknown function: There is no function named \"upcase\"."),
        ("lenght(\"x\")", "Did you mean \"length\"?"),
        (
            "upper()",
            "Not enough function arguments: Function \"upper\" expects 1 argument(s). Missing value for \"str\".",
        ),
        ("upper(1, 2)", "Too many function arguments"),
        (
            "abs(\"x\")",
            "Invalid function argument: Invalid value for \"num\" parameter: a number is required.",
        ),
        (
            "true ? 1 : [1]",
            "Inconsistent conditional result types: The true and false result expressions must have consistent types. The 'true' value is number, but the 'false' value is tuple.",
        ),
        ("var.list[5]", "Invalid index"),
        ("{ name = 1 }.nam", "Did you mean \"name\"?"),
        ("\"a${null}\"", "Invalid template interpolation value"),
        ("0 / 0", "can't divide zero by zero"),
        ("[for x in 5 : x]", "Iteration over non-iterable value"),
        ("{for x in [1, 1] : x => x}", "Duplicate object key"),
        ("var.list.a", "Unsupported attribute"),
        ("aws_vpc", "must be followed by at least one attribute access"),
        ("var", "cannot be accessed directly"),
        ("each.foo", "Invalid \"each\" attribute"),
        ("try(var.undeclared, 1)", "Reference to undeclared name"),
        ("templatefile(\"loop.tmpl\", {})", "failed: loop.tmpl: maximum recursion depth"),
        ("templatefile(\"fan.tpl\", {})", "steps would be taken"),
        ("try(templatefile(\"fan.tpl\", {}), 1)", "steps would be taken"),
        ("templatefile(\"t.tmpl\", {})", "no variable named \"xs\""),
        ("file(\"nowhere\")", "it is not in the revision"),
    ] {
        let found = error(text);
        assert!(found.contains(expected), "{text}: {found}");
    }
}

#[test]
fn all_problems_are_found_in_one_run() {
    let (_, problems) = eval("[upcase(1), 0 / 0, var.list[9]]", &table());
    assert_eq!(problems.iter().count(), 3, "{problems:?}");
}

#[test]
fn no_message_shows_a_sensitive_value() {
    for text in [
        "tonumber(var.secret)",
        "parseint(var.secret, 10)",
        "file(var.secret)",
        "regex(var.secret, \"x\")",
        "jsondecode(var.secret)",
        "{for x in [1, 1] : var.secret => x}",
        "timeadd(var.secret, \"1h\")",
        "base64decode(\"${var.secret}!\")",
        "cidrhost(var.secret, 1)",
    ] {
        assert!(!error(text).contains("hunter2"), "{text}: {}", error(text));
    }
}

#[test]
fn marks_and_unknown_values_travel() {
    let table = table();
    for text in [
        "\"a${var.secret}\"",
        "upper(var.secret)",
        "var.secret == \"x\"",
        "var.secret == \"x\" ? 1 : 2",
        "{ (var.secret) = 1 }",
        "[for x in [var.secret] : x if x != \"\"]",
    ] {
        assert!(eval(text, &table).0.is_sensitive(), "{text}");
    }
    for text in [
        "\"a${var.unknown}\"",
        "upper(var.unknown)",
        "var.unknown == \"x\"",
        "[for x in var.unknown_list : x]",
        "{ (var.unknown) = 1 }",
        "var.unknown_list[0]",
        "var.unknown_list[*]",
        "var.unknown == null",
    ] {
        let (value, problems) = eval(text, &table);
        assert!(value.is_unknown() && !problems.has_errors(), "{text}: {value:?} {problems:?}");
    }
    check("\"a-${var.unknown}\" == null", "false");
    check("startswith(\"a-${var.unknown}\", \"a\")", "true");
    check("length([var.unknown])", "1");
}

#[test]
fn one_element_is_asked_for_alone() {
    for (text, asked) in [
        ("aws_vpc.counted[1].id", vec!["aws_vpc.counted[1]"]),
        ("aws_vpc.counted[count.index].id", vec!["aws_vpc.counted[1]"]),
        ("data.aws_ami.counted.0.id", vec!["aws_ami.counted[0]"]),
        ("aws_vpc.counted[*].id", vec!["aws_vpc.counted"]),
        ("aws_vpc.single.id", vec!["aws_vpc.single"]),
        ("aws_vpc.single[\"id\"]", vec!["aws_vpc.single[\"id\"]"]),
        ("module.one.out", vec!["module.one.out"]),
        ("module.each[\"a\"].out", vec!["module.each[\"a\"].out"]),
        ("module.each[\"a\"]", vec!["module.each"]),
    ] {
        let table = table();
        let (_, problems) = eval(text, &table);
        assert!(!problems.has_errors(), "{text}: {problems:?}");
        assert_eq!(*table.asked.lock().unwrap(), asked, "{text}");
    }
}

fn schema() -> SchemaBlock {
    serde_json::from_value(serde_json::json!({
        "attributes": {
            "name": {"type": "string", "required": true},
            "size": {"type": "number", "optional": true},
            "tags": {"type": ["map", "string"], "optional": true},
            "arn": {"type": "string", "computed": true},
            "later": {"type": "string", "optional": true, "unsupported": true},
            "inline": {
                "type": ["list", ["object", {"from": "number", "ports": ["list", "number"]}]],
                "optional": true, "computed": true, "attr_as_blocks": true
            }
        },
        "block_types": {
            "rule": {"nesting_mode": "list", "max_items": 3, "block": {"attributes": {"port": {"type": "number", "required": true}}}},
            "timeouts": {"nesting_mode": "single", "block": {"attributes": {"create": {"type": "string", "optional": true}}}},
            "label": {"nesting_mode": "map", "block": {"attributes": {"v": {"type": "number", "optional": true}}}},
            "ebs": {"nesting_mode": "set", "block": {
                "attributes": {"dev": {"type": "string", "optional": true}},
                "block_types": {"opt": {"nesting_mode": "list", "block": {"attributes": {"k": {"type": "string", "optional": true}}}}}
            }}
        }
    }))
    .unwrap()
}

fn decode(text: &str) -> (Value, Vec<String>) {
    let (body, problems) = parse_file("t.tf", text.as_bytes());
    assert!(!problems.has_errors(), "{problems:?}");
    let range = parse_expression("t.tf", "1").0.unwrap().range().clone();
    let (value, problems) = decode_body(&body, &schema(), &table(), &range);
    (value, problems.iter().map(|problem| format!("{}: {}", problem.summary, problem.detail)).collect())
}

fn decoded(text: &str) -> String {
    let (value, problems) = decode(text);
    assert!(problems.is_empty(), "{text}: {problems:?}");
    assert_eq!(value.ty(), schema().implied_type(), "{text}");
    evenkeel_model::json::to_plain(&value).to_string()
}

#[test]
fn bodies_become_objects_of_the_schema() {
    let base = |changes: &str| {
        let mut json = serde_json::json!({
            "name": "n", "size": null, "tags": null, "arn": null, "later": null, "inline": null,
            "rule": [], "timeouts": null, "label": {}, "ebs": []
        });
        let changes: serde_json::Value = serde_json::from_str(changes).unwrap();
        for (key, value) in changes.as_object().unwrap() {
            json[key] = value.clone();
        }
        json.to_string()
    };
    for (text, changes) in [
        ("name = \"n\"", "{}"),
        ("name = var.n\nsize = \"5\"", r#"{"name": "3", "size": 5}"#),
        ("name = \"n\"\ntags = { a = 1 }", r#"{"tags": {"a": "1"}}"#),
        (
            "name = \"n\"\nrule {\n port = 1\n}\nrule {\n port = 2\n}",
            r#"{"rule": [{"port": 1}, {"port": 2}]}"#,
        ),
        ("name = \"n\"\ntimeouts {\n}", r#"{"timeouts": {"create": null}}"#),
        ("name = \"n\"\nlabel \"a\" {\n v = 1\n}", r#"{"label": {"a": {"v": 1}}}"#),
        (
            "name = \"n\"\nebs {\n dev = \"b\"\n}\nebs {\n dev = \"a\"\n opt {\n k = \"x\"\n }\n}\nebs {\n dev = \"b\"\n}",
            r#"{"ebs": [{"dev": "a", "opt": [{"k": "x"}]}, {"dev": "b", "opt": []}]}"#,
        ),
        (
            "name = \"n\"\ndynamic \"rule\" {\n for_each = [7, 8]\n content {\n port = rule.value + rule.key\n }\n}",
            r#"{"rule": [{"port": 7}, {"port": 9}]}"#,
        ),
        (
            "name = \"n\"\ndynamic \"label\" {\n for_each = var.map\n iterator = it\n labels = [it.key]\n content {\n v = it.value\n }\n}",
            r#"{"label": {"x": {"v": 1}, "y": {"v": 2}}}"#,
        ),
        (
            "name = \"n\"\ndynamic \"ebs\" {\n for_each = [\"a\"]\n content {\n dev = ebs.value\n dynamic \"opt\" {\n for_each = [1, 2]\n content {\n k = \"${ebs.value}${opt.value}\"\n }\n }\n }\n}",
            r#"{"ebs": [{"dev": "a", "opt": [{"k": "a1"}, {"k": "a2"}]}]}"#,
        ),
        (
            "name = \"n\"\ninline {\n from = 1\n ports = [80]\n}\ninline {\n from = 2\n}",
            r#"{"inline": [{"from": 1, "ports": [80]}, {"from": 2, "ports": null}]}"#,
        ),
        ("name = \"n\"\ninline = []", r#"{"inline": []}"#),
        ("name = \"n\"\nlater = null", "{}"),
    ] {
        let expected: serde_json::Value = serde_json::from_str(&base(changes)).unwrap();
        let found: serde_json::Value = serde_json::from_str(&decoded(text)).unwrap();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn mistakes_in_bodies_are_reported() {
    for (text, expected) in [
        ("", "Missing required argument: The argument \"name\" is required, but no definition was found."),
        ("name = null", "Missing required argument"),
        (
            "name = []",
            "Incorrect attribute value type: Inappropriate value for attribute \"name\": string required.",
        ),
        (
            "name = \"n\"\nnmae = 1",
            "Unsupported argument: An argument named \"nmae\" is not expected here. Did you mean \"name\"?",
        ),
        ("name = \"n\"\nrule = []", "Did you mean to define a block of type \"rule\"?"),
        (
            "name = \"n\"\ntags {\n}",
            "Unsupported block type: Blocks of type \"tags\" are not expected here. Did you mean to define argument \"tags\"?",
        ),
        ("name = \"n\"\nrules {\n}", "Did you mean \"rule\"?"),
        ("name = \"n\"\narn = \"x\"", "Value for unconfigurable attribute"),
        ("name = \"n\"\nlater = \"x\"", "does not implement it yet"),
        ("name = \"n\"\nrule {\n}", "Missing required argument: The argument \"port\""),
        (
            "name = \"n\"\ndynamic \"rule\" {\n for_each = [1, 2, 3, 4]\n content {\n port = 1\n }\n}",
            "Too many rule blocks",
        ),
        ("name = \"n\"\ntimeouts {\n}\ntimeouts {\n}", "Too many timeouts blocks"),
        (
            "name = \"n\"\ndynamic \"rule\" {\n for_each = null\n content {\n port = 1\n }\n}",
            "Invalid dynamic for_each value",
        ),
        ("name = \"n\"\ninline {\n form = 1\n}", "Did you mean \"from\"?"),
    ] {
        let (_, problems) = decode(text);
        assert!(problems.iter().any(|problem| problem.contains(expected)), "{text}: {problems:?}");
    }
}

/// The JSON syntax of a resource's own arguments means the same as the native syntax.
#[test]
fn json_bodies_mean_what_native_ones_mean() {
    for (json, native) in [
        (r#"{"name": "n", "tags": {"a": 1}, "//": "c"}"#, "name = \"n\"\ntags = { a = 1 }"),
        (r#"{"name": "${var.n}", "size": "5"}"#, "name = var.n\nsize = \"5\""),
        (r#"{"name": "n", "rule": {"port": 1}}"#, "name = \"n\"\nrule {\n port = 1\n}"),
        (
            r#"{"name": "n", "rule": [{"port": 1}, {"port": 2}], "timeouts": null}"#,
            "name = \"n\"\nrule {\n port = 1\n}\nrule {\n port = 2\n}",
        ),
        (
            r#"{"name": "n", "label": {"a": {"v": "1"}, "b": {"v": "2"}}}"#,
            "name = \"n\"\nlabel \"a\" {\n v = \"1\"\n}\nlabel \"b\" {\n v = \"2\"\n}",
        ),
        (
            r#"{"name": "n", "dynamic": {"rule": {"for_each": [7, 8], "content": {"port": "${rule.value + rule.key}"}}}}"#,
            "name = \"n\"\ndynamic \"rule\" {\n for_each = [7, 8]\n content {\n port = rule.value + rule.key\n }\n}",
        ),
        (
            r#"{"name": "n", "dynamic": {"label": {"for_each": "${var.map}", "iterator": "it", "labels": ["${it.key}"], "content": {"v": "${it.value}"}}}}"#,
            "name = \"n\"\ndynamic \"label\" {\n for_each = var.map\n iterator = it\n labels = [it.key]\n content {\n v = it.value\n }\n}",
        ),
        (
            r#"{"name": "n", "ebs": [{"dev": "a", "opt": {"k": "b"}}]}"#,
            "name = \"n\"\nebs {\n dev = \"a\"\n opt {\n k = \"b\"\n }\n}",
        ),
    ] {
        let (value, problems) = decode_json(json);
        assert!(problems.is_empty(), "{json}: {problems:?}");
        assert_eq!(evenkeel_model::json::to_plain(&value).to_string(), decoded(native), "{json}");
    }
    for (json, expected) in [
        (r#"{"name": "n", "name": "m"}"#, "Duplicate argument"),
        (r#"{"name": "n", "rule": 1}"#, "Incorrect JSON value type"),
        (r#"{"name": "n", "tags": {"a": 1, "a": 2}}"#, "Duplicate object attribute"),
        (r#"{"name": "n", "other": 1}"#, "Unsupported argument"),
        (r#"{"name": "${", "size": 1}"#, "Missing expression"),
    ] {
        let (_, problems) = decode_json(json);
        assert!(problems.iter().any(|problem| problem.starts_with(expected)), "{json}: {problems:?}");
    }
}

/// Decodes the body of a resource in a file of JSON syntax.
fn decode_json(body: &str) -> (Value, Vec<String>) {
    let text = format!(r#"{{"resource": {{"t": {{"n": {body}}}}}}}"#);
    let (file, problems) = crate::parse::parse_json_file("t.tf.json", text.as_bytes());
    assert!(!problems.has_errors(), "{problems:?}");
    let block = &file.blocks[0];
    let (value, problems) = decode_body(&block.body, &schema(), &table(), &block.range);
    (value, problems.iter().map(|problem| format!("{}: {}", problem.summary, problem.detail)).collect())
}

#[test]
fn a_dynamic_block_over_something_unknown_is_unknown() {
    let (value, problems) = decode(
        "name = \"n\"\ndynamic \"rule\" {\n for_each = var.unknown_list\n content {\n port = rule.value\n }\n}",
    );
    assert!(problems.is_empty(), "{problems:?}");
    assert!(value.get("rule").unwrap().is_unknown());
    assert_eq!(value.ty(), schema().implied_type());
}

/// Nesting up to the parser's limit fits a thread's usual stack.
#[test]
fn deep_nesting_does_not_overflow_the_stack() {
    let nested = |open: &str, inner: &str, close: &str, depth: usize| {
        format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
    };
    let texts = vec![
        nested("[", "1", "]", 400),
        nested("(", "1", ")", 400),
        nested("{ a = ", "1", " }", 400),
        nested("abs(", "1", ")", 400),
        nested("-(", "1", ")", 200),
        nested("true ? 1 : (", "1", ")", 200),
        nested("[for x in [1] : ", "x", "]", 200),
        nested("1 + (", "1", ")", 200),
        nested("try(", "1", ")", 150),
        nested("\"${\"a${", "1", "}\"}\"", 100),
        format!("1{}", " + 1".repeat(2000)),
    ];
    let run = move || {
        for text in texts {
            let (expr, problems) = parse_expression("t.tf", &text);
            if let Some(expr) = expr {
                let (_, problems) = evaluate(&expr, &table());
                assert!(!problems.has_errors(), "{problems:?}");
            } else {
                assert!(problems.has_errors());
            }
        }
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
}

/// Source text of random expressions over what [`table`] has.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("var.s".to_owned()),
        Just("var.secret".to_owned()),
        Just("var.unknown".to_owned()),
        Just("var.unknown_list".to_owned()),
        Just("var.list".to_owned()),
        Just("var.map".to_owned()),
        Just("aws_vpc.counted".to_owned()),
        Just("module.each".to_owned()),
        (-5_i64..400).prop_map(|number| number.to_string()),
        "[ -~]{0,6}".prop_map(|text| format!("{:?}", text.replace(['$', '%', '\'', '\\'], ""))),
    ];
    let functions: Vec<&'static str> = crate::functions::names().collect();
    leaf.prop_recursive(4, 40, 4, move |inner| {
        let many = prop::collection::vec(inner.clone(), 0..4);
        let operator = prop::sample::select(vec!["+", "-", "*", "/", "%", "==", "!=", "<", ">=", "&&", "||"]);
        prop_oneof![
            (inner.clone(), operator, inner.clone()).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a})[{b}]")),
            inner.clone().prop_map(|a| format!("({a})[*].id")),
            inner.clone().prop_map(|a| format!("({a})[*]")),
            inner.clone().prop_map(|a| format!("\"x${{{a}}}\"")),
            inner.clone().prop_map(|a| format!("!({a})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("[for k, v in {a} : [k, v, {b}]]")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("{{for k, v in {a} : k => {b}...}}")),
            many.clone().prop_map(|all| format!("[{}]", all.join(", "))),
            many.clone().prop_map(|all| {
                let items: Vec<String> =
                    all.iter().enumerate().map(|(i, value)| format!("k{i} = {value}")).collect();
                format!("{{ {} }}", items.join(", "))
            }),
            (prop::sample::select(functions.clone()), many)
                .prop_map(|(name, all)| format!("{name}({})", all.join(", "))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    /// Evaluation never panics, gives the same answer twice, and an error always leaves an unknown.
    #[test]
    fn evaluation_is_total(text in expression()) {
        let (expr, _) = parse_expression("t.tf", &text);
        if let Some(expr) = expr {
            let table = table();
            let (value, problems) = evaluate(&expr, &table);
            prop_assert_eq!(evaluate(&expr, &table), (value.clone(), problems.clone()));
            prop_assert!(!problems.has_errors() || value.is_unknown());
            for problem in problems.iter() {
                prop_assert!(!problem.detail.contains("hunter2"), "{}", problem.detail);
            }
        }
    }
}
