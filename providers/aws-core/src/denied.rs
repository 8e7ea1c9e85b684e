//! What a refused call lacks: which action, on what, and the policy statement that would grant it.
//!
//! EC2 tells that in a message that only `sts:DecodeAuthorizationMessage` can read, which not everybody may call;
//! most other services tell it in a sentence. Where neither says it, the error stays as it is.

use evenkeel_provider::{ErrorKind, Missing, ProviderError};
use serde_json::{Value as Json, json};

use crate::context::Context;

/// What EC2 puts before a message that has to be decoded.
const ENCODED: &str = "Encoded authorization failure message:";

/// What was refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Refusal {
    principal: Option<String>,
    action: String,
    resource: Option<String>,
    /// The statements that forbid it; without one, nothing allows it.
    denied_by: Vec<String>,
    explicit: bool,
}

/// The same error, with what the identity lacks, where that can be found out.
pub async fn explained(context: &Context, error: ProviderError) -> ProviderError {
    if error.kind != ErrorKind::Denied {
        return error;
    }
    if let Some((before, encoded, after)) = encoded_in(&error.detail) {
        let decoded = context.decode_authorization_message(encoded).await;
        let refusal = decoded.as_deref().and_then(refusal_of);
        let detail = match &refusal {
            Some(refusal) => format!("{before}{}{after}", sentence(refusal)),
            None => format!(
                "{before}What is missing is in a message that is encoded; with sts:DecodeAuthorizationMessage it would be \
                 told here{after}"
            ),
        };
        let error = ProviderError { detail, ..error };
        return match refusal {
            Some(refusal) => error.with_remedy(remedy(&refusal)),
            None => error,
        };
    }
    match told_in(&error.detail) {
        Some(refusal) => error.with_remedy(remedy(&refusal)),
        None => error,
    }
}

/// What a refused call lacks, as far as that can be found out.
pub async fn missing(context: &Context, error: &ProviderError) -> Missing {
    let refusal = match encoded_in(&error.detail) {
        Some((_, encoded, _)) => {
            context.decode_authorization_message(encoded).await.as_deref().and_then(refusal_of)
        }
        None => told_in(&error.detail),
    };
    let Some(refusal) = refusal else {
        let why = "which action it is would be told with sts:DecodeAuthorizationMessage".to_owned();
        return Missing { why, ..Missing::default() };
    };
    Missing {
        why: why(&refusal),
        statement: (!refusal.explicit).then(|| statement(&refusal)),
        action: Some(refusal.action),
        resource: refusal.resource,
    }
}

/// The part before an encoded message, the message, and what follows it.
fn encoded_in(detail: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = detail.split_once(ENCODED)?;
    let rest = rest.trim_start();
    let end = rest.find(|c: char| c.is_whitespace() || c == '.').unwrap_or(rest.len());
    let (encoded, after) = rest.split_at(end);
    (!encoded.is_empty()).then_some((before, encoded, after))
}

/// What a decoded message says.
fn refusal_of(decoded: &str) -> Option<Refusal> {
    let document: Json = serde_json::from_str(decoded).ok()?;
    let context = document.get("context")?;
    let text = |value: Option<&Json>| value.and_then(Json::as_str).map(str::to_owned);
    let statements = document.pointer("/matchedStatements/items").and_then(Json::as_array);
    let named = statements.into_iter().flatten().filter_map(|statement| text(statement.get("statementId")));
    Some(Refusal {
        principal: text(context.pointer("/principal/arn")),
        action: text(context.get("action"))?,
        resource: text(context.get("resource")),
        denied_by: named.filter(|name| !name.is_empty()).collect(),
        explicit: document.get("explicitDeny").and_then(Json::as_bool).unwrap_or_default(),
    })
}

