//! Security groups and their rules.

use aws_sdk_ec2::types;

use super::client::{Client, answer, pages, selection, tag_specification, tags_of};
use super::{Call, Failure, Select, Tags};

/// Which traffic a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// Into the group's members.
    Ingress,
    /// Out of them.
    Egress,
}

/// A security group. Its rules have calls of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields have the service's own names and meanings")]
pub struct SecurityGroup {
    pub id: String,
    pub arn: Option<String>,
    pub name: String,
    pub description: Option<String>,
    pub vpc_id: Option<String>,
    pub owner_id: Option<String>,
    pub ingress: Vec<Permission>,
    pub egress: Vec<Permission>,
    pub tags: Tags,
}

/// Rules of one protocol and port range: one for each peer.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// `tcp`, `udp`, `icmp`, `icmpv6`, a number, or `-1` for all.
    pub protocol: String,
    /// First port or ICMP type.
    pub from_port: Option<i32>,
    /// Last port or ICMP code.
    pub to_port: Option<i32>,
    /// The peers, each with the description of its rule.
    pub peers: Vec<(Peer, Option<String>)>,
}

/// What a rule lets through to or from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    /// An IPv4 block.
    Ipv4(String),
    /// An IPv6 block.
    Ipv6(String),
    /// A prefix list.
    PrefixList(String),
    /// The members of a security group: its identifier and its account, which is left out for our
    /// own.
    Group(String, Option<String>),
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// `sgr-...`
    pub id: String,
    /// As the service names it, where it does.
    pub arn: Option<String>,
    /// The group that it belongs to.
    pub group_id: String,
    /// The account that owns the group.
    pub owner_id: Option<String>,
    /// Its direction.
    pub direction: Direction,
    /// What it lets through.
    pub spec: RuleSpec,
    /// Its tags.
    pub tags: Tags,
}

/// What one rule lets through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSpec {
    /// As in [`Permission`].
    pub protocol: String,
    /// As in [`Permission`].
    pub from_port: Option<i32>,
    /// As in [`Permission`].
    pub to_port: Option<i32>,
    /// To or from whom; none where the service does not tell.
    pub peer: Option<Peer>,
    /// What it is for.
    pub description: Option<String>,
}

/// What a new security group shall be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields have the service's own names and meanings")]
pub struct NewSecurityGroup {
    pub name: String,
    pub description: String,
    pub vpc_id: Option<String>,
    pub tags: Tags,
}

