//! Instances after their launch: states, what their description is put together from, profiles.

use std::collections::BTreeMap;

use super::kinds::{INSTANCE, INTERFACE, PROFILE, VOLUME};
use super::{Actions, Answer, Call, address, volume};
use crate::fail::Fail;
use crate::node::Node;
use crate::params::View;
use crate::region::{Object, Region};
use crate::xml;

pub(super) static ACTIONS: Actions = &[
    ("StartInstances", start),
    ("StopInstances", stop),
    ("RebootInstances", reboot),
    ("TerminateInstances", terminate),
    ("MonitorInstances", |call| monitor(call, true)),
    ("UnmonitorInstances", |call| monitor(call, false)),
    ("AssociateIamInstanceProfile", associate_profile),
    ("ReplaceIamInstanceProfileAssociation", replace_profile),
    ("DisassociateIamInstanceProfile", disassociate_profile),
];

const STATE: &str = "instanceState";
const NAME: &str = "instanceState/name";

/// A state with its number.
pub(super) fn state(name: &str) -> Node {
    let code = match name {
        "pending" => 0,
        "running" => 16,
        "shutting-down" => 32,
        "terminated" => 48,
        "stopping" => 64,
        _ => 80,
    };
    xml! { code: code, name: name }
}

fn turn(region: &mut Region, id: &str, from: &str, to: &str) {
    region.change(&INSTANCE, id, |instance| {
        if instance.body.text(NAME) == from {
            instance.body.set(STATE, state(to));
        }
    });
}

/// An instance has started.
pub(super) fn started(region: &mut Region, id: &str) {
    turn(region, id, "pending", "running");
}

/// Gives an interface an address of the outside that is not the account's own.
pub(super) fn give_public_address(region: &mut Region, interface: &str) {
    let public = address::public_address(region, interface);
    let name = address::public_name(region, &public);
    let association = xml! { publicIp: public, publicDnsName: name, ipOwnerId: "amazon" };
    region.change(&INTERFACE, interface, |interface| interface.body.set("association", association));
}

/// Puts interfaces and volumes into an instance's description.
pub(super) fn complete(region: &Region, instance: &Object, node: &mut Node) {
    node.set("reservationId", instance.body.text("reservationId"));
    let mut interfaces: Vec<Node> = region.naming(&INTERFACE, &instance.id).map(|i| i.body.clone()).collect();
    interfaces.sort_by(|a, b| a.text("attachment/deviceIndex").cmp(b.text("attachment/deviceIndex")));
    if let Some(first) = interfaces.first() {
        node.set("groupSet", first.get("groupSet").cloned());
        node.set("sourceDestCheck", first.get("sourceDestCheck").cloned());
        if let Some(association) = first.get("association") {
            node.set("ipAddress", association.get("publicIp").cloned());
            node.set("dnsName", association.get("publicDnsName").cloned());
        }
    }
    node.set("networkInterfaceSet", interfaces);
    let devices = region.naming(&VOLUME, &instance.id).flat_map(|volume| {
        let attachments = volume.body.items("attachmentSet").iter();
        attachments.filter(|attachment| attachment.text("instanceId") == instance.id).map(|attachment| {
            let ebs = xml! {
                volumeId: &volume.id,
                status: attachment.text("status"),
                attachTime: attachment.text("attachTime"),
                deleteOnTermination: attachment.text("deleteOnTermination"),
            };
            xml! { deviceName: attachment.text("device"), ebs: ebs }
        })
    });
    node.set("blockDeviceMapping", devices.collect::<Vec<_>>());
}

/// Instances as their description has them: by reservation.
pub(super) fn reservations(instances: Vec<Node>) -> Vec<Node> {
    let mut found: BTreeMap<String, Vec<Node>> = BTreeMap::new();
    for mut instance in instances {
        let reservation = instance.text("reservationId").to_owned();
        instance.set("reservationId", Node::Absent);
        found.entry(reservation).or_default().push(instance);
    }
    let item = |(id, instances): (String, Vec<Node>)| {
        xml! { reservationId: id, ownerId: "", groupSet: Vec::<Node>::new(), instancesSet: instances }
    };
    found.into_iter().map(item).collect()
}

