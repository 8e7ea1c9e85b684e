//! `aws_ebs_snapshot` and `aws_ebs_snapshot_copy`: they differ in how they come to be.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::types::{ResourceType, Snapshot, SnapshotState, TagSpecification, TargetStorageTier};
use evenkeel_model::Value;
use evenkeel_provider::{CreateRequest, ErrorKind, FindRequest, ProviderError};

use super::common::{Change, Ec2Type, Limits, Progress, Wanted, by_id, by_token, count, ids_of, on, text};
use crate::calls::client::{answer, describe, tag_specification, tagged, tags_of};
use crate::calls::{Call, Ec2Context, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::listing::{Listing, page};
use crate::shape::Shape;
use crate::{registry, tags, wait};

macro_rules! snapshot_type {
    ($name:ident, $kind:literal, $noun:literal, $launch:ident) => {
        #[doc = concat!("`", $kind, "`")]
        pub struct $name;

        impl Ec2Type for $name {
            type Found = Snapshot;
            const KIND: &'static str = $kind;
            const NOUN: &'static str = $noun;
            const UNLISTED: Option<&'static str> = Some("They are listed as aws_ebs_snapshot.");
            const LIMITS: Limits = Limits { create: 600, update: 3_600, delete: 600 };
            const IN_THE_WAY: &'static [&'static str] = &["InvalidSnapshot.InUse"];

            async fn fetch(
                context: &Arc<Context>,
                wanted: &[Wanted<'_>],
            ) -> Result<BTreeMap<String, Snapshot>, Failure> {
                let found = by_id(ids_of(wanted), "snapshot-id", |select| list(context, select)).await?;
                Ok(found.into_iter().filter_map(|found| Some((found.snapshot_id.clone()?, found))).collect())
            }

            fn progress(found: &Snapshot) -> Progress {
                progress(found)
            }

            fn value(context: &Arc<Context>, found: &Snapshot, known: &Value) -> Value {
                value(context, $kind, found, known)
            }

            async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
                let tags = tags::for_create(&request.planned, &request.token);
                let tags = tag_specification(ResourceType::Snapshot, &tags);
                let id = $launch(context, &request.planned, tags).await?;
                id.ok_or_else(|| Failure::incomplete("snapshot"))
            }

            async fn converge(
                context: &Arc<Context>,
                change: &Change<'_, Snapshot>,
            ) -> Result<Option<String>, ProviderError> {
                converge_tier(context, change).await.map(|()| None)
            }

            async fn remove(context: &Arc<Context>, id: &str, _: &Value) -> Result<(), Failure> {
                answer(context.ec2().safe.delete_snapshot().snapshot_id(id).send()).await.map(drop)
            }

            fn list(context: &Arc<Context>, after: Option<String>) -> Option<Listing<'_>> {
                // However it was made, it is listed once.
                ($kind == "aws_ebs_snapshot").then(|| page_of_own(context, after))
            }

            async fn search(
                context: &Arc<Context>,
                request: &FindRequest,
            ) -> Result<Option<String>, Failure> {
                let found = list(context, by_token(&request.token)).await?;
                Ok(found.into_iter().find_map(|found| found.snapshot_id))
            }
        }
    };
}

snapshot_type!(EbsSnapshot, "aws_ebs_snapshot", "EBS Snapshot", take);
snapshot_type!(EbsSnapshotCopy, "aws_ebs_snapshot_copy", "EBS Snapshot Copy", copy);

/// Those of the account, a page at a time.
pub(super) fn page_of_own(context: &Arc<Context>, after: Option<String>) -> Listing<'_> {
    Box::pin(async move {
        let call = context.ec2().safe.describe_snapshots().owner_ids("self").set_next_token(after);
        let answered = answer(call.send()).await?;
        let found = answered.snapshots.unwrap_or_default().into_iter();
        Ok(page(found.filter_map(|found| tagged(found.snapshot_id, found.tags)), answered.next_token))
    })
}

/// The snapshots selected.
pub(crate) fn list(context: &Arc<Context>, select: Select) -> Call<'static, Vec<Snapshot>> {
    describe!(context.ec2(), select, describe_snapshots, set_snapshot_ids, set_filters, snapshots)
}

