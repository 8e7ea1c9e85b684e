//! Descriptions that are not told.
//!
//! AWS tells the description of every rule. Emulators tell none of rules about prefix lists, and drop
//! it (moto); there, and only there, such a rule is taken to be described as it is known.

use std::collections::BTreeSet;

use evenkeel_model::Value;

use super::common::text;
use super::security_group::{Rule, rule};
use crate::calls::security::{Direction, Peer, RuleSpec, SecurityGroup};
use crate::context::Context;
use evenkeel_provider_aws_core::endpoints::Service;

/// Whether there is anything to make up for.
pub(super) fn applies(context: &Context) -> bool {
    context.is_stand_in(Service::Ec2)
}

/// Completes the rules of a group in one direction by those that are known.
pub(super) fn of_group(group: &mut SecurityGroup, direction: Direction, known: &BTreeSet<Rule>) {
    let permissions = match direction {
        Direction::Ingress => &mut group.ingress,
        Direction::Egress => &mut group.egress,
    };
    for permission in permissions {
        let ports = (permission.from_port, permission.to_port);
        for (peer, description) in &mut permission.peers {
            if description.is_none() && matches!(peer, Peer::PrefixList(_)) {
                let told = rule(&permission.protocol, ports, peer.clone(), None);
                let same = known
                    .iter()
                    .find(|known| Rule { description: String::new(), ..(*known).clone() } == told);
                *description = same.map(|known| known.description.clone());
            }
        }
    }
}

/// Completes a rule that has a type of its own.
pub(super) fn of_rule(found: &mut RuleSpec, known: &Value) {
    if found.description.is_none() && matches!(found.peer, Some(Peer::PrefixList(_))) {
        found.description = text(known, "description");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::security::Permission;

    #[test]
    fn only_what_is_known_of_prefix_lists_is_completed() {
        let peers = [
            Peer::PrefixList("pl-1".into()),
            Peer::PrefixList("pl-2".into()),
            Peer::Ipv4("10.0.0.0/8".into()),
        ];
        let permission = Permission {
            protocol: "tcp".into(),
            from_port: Some(80),
            to_port: Some(80),
            peers: peers.iter().cloned().map(|peer| (peer, None)).collect(),
        };
        let mut group = SecurityGroup { ingress: vec![permission], ..SecurityGroup::default() };
        let known = [&peers[0], &peers[2]]
            .map(|peer| rule("tcp", (Some(80), Some(80)), peer.clone(), Some("office")));
        of_group(&mut group, Direction::Ingress, &BTreeSet::from(known));
        let told: Vec<_> = group.ingress[0].peers.iter().map(|(_, told)| told.as_deref()).collect();
        assert_eq!(told, [Some("office"), None, None]);
    }
}
