//! Security groups and their rules. Rules are objects; a group's description puts them together.

use std::collections::BTreeMap;

use super::cidr;
use super::kinds::{GROUP, INTERFACE, RULE, VPC};
use super::{Actions, Answer, Call, depends, done};
use crate::fail::Fail;
use crate::node::Node;
use crate::params::View;
use crate::region::{Object, Region};
use crate::xml;

pub(super) static ACTIONS: Actions = &[
    ("CreateSecurityGroup", create),
    ("DeleteSecurityGroup", delete),
    ("AuthorizeSecurityGroupIngress", |call| authorize(call, false)),
    ("AuthorizeSecurityGroupEgress", |call| authorize(call, true)),
    ("RevokeSecurityGroupIngress", |call| revoke(call, false)),
    ("RevokeSecurityGroupEgress", |call| revoke(call, true)),
    ("ModifySecurityGroupRules", modify),
    ("UpdateSecurityGroupRuleDescriptionsIngress", |call| describe_rules(call, false)),
    ("UpdateSecurityGroupRuleDescriptionsEgress", |call| describe_rules(call, true)),
];

const RULES_MAX: usize = 60;
/// What makes a rule the same as another.
const SAME: [&str; 8] = [
    "isEgress",
    "ipProtocol",
    "fromPort",
    "toPort",
    "cidrIpv4",
    "cidrIpv6",
    "prefixListId",
    "referencedGroupInfo/groupId",
];

fn create(call: &mut Call<'_>) -> Answer {
    let (name, description) = (call.p.need("GroupName")?, call.p.need("GroupDescription")?);
    let vpc = match call.p.get("VpcId") {
        Some(id) => call.region.find(&VPC, id)?.id.clone(),
        None => super::birth::default_vpc(call.region)?,
    };
    if name.len() > 255 || description.len() > 255 || name.starts_with("sg-") {
        return Err(Fail::value(format!("Value ({name}) for parameter GroupName is invalid.")));
    }
    if call.region.naming(&GROUP, &vpc).any(|group| group.body.text("groupName") == name) {
        let message = format!("The security group '{name}' already exists for VPC '{vpc}'");
        return Err(Fail::new("InvalidGroup.Duplicate", message));
    }
    let body = body(&call.region.account, &vpc, name, description);
    let id = call.make(&GROUP, body)?;
    let arn = finish(call.region, &id);
    let tags = call.show(&GROUP, &id).get("tagSet").cloned();
    Ok(xml! { groupId: id, securityGroupArn: arn, tagSet: tags, return: true })
}

fn body(account: &str, vpc: &str, name: &str, description: &str) -> Node {
    xml! { vpcId: vpc, ownerId: account, groupName: name, groupDescription: description }
}

/// A new group lets everything out.
fn finish(region: &mut Region, group: &str) -> String {
    let arn = format!("arn:aws:ec2:{}:{}:security-group/{group}", region.name, region.account);
    let shown = arn.clone();
    region.change(&GROUP, group, |group| group.body.set("securityGroupArn", shown));
    let all = xml! { ipProtocol: "-1", fromPort: -1, toPort: -1, cidrIpv4: "0.0.0.0/0", isEgress: true };
    add_rule(region, group, all);
    arn
}

/// Makes the group that a VPC comes with.
pub(super) fn add_default(region: &mut Region, vpc: &str) {
    let body = body(&region.account.clone(), vpc, "default", "default VPC security group");
    let id = region.add(&GROUP, body);
    finish(region, &id);
    let account = region.account.clone();
    let own = xml! {
        ipProtocol: "-1",
        fromPort: -1,
        toPort: -1,
        isEgress: false,
        referencedGroupInfo: xml! { groupId: &id, userId: account },
    };
    add_rule(region, &id, own);
}

fn in_group(region: &Region, group: &str, rule: Node) -> Node {
    rule.with(xml! { groupId: group, groupOwnerId: &region.account })
}

fn add_rule(region: &mut Region, group: &str, rule: Node) -> String {
    let rule = in_group(region, group, rule);
    let id = region.add(&RULE, rule);
    name_rule(region, &id);
    id
}

fn name_rule(region: &mut Region, id: &str) {
    let arn = format!("arn:aws:ec2:{}:{}:security-group-rule/{id}", region.name, region.account);
    region.change(&RULE, id, |rule| rule.body.set("securityGroupRuleArn", arn));
}

/// The rules of a group; others name it as their peer.
fn rules<'a>(region: &'a Region, group: &'a str) -> impl Iterator<Item = &'a Object> {
    region.naming(&RULE, group).filter(move |rule| rule.body.text("groupId") == group)
}

