//! Volumes and where they are attached.

use super::kinds::{INSTANCE, MODIFICATION, VOLUME};
use super::{Actions, Answer, Call, done, info};
use crate::fail::Fail;
use crate::node::Node;
use crate::params::View;
use crate::region::{Object, Region};
use crate::xml;

pub(super) static ACTIONS: Actions = &[
    ("CreateVolume", create),
    ("DeleteVolume", delete),
    ("AttachVolume", attach),
    ("DetachVolume", detach),
    ("ModifyVolume", modify),
    ("DescribeVolumeAttribute", describe_attribute),
    ("ModifyVolumeAttribute", modify_attribute),
];

const ATTACHMENTS: &str = "attachmentSet";
const TYPES: [&str; 7] = ["standard", "gp2", "gp3", "io1", "io2", "st1", "sc1"];

fn create(call: &mut Call<'_>) -> Answer {
    let (zone, id) = (call.p.get("AvailabilityZone"), call.p.get("AvailabilityZoneId"));
    if zone.is_none() && id.is_none() {
        return Err(Fail::missing("AvailabilityZone"));
    }
    let (zone, _) = info::zone(call.region, zone, id)?;
    let view = call.p.clone();
    let mut body = body(call.region, &zone, Some(&view), None)?;
    body.set("status", "creating");
    body.set("multiAttachEnabled", view.flag("MultiAttachEnabled")?.unwrap_or_default());
    let id = call.make(&VOLUME, body)?;
    let shown = call.show(&VOLUME, &id);
    call.region.pass(&id, call.start_ms(), |region, id| {
        region.change(&VOLUME, id, |volume| {
            if volume.body.text("status") == "creating" {
                volume.body.set("status", "available");
            }
        });
    });
    Ok(shown)
}

/// A volume's own attributes: as the request says, then as the image says, then as usual.
pub(super) fn body(region: &Region, zone: &str, view: Option<&View<'_>>, image: Option<&Node>) -> Answer {
    let image_text = |name: &str| image.map(|image| image.text(name)).filter(|text| !text.is_empty());
    let number = |name: &str| view.map(|view| view.int(name)).transpose().map(Option::flatten);
    let get = |name: &str| view.and_then(|view| view.get(name));
    let kind = get("VolumeType").or(image_text("volumeType")).unwrap_or("gp2");
    if !TYPES.contains(&kind) {
        return Err(Fail::value(format!("Value ({kind}) for parameter volumeType is invalid.")));
    }
    let snapshot = get("SnapshotId").or(image_text("snapshotId"));
    let size = number("VolumeSize")?
        .or(number("Size")?)
        .or(image_text("volumeSize").and_then(|text| text.parse().ok()));
    let size = size.or(snapshot.map(|_| 8)).ok_or_else(|| Fail::missing("size/snapshot"))?;
    if !(1..=16_384).contains(&size) {
        return Err(Fail::value(format!("Volume of {size}GiB is not in the allowed range.")));
    }
    let (iops, throughput) = performance(kind, size, number("Iops")?, number("Throughput")?)?;
    let encrypted = view.map(|view| view.flag("Encrypted")).transpose()?.flatten().unwrap_or_default();
    let key = get("KmsKeyId").map(|key| match key.starts_with("arn:") {
        true => key.to_owned(),
        false => format!("arn:aws:kms:{}:{}:key/{key}", region.name, region.account),
    });
    let usual = format!("arn:aws:kms:{}:{}:key/aws-ebs", region.name, region.account);
    Ok(xml! {
        size: size,
        snapshotId: snapshot.unwrap_or_default(),
        availabilityZone: zone,
        status: "in-use",
        createTime: info::time(region),
        volumeType: kind,
        iops: iops,
        throughput: throughput,
        encrypted: encrypted || key.is_some(),
        kmsKeyId: if encrypted { key.or(Some(usual)) } else { key },
        multiAttachEnabled: false,
        attachmentSet: Vec::<Node>::new(),
    })
}

