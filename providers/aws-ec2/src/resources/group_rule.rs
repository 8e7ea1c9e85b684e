//! `aws_security_group_rule`: several rules of one group, protocol and port range as one object.
//!
//! It has no identifier in the cloud. The single rules it stands for are looked up in the group, all
//! groups with one call; a single rule that is missing shows as a change of the list it is in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_ec2::types;
use evenkeel_model::schema::Schema;
use evenkeel_model::{Type, Value};
use evenkeel_provider::{CreateRequest, FindRequest, PlanRequest, PlannedChange, ProviderError, propose};

use super::common::{
    Change, Ec2Type, Limits, Wanted, by_id, by_token, overlook, same_or_unset, text, texts, unless_empty,
    unless_gone,
};
use super::naming::hash;
use super::security_group::{Rule, permissions, protocol_of, rule, rules_in, rules_of};
use super::untold;
use crate::calls::client::lists;
use crate::calls::security::{Direction, Peer, Rule as ServiceRule, SecurityGroup};
use crate::calls::{Ec2Context, Filter, Select, Tags};
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::{listing, registry, tags};

/// `aws_security_group_rule`
pub struct SecurityGroupRule;

/// The rules that one object stands for, as far as they exist.
pub struct Found {
    /// The object as configuration or an import has it.
    written: Value,
    present: Vec<Rule>,
    /// The identifiers of those that are there, as far as they are told.
    rule_ids: Vec<String>,
    /// Whether it stands for a single rule.
    is_single: bool,
}

/// Groups that one filter names.
const GROUPS_PER_CALL: usize = 200;
const LISTS: [&str; 3] = ["cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids"];

impl Ec2Type for SecurityGroupRule {
    type Found = Found;
    const KIND: &'static str = "aws_security_group_rule";
    const NOUN: &'static str = "Security Group Rule";
    const LISTED_UNASKED: bool = false;
    const LIMITS: Limits = Limits { create: 300, update: 300, delete: 120 };

