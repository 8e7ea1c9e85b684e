//! `aws_security_group`, with rules inline where configuration has them there.
//!
//! The service groups rules by protocol and ports, configuration as it likes. Both are taken apart
//! into single rules to be compared; an element of configuration all of whose rules exist is given
//! back as it is written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::calls::client::{lists, tagged};
use crate::calls::security::{Direction, NewSecurityGroup, Peer, Permission, SecurityGroup as Found};
use crate::errors::Failure;
use evenkeel_model::schema::Schema;
use evenkeel_model::{Type, Value};
use evenkeel_provider::{CreateRequest, FindRequest, PlanRequest, PlannedChange, ProviderError, propose};

use super::common::{
    Change, Ec2Type, Wanted, arn, by_id, by_token, ids_of, int, overlook, text, texts, unless_gone,
};
use super::untold;
use crate::calls::Ec2Context;
use crate::context::Context;
use crate::object::Builder;
use crate::{names, registry, tags};

/// `aws_security_group`
pub struct SecurityGroup;

const SIDES: [(&str, Direction); 2] = [("egress", Direction::Egress), ("ingress", Direction::Ingress)];

impl Ec2Type for SecurityGroup {
    type Found = Found;
    const KIND: &'static str = "aws_security_group";
    const NOUN: &'static str = "EC2 Security Group";

    fn propose(schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        propose(schema, request)
    }

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        let ec2 = context.ec2();
        let groups = by_id(ids_of(wanted), "group-id", |select| ec2.describe_security_groups(select));
        let mut groups = groups.await?;
        for wanted in wanted.iter().filter(|_| untold::applies(context)) {
            for (name, direction) in SIDES {
                let known = wanted.known.get(name).and_then(Value::as_elements).unwrap_or_default();
                let known = known.iter().flat_map(|element| rules_in(element, wanted.id)).collect();
                let of_id = groups.iter_mut().filter(|group| group.id == wanted.id);
                of_id.for_each(|group| untold::of_group(group, direction, &known));
            }
        }
        Ok(groups.into_iter().map(|group| (group.id.clone(), group)).collect())
    }

    fn settled(change: &Change<'_, Found>) -> bool {
        SIDES.iter().all(|(name, direction)| {
            change.keeps(name)
                || planned_rules(change.planned, name, change.found) == rules_of(change.found, *direction)
        })
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        let made = || arn(context, found.owner_id.as_deref(), &format!("security-group/{}", found.id));
        let side = |name: &str, direction| {
            let known = known.get(name).and_then(Value::as_elements).unwrap_or_default();
            Value::set(element_type(), elements_of(found, rules_of(found, direction), known))
        };
        Builder::new(registry::schema(Self::KIND), known)
            .str("id", Some(&found.id))
            .str("arn", Some(found.arn.clone().unwrap_or_else(made)))
            .str("region", Some(context.region()))
            .str("owner_id", found.owner_id.as_deref())
            .str("vpc_id", found.vpc_id.as_deref())
            .str("name", Some(&found.name))
            .str("name_prefix", Some(names::prefix_of(&found.name, known)))
            .str("description", found.description.as_deref())
            .set("ingress", side("ingress", Direction::Ingress))
            .set("egress", side("egress", Direction::Egress))
            .tags(context.tags().observed(&found.tags, known))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let planned = &request.planned;
        let new = NewSecurityGroup {
            name: names::chosen(planned, &request.token),
            description: text(planned, "description").unwrap_or_default(),
            vpc_id: text(planned, "vpc_id"),
            tags: tags::for_create(planned, &request.token),
        };
        context.ec2().create_security_group(new).await
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Found>,
    ) -> Result<Option<String>, ProviderError> {
        let ec2 = context.ec2();
        for (name, direction) in SIDES.into_iter().filter(|(name, _)| !change.keeps(name)) {
            let wanted = planned_rules(change.planned, name, change.found);
            let current = rules_of(change.found, direction);
            let surplus = permissions(current.difference(&wanted));
            if !surplus.is_empty() {
                let revoked = ec2.revoke(change.id, direction, surplus).await;
                revoked.or_else(unless_gone).map_err(|error| change.failed(error))?;
            }
            let missing = permissions(wanted.difference(&current));
            if !missing.is_empty() {
                match ec2.authorize(change.id, direction, missing, BTreeMap::new()).await {
                    // An earlier attempt whose answer was lost.
                    Err(error) if !error.is("InvalidPermission.Duplicate") => {
                        return Err(change.failed(error));
                    }
                    _ => {}
                }
            }
        }
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, id: &str, prior: &Value) -> Result<(), Failure> {
        if prior.get_bool("revoke_rules_on_delete") == Some(true) {
            let found = Self::fetch(context, &[Wanted::of(id, prior)]).await?;
            for (_, direction) in SIDES {
                let rules = found.get(id).map(|group| rules_of(group, direction)).unwrap_or_default();
                if !rules.is_empty() {
                    let revoked = context.ec2().revoke(id, direction, permissions(rules.iter())).await;
                    revoked.or_else(unless_gone)?;
                }
            }
        }
        context.ec2().delete_security_group(id).await
    }

    lists!(describe_security_groups [], security_groups, |group| {
        // The one of that name comes with its VPC.
        let name = group.group_name.filter(|name| name != "default")?;
        let found = tagged(group.group_id, group.tags)?;
        Some(evenkeel_provider::Listed { name: Some(name), ..found })
    });

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let groups = context.ec2().describe_security_groups(by_token(&request.token)).await?;
        Ok(groups.into_iter().next().map(|group| group.id))
    }
}