/// Operations per second and throughput of a type.
fn performance(
    kind: &str,
    size: i64,
    iops: Option<i64>,
    throughput: Option<i64>,
) -> Result<(Option<i64>, Option<i64>), Fail> {
    if throughput.is_some() && kind != "gp3" {
        return Err(Fail::combination(format!(
            "The parameter Throughput is not supported for {kind} volumes."
        )));
    }
    match kind {
        "gp3" => Ok((Some(iops.unwrap_or(3_000)), Some(throughput.unwrap_or(125)))),
        "io1" | "io2" => Ok((Some(iops.ok_or_else(|| Fail::missing("iops"))?), None)),
        _ if iops.is_some() => {
            Err(Fail::combination(format!("The parameter iops is not supported for {kind} volumes.")))
        }
        "gp2" => Ok((Some((size * 3).clamp(100, 16_000)), None)),
        _ => Ok((None, None)),
    }
}

/// Attaches a volume to an instance.
pub(super) fn connect(region: &mut Region, volume: &str, instance: &str, device: &str, goes: bool) -> Node {
    let node = xml! {
        volumeId: volume,
        instanceId: instance,
        device: device,
        status: "attached",
        attachTime: info::time(region),
        deleteOnTermination: goes,
    };
    let added = node.clone();
    region.change(&VOLUME, volume, |volume| {
        volume.body.set("status", "in-use");
        volume.body.list_mut(ATTACHMENTS).push(added);
    });
    node
}

/// An instance has ended: its volumes go, or are free.
pub(super) fn instance_ended(region: &mut Region, instance: &str) {
    for id in region.ids_naming(&VOLUME, instance) {
        let goes = region.peek(&VOLUME, &id).is_some_and(|volume| {
            let mut own = volume.body.items(ATTACHMENTS).iter().filter(|a| a.text("instanceId") == instance);
            own.any(|attachment| attachment.is_true("deleteOnTermination"))
        });
        match goes {
            true => drop(region.remove(&VOLUME, &id)),
            false => disconnect(region, &id, instance),
        }
    }
}

fn disconnect(region: &mut Region, volume: &str, instance: &str) {
    region.change(&VOLUME, volume, |volume| {
        let attachments = volume.body.list_mut(ATTACHMENTS);
        attachments.retain(|attachment| attachment.text("instanceId") != instance);
        if attachments.is_empty() {
            volume.body.set("status", "available");
        }
    });
}

fn delete(call: &mut Call<'_>) -> Answer {
    let volume = call.named(&VOLUME, "VolumeId")?;
    if volume.body.text("status") == "in-use" {
        let instance =
            volume.body.items(ATTACHMENTS).first().map(|a| a.text("instanceId")).unwrap_or_default();
        let message = format!("Volume {} is currently attached to {instance}", volume.id);
        return Err(Fail::new("VolumeInUse", message));
    }
    call.region.change(&VOLUME, &volume.id, |volume| volume.body.set("status", "deleting"));
    call.region.pass(&volume.id, call.stop_ms(), |region, id| {
        region.remove(&VOLUME, id);
        region.remove(&MODIFICATION, id);
    });
    done()
}

fn attach(call: &mut Call<'_>) -> Answer {
    let volume = call.named(&VOLUME, "VolumeId")?;
    let instance = call.named(&INSTANCE, "InstanceId")?;
    let device = call.p.need("Device")?;
    if !["running", "stopped"].contains(&instance.body.text("instanceState/name")) {
        let message = format!("Instance '{}' is not 'running'.", instance.id);
        return Err(Fail::new("IncorrectState", message));
    }
    if volume.body.text("status") != "available" {
        let message = format!("{} is not 'available'.", volume.id);
        let code = if volume.body.text("status") == "in-use" { "VolumeInUse" } else { "IncorrectState" };
        return Err(Fail::new(code, message));
    }
    if volume.body.text("availabilityZone") != instance.body.text("placement/availabilityZone") {
        let message = format!(
            "The volume '{}' is not in the same availability zone as instance '{}'",
            volume.id, instance.id
        );
        return Err(Fail::new("InvalidVolume.ZoneMismatch", message));
    }
    let is_taken = call.region.naming(&VOLUME, &instance.id).any(|other| {
        other
            .body
            .items(ATTACHMENTS)
            .iter()
            .any(|a| a.text("instanceId") == instance.id && a.text("device") == device)
    });
    if is_taken {
        let message =
            format!("Invalid value '{device}' for unixDevice. Attachment point {device} is already in use");
        return Err(Fail::value(message));
    }
    let mut answer = connect(call.region, &volume.id, &instance.id, device, false);
    let start_ms = call.start_ms();
    if start_ms > 0 {
        set_status(call.region, &volume.id, "attaching");
        answer.set("status", "attaching");
        call.region.pass(&volume.id, start_ms, |region, id| set_status(region, id, "attached"));
    }
    Ok(answer)
}

