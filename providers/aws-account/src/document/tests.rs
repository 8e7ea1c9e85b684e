use evenkeel_model::{Type, Value};

use super::*;

fn set(texts: &[&str]) -> Value {
    Value::set(Type::String, texts.iter().map(Value::string))
}

fn text(text: Option<&str>) -> Value {
    text.map_or_else(|| Value::null(Type::String), Value::string)
}

fn list(blocks: Vec<Value>) -> Value {
    let ty = blocks.first().map_or(Type::Dynamic, Value::ty);
    Value::list(ty, blocks)
}

fn principal(kind: &str, identifiers: &[&str]) -> Value {
    Value::object([("type", Value::string(kind)), ("identifiers", set(identifiers))])
}

fn condition(test: &str, variable: &str, values: &[&str]) -> Value {
    let values = Value::list(Type::String, values.iter().map(Value::string));
    Value::object([("test", Value::string(test)), ("variable", Value::string(variable)), ("values", values)])
}

struct Block {
    sid: Option<&'static str>,
    actions: &'static [&'static str],
    resources: &'static [&'static str],
    principals: Vec<Value>,
    conditions: Vec<Value>,
}

fn block(sid: Option<&'static str>, actions: &'static [&'static str]) -> Block {
    Block { sid, actions, resources: &["*"], principals: Vec::new(), conditions: Vec::new() }
}

impl Block {
    fn value(self) -> Value {
        Value::object([
            ("sid", text(self.sid)),
            ("effect", text(None)),
            ("actions", set(self.actions)),
            ("resources", set(self.resources)),
            ("principals", list(self.principals)),
            ("condition", list(self.conditions)),
        ])
    }
}

fn config(statements: Vec<Block>, sources: &[&str], overrides: &[&str]) -> Value {
    let texts = |texts: &[&str]| Value::list(Type::String, texts.iter().map(Value::string));
    Value::object([
        ("version", text(None)),
        ("policy_id", text(None)),
        ("statement", list(statements.into_iter().map(Block::value).collect())),
        ("source_policy_documents", texts(sources)),
        ("override_policy_documents", texts(overrides)),
    ])
}

#[track_caller]
fn check(config: &Value, expected: &str) {
    let found = Document::of_config(config).map_or_else(|wrong| wrong.to_string(), |found| found.compact());
    assert_eq!(found, expected);
}

#[test]
fn one_is_a_text_and_several_are_written_backwards() {
    check(
        &config(vec![block(Some("A"), &["s3:Get*", "s3:List*"])], &[], &[]),
        r#"{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Action":["s3:List*","s3:Get*"],"Resource":"*"}]}"#,
    );
    check(&config(vec![], &[], &[]), r#"{"Version":"2012-10-17"}"#);
}

#[test]
fn it_is_indented_by_two() {
    let document = Document::of_config(&config(vec![block(None, &["a"])], &[], &[])).unwrap();
    assert_eq!(
        document.pretty(),
        "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\n      \"Effect\": \"Allow\",\n      \
         \"Action\": \"a\",\n      \"Resource\": \"*\"\n    }\n  ]\n}"
    );
}

#[test]
fn principals_are_grouped_and_everybody_is_a_star() {
    let mut everybody = block(None, &["a"]);
    everybody.principals = vec![principal("*", &["*"])];
    check(
        &config(vec![everybody], &[], &[]),
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"a","Resource":"*","Principal":"*"}]}"#,
    );
    let mut some = block(None, &["a"]);
    some.principals = vec![principal("AWS", &["1", "2"]), principal("Service", &["ec2.amazonaws.com"])];
    check(
        &config(vec![some], &[], &[]),
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"a","Resource":"*","Principal":{"AWS":["2","1"],"Service":"ec2.amazonaws.com"}}]}"#,
    );
}

#[test]
fn conditions_are_grouped_variables_are_replaced_and_html_is_escaped() {
    let mut limited = block(None, &["a"]);
    limited.resources = &["arn:aws:s3:::b/&{aws:username}/*"];
    limited.conditions = vec![
        condition("StringLike", "s3:prefix", &["<home>", "&{aws:username}/"]),
        condition("StringEquals", "b", &["1"]),
        condition("StringEquals", "a", &["2"]),
    ];
    check(
        &config(vec![limited], &[], &[]),
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"a","Resource":"arn:aws:s3:::b/${aws:username}/*","Condition":{"StringEquals":{"a":"2","b":"1"},"StringLike":{"s3:prefix":["\u003chome\u003e","${aws:username}/"]}}}]}"#,
    );
}

#[test]
fn documents_are_merged_by_sid() {
    let source = r#"{"Id":"i","Statement":[{"Sid":"A","Effect":"Deny","Action":["x"]},{"Effect":"Deny","Action":"y"}]}"#;
    let over =
        r#"{"Statement":{"Sid":"B","Effect":"Deny","Principal":{"AWS":["a","b"]},"Action":["q","r"]}}"#;
    check(
        &config(vec![block(Some("A"), &["z"]), block(Some("B"), &["w"])], &[source], &[over]),
        r#"{"Version":"2012-10-17","Id":"i","Statement":[{"Sid":"A","Effect":"Allow","Action":"z","Resource":"*"},{"Effect":"Deny","Action":"y"},{"Sid":"B","Effect":"Deny","Action":["q","r"],"Principal":{"AWS":["b","a"]}}]}"#,
    );
}

#[test]
fn what_is_wrong_is_told() {
    check(
        &config(vec![block(Some("A"), &["a"]), block(Some("A"), &["b"])], &[], &[]),
        "duplicate Sid (A). Remove the Sid or ensure the Sid is unique",
    );
    let source = r#"{"Statement":[{"Sid":"A"}]}"#;
    check(
        &config(vec![], &[source, source], &[]),
        "merging source document 1: duplicate Sid (A) in source_policy_documents (statement 0). Remove the Sid or ensure \
         Sids are unique",
    );
    check(&config(vec![], &[], &["[]"]), "merging override document 0: it is not a JSON object");
}
