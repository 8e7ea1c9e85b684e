//! Network interfaces. An instance's first one is made with it and ends with it.

use std::net::Ipv4Addr;

use super::cidr::Block;
use super::kinds::{GROUP, INSTANCE, INTERFACE, SUBNET};
use super::{Actions, Answer, Call, done, info};
use crate::fail::Fail;
use crate::node::Node;
use crate::params::View;
use crate::region::{Object, Region};
use crate::xml;

pub(super) static ACTIONS: Actions = &[
    ("CreateNetworkInterface", create),
    ("DeleteNetworkInterface", delete),
    ("AttachNetworkInterface", attach),
    ("DetachNetworkInterface", detach),
    ("ModifyNetworkInterfaceAttribute", modify),
    ("DescribeNetworkInterfaceAttribute", describe_attribute),
];

fn create(call: &mut Call<'_>) -> Answer {
    let subnet = call.named(&SUBNET, "SubnetId")?;
    let groups = groups(call.region, &call.p.list("SecurityGroupId"), subnet.body.text("vpcId"))?;
    let address = call.p.get("PrivateIpAddress");
    let primary = call.p.views("PrivateIpAddresses");
    let primary_of = |view: &View<'_>| view.flag("Primary").ok().flatten() == Some(true);
    let named = primary.iter().find(|view| primary_of(view)).and_then(|view| view.get("PrivateIpAddress"));
    let mut body = body(
        call.region,
        &subnet,
        address.or(named),
        &groups,
        call.p.get("Description").unwrap_or_default(),
    )?;
    for view in primary.iter().filter(|view| !primary_of(view)) {
        let more = xml! { privateIpAddress: view.need("PrivateIpAddress")?, primary: false };
        body.list_mut("privateIpAddressesSet").push(more);
    }
    for _ in 0..call.p.int("SecondaryPrivateIpAddressCount")?.unwrap_or_default() {
        let more = xml! { privateIpAddress: free_address(call.region, &subnet, None)?, primary: false };
        body.list_mut("privateIpAddressesSet").push(more);
    }
    body.set("interfaceType", call.p.get("InterfaceType").unwrap_or("interface"));
    body.set("status", "pending");
    let id = call.make(&INTERFACE, body)?;
    let shown = call.show(&INTERFACE, &id);
    call.region.pass(&id, call.start_ms(), |region, id| {
        region.change(&INTERFACE, id, |interface| {
            if interface.body.text("status") == "pending" {
                interface.body.set("status", "available");
            }
        });
    });
    Ok(Node::map([("networkInterface", shown)]))
}

/// Makes an interface that comes with something else.
pub(super) fn add(
    region: &mut Region,
    subnet: &Object,
    address: Option<&str>,
    groups: &[Node],
    description: &str,
) -> Result<String, Fail> {
    let mut body = body(region, subnet, address, groups, description)?;
    body.set("status", "in-use");
    Ok(region.add(&INTERFACE, body))
}

fn body(
    region: &mut Region,
    subnet: &Object,
    address: Option<&str>,
    groups: &[Node],
    description: &str,
) -> Answer {
    let address = free_address(region, subnet, address)?;
    let name = private_name(region, &address);
    let number = crate::random::draw(region.settings.seed, &["mac", &subnet.id, &address]);
    let octets = number.to_be_bytes();
    Ok(xml! {
        subnetId: &subnet.id,
        vpcId: subnet.body.text("vpcId"),
        availabilityZone: subnet.body.text("availabilityZone"),
        description: description,
        ownerId: &region.account,
        requesterManaged: false,
        interfaceType: "interface",
        macAddress: format!("02:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", octets[0], octets[1], octets[2], octets[3], octets[4]),
        privateIpAddress: &address,
        privateDnsName: &name,
        sourceDestCheck: true,
        groupSet: groups.to_vec(),
        ipv6AddressesSet: Vec::<Node>::new(),
        privateIpAddressesSet: vec![xml! { privateIpAddress: &address, privateDnsName: &name, primary: true }],
    })
}

