//! `aws_ami`, `aws_ami_copy` and `aws_ami_from_instance`: images that differ in how they come to be.
//!
//! The last two own the snapshots that were made for them, and remove these as well.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::types::{
    AttributeValue, BlockDeviceMapping, EbsBlockDevice, Image, ImageState, ResourceType, TagSpecification,
};
use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostic, Diagnostics, Value};
use evenkeel_provider::{CreateRequest, FindRequest, PlanRequest, PlannedChange, ProviderError, propose};

use super::common::{
    Change, Ec2Type, Limits, Progress, Wanted, arn, blocks, by_id, by_token, count, ids_of, on, planned_time,
    text,
};
use crate::calls::client::{answer, describe, tag_specification, tagged, tags_of};
use crate::calls::{Call, Ec2Context, Select, Tags};
use crate::context::Context;
use crate::errors::Failure;
use crate::listing::{Listing, page};
use crate::shape::Shape;
use crate::{registry, tags};

macro_rules! image_type {
    ($name:ident, $kind:literal, $noun:literal, $launch:ident, $owns_snapshots:literal) => {
        #[doc = concat!("`", $kind, "`")]
        pub struct $name;

        impl Ec2Type for $name {
            type Found = Image;
            const KIND: &'static str = $kind;
            const NOUN: &'static str = $noun;
            const UNLISTED: Option<&'static str> = Some("They are listed as aws_ami.");
            const LIMITS: Limits = Limits { create: 2_400, update: 2_400, delete: 5_400 };

            fn check(config: &Value) -> Diagnostics {
                check(config)
            }

            fn propose(schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
                propose_by_minute(schema, request)
            }

            async fn fetch(
                context: &Arc<Context>,
                wanted: &[Wanted<'_>],
            ) -> Result<BTreeMap<String, Image>, Failure> {
                let found = by_id(ids_of(wanted), "image-id", |select| list(context, select)).await?;
                let there =
                    found.into_iter().filter(|image| image.state() != Some(&ImageState::Deregistered));
                Ok(there.filter_map(|image| Some((image.image_id.clone()?, image))).collect())
            }

            fn progress(found: &Image) -> Progress {
                progress(found)
            }

            fn value(context: &Arc<Context>, found: &Image, known: &Value) -> Value {
                value(context, $kind, found, known)
                    .flag("manage_ebs_snapshots", Some($owns_snapshots))
                    .build()
            }

            async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
                let tags = tags::for_create(&request.planned, &request.token);
                let id = $launch(context, request, &tags).await?;
                id.ok_or_else(|| Failure::incomplete("image"))
            }

            async fn converge(
                context: &Arc<Context>,
                change: &Change<'_, Image>,
            ) -> Result<Option<String>, ProviderError> {
                converge(context, change).await.map(|()| None)
            }

            async fn remove(context: &Arc<Context>, id: &str, prior: &Value) -> Result<(), Failure> {
                deregister(context, id).await?;
                match $owns_snapshots {
                    true => remove_snapshots(context, prior).await,
                    false => Ok(()),
                }
            }

            fn list(context: &Arc<Context>, after: Option<String>) -> Option<Listing<'_>> {
                // However it was made, it is listed once.
                ($kind == "aws_ami").then(|| page_of_own(context, after))
            }

            async fn search(
                context: &Arc<Context>,
                request: &FindRequest,
            ) -> Result<Option<String>, Failure> {
                let found = list(context, by_token(&request.token)).await?;
                Ok(found.into_iter().find_map(|image| image.image_id))
            }
        }
    };
}

image_type!(Ami, "aws_ami", "EC2 AMI", register, false);
image_type!(AmiCopy, "aws_ami_copy", "EC2 AMI Copy", copy, true);
image_type!(AmiFromInstance, "aws_ami_from_instance", "EC2 AMI from Instance", create, true);

/// Those of the account, a page at a time.
pub(super) fn page_of_own(context: &Arc<Context>, after: Option<String>) -> Listing<'_> {
    Box::pin(async move {
        let call = context.ec2().safe.describe_images().owners("self").set_next_token(after);
        let answered = answer(call.send()).await?;
        let found = answered.images.unwrap_or_default().into_iter();
        Ok(page(found.filter_map(|found| tagged(found.image_id, found.tags)), answered.next_token))
    })
}

