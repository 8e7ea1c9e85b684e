//! Internet gateways and NAT gateways.

use super::kinds::{ADDRESS, GATEWAY, INTERFACE, NAT, SUBNET, TABLE, VPC};
use super::{Actions, Answer, Call, address, depends, done, interface};
use crate::fail::Fail;
use crate::node::Node;
use crate::region::Region;
use crate::xml;

pub(super) static ACTIONS: Actions = &[
    ("CreateInternetGateway", create),
    ("AttachInternetGateway", attach),
    ("DetachInternetGateway", detach),
    ("DeleteInternetGateway", delete),
    ("CreateNatGateway", create_nat),
    ("DeleteNatGateway", delete_nat),
];

fn create(call: &mut Call<'_>) -> Answer {
    let body = xml! { ownerId: &call.region.account, attachmentSet: Vec::<Node>::new() };
    let id = call.make(&GATEWAY, body)?;
    Ok(Node::map([("internetGateway", call.show(&GATEWAY, &id))]))
}

fn attach(call: &mut Call<'_>) -> Answer {
    let gateway = call.named(&GATEWAY, "InternetGatewayId")?;
    let vpc = call.named(&VPC, "VpcId")?;
    if let Some(attached) = gateway.body.items("attachmentSet").first() {
        let message =
            format!("resource {} is already attached to network {}", gateway.id, attached.text("vpcId"));
        return Err(Fail::new("Resource.AlreadyAssociated", message));
    }
    if call.region.naming(&GATEWAY, &vpc.id).next().is_some() {
        let message = format!("Network {} already has an internet gateway attached", vpc.id);
        return Err(Fail::value(message));
    }
    call.region.change(&GATEWAY, &gateway.id, |gateway| {
        gateway.body.list_mut("attachmentSet").push(xml! { vpcId: &vpc.id, state: "available" });
    });
    done()
}

fn detach(call: &mut Call<'_>) -> Answer {
    let gateway = call.named(&GATEWAY, "InternetGatewayId")?;
    let vpc = call.named(&VPC, "VpcId")?;
    if !gateway.body.items("attachmentSet").iter().any(|a| a.text("vpcId") == vpc.id) {
        let message = format!("resource {} is not attached to network {}", gateway.id, vpc.id);
        return Err(Fail::new("Gateway.NotAttached", message));
    }
    let mapped = call.region.naming(&INTERFACE, &vpc.id).any(|i| i.body.get("association").is_some());
    if mapped {
        let message = format!("Network {} has some mapped public address(es).", vpc.id);
        return Err(Fail::new("DependencyViolation", message));
    }
    call.region.change(&GATEWAY, &gateway.id, |gateway| gateway.body.list_mut("attachmentSet").clear());
    done()
}

fn delete(call: &mut Call<'_>) -> Answer {
    let gateway = call.named(&GATEWAY, "InternetGatewayId")?;
    if !gateway.body.items("attachmentSet").is_empty() {
        return Err(depends(&GATEWAY, &gateway.id));
    }
    call.region.remove(&GATEWAY, &gateway.id);
    done()
}

fn create_nat(call: &mut Call<'_>) -> Answer {
    let subnet = call.named(&SUBNET, "SubnetId")?;
    let connectivity = call.p.get("ConnectivityType").unwrap_or("public");
    let allocation = match connectivity {
        "public" => Some(call.named(&ADDRESS, "AllocationId")?),
        _ => None,
    };
    if allocation.as_ref().is_some_and(|address| address.body.get("associationId").is_some()) {
        let message = "The address is already associated.";
        return Err(Fail::new("Resource.AlreadyAssociated", message));
    }
    let wanted = call.p.get("PrivateIpAddress");
    let port = interface::add(call.region, &subnet, wanted, &[], "Interface for NAT Gateway")?;
    let address = call.show(&INTERFACE, &port);
    let own = xml! {
        allocationId: allocation.as_ref().map(|address| &address.id),
        networkInterfaceId: &port,
        privateIp: address.text("privateIpAddress"),
        publicIp: allocation.as_ref().map(|address| address.body.text("publicIp")),
        isPrimary: true,
        status: "succeeded",
    };
    let body = xml! {
        vpcId: subnet.body.text("vpcId"),
        subnetId: &subnet.id,
        state: "pending",
        connectivityType: connectivity,
        createTime: super::info::time(call.region),
        natGatewayAddressSet: vec![own],
    };
    let id = call.make(&NAT, body)?;
    if let Some(address) = allocation {
        let association = address::associate(call.region, &address.id, &port, None);
        call.region.change(&NAT, &id, |nat| {
            if let Some(own) = nat.body.list_mut("natGatewayAddressSet").first_mut() {
                own.set("associationId", association);
            }
        });
    }
    let shown = call.show(&NAT, &id);
    call.region.pass(&id, call.start_ms(), |region, id| {
        region.change(&NAT, id, |nat| nat.body.set("state", "available"));
    });
    Ok(Node::map([("natGateway", shown)]))
}

fn delete_nat(call: &mut Call<'_>) -> Answer {
    let nat = call.named(&NAT, "NatGatewayId")?;
    call.region.change(&NAT, &nat.id, |nat| nat.body.set("state", "deleting"));
    call.region.pass(&nat.id, call.stop_ms(), end_nat);
    Ok(xml! { natGatewayId: &nat.id })
}

fn end_nat(region: &mut Region, id: &str) {
    let Some(nat) = region.peek(&NAT, id).cloned() else { return };
    for own in nat.body.items("natGatewayAddressSet") {
        address::release_interface(region, own.text("networkInterfaceId"));
        region.remove(&INTERFACE, own.text("networkInterfaceId"));
    }
    for table in region.ids_naming(&TABLE, id) {
        super::routes::blackhole(region, &table, id);
    }
    // What is deleted is still described for a while, without what it had.
    region.change(&NAT, id, |nat| {
        nat.body.set("state", "deleted");
        nat.body.set("natGatewayAddressSet", Node::Absent);
        nat.body.set("vpcId", Node::Absent);
        nat.body.set("subnetId", Node::Absent);
    });
    let linger_ms = region.settings.delays.linger_ms;
    region.later(linger_ms, id, |region, id| {
        region.remove(&NAT, id);
    });
}