impl Client {
    pub fn create_security_group(&self, new: NewSecurityGroup) -> Call<'_, String> {
        Box::pin(async move {
            let request = self
                .once
                .create_security_group()
                .group_name(new.name)
                .description(new.description)
                .set_vpc_id(new.vpc_id)
                .set_tag_specifications(tag_specification(types::ResourceType::SecurityGroup, &new.tags));
            let output = answer(request.send()).await?;
            output.group_id.ok_or_else(|| Failure::incomplete("security group"))
        })
    }

    pub fn describe_security_groups(&self, select: Select) -> Call<'_, Vec<SecurityGroup>> {
        Box::pin(async move {
            let (ids, filters) = selection(select);
            let request = self.safe.describe_security_groups().set_group_ids(ids).set_filters(filters);
            let groups = pages!(request, security_groups);
            Ok(groups.into_iter().filter_map(group_of).collect())
        })
    }

    pub fn delete_security_group<'a>(&'a self, id: &'a str) -> Call<'a, ()> {
        Box::pin(async move {
            let request = self.safe.delete_security_group().group_id(id);
            answer(request.send()).await.map(drop)
        })
    }

    pub fn authorize<'a>(
        &'a self,
        group: &'a str,
        direction: Direction,
        permissions: Vec<Permission>,
        tags: Tags,
    ) -> Call<'a, Vec<Rule>> {
        Box::pin(async move {
            let permissions = Some(permissions.into_iter().map(sdk_permission).collect());
            let tags = tag_specification(types::ResourceType::SecurityGroupRule, &tags);
            let rules = match direction {
                Direction::Ingress => {
                    let request = self
                        .once
                        .authorize_security_group_ingress()
                        .group_id(group)
                        .set_ip_permissions(permissions)
                        .set_tag_specifications(tags);
                    let output = answer(request.send()).await?;
                    output.security_group_rules
                }
                Direction::Egress => {
                    let request = self
                        .once
                        .authorize_security_group_egress()
                        .group_id(group)
                        .set_ip_permissions(permissions)
                        .set_tag_specifications(tags);
                    let output = answer(request.send()).await?;
                    output.security_group_rules
                }
            };
            Ok(rules.unwrap_or_default().into_iter().filter_map(rule_of).collect())
        })
    }

    pub fn revoke<'a>(
        &'a self,
        group: &'a str,
        direction: Direction,
        permissions: Vec<Permission>,
    ) -> Call<'a, ()> {
        Box::pin(async move {
            let permissions = Some(permissions.into_iter().map(sdk_permission).collect());
            match direction {
                Direction::Ingress => {
                    let request = self
                        .safe
                        .revoke_security_group_ingress()
                        .group_id(group)
                        .set_ip_permissions(permissions);
                    answer(request.send()).await.map(drop)
                }
                Direction::Egress => {
                    let request = self
                        .safe
                        .revoke_security_group_egress()
                        .group_id(group)
                        .set_ip_permissions(permissions);
                    answer(request.send()).await.map(drop)
                }
            }
        })
    }

    /// Takes away rules by their identifiers.
    pub fn revoke_rules<'a>(
        &'a self,
        group: &'a str,
        direction: Direction,
        rules: Vec<String>,
    ) -> Call<'a, ()> {
        Box::pin(async move {
            let rules = Some(rules);
            match direction {
                Direction::Ingress => {
                    let request = self.safe.revoke_security_group_ingress();
                    let request = request.group_id(group).set_security_group_rule_ids(rules);
                    answer(request.send()).await.map(drop)
                }
                Direction::Egress => {
                    let request = self.safe.revoke_security_group_egress();
                    let request = request.group_id(group).set_security_group_rule_ids(rules);
                    answer(request.send()).await.map(drop)
                }
            }
        })
    }

    /// Gives existing rules other descriptions.
    pub fn describe_rules<'a>(
        &'a self,
        group: &'a str,
        direction: Direction,
        permissions: Vec<Permission>,
    ) -> Call<'a, ()> {
        Box::pin(async move {
            let permissions = Some(permissions.into_iter().map(sdk_permission).collect());
            match direction {
                Direction::Ingress => {
                    let request = self.safe.update_security_group_rule_descriptions_ingress();
                    let request = request.group_id(group).set_ip_permissions(permissions);
                    answer(request.send()).await.map(drop)
                }
                Direction::Egress => {
                    let request = self.safe.update_security_group_rule_descriptions_egress();
                    let request = request.group_id(group).set_ip_permissions(permissions);
                    answer(request.send()).await.map(drop)
                }
            }
        })
    }

    pub fn describe_security_group_rules(&self, select: Select) -> Call<'_, Vec<Rule>> {
        Box::pin(async move {
            let (ids, filters) = selection(select);
            let request = self
                .safe
                .describe_security_group_rules()
                .set_security_group_rule_ids(ids)
                .set_filters(filters);
            let rules = pages!(request, security_group_rules);
            Ok(rules.into_iter().filter_map(rule_of).collect())
        })
    }

    pub fn modify_security_group_rule<'a>(
        &'a self,
        group: &'a str,
        rule: &'a str,
        spec: RuleSpec,
    ) -> Call<'a, ()> {
        Box::pin(async move {
            let change = types::SecurityGroupRuleRequest::builder()
                .ip_protocol(spec.protocol)
                .set_from_port(spec.from_port)
                .set_to_port(spec.to_port)
                .set_description(spec.description);
            let change = match spec.peer {
                Some(Peer::Ipv4(cidr)) => change.cidr_ipv4(cidr),
                Some(Peer::Ipv6(cidr)) => change.cidr_ipv6(cidr),
                Some(Peer::PrefixList(id)) => change.prefix_list_id(id),
                Some(Peer::Group(id, _)) => change.referenced_group_id(id),
                None => change,
            };
            let update = types::SecurityGroupRuleUpdate::builder()
                .security_group_rule_id(rule)
                .security_group_rule(change.build())
                .build();
            let request =
                self.safe.modify_security_group_rules().group_id(group).security_group_rules(update);
            answer(request.send()).await.map(drop)
        })
    }
}

