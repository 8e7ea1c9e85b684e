//! `aws_s3_bucket_versioning`: whether a bucket keeps old versions. There is no way back to "never
//! had it", so that taking it away suspends versioning.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{BucketVersioningStatus, MfaDelete, MfaDeleteStatus, VersioningConfiguration};
use evenkeel_model::{Diagnostic, Value};
use evenkeel_provider::{PlanRequest, PlannedChange};
use serde_json::{Value as Json, json};

use crate::errors::Failure;
use crate::place::Place;
use crate::setting::{Setting, fail};
use crate::shape;

const DISABLED: &str = "Disabled";
const BLOCK: &str = "versioning_configuration";

/// The setting.
pub struct Versioning;

impl Setting for Versioning {
    const KIND: &'static str = "aws_s3_bucket_versioning";
    const TITLE: &'static str = "S3 Bucket Versioning";
    const STAYS: bool = true;

    fn plan(request: &PlanRequest<'_>, mut change: PlannedChange) -> PlannedChange {
        let before = request.prior.map_or(DISABLED, status);
        let after = shape::one(&change.planned, BLOCK).and_then(|block| block.get_str("status"));
        if before != DISABLED && after == Some(DISABLED) && change.replace.is_empty() {
            change.diagnostics.push(Diagnostic::error(
                "Invalid versioning status",
                format!(
                    "{BLOCK}.status cannot be changed from \"{before}\" to \"{DISABLED}\": a bucket that had \
                     versioning once can only suspend it. Use \"Suspended\"."
                ),
            ));
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
        match status(wanted) {
            DISABLED => Ok(()),
            status => write(s3, place, wanted, status).await,
        }
    }

    async fn get(s3: &Client, place: &Place, _: &Value) -> Result<Option<Json>, Failure> {
        let call = s3.get_bucket_versioning().bucket(&place.bucket);
        let answer = call.set_expected_bucket_owner(place.owner.clone()).send().await.map_err(fail)?;
        Ok(Some(json!({ BLOCK: [{
            "status": answer.status.as_ref().map_or(DISABLED, BucketVersioningStatus::as_str),
            "mfa_delete": answer.mfa_delete.as_ref().map_or(DISABLED, MfaDeleteStatus::as_str),
        }] })))
    }

    async fn clear(s3: &Client, place: &Place, prior: &Value) -> Result<(), Failure> {
        match status(prior) {
            DISABLED => Ok(()),
            _ => write(s3, place, prior, "Suspended").await.or_else(unless_locked),
        }
    }
}

/// A bucket with object lock keeps its versions for as long as it is there.
fn unless_locked(failure: Failure) -> Result<(), Failure> {
    if failure.is("InvalidBucketState") { Ok(()) } else { Err(failure) }
}

fn status(object: &Value) -> &str {
    shape::one(object, BLOCK).and_then(|block| block.get_str("status")).unwrap_or(DISABLED)
}

async fn write(s3: &Client, place: &Place, object: &Value, status: &str) -> Result<(), Failure> {
    let mfa_delete = shape::one(object, BLOCK).and_then(|block| shape::text(block, "mfa_delete"));
    // Without a second factor the service takes nothing that names it, not even that it is off.
    let mfa = shape::text(object, "mfa");
    let mfa_delete = mfa_delete.filter(|delete| mfa.is_some() || delete != DISABLED);
    let setting = VersioningConfiguration::builder()
        .status(BucketVersioningStatus::from(status))
        .set_mfa_delete(mfa_delete.as_deref().map(MfaDelete::from))
        .build();
    let call =
        s3.put_bucket_versioning().bucket(&place.bucket).versioning_configuration(setting).set_mfa(mfa);
    call.set_expected_bucket_owner(place.owner.clone()).send().await.map(drop).map_err(fail)
}
