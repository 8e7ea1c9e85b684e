//! The addresses and prefixes of a network interface: four kinds that are assigned the same way.
//!
//! Each kind can be written as a set, as a number, and some as a list that keeps its order. What is
//! written decides; the other forms follow.

use std::sync::Arc;

use aws_sdk_ec2::types::NetworkInterface;
use evenkeel_model::Value;

use super::common::{int, texts};
use crate::calls::Ec2Context;
use crate::calls::client::answer;
use crate::context::Context;
use crate::errors::Failure;

/// A kind of address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Ipv4,
    Ipv4Prefix,
    Ipv6,
    Ipv6Prefix,
}

/// All kinds, in the order in which they are brought about.
pub(super) const KINDS: [Kind; 4] = [Kind::Ipv4, Kind::Ipv4Prefix, Kind::Ipv6, Kind::Ipv6Prefix];

impl Kind {
    /// The arguments: set, number, and list where there is one.
    pub fn arguments(self) -> (&'static str, &'static str, Option<&'static str>) {
        match self {
            Self::Ipv4 => ("private_ips", "private_ips_count", Some("private_ip_list")),
            Self::Ipv4Prefix => ("ipv4_prefixes", "ipv4_prefix_count", None),
            Self::Ipv6 => ("ipv6_addresses", "ipv6_address_count", Some("ipv6_address_list")),
            Self::Ipv6Prefix => ("ipv6_prefixes", "ipv6_prefix_count", None),
        }
    }

    /// What an interface has, the primary address first.
    pub fn of(self, interface: &NetworkInterface) -> Vec<String> {
        let texts: Vec<Option<&str>> = match self {
            Self::Ipv4 => {
                let mut addresses: Vec<_> = interface.private_ip_addresses().iter().collect();
                addresses.sort_by_key(|address| address.primary != Some(true));
                addresses.into_iter().map(|address| address.private_ip_address()).collect()
            }
            Self::Ipv4Prefix => interface.ipv4_prefixes().iter().map(|prefix| prefix.ipv4_prefix()).collect(),
            Self::Ipv6 => interface.ipv6_addresses().iter().map(|address| address.ipv6_address()).collect(),
            Self::Ipv6Prefix => interface.ipv6_prefixes().iter().map(|prefix| prefix.ipv6_prefix()).collect(),
        };
        texts.into_iter().flatten().map(str::to_owned).collect()
    }

    /// How many of what there is cannot be taken away.
    pub fn fixed(self) -> usize {
        usize::from(self == Self::Ipv4)
    }
}

/// A change of what an interface has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Unassign(Vec<String>),
    Assign(Vec<String>),
    AssignAny(i32),
}

/// The steps from what there is to what is planned. `changed` says which arguments the plan changes.
pub(super) fn steps(
    kind: Kind,
    current: &[String],
    planned: &Value,
    changed: impl Fn(&str) -> bool,
) -> Vec<Step> {
    let (set, number, list) = kind.arguments();
    if let Some(list) = list.filter(|list| changed(list)) {
        return by_list(kind, current, &texts(planned.get(list)));
    }
    if changed(set) {
        return by_set(kind, current, &texts(planned.get(set)));
    }
    match int(planned, number).filter(|_| changed(number)) {
        Some(number) => by_number(kind, current, number),
        None => Vec::new(),
    }
}

fn by_list(kind: Kind, current: &[String], wanted: &[String]) -> Vec<Step> {
    let same = current.iter().zip(wanted).take_while(|(a, b)| a == b).count().max(kind.fixed());
    let unassign = current.get(same..).unwrap_or_default().to_vec();
    // One at a time: the service does not promise an order within one call.
    let assign =
        wanted.get(same..).unwrap_or_default().iter().map(|address| Step::Assign(vec![address.clone()]));
    let unassign = (!unassign.is_empty()).then_some(Step::Unassign(unassign));
    unassign.into_iter().chain(assign).collect()
}

fn by_set(kind: Kind, current: &[String], wanted: &[String]) -> Vec<Step> {
    let spare = current.iter().skip(kind.fixed()).filter(|address| !wanted.contains(address));
    let missing = wanted.iter().filter(|address| !current.contains(address));
    let (spare, missing): (Vec<_>, Vec<_>) = (spare.cloned().collect(), missing.cloned().collect());
    let unassign = (!spare.is_empty()).then_some(Step::Unassign(spare));
    let assign = (!missing.is_empty()).then_some(Step::Assign(missing));
    unassign.into_iter().chain(assign).collect()
}

