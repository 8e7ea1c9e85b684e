//! `aws_ebs_volume`.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::types::{
    ResourceType, SnapshotState, Volume, VolumeModification, VolumeModificationState, VolumeState,
};
use evenkeel_model::{Diagnostic, Diagnostics, Value};
use evenkeel_provider::{CreateRequest, ErrorKind, FindRequest, ProviderError};

use super::common::{
    Change, Ec2Type, Limits, Progress, Wanted, account, arn, by_id, by_token, count, ids_of, int, on, text,
    time,
};
use crate::calls::client::{answer, describe, lists, tag_specification, tags_of};
use crate::calls::{Call, Ec2Context, Filter, Select};
use crate::context::Context;
use crate::errors::{self, Effect, Failure};
use crate::shape::Shape;
use crate::{registry, tags, wait};

/// `aws_ebs_volume`
pub struct EbsVolume;

/// A volume and the account it is in.
pub struct Found {
    volume: Volume,
    account: String,
}

/// Marks the snapshot that a removed volume leaves behind, so that there is only one.
const FINAL_SNAPSHOT_OF: &str = "evenkeel:final-snapshot-of";

impl Ec2Type for EbsVolume {
    type Found = Found;
    const KIND: &'static str = "aws_ebs_volume";
    const NOUN: &'static str = "EBS Volume";
    const LIMITS: Limits = Limits { create: 300, update: 300, delete: 600 };
    const IN_THE_WAY: &'static [&'static str] = &["DependencyViolation", "VolumeInUse"];

    fn check(config: &Value) -> Diagnostics {
        let Some(kind) = config.get("type").filter(|kind| kind.is_known()) else { return Diagnostics::new() };
        check_kind(kind.as_str().unwrap_or("gp2"), config)
    }

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        let account = account(context).await?;
        let volumes = by_id(ids_of(wanted), "volume-id", |select| list(context, select)).await?;
        let there = volumes.into_iter().filter(|volume| volume.state() != Some(&VolumeState::Deleted));
        let named = there.filter_map(|volume| Some((volume.volume_id.clone()?, volume)));
        Ok(named.map(|(id, volume)| (id, Found { volume, account: account.clone() })).collect())
    }

    fn progress(found: &Found) -> Progress {
        match found.volume.state() {
            Some(VolumeState::Creating) => Progress::Coming,
            Some(state @ (VolumeState::Error | VolumeState::Deleting)) => {
                Progress::Lost(format!("the volume's state is \"{}\".", state.as_str()))
            }
            _ => Progress::Ready,
        }
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        let volume = &found.volume;
        let resource = format!("volume/{}", volume.volume_id().unwrap_or_default());
        Shape::new(registry::schema(Self::KIND), known)
            .text("id", volume.volume_id())
            .text("arn", Some(arn(context, Some(&found.account), &resource)))
            .text("region", Some(context.region()))
            .text("availability_zone", volume.availability_zone())
            .text("create_time", time(volume.create_time()))
            .flag("encrypted", volume.encrypted)
            .number("iops", volume.iops)
            .text("kms_key_id", volume.kms_key_id())
            .flag("multi_attach_enabled", volume.multi_attach_enabled)
            .text("outpost_arn", volume.outpost_arn())
            .number("size", volume.size)
            .text("snapshot_id", volume.snapshot_id())
            .number("throughput", volume.throughput)
            .text("type", volume.volume_type().map(|kind| kind.as_str()))
            .number("volume_initialization_rate", volume.volume_initialization_rate)
            .tags(context.tags().observed(&tags_of(volume.tags.clone()), known))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let planned = &request.planned;
        let tags = tags::for_create(planned, &request.token);
        let ec2 = context.ec2();
        let create = ec2
            .safe
            .create_volume()
            .client_token(&*request.token)
            .set_availability_zone(text(planned, "availability_zone"))
            .set_encrypted(on(planned, "encrypted"))
            .set_iops(count(planned, "iops"))
            .set_kms_key_id(text(planned, "kms_key_id"))
            .set_multi_attach_enabled(on(planned, "multi_attach_enabled"))
            .set_outpost_arn(text(planned, "outpost_arn"))
            .set_size(count(planned, "size"))
            .set_snapshot_id(text(planned, "snapshot_id"))
            .set_throughput(count(planned, "throughput"))
            .set_volume_type(text(planned, "type").map(|kind| kind.as_str().into()))
            .set_volume_initialization_rate(count(planned, "volume_initialization_rate"))
            .set_tag_specifications(tag_specification(ResourceType::Volume, &tags));
        let created = answer(create.send()).await?;
        created.volume_id.ok_or_else(|| Failure::incomplete("volume"))
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Found>,
    ) -> Result<Option<String>, ProviderError> {
        let number = |name: &str| change.wanted(name).and_then(|_| count(change.planned, name));
        let kind = change.wanted_str("type");
        let (size, iops, throughput) = (number("size"), number("iops"), number("throughput"));
        if kind.is_none() && size.is_none() && iops.is_none() && throughput.is_none() {
            return Ok(None);
        }
        let ec2 = context.ec2();
        let modify = ec2
            .safe
            .modify_volume()
            .volume_id(change.id)
            .set_volume_type(kind.map(Into::into))
            .set_size(size)
            .set_iops(iops.filter(|_| has_iops(change.planned)))
            .set_throughput(throughput.filter(|_| has_throughput(change.planned)));
        answer(modify.send()).await.map_err(|error| change.failed(error))?;
        modified(context, change).await?;
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, id: &str, prior: &Value) -> Result<(), Failure> {
        if on(prior, "final_snapshot").is_some() {
            final_snapshot(context, id, prior).await?;
        }
        answer(context.ec2().safe.delete_volume().volume_id(id).send()).await.map(drop)
    }

    lists!(describe_volumes, volumes, volume_id);

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let volumes = list(context, by_token(&request.token)).await?;
        Ok(volumes.into_iter().find_map(|volume| volume.volume_id))
    }
}

