//! `aws_vpc_security_group_ingress_rule` and `aws_vpc_security_group_egress_rule`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::calls::client::{lists, tagged};
use crate::calls::security::{Direction, Peer, Permission, Rule as Found, RuleSpec};
use crate::errors::Failure;
use evenkeel_model::schema::Schema;
use evenkeel_model::{Path, Value};
use evenkeel_provider::{CreateRequest, FindRequest, PlanRequest, PlannedChange, ProviderError, propose};

use super::common::{Change, Ec2Type, Wanted, arn, by_id, by_token, ids_of, int, text};
use super::security_group::protocol_of;
use super::untold;
use crate::calls::Ec2Context;
use crate::context::Context;
use crate::object::Builder;
use crate::{registry, tags};

/// The attributes that name the peer; exactly one is set.
const PEERS: [&str; 4] = ["cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id"];
/// The attributes that one call changes together.
const CHANGEABLE: [&str; 8] = [
    "cidr_ipv4",
    "cidr_ipv6",
    "prefix_list_id",
    "referenced_security_group_id",
    "ip_protocol",
    "from_port",
    "to_port",
    "description",
];

macro_rules! rule_type {
    ($name:ident, $kind:literal, $noun:literal, $direction:expr) => {
        #[doc = concat!("`", $kind, "`")]
        pub struct $name;

        impl Ec2Type for $name {
            type Found = Found;
            const KIND: &'static str = $kind;
            const NOUN: &'static str = $noun;

            fn propose(schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
                propose(schema, request)
            }

            async fn fetch(
                context: &Arc<Context>,
                wanted: &[Wanted<'_>],
            ) -> Result<BTreeMap<String, Found>, Failure> {
                fetch(context, wanted, $direction).await
            }

            fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
                value(context, $kind, found, known)
            }

            async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
                launch(context, request, $direction).await
            }

            async fn converge(
                context: &Arc<Context>,
                change: &Change<'_, Found>,
            ) -> Result<Option<String>, ProviderError> {
                converge(context, change).await
            }

            async fn remove(context: &Arc<Context>, id: &str, prior: &Value) -> Result<(), Failure> {
                let group = prior.get_str("security_group_id").unwrap_or_default();
                context.ec2().revoke_rules(group, $direction, vec![id.to_owned()]).await
            }

            lists!(describe_security_group_rules [], security_group_rules, |rule| {
                let ours = (rule.is_egress == Some(true)) == ($direction == Direction::Egress);
                tagged(rule.security_group_rule_id, rule.tags).filter(|_| ours)
            });

            async fn search(
                context: &Arc<Context>,
                request: &FindRequest,
            ) -> Result<Option<String>, Failure> {
                let rules = context.ec2().describe_security_group_rules(by_token(&request.token)).await?;
                Ok(rules.into_iter().find(|rule| rule.direction == $direction).map(|rule| rule.id))
            }
        }
    };
}

rule_type!(
    SecurityGroupIngressRule,
    "aws_vpc_security_group_ingress_rule",
    "VPC Security Group Ingress Rule",
    Direction::Ingress
);
rule_type!(
    SecurityGroupEgressRule,
    "aws_vpc_security_group_egress_rule",
    "VPC Security Group Egress Rule",
    Direction::Egress
);

/// A rule keeps its kind of peer; another kind is another rule.
fn propose(schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
    let mut change = propose::plan_by_schema(schema, request);
    if let Some(prior) = request.prior {
        let is_set = |value: &Value, name: &str| value.get(name).is_some_and(|value| !value.is_null());
        for name in PEERS {
            if is_set(prior, name) != is_set(&change.planned, name) {
                change.replace.push(Path::attribute(name));
            }
        }
    }
    change
}

