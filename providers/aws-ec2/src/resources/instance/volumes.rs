//! The volumes that come with an instance: `root_block_device`, `ebs_block_device`,
//! `ephemeral_block_device` and `volume_tags`.
//!
//! A volume that was attached afterwards is not one of them: `aws_volume_attachment` looks after it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_ec2::types::{
    BlockDeviceMapping, EbsBlockDevice, EbsInstanceBlockDevice, EbsInstanceBlockDeviceSpecification, Image,
    Instance, InstanceBlockDeviceMapping, InstanceBlockDeviceMappingSpecification, Volume,
};
use evenkeel_model::{Type, Value};
use evenkeel_provider::ProviderError;

use super::super::common::{blocks, by_id, count, first, int, on, text};
use super::super::{ebs_volume, image};
use super::single::is_imported;
use super::{Changing, Whole, single};
use crate::calls::client::{answer, tags_of};
use crate::calls::{Ec2Context, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::shape::Shape;
use crate::tags::{self, Tags};

type Device<'a> = (&'a InstanceBlockDeviceMapping, &'a EbsInstanceBlockDevice);

fn devices(instance: &Instance) -> impl Iterator<Item = Device<'_>> {
    instance.block_device_mappings().iter().filter_map(|mapping| Some((mapping, mapping.ebs()?)))
}

/// The identifiers of an instance's volumes.
pub(super) fn attached(instance: &Instance) -> impl Iterator<Item = &str> {
    devices(instance).filter_map(|(_, volume)| volume.volume_id())
}

/// The volumes of many instances.
pub(super) async fn of_instances(
    context: &Arc<Context>,
    instances: impl Iterator<Item = &Instance>,
) -> Result<BTreeMap<String, Volume>, Failure> {
    let ids: BTreeSet<String> = instances.flat_map(attached).map(str::to_owned).collect();
    let ids = ids.into_iter().collect();
    let volumes = by_id(ids, "volume-id", |select| ebs_volume::list(context, select)).await?;
    Ok(volumes.into_iter().filter_map(|volume| Some((volume.volume_id.clone()?, volume))).collect())
}

fn is_root(instance: &Instance, mapping: &InstanceBlockDeviceMapping) -> bool {
    mapping.device_name.is_some() && mapping.device_name == instance.root_device_name
}

fn root(found: &Whole) -> Option<Device<'_>> {
    devices(&found.instance).find(|(mapping, _)| is_root(&found.instance, mapping))
}

/// The volumes beside the root that belong to the instance: those that are remembered, or all of a new
/// one.
fn others<'a>(found: &'a Whole, known: &Value) -> Vec<Device<'a>> {
    let remembered: BTreeSet<&str> =
        blocks(known, "ebs_block_device").iter().filter_map(|block| block.get_str("device_name")).collect();
    let all = single::is_new(known) && remembered.is_empty();
    devices(&found.instance)
        .filter(|(mapping, _)| !is_root(&found.instance, mapping))
        .filter(|(mapping, _)| all || mapping.device_name().is_some_and(|name| remembered.contains(name)))
        .collect()
}

/// The blocks and the tags of volumes.
pub(super) fn with_volumes<'a>(
    context: &Context,
    shape: Shape<'a>,
    found: &Whole,
    known: &Value,
) -> Shape<'a> {
    let root: Vec<Device<'_>> = root(found).into_iter().collect();
    let others = others(found, known);
    let imported = is_imported(known);
    let fill = |name: &'static str| {
        let written = blocks(known, name).to_vec();
        move |shape: Shape<'a>, device: &Device<'_>| {
            let block = written.iter().find(|block| {
                name == "root_block_device" || block.get_str("device_name") == device.0.device_name()
            });
            with_volume(context, shape, *device, found, (block, imported))
        }
    };
    let shape = shape
        .blocks("root_block_device", &root, fill("root_block_device"))
        .blocks("ebs_block_device", &others, fill("ebs_block_device"))
        .written("ephemeral_block_device");
    with_volume_tags(shape, found, known)
}

fn with_volume<'a>(
    context: &Context,
    shape: Shape<'a>,
    (mapping, attachment): Device<'_>,
    found: &Whole,
    (written, imported): (Option<&Value>, bool),
) -> Shape<'a> {
    let volume = attachment.volume_id().and_then(|id| found.volumes.get(id));
    let shape = shape
        .text("device_name", mapping.device_name())
        .flag("delete_on_termination", attachment.delete_on_termination)
        .text("volume_id", attachment.volume_id());
    let Some(volume) = volume else { return shape };
    let seen = tags_of(volume.tags.clone());
    let empty = Value::empty_object();
    let (own, all) = context.tags().observed(&seen, written.unwrap_or(&empty));
    // The volume's tags are this block's business only where it says so; of an import nobody knows yet.
    let configured = imported && !all.as_entries().is_none_or(|tags| tags.is_empty());
    let configured =
        configured || written.and_then(|block| block.get("tags")).is_some_and(|tags| !tags.is_null());
    let own = if configured { own } else { Value::null(Type::map(Type::String)) };
    shape
        .flag("encrypted", volume.encrypted)
        .number("iops", volume.iops)
        .text("kms_key_id", volume.kms_key_id())
        .text("snapshot_id", volume.snapshot_id())
        .number("throughput", volume.throughput)
        .number("volume_size", volume.size)
        .text("volume_type", volume.volume_type().map(|kind| kind.as_str()))
        .tags((own, all))
}