    fn propose(schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        let mut change = propose::plan_by_schema(schema, request);
        let meaning = |value: &Value| value.as_str().map(protocol_of);
        overlook(&mut change, request.prior, "protocol", |a, b| meaning(a) == meaning(b));
        for name in LISTS {
            overlook(&mut change, request.prior, name, same_or_unset);
        }
        if change.planned.get_str("protocol").map(protocol_of).as_deref() == Some("-1") {
            // All protocols have all ports.
            overlook(&mut change, request.prior, "from_port", |_, _| true);
            overlook(&mut change, request.prior, "to_port", |_, _| true);
        }
        change
    }

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        let written: Vec<(&str, Value)> =
            wanted.iter().filter_map(|wanted| Some((wanted.id, written_in(wanted)?))).collect();
        let ids: BTreeSet<String> =
            written.iter().filter_map(|(_, value)| text(value, "security_group_id")).collect();
        let ids: Vec<String> = ids.into_iter().collect();
        let ec2 = context.ec2();
        let groups = by_id(ids.clone(), "group-id", |select| ec2.describe_security_groups(select));
        let (mut groups, rules) =
            futures_util::future::try_join(groups, rules_by_group(context, &ids)).await?;
        for (_, written) in written.iter().filter(|_| untold::applies(context)) {
            let id = written.get_str("security_group_id").unwrap_or_default();
            let of_id = groups.iter_mut().filter(|group| group.id == id);
            let known = parts_of(written, None);
            of_id.for_each(|group| untold::of_group(group, direction_of(written), &known));
        }
        let found = written.into_iter().filter_map(|(id, written)| {
            let group = groups
                .iter()
                .find(|group| Some(group.id.as_str()) == written.get_str("security_group_id"))?;
            Some((id.to_owned(), found_in(group, &rules, written)?))
        });
        Ok(found.collect())
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        let written = &found.written;
        let peers: BTreeSet<&Peer> = found.present.iter().map(|rule| &rule.peer).collect();
        let has = |name: &str, text: &str| match name {
            "cidr_blocks" => peers.contains(&Peer::Ipv4(text.to_owned())),
            "ipv6_cidr_blocks" => peers.contains(&Peer::Ipv6(text.to_owned())),
            _ => peers.contains(&Peer::PrefixList(text.to_owned())),
        };
        let group = written.get_str("security_group_id").unwrap_or_default();
        let own = peers.iter().any(|peer| matches!(peer, Peer::Group(id, _) if id == group));
        let other = peers.iter().any(|peer| matches!(peer, Peer::Group(id, _) if id != group));
        let asked_self = written.get_bool("self") == Some(true);
        let source =
            text(written, "source_security_group_id").filter(|source| other || (own && source == group));
        let described = description_of(found, written);
        let builder = Builder::new(registry::schema(Self::KIND), written)
            .str("id", Some(identifier(written)))
            .str("region", Some(context.region()))
            .bool("self", Some(asked_self && own))
            .str("source_security_group_id", source)
            .str("security_group_rule_id", found.rule_ids.first().filter(|_| found.is_single))
            .str("description", unless_empty(described, written, "description"));
        let builder = LISTS.into_iter().fold(builder, |builder, name| match written.get(name) {
            Some(value) if !value.is_null() => {
                builder.string_list(name, texts(Some(value)).into_iter().filter(|text| has(name, text)))
            }
            _ => builder,
        });
        let timeouts = known.get("timeouts").cloned();
        timeouts.into_iter().fold(builder, |builder, value| builder.set("timeouts", value)).build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let planned = &request.planned;
        let group = planned.get_str("security_group_id").unwrap_or_default();
        let tags = Tags::from([(tags::OWNER_KEY.to_owned(), request.token.to_string())]);
        let rules = parts_of(planned, None);
        context.ec2().authorize(group, direction_of(planned), permissions(rules.iter()), tags).await?;
        Ok(identifier(planned))
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Found>,
    ) -> Result<Option<String>, ProviderError> {
        let planned = change.planned;
        if change.current.get("description") == planned.get("description") {
            return Ok(None);
        }
        let group = planned.get_str("security_group_id").unwrap_or_default();
        let rules = parts_of(planned, None);
        let ec2 = context.ec2();
        let described = ec2.describe_rules(group, direction_of(planned), permissions(rules.iter()));
        described.await.map(|()| None).map_err(|error| change.failed(error))
    }

    async fn remove(context: &Arc<Context>, id: &str, prior: &Value) -> Result<(), Failure> {
        // A removal that names a rule which is not there removes none.
        let found = Self::fetch(context, &[Wanted::of(id, prior)]).await?;
        let Some(found) = found.get(id) else { return Ok(()) };
        let group = prior.get_str("security_group_id").unwrap_or_default();
        let (ec2, direction) = (context.ec2(), direction_of(prior));
        let revoked = match found.rule_ids.len() == found.present.len() {
            true => ec2.revoke_rules(group, direction, found.rule_ids.clone()).await,
            false => ec2.revoke(group, direction, permissions(found.present.iter())).await,
        };
        revoked.or_else(unless_gone)
    }

    lists!(describe_security_group_rules [], security_group_rules, |rule| {
        let id = import_id_of(&rule);
        let written = imported(&id)?;
        Some(listing::imported(identifier(&written), id))
    });

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let rules = context.ec2().describe_security_group_rules(by_token(&request.token)).await?;
        Ok((!rules.is_empty()).then(|| identifier(&request.planned)))
    }
}

async fn rules_by_group(context: &Arc<Context>, groups: &[String]) -> Result<Vec<ServiceRule>, Failure> {
    let mut rules = Vec::new();
    for groups in groups.chunks(GROUPS_PER_CALL) {
        let filters = vec![Filter::new("group-id", groups.iter().cloned())];
        rules.extend(context.ec2().describe_security_group_rules(Select::Filters(filters)).await?);
    }
    Ok(rules)
}

fn direction_of(value: &Value) -> Direction {
    match value.get_str("type") {
        Some("egress") => Direction::Egress,
        _ => Direction::Ingress,
    }
}

/// The single rules that an object stands for. Groups of the account itself are named without it.
fn parts_of(value: &Value, owner: Option<&str>) -> BTreeSet<Rule> {
    let group = value.get_str("security_group_id").unwrap_or_default();
    let sources = text(value, "source_security_group_id").map(Value::string);
    let element = value.clone().with_attribute("security_groups", Value::set(Type::String, sources));
    let local = |mut rule: Rule| {
        if let Peer::Group(_, account) = &mut rule.peer {
            *account = account.take().filter(|account| Some(account.as_str()) != owner);
        }
        rule
    };
    rules_in(&element, group).into_iter().map(local).collect()
}

