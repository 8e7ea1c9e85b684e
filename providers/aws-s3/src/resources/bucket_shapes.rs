//! The settings inside a bucket in their own shapes, and in those of the settings' resource types.

use serde_json::{Map, Value as Json, json};

/// An object with one member.
pub fn wrap(name: &str, value: &Json) -> Json {
    Json::Object(Map::from_iter([(name.to_owned(), value.clone())]))
}

/// The member of an object.
pub fn unwrap(name: &str, object: &Json) -> Json {
    object.get(name).cloned().unwrap_or_default()
}

/// The only block of a list, as the object that it is.
pub fn first(blocks: &Json) -> Json {
    blocks.get(0).cloned().unwrap_or_default()
}

/// An object as the only block of a list, with the members that the block has in a bucket.
pub fn only(object: &Json) -> Json {
    let mut rules = object.clone();
    for rule in rules.get_mut("rule").and_then(Json::as_array_mut).into_iter().flatten() {
        if let Some(rule) = rule.as_object_mut() {
            rule.remove("blocked_encryption_types");
        }
    }
    json!([rules])
}

fn member(object: &Json, names: &[&str]) -> Json {
    let members = names.iter().map(|name| ((*name).to_owned(), unwrap(name, object)));
    Json::Object(members.collect())
}

/// `versioning` of a bucket.
pub fn to_versioning(blocks: &Json) -> Json {
    let block = first(blocks);
    let is_set = |name: &str| block.get(name).and_then(Json::as_bool).unwrap_or_default();
    json!({ "versioning_configuration": [{
        "status": if is_set("enabled") { "Enabled" } else { "Suspended" },
        "mfa_delete": if is_set("mfa_delete") { "Enabled" } else { "Disabled" },
    }] })
}

/// `versioning` from the setting.
pub fn from_versioning(seen: &Json) -> Json {
    let block = &seen["versioning_configuration"][0];
    json!([{ "enabled": block["status"] == "Enabled", "mfa_delete": block["mfa_delete"] == "Enabled" }])
}

/// `logging` from the setting.
pub fn from_logging(seen: &Json) -> Json {
    json!([member(seen, &["target_bucket", "target_prefix"])])
}

/// `cors_rule` from the setting.
pub fn from_cors(seen: &Json) -> Json {
    let names =
        ["allowed_headers", "allowed_methods", "allowed_origins", "expose_headers", "max_age_seconds"];
    each(&seen["cors_rule"], |rule| member(rule, &names))
}

/// `website` of a bucket: the redirection is one text there.
pub fn to_website(blocks: &Json) -> Json {
    let block = first(blocks);
    let text = |name: &str| block.get(name).and_then(Json::as_str).filter(|text| !text.is_empty());
    let one = |part: Option<Json>| Json::Array(part.into_iter().collect());
    json!({
        "error_document": one(text("error_document").map(|key| json!({ "key": key }))),
        "index_document": one(text("index_document").map(|suffix| json!({ "suffix": suffix }))),
        "redirect_all_requests_to": one(text("redirect_all_requests_to").map(redirection)),
        "routing_rules": text("routing_rules"),
    })
}

fn redirection(text: &str) -> Json {
    match text.split_once("://") {
        Some((protocol, host)) => json!({ "host_name": host, "protocol": protocol }),
        None => json!({ "host_name": text }),
    }
}

/// `website` from the setting.
pub fn from_website(seen: &Json) -> Json {
    let to = &seen["redirect_all_requests_to"][0];
    let to = to["host_name"].as_str().map(|host| match to["protocol"].as_str() {
        Some(protocol) => format!("{protocol}://{host}"),
        None => host.to_owned(),
    });
    json!([{
        "error_document": seen["error_document"][0]["key"],
        "index_document": seen["index_document"][0]["suffix"],
        "redirect_all_requests_to": to,
        "routing_rules": seen["routing_rules"],
    }])
}

/// `lifecycle_rule` of a bucket.
pub fn to_lifecycle(blocks: &Json) -> Json {
    json!({ "rule": each(blocks, to_rule) })
}

fn to_rule(rule: &Json) -> Json {
    let later = |parts: &Json| {
        each(parts, |part| json!({ "noncurrent_days": part["days"], "storage_class": part["storage_class"] }))
    };
    let abort = &rule["abort_incomplete_multipart_upload_days"];
    json!({
        "id": rule["id"],
        "status": if rule["enabled"] == true { "Enabled" } else { "Disabled" },
        "filter": [to_filter(rule)],
        "abort_incomplete_multipart_upload": if abort.as_i64().unwrap_or_default() > 0 {
            json!([{ "days_after_initiation": abort }])
        } else {
            json!([])
        },
        "expiration": rule["expiration"],
        "transition": rule["transition"],
        "noncurrent_version_expiration":
            each(&rule["noncurrent_version_expiration"], |part| json!({ "noncurrent_days": part["days"] })),
        "noncurrent_version_transition": later(&rule["noncurrent_version_transition"]),
    })
}

fn to_filter(rule: &Json) -> Json {
    match rule["tags"].as_object().is_some_and(|tags| !tags.is_empty()) {
        true => json!({ "and": [{ "prefix": rule["prefix"], "tags": rule["tags"] }] }),
        false => json!({ "prefix": rule["prefix"].as_str().unwrap_or_default() }),
    }
}

/// `lifecycle_rule` from the setting.
pub fn from_lifecycle(seen: &Json) -> Json {
    each(&seen["rule"], from_rule)
}

fn from_rule(rule: &Json) -> Json {
    let filter = &rule["filter"][0];
    let and = &filter["and"][0];
    let prefix = [&and["prefix"], &filter["prefix"], &rule["prefix"]];
    let prefix = prefix.into_iter().find_map(|prefix| prefix.as_str().filter(|prefix| !prefix.is_empty()));
    let tag = filter["tag"][0]["key"].as_str().map(|key| wrap(key, &filter["tag"][0]["value"]));
    json!({
        "id": rule["id"],
        "enabled": rule["status"] == "Enabled",
        "prefix": prefix,
        "tags": tag.unwrap_or_else(|| unwrap("tags", and)),
        "abort_incomplete_multipart_upload_days":
            rule["abort_incomplete_multipart_upload"][0]["days_after_initiation"],
        "expiration": rule["expiration"],
        "transition": rule["transition"],
        "noncurrent_version_expiration":
            each(&rule["noncurrent_version_expiration"], |part| json!({ "days": part["noncurrent_days"] })),
        "noncurrent_version_transition": each(&rule["noncurrent_version_transition"], |part| {
            json!({ "days": part["noncurrent_days"], "storage_class": part["storage_class"] })
        }),
    })
}

fn each(parts: &Json, shape: impl Fn(&Json) -> Json) -> Json {
    Json::Array(parts.as_array().into_iter().flatten().map(shape).collect())
}