fn by_number(kind: Kind, current: &[String], wanted: i32) -> Vec<Step> {
    let have = current.len().saturating_sub(kind.fixed());
    let want = usize::try_from(wanted).unwrap_or_default();
    match want.checked_sub(have) {
        Some(0) => Vec::new(),
        Some(more) => vec![Step::AssignAny(i32::try_from(more).unwrap_or(i32::MAX))],
        None => vec![Step::Unassign(current.get(kind.fixed() + want..).unwrap_or_default().to_vec())],
    }
}

/// Takes a step.
pub(super) async fn take(context: &Arc<Context>, id: &str, kind: Kind, step: Step) -> Result<(), Failure> {
    match kind {
        Kind::Ipv4 | Kind::Ipv4Prefix => take_ipv4(context, id, kind, step).await,
        Kind::Ipv6 | Kind::Ipv6Prefix => take_ipv6(context, id, kind, step).await,
    }
}

async fn take_ipv4(context: &Arc<Context>, id: &str, kind: Kind, step: Step) -> Result<(), Failure> {
    let ec2 = context.ec2();
    let address = kind == Kind::Ipv4;
    if let Step::Unassign(gone) = step {
        let request = ec2.safe.unassign_private_ip_addresses().network_interface_id(id);
        let request = match address {
            true => request.set_private_ip_addresses(Some(gone)),
            false => request.set_ipv4_prefixes(Some(gone)),
        };
        return answer(request.send()).await.map(drop);
    }
    // A repeated call for any address would assign more.
    let assign = ec2.once.assign_private_ip_addresses().network_interface_id(id);
    let assign = match (step, address) {
        (Step::Assign(new), true) => assign.set_private_ip_addresses(Some(new)),
        (Step::Assign(new), false) => assign.set_ipv4_prefixes(Some(new)),
        (Step::AssignAny(number), true) => assign.secondary_private_ip_address_count(number),
        (Step::AssignAny(number), false) => assign.ipv4_prefix_count(number),
        (Step::Unassign(_), _) => return Ok(()),
    };
    answer(assign.send()).await.map(drop)
}

async fn take_ipv6(context: &Arc<Context>, id: &str, kind: Kind, step: Step) -> Result<(), Failure> {
    let ec2 = context.ec2();
    let address = kind == Kind::Ipv6;
    if let Step::Unassign(gone) = step {
        let request = ec2.safe.unassign_ipv6_addresses().network_interface_id(id);
        let request = match address {
            true => request.set_ipv6_addresses(Some(gone)),
            false => request.set_ipv6_prefixes(Some(gone)),
        };
        return answer(request.send()).await.map(drop);
    }
    let assign = ec2.once.assign_ipv6_addresses().network_interface_id(id);
    let assign = match (step, address) {
        (Step::Assign(new), true) => assign.set_ipv6_addresses(Some(new)),
        (Step::Assign(new), false) => assign.set_ipv6_prefixes(Some(new)),
        (Step::AssignAny(number), true) => assign.ipv6_address_count(number),
        (Step::AssignAny(number), false) => assign.ipv6_prefix_count(number),
        (Step::Unassign(_), _) => return Ok(()),
    };
    answer(assign.send()).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use evenkeel_model::Type;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    fn steps_to(kind: Kind, current: &[&str], name: &'static str, wanted: Value) -> Vec<Step> {
        steps(kind, &texts(current), &Value::object([(name, wanted)]), |changed| changed == name)
    }

    #[test]
    fn the_primary_address_stays() {
        let wanted = Value::set(Type::String, ["a", "c"].map(Value::string));
        let found = steps_to(Kind::Ipv4, &["a", "b"], "private_ips", wanted);
        assert_eq!(found, [Step::Unassign(texts(&["b"])), Step::Assign(texts(&["c"]))]);
        let found = steps_to(Kind::Ipv4, &["a", "b"], "private_ips_count", Value::number(0));
        assert_eq!(found, [Step::Unassign(texts(&["b"]))]);
    }

    #[test]
    fn a_number_is_reached_by_as_many() {
        let found = steps_to(Kind::Ipv6, &["a"], "ipv6_address_count", Value::number(3));
        assert_eq!(found, [Step::AssignAny(2)]);
        let found = steps_to(Kind::Ipv6, &["a"], "ipv6_address_count", Value::number(1));
        assert_eq!(found, []);
    }

    #[test]
    fn a_list_keeps_its_order() {
        let wanted = Value::list(Type::String, ["a", "c", "b"].map(Value::string));
        let found = steps_to(Kind::Ipv6, &["a", "b"], "ipv6_address_list", wanted);
        let one = |text| Step::Assign(texts(&[text]));
        assert_eq!(found, [Step::Unassign(texts(&["b"])), one("c"), one("b")]);
    }
}
