//! `aws_s3_bucket_website_configuration`: a bucket as a web site.
//!
//! The rules of redirection can be written as blocks or as the JSON that AWS's own tools take; each
//! is computed from the other.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    Condition, ErrorDocument, IndexDocument, Protocol, Redirect, RedirectAllRequestsTo, RoutingRule,
    WebsiteConfiguration,
};
use evenkeel_model::Value;
use evenkeel_model::schema::NestedBlock;
use evenkeel_model::{Diagnostic, Diagnostics, Type};
use evenkeel_provider::{PlanRequest, PlannedChange, diff};
use serde_json::{Map, Value as Json, json};

use crate::errors::{Class, Failure};
use crate::place::Place;
use crate::setting::{Setting, fail, incomplete};
use crate::website::endpoint;
use crate::{registry, shape};

/// The setting.
pub struct Website;

/// The parts of a condition and of a redirection: as an argument, and as AWS's JSON has them.
const CONDITION: [(&str, &str); 2] = [
    ("http_error_code_returned_equals", "HttpErrorCodeReturnedEquals"),
    ("key_prefix_equals", "KeyPrefixEquals"),
];
const REDIRECT: [(&str, &str); 5] = [
    ("host_name", "HostName"),
    ("http_redirect_code", "HttpRedirectCode"),
    ("protocol", "Protocol"),
    ("replace_key_prefix_with", "ReplaceKeyPrefixWith"),
    ("replace_key_with", "ReplaceKeyWith"),
];

impl Setting for Website {
    const KIND: &'static str = "aws_s3_bucket_website_configuration";
    const TITLE: &'static str = "S3 Bucket Website Configuration";

    fn validate(config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        let rules = config.get_str("routing_rules").filter(|rules| !rules.is_empty());
        if rules.is_some_and(|rules| from_text(rules).is_none()) {
            diagnostics.push(Diagnostic::error(
                "Invalid routing rules",
                "routing_rules must be a JSON list of rules, each with a Redirect and, if wanted, a Condition.",
            ));
        }
        diagnostics
    }

    /// Whichever of the two ways configuration does not use follows from the one that it does.
    fn plan(request: &PlanRequest<'_>, mut change: PlannedChange) -> PlannedChange {
        let Some(prior) = request.prior else { return change };
        let differs = |name: &str| match (prior.get(name), change.planned.get(name)) {
            (Some(before), Some(after)) => !diff::same(before, after),
            _ => false,
        };
        let text_changed = differs("routing_rules");
        let blocks_changed = differs("routing_rule");
        let blocks = registry::schema(Self::KIND).block.block_types.get("routing_rule");
        if text_changed && let Some(ty) = blocks.map(NestedBlock::implied_type) {
            change.planned = change.planned.with_attribute("routing_rule", Value::unknown(ty));
        } else if blocks_changed {
            change.planned = change.planned.with_attribute("routing_rules", Value::unknown(Type::String));
        }
        change
    }

    async fn put(
        s3: &Client,
        place: &Place,
        wanted: &Value,
        _: Option<&Value>,
        _: &str,
    ) -> Result<(), Failure> {
        let call = s3.put_bucket_website().bucket(&place.bucket).website_configuration(website(wanted)?);
        call.set_expected_bucket_owner(place.owner.clone()).send().await.map(drop).map_err(fail)
    }

    async fn get(s3: &Client, place: &Place, _: &Value) -> Result<Option<Json>, Failure> {
        let call = s3.get_bucket_website().bucket(&place.bucket);
        let answer = call.set_expected_bucket_owner(place.owner.clone()).send().await.map_err(fail)?;
        let rules: Vec<Json> = answer.routing_rules().iter().map(seen_rule).collect();
        let region = s3.config().region().map(|region| region.as_ref().to_owned()).unwrap_or_default();
        let (domain, endpoint) = endpoint(&place.bucket, &region);
        Ok(Some(json!({
            "error_document": shape::optional(answer.error_document(), |part| json!({ "key": part.key })),
            "index_document": shape::optional(answer.index_document(), |part| json!({ "suffix": part.suffix })),
            "redirect_all_requests_to": shape::optional(answer.redirect_all_requests_to(), |part| json!({
                "host_name": part.host_name,
                "protocol": part.protocol.as_ref().map(Protocol::as_str),
            })),
            "routing_rules": if rules.is_empty() { String::new() } else { to_text(&rules) },
            "routing_rule": rules,
            "website_domain": domain,
            "website_endpoint": endpoint,
        })))
    }

    async fn clear(s3: &Client, place: &Place, _: &Value) -> Result<(), Failure> {
        let call = s3.delete_bucket_website().bucket(&place.bucket);
        call.set_expected_bucket_owner(place.owner.clone()).send().await.map(drop).map_err(fail)
    }
}

fn website(wanted: &Value) -> Result<WebsiteConfiguration, Failure> {
    let error = shape::one(wanted, "error_document")
        .map(|part| ErrorDocument::builder().key(shape::text_or_empty(part, "key")).build());
    let index = shape::one(wanted, "index_document")
        .map(|part| IndexDocument::builder().suffix(shape::text_or_empty(part, "suffix")).build());
    let redirect = shape::one(wanted, "redirect_all_requests_to").map(|part| {
        RedirectAllRequestsTo::builder()
            .host_name(shape::text_or_empty(part, "host_name"))
            .set_protocol(shape::text(part, "protocol").as_deref().map(Protocol::from))
            .build()
    });
    Ok(WebsiteConfiguration::builder()
        .set_error_document(error.transpose().map_err(incomplete)?)
        .set_index_document(index.transpose().map_err(incomplete)?)
        .set_redirect_all_requests_to(redirect.transpose().map_err(incomplete)?)
        .set_routing_rules(rules(wanted)?)
        .build())
}

