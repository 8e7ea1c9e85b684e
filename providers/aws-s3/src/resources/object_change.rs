//! What of an object can be changed without writing its content again: tags, the access list, and how
//! it is locked.

use aws_sdk_s3::types::{
    ObjectCannedAcl, ObjectLockLegalHold, ObjectLockLegalHoldStatus, ObjectLockRetention,
    ObjectLockRetentionMode,
};
use evenkeel_model::Value;
use evenkeel_provider::ProviderError;

use super::object::differs;
use super::object_read::{identity, tags_of};
use super::tagging;
use crate::client::S3Context;
use crate::context::Context;
use crate::errors::{Effect, from_sdk};
use crate::{shape, tags};

/// Makes all these changes.
pub(super) async fn all(context: &Context, prior: &Value, planned: &Value) -> Result<(), ProviderError> {
    tags(context, prior, planned).await?;
    acl(context, prior, planned).await?;
    legal_hold(context, prior, planned).await?;
    retention(context, prior, planned).await
}

async fn tags(context: &Context, prior: &Value, planned: &Value) -> Result<(), ProviderError> {
    let change = tags::change(prior, planned);
    if change.is_empty() {
        return Ok(());
    }
    let operation = "tagging S3 Object";
    let (bucket, key) = identity(planned);
    let after = tagging::changed(tags_of(context, bucket, key).await?, &change);
    if after.is_empty() {
        let sent = context.s3().delete_object_tagging().bucket(bucket).key(key).send().await;
        return sent.map(drop).map_err(|error| from_sdk(operation, Effect::Update, &error));
    }
    let call = context.s3().put_object_tagging().bucket(bucket).key(key).tagging(tagging::to_api(&after));
    call.send().await.map(drop).map_err(|error| from_sdk(operation, Effect::Update, &error))
}

async fn acl(context: &Context, prior: &Value, planned: &Value) -> Result<(), ProviderError> {
    let Some(acl) = planned.get_str("acl").filter(|_| differs(prior, planned, "acl")) else { return Ok(()) };
    let (bucket, key) = identity(planned);
    let call = context.s3().put_object_acl().bucket(bucket).key(key).acl(ObjectCannedAcl::from(acl));
    let operation = "putting S3 Object ACL";
    call.send().await.map(drop).map_err(|error| from_sdk(operation, Effect::Update, &error))
}

async fn legal_hold(context: &Context, prior: &Value, planned: &Value) -> Result<(), ProviderError> {
    if !differs(prior, planned, "object_lock_legal_hold_status") {
        return Ok(());
    }
    let status = shape::text(planned, "object_lock_legal_hold_status");
    let status = ObjectLockLegalHoldStatus::from(status.as_deref().unwrap_or("OFF"));
    let (bucket, key) = identity(planned);
    let hold = ObjectLockLegalHold::builder().status(status).build();
    let call = context.s3().put_object_legal_hold().bucket(bucket).key(key).legal_hold(hold);
    let operation = "putting S3 Object legal hold";
    call.send().await.map(drop).map_err(|error| from_sdk(operation, Effect::Update, &error))
}

/// A shorter retention, or none, is one that governance would forbid.
async fn retention(context: &Context, prior: &Value, planned: &Value) -> Result<(), ProviderError> {
    const UNTIL: &str = "object_lock_retain_until_date";
    if !differs(prior, planned, "object_lock_mode") && !differs(prior, planned, UNTIL) {
        return Ok(());
    }
    let (before, after) = (shape::date(prior, UNTIL), shape::date(planned, UNTIL));
    let shorter = before.zip(after).map_or(after.is_none(), |(before, after)| after < before);
    let mode = shape::text(planned, "object_lock_mode").as_deref().map(ObjectLockRetentionMode::from);
    let retention = ObjectLockRetention::builder().set_mode(mode).set_retain_until_date(after).build();
    let (bucket, key) = identity(planned);
    let call = context.s3().put_object_retention().bucket(bucket).key(key).retention(retention);
    let operation = "putting S3 Object retention";
    let sent = call.set_bypass_governance_retention(shorter.then_some(true)).send().await;
    sent.map(drop).map_err(|error| from_sdk(operation, Effect::Update, &error))
}
