//! Access policies in JSON: when two documents mean the same.
//!
//! Services that take a policy give back another text: members in another order, a list of one as
//! a text, an account as the ARN of its root. Such a document is no change. What a policy allows
//! is not looked into: two that differ in their statements differ, whatever they grant.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

/// A statement as the texts at each of its places.
type Statement = BTreeMap<Vec<String>, BTreeSet<String>>;

/// Whether two documents mean the same. What is not JSON is the same only as text.
pub fn equivalent(a: &str, b: &str) -> bool {
    a == b || matches!((document(a), document(b)), (Some(a), Some(b)) if a == b)
}

/// What to remember of a document that was read: the known text where it means the same.
pub fn settled(known: Option<&str>, observed: &str) -> String {
    match known {
        Some(known) if equivalent(known, observed) => known.to_owned(),
        _ => compact(observed),
    }
}

fn compact(text: &str) -> String {
    let parsed: Option<Json> = serde_json::from_str(text).ok();
    parsed.map_or_else(|| text.to_owned(), |json| json.to_string())
}

#[derive(PartialEq)]
struct Document {
    rest: Statement,
    count: usize,
    statements: BTreeSet<Statement>,
}

fn document(text: &str) -> Option<Document> {
    let mut members = members(text)?;
    let statements = match members.remove("Statement") {
        Some(Json::Array(statements)) => statements,
        Some(Json::Null) | None => Vec::new(),
        Some(statement) => vec![statement],
    };
    Some(Document {
        rest: members.iter().filter_map(|(name, value)| place(vec![name.clone()], texts(value))).collect(),
        count: statements.len(),
        statements: statements.iter().map(statement).collect(),
    })
}

/// The members of the document; some services put it into a list.
fn members(text: &str) -> Option<Map<String, Json>> {
    if text.trim().is_empty() {
        return Some(Map::new());
    }
    match serde_json::from_str(text).ok()? {
        Json::Object(members) => Some(members),
        Json::Array(list) => match list.into_iter().next() {
            Some(Json::Object(members)) => Some(members),
            _ => None,
        },
        _ => None,
    }
}

fn statement(json: &Json) -> Statement {
    let Json::Object(members) = json else { return place(Vec::new(), texts(json)).into_iter().collect() };
    members.iter().flat_map(|(name, value)| member(name, value)).collect()
}

fn member(name: &str, value: &Json) -> Statement {
    let mut path = vec![name.to_owned()];
    match (name, value) {
        ("Effect", Json::String(effect)) => place(path, [effect.to_lowercase()].into()).into_iter().collect(),
        ("Principal" | "NotPrincipal", Json::Object(kinds)) => kinds
            .iter()
            .filter_map(|(kind, value)| {
                place(
                    vec![name.to_owned(), kind.clone()],
                    texts(value).iter().map(|id| account(id)).collect(),
                )
            })
            .collect(),
        ("Condition", Json::Object(tests)) => {
            tests.iter().flat_map(|(test, keys)| condition(test, keys)).collect()
        }
        _ => {
            path.push(String::new());
            place(path, texts(value)).into_iter().collect()
        }
    }
}

fn condition(test: &str, keys: &Json) -> Statement {
    let path = |key: &str| vec!["Condition".to_owned(), test.to_owned(), key.to_owned()];
    match keys {
        Json::Object(keys) => keys.iter().filter_map(|(key, value)| place(path(key), texts(value))).collect(),
        other => place(path(""), texts(other)).into_iter().collect(),
    }
}

/// What says nothing has no place.
fn place(path: Vec<String>, texts: BTreeSet<String>) -> Option<(Vec<String>, BTreeSet<String>)> {
    (!texts.is_empty()).then_some((path, texts))
}

fn texts(value: &Json) -> BTreeSet<String> {
    match value {
        Json::Null => BTreeSet::new(),
        Json::Array(values) => values.iter().map(text).collect(),
        value => [text(value)].into(),
    }
}

