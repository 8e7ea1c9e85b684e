//! Network ACLs.

use super::cidr;
use super::kinds::{ACL, VPC};
use super::{Actions, Answer, Call, depends, done};
use crate::fail::Fail;
use crate::node::Node;
use crate::region::{Object, Region};
use crate::xml;

pub(super) static ACTIONS: Actions = &[
    ("CreateNetworkAcl", create),
    ("DeleteNetworkAcl", delete),
    ("CreateNetworkAclEntry", create_entry),
    ("ReplaceNetworkAclEntry", replace_entry),
    ("DeleteNetworkAclEntry", delete_entry),
    ("ReplaceNetworkAclAssociation", replace_association),
];

const ENTRIES: &str = "entrySet";
const ASSOCIATIONS: &str = "associationSet";
const LAST_RULE: i64 = 32_767;

fn create(call: &mut Call<'_>) -> Answer {
    let vpc = call.named(&VPC, "VpcId")?;
    let body = body(call.region, &vpc.id, false);
    let id = call.make(&ACL, body)?;
    Ok(Node::map([("networkAcl", call.show(&ACL, &id))]))
}

fn body(region: &Region, vpc: &str, is_default: bool) -> Node {
    let mut entries = Vec::new();
    for egress in [true, false] {
        if is_default {
            entries.push(everything(100, "allow", egress));
        }
        entries.push(everything(LAST_RULE, "deny", egress));
    }
    xml! {
        vpcId: vpc,
        ownerId: &region.account,
        default: is_default,
        entrySet: entries,
        associationSet: Vec::<Node>::new(),
    }
}

fn everything(number: i64, action: &str, egress: bool) -> Node {
    xml! { ruleNumber: number, protocol: "-1", ruleAction: action, egress: egress, cidrBlock: "0.0.0.0/0" }
}

/// Makes the ACL that a VPC comes with.
pub(super) fn add_default(region: &mut Region, vpc: &str) {
    let body = body(region, vpc, true);
    region.add(&ACL, body);
}

/// Puts a new subnet under the default ACL of its VPC.
pub(super) fn associate_default(region: &mut Region, vpc: &str, subnet: &str) {
    let default = region.naming(&ACL, vpc).find(|acl| acl.body.is_true("default")).map(|acl| acl.id.clone());
    if let Some(default) = default {
        associate(region, &default, subnet);
    }
}

fn associate(region: &mut Region, acl: &str, subnet: &str) -> String {
    let id = region.new_id("aclassoc");
    let association = xml! { networkAclAssociationId: &id, networkAclId: acl, subnetId: subnet };
    region.change(&ACL, acl, |acl| acl.body.list_mut(ASSOCIATIONS).push(association));
    id
}

fn delete(call: &mut Call<'_>) -> Answer {
    let acl = call.named(&ACL, "NetworkAclId")?;
    if acl.body.is_true("default") {
        let message = format!("cannot delete default network ACL {}", acl.id);
        return Err(Fail::value(message));
    }
    if !acl.body.items(ASSOCIATIONS).is_empty() {
        return Err(depends(&ACL, &acl.id));
    }
    call.region.remove(&ACL, &acl.id);
    done()
}

/// The number and direction that name an entry.
fn key(call: &Call<'_>) -> Result<(String, String), Fail> {
    let number = call.p.int("RuleNumber")?.ok_or_else(|| Fail::missing("ruleNumber"))?;
    if !(1..LAST_RULE).contains(&number) {
        return Err(Fail::value(format!("Invalid value '{number}' for parameter ruleNumber.")));
    }
    Ok((number.to_string(), call.p.flag("Egress")?.unwrap_or_default().to_string()))
}

fn is_at(entry: &Node, (number, egress): &(String, String)) -> bool {
    entry.text("ruleNumber") == number && entry.text("egress") == egress
}

fn has(acl: &Object, key: &(String, String)) -> bool {
    acl.body.items(ENTRIES).iter().any(|entry| is_at(entry, key))
}

