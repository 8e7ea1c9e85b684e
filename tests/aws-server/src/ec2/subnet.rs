//! Subnets.

use super::cidr::Block;
use super::kinds::{ACL, INSTANCE, INTERFACE, NAT, SUBNET, VPC};
use super::{Actions, Answer, Call, done, info, refuse_if_used, vpc};
use crate::fail::Fail;
use crate::node::Node;
use crate::region::{Object, Region};
use crate::xml;

pub(super) static ACTIONS: Actions = &[
    ("CreateSubnet", create),
    ("DeleteSubnet", delete),
    ("ModifySubnetAttribute", modify),
    ("AssociateSubnetCidrBlock", associate_cidr),
    ("DisassociateSubnetCidrBlock", disassociate_cidr),
];

/// Flags: their parameter and element.
const FLAGS: [(&str, &str); 6] = [
    ("MapPublicIpOnLaunch", "mapPublicIpOnLaunch"),
    ("AssignIpv6AddressOnCreation", "assignIpv6AddressOnCreation"),
    ("EnableDns64", "enableDns64"),
    ("MapCustomerOwnedIpOnLaunch", "mapCustomerOwnedIpOnLaunch"),
    ("EnableResourceNameDnsARecordOnLaunch", "privateDnsNameOptionsOnLaunch/enableResourceNameDnsARecord"),
    (
        "EnableResourceNameDnsAAAARecordOnLaunch",
        "privateDnsNameOptionsOnLaunch/enableResourceNameDnsAAAARecord",
    ),
];

fn create(call: &mut Call<'_>) -> Answer {
    let vpc = call.named(&VPC, "VpcId")?;
    let block = Block::parse(call.p.need("CidrBlock")?, 16..=28)?;
    if !vpc::blocks(&vpc).iter().any(|whole| whole.contains(block)) {
        return Err(Fail::new("InvalidSubnet.Range", format!("The CIDR '{block}' is invalid.")));
    }
    let taken = call.region.naming(&SUBNET, &vpc.id).any(|other| {
        Block::parse(other.body.text("cidrBlock"), 0..=32).is_ok_and(|other| other.overlaps(block))
    });
    if taken {
        let message = format!("The CIDR '{block}' conflicts with another subnet");
        return Err(Fail::new("InvalidSubnet.Conflict", message));
    }
    let zone = info::zone(call.region, call.p.get("AvailabilityZone"), call.p.get("AvailabilityZoneId"))?;
    let v6 = call.p.get("Ipv6CidrBlock").map(vpc::check_v6).transpose()?;
    let native = call.p.flag("Ipv6Native")?.unwrap_or_default();
    let mut body = body(&call.region.account, &vpc.id, block, &zone);
    body.set("state", "pending");
    body.set("ipv6Native", native);
    let id = call.make(&SUBNET, body)?;
    finish(call.region, &id);
    if let Some(v6) = v6 {
        add_v6(call.region, &id, &v6)?;
    }
    let shown = call.show(&SUBNET, &id);
    call.region.pass(&id, call.start_ms(), |region, id| {
        region.change(&SUBNET, id, |subnet| subnet.body.set("state", "available"));
    });
    Ok(Node::map([("subnet", shown)]))
}

/// A subnet's own attributes.
pub(super) fn body(account: &str, vpc: &str, block: Block, (zone, zone_id): &(String, String)) -> Node {
    xml! {
        vpcId: vpc,
        ownerId: account,
        cidrBlock: block.to_string(),
        availableIpAddressCount: block.usable(),
        availabilityZone: zone,
        availabilityZoneId: zone_id,
        defaultForAz: false,
        mapPublicIpOnLaunch: false,
        assignIpv6AddressOnCreation: false,
        enableDns64: false,
        ipv6Native: false,
        mapCustomerOwnedIpOnLaunch: false,
        privateDnsNameOptionsOnLaunch: xml! {
            hostnameType: "ip-name",
            enableResourceNameDnsARecord: false,
            enableResourceNameDnsAAAARecord: false,
        },
    }
}