/// The name that an address has inside.
pub(super) fn private_name(region: &Region, address: &str) -> String {
    let domain = if region.name == "us-east-1" {
        "ec2.internal".to_owned()
    } else {
        format!("{}.compute.internal", region.name)
    };
    format!("ip-{}.{domain}", address.replace('.', "-"))
}

/// An address of a subnet: the one that is asked for, or the next one. Addresses are not given out
/// again before the subnet is used up.
fn free_address(region: &mut Region, subnet: &Object, wanted: Option<&str>) -> Result<String, Fail> {
    let block = Block::parse(subnet.body.text("cidrBlock"), 0..=32)?;
    if let Some(wanted) = wanted {
        let address: Ipv4Addr =
            wanted.parse().map_err(|_| Fail::value(format!("Invalid address: {wanted}")))?;
        let is_taken =
            region.naming(&INTERFACE, &subnet.id).any(|i| i.body.text("privateIpAddress") == wanted);
        if !block.has(address) {
            return Err(Fail::value(format!(
                "Address does not fall within the subnet's address range: {wanted}"
            )));
        }
        return match is_taken {
            true => Err(Fail::new("InvalidIPAddress.InUse", format!("Address {wanted} is in use."))),
            false => Ok(wanted.to_owned()),
        };
    }
    let stored =
        region.peek(&SUBNET, &subnet.id).map(|subnet| subnet.hidden.text("next").parse().unwrap_or(0));
    let next: u32 = stored.unwrap_or_default();
    let Some(address) = block.host(next) else {
        let message = format!("There are not enough free addresses in subnet '{}'.", subnet.id);
        return Err(Fail::new("InsufficientFreeAddressesInSubnet", message));
    };
    region.change(&SUBNET, &subnet.id, |subnet| subnet.hidden.set("next", i64::from(next) + 1));
    Ok(address.to_string())
}

/// Groups that a request names, as an interface has them; the VPC's own where it names none.
pub(super) fn groups(region: &mut Region, ids: &[&str], vpc: &str) -> Result<Vec<Node>, Fail> {
    let mut found = Vec::new();
    for id in ids {
        let group = region.find(&GROUP, id)?;
        if group.body.text("vpcId") != vpc {
            let message =
                format!("You have specified two resources that belong to different networks: {id}.");
            return Err(Fail::new("InvalidParameter", message));
        }
        found.push(xml! { groupId: *id, groupName: group.body.text("groupName") });
    }
    if found.is_empty() {
        let default = region.naming(&GROUP, vpc).find(|group| group.body.text("groupName") == "default");
        found.extend(default.map(|group| xml! { groupId: &group.id, groupName: "default" }));
    }
    Ok(found)
}

/// Attaches an interface to an instance.
pub(super) fn connect(
    region: &mut Region,
    interface: &str,
    instance: &str,
    index: i64,
    goes: bool,
) -> String {
    let attachment = region.new_id("eni-attach");
    let node = xml! {
        attachmentId: &attachment,
        instanceId: instance,
        instanceOwnerId: &region.account,
        deviceIndex: index,
        networkCardIndex: 0,
        status: "attached",
        attachTime: info::time(region),
        deleteOnTermination: goes,
    };
    region.change(&INTERFACE, interface, |interface| {
        interface.body.set("attachment", node);
        interface.body.set("status", "in-use");
    });
    attachment
}

fn delete(call: &mut Call<'_>) -> Answer {
    let interface = call.named(&INTERFACE, "NetworkInterfaceId")?;
    if interface.body.text("status") == "in-use" {
        let message = format!("Network interface '{}' is currently in use.", interface.id);
        return Err(Fail::new("InvalidParameterValue", message));
    }
    call.region.remove(&INTERFACE, &interface.id);
    done()
}