fn text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// An account stands for its root.
fn account(principal: &str) -> String {
    let parts: Vec<&str> = principal.split(':').collect();
    match parts[..] {
        ["arn", _, "iam", "", account, "root"] => account.to_owned(),
        _ => principal.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(a: &str, b: &str, expected: bool) {
        assert_eq!(equivalent(a, b), expected, "{a} and {b}");
        assert_eq!(equivalent(b, a), expected, "{b} and {a}");
    }

    #[track_caller]
    fn statements(a: &str, b: &str, expected: bool) {
        let policy = |statement: &str| format!(r#"{{"Version":"2012-10-17","Statement":{statement}}}"#);
        check(&policy(a), &policy(b), expected);
    }

    #[test]
    fn how_it_is_written_does_not_count() {
        check("", "{}", true);
        check(r#"{"Version":"1","Statement":[]}"#, r#"{ "Statement": [], "Version": "1" }"#, true);
        check(r#"[{"Version":"1"}]"#, r#"{"Version":"1"}"#, true);
        check(r#"{"Version":"1"}"#, r#"{"Version":"2"}"#, false);
        check(r#"{"Id":"a"}"#, r#"{}"#, false);
        check("no json", "no json", true);
        check("no json", "{}", false);
    }

    #[test]
    fn a_list_of_one_is_a_text_and_lists_have_no_order() {
        statements(r#"{"Action":"s3:*"}"#, r#"[{"Action":["s3:*"]}]"#, true);
        statements(r#"{"Action":["a","b"]}"#, r#"{"Action":["b","a"]}"#, true);
        statements(r#"{"Action":["a","b"]}"#, r#"{"Action":["a"]}"#, false);
        statements(r#"{"Action":"a"}"#, r#"{"NotAction":"a"}"#, false);
        statements(r#"{"Effect":"Allow"}"#, r#"{"Effect":"allow"}"#, true);
        statements(r#"{"Action":"a","Resource":[]}"#, r#"{"Action":"a"}"#, true);
    }

    #[test]
    fn statements_have_no_order_and_each_counts() {
        let (a, b) = (r#"{"Sid":"a","Action":"x"}"#, r#"{"Sid":"b","Action":"y"}"#);
        statements(&format!("[{a},{b}]"), &format!("[{b},{a}]"), true);
        statements(&format!("[{a},{a},{b}]"), &format!("[{a},{b}]"), false);
        statements(&format!("[{a}]"), &format!("[{b}]"), false);
    }

    #[test]
    fn an_account_is_its_root() {
        let root = r#"{"Principal":{"AWS":["arn:aws:iam::123456789012:root"]}}"#;
        statements(root, r#"{"Principal":{"AWS":"123456789012"}}"#, true);
        statements(root, r#"{"Principal":{"AWS":"210987654321"}}"#, false);
        statements(root, r#"{"Principal":{"AWS":"arn:aws:iam::123456789012:user/root"}}"#, false);
        statements(r#"{"Principal":"*"}"#, r#"{"Principal":{"AWS":"*"}}"#, false);
    }

    #[test]
    fn conditions_are_compared_by_test_and_key() {
        statements(
            r#"{"Condition":{"Bool":{"k":true},"NumericLessThan":{"n":[5]}}}"#,
            r#"{"Condition":{"NumericLessThan":{"n":"5"},"Bool":{"k":["true"]}}}"#,
            true,
        );
        statements(r#"{"Condition":{"A":{"k":"v"}}}"#, r#"{"Condition":{"B":{"k":"v"}}}"#, false);
        statements(r#"{"Condition":{"A":{"k":"v"}}}"#, r#"{"Condition":{"A":{"k":"w"}}}"#, false);
    }

    #[test]
    fn what_is_known_stays_where_it_means_the_same() {
        let known = r#"{ "Version": "1" }"#;
        assert_eq!(settled(Some(known), r#"{"Version":"1"}"#), known);
        assert_eq!(settled(Some(known), r#"{ "Version": "2" }"#), r#"{"Version":"2"}"#);
        assert_eq!(settled(None, "text"), "text");
    }
}
