//! One rule of a network ACL, in the words of the service and in those of configuration.

use std::sync::Arc;

use aws_sdk_ec2::types;
use evenkeel_model::{Type, Value};

use crate::calls::Ec2Context;
use crate::calls::client::answer;
use crate::context::Context;
use crate::errors::Failure;
use crate::resources::common::{int, text};

/// Rules from this number on come with every ACL and cannot be changed.
pub(super) const FIRST_OWN_NUMBER: i32 = 32_767;

/// One rule. What does not go with the protocol is left out, so that two that mean the same are equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub egress: bool,
    pub number: i32,
    /// `allow` or `deny`.
    pub action: String,
    /// The protocol's number; `-1` for all.
    pub protocol: String,
    pub cidr_block: Option<String>,
    pub ipv6_cidr_block: Option<String>,
    /// First and last port, of protocols that have ports.
    pub ports: Option<(i32, i32)>,
    /// ICMP type and code.
    pub icmp: Option<(i32, i32)>,
}

const PROTOCOLS: [(&str, &str); 25] = [
    ("all", "-1"),
    ("icmp", "1"),
    ("igmp", "2"),
    ("ipv4", "4"),
    ("tcp", "6"),
    ("egp", "8"),
    ("igp", "9"),
    ("udp", "17"),
    ("rdp", "27"),
    ("ipv6", "41"),
    ("ipv6-route", "43"),
    ("ipv6-frag", "44"),
    ("rsvp", "46"),
    ("gre", "47"),
    ("esp", "50"),
    ("ah", "51"),
    ("icmpv6", "58"),
    ("ipv6-icmp", "58"),
    ("ipv6-nonxt", "59"),
    ("ipv6-opts", "60"),
    ("ospf", "89"),
    ("pim", "103"),
    ("vrrp", "112"),
    ("l2tp", "115"),
    ("sctp", "132"),
];

/// The number of a protocol, by which the service knows it.
pub(super) fn protocol_number(text: &str) -> String {
    let name = text.to_ascii_lowercase();
    let known = PROTOCOLS.iter().find(|(known, _)| *known == name);
    known.map_or(name.clone(), |(_, number)| (*number).to_owned())
}

/// Brings a rule into the one form that it is compared in.
fn normal(entry: Entry, ports: (i32, i32), icmp: (i32, i32)) -> Entry {
    match entry.protocol.as_str() {
        "1" | "58" => Entry { icmp: Some(icmp), ..entry },
        "6" | "17" => Entry { ports: Some(ports), ..entry },
        _ => entry,
    }
}

impl Entry {
    /// The rule that an element of `ingress` or `egress` means.
    pub fn of_element(element: &Value, egress: bool) -> Self {
        Self::written(element, egress, "rule_no", "action")
    }

    /// The rule that an object with a number and an action of the names given means.
    pub fn written(value: &Value, egress: bool, number: &str, action: &str) -> Self {
        let number_of = |name: &str| int(value, name).unwrap_or_default();
        let entry = Self {
            egress,
            number: number_of(number),
            action: value.get_str(action).unwrap_or_default().to_ascii_lowercase(),
            protocol: protocol_number(value.get_str("protocol").unwrap_or_default()),
            cidr_block: text(value, "cidr_block"),
            ipv6_cidr_block: text(value, "ipv6_cidr_block"),
            ports: None,
            icmp: None,
        };
        let ports = (number_of("from_port"), number_of("to_port"));
        normal(entry, ports, (number_of("icmp_type"), number_of("icmp_code")))
    }

