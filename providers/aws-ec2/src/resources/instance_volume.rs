//! The volume that an instance starts from: `root_block_device` of `aws_instance`.

use crate::calls::instance::{AttachedVolume, Instance, NewVolume, Volume, VolumeChange};
use evenkeel_model::{Type, Value};

use super::common::{int, text};
use crate::context::Context;

/// What an instance and its root volume tell about it.
pub(super) fn attached(instance: &Instance) -> Option<&AttachedVolume> {
    let root = instance.root_device_name.as_deref();
    instance.volumes.iter().find(|volume| Some(volume.device_name.as_str()) == root)
}

/// The only element of `root_block_device`, if there is one.
pub(super) fn element(object: &Value) -> Option<&Value> {
    object.get("root_block_device").and_then(Value::as_elements).and_then(<[Value]>::first)
}

/// The volume to launch with; nothing when configuration leaves all of it to the image.
pub(super) fn new_volume(planned: &Value, device_name: &str) -> Option<NewVolume> {
    let element = element(planned)?;
    Some(NewVolume {
        device_name: device_name.to_owned(),
        delete_on_termination: element.get_bool("delete_on_termination"),
        encrypted: element.get_bool("encrypted").filter(|encrypted| *encrypted),
        iops: int(element, "iops"),
        throughput: int(element, "throughput"),
        kms_key_id: text(element, "kms_key_id"),
        snapshot_id: None,
        volume_size: int(element, "volume_size"),
        volume_type: text(element, "volume_type"),
    })
}

/// The block's value.
pub(super) fn value(
    context: &Context,
    attached: &AttachedVolume,
    volume: Option<&Volume>,
    ty: &Type,
) -> Value {
    let str = |value: Option<&str>| Value::string(value.unwrap_or_default());
    let number = |value: Option<i32>| Value::number(i64::from(value.unwrap_or_default()));
    // The tags of the volume are nobody's business yet; what stands there is only shown.
    let all = match volume {
        Some(volume) => context.tags().observed(&volume.tags, &Value::empty_object()).1,
        None => Value::map::<&str>(Type::String, []),
    };
    let element = Value::object([
        ("delete_on_termination", Value::bool(attached.delete_on_termination)),
        ("device_name", Value::string(&attached.device_name)),
        ("encrypted", Value::bool(volume.is_some_and(|volume| volume.encrypted))),
        ("iops", number(volume.and_then(|volume| volume.iops))),
        ("kms_key_id", str(volume.and_then(|volume| volume.kms_key_id.as_deref()))),
        ("tags", Value::null(Type::map(Type::String))),
        ("tags_all", all),
        ("throughput", number(volume.and_then(|volume| volume.throughput))),
        ("volume_id", Value::string(&attached.volume_id)),
        ("volume_size", number(volume.and_then(|volume| volume.size))),
        ("volume_type", str(volume.and_then(|volume| volume.kind.as_deref()))),
    ]);
    Value::list(ty.clone(), [element])
}

/// What has to be changed about the volume itself.
pub(super) fn change(current: &Value, planned: &Value) -> Option<VolumeChange> {
    let (current, planned) = (element(current)?, element(planned)?);
    let number = |name: &str| int(planned, name).filter(|wanted| int(current, name) != Some(*wanted));
    let kind = text(planned, "volume_type").filter(|kind| current.get_str("volume_type") != Some(kind));
    let change = VolumeChange {
        size: number("volume_size"),
        iops: number("iops").filter(|iops| *iops > 0),
        throughput: number("throughput").filter(|throughput| *throughput > 0),
        kind,
    };
    (change != VolumeChange::default()).then_some(change)
}
