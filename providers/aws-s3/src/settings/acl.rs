//! `aws_s3_bucket_acl`: the access list of a bucket, canned or grant by grant. A bucket always has
//! one; the public provider leaves it as it is when the setting goes, and so does this one.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{AccessControlPolicy, BucketCannedAcl, Grant, Owner, Permission};
use evenkeel_model::schema::Schema;
use evenkeel_model::{Type, Value};
use evenkeel_provider::{PlanRequest, PlannedChange, diff};
use serde_json::{Value as Json, json};

use super::grants;
use crate::errors::Failure;
use crate::place::Place;
use crate::registry;
use crate::setting::{Setting, fail};
use crate::shape;

/// The setting.
pub struct Acl;

impl Setting for Acl {
    const KIND: &'static str = "aws_s3_bucket_acl";
    const TITLE: &'static str = "S3 Bucket ACL";
    /// A grantee or ownership controls that were made a moment ago.
    const LATER: &'static [&'static str] = &["AccessControlListNotSupported"];
    const STAYS: bool = true;

    fn plan(request: &PlanRequest<'_>, mut change: PlannedChange) -> PlannedChange {
        let policy_is_left_out = shape::many(request.config, "access_control_policy").is_empty();
        let canned = |value: &Value| value.get("acl").cloned();
        if let Some(prior) = request.prior
            && policy_is_left_out
            && let (Some(before), Some(after)) = (canned(prior), canned(&change.planned))
            && !diff::same(&before, &after)
        {
            change.planned =
                change.planned.with_attribute("access_control_policy", Value::unknown(policy_type()));
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
        let call = s3.put_bucket_acl().bucket(&place.bucket).set_expected_bucket_owner(place.owner.clone());
        let call = match (shape::text(wanted, "acl"), shape::one(wanted, "access_control_policy")) {
            (Some(canned), _) => call.acl(BucketCannedAcl::from(canned.as_str())),
            (None, Some(policy)) => call.access_control_policy(self::policy(policy)?),
            (None, None) => return Ok(()),
        };
        call.send().await.map(drop).map_err(fail)
    }

    async fn get(s3: &Client, place: &Place, known: &Value) -> Result<Option<Json>, Failure> {
        let call = s3.get_bucket_acl().bucket(&place.bucket);
        let answer = call.set_expected_bucket_owner(place.owner.clone()).send().await.map_err(fail)?;
        let granted = answer.grants.unwrap_or_default();
        let owner = answer.owner.unwrap_or_else(|| Owner::builder().build());
        let acl = canned(place, known, owner.id().unwrap_or_default(), &granted);
        let policy = json!([{
            "grant": shape::each(&granted, seen_grant),
            "owner": [{ "id": owner.id().unwrap_or_default(), "display_name": owner.display_name().unwrap_or_default() }],
        }]);
        Ok(Some(json!({ "acl": acl, "access_control_policy": policy })))
    }

    async fn clear(_: &Client, _: &Place, _: &Value) -> Result<(), Failure> {
        Ok(())
    }
}

fn policy_type() -> Type {
    let schema: &Schema = registry::schema(Acl::KIND);
    let policy = schema.block.block_types.get("access_control_policy");
    policy.map_or(Type::Dynamic, |policy| policy.implied_type())
}

/// The canned list: the one that was asked for, as long as the grants are its own. The identifier of
/// an import names it, where the list is to be managed so.
fn canned(place: &Place, known: &Value, owner: &str, granted: &[Grant]) -> Option<String> {
    let wanted = shape::text(known, "acl").or_else(|| place.rest.clone())?;
    match grants::can_be_told(&wanted) {
        true => grants::canned(owner, granted).map(str::to_owned),
        false => Some(wanted),
    }
}

fn policy(policy: &Value) -> Result<AccessControlPolicy, Failure> {
    let owner = shape::one(policy, "owner").map(|owner| {
        Owner::builder()
            .set_id(shape::text(owner, "id"))
            .set_display_name(shape::text(owner, "display_name"))
            .build()
    });
    let grants = shape::many(policy, "grant").iter().map(grant).collect::<Result<Vec<_>, _>>()?;
    Ok(AccessControlPolicy::builder().set_owner(owner).set_grants(Some(grants)).build())
}

fn grant(grant: &Value) -> Result<Grant, Failure> {
    let grantee = shape::one(grant, "grantee").map(grants::grantee).transpose()?;
    let permission = Permission::from(shape::text_or_empty(grant, "permission").as_str());
    Ok(Grant::builder().set_grantee(grantee).permission(permission).build())
}

fn seen_grant(grant: &Grant) -> Json {
    json!({
        "permission": grant.permission.as_ref().map(Permission::as_str),
        "grantee": shape::optional(grant.grantee.as_ref(), grants::seen_grantee),
    })
}