    /// The rule as the service tells it.
    pub fn of_service(entry: &types::NetworkAclEntry) -> Self {
        let ports = entry.port_range.as_ref();
        let icmp = entry.icmp_type_code.as_ref();
        let action = entry.rule_action.as_ref().map(|action| action.as_str()).unwrap_or_default();
        let block = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let told = Self {
            egress: entry.egress.unwrap_or_default(),
            number: entry.rule_number.unwrap_or_default(),
            action: action.to_ascii_lowercase(),
            protocol: protocol_number(entry.protocol.as_deref().unwrap_or_default()),
            cidr_block: block(&entry.cidr_block),
            ipv6_cidr_block: block(&entry.ipv6_cidr_block),
            ports: None,
            icmp: None,
        };
        let pair = |from: Option<i32>, to: Option<i32>| (from.unwrap_or_default(), to.unwrap_or_default());
        let ports = pair(ports.and_then(|ports| ports.from), ports.and_then(|ports| ports.to));
        normal(told, ports, pair(icmp.and_then(|icmp| icmp.r#type), icmp.and_then(|icmp| icmp.code)))
    }

    /// The rule as an element of `ingress` or `egress`.
    pub fn to_element(&self) -> Value {
        let number = |number: Option<i32>| number.map_or_else(|| Value::null(Type::Number), number_value);
        let block =
            |text: &Option<String>| text.as_ref().map_or_else(|| Value::null(Type::String), Value::string);
        let (from, to) = self.ports.unwrap_or_default();
        Value::object([
            ("action", Value::string(&self.action)),
            ("cidr_block", block(&self.cidr_block)),
            ("from_port", number_value(from)),
            ("icmp_code", number(self.icmp.map(|icmp| icmp.1))),
            ("icmp_type", number(self.icmp.map(|icmp| icmp.0))),
            ("ipv6_cidr_block", block(&self.ipv6_cidr_block)),
            ("protocol", Value::string(&self.protocol)),
            ("rule_no", number_value(self.number)),
            ("to_port", number_value(to)),
        ])
    }

    fn port_range(&self) -> Option<types::PortRange> {
        self.ports.map(|(from, to)| types::PortRange::builder().from(from).to(to).build())
    }

    fn icmp_type_code(&self) -> Option<types::IcmpTypeCode> {
        self.icmp.map(|(kind, code)| types::IcmpTypeCode::builder().r#type(kind).code(code).build())
    }
}

fn number_value(number: i32) -> Value {
    Value::number(i64::from(number))
}

/// The type of an element of `ingress` and `egress`.
pub(super) fn element_type() -> Type {
    let texts = ["action", "cidr_block", "ipv6_cidr_block", "protocol"].map(|name| (name, Type::String));
    let numbers =
        ["from_port", "icmp_code", "icmp_type", "rule_no", "to_port"].map(|name| (name, Type::Number));
    Type::object(texts.into_iter().chain(numbers))
}

/// Makes a rule; one that is there already is made what it shall be.
pub(super) async fn put(context: &Arc<Context>, acl: &str, entry: &Entry) -> Result<(), Failure> {
    match create(context, acl, entry).await {
        Err(error) if error.is("NetworkAclEntryAlreadyExists") => replace(context, acl, entry).await,
        answer => answer,
    }
}

/// Makes a rule.
pub(super) async fn create(context: &Arc<Context>, acl: &str, entry: &Entry) -> Result<(), Failure> {
    let ec2 = context.ec2();
    let call = ec2
        .once
        .create_network_acl_entry()
        .network_acl_id(acl)
        .egress(entry.egress)
        .rule_number(entry.number)
        .rule_action(entry.action.as_str().into())
        .protocol(&entry.protocol)
        .set_cidr_block(entry.cidr_block.clone())
        .set_ipv6_cidr_block(entry.ipv6_cidr_block.clone())
        .set_port_range(entry.port_range())
        .set_icmp_type_code(entry.icmp_type_code());
    answer(call.send()).await.map(drop)
}

/// Makes the rule of the same direction and number this one.
pub(super) async fn replace(context: &Arc<Context>, acl: &str, entry: &Entry) -> Result<(), Failure> {
    let ec2 = context.ec2();
    let call = ec2
        .safe
        .replace_network_acl_entry()
        .network_acl_id(acl)
        .egress(entry.egress)
        .rule_number(entry.number)
        .rule_action(entry.action.as_str().into())
        .protocol(&entry.protocol)
        .set_cidr_block(entry.cidr_block.clone())
        .set_ipv6_cidr_block(entry.ipv6_cidr_block.clone())
        .set_port_range(entry.port_range())
        .set_icmp_type_code(entry.icmp_type_code());
    answer(call.send()).await.map(drop)
}

/// Removes a rule.
pub(super) async fn delete(
    context: &Arc<Context>,
    acl: &str,
    egress: bool,
    number: i32,
) -> Result<(), Failure> {
    let call = context.ec2().safe.delete_network_acl_entry().network_acl_id(acl);
    answer(call.egress(egress).rule_number(number).send()).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_that_mean_the_same_are_equal() {
        let told = types::NetworkAclEntry::builder()
            .egress(true)
            .rule_number(100)
            .rule_action(types::RuleAction::Allow)
            .protocol("6")
            .cidr_block("10.0.0.0/8")
            .port_range(types::PortRange::builder().from(80).to(81).build())
            .build();
        let told = Entry::of_service(&told);
        let written = told.to_element();
        assert_eq!(written.ty(), element_type());
        let loud = written
            .with_attribute("protocol", Value::string("TCP"))
            .with_attribute("action", Value::string("ALLOW"))
            .with_attribute("ipv6_cidr_block", Value::string(""))
            .with_attribute("icmp_type", Value::number(0));
        assert_eq!(Entry::of_element(&loud, true), told);
    }

    #[test]
    fn what_does_not_go_with_the_protocol_does_not_count() {
        let element = |protocol: &str, port: i64| {
            Value::object([
                ("protocol", Value::string(protocol)),
                ("rule_no", Value::number(1)),
                ("from_port", Value::number(port)),
            ])
        };
        assert_eq!(Entry::of_element(&element("all", 0), false), Entry::of_element(&element("-1", 9), false));
        assert_ne!(
            Entry::of_element(&element("tcp", 0), false),
            Entry::of_element(&element("tcp", 9), false)
        );
    }
}