/// The instances that a request names; all of them have to be there.
fn meant(call: &mut Call<'_>) -> Result<Vec<Object>, Fail> {
    let ids = call.p.list("InstanceId");
    if ids.is_empty() {
        return Err(Fail::missing("InstanceId"));
    }
    ids.into_iter().map(|id| call.region.find(&INSTANCE, id).cloned()).collect()
}

/// The answer about instances that change: what they were and what they are.
fn changed(call: &Call<'_>, before: &[Object]) -> Answer {
    let items = before.iter().map(|instance| {
        let now = call.region.peek(&INSTANCE, &instance.id).and_then(|now| now.body.get(STATE).cloned());
        xml! {
            instanceId: &instance.id,
            currentState: now.unwrap_or_else(|| state("terminated")),
            previousState: instance.body.get(STATE).cloned(),
        }
    });
    Ok(xml! { instancesSet: items.collect::<Vec<_>>() })
}

fn wrong_state(instance: &Object) -> Fail {
    let message = format!(
        "The instance '{}' is not in a state from which it can be changed so: {}.",
        instance.id,
        instance.body.text(NAME)
    );
    Fail::new("IncorrectInstanceState", message)
}

fn start(call: &mut Call<'_>) -> Answer {
    let instances = meant(call)?;
    let allowed = |name: &str| ["stopped", "running", "pending"].contains(&name);
    if let Some(instance) = instances.iter().find(|instance| !allowed(instance.body.text(NAME))) {
        return Err(wrong_state(instance));
    }
    let start_ms = call.start_ms();
    for instance in &instances {
        turn(call.region, &instance.id, "stopped", "pending");
        call.region.pass(&instance.id, start_ms, started);
    }
    changed(call, &instances)
}

fn stop(call: &mut Call<'_>) -> Answer {
    call.p.flag("Force")?;
    call.p.flag("Hibernate")?;
    call.p.flag("SkipOsShutdown")?;
    let instances = meant(call)?;
    for instance in &instances {
        if !["running", "stopping", "stopped"].contains(&instance.body.text(NAME)) {
            return Err(wrong_state(instance));
        }
        if instance.hidden.is_true("disableApiStop") {
            let message = format!(
                "The instance '{}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.",
                instance.id
            );
            return Err(Fail::new("OperationNotPermitted", message));
        }
    }
    let stop_ms = call.stop_ms();
    for instance in &instances {
        turn(call.region, &instance.id, "running", "stopping");
        call.region.pass(&instance.id, stop_ms, |region, id| turn(region, id, "stopping", "stopped"));
    }
    changed(call, &instances)
}

fn reboot(call: &mut Call<'_>) -> Answer {
    meant(call)?;
    super::done()
}

fn terminate(call: &mut Call<'_>) -> Answer {
    call.p.flag("Force")?;
    call.p.flag("SkipOsShutdown")?;
    let instances = meant(call)?;
    if let Some(instance) = instances.iter().find(|instance| instance.hidden.is_true("disableApiTermination"))
    {
        let message = format!(
            "The instance '{}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.",
            instance.id
        );
        return Err(Fail::new("OperationNotPermitted", message));
    }
    let stop_ms = call.stop_ms();
    for instance in &instances {
        if ["shutting-down", "terminated"].contains(&instance.body.text(NAME)) {
            continue;
        }
        call.region
            .change(&INSTANCE, &instance.id, |instance| instance.body.set(STATE, state("shutting-down")));
        call.region.pass(&instance.id, stop_ms, ended);
    }
    changed(call, &instances)
}

