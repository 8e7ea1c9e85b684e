//! `aws_network_acl_rule`.
//!
//! A rule is known by its ACL, direction and number. Rules are read with their ACLs, so that all rules
//! of many ACLs cost one call.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostic, Diagnostics, Value};
use evenkeel_provider::{
    CreateRequest, FindRequest, Listed, PlanRequest, PlannedChange, ProviderError, propose,
};

use super::describe_acls;
use super::entry::{self, Entry, protocol_number};
use crate::calls::client::lists;
use crate::context::Context;
use crate::errors::Failure;
use crate::listing::imported;
use crate::object::Builder;
use crate::registry;
use crate::resources::common::{
    Change, Ec2Type, Wanted, by_name, overlook, same_or_unset, text, unless_empty,
};
use crate::resources::naming::hash;

/// `aws_network_acl_rule`
pub struct NetworkAclRule;

/// A rule and the ACL it is in.
pub struct Found {
    acl: String,
    entry: Entry,
}

/// ACL, direction and number.
type Key = (String, bool, i32);

const NUMBERS: [&str; 4] = ["from_port", "icmp_code", "icmp_type", "to_port"];

impl Ec2Type for NetworkAclRule {
    type Found = Found;
    const KIND: &'static str = "aws_network_acl_rule";
    const NOUN: &'static str = "EC2 Network ACL Rule";
    const LISTED_UNASKED: bool = false;

    fn check(config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        let protocol = config.get_str("protocol").map(protocol_number);
        let open = |name: &str| config.get(name).is_none_or(Value::is_null);
        if matches!(protocol.as_deref(), Some("1" | "58")) && (open("icmp_type") || open("icmp_code")) {
            diagnostics.push(Diagnostic::error(
                "Missing required argument",
                "A rule about ICMP needs icmp_type and icmp_code; -1 stands for all.",
            ));
        }
        diagnostics
    }