/// What a sentence says: "User: ARN is not authorized to perform: ACTION on resource: ARN because ...".
fn told_in(detail: &str) -> Option<Refusal> {
    let word_after = |mark: &str| {
        let rest = detail.split_once(mark)?.1.trim_start();
        let word = rest.split_whitespace().next()?.trim_end_matches(['.', ',']).trim_matches('"');
        (!word.is_empty()).then(|| word.to_owned())
    };
    Some(Refusal {
        principal: word_after("User:"),
        action: word_after("not authorized to perform:").filter(|action| action.contains(':'))?,
        resource: word_after("on resource:"),
        denied_by: Vec::new(),
        explicit: detail.contains("explicit deny"),
    })
}

fn sentence(refusal: &Refusal) -> String {
    let who = refusal.principal.as_deref().unwrap_or("The identity that the provider uses");
    let on =
        refusal.resource.as_deref().filter(|on| *on != "*").map(|on| format!(" on {on}")).unwrap_or_default();
    format!("{who} may not call {}{on}: {}", refusal.action, why(refusal))
}

fn why(refusal: &Refusal) -> String {
    match (refusal.explicit, refusal.denied_by.join(", ")) {
        (false, _) => "no policy allows it".to_owned(),
        (true, names) if names.is_empty() => "a policy denies it".to_owned(),
        (true, names) => format!("it is denied by the statement {names}"),
    }
}

fn remedy(refusal: &Refusal) -> String {
    if refusal.explicit {
        return format!(
            "Take {} out of the policy that denies it: no other one can allow it.",
            refusal.action
        );
    }
    format!("A policy with this statement grants it: {}.", statement(refusal))
}

fn statement(refusal: &Refusal) -> String {
    let resource = refusal.resource.as_deref().unwrap_or("*");
    json!({ "Effect": "Allow", "Action": refusal.action, "Resource": resource }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOLD: &str = "AccessDenied: User: arn:aws:iam::1:user/ci is not authorized to perform: iam:CreateRole on resource: \
                        arn:aws:iam::1:role/web because no identity-based policy allows the iam:CreateRole action.";

    fn decoded(explicit: bool) -> String {
        json!({
            "allowed": false,
            "explicitDeny": explicit,
            "matchedStatements": { "items": if explicit { vec![json!({ "statementId": "NoMachines" })] } else { vec![] } },
            "context": {
                "principal": { "id": "AIDA", "arn": "arn:aws:iam::1:user/ci" },
                "action": "ec2:RunInstances",
                "resource": "arn:aws:ec2:us-east-1:1:instance/*",
            },
        })
        .to_string()
    }

    #[test]
    fn a_sentence_says_what_is_missing() {
        let refusal = told_in(TOLD).expect("it says so");
        assert_eq!(
            remedy(&refusal),
            "A policy with this statement grants it: {\"Action\":\"iam:CreateRole\",\"Effect\":\"Allow\",\"Resource\":\"arn:aws:iam::1:role/web\"}."
        );
        assert_eq!(told_in("AccessDenied: Access Denied"), None);
    }

    #[test]
    fn an_encoded_message_is_cut_out() {
        let detail = "UnauthorizedOperation: You are not authorized. Encoded authorization failure message: abc-DE_f (request id 1).";
        assert_eq!(
            encoded_in(detail),
            Some(("UnauthorizedOperation: You are not authorized. ", "abc-DE_f", " (request id 1)."))
        );
        assert_eq!(encoded_in("UnauthorizedOperation: no"), None);
        assert_eq!(encoded_in("Encoded authorization failure message: "), None);
    }

    #[test]
    fn a_decoded_message_says_who_may_not_do_what() {
        let refusal = refusal_of(&decoded(false)).expect("it can be read");
        assert_eq!(
            sentence(&refusal),
            "arn:aws:iam::1:user/ci may not call ec2:RunInstances on arn:aws:ec2:us-east-1:1:instance/*: no policy allows it"
        );
        let refusal = refusal_of(&decoded(true)).expect("it can be read");
        assert!(sentence(&refusal).ends_with("it is denied by the statement NoMachines"));
        assert!(remedy(&refusal).starts_with("Take ec2:RunInstances out of the policy"));
        assert_eq!(refusal_of("no JSON"), None);
    }
}