/// An instance has ended: what was made with it goes, what was attached to it stays.
fn ended(region: &mut Region, id: &str) {
    for interface in region.ids_naming(&INTERFACE, id) {
        let goes = region
            .peek(&INTERFACE, &interface)
            .is_some_and(|i| i.body.is_true("attachment/deleteOnTermination"));
        address::release_interface(region, &interface);
        match goes {
            true => drop(region.remove(&INTERFACE, &interface)),
            false => region.change(&INTERFACE, &interface, |interface| {
                interface.body.set("attachment", Node::Absent);
                interface.body.set("status", "available");
            }),
        }
    }
    volume::instance_ended(region, id);
    for association in region.ids_naming(&PROFILE, id) {
        region.remove(&PROFILE, &association);
    }
    region.change(&INSTANCE, id, |instance| {
        instance.body.set(STATE, state("terminated"));
        for name in ["subnetId", "vpcId", "privateIpAddress", "privateDnsName", "iamInstanceProfile"] {
            instance.body.set(name, Node::Absent);
        }
        instance.body.set("stateReason", xml! { code: "Client.UserInitiatedShutdown", message: "" });
    });
    let linger_ms = region.settings.delays.linger_ms;
    region.later(linger_ms, id, |region, id| {
        region.remove(&INSTANCE, id);
    });
}

fn monitor(call: &mut Call<'_>, on: bool) -> Answer {
    let state = if on { "enabled" } else { "disabled" };
    let mut items = Vec::new();
    for instance in meant(call)? {
        call.region.change(&INSTANCE, &instance.id, |instance| instance.body.set("monitoring/state", state));
        items.push(xml! { instanceId: instance.id, monitoring: xml! { state: state } });
    }
    Ok(xml! { instancesSet: items })
}

/// A profile that a request names, as an instance has it.
pub(super) fn profile(region: &Region, view: &View<'_>) -> Answer {
    let arn = match (view.get("Arn"), view.get("Name")) {
        (Some(arn), _) => arn.to_owned(),
        (None, Some(name)) => format!("arn:aws:iam::{}:instance-profile/{name}", region.account),
        (None, None) => return Err(Fail::missing("IamInstanceProfile.Name")),
    };
    let number = crate::random::draw(0, &[&arn]);
    Ok(xml! { arn: arn, id: format!("AIPA{number:016X}") })
}

fn wanted_profile(call: &Call<'_>) -> Answer {
    let view = call.p.view("IamInstanceProfile").ok_or_else(|| Fail::missing("IamInstanceProfile"))?;
    profile(call.region, &view)
}

fn with_profile(call: &mut Call<'_>, instance: &str, node: Option<Node>) {
    call.region.change(&INSTANCE, instance, |instance| instance.body.set("iamInstanceProfile", node));
}

fn associate_profile(call: &mut Call<'_>) -> Answer {
    let instance = call.named(&INSTANCE, "InstanceId")?;
    let node = wanted_profile(call)?;
    if call.region.is_named(&[&PROFILE], &instance.id) {
        let message = format!("There is an existing association for instance {}", instance.id);
        return Err(Fail::new("IncorrectState", message));
    }
    with_profile(call, &instance.id, Some(node.clone()));
    let body = xml! { instanceId: &instance.id, iamInstanceProfile: node, state: "associated" };
    let id = call.region.add(&PROFILE, body);
    Ok(Node::map([("iamInstanceProfileAssociation", call.show(&PROFILE, &id))]))
}

fn replace_profile(call: &mut Call<'_>) -> Answer {
    let association = call.named(&PROFILE, "AssociationId")?;
    let node = wanted_profile(call)?;
    let instance = association.body.text("instanceId").to_owned();
    with_profile(call, &instance, Some(node.clone()));
    call.region.remove(&PROFILE, &association.id);
    let body = xml! { instanceId: instance, iamInstanceProfile: node, state: "associated" };
    let id = call.region.add(&PROFILE, body);
    Ok(Node::map([("iamInstanceProfileAssociation", call.show(&PROFILE, &id))]))
}

fn disassociate_profile(call: &mut Call<'_>) -> Answer {
    let association = call.named(&PROFILE, "AssociationId")?;
    let instance = association.body.text("instanceId").to_owned();
    with_profile(call, &instance, None);
    let shown = call.show(&PROFILE, &association.id);
    call.region.remove(&PROFILE, &association.id);
    Ok(Node::map([("iamInstanceProfileAssociation", shown)]))
}
