//! Elastic addresses.

use super::kinds::{ADDRESS, INSTANCE, INTERFACE};
use super::{Actions, Answer, Call, done};
use crate::fail::Fail;
use crate::node::Node;
use crate::random;
use crate::region::{Object, Region};
use crate::xml;

pub(super) static ACTIONS: Actions = &[
    ("AllocateAddress", allocate),
    ("AssociateAddress", associate_address),
    ("DisassociateAddress", disassociate),
    ("ReleaseAddress", release),
    ("DescribeAddressesAttribute", describe_attribute),
];

/// What an association adds to an address.
const ASSOCIATED: [&str; 5] =
    ["associationId", "networkInterfaceId", "networkInterfaceOwnerId", "privateIpAddress", "instanceId"];

fn allocate(call: &mut Call<'_>) -> Answer {
    let domain = call.p.get("Domain").unwrap_or("vpc");
    if domain != "vpc" {
        return Err(Fail::value(format!("Invalid value '{domain}' for domain.")));
    }
    let body = xml! {
        domain: domain,
        publicIp: "pending",
        publicIpv4Pool: call.p.get("PublicIpv4Pool").unwrap_or("amazon"),
        networkBorderGroup: call.p.get("NetworkBorderGroup").unwrap_or(&call.region.name.clone()),
    };
    let id = call.make(&ADDRESS, body)?;
    let address = public_address(call.region, &id);
    call.region.change(&ADDRESS, &id, |object| object.body.set("publicIp", address));
    Ok(call.show(&ADDRESS, &id))
}

/// An address of the outside that follows from who has it.
pub(super) fn public_address(region: &Region, owner: &str) -> String {
    let number = random::draw(region.settings.seed, &["public", owner]).to_be_bytes();
    format!("54.{}.{}.{}", number[0], number[1], number[2])
}

/// The name that an address has outside.
pub(super) fn public_name(region: &Region, address: &str) -> String {
    let domain =
        if region.name == "us-east-1" { "compute-1".to_owned() } else { format!("{}.compute", region.name) };
    format!("ec2-{}.{domain}.amazonaws.com", address.replace('.', "-"))
}

/// Connects an address with an interface.
pub(super) fn associate(region: &mut Region, id: &str, interface: &str, instance: Option<&str>) -> String {
    let association = region.new_id("eipassoc");
    let own = region.account.clone();
    let inside = region.peek(&INTERFACE, interface).map(|i| i.body.text("privateIpAddress").to_owned());
    let mut public = String::new();
    region.change(&ADDRESS, id, |address| {
        public = address.body.text("publicIp").to_owned();
        address.body.set("associationId", association.as_str());
        address.body.set("networkInterfaceId", interface);
        address.body.set("networkInterfaceOwnerId", own.as_str());
        address.body.set("privateIpAddress", inside);
        address.body.set("instanceId", instance);
    });
    let node = xml! {
        allocationId: id,
        associationId: &association,
        publicIp: &public,
        publicDnsName: public_name(region, &public),
        ipOwnerId: own,
    };
    region.change(&INTERFACE, interface, |interface| interface.body.set("association", node));
    association
}

/// Takes the address from an interface that goes away.
pub(super) fn release_interface(region: &mut Region, interface: &str) {
    for id in region.ids_naming(&ADDRESS, interface) {
        clear(region, &id);
    }
}

fn clear(region: &mut Region, id: &str) {
    let interface =
        region.peek(&ADDRESS, id).map(|address| address.body.text("networkInterfaceId").to_owned());
    region.change(&ADDRESS, id, |address| {
        ASSOCIATED.iter().for_each(|name| address.body.set(name, Node::Absent));
    });
    region.change(&INTERFACE, &interface.unwrap_or_default(), |interface| {
        interface.body.set("association", Node::Absent);
    });
}

fn meant(call: &mut Call<'_>) -> Result<Object, Fail> {
    if let Some(address) = call.named_if_any(&ADDRESS, "AllocationId")? {
        return Ok(address);
    }
    let public = call.p.need("PublicIp")?;
    let found = call.region.all(&ADDRESS).find(|address| address.body.text("publicIp") == public);
    found
        .cloned()
        .ok_or_else(|| Fail::new("InvalidAddress.NotFound", format!("Address '{public}' not found.")))
}

fn associate_address(call: &mut Call<'_>) -> Answer {
    let address = meant(call)?;
    let instance = call.named_if_any(&INSTANCE, "InstanceId")?;
    let interface = match (call.p.get("NetworkInterfaceId"), &instance) {
        (Some(id), _) => call.region.find(&INTERFACE, id)?.clone(),
        (None, Some(instance)) => {
            if !["pending", "running", "stopped"].contains(&instance.body.text("instanceState/name")) {
                let message =
                    format!("The instance '{}' is not in a valid state for this operation.", instance.id);
                return Err(Fail::new("IncorrectInstanceState", message));
            }
            let first = call
                .region
                .naming(&INTERFACE, &instance.id)
                .find(|i| i.body.text("attachment/deviceIndex") == "0");
            first.cloned().ok_or_else(|| INTERFACE.missing("of the instance"))?
        }
        (None, None) => return Err(Fail::missing("instanceId or networkInterfaceId")),
    };
    call.p.get("PrivateIpAddress");
    let again = call.p.flag("AllowReassociation")? == Some(true);
    let taken = address.body.get("associationId").is_some();
    if taken && address.body.text("networkInterfaceId") == interface.id {
        return Ok(xml! { return: true, associationId: address.body.text("associationId") });
    }
    if taken && !again {
        let message = format!("resource {} is already associated", address.id);
        return Err(Fail::new("Resource.AlreadyAssociated", message));
    }
    clear(call.region, &address.id);
    let owner = interface.body.get("attachment").map(|attachment| attachment.text("instanceId").to_owned());
    let association = associate(call.region, &address.id, &interface.id, owner.as_deref());
    Ok(xml! { return: true, associationId: association })
}

fn disassociate(call: &mut Call<'_>) -> Answer {
    let id = call.p.need("AssociationId")?;
    let found = call.region.all(&ADDRESS).find(|address| address.body.text("associationId") == id);
    let Some(address) = found.map(|address| address.id.clone()) else {
        let message = format!("The association ID '{id}' does not exist");
        return Err(Fail::new("InvalidAssociationID.NotFound", message));
    };
    clear(call.region, &address);
    done()
}

fn release(call: &mut Call<'_>) -> Answer {
    call.p.get("NetworkBorderGroup");
    let address = meant(call)?;
    if address.body.get("associationId").is_some() {
        let message = format!("Address with allocation id {} is in use.", address.id);
        return Err(Fail::new("InvalidIPAddress.InUse", message));
    }
    call.region.remove(&ADDRESS, &address.id);
    done()
}

fn describe_attribute(call: &mut Call<'_>) -> Answer {
    call.p.get("Attribute");
    call.p.int("MaxResults")?;
    let mut items = Vec::new();
    for id in call.p.list("AllocationId") {
        let address = call.region.find(&ADDRESS, id)?;
        items.push(xml! { allocationId: id, publicIp: address.body.text("publicIp") });
    }
    Ok(xml! { addressSet: items })
}