/// The volumes that carry `volume_tags`.
fn tagged<'a>(found: &'a Whole, object: &Value) -> impl Iterator<Item = &'a Volume> {
    let devices = root(found).into_iter().chain(others(found, object));
    devices.filter_map(|(_, volume)| found.volumes.get(volume.volume_id()?))
}

fn with_volume_tags<'a>(shape: Shape<'a>, found: &Whole, known: &Value) -> Shape<'a> {
    let Some(written) = known.get("volume_tags").filter(|tags| tags.is_wholly_known() && !tags.is_null())
    else {
        return shape;
    };
    let written = tags::from_value(written);
    let visible = |volume: &Volume| -> Tags {
        let tags = tags_of(volume.tags.clone());
        tags.into_iter().filter(|(key, _)| tags::is_visible(key)).collect()
    };
    // One volume that differs is what has to be put right.
    let seen = tagged(found, known).map(visible).find(|tags| *tags != written);
    shape.exactly("volume_tags", tags::to_value(&seen.unwrap_or(written)))
}

/// The devices of a new instance; the image says the name of the root device.
pub(in super::super) async fn planned(
    context: &Arc<Context>,
    planned: &Value,
) -> Result<Option<Vec<BlockDeviceMapping>>, Failure> {
    let mut mappings: Vec<BlockDeviceMapping> = blocks(planned, "ebs_block_device")
        .iter()
        .map(|block| mapping(block, text(block, "device_name")))
        .collect();
    mappings.extend(blocks(planned, "ephemeral_block_device").iter().map(ephemeral));
    if let Some(block) = first(planned, "root_block_device") {
        let name = root_device_name(context, planned).await?;
        mappings.extend(name.map(|name| mapping(block, Some(name))));
    }
    Ok((!mappings.is_empty()).then_some(mappings))
}

fn mapping(block: &Value, device_name: Option<String>) -> BlockDeviceMapping {
    let volume = EbsBlockDevice::builder()
        .set_delete_on_termination(block.get_bool("delete_on_termination"))
        .set_encrypted(on(block, "encrypted"))
        .set_iops(count(block, "iops"))
        .set_kms_key_id(text(block, "kms_key_id"))
        .set_snapshot_id(text(block, "snapshot_id"))
        .set_throughput(count(block, "throughput"))
        .set_volume_size(count(block, "volume_size"))
        .set_volume_type(text(block, "volume_type").map(|kind| kind.as_str().into()));
    BlockDeviceMapping::builder().set_device_name(device_name).ebs(volume.build()).build()
}

fn ephemeral(block: &Value) -> BlockDeviceMapping {
    BlockDeviceMapping::builder()
        .set_device_name(text(block, "device_name"))
        .set_no_device(on(block, "no_device").map(|_| String::new()))
        .set_virtual_name(text(block, "virtual_name"))
        .build()
}

/// The name that the image gives to its root device.
async fn root_device_name(context: &Arc<Context>, planned: &Value) -> Result<Option<String>, Failure> {
    let Some(ami) = text(planned, "ami") else { return Ok(None) };
    let images: Vec<Image> = image::list(context, Select::one("image-id", ami)).await?;
    Ok(images.into_iter().next().and_then(|image| image.root_device_name))
}

/// Whether tags of volumes are as planned.
pub(super) fn is_settled(change: &Changing<'_>) -> bool {
    wanted_tags(change, &tags::IgnoreTags::default()).is_empty()
}