/// Rules that are written in another way and mean the same are no change.
pub(super) fn propose(schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
    let mut change = propose::plan_by_schema(schema, request);
    let own = request.prior.and_then(|prior| prior.get_str("id")).unwrap_or_default().to_owned();
    let meaning = |value: &Value| -> BTreeSet<Rule> {
        value.as_elements().unwrap_or_default().iter().flat_map(|element| rules_in(element, &own)).collect()
    };
    for (name, _) in SIDES {
        overlook(&mut change, request.prior, name, |a, b| meaning(a) == meaning(b));
    }
    change
}

/// One rule: protocol, ports, peer, description.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rule {
    pub protocol: String,
    pub from_port: Option<i32>,
    pub to_port: Option<i32>,
    pub peer: Peer,
    pub description: String,
}

/// The service's own word for a protocol.
pub(super) fn protocol_of(text: &str) -> String {
    match text.to_ascii_lowercase().as_str() {
        "all" | "-1" => "-1".into(),
        "6" => "tcp".into(),
        "17" => "udp".into(),
        "1" => "icmp".into(),
        "58" => "icmpv6".into(),
        other => other.to_owned(),
    }
}

/// The single rules of a group in one direction.
pub(super) fn rules_of(group: &Found, direction: Direction) -> BTreeSet<Rule> {
    let permissions = match direction {
        Direction::Ingress => &group.ingress,
        Direction::Egress => &group.egress,
    };
    let own = group.owner_id.as_deref();
    let rules = permissions.iter().flat_map(|permission| {
        permission.peers.iter().map(move |(peer, description)| {
            let peer = match peer {
                Peer::Group(id, account) if account.as_deref() == own => Peer::Group(id.clone(), None),
                peer => peer.clone(),
            };
            rule(
                &permission.protocol,
                (permission.from_port, permission.to_port),
                peer,
                description.as_deref(),
            )
        })
    });
    rules.collect()
}

/// A rule in the service's own words.
pub(super) fn rule(
    protocol: &str,
    ports: (Option<i32>, Option<i32>),
    peer: Peer,
    description: Option<&str>,
) -> Rule {
    let protocol = protocol_of(protocol);
    let (from_port, to_port) = if protocol == "-1" { (None, None) } else { ports };
    Rule { protocol, from_port, to_port, peer, description: description.unwrap_or_default().to_owned() }
}

/// The planned rules of one side. A side that is left open shall have none: a new group comes with
/// a rule that lets everything out.
fn planned_rules(planned: &Value, side: &str, group: &Found) -> BTreeSet<Rule> {
    let elements = planned.get(side).and_then(Value::as_elements).unwrap_or_default();
    elements.iter().flat_map(|element| rules_in(element, &group.id)).collect()
}