/// The images selected.
pub(crate) fn list(context: &Arc<Context>, select: Select) -> Call<'static, Vec<Image>> {
    describe!(context.ec2(), select, describe_images, set_image_ids, set_filters, images)
}

fn check(config: &Value) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    if config.get_str("deprecation_time").is_some() && planned_time(config, "deprecation_time").is_none() {
        diagnostics.push(Diagnostic::error(
            "Invalid deprecation time",
            "'deprecation_time' is not a time of the form 2030-01-02T15:04:05Z.",
        ));
    }
    diagnostics
}

/// The service keeps the minute of a deprecation.
fn propose_by_minute(schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
    let minute = |object: &Value| Some(planned_time(object, "deprecation_time")?.secs().div_euclid(60));
    let prior = request.prior.filter(|prior| {
        let minute_before = minute(prior);
        minute_before.is_some() && minute_before == minute(request.config)
    });
    match prior.and_then(|prior| prior.get("deprecation_time")) {
        Some(written) => {
            let config = request.config.clone().with_attribute("deprecation_time", written.clone());
            propose::plan_by_schema(schema, &PlanRequest { config: &config, ..*request })
        }
        None => propose::plan_by_schema(schema, request),
    }
}

fn progress(found: &Image) -> Progress {
    match found.state() {
        Some(ImageState::Pending) => Progress::Coming,
        Some(state @ (ImageState::Failed | ImageState::Error | ImageState::Invalid)) => {
            let reason =
                found.state_reason().and_then(|reason| reason.message()).unwrap_or("no reason given");
            Progress::Lost(format!("the image's state is \"{}\" ({reason}).", state.as_str()))
        }
        _ => Progress::Ready,
    }
}

fn value<'a>(context: &Arc<Context>, kind: &str, found: &Image, known: &'a Value) -> Shape<'a> {
    let id = found.image_id().unwrap_or_default();
    let mappings = found.block_device_mappings();
    let root = mappings.iter().find(|mapping| mapping.device_name() == found.root_device_name());
    let root_snapshot = root.and_then(BlockDeviceMapping::ebs).and_then(EbsBlockDevice::snapshot_id);
    // The same minute as it is written.
    let deprecation =
        Value::object([("deprecation_time", Value::string(found.deprecation_time().unwrap_or("")))]);
    let minute = |object: &Value| Some(planned_time(object, "deprecation_time")?.secs().div_euclid(60));
    let written = minute(known).is_some() && minute(known) == minute(&deprecation);
    let deprecation = if written { text(known, "deprecation_time") } else { found.deprecation_time.clone() };
    let shape = Shape::new(registry::schema(kind), known)
        .text("id", Some(id))
        .text("arn", Some(arn(context, None, &format!("image/{id}"))))
        .text("region", Some(context.region()))
        .text("architecture", found.architecture().map(|architecture| architecture.as_str()))
        .text("boot_mode", found.boot_mode().map(|mode| mode.as_str()))
        .text("deprecation_time", deprecation)
        .text("description", found.description())
        .flag("ena_support", found.ena_support)
        .text("hypervisor", found.hypervisor().map(|hypervisor| hypervisor.as_str()))
        .text("image_location", found.image_location())
        .text("image_owner_alias", found.image_owner_alias())
        .text("image_type", found.image_type().map(|kind| kind.as_str()))
        .text("imds_support", found.imds_support().map(|support| support.as_str()))
        .text("kernel_id", found.kernel_id())
        .text("last_launched_time", found.last_launched_time())
        .text("name", found.name())
        .text("owner_id", found.owner_id())
        .text("platform", found.platform().map(|platform| platform.as_str()))
        .text("platform_details", found.platform_details())
        .flag("public", found.public)
        .text("ramdisk_id", found.ramdisk_id())
        .text("root_device_name", found.root_device_name())
        .text("root_snapshot_id", root_snapshot)
        .text("sriov_net_support", found.sriov_net_support())
        .text("tpm_support", found.tpm_support().map(|support| support.as_str()))
        .text("usage_operation", found.usage_operation())
        .text("virtualization_type", found.virtualization_type().map(|kind| kind.as_str()))
        .tags(context.tags().observed(&tags_of(found.tags.clone()), known));
    with_sources(with_devices(shape, mappings), found)
}

