//! VPCs, and the DHCP options that they have.

use super::cidr::{self, Block};
use super::kinds::{ACL, DHCP, GATEWAY, GROUP, INSTANCE, INTERFACE, NAT, RULE, SUBNET, TABLE, VPC};
use super::{Actions, Answer, Call, depends, done, refuse_if_used, security};
use crate::fail::Fail;
use crate::node::Node;
use crate::random;
use crate::region::{Object, Region};
use crate::xml;

pub(super) static ACTIONS: Actions = &[
    ("CreateVpc", create),
    ("DeleteVpc", delete),
    ("DescribeVpcAttribute", describe_attribute),
    ("ModifyVpcAttribute", modify_attribute),
    ("ModifyVpcTenancy", modify_tenancy),
    ("AssociateVpcCidrBlock", associate_cidr),
    ("DisassociateVpcCidrBlock", disassociate_cidr),
    ("CreateDhcpOptions", create_dhcp),
    ("AssociateDhcpOptions", associate_dhcp),
    ("DeleteDhcpOptions", delete_dhcp),
];

/// The attributes that have calls of their own: their parameter and element.
const ATTRIBUTES: [(&str, &str); 3] = [
    ("EnableDnsSupport", "enableDnsSupport"),
    ("EnableDnsHostnames", "enableDnsHostnames"),
    ("EnableNetworkAddressUsageMetrics", "enableNetworkAddressUsageMetrics"),
];

fn create(call: &mut Call<'_>) -> Answer {
    let block = Block::parse(call.p.need("CidrBlock")?, 16..=28)?;
    let tenancy = call.p.get("InstanceTenancy").unwrap_or("default");
    let border = call.p.get("Ipv6CidrBlockNetworkBorderGroup").map(str::to_owned);
    let wants_v6 = call.p.flag("AmazonProvidedIpv6CidrBlock")? == Some(true);
    let mut body = body(call.region, block, tenancy);
    body.set("state", "pending");
    let id = call.make(&VPC, body)?;
    if wants_v6 {
        add_v6(call.region, &id, border.as_deref());
    }
    furnish(call.region, &id, false);
    let shown = call.show(&VPC, &id);
    call.region.pass(&id, call.start_ms(), |region, id| {
        region.change(&VPC, id, |vpc| vpc.body.set("state", "available"));
    });
    Ok(Node::map([("vpc", shown)]))
}

/// A VPC's own attributes.
pub(super) fn body(region: &mut Region, block: Block, tenancy: &str) -> Node {
    let association = region.new_id("vpc-cidr-assoc");
    let dhcp = region.all(&DHCP).next().map(|options| options.id.clone());
    xml! {
        ownerId: &region.account,
        cidrBlock: block.to_string(),
        instanceTenancy: tenancy,
        isDefault: false,
        dhcpOptionsId: dhcp.unwrap_or_else(|| "default".into()),
        cidrBlockAssociationSet: vec![xml! {
            associationId: association,
            cidrBlock: block.to_string(),
            cidrBlockState: xml! { state: "associated" },
        }],
    }
}

/// What comes with a VPC: a main route table, a network ACL and a security group.
pub(super) fn furnish(region: &mut Region, vpc: &str, with_hostnames: bool) {
    region.change(&VPC, vpc, |vpc| {
        vpc.hidden = xml! {
            enableDnsSupport: true,
            enableDnsHostnames: with_hostnames,
            enableNetworkAddressUsageMetrics: false,
        };
    });
    super::routes::add_main(region, vpc);
    super::acl::add_default(region, vpc);
    security::add_default(region, vpc);
}

fn delete(call: &mut Call<'_>) -> Answer {
    let vpc = call.named(&VPC, "VpcId")?;
    let used = [&SUBNET, &GATEWAY, &INTERFACE, &INSTANCE, &NAT];
    refuse_if_used(call.region, &used, &VPC, &vpc.id)?;
    let of =
        |path: &'static str, value: &'static str| move |object: &&Object| object.body.text(path) != value;
    let others = call.region.naming(&GROUP, &vpc.id).any(|group| of("groupName", "default")(&group))
        || call.region.naming(&ACL, &vpc.id).any(|acl| of("default", "true")(&acl))
        || call.region.naming(&TABLE, &vpc.id).any(|table| !super::routes::is_main(&table.body));
    if others {
        return Err(depends(&VPC, &vpc.id));
    }
    for kind in [&TABLE, &ACL, &GROUP] {
        for id in call.region.ids_naming(kind, &vpc.id) {
            for rule in call.region.ids_naming(&RULE, &id) {
                call.region.remove(&RULE, &rule);
            }
            call.region.remove(kind, &id);
        }
    }
    call.region.remove(&VPC, &vpc.id);
    done()
}

fn describe_attribute(call: &mut Call<'_>) -> Answer {
    let vpc = call.named(&VPC, "VpcId")?;
    let name = call.p.need("Attribute")?;
    let (_, element) = ATTRIBUTES
        .into_iter()
        .find(|(_, element)| *element == name)
        .ok_or_else(|| Fail::value(format!("Value ({name}) for parameter attribute is invalid.")))?;
    let mut answer = xml! { vpcId: &vpc.id };
    answer.set(element, xml! { value: vpc.hidden.is_true(element) });
    Ok(answer)
}