/// The single rules that an element of configuration stands for.
pub(super) fn rules_in(element: &Value, own_id: &str) -> Vec<Rule> {
    let list = |name: &str| texts(element.get(name)).into_iter();
    let own = (element.get_bool("self") == Some(true)).then(|| own_id.to_owned());
    let groups = list("security_groups").chain(own).map(|group| match group.split_once('/') {
        Some((account, id)) => Peer::Group(id.to_owned(), Some(account.to_owned())),
        None => Peer::Group(group, None),
    });
    let peers = list("cidr_blocks")
        .map(Peer::Ipv4)
        .chain(list("ipv6_cidr_blocks").map(Peer::Ipv6))
        .chain(list("prefix_list_ids").map(Peer::PrefixList))
        .chain(groups);
    let protocol = element.get_str("protocol").unwrap_or_default();
    let ports = (int(element, "from_port"), int(element, "to_port"));
    peers.map(|peer| rule(protocol, ports, peer, element.get_str("description"))).collect()
}

/// Rules as calls take them.
pub(super) fn permissions<'a>(rules: impl Iterator<Item = &'a Rule>) -> Vec<Permission> {
    rules
        .map(|rule| Permission {
            protocol: rule.protocol.clone(),
            from_port: rule.from_port,
            to_port: rule.to_port,
            peers: vec![(
                rule.peer.clone(),
                (!rule.description.is_empty()).then(|| rule.description.clone()),
            )],
        })
        .collect()
}

fn element_type() -> Type {
    Type::object([
        ("cidr_blocks", Type::list(Type::String)),
        ("description", Type::String),
        ("from_port", Type::Number),
        ("ipv6_cidr_blocks", Type::list(Type::String)),
        ("prefix_list_ids", Type::list(Type::String)),
        ("protocol", Type::String),
        ("security_groups", Type::set(Type::String)),
        ("self", Type::Bool),
        ("to_port", Type::Number),
    ])
}

/// The elements that stand for existing rules: known ones as they are written, the rest put together
/// by protocol, ports and description.
fn elements_of(group: &Found, mut rules: BTreeSet<Rule>, known: &[Value]) -> Vec<Value> {
    let existing = rules.clone();
    let mut elements = Vec::new();
    for element in known {
        let parts = rules_in(element, &group.id);
        if !parts.is_empty() && parts.iter().all(|part| existing.contains(part)) {
            parts.iter().for_each(|part| {
                rules.remove(part);
            });
            elements.push(element.clone());
        }
    }
    type Key = (String, Option<i32>, Option<i32>, String);
    let mut groups: BTreeMap<Key, Vec<Peer>> = BTreeMap::new();
    for rule in rules {
        groups
            .entry((rule.protocol, rule.from_port, rule.to_port, rule.description))
            .or_default()
            .push(rule.peer);
    }
    elements.extend(groups.into_iter().map(|((protocol, from_port, to_port, description), peers)| {
        element_for(&group.id, &protocol, (from_port, to_port), &description, peers)
    }));
    elements
}