fn set_status(region: &mut Region, volume: &str, status: &str) {
    region.change(&VOLUME, volume, |volume| {
        volume.body.list_mut(ATTACHMENTS).iter_mut().for_each(|attachment| attachment.set("status", status));
    });
}

fn detach(call: &mut Call<'_>) -> Answer {
    let volume = call.named(&VOLUME, "VolumeId")?;
    call.p.flag("Force")?;
    let instance = call.p.get("InstanceId");
    call.p.get("Device");
    let attachment =
        volume.body.items(ATTACHMENTS).iter().find(|a| instance.is_none_or(|id| a.text("instanceId") == id));
    let Some(attachment) = attachment.cloned() else {
        let message = format!("Volume '{}' is in the 'available' state.", volume.id);
        return Err(Fail::new("IncorrectState", message));
    };
    set_status(call.region, &volume.id, "detaching");
    call.region.pass(&volume.id, call.stop_ms(), |region, id| {
        region.change(&VOLUME, id, |volume| {
            volume.body.list_mut(ATTACHMENTS).clear();
            volume.body.set("status", "available");
        });
    });
    let mut answer = attachment;
    answer.set("status", "detaching");
    Ok(answer)
}

fn modify(call: &mut Call<'_>) -> Answer {
    let volume = call.named(&VOLUME, "VolumeId")?;
    let old = |name: &str| volume.body.text(name).to_owned();
    let kind = call.p.get("VolumeType").map_or_else(|| old("volumeType"), str::to_owned);
    let size = call.p.int("Size")?.unwrap_or_else(|| old("size").parse().unwrap_or(1));
    if size < old("size").parse().unwrap_or(0) {
        let message = "New size cannot be smaller than existing size";
        return Err(Fail::value(message));
    }
    let kept = |name: &str| old(name).parse().ok().filter(|_| kind == old("volumeType") && kind != "gp2");
    let (iops, throughput) =
        (call.p.int("Iops")?.or(kept("iops")), call.p.int("Throughput")?.or(kept("throughput")));
    let (iops, throughput) = performance(&kind, size, iops, throughput)?;
    call.p.flag("MultiAttachEnabled")?;
    let modification = xml! {
        modificationState: "modifying",
        targetSize: size,
        targetVolumeType: &kind,
        targetIops: iops,
        targetThroughput: throughput,
        originalSize: old("size"),
        originalVolumeType: old("volumeType"),
        progress: 0,
        startTime: info::time(call.region),
    };
    let object = call.region.born(&MODIFICATION, &volume.id, modification);
    call.region.insert(object);
    call.region.change(&VOLUME, &volume.id, |volume| apply(volume, size, &kind, iops, throughput));
    let shown = call.show(&MODIFICATION, &volume.id);
    call.region.pass(&volume.id, call.start_ms(), |region, id| {
        region.change(&MODIFICATION, id, |change| {
            change.body.set("modificationState", "completed");
            change.body.set("progress", 100);
        });
    });
    Ok(Node::map([("volumeModification", shown)]))
}

fn apply(volume: &mut Object, size: i64, kind: &str, iops: Option<i64>, throughput: Option<i64>) {
    volume.body.set("size", size);
    volume.body.set("volumeType", kind);
    volume.body.set("iops", iops);
    volume.body.set("throughput", throughput);
}

fn describe_attribute(call: &mut Call<'_>) -> Answer {
    let volume = call.named(&VOLUME, "VolumeId")?;
    let name = call.p.need("Attribute")?;
    let mut answer = xml! { volumeId: &volume.id };
    match name {
        "autoEnableIO" => answer.set(name, xml! { value: volume.hidden.is_true(name) }),
        "productCodes" => answer.set(name, Vec::<Node>::new()),
        _ => return Err(Fail::value(format!("Value ({name}) for parameter attribute is invalid."))),
    }
    Ok(answer)
}

fn modify_attribute(call: &mut Call<'_>) -> Answer {
    let volume = call.named(&VOLUME, "VolumeId")?;
    let on = call.p.flag("AutoEnableIO.Value")?.ok_or_else(|| Fail::missing("AutoEnableIO"))?;
    call.region.change(&VOLUME, &volume.id, |volume| volume.hidden.set("autoEnableIO", on));
    done()
}
