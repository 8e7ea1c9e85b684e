//! Grants of access lists, as buckets, their logs and objects have them; and what the canned access
//! lists stand for.

use aws_sdk_s3::types::{Grant, Grantee, Permission, Type as GranteeType};
use evenkeel_model::Value;
use serde_json::{Value as Json, json};

use crate::errors::Failure;
use crate::setting::incomplete;
use crate::shape;

const ALL_USERS: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
const AUTHENTICATED_USERS: &str = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
const LOG_DELIVERY: &str = "http://acs.amazonaws.com/groups/s3/LogDelivery";

/// The canned lists that can be told from their grants: what they grant besides the owner's control.
const CANNED: [(&str, &[(&str, &str)]); 5] = [
    ("private", &[]),
    ("public-read", &[(ALL_USERS, "READ")]),
    ("public-read-write", &[(ALL_USERS, "READ"), (ALL_USERS, "WRITE")]),
    ("authenticated-read", &[(AUTHENTICATED_USERS, "READ")]),
    ("log-delivery-write", &[(LOG_DELIVERY, "READ_ACP"), (LOG_DELIVERY, "WRITE")]),
];

/// A grantee of configuration.
pub fn grantee(grantee: &Value) -> Result<Grantee, Failure> {
    Grantee::builder()
        .r#type(GranteeType::from(shape::text_or_empty(grantee, "type").as_str()))
        .set_id(shape::text(grantee, "id"))
        .set_uri(shape::text(grantee, "uri"))
        .set_email_address(shape::text(grantee, "email_address"))
        .build()
        .map_err(incomplete)
}

/// A grantee as it is seen.
pub fn seen_grantee(grantee: &Grantee) -> Json {
    json!({
        "display_name": grantee.display_name.as_deref().unwrap_or_default(),
        "email_address": grantee.email_address,
        "id": grantee.id,
        "type": grantee.r#type.as_str(),
        "uri": grantee.uri,
    })
}

/// The canned list that these grants are, if it is one that can be told.
pub fn canned(owner: &str, grants: &[Grant]) -> Option<&'static str> {
    let mut others: Vec<(&str, &str)> = Vec::new();
    let mut owns = false;
    for grant in grants {
        let permission = grant.permission.as_ref().map_or("", Permission::as_str);
        let grantee = grant.grantee.as_ref()?;
        match (grantee.id.as_deref(), grantee.uri.as_deref()) {
            (Some(id), _) if id == owner && permission == "FULL_CONTROL" => owns = true,
            (_, Some(group)) => others.push((group, permission)),
            _ => return None,
        }
    }
    others.sort_unstable();
    let known = CANNED.iter().find(|(_, grants)| owns && **grants == others[..]);
    known.map(|(name, _)| *name)
}

/// Whether this canned list could be told from its grants.
pub fn can_be_told(name: &str) -> bool {
    CANNED.iter().any(|(canned, _)| *canned == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(grantee: aws_sdk_s3::types::builders::GranteeBuilder, permission: &str) -> Grant {
        let grantee = grantee.r#type(GranteeType::Group).build().unwrap();
        Grant::builder().grantee(grantee).permission(Permission::from(permission)).build()
    }

    #[test]
    fn canned_lists_are_told_from_their_grants() {
        let owner = || grant(Grantee::builder().id("me"), "FULL_CONTROL");
        let public = |permission| grant(Grantee::builder().uri(ALL_USERS), permission);
        let other = || grant(Grantee::builder().id("other"), "READ");
        for (grants, expected) in [
            (vec![owner()], Some("private")),
            (vec![owner(), public("READ")], Some("public-read")),
            (vec![public("WRITE"), owner(), public("READ")], Some("public-read-write")),
            (vec![public("READ")], None),
            (vec![owner(), other()], None),
        ] {
            assert_eq!(canned("me", &grants), expected);
        }
    }
}