fn delete(call: &mut Call<'_>) -> Answer {
    let group = call.named(&GROUP, "GroupId")?;
    if group.body.text("groupName") == "default" {
        let message =
            format!("the specified group: \"{}\" name: \"default\" cannot be deleted by a user", group.id);
        return Err(Fail::new("CannotDelete", message));
    }
    let peer = call.region.naming(&RULE, &group.id).any(|rule| rule.body.text("groupId") != group.id);
    if peer || call.region.is_named(&[&INTERFACE], &group.id) {
        return Err(depends(&GROUP, &group.id));
    }
    for rule in call.region.ids_naming(&RULE, &group.id) {
        call.region.remove(&RULE, &rule);
    }
    call.region.remove(&GROUP, &group.id);
    Ok(xml! { return: true, groupId: &group.id })
}

/// What the service calls a protocol.
fn protocol(text: &str) -> String {
    match text.to_ascii_lowercase().as_str() {
        "6" => "tcp".into(),
        "17" => "udp".into(),
        "1" => "icmp".into(),
        "58" => "icmpv6".into(),
        "all" => "-1".into(),
        other => other.to_owned(),
    }
}

/// What a rule lets through, without its peer.
fn traffic(view: &View<'_>, egress: bool) -> Result<Node, Fail> {
    let protocol = protocol(view.need("IpProtocol")?);
    let known = ["-1", "tcp", "udp", "icmp", "icmpv6"].contains(&protocol.as_str());
    if !known && protocol.parse::<u8>().is_err() {
        return Err(Fail::value(format!("Invalid value '{protocol}' for IP protocol. Unknown protocol.")));
    }
    let (mut from, mut to) = (view.int("FromPort")?, view.int("ToPort")?);
    if ["tcp", "udp"].contains(&protocol.as_str()) {
        let in_range = |port: Option<i64>| port.is_some_and(|port| (0..=65_535).contains(&port));
        if !in_range(from) || !in_range(to) || from > to {
            return Err(Fail::value("Invalid TCP or UDP port range."));
        }
    } else {
        from = from.filter(|_| protocol != "-1").or(Some(-1));
        to = to.filter(|_| protocol != "-1").or(Some(-1));
    }
    Ok(xml! { ipProtocol: protocol, fromPort: from, toPort: to, isEgress: egress })
}

/// The single rules that a request stands for.
fn requested(call: &mut Call<'_>, egress: bool) -> Result<Vec<Node>, Fail> {
    let mut found = Vec::new();
    let mut permissions = call.p.views("IpPermissions");
    if permissions.is_empty() {
        permissions.push(call.p.clone());
    }
    for view in permissions {
        let base = traffic(&view, egress)?;
        let count = found.len();
        let mut push = |more: Node, view: &View<'_>| {
            let description = view.get("Description").map(str::to_owned);
            found.push(base.clone().with(more).with(xml! { description: description }));
        };
        if let Some(block) = view.get("CidrIp") {
            cidr::check(block)?;
            push(xml! { cidrIpv4: block }, &view);
        }
        for range in view.views("IpRanges") {
            let block = range.need("CidrIp")?;
            cidr::check(block)?;
            push(xml! { cidrIpv4: block }, &range);
        }
        for range in view.views("Ipv6Ranges") {
            push(xml! { cidrIpv6: cidr::v6(range.need("CidrIpv6")?)? }, &range);
        }
        for list in view.views("PrefixListIds") {
            push(xml! { prefixListId: list.need("PrefixListId")? }, &list);
        }
        for pair in view.views("Groups") {
            let owner = pair.get("UserId").unwrap_or(&call.region.account).to_owned();
            let id = pair.need("GroupId")?;
            if owner == call.region.account {
                call.region.find(&GROUP, id)?;
            }
            push(xml! { referencedGroupInfo: xml! { groupId: id, userId: owner } }, &pair);
        }
        if found.len() == count {
            return Err(Fail::missing("a source or destination"));
        }
    }
    Ok(found)
}

fn same(a: &Node, b: &Node) -> bool {
    SAME.iter().all(|path| a.text(path) == b.text(path))
}

fn authorize(call: &mut Call<'_>, egress: bool) -> Answer {
    let group = call.named(&GROUP, "GroupId")?;
    let new = requested(call, egress)?;
    let old: Vec<Node> = rules(call.region, &group.id).map(|rule| rule.body.clone()).collect();
    let twice =
        new.iter().enumerate().any(|(at, rule)| new.iter().skip(at + 1).any(|other| same(rule, other)));
    if twice || new.iter().any(|rule| old.iter().any(|other| same(rule, other))) {
        let message = "the specified rule already exists";
        return Err(Fail::new("InvalidPermission.Duplicate", message));
    }
    let side = old.iter().filter(|rule| rule.is_true("isEgress") == egress).count();
    if side + new.len() > RULES_MAX {
        let message = "The maximum number of rules per security group has been reached.";
        return Err(Fail::new("RulesPerSecurityGroupLimitExceeded", message));
    }
    let mut made = Vec::new();
    for rule in new {
        let rule = in_group(call.region, &group.id, rule);
        let id = call.make(&RULE, rule)?;
        name_rule(call.region, &id);
        made.push(call.show(&RULE, &id));
    }
    Ok(xml! { return: true, securityGroupRuleSet: made })
}