/// What it was made from: only the types that have the arguments take them.
fn with_sources<'a>(shape: Shape<'a>, found: &Image) -> Shape<'a> {
    let shape = match found.source_image_id() {
        Some(id) => {
            shape.text("source_ami_id", Some(id)).text("source_ami_region", found.source_image_region())
        }
        None => shape,
    };
    match found.source_instance_id() {
        Some(id) => shape.text("source_instance_id", Some(id)),
        None => shape,
    }
}

fn with_devices<'a>(shape: Shape<'a>, mappings: &[BlockDeviceMapping]) -> Shape<'a> {
    let volumes: Vec<(&BlockDeviceMapping, &EbsBlockDevice)> =
        mappings.iter().filter_map(|mapping| Some((mapping, mapping.ebs()?))).collect();
    let ephemeral: Vec<&BlockDeviceMapping> =
        mappings.iter().filter(|mapping| mapping.ebs.is_none() && mapping.virtual_name.is_some()).collect();
    shape
        .blocks("ebs_block_device", &volumes, |shape, (mapping, volume)| {
            shape
                .text("device_name", mapping.device_name())
                .flag("delete_on_termination", volume.delete_on_termination)
                .flag("encrypted", volume.encrypted)
                .number("iops", volume.iops)
                .text("outpost_arn", volume.outpost_arn())
                .text("snapshot_id", volume.snapshot_id())
                .number("throughput", volume.throughput)
                .number("volume_size", volume.volume_size)
                .text("volume_type", volume.volume_type().map(|kind| kind.as_str()))
        })
        .blocks("ephemeral_block_device", &ephemeral, |shape, mapping| {
            shape.text("device_name", mapping.device_name()).text("virtual_name", mapping.virtual_name())
        })
}

/// The block devices of a new image.
fn devices(planned: &Value) -> Vec<BlockDeviceMapping> {
    let volumes = blocks(planned, "ebs_block_device").iter().map(|block| {
        let volume = EbsBlockDevice::builder()
            .set_delete_on_termination(block.get_bool("delete_on_termination"))
            // The snapshot says whether it is encrypted.
            .set_encrypted(on(block, "encrypted").filter(|_| text(block, "snapshot_id").is_none()))
            .set_iops(count(block, "iops"))
            .set_outpost_arn(text(block, "outpost_arn"))
            .set_snapshot_id(text(block, "snapshot_id"))
            .set_throughput(count(block, "throughput"))
            .set_volume_size(count(block, "volume_size"))
            .set_volume_type(text(block, "volume_type").map(|kind| kind.as_str().into()));
        BlockDeviceMapping::builder().set_device_name(text(block, "device_name")).ebs(volume.build()).build()
    });
    let ephemeral = blocks(planned, "ephemeral_block_device").iter().map(|block| {
        let device = BlockDeviceMapping::builder().set_device_name(text(block, "device_name"));
        device.set_virtual_name(text(block, "virtual_name")).build()
    });
    volumes.chain(ephemeral).collect()
}

fn some_devices(planned: &Value) -> Option<Vec<BlockDeviceMapping>> {
    Some(devices(planned)).filter(|devices| !devices.is_empty())
}

async fn register(
    context: &Arc<Context>,
    request: &CreateRequest,
    tags: &Tags,
) -> Result<Option<String>, Failure> {
    let planned = &request.planned;
    let get = |name: &str| text(planned, name);
    let ec2 = context.ec2();
    let register = ec2
        .once
        .register_image()
        .set_name(get("name"))
        .set_description(get("description"))
        .set_architecture(get("architecture").map(|text| text.as_str().into()))
        .set_boot_mode(get("boot_mode").map(|text| text.as_str().into()))
        .set_ena_support(planned.get_bool("ena_support"))
        .set_image_location(get("image_location"))
        .set_imds_support(get("imds_support").map(|text| text.as_str().into()))
        .set_kernel_id(get("kernel_id"))
        .set_ramdisk_id(get("ramdisk_id"))
        .set_root_device_name(get("root_device_name"))
        .set_sriov_net_support(get("sriov_net_support"))
        .set_tpm_support(get("tpm_support").map(|text| text.as_str().into()))
        .set_uefi_data(get("uefi_data"))
        .set_virtualization_type(get("virtualization_type"))
        .set_block_device_mappings(some_devices(planned))
        .set_tag_specifications(tag_specification(ResourceType::Image, tags));
    Ok(answer(register.send()).await?.image_id)
}