fn same_traffic(a: &Rule, b: &Rule) -> bool {
    (&a.protocol, a.from_port, a.to_port, &a.peer) == (&b.protocol, b.from_port, b.to_port, &b.peer)
}

/// What exists of the rules; nothing when none does.
fn found_in(group: &SecurityGroup, rules: &[ServiceRule], written: Value) -> Option<Found> {
    let owner = group.owner_id.as_deref();
    let parts = parts_of(&written, owner);
    let direction = direction_of(&written);
    let existing = rules_of(group, direction);
    let present: Vec<Rule> =
        existing.into_iter().filter(|rule| parts.iter().any(|part| same_traffic(part, rule))).collect();
    present.first()?;
    let is_present = |service: &&ServiceRule| {
        let single = single(service, owner);
        single.is_some_and(|single| present.iter().any(|rule| same_traffic(&single, rule)))
    };
    let of_group = rules.iter().filter(|rule| rule.group_id == group.id && rule.direction == direction);
    let rule_ids = of_group.filter(is_present).map(|rule| rule.id.clone()).collect();
    Some(Found { written, present, rule_ids, is_single: parts.len() == 1 })
}

/// A rule that the service tells by itself, as those of a group are compared.
fn single(service: &ServiceRule, owner: Option<&str>) -> Option<Rule> {
    let peer = match service.spec.peer.clone()? {
        Peer::Group(id, account) => Peer::Group(id, account.filter(|a| Some(a.as_str()) != owner)),
        peer => peer,
    };
    Some(rule(&service.spec.protocol, (service.spec.from_port, service.spec.to_port), peer, None))
}

/// The description of the rules; where they differ, one that is not as written.
fn description_of<'a>(found: &'a Found, written: &Value) -> Option<&'a str> {
    let wanted = written.get_str("description").unwrap_or_default();
    let mut texts = found.present.iter().map(|rule| rule.description.as_str());
    let first = found.present.first().map(|rule| rule.description.as_str());
    texts.find(|text| *text != wanted).or(first)
}

/// The object as it is remembered, or as an import names it.
fn written_in(wanted: &Wanted<'_>) -> Option<Value> {
    match text(wanted.known, "security_group_id") {
        Some(_) => Some(wanted.known.clone()),
        None => imported(wanted.id),
    }
}

/// `sg-1_ingress_tcp_80_80_10.0.0.0/8_10.1.0.0/16`
fn imported(id: &str) -> Option<Value> {
    let mut parts = id.split('_');
    let (group, kind, protocol) = (parts.next()?, parts.next()?, parts.next()?);
    let (from, to): (i64, i64) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let sources: Vec<&str> = parts.filter(|source| !source.is_empty()).collect();
    if !group.starts_with("sg-") || !matches!(kind, "ingress" | "egress") || sources.is_empty() {
        return None;
    }
    let class = |source: &str| match source {
        "self" => "self",
        source if source.contains("sg-") => "source_security_group_id",
        source if source.contains(':') => "ipv6_cidr_blocks",
        source if source.contains("pl-") => "prefix_list_ids",
        _ => "cidr_blocks",
    };
    let of = |name: &'static str| sources.iter().copied().filter(move |source| class(source) == name);
    let list = |name: &'static str| match of(name).next() {
        Some(_) => Value::list(Type::String, of(name).map(Value::string)),
        None => Value::null(Type::list(Type::String)),
    };
    let source = of("source_security_group_id").next();
    Some(Value::object([
        ("security_group_id", Value::string(group)),
        ("type", Value::string(kind)),
        ("protocol", Value::string(protocol_of(protocol))),
        ("from_port", Value::number(from)),
        ("to_port", Value::number(to)),
        ("self", Value::bool(of("self").next().is_some())),
        ("source_security_group_id", source.map_or_else(|| Value::null(Type::String), Value::string)),
        ("cidr_blocks", list("cidr_blocks")),
        ("ipv6_cidr_blocks", list("ipv6_cidr_blocks")),
        ("prefix_list_ids", list("prefix_list_ids")),
    ]))
}

