//! What instances have calls of their own for.

use super::kinds::{INSTANCE, INTERFACE, VOLUME};
use super::{Actions, Answer, Call, describe, done, info, interface};
use crate::fail::Fail;
use crate::node::Node;
use crate::region::Object;
use crate::xml;

pub(super) static ACTIONS: Actions = &[
    ("DescribeInstanceAttribute", describe_attribute),
    ("ModifyInstanceAttribute", modify),
    ("ModifyInstanceMetadataOptions", modify_metadata),
    ("ModifyInstanceMaintenanceOptions", modify_maintenance),
    ("DescribeInstanceCreditSpecifications", describe_credits),
    ("ModifyInstanceCreditSpecification", modify_credits),
];

const IDS_MAX: usize = 1_000;
/// What can be changed only while the instance stands still.
const STOPPED_ONLY: [&str; 2] = ["instanceType", "userData"];

fn describe_attribute(call: &mut Call<'_>) -> Answer {
    let instance = call.named(&INSTANCE, "InstanceId")?;
    let name = call.p.need("Attribute")?;
    let value = |node: Option<&Node>| Node::map([("value", node.cloned().unwrap_or_default())]);
    let shown = call.show(&INSTANCE, &instance.id);
    let found = match name {
        "disableApiTermination" | "disableApiStop" | "instanceInitiatedShutdownBehavior" | "userData" => {
            value(instance.hidden.get(name))
        }
        "instanceType" | "rootDeviceName" | "ebsOptimized" | "enaSupport" | "sourceDestCheck" | "kernel"
        | "ramdisk" | "sriovNetSupport" => value(shown.get(name)),
        "groupSet" | "blockDeviceMapping" | "enclaveOptions" => shown.get(name).cloned().unwrap_or_default(),
        "productCodes" => Node::List(Vec::new()),
        _ => return Err(Fail::value(format!("Value ({name}) for parameter attribute is invalid."))),
    };
    let mut answer = xml! { instanceId: &instance.id };
    answer.set(name, found);
    Ok(answer)
}

/// The one attribute that a request changes, and its value.
fn wanted<'a>(call: &Call<'a>) -> Result<Option<(&'a str, &'a str)>, Fail> {
    const PARAMETERS: [(&str, &str); 8] = [
        ("InstanceType", "instanceType"),
        ("UserData", "userData"),
        ("DisableApiTermination", "disableApiTermination"),
        ("DisableApiStop", "disableApiStop"),
        ("InstanceInitiatedShutdownBehavior", "instanceInitiatedShutdownBehavior"),
        ("SourceDestCheck", "sourceDestCheck"),
        ("EbsOptimized", "ebsOptimized"),
        ("EnaSupport", "enaSupport"),
    ];
    if let Some(name) = call.p.get("Attribute") {
        return Ok(call.p.get("Value").map(|value| (name, value)));
    }
    let given = PARAMETERS
        .into_iter()
        .filter_map(|(parameter, element)| Some((element, call.p.get(&format!("{parameter}.Value"))?)));
    let given: Vec<_> = given.collect();
    match given.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(*one)),
        _ => Err(Fail::combination("Only one attribute can be modified in a call.")),
    }
}

fn modify(call: &mut Call<'_>) -> Answer {
    let instance = call.named(&INSTANCE, "InstanceId")?;
    let groups = call.p.list("GroupId");
    if !groups.is_empty() {
        let groups = interface::groups(call.region, &groups, instance.body.text("vpcId"))?;
        return on_interface(call, &instance, "groupSet", groups.into());
    }
    let devices = call.p.views("BlockDeviceMapping");
    if !devices.is_empty() {
        for device in devices {
            let (name, goes) = (device.need("DeviceName")?, device.flag("Ebs.DeleteOnTermination")?);
            on_volume(call, &instance, name, goes.unwrap_or_default())?;
        }
        return done();
    }
    let Some((name, value)) = wanted(call)? else { return Err(Fail::missing("an attribute")) };
    if STOPPED_ONLY.contains(&name) && instance.body.text("instanceState/name") != "stopped" {
        let message = format!("The instance '{}' is not in the 'stopped' state.", instance.id);
        return Err(Fail::new("IncorrectInstanceState", message));
    }
    match name {
        "instanceType" => info::instance_type(value).map(drop)?,
        "instanceInitiatedShutdownBehavior" if !["stop", "terminate"].contains(&value) => {
            return Err(Fail::value(format!("Invalid value '{value}' for {name}.")));
        }
        "sourceDestCheck" => return on_interface(call, &instance, name, value.into()),
        _ => {}
    }
    call.region.change(&INSTANCE, &instance.id, |instance| match name {
        "instanceType" | "ebsOptimized" | "enaSupport" => instance.body.set(name, value),
        _ => instance.hidden.set(name, value),
    });
    done()
}