fn element_for(
    own_id: &str,
    protocol: &str,
    ports: (Option<i32>, Option<i32>),
    description: &str,
    peers: Vec<Peer>,
) -> Value {
    let (mut v4, mut v6, mut lists, mut groups, mut own) = (vec![], vec![], vec![], vec![], false);
    for peer in peers {
        match peer {
            Peer::Ipv4(cidr) => v4.push(cidr),
            Peer::Ipv6(cidr) => v6.push(cidr),
            Peer::PrefixList(id) => lists.push(id),
            Peer::Group(id, None) if id == own_id => own = true,
            Peer::Group(id, None) => groups.push(id),
            Peer::Group(id, Some(account)) => groups.push(format!("{account}/{id}")),
        }
    }
    let list = |values: Vec<String>| Value::list(Type::String, values.into_iter().map(Value::string));
    let port = |port: Option<i32>| Value::number(i64::from(port.unwrap_or_default()));
    Value::object([
        ("cidr_blocks", list(v4)),
        ("description", Value::string(description)),
        ("from_port", port(ports.0)),
        ("ipv6_cidr_blocks", list(v6)),
        ("prefix_list_ids", list(lists)),
        ("protocol", Value::string(protocol)),
        ("security_groups", Value::set(Type::String, groups.into_iter().map(Value::string))),
        ("self", Value::bool(own)),
        ("to_port", port(ports.1)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn element(protocol: &str, cidrs: &[&str]) -> Value {
        let peers = cidrs.iter().map(|cidr| Peer::Ipv4((*cidr).to_owned())).collect();
        element_for("sg-own", protocol, (Some(80), Some(80)), "", peers)
    }

    fn group(peers: &[&str]) -> Found {
        let peers = peers.iter().map(|cidr| (Peer::Ipv4((*cidr).to_owned()), None)).collect();
        let permission = Permission { protocol: "tcp".into(), from_port: Some(80), to_port: Some(80), peers };
        Found { id: "sg-own".into(), ingress: vec![permission], ..Found::default() }
    }

    #[test]
    fn known_elements_are_given_back_as_they_are_written() {
        let known = [element("6", &["10.0.0.0/8"]), element("TCP", &["10.1.0.0/16"])];
        let group = group(&["10.0.0.0/8", "10.1.0.0/16"]);
        let found = elements_of(&group, rules_of(&group, Direction::Ingress), &known);
        assert_eq!(found, known);
    }

    #[test]
    fn what_is_not_known_is_put_together() {
        let known = [element("tcp", &["10.0.0.0/8", "10.9.0.0/16"])];
        let group = group(&["10.0.0.0/8", "10.1.0.0/16"]);
        let found = elements_of(&group, rules_of(&group, Direction::Ingress), &known);
        assert_eq!(found, [element("tcp", &["10.0.0.0/8", "10.1.0.0/16"])]);
        assert_eq!(found[0].ty(), element_type());
    }

    #[test]
    fn an_element_is_taken_apart_into_rules() {
        let element =
            element("all", &["0.0.0.0/0"]).with_attribute("self", Value::bool(true)).with_attribute(
                "security_groups",
                Value::set(Type::String, [Value::string("123456789012/sg-1")]),
            );
        let rules = rules_in(&element, "sg-own");
        assert!(rules.iter().all(|rule| rule.protocol == "-1" && rule.from_port.is_none()));
        let peers: Vec<_> = rules.into_iter().map(|rule| rule.peer).collect();
        assert_eq!(
            peers,
            [
                Peer::Ipv4("0.0.0.0/0".into()),
                Peer::Group("sg-1".into(), Some("123456789012".into())),
                Peer::Group("sg-own".into(), None),
            ]
        );
    }

    fn any_rule() -> impl Strategy<Value = Rule> {
        let peer = prop_oneof![
            "10\\.[0-9]\\.0\\.0/16".prop_map(Peer::Ipv4),
            "fd0[0-9]::/16".prop_map(Peer::Ipv6),
            "pl-[0-9]".prop_map(Peer::PrefixList),
            "sg-[0-9]".prop_map(|id| Peer::Group(id, None)),
            Just(Peer::Group("sg-own".into(), None)),
            "sg-[0-9]".prop_map(|id| Peer::Group(id, Some("123456789012".into()))),
        ];
        let protocol = prop_oneof![Just("tcp"), Just("udp"), Just("-1"), Just("icmp")];
        (protocol, 0..3_i32, 0..3_i32, peer, "[ab]?").prop_map(|(protocol, from, to, peer, text)| {
            rule(protocol, (Some(from), Some(to)), peer, Some(&text))
        })
    }

    proptest! {
        /// Whatever rules exist, and however little of them is known: the elements given for them
        /// stand for exactly these rules, and are given again as they are.
        #[test]
        fn elements_stand_for_the_rules_that_exist(
            rules in proptest::collection::btree_set(any_rule(), 0..12),
            known in proptest::collection::btree_set(any_rule(), 0..6),
        ) {
            let group = Found { id: "sg-own".into(), ..Found::default() };
            let known = elements_of(&group, known, &[]);
            let elements = elements_of(&group, rules.clone(), &known);
            let meant: BTreeSet<Rule> = elements.iter().flat_map(|e| rules_in(e, "sg-own")).collect();
            prop_assert_eq!(&meant, &rules);
            let again = Value::set(element_type(), elements_of(&group, rules, &elements));
            prop_assert_eq!(again, Value::set(element_type(), elements));
        }
    }
}