fn modify_attribute(call: &mut Call<'_>) -> Answer {
    let vpc = call.named(&VPC, "VpcId")?;
    let mut changes = Vec::new();
    for (parameter, element) in ATTRIBUTES {
        if let Some(value) = call.p.flag(&format!("{parameter}.Value"))? {
            changes.push((element, value));
        }
    }
    let [(element, value)] = changes.as_slice() else {
        return Err(Fail::combination("Exactly one attribute can be modified in a call."));
    };
    call.region.change(&VPC, &vpc.id, |vpc| vpc.hidden.set(element, *value));
    done()
}

fn modify_tenancy(call: &mut Call<'_>) -> Answer {
    let vpc = call.named(&VPC, "VpcId")?;
    let tenancy = call.p.need("InstanceTenancy")?;
    if tenancy != "default" {
        return Err(Fail::value("Only a change to default tenancy is possible."));
    }
    call.region.change(&VPC, &vpc.id, |vpc| vpc.body.set("instanceTenancy", tenancy));
    done()
}

fn add_v6(region: &mut Region, vpc: &str, border: Option<&str>) -> Node {
    let number = random::draw(region.settings.seed, &["v6", vpc]) % 0xffff;
    let association = xml! {
        associationId: region.new_id("vpc-cidr-assoc"),
        ipv6CidrBlock: format!("2600:1f18:{number:x}::/56"),
        ipv6CidrBlockState: xml! { state: "associated" },
        networkBorderGroup: border.unwrap_or(&region.name),
        ipv6Pool: "Amazon",
    };
    let added = association.clone();
    region.change(&VPC, vpc, |vpc| vpc.body.list_mut("ipv6CidrBlockAssociationSet").push(added));
    association
}

fn associate_cidr(call: &mut Call<'_>) -> Answer {
    let vpc = call.named(&VPC, "VpcId")?;
    if call.p.flag("AmazonProvidedIpv6CidrBlock")? == Some(true) {
        let border = call.p.get("Ipv6CidrBlockNetworkBorderGroup");
        let association = add_v6(call.region, &vpc.id, border);
        return Ok(xml! { vpcId: &vpc.id, ipv6CidrBlockAssociation: association });
    }
    let block = Block::parse(call.p.need("CidrBlock")?, 16..=28)?;
    let taken = vpc.body.items("cidrBlockAssociationSet").iter().any(|association| {
        Block::parse(association.text("cidrBlock"), 0..=32).is_ok_and(|other| other.overlaps(block))
    });
    if taken {
        return Err(Fail::new("InvalidVpc.Range", format!("The CIDR '{block}' conflicts with another one.")));
    }
    let association = xml! {
        associationId: call.region.new_id("vpc-cidr-assoc"),
        cidrBlock: block.to_string(),
        cidrBlockState: xml! { state: "associated" },
    };
    let added = association.clone();
    call.region.change(&VPC, &vpc.id, |vpc| vpc.body.list_mut("cidrBlockAssociationSet").push(added));
    Ok(xml! { vpcId: &vpc.id, cidrBlockAssociation: association })
}

fn disassociate_cidr(call: &mut Call<'_>) -> Answer {
    let id = call.p.need("AssociationId")?;
    for set in ["cidrBlockAssociationSet", "ipv6CidrBlockAssociationSet"] {
        let has = |vpc: &&Object| vpc.body.items(set).iter().any(|a| a.text("associationId") == id);
        let found = call.region.all(&VPC).find(has).map(|vpc| vpc.id.clone());
        if let Some(vpc) = found {
            call.region.change(&VPC, &vpc, |vpc| {
                vpc.body.list_mut(set).retain(|association| association.text("associationId") != id);
            });
            return Ok(xml! { vpcId: vpc });
        }
    }
    let message = format!("The vpc CIDR block association ID '{id}' does not exist");
    Err(Fail::new("InvalidVpcCidrBlockAssociationID.NotFound", message))
}

fn create_dhcp(call: &mut Call<'_>) -> Answer {
    let mut entries = Vec::new();
    for entry in call.p.views("DhcpConfiguration") {
        let values = entry.list("Value").into_iter().map(|value| xml! { value: value }).collect::<Vec<_>>();
        entries.push(xml! { key: entry.need("Key")?, valueSet: values });
    }
    let body = xml! { ownerId: &call.region.account, dhcpConfigurationSet: entries };
    let id = call.make(&DHCP, body)?;
    Ok(Node::map([("dhcpOptions", call.show(&DHCP, &id))]))
}

fn associate_dhcp(call: &mut Call<'_>) -> Answer {
    let vpc = call.named(&VPC, "VpcId")?;
    let id = call.p.need("DhcpOptionsId")?;
    if id != "default" {
        call.region.find(&DHCP, id)?;
    }
    call.region.change(&VPC, &vpc.id, |vpc| vpc.body.set("dhcpOptionsId", id));
    done()
}

fn delete_dhcp(call: &mut Call<'_>) -> Answer {
    let options = call.named(&DHCP, "DhcpOptionsId")?;
    refuse_if_used(call.region, &[&VPC], &DHCP, &options.id)?;
    call.region.remove(&DHCP, &options.id);
    done()
}

/// The blocks of a VPC.
pub(super) fn blocks(vpc: &Object) -> Vec<Block> {
    let associations = vpc.body.items("cidrBlockAssociationSet").iter();
    associations.filter_map(|association| Block::parse(association.text("cidrBlock"), 0..=32).ok()).collect()
}

/// Whether a subnet's IPv6 block may be in this VPC.
pub(super) fn check_v6(text: &str) -> Result<String, Fail> {
    let text = cidr::v6(text)?;
    match text.ends_with("/64") {
        true => Ok(text),
        false => Err(Fail::new("InvalidSubnet.Range", format!("The CIDR '{text}' is invalid."))),
    }
}