fn rules(wanted: &Value) -> Result<Option<Vec<RoutingRule>>, Failure> {
    let blocks = shape::many(wanted, "routing_rule");
    let text = shape::text(wanted, "routing_rules");
    let rules: Vec<RoutingRule> = match (blocks, text) {
        ([], Some(text)) => from_text(&text).ok_or_else(unreadable)?.iter().map(rule).collect(),
        (blocks, _) => blocks.iter().map(evenkeel_model::json::to_plain).map(|block| rule(&block)).collect(),
    };
    Ok((!rules.is_empty()).then_some(rules))
}

fn unreadable() -> Failure {
    Failure {
        class: Class::Service,
        code: "InvalidArgument".into(),
        message: "routing_rules is not a JSON list of rules".into(),
        request_id: None,
        status: None,
    }
}

/// A rule of the API from one with the names of arguments.
fn rule(rule: &Json) -> RoutingRule {
    let part = |name: &str| rule.get(name).and_then(|blocks| blocks.get(0));
    let text = |part: &Json, name: &str| {
        part.get(name).and_then(Json::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let condition = part("condition").map(|part| {
        Condition::builder()
            .set_http_error_code_returned_equals(text(part, "http_error_code_returned_equals"))
            .set_key_prefix_equals(text(part, "key_prefix_equals"))
            .build()
    });
    let redirect = part("redirect").map(|part| {
        Redirect::builder()
            .set_host_name(text(part, "host_name"))
            .set_http_redirect_code(text(part, "http_redirect_code"))
            .set_protocol(text(part, "protocol").as_deref().map(Protocol::from))
            .set_replace_key_prefix_with(text(part, "replace_key_prefix_with"))
            .set_replace_key_with(text(part, "replace_key_with"))
            .build()
    });
    RoutingRule::builder().set_condition(condition).set_redirect(redirect).build()
}

fn seen_rule(rule: &RoutingRule) -> Json {
    json!({
        "condition": shape::optional(rule.condition(), |part| json!({
            "http_error_code_returned_equals": part.http_error_code_returned_equals,
            "key_prefix_equals": part.key_prefix_equals,
        })),
        "redirect": shape::optional(rule.redirect(), |part| json!({
            "host_name": part.host_name,
            "http_redirect_code": part.http_redirect_code,
            "protocol": part.protocol.as_ref().map(Protocol::as_str),
            "replace_key_prefix_with": part.replace_key_prefix_with,
            "replace_key_with": part.replace_key_with,
        })),
    })
}

/// Rules with the names of arguments, from AWS's JSON.
fn from_text(text: &str) -> Option<Vec<Json>> {
    let rules: Vec<Json> = serde_json::from_str(text).ok()?;
    rules.iter().map(renamed).collect()
}

fn renamed(rule: &Json) -> Option<Json> {
    rule.get("Redirect")?.as_object()?;
    let part = |name: &str, parts: &[(&str, &str)]| {
        let part = rule.get(name)?;
        let entries = parts.iter().map(|(argument, theirs)| {
            let text =
                part.get(theirs).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            ((*argument).to_owned(), json!(text))
        });
        Some(Json::Object(entries.collect()))
    };
    Some(json!({
        "condition": shape::optional(part("Condition", &CONDITION), |part| part),
        "redirect": shape::optional(part("Redirect", &REDIRECT), |part| part),
    }))
}

/// AWS's JSON of rules with the names of arguments.
fn to_text(rules: &[Json]) -> String {
    let part = |rule: &Json, name: &str, parts: &[(&str, &str)]| -> Option<Json> {
        let part = rule.get(name)?.get(0)?.clone();
        let entries = parts.iter().filter_map(|(argument, theirs)| {
            let value = part.get(argument).filter(|value| !value.is_null())?;
            Some(((*theirs).to_owned(), value.clone()))
        });
        Some(Json::Object(entries.collect()))
    };
    let rules = rules.iter().map(|rule| {
        let parts = [
            ("Condition", part(rule, "condition", &CONDITION)),
            ("Redirect", part(rule, "redirect", &REDIRECT)),
        ];
        let parts = parts.into_iter().filter_map(|(name, part)| Some((name.to_owned(), part?)));
        Json::Object(parts.collect::<Map<String, Json>>())
    });
    Json::Array(rules.collect()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_as_json_and_as_blocks_are_the_same() {
        let text = concat!(
            "[{\"Condition\":{\"HttpErrorCodeReturnedEquals\":\"404\"},\"Redirect\":{\"ReplaceKeyWith\":\"e.html\"}},",
            "{\"Redirect\":{\"HostName\":\"h\"}}]"
        );
        let rules = from_text(text).unwrap();
        assert_eq!(to_text(&rules), text);
        let api: Vec<Json> = rules.iter().map(rule).map(|rule| seen_rule(&rule)).collect();
        assert_eq!(to_text(&api), text);
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for text in ["", "{}", "[{}]", "[1]"] {
            assert_eq!(from_text(text), None, "{text}");
        }
    }
}