fn entry(call: &Call<'_>, (number, egress): &(String, String)) -> Answer {
    let protocol = call.p.need("Protocol")?;
    let action = call.p.need("RuleAction")?;
    if !["allow", "deny"].contains(&action) {
        return Err(Fail::value(format!("Invalid value '{action}' for parameter ruleAction.")));
    }
    let (v4, v6) = (call.p.get("CidrBlock"), call.p.get("Ipv6CidrBlock"));
    [v4, v6].into_iter().flatten().try_for_each(cidr::check)?;
    if v4.is_some() == v6.is_some() {
        return Err(Fail::combination("Either an IPv4 or an IPv6 block has to be given."));
    }
    let pair = |name: &str, from: &str, to: &str| -> Answer {
        let Some(view) = call.p.view(name) else { return Ok(Node::Absent) };
        Ok(Node::map([("from", view.int(from)?.into()), ("to", view.int(to)?.into())]))
    };
    let icmp = pair("Icmp", "Type", "Code")?;
    let icmp = if icmp == Node::Absent {
        icmp
    } else {
        xml! { type: icmp.text("from"), code: icmp.text("to") }
    };
    Ok(xml! {
        ruleNumber: number,
        protocol: protocol,
        ruleAction: action,
        egress: egress,
        cidrBlock: v4,
        ipv6CidrBlock: v6,
        portRange: pair("PortRange", "From", "To")?,
        icmpTypeCode: icmp,
    })
}

fn no_entry(acl: &Object) -> Fail {
    Fail::new(
        "InvalidNetworkAclEntry.NotFound",
        format!("The entry does not exist in network ACL {}", acl.id),
    )
}

fn create_entry(call: &mut Call<'_>) -> Answer {
    let acl = call.named(&ACL, "NetworkAclId")?;
    let key = key(call)?;
    let entry = entry(call, &key)?;
    if has(&acl, &key) {
        let message = format!("The network acl entry identified by {} already exists.", key.0);
        return Err(Fail::new("NetworkAclEntryAlreadyExists", message));
    }
    call.region.change(&ACL, &acl.id, |acl| acl.body.list_mut(ENTRIES).push(entry));
    done()
}

fn replace_entry(call: &mut Call<'_>) -> Answer {
    let acl = call.named(&ACL, "NetworkAclId")?;
    let key = key(call)?;
    let new = entry(call, &key)?;
    if !has(&acl, &key) {
        return Err(no_entry(&acl));
    }
    call.region.change(&ACL, &acl.id, |acl| {
        acl.body.list_mut(ENTRIES).iter_mut().filter(|e| is_at(e, &key)).for_each(|e| *e = new.clone());
    });
    done()
}

fn delete_entry(call: &mut Call<'_>) -> Answer {
    let acl = call.named(&ACL, "NetworkAclId")?;
    let key = key(call)?;
    if !has(&acl, &key) {
        return Err(no_entry(&acl));
    }
    call.region.change(&ACL, &acl.id, |acl| acl.body.list_mut(ENTRIES).retain(|e| !is_at(e, &key)));
    done()
}

fn replace_association(call: &mut Call<'_>) -> Answer {
    let acl = call.named(&ACL, "NetworkAclId")?;
    let id = call.p.need("AssociationId")?;
    let found = call.region.all(&ACL).find_map(|acl| {
        let association =
            acl.body.items(ASSOCIATIONS).iter().find(|a| a.text("networkAclAssociationId") == id)?;
        Some((acl.id.clone(), association.text("subnetId").to_owned()))
    });
    let Some((old, subnet)) = found else {
        let message = format!("The association ID '{id}' does not exist");
        return Err(Fail::new("InvalidAssociationID.NotFound", message));
    };
    call.region.change(&ACL, &old, |acl| {
        acl.body.list_mut(ASSOCIATIONS).retain(|a| a.text("networkAclAssociationId") != id);
    });
    let new = associate(call.region, &acl.id, &subnet);
    Ok(xml! { newAssociationId: new })
}