async fn take(
    context: &Arc<Context>,
    planned: &Value,
    tags: Option<Vec<TagSpecification>>,
) -> Result<Option<String>, Failure> {
    let ec2 = context.ec2();
    let create = ec2
        .once
        .create_snapshot()
        .set_volume_id(text(planned, "volume_id"))
        .set_description(text(planned, "description"))
        .set_outpost_arn(text(planned, "outpost_arn"))
        .set_tag_specifications(tags);
    Ok(answer(create.send()).await?.snapshot_id)
}

async fn copy(
    context: &Arc<Context>,
    planned: &Value,
    tags: Option<Vec<TagSpecification>>,
) -> Result<Option<String>, Failure> {
    let ec2 = context.ec2();
    let copy = ec2
        .once
        .copy_snapshot()
        .set_source_region(text(planned, "source_region"))
        .set_source_snapshot_id(text(planned, "source_snapshot_id"))
        .set_description(text(planned, "description"))
        .set_encrypted(on(planned, "encrypted"))
        .set_kms_key_id(text(planned, "kms_key_id"))
        .set_completion_duration_minutes(count(planned, "completion_duration_minutes"))
        .set_tag_specifications(tags);
    Ok(answer(copy.send()).await?.snapshot_id)
}

fn progress(found: &Snapshot) -> Progress {
    match found.state() {
        Some(SnapshotState::Pending | SnapshotState::Recovering) => Progress::Coming,
        Some(SnapshotState::Error) => {
            let reason = found.state_message().unwrap_or("no reason given");
            Progress::Lost(format!("the snapshot failed ({reason})."))
        }
        _ => Progress::Ready,
    }
}

fn value(context: &Arc<Context>, kind: &str, found: &Snapshot, known: &Value) -> Value {
    Shape::new(registry::schema(kind), known)
        .text("id", found.snapshot_id())
        .text("arn", Some(arn_of(context, found)))
        .text("region", Some(context.region()))
        .number("completion_duration_minutes", found.completion_duration_minutes)
        .text("data_encryption_key_id", found.data_encryption_key_id())
        .text("description", found.description())
        .flag("encrypted", found.encrypted)
        .text("kms_key_id", found.kms_key_id())
        .text("outpost_arn", found.outpost_arn())
        .text("owner_alias", found.owner_alias())
        .text("owner_id", found.owner_id())
        .text("storage_tier", Some(tier_of(found)))
        .text("volume_id", found.volume_id())
        .number("volume_size", found.volume_size)
        .tags(context.tags().observed(&tags_of(found.tags.clone()), known))
        .build()
}

/// Snapshots have no account in their ARN.
pub(crate) fn arn_of(context: &Context, found: &Snapshot) -> String {
    super::common::arn(context, None, &format!("snapshot/{}", found.snapshot_id().unwrap_or_default()))
}

fn tier_of(found: &Snapshot) -> &str {
    found.storage_tier().map_or("standard", |tier| tier.as_str())
}

/// Moves the snapshot to another tier and waits until it is there, which can take long.
async fn converge_tier(context: &Arc<Context>, change: &Change<'_, Snapshot>) -> Result<(), ProviderError> {
    let Some(wanted) = change.wanted_str("storage_tier") else { return Ok(()) };
    let ec2 = context.ec2();
    if wanted == "archive" {
        let modify = ec2.safe.modify_snapshot_tier().snapshot_id(change.id);
        let modified = answer(modify.storage_tier(TargetStorageTier::Archive).send()).await;
        modified.map_err(|error| change.failed(error))?;
    } else {
        let restore = ec2
            .safe
            .restore_snapshot_tier()
            .snapshot_id(change.id)
            .set_permanent_restore(on(change.planned, "permanent_restore"))
            .set_temporary_restore_days(count(change.planned, "temporary_restore_days"));
        answer(restore.send()).await.map_err(|error| change.failed(error))?;
    }
    wait::until(change.operation, change.limit, || async {
        let found = list(context, Select::one("snapshot-id", change.id)).await;
        match found.map_err(|error| change.failed(error))?.first() {
            Some(found) => Ok((tier_of(found) == wanted).then_some(())),
            None => Err(ProviderError::new(ErrorKind::Gone, change.operation, "the snapshot is gone.")),
        }
    })
    .await
}