/// What follows from the identifier: the ARN, and the network ACL that it is under.
pub(super) fn finish(region: &mut Region, id: &str) {
    let arn = format!("arn:aws:ec2:{}:{}:subnet/{id}", region.name, region.account);
    region.change(&SUBNET, id, |subnet| subnet.body.set("subnetArn", arn));
    let vpc = region.peek(&SUBNET, id).map(|subnet| subnet.body.text("vpcId").to_owned()).unwrap_or_default();
    super::acl::associate_default(region, &vpc, id);
}

fn delete(call: &mut Call<'_>) -> Answer {
    let subnet = call.named(&SUBNET, "SubnetId")?;
    refuse_if_used(call.region, &[&INTERFACE, &INSTANCE, &NAT], &SUBNET, &subnet.id)?;
    for acl in call.region.ids_naming(&ACL, &subnet.id) {
        call.region.change(&ACL, &acl, |acl| {
            acl.body.list_mut("associationSet").retain(|a| a.text("subnetId") != subnet.id);
        });
    }
    super::routes::forget_subnet(call.region, &subnet.id);
    call.region.remove(&SUBNET, &subnet.id);
    done()
}

fn modify(call: &mut Call<'_>) -> Answer {
    let subnet = call.named(&SUBNET, "SubnetId")?;
    let mut changes: Vec<(&str, Node)> = Vec::new();
    for (parameter, element) in FLAGS {
        if let Some(value) = call.p.flag(&format!("{parameter}.Value"))? {
            changes.push((element, value.into()));
        }
    }
    if let Some(kind) = call.p.get("PrivateDnsHostnameTypeOnLaunch") {
        changes.push(("privateDnsNameOptionsOnLaunch/hostnameType", kind.into()));
    }
    if let Some(pool) = call.p.get("CustomerOwnedIpv4Pool") {
        changes.push(("customerOwnedIpv4Pool", pool.into()));
    }
    match changes.len() {
        0 => Err(Fail::missing("an attribute")),
        1 => {
            call.region.change(&SUBNET, &subnet.id, |subnet| {
                changes.into_iter().for_each(|(element, value)| subnet.body.set(element, value));
            });
            done()
        }
        _ => Err(Fail::combination("Only one attribute can be modified in a call.")),
    }
}

fn add_v6(region: &mut Region, subnet: &str, block: &str) -> Answer {
    let association = xml! {
        associationId: region.new_id("subnet-cidr-assoc"),
        ipv6CidrBlock: block,
        ipv6CidrBlockState: xml! { state: "associated" },
    };
    let added = association.clone();
    region.change(&SUBNET, subnet, |subnet| {
        subnet.body.list_mut("ipv6CidrBlockAssociationSet").push(added);
    });
    Ok(association)
}

fn associate_cidr(call: &mut Call<'_>) -> Answer {
    let subnet = call.named(&SUBNET, "SubnetId")?;
    let block = vpc::check_v6(call.p.need("Ipv6CidrBlock")?)?;
    let association = add_v6(call.region, &subnet.id, &block)?;
    Ok(xml! { subnetId: &subnet.id, ipv6CidrBlockAssociation: association })
}

fn disassociate_cidr(call: &mut Call<'_>) -> Answer {
    let id = call.p.need("AssociationId")?;
    let set = "ipv6CidrBlockAssociationSet";
    let has = |subnet: &&Object| subnet.body.items(set).iter().any(|a| a.text("associationId") == id);
    let Some(subnet) = call.region.all(&SUBNET).find(has).map(|subnet| subnet.id.clone()) else {
        let message = format!("The subnet CIDR block association ID '{id}' does not exist");
        return Err(Fail::new("InvalidSubnetCidrBlockAssociationID.NotFound", message));
    };
    call.region.change(&SUBNET, &subnet, |subnet| {
        subnet.body.list_mut(set).retain(|association| association.text("associationId") != id);
    });
    Ok(xml! { subnetId: subnet })
}