async fn fetch(
    context: &Arc<Context>,
    wanted: &[Wanted<'_>],
    direction: Direction,
) -> Result<BTreeMap<String, Found>, Failure> {
    let ec2 = context.ec2();
    let rules =
        by_id(ids_of(wanted), "security-group-rule-id", |select| ec2.describe_security_group_rules(select));
    let rules = rules.await?.into_iter().filter(|rule| rule.direction == direction);
    let mut found: BTreeMap<String, Found> = rules.map(|rule| (rule.id.clone(), rule)).collect();
    describe_peers(context, wanted, &mut found).await?;
    for wanted in wanted.iter().filter(|_| untold::applies(context)) {
        if let Some(rule) = found.get_mut(wanted.id) {
            untold::of_rule(&mut rule.spec, wanted.known);
        }
    }
    Ok(found)
}

/// Looks up descriptions that should be there and are not told with the rule: some implementations
/// of the API tell those of rules about groups only with the group.
async fn describe_peers(
    context: &Arc<Context>,
    wanted: &[Wanted<'_>],
    found: &mut BTreeMap<String, Found>,
) -> Result<(), Failure> {
    let described: BTreeSet<&str> = wanted
        .iter()
        .filter(|wanted| text(wanted.known, "description").is_some())
        .map(|wanted| wanted.id)
        .collect();
    let silent = |rule: &Found| {
        rule.spec.description.is_none()
            && matches!(rule.spec.peer, Some(Peer::Group(..)))
            && described.contains(rule.id.as_str())
    };
    let groups: BTreeSet<String> =
        found.values().filter(|rule| silent(rule)).map(|rule| rule.group_id.clone()).collect();
    if groups.is_empty() {
        return Ok(());
    }
    let ec2 = context.ec2();
    let groups =
        by_id(groups.into_iter().collect(), "group-id", |select| ec2.describe_security_groups(select))
            .await?;
    for rule in found.values_mut().filter(|rule| silent(rule)) {
        let permissions =
            groups.iter().filter(|group| group.id == rule.group_id).flat_map(|group| match rule.direction {
                Direction::Ingress => &group.ingress,
                Direction::Egress => &group.egress,
            });
        rule.spec.description = permissions
            .filter(|permission| same_traffic(permission, &rule.spec))
            .flat_map(|permission| &permission.peers)
            .find(|(peer, _)| same_group(Some(peer), rule.spec.peer.as_ref()))
            .and_then(|(_, description)| description.clone());
    }
    Ok(())
}

fn same_traffic(permission: &Permission, spec: &RuleSpec) -> bool {
    let ports = |port: Option<i32>| port.filter(|port| *port != -1);
    protocol_of(&permission.protocol) == protocol_of(&spec.protocol)
        && ports(permission.from_port) == ports(spec.from_port)
        && ports(permission.to_port) == ports(spec.to_port)
}

fn same_group(a: Option<&Peer>, b: Option<&Peer>) -> bool {
    matches!((a, b), (Some(Peer::Group(a, _)), Some(Peer::Group(b, _))) if a == b)
}

fn value(context: &Arc<Context>, kind: &str, found: &Found, known: &Value) -> Value {
    let made = || arn(context, found.owner_id.as_deref(), &format!("security-group-rule/{}", found.id));
    let spec = &found.spec;
    let known_protocol =
        text(known, "ip_protocol").filter(|known| protocol_of(known) == protocol_of(&spec.protocol));
    let protocol = known_protocol.unwrap_or_else(|| protocol_of(&spec.protocol));
    // All protocols have all ports, which the service tells as -1.
    let port = |name: &str, port: Option<i32>| match (protocol_of(&protocol).as_str(), known.get_i64(name)) {
        ("-1", known) => known,
        _ => port.map(i64::from),
    };
    let (from_port, to_port) = (port("from_port", spec.from_port), port("to_port", spec.to_port));
    let description = spec.description.as_deref().filter(|text| !text.is_empty());
    let empty = known.get_str("description").filter(|known| known.is_empty());
    let builder = Builder::new(registry::schema(kind), known)
        .str("id", Some(&found.id))
        .str("security_group_rule_id", Some(&found.id))
        .str("arn", Some(found.arn.clone().unwrap_or_else(made)))
        .str("region", Some(context.region()))
        .str("security_group_id", Some(&found.group_id))
        .str("description", description.or(empty))
        .number("from_port", from_port)
        .number("to_port", to_port)
        .tags(context.tags().observed(&found.tags, known));
    let peers = peer_attributes(found, known);
    let builder = PEERS.into_iter().fold(builder, |builder, name| builder.str(name, peers.get(name)));
    builder.str("ip_protocol", Some(protocol)).build()
}

/// The attribute that names the peer, and its value.
fn peer_attributes(found: &Found, known: &Value) -> BTreeMap<&'static str, String> {
    let entry = match &found.spec.peer {
        Some(Peer::Ipv4(cidr)) => ("cidr_ipv4", cidr.clone()),
        Some(Peer::Ipv6(cidr)) => ("cidr_ipv6", cidr.clone()),
        Some(Peer::PrefixList(id)) => ("prefix_list_id", id.clone()),
        Some(Peer::Group(id, account)) => {
            let name = "referenced_security_group_id";
            let written = text(known, name).filter(|known| known.ends_with(id.as_str()));
            let foreign = account.as_deref().filter(|account| Some(*account) != found.owner_id.as_deref());
            let told = foreign.map_or_else(|| id.clone(), |account| format!("{account}/{id}"));
            (name, written.unwrap_or(told))
        }
        None => return BTreeMap::new(),
    };
    BTreeMap::from([entry])
}

fn spec_of(planned: &Value) -> RuleSpec {
    let get = |name: &str| text(planned, name);
    let group = |id: String| match id.split_once('/') {
        Some((account, id)) => Peer::Group(id.to_owned(), Some(account.to_owned())),
        None => Peer::Group(id, None),
    };
    let peer = get("cidr_ipv4")
        .map(Peer::Ipv4)
        .or_else(|| get("cidr_ipv6").map(Peer::Ipv6))
        .or_else(|| get("prefix_list_id").map(Peer::PrefixList))
        .or_else(|| get("referenced_security_group_id").map(group));
    RuleSpec {
        protocol: protocol_of(planned.get_str("ip_protocol").unwrap_or_default()),
        from_port: int(planned, "from_port"),
        to_port: int(planned, "to_port"),
        peer,
        description: get("description"),
    }
}

async fn launch(
    context: &Arc<Context>,
    request: &CreateRequest,
    direction: Direction,
) -> Result<String, Failure> {
    let planned = &request.planned;
    let spec = spec_of(planned);
    let permission = Permission {
        protocol: spec.protocol,
        from_port: spec.from_port,
        to_port: spec.to_port,
        peers: spec.peer.into_iter().map(|peer| (peer, spec.description.clone())).collect(),
    };
    let group = planned.get_str("security_group_id").unwrap_or_default();
    let tags = tags::for_create(planned, &request.token);
    let rules = context.ec2().authorize(group, direction, vec![permission], tags).await?;
    match rules.into_iter().next() {
        Some(rule) => Ok(rule.id),
        // The rule is there, only its name was not told.
        None => {
            let found = context.ec2().describe_security_group_rules(by_token(&request.token)).await?;
            Ok(found.into_iter().next().map(|rule| rule.id).unwrap_or_default())
        }
    }
}

async fn converge(
    context: &Arc<Context>,
    change: &Change<'_, Found>,
) -> Result<Option<String>, ProviderError> {
    let differs = CHANGEABLE.iter().any(|name| change.planned.get(name) != change.current.get(name));
    if differs {
        let mut spec = spec_of(change.planned);
        if spec.protocol == "-1" {
            spec.from_port = Some(-1);
            spec.to_port = Some(-1);
        }
        let modified =
            context.ec2().modify_security_group_rule(&change.found.group_id, change.id, spec).await;
        modified.map_err(|error| change.failed(error))?;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_kind_of_peer_is_another_rule() {
        let schema = registry::schema("aws_vpc_security_group_ingress_rule");
        let null = Value::object(
            schema.block.attributes.iter().map(|(name, a)| (name.clone(), Value::null(a.ty.clone()))),
        );
        let provider = Value::empty_object();
        let prior = null.clone().with_attribute("cidr_ipv4", Value::string("10.0.0.0/8"));
        let plan = |config: &Value| {
            propose(schema, &PlanRequest { provider_config: &provider, prior: Some(&prior), config })
        };
        let moved = prior.clone().with_attribute("cidr_ipv4", Value::string("10.1.0.0/16"));
        assert_eq!(plan(&moved).replace, []);
        let other = null.with_attribute("cidr_ipv6", Value::string("::/0"));
        assert_eq!(plan(&other).replace, [Path::attribute("cidr_ipv4"), Path::attribute("cidr_ipv6")]);
    }
}