fn attach(call: &mut Call<'_>) -> Answer {
    let interface = call.named(&INTERFACE, "NetworkInterfaceId")?;
    let instance = call.named(&INSTANCE, "InstanceId")?;
    let index = call.p.int("DeviceIndex")?.ok_or_else(|| Fail::missing("deviceIndex"))?;
    call.p.int("NetworkCardIndex")?;
    if interface.body.get("attachment").is_some() {
        let message = format!("Interface: [{}] in use.", interface.id);
        return Err(Fail::new("InvalidNetworkInterface.InUse", message));
    }
    let is_taken = call
        .region
        .naming(&INTERFACE, &instance.id)
        .any(|other| other.body.text("attachment/deviceIndex") == index.to_string());
    if is_taken {
        return Err(Fail::value(format!(
            "Instance '{}' already has an interface attached at device index '{index}'.",
            instance.id
        )));
    }
    let attachment = connect(call.region, &interface.id, &instance.id, index, false);
    Ok(xml! { attachmentId: attachment })
}

fn by_attachment(region: &Region, id: &str) -> Result<Object, Fail> {
    let found = region.all(&INTERFACE).find(|interface| interface.body.text("attachment/attachmentId") == id);
    let missing =
        || Fail::new("InvalidAttachmentID.NotFound", format!("The attachment ID '{id}' does not exist"));
    found.cloned().ok_or_else(missing)
}

fn detach(call: &mut Call<'_>) -> Answer {
    let id = call.p.need("AttachmentId")?;
    call.p.flag("Force")?;
    let interface = by_attachment(call.region, id)?;
    if interface.body.text("attachment/deviceIndex") == "0" {
        let message = "The network interface at device index 0 cannot be detached.";
        return Err(Fail::new("OperationNotPermitted", message));
    }
    call.region.change(&INTERFACE, &interface.id, |interface| {
        interface.body.set("attachment/status", "detaching");
    });
    call.region.pass(&interface.id, call.stop_ms(), |region, id| {
        region.change(&INTERFACE, id, |interface| {
            interface.body.set("attachment", Node::Absent);
            interface.body.set("status", "available");
        });
    });
    done()
}

fn modify(call: &mut Call<'_>) -> Answer {
    let interface = call.named(&INTERFACE, "NetworkInterfaceId")?;
    let mut changes: Vec<(&str, Node)> = Vec::new();
    if let Some(text) = call.p.get("Description.Value") {
        changes.push(("description", text.into()));
    }
    if let Some(flag) = call.p.flag("SourceDestCheck.Value")? {
        changes.push(("sourceDestCheck", flag.into()));
    }
    let ids = call.p.list("SecurityGroupId");
    if !ids.is_empty() {
        changes.push(("groupSet", groups(call.region, &ids, interface.body.text("vpcId"))?.into()));
    }
    if let Some(view) = call.p.view("Attachment") {
        view.need("AttachmentId")?;
        if let Some(flag) = view.flag("DeleteOnTermination")? {
            changes.push(("attachment/deleteOnTermination", flag.into()));
        }
    }
    if changes.len() != 1 {
        return Err(Fail::combination("Exactly one attribute can be modified in a call."));
    }
    call.region.change(&INTERFACE, &interface.id, |interface| {
        changes.into_iter().for_each(|(path, value)| interface.body.set(path, value));
    });
    done()
}

fn describe_attribute(call: &mut Call<'_>) -> Answer {
    let interface = call.named(&INTERFACE, "NetworkInterfaceId")?;
    let mut answer = xml! { networkInterfaceId: &interface.id };
    let name = call.p.need("Attribute")?;
    let found = interface.body.get(name).cloned().unwrap_or_default();
    match name {
        "description" | "sourceDestCheck" => answer.set(name, Node::map([("value", found)])),
        "groupSet" | "attachment" => answer.set(name, found),
        _ => return Err(Fail::value(format!("Value ({name}) for parameter attribute is invalid."))),
    }
    Ok(answer)
}