/// The volumes selected.
pub(crate) fn list(context: &Arc<Context>, select: Select) -> Call<'static, Vec<Volume>> {
    describe!(context.ec2(), select, describe_volumes, set_volume_ids, set_filters, volumes)
}

fn has_iops(volume: &Value) -> bool {
    volume.get_str("type").is_some_and(|kind| matches!(kind, "io1" | "io2" | "gp3"))
}

fn has_throughput(volume: &Value) -> bool {
    volume.get_str("type") == Some("gp3")
}

/// What the kinds of volumes have and do not have; the service says so only after the plan.
fn check_kind(kind: &str, config: &Value) -> Diagnostics {
    let set = |name: &str| int(config, name).is_some_and(|number| number != 0);
    let missing = |name: &str| config.get(name).is_none_or(Value::is_null);
    let provisioned = matches!(kind, "io1" | "io2");
    let mut diagnostics = Diagnostics::new();
    let mut refuse = |name: &str, must: &str| {
        diagnostics.push(Diagnostic::error(
            "Invalid volume configuration",
            format!("'{name}' {must} be set when 'type' is '{kind}'."),
        ));
    };
    if provisioned && missing("iops") {
        refuse("iops", "must");
    }
    if set("iops") && !provisioned && kind != "gp3" {
        refuse("iops", "must not");
    }
    if set("throughput") && kind != "gp3" {
        refuse("throughput", "must not");
    }
    if on(config, "multi_attach_enabled").is_some() && !provisioned {
        refuse("multi_attach_enabled", "must not");
    }
    diagnostics
}

/// Waits until the volume has its new form; data may be moved behind it for longer.
async fn modified(context: &Arc<Context>, change: &Change<'_, Found>) -> Result<(), ProviderError> {
    wait::until(change.operation, change.limit, || async {
        let select = Select::Ids(vec![change.id.to_owned()]);
        let found = modifications(context, select).await.map_err(|error| change.failed(error))?;
        let last =
            found.into_iter().max_by_key(|modification| modification.start_time.map(|time| time.secs()));
        match last
            .and_then(|modification| Some((modification.modification_state?, modification.status_message)))
        {
            Some((VolumeModificationState::Failed, reason)) => {
                let reason = reason.unwrap_or_else(|| "the modification failed".into());
                Err(ProviderError::new(ErrorKind::Other, change.operation, reason))
            }
            Some((VolumeModificationState::Modifying, _)) => Ok(None),
            _ => Ok(Some(())),
        }
    })
    .await
}

fn modifications(context: &Arc<Context>, select: Select) -> Call<'static, Vec<VolumeModification>> {
    let ec2 = context.ec2();
    describe!(ec2, select, describe_volumes_modifications, set_volume_ids, set_filters, volumes_modifications)
}

/// Takes the snapshot that stays when the volume goes, unless it was taken already, and waits for it.
async fn final_snapshot(context: &Arc<Context>, id: &str, prior: &Value) -> Result<(), Failure> {
    let ec2 = context.ec2();
    let taken = || async {
        let select = Select::Filters(vec![Filter::new(format!("tag:{FINAL_SNAPSHOT_OF}"), [id])]);
        let snapshots = super::ebs_snapshot::list(context, select).await?;
        Ok::<_, Failure>(
            snapshots.into_iter().find(|snapshot| snapshot.state() != Some(&SnapshotState::Error)),
        )
    };
    if taken().await?.is_none() {
        let mut tags = prior.get("tags_all").map(tags::from_value).unwrap_or_default();
        tags.insert(FINAL_SNAPSHOT_OF.into(), id.into());
        let create = ec2.once.create_snapshot().volume_id(id);
        let create = create.set_tag_specifications(tag_specification(ResourceType::Snapshot, &tags));
        answer(create.send()).await?;
    }
    let limit = wait::timeout(prior, "delete", std::time::Duration::from_secs(EbsVolume::LIMITS.delete));
    let operation = format!("taking the final snapshot of EBS Volume ({id})");
    wait::until(&operation, limit, || async {
        let snapshot =
            taken().await.map_err(|error| errors::provider_error(&operation, Effect::Read, &error))?;
        Ok(snapshot.filter(|snapshot| snapshot.state() == Some(&SnapshotState::Completed)))
    })
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_what_they_have() {
        let check = |kind: &str, name: &'static str, number: i64| {
            check_kind(kind, &Value::object([(name, Value::number(number))])).into_iter().count()
        };
        assert_eq!(check("io1", "iops", 100), 0);
        assert_eq!(check("gp2", "iops", 100), 1);
        assert_eq!(check("gp2", "iops", 0), 0);
        assert_eq!(check("gp3", "throughput", 125), 0);
        assert_eq!(check("io2", "throughput", 125), 2);
    }
}