/// What an import of a single rule is given.
fn import_id_of(rule: &types::SecurityGroupRule) -> String {
    let group = rule.group_id().unwrap_or_default();
    let kind = if rule.is_egress() == Some(true) { "egress" } else { "ingress" };
    let protocol = protocol_of(rule.ip_protocol().unwrap_or_default());
    let other = rule.referenced_group_info().and_then(|other| other.group_id());
    let blocks = rule.cidr_ipv4().or(rule.cidr_ipv6()).or(rule.prefix_list_id());
    let source = match other {
        Some(other) if other == group => "self",
        other => other.or(blocks).unwrap_or_default(),
    };
    let [from, to] = [rule.from_port, rule.to_port].map(Option::unwrap_or_default);
    format!("{group}_{kind}_{protocol}_{from}_{to}_{source}")
}

/// The identifier that the public provider makes of an object's parts.
fn identifier(value: &Value) -> String {
    let get = |name: &str| value.get_str(name).unwrap_or_default();
    let protocol = protocol_of(get("protocol"));
    let ports = ["from_port", "to_port"].map(|name| value.get_i64(name).unwrap_or_default());
    let mut text = format!("{}-", get("security_group_id"));
    for port in ports.into_iter().filter(|port| protocol != "-1" && *port > 0) {
        text += &format!("{port}-");
    }
    text += &format!("{protocol}-{}-", get("type"));
    for name in LISTS {
        let sorted: BTreeSet<String> = texts(value.get(name)).into_iter().collect();
        text.extend(sorted.iter().map(|part| format!("{part}-")));
    }
    let group = get("security_group_id");
    let own = (value.get_bool("self") == Some(true)).then_some(group);
    let source = get("source_security_group_id");
    let source = source.split_once('/').map_or(source, |(_, id)| id);
    let sources: BTreeSet<&str> = own.into_iter().chain(Some(source).filter(|id| !id.is_empty())).collect();
    text.extend(sources.iter().map(|id| format!("{id}--")));
    format!("sgrule-{}", hash(&text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::security::Permission;

    fn written(id: &str) -> Value {
        imported(id).expect("the identifier can be read")
    }

    #[test]
    fn an_import_names_the_rules() {
        let value = written("sg-1_ingress_6_80_443_10.0.0.0/8_fd00::/8_pl-1_self");
        assert_eq!(value.get_str("protocol"), Some("tcp"));
        let peers: Vec<Peer> = parts_of(&value, None).into_iter().map(|rule| rule.peer).collect();
        assert_eq!(
            peers,
            [
                Peer::Ipv4("10.0.0.0/8".into()),
                Peer::Ipv6("fd00::/8".into()),
                Peer::PrefixList("pl-1".into()),
                Peer::Group("sg-1".into(), None)
            ]
        );
        for wrong in
            ["sg-1", "sg-1_in_tcp_1_1_10.0.0.0/8", "sg-1_ingress_tcp_x_1_10.0.0.0/8", "x_ingress_tcp_1_1_a"]
        {
            assert!(imported(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn what_exists_is_found_and_what_is_missing_is_not() {
        let peers = vec![(Peer::Ipv4("10.0.0.0/8".into()), Some("office".into()))];
        let permission = Permission { protocol: "tcp".into(), from_port: Some(80), to_port: Some(80), peers };
        let group =
            SecurityGroup { id: "sg-1".into(), ingress: vec![permission], ..SecurityGroup::default() };
        let both = found_in(&group, &[], written("sg-1_ingress_tcp_80_80_10.0.0.0/8_10.1.0.0/16"))
            .expect("one is there");
        assert_eq!(both.present.len(), 1);
        assert_eq!(description_of(&both, &both.written), Some("office"));
        assert!(found_in(&group, &[], written("sg-1_egress_tcp_80_80_10.0.0.0/8")).is_none());
        assert!(found_in(&group, &[], written("sg-1_ingress_udp_80_80_10.0.0.0/8")).is_none());
    }

    #[test]
    fn the_order_of_parts_does_not_change_the_identifier() {
        let a = identifier(&written("sg-1_ingress_tcp_80_80_10.0.0.0/8_10.1.0.0/16"));
        let b = identifier(&written("sg-1_ingress_tcp_80_80_10.1.0.0/16_10.0.0.0/8"));
        assert_eq!(a, b);
        assert_ne!(a, identifier(&written("sg-1_egress_tcp_80_80_10.0.0.0/8_10.1.0.0/16")));
    }
}