fn revoke(call: &mut Call<'_>, egress: bool) -> Answer {
    let group = call.named(&GROUP, "GroupId")?;
    let ids = call.p.list("SecurityGroupRuleId");
    let gone: Vec<String> = if ids.is_empty() {
        let wanted = requested(call, egress)?;
        let found = rules(call.region, &group.id).filter(|rule| wanted.iter().any(|w| same(w, &rule.body)));
        let found: Vec<String> = found.map(|rule| rule.id.clone()).collect();
        if found.len() < wanted.len() {
            let message = "The specified rule does not exist in this security group.";
            return Err(Fail::new("InvalidPermission.NotFound", message));
        }
        found
    } else {
        ids.into_iter().map(|id| Ok(call.region.find(&RULE, id)?.id.clone())).collect::<Result<_, Fail>>()?
    };
    for id in gone {
        call.region.remove(&RULE, &id);
    }
    done()
}

fn modify(call: &mut Call<'_>) -> Answer {
    let group = call.named(&GROUP, "GroupId")?;
    for update in call.p.views("SecurityGroupRule") {
        let id = update.need("SecurityGroupRuleId")?;
        let egress = call.region.find(&RULE, id)?.body.is_true("isEgress");
        let view = update.view("SecurityGroupRule").ok_or_else(|| Fail::missing("SecurityGroupRule"))?;
        let peer = xml! {
            cidrIpv4: view.get("CidrIpv4"),
            cidrIpv6: view.get("CidrIpv6").map(cidr::v6).transpose()?,
            prefixListId: view.get("PrefixListId"),
            referencedGroupInfo: view.get("ReferencedGroupId").map(|id| xml! { groupId: id, userId: &call.region.account }),
            description: view.get("Description"),
        };
        let new = in_group(call.region, &group.id, traffic(&view, egress)?.with(peer));
        if rules(call.region, &group.id).any(|rule| rule.id != id && same(&rule.body, &new)) {
            return Err(Fail::new("InvalidPermission.Duplicate", "the specified rule already exists"));
        }
        call.region.change(&RULE, id, |rule| {
            rule.body = new;
            rule.body.set(RULE.id, id);
        });
        name_rule(call.region, id);
    }
    done()
}

fn describe_rules(call: &mut Call<'_>, egress: bool) -> Answer {
    let group = call.named(&GROUP, "GroupId")?;
    for wanted in requested(call, egress)? {
        let found = rules(call.region, &group.id).find(|rule| same(&wanted, &rule.body));
        let Some(id) = found.map(|rule| rule.id.clone()) else {
            let message = "The specified rule does not exist in this security group.";
            return Err(Fail::new("InvalidPermission.NotFound", message));
        };
        call.region.change(&RULE, &id, |rule| {
            rule.body.set("description", wanted.get("description").cloned());
        });
    }
    done()
}

/// Puts the rules into the description of their group: one entry for each protocol and port range.
pub(super) fn complete(region: &Region, group: &Object, node: &mut Node) {
    type Key = (String, String, String);
    let mut sides: [BTreeMap<Key, Node>; 2] = Default::default();
    for rule in rules(region, &group.id) {
        let body = &rule.body;
        let key = [body.text("ipProtocol"), body.text("fromPort"), body.text("toPort")].map(str::to_owned);
        let [protocol, from, to] = key.clone();
        let [ingress, egress] = &mut sides;
        let side = if body.is_true("isEgress") { egress } else { ingress };
        let entry = side.entry((protocol.clone(), from.clone(), to.clone())).or_insert_with(|| {
            let ports = protocol != "-1";
            xml! {
                ipProtocol: protocol,
                fromPort: ports.then_some(from),
                toPort: ports.then_some(to),
                groups: Vec::<Node>::new(),
                ipRanges: Vec::<Node>::new(),
                ipv6Ranges: Vec::<Node>::new(),
                prefixListIds: Vec::<Node>::new(),
            }
        });
        let (list, peer) = peer(body);
        entry.list_mut(list).push(peer.with(xml! { description: body.get("description").cloned() }));
    }
    let [ingress, egress] = sides;
    node.set("ipPermissions", ingress.into_values().collect::<Vec<_>>());
    node.set("ipPermissionsEgress", egress.into_values().collect::<Vec<_>>());
}

fn peer(rule: &Node) -> (&'static str, Node) {
    let text = |name: &str| rule.get(name).cloned();
    if let Some(group) = rule.get("referencedGroupInfo") {
        return ("groups", group.clone());
    }
    match (text("cidrIpv4"), text("cidrIpv6")) {
        (Some(block), _) => ("ipRanges", xml! { cidrIp: block }),
        (None, Some(block)) => ("ipv6Ranges", xml! { cidrIpv6: block }),
        (None, None) => ("prefixListIds", xml! { prefixListId: text("prefixListId") }),
    }
}