/// Changes what is an attribute of the first interface.
fn on_interface(call: &mut Call<'_>, instance: &Object, name: &str, value: Node) -> Answer {
    let first =
        call.region.naming(&INTERFACE, &instance.id).find(|i| i.body.text("attachment/deviceIndex") == "0");
    let first = first.map(|interface| interface.id.clone()).unwrap_or_default();
    call.region.change(&INTERFACE, &first, |interface| interface.body.set(name, value));
    done()
}

fn on_volume(call: &mut Call<'_>, instance: &Object, device: &str, goes: bool) -> Result<(), Fail> {
    let is_meant = |attachment: &Node| {
        attachment.text("instanceId") == instance.id && attachment.text("device") == device
    };
    let found = call
        .region
        .naming(&VOLUME, &instance.id)
        .find(|volume| volume.body.items("attachmentSet").iter().any(is_meant));
    let missing =
        || Fail::new("InvalidInstanceAttributeValue", format!("No device is currently mapped at {device}"));
    let volume = found.map(|volume| volume.id.clone()).ok_or_else(missing)?;
    call.region.change(&VOLUME, &volume, |volume| {
        let attachments = volume.body.list_mut("attachmentSet").iter_mut();
        attachments.filter(|a| is_meant(a)).for_each(|a| a.set("deleteOnTermination", goes));
    });
    Ok(())
}

fn modify_metadata(call: &mut Call<'_>) -> Answer {
    const OPTIONS: [(&str, &str); 5] = [
        ("HttpTokens", "httpTokens"),
        ("HttpPutResponseHopLimit", "httpPutResponseHopLimit"),
        ("HttpEndpoint", "httpEndpoint"),
        ("HttpProtocolIpv6", "httpProtocolIpv6"),
        ("InstanceMetadataTags", "instanceMetadataTags"),
    ];
    let instance = call.named(&INSTANCE, "InstanceId")?;
    let given =
        OPTIONS.into_iter().filter_map(|(parameter, element)| Some((element, call.p.get(parameter)?)));
    let given: Vec<_> = given.collect();
    call.region.change(&INSTANCE, &instance.id, |instance| {
        given
            .into_iter()
            .for_each(|(element, value)| instance.body.set(&format!("metadataOptions/{element}"), value));
    });
    let options = call.show(&INSTANCE, &instance.id).get("metadataOptions").cloned();
    Ok(xml! { instanceId: instance.id, instanceMetadataOptions: options })
}

fn modify_maintenance(call: &mut Call<'_>) -> Answer {
    let instance = call.named(&INSTANCE, "InstanceId")?;
    let recovery = call.p.need("AutoRecovery")?;
    call.region.change(&INSTANCE, &instance.id, |instance| {
        instance.body.set("maintenanceOptions/autoRecovery", recovery);
    });
    Ok(xml! { instanceId: instance.id, autoRecovery: recovery })
}

fn describe_credits(call: &mut Call<'_>) -> Answer {
    call.p.int("MaxResults")?;
    call.p.get("NextToken");
    let ids = call.p.list("InstanceId");
    if ids.len() > IDS_MAX {
        return Err(Fail::value(format!("The maximum number of instances is {IDS_MAX}.")));
    }
    let credits = |id: &str, instance: &Object| {
        instance.hidden.get("cpuCredits").cloned().map(|credits| xml! { instanceId: id, cpuCredits: credits })
    };
    let filters = describe::filters(&call.p, &INSTANCE)?;
    let mut items = Vec::new();
    for id in &ids {
        let message = format!("Credit specification is not supported for '{id}'.");
        let missing = || Fail::new("InvalidInstanceCreditSpecification.NotSupported", message);
        items.push(credits(id, call.region.find(&INSTANCE, id)?).ok_or_else(missing)?);
    }
    // Only what is named has to have credits; the others are passed over.
    if ids.is_empty() {
        let meant = call.region.all(&INSTANCE).filter(|instance| describe::fits(instance, &filters));
        items.extend(meant.filter_map(|instance| credits(&instance.id, instance)));
    }
    Ok(xml! { instanceCreditSpecificationSet: items })
}

fn modify_credits(call: &mut Call<'_>) -> Answer {
    let mut done = Vec::new();
    for view in call.p.views("InstanceCreditSpecification") {
        let (id, credits) = (view.need("InstanceId")?, view.need("CpuCredits")?);
        call.region.find(&INSTANCE, id)?;
        call.region.change(&INSTANCE, id, |instance| instance.hidden.set("cpuCredits", credits));
        done.push(xml! { instanceId: id });
    }
    Ok(xml! { successfulInstanceCreditSpecificationSet: done })
}