    fn propose(schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        let mut change = propose::plan_by_schema(schema, request);
        let protocol = |value: &Value| value.as_str().map(protocol_number);
        overlook(&mut change, request.prior, "protocol", |a, b| protocol(a) == protocol(b));
        let action = |value: &Value| value.as_str().map(str::to_ascii_lowercase);
        overlook(&mut change, request.prior, "rule_action", |a, b| action(a) == action(b));
        for name in NUMBERS.into_iter().chain(["cidr_block", "ipv6_cidr_block"]) {
            overlook(&mut change, request.prior, name, same_or_unset);
        }
        change
    }

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        let keys: Vec<(&str, Key)> =
            wanted.iter().filter_map(|wanted| Some((wanted.id, key_of(wanted)?))).collect();
        let acls: BTreeSet<&String> = keys.iter().map(|(_, (acl, ..))| acl).collect();
        let acls = acls.into_iter().cloned().collect();
        let acls = by_name(acls, |select| describe_acls(context, select)).await?;
        let found = keys.into_iter().filter_map(|(id, (acl, egress, number))| {
            let known = acls.iter().find(|known| known.network_acl_id.as_ref() == Some(&acl))?;
            let mut entries = known.entries().iter().map(Entry::of_service);
            let entry = entries.find(|entry| entry.egress == egress && entry.number == number)?;
            Some((id.to_owned(), Found { acl, entry }))
        });
        Ok(found.collect())
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        let entry = &found.entry;
        let protocol = text(known, "protocol").filter(|known| protocol_number(known) == entry.protocol);
        let protocol = protocol.unwrap_or_else(|| entry.protocol.clone());
        let action = text(known, "rule_action").filter(|known| known.eq_ignore_ascii_case(&entry.action));
        // What does not go with the protocol is not told; it is as it is written.
        let number = |name: &str, told: Option<i32>| told.map(i64::from).or(known.get_i64(name));
        Builder::new(registry::schema(Self::KIND), known)
            .str("id", Some(identifier(&found.acl, entry.number, entry.egress, &protocol)))
            .str("region", Some(context.region()))
            .str("network_acl_id", Some(&found.acl))
            .number("rule_number", Some(entry.number))
            .bool("egress", Some(entry.egress))
            .str("rule_action", Some(action.unwrap_or_else(|| entry.action.clone())))
            .str("cidr_block", unless_empty(entry.cidr_block.as_deref(), known, "cidr_block"))
            .str("ipv6_cidr_block", unless_empty(entry.ipv6_cidr_block.as_deref(), known, "ipv6_cidr_block"))
            .number("from_port", number("from_port", entry.ports.map(|ports| ports.0)))
            .number("to_port", number("to_port", entry.ports.map(|ports| ports.1)))
            .number("icmp_type", number("icmp_type", entry.icmp.map(|icmp| icmp.0)))
            .number("icmp_code", number("icmp_code", entry.icmp.map(|icmp| icmp.1)))
            .str("protocol", Some(protocol))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let planned = &request.planned;
        let acl = planned.get_str("network_acl_id").unwrap_or_default();
        let entry = entry_of(planned);
        entry::create(context, acl, &entry).await?;
        let protocol = planned.get_str("protocol").unwrap_or_default();
        Ok(identifier(acl, entry.number, entry.egress, protocol))
    }

    async fn converge(_: &Arc<Context>, _: &Change<'_, Found>) -> Result<Option<String>, ProviderError> {
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, _: &str, prior: &Value) -> Result<(), Failure> {
        let acl = prior.get_str("network_acl_id").unwrap_or_default();
        let entry = entry_of(prior);
        entry::delete(context, acl, entry.egress, entry.number).await
    }

    lists!(describe_network_acls [], network_acls, |acl| {
        let id = acl.network_acl_id().unwrap_or_default();
        let entries = acl.entries().iter().map(Entry::of_service);
        // The last rule of either direction is the service's own.
        let entries = entries.filter(|entry| entry.number < entry::FIRST_OWN_NUMBER);
        entries.map(|entry| listed(id, &entry)).collect::<Vec<_>>()
    });

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let planned = &request.planned;
        let wanted = entry_of(planned);
        let acl = planned.get_str("network_acl_id").unwrap_or_default();
        let protocol = planned.get_str("protocol").unwrap_or_default();
        let id = identifier(acl, wanted.number, wanted.egress, protocol);
        let found = Self::fetch(context, &[Wanted::of(&id, planned)]).await?;
        Ok(found.get(&id).is_some_and(|found| found.entry == wanted).then_some(id))
    }
}

fn entry_of(value: &Value) -> Entry {
    Entry::written(value, value.get_bool("egress").unwrap_or_default(), "rule_number", "rule_action")
}

fn listed(acl: &str, entry: &Entry) -> Listed {
    let Entry { number, egress, protocol, .. } = entry;
    imported(identifier(acl, *number, *egress, protocol), format!("{acl}:{number}:{protocol}:{egress}"))
}

/// The identifier that the public provider makes up.
fn identifier(acl: &str, number: i32, egress: bool, protocol: &str) -> String {
    format!("nacl-{}", hash(&format!("{acl}-{number}-{egress}-{protocol}-")))
}

/// What is remembered, or what an import says: `acl-...:100:tcp:false`.
fn key_of(wanted: &Wanted<'_>) -> Option<Key> {
    if let Some(acl) = text(wanted.known, "network_acl_id") {
        let entry = entry_of(wanted.known);
        return Some((acl, entry.egress, entry.number));
    }
    match wanted.id.split(':').collect::<Vec<_>>()[..] {
        [acl, number, _, egress] => Some((acl.to_owned(), egress.parse().ok()?, number.parse().ok()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_names_the_rule() {
        let nothing = Value::empty_object();
        let key = |id: &str| key_of(&Wanted::of(id, &nothing));
        assert_eq!(key("acl-1:100:tcp:true"), Some(("acl-1".into(), true, 100)));
        assert_eq!(key("acl-1:x:tcp:true"), None);
        assert_eq!(key("nacl-123"), None);
    }
}