fn sdk_permission(permission: Permission) -> types::IpPermission {
    let mut builder = types::IpPermission::builder()
        .ip_protocol(permission.protocol)
        .set_from_port(permission.from_port)
        .set_to_port(permission.to_port);
    for (peer, description) in permission.peers {
        builder = match peer {
            Peer::Ipv4(cidr) => builder
                .ip_ranges(types::IpRange::builder().cidr_ip(cidr).set_description(description).build()),
            Peer::Ipv6(cidr) => builder.ipv6_ranges(
                types::Ipv6Range::builder().cidr_ipv6(cidr).set_description(description).build(),
            ),
            Peer::PrefixList(id) => builder.prefix_list_ids(
                types::PrefixListId::builder().prefix_list_id(id).set_description(description).build(),
            ),
            Peer::Group(id, account) => builder.user_id_group_pairs(
                types::UserIdGroupPair::builder()
                    .group_id(id)
                    .set_user_id(account)
                    .set_description(description)
                    .build(),
            ),
        };
    }
    builder.build()
}

fn group_of(group: types::SecurityGroup) -> Option<SecurityGroup> {
    let permissions = |permissions: Option<Vec<types::IpPermission>>| {
        permissions.unwrap_or_default().into_iter().map(permission_of).collect()
    };
    Some(SecurityGroup {
        id: group.group_id?,
        arn: group.security_group_arn,
        name: group.group_name.unwrap_or_default(),
        description: group.description,
        vpc_id: group.vpc_id,
        owner_id: group.owner_id,
        ingress: permissions(group.ip_permissions),
        egress: permissions(group.ip_permissions_egress),
        tags: tags_of(group.tags),
    })
}

fn permission_of(permission: types::IpPermission) -> Permission {
    let ipv4 = permission.ip_ranges.unwrap_or_default().into_iter();
    let ipv6 = permission.ipv6_ranges.unwrap_or_default().into_iter();
    let lists = permission.prefix_list_ids.unwrap_or_default().into_iter();
    let groups = permission.user_id_group_pairs.unwrap_or_default().into_iter();
    let peers = ipv4
        .filter_map(|range| Some((Peer::Ipv4(range.cidr_ip?), range.description)))
        .chain(ipv6.filter_map(|range| Some((Peer::Ipv6(range.cidr_ipv6?), range.description))))
        .chain(lists.filter_map(|list| Some((Peer::PrefixList(list.prefix_list_id?), list.description))))
        .chain(groups.filter_map(|pair| Some((Peer::Group(pair.group_id?, pair.user_id), pair.description))))
        .collect();
    Permission {
        protocol: permission.ip_protocol.unwrap_or_default(),
        from_port: permission.from_port,
        to_port: permission.to_port,
        peers,
    }
}

fn rule_of(rule: types::SecurityGroupRule) -> Option<Rule> {
    let peer = match (rule.cidr_ipv4, rule.cidr_ipv6, rule.prefix_list_id, rule.referenced_group_info) {
        (Some(cidr), ..) => Some(Peer::Ipv4(cidr)),
        (_, Some(cidr), ..) => Some(Peer::Ipv6(cidr)),
        (_, _, Some(id), _) => Some(Peer::PrefixList(id)),
        (_, _, _, Some(group)) => group.group_id.map(|id| Peer::Group(id, group.user_id)),
        _ => None,
    };
    Some(Rule {
        id: rule.security_group_rule_id?,
        arn: rule.security_group_rule_arn,
        group_id: rule.group_id.unwrap_or_default(),
        owner_id: rule.group_owner_id,
        direction: if rule.is_egress == Some(true) { Direction::Egress } else { Direction::Ingress },
        spec: RuleSpec {
            protocol: rule.ip_protocol.unwrap_or_default(),
            from_port: rule.from_port,
            to_port: rule.to_port,
            peer,
            description: rule.description,
        },
        tags: tags_of(rule.tags),
    })
}