/// Tags for the image and for the snapshots that are made with it.
fn with_snapshots(tags: &Tags) -> Option<Vec<TagSpecification>> {
    let kinds = [ResourceType::Image, ResourceType::Snapshot];
    Some(kinds.into_iter().filter_map(|kind| tag_specification(kind, tags)).flatten().collect())
}

async fn copy(
    context: &Arc<Context>,
    request: &CreateRequest,
    tags: &Tags,
) -> Result<Option<String>, Failure> {
    let planned = &request.planned;
    let ec2 = context.ec2();
    let copy = ec2
        .safe
        .copy_image()
        .client_token(&*request.token)
        .set_name(text(planned, "name"))
        .set_description(text(planned, "description"))
        .set_destination_outpost_arn(text(planned, "destination_outpost_arn"))
        .set_encrypted(on(planned, "encrypted"))
        .set_kms_key_id(text(planned, "kms_key_id"))
        .set_source_image_id(text(planned, "source_ami_id"))
        .set_source_region(text(planned, "source_ami_region"))
        .set_tag_specifications(with_snapshots(tags));
    Ok(answer(copy.send()).await?.image_id)
}

async fn create(
    context: &Arc<Context>,
    request: &CreateRequest,
    tags: &Tags,
) -> Result<Option<String>, Failure> {
    let planned = &request.planned;
    let ec2 = context.ec2();
    let create = ec2
        .once
        .create_image()
        .set_instance_id(text(planned, "source_instance_id"))
        .set_name(text(planned, "name"))
        .set_description(text(planned, "description"))
        .set_no_reboot(planned.get_bool("snapshot_without_reboot"))
        .set_tag_specifications(with_snapshots(tags));
    Ok(answer(create.send()).await?.image_id)
}

async fn converge(context: &Arc<Context>, change: &Change<'_, Image>) -> Result<(), ProviderError> {
    let ec2 = context.ec2();
    let changed =
        |name: &str| !change.keeps(name) && text(change.planned, name) != text(change.current, name);
    if changed("description") {
        let description = text(change.planned, "description").unwrap_or_default();
        let description = AttributeValue::builder().value(description).build();
        let modify = ec2.safe.modify_image_attribute().image_id(change.id).description(description);
        answer(modify.send()).await.map_err(|error| change.failed(error))?;
    }
    if !changed("deprecation_time") {
        return Ok(());
    }
    let deprecated = match planned_time(change.planned, "deprecation_time") {
        Some(time) => {
            answer(ec2.safe.enable_image_deprecation().image_id(change.id).deprecate_at(time).send())
                .await
                .map(drop)
        }
        None => answer(ec2.safe.disable_image_deprecation().image_id(change.id).send()).await.map(drop),
    };
    deprecated.map_err(|error| change.failed(error))
}

async fn deregister(context: &Arc<Context>, id: &str) -> Result<(), Failure> {
    match answer(context.ec2().safe.deregister_image().image_id(id).send()).await {
        Err(error) if error.is_gone() || error.is("InvalidAMIID.Unavailable") => Ok(()),
        other => other.map(drop),
    }
}

async fn remove_snapshots(context: &Arc<Context>, prior: &Value) -> Result<(), Failure> {
    let snapshots = blocks(prior, "ebs_block_device").iter().filter_map(|block| text(block, "snapshot_id"));
    for snapshot in snapshots {
        match answer(context.ec2().safe.delete_snapshot().snapshot_id(snapshot).send()).await {
            Err(error) if !error.is_gone() => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