/// The tags to be set and removed, by volume.
fn wanted_tags(change: &Changing<'_>, ignored: &tags::IgnoreTags) -> Vec<(String, tags::TagChange)> {
    let all = change.planned.get("volume_tags").filter(|tags| tags.is_wholly_known() && !tags.is_null());
    let before =
        change.prior.and_then(|prior| prior.get("volume_tags")).map(tags::from_value).unwrap_or_default();
    let mut found = Vec::new();
    for (mapping, attachment) in devices(&change.found.instance) {
        let Some(volume) = attachment.volume_id().and_then(|id| change.found.volumes.get(id)) else {
            continue;
        };
        let name = mapping.device_name().unwrap_or_default();
        let block = planned_block(change, name, is_root(&change.found.instance, mapping));
        let mine =
            others(change.found, change.planned).iter().any(|(other, _)| other.device_name() == Some(name));
        let mine = mine || is_root(&change.found.instance, mapping);
        let block = block.and_then(|block| block.get("tags_all")).filter(|tags| tags.is_wholly_known());
        let wanted = match (all, block) {
            (Some(all), _) if mine && !change.keeps("volume_tags") => tags::from_value(all),
            (None, Some(block)) => tags::from_value(block),
            _ => continue,
        };
        let seen: Tags = tags_of(volume.tags.clone())
            .into_iter()
            .filter(|(key, _)| tags::is_visible(key) && !ignored.matches(key))
            .collect();
        let gone = |key: &&String| !wanted.contains_key(*key) && (all.is_none() || before.contains_key(*key));
        let remove = seen.keys().filter(gone).cloned().collect();
        let set = wanted.into_iter().filter(|(key, value)| seen.get(key) != Some(value)).collect();
        let change = tags::TagChange { set, remove };
        if let Some(id) = volume.volume_id().filter(|_| !change.is_empty()) {
            found.push((id.to_owned(), change));
        }
    }
    found
}

/// The planned block of a device, where the plan changes it.
fn planned_block<'a>(change: &Changing<'a>, device: &str, is_root: bool) -> Option<&'a Value> {
    match is_root {
        true => first(change.planned, "root_block_device").filter(|_| !change.keeps("root_block_device")),
        false => blocks(change.planned, "ebs_block_device")
            .iter()
            .find(|block| block.get_str("device_name") == Some(device))
            .filter(|_| !change.keeps("ebs_block_device")),
    }
}

/// Brings tags and the root volume to what is planned.
pub(super) async fn converge(context: &Arc<Context>, change: &Changing<'_>) -> Result<(), ProviderError> {
    for (volume, tags) in wanted_tags(change, &context.tags().ignore_tags) {
        write_tags(context, &volume, tags).await.map_err(|error| change.failed(error))?;
    }
    if change.keeps("root_block_device") {
        return Ok(());
    }
    let (Some((mapping, attachment)), Some(planned)) =
        (root(change.found), first(change.planned, "root_block_device"))
    else {
        return Ok(());
    };
    modify(context, change, attachment, planned).await.map_err(|error| change.failed(error))?;
    let goes = planned.get_bool("delete_on_termination");
    match goes.filter(|goes| Some(*goes) != attachment.delete_on_termination) {
        Some(goes) => set_goes(context, change.id, mapping, goes).await.map_err(|error| change.failed(error)),
        None => Ok(()),
    }
}

async fn write_tags(context: &Arc<Context>, volume: &str, tags: tags::TagChange) -> Result<(), Failure> {
    if !tags.remove.is_empty() {
        context.ec2().delete_tags(volume, tags.remove).await?;
    }
    match tags.set.is_empty() {
        true => Ok(()),
        false => context.ec2().create_tags(volume, tags.set).await,
    }
}

async fn modify(
    context: &Arc<Context>,
    change: &Changing<'_>,
    attachment: &EbsInstanceBlockDevice,
    planned: &Value,
) -> Result<(), Failure> {
    let Some(current) = first(change.current, "root_block_device") else { return Ok(()) };
    let number =
        |name: &str| int(planned, name).filter(|wanted| *wanted > 0 && int(current, name) != Some(*wanted));
    let kind = text(planned, "volume_type").filter(|kind| current.get_str("volume_type") != Some(kind));
    let (size, iops, throughput) = (number("volume_size"), number("iops"), number("throughput"));
    if size.is_none() && iops.is_none() && throughput.is_none() && kind.is_none() {
        return Ok(());
    }
    let ec2 = context.ec2();
    let modify = ec2
        .safe
        .modify_volume()
        .set_volume_id(attachment.volume_id.clone())
        .set_size(size)
        .set_iops(iops)
        .set_throughput(throughput)
        .set_volume_type(kind.map(|kind| kind.as_str().into()));
    answer(modify.send()).await.map(drop)
}

async fn set_goes(
    context: &Arc<Context>,
    id: &str,
    mapping: &InstanceBlockDeviceMapping,
    goes: bool,
) -> Result<(), Failure> {
    let volume = EbsInstanceBlockDeviceSpecification::builder().delete_on_termination(goes).build();
    let device = InstanceBlockDeviceMappingSpecification::builder()
        .set_device_name(mapping.device_name.clone())
        .ebs(volume)
        .build();
    let ec2 = context.ec2();
    let modify = ec2.safe.modify_instance_attribute().instance_id(id).block_device_mappings(device);
    answer(modify.send()).await.map(drop)
}
