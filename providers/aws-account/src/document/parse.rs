//! Reading a policy document that is given as JSON.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::{Document, Statement, Texts};

/// The document in a text.
pub fn document(text: &str) -> Result<Document, String> {
    let json: Json = serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
    let Json::Object(members) = json else { return Err("it is not a JSON object".into()) };
    let statements = match member(&members, "Statement") {
        None | Some(Json::Null) => Vec::new(),
        Some(Json::Array(statements)) => statements.iter().map(statement).collect::<Result<_, _>>()?,
        Some(one) => vec![statement(one)?],
    };
    Ok(Document { version: string(&members, "Version")?, id: string(&members, "Id")?, statements })
}

/// A member by its name; upper and lower case mean the same, as with the public provider's parser.
fn member<'a>(members: &'a Map<String, Json>, name: &str) -> Option<&'a Json> {
    members
        .get(name)
        .or_else(|| members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

fn string(members: &Map<String, Json>, name: &str) -> Result<String, String> {
    match member(members, name) {
        None | Some(Json::Null) => Ok(String::new()),
        Some(Json::String(text)) => Ok(text.clone()),
        Some(_) => Err(format!("{name} is not a text")),
    }
}

fn statement(json: &Json) -> Result<Statement, String> {
    let Json::Object(members) = json else { return Err("a statement is not a JSON object".into()) };
    let list = |name: &str| member(members, name).map(|json| texts(name, json)).transpose();
    Ok(Statement {
        sid: string(members, "Sid")?,
        effect: string(members, "Effect")?,
        lists: [
            list("Action")?.flatten(),
            list("NotAction")?.flatten(),
            list("Resource")?.flatten(),
            list("NotResource")?.flatten(),
        ],
        principals: [principals(members, "Principal")?, principals(members, "NotPrincipal")?],
        conditions: conditions(members)?,
    })
}

fn texts(name: &str, json: &Json) -> Result<Option<Texts>, String> {
    match json {
        Json::Null => Ok(None),
        Json::Array(values) => {
            let texts: Vec<String> =
                values.iter().map(|value| text(name, value)).collect::<Result<_, _>>()?;
            Ok(Some(Texts::Many(texts)))
        }
        value => text(name, value).map(|text| Some(Texts::One(text))),
    }
}

fn text(name: &str, json: &Json) -> Result<String, String> {
    match json {
        Json::String(text) => Ok(text.clone()),
        Json::Bool(_) | Json::Number(_) => Ok(json.to_string()),
        _ => Err(format!("{name} has something that is no text")),
    }
}

fn principals(members: &Map<String, Json>, name: &str) -> Result<Vec<(String, Texts)>, String> {
    match member(members, name) {
        None | Some(Json::Null) => Ok(Vec::new()),
        Some(Json::String(_)) => Ok(vec![("*".into(), Texts::Many(vec!["*".into()]))]),
        Some(Json::Object(kinds)) => {
            let one = |(kind, json): (&String, &Json)| match texts(name, json) {
                Ok(Some(texts)) => Some(Ok((kind.clone(), texts))),
                Ok(None) => None,
                Err(why) => Some(Err(why)),
            };
            kinds.iter().filter_map(one).collect()
        }
        Some(_) => Err(format!("{name} is neither a text nor an object")),
    }
}

type Conditions = BTreeMap<String, BTreeMap<String, Vec<String>>>;

fn conditions(members: &Map<String, Json>) -> Result<Conditions, String> {
    let mut found = Conditions::new();
    let tests = match member(members, "Condition") {
        None | Some(Json::Null) => return Ok(found),
        Some(Json::Object(tests)) => tests,
        Some(_) => return Err("Condition is not an object".into()),
    };
    for (test, keys) in tests {
        let Json::Object(keys) = keys else { return Err(format!("the condition {test} is not an object")) };
        for (key, json) in keys {
            let values = match texts(key, json)? {
                None => Vec::new(),
                Some(Texts::One(text)) => vec![text],
                Some(Texts::Many(texts)) => texts,
            };
            found.entry(test.clone()).or_default().insert(key.clone(), values);
        }
    }
    Ok(found)
}
