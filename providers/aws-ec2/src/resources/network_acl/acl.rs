//! `aws_network_acl` and `aws_default_network_acl`.
//!
//! The default ACL is there as long as its VPC: it is taken over as it is, made what configuration says,
//! and left alone in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_ec2::types::{NetworkAcl as Found, ResourceType};
use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostic, Diagnostics, Value};
use evenkeel_provider::{CreateRequest, FindRequest, PlanRequest, PlannedChange, ProviderError, propose};

use super::entry::{self, Entry, FIRST_OWN_NUMBER, element_type};
use super::{associate, default_of, describe_acls};
use crate::calls::Ec2Context;
use crate::calls::client::{answer, lists, tag_specification, tagged, tags_of};
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::resources::common::{
    Change, Ec2Type, Wanted, arn, by_name, by_token, ids_of, overlook, text, texts, unless_gone,
};
use crate::{registry, tags};

/// `aws_network_acl`
pub struct NetworkAcl;

/// `aws_default_network_acl`
pub struct DefaultNetworkAcl;

const SIDES: [(&str, bool); 2] = [("egress", true), ("ingress", false)];

impl Ec2Type for NetworkAcl {
    type Found = Found;
    const KIND: &'static str = "aws_network_acl";
    const NOUN: &'static str = "EC2 Network ACL";

    fn check(config: &Value) -> Diagnostics {
        check(config)
    }

    fn propose(schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        propose(schema, request)
    }

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        fetch(context, wanted).await
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        let builder = Builder::new(registry::schema(Self::KIND), known);
        value(context, builder, found, known).string_set("subnet_ids", subnets(found).into_keys()).build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let tags = tags::for_create(&request.planned, &request.token);
        let call = context
            .ec2()
            .safe
            .create_network_acl()
            .client_token(&*request.token)
            .set_vpc_id(text(&request.planned, "vpc_id"))
            .set_tag_specifications(tag_specification(ResourceType::NetworkAcl, &tags));
        let acl = answer(call.send()).await?.network_acl;
        acl.and_then(|acl| acl.network_acl_id).ok_or_else(|| Failure::incomplete("network ACL"))
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Found>,
    ) -> Result<Option<String>, ProviderError> {
        for (name, egress) in SIDES.into_iter().filter(|(name, _)| change.wanted(name).is_some()) {
            bring_entries(context, change, name, egress).await?;
        }
        bring_subnets(context, change, true).await.map_err(|error| change.failed(error))?;
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, id: &str, prior: &Value) -> Result<(), Failure> {
        let found = fetch(context, &[Wanted::of(id, prior)]).await?;
        let Some(found) = found.get(id) else { return Ok(()) };
        release(context, found, subnets(found).into_values()).await?;
        answer(context.ec2().safe.delete_network_acl().network_acl_id(id).send()).await.map(drop)
    }

    lists!(describe_network_acls [], network_acls, |acl| {
        // The one that comes with a VPC is part of it.
        let own = acl.is_default != Some(true);
        tagged(acl.network_acl_id, acl.tags).filter(|_| own)
    });

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let acls = describe_acls(context, by_token(&request.token)).await?;
        Ok(acls.into_iter().find_map(|acl| acl.network_acl_id))
    }
}

impl Ec2Type for DefaultNetworkAcl {
    type Found = Found;
    const KIND: &'static str = "aws_default_network_acl";
    const NOUN: &'static str = "EC2 Default Network ACL";
    const UNLISTED: Option<&'static str> = Some("They are listed as aws_network_acl.");

    fn check(config: &Value) -> Diagnostics {
        check(config)
    }

    fn propose(schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        propose(schema, request)
    }

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        fetch(context, wanted).await
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        let builder = Builder::new(registry::schema(Self::KIND), known)
            .str("default_network_acl_id", found.network_acl_id.as_deref());
        let builder = value(context, builder, found, known);
        // A subnet cannot be taken away from the default ACL, only given another one: subnets that
        // configuration does not name are no business of this object.
        let known = known.get("subnet_ids").filter(|known| known.is_wholly_known() && !known.is_null());
        let named = known.map(|known| {
            let there = subnets(found);
            texts(Some(known)).into_iter().filter(move |subnet| there.contains_key(subnet))
        });
        match named {
            Some(named) => builder.string_set("subnet_ids", named).build(),
            None => builder.build(),
        }
    }

    fn stays(_: &Value) -> bool {
        true
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let id = text(&request.planned, "default_network_acl_id").unwrap_or_default();
        let found = fetch(context, &[Wanted::of(&id, &request.planned)]).await?;
        match found.get(&id) {
            Some(acl) if acl.is_default == Some(true) => Ok(id),
            Some(_) => Err(Failure::refused(format!(
                "{id} is not the default network ACL of its VPC; use aws_network_acl"
            ))),
            None => Err(Failure::refused(format!("there is no network ACL {id}"))),
        }
    }

    fn settled(change: &Change<'_, Found>) -> bool {
        SIDES.iter().all(|(name, egress)| change.keeps(name) || surplus(change, name, *egress).is_empty())
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Found>,
    ) -> Result<Option<String>, ProviderError> {
        for (name, egress) in SIDES.into_iter().filter(|(name, _)| !change.keeps(name)) {
            bring_entries(context, change, name, egress).await?;
        }
        bring_subnets(context, change, false).await.map_err(|error| change.failed(error))?;
        Ok(None)
    }

    async fn remove(_: &Arc<Context>, _: &str, _: &Value) -> Result<(), Failure> {
        Ok(())
    }

    async fn search(_: &Arc<Context>, _: &FindRequest) -> Result<Option<String>, Failure> {
        // Taking it over once more does no harm.
        Ok(None)
    }
}

fn elements<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_elements).unwrap_or_default()
}

fn check(config: &Value) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for (name, egress) in SIDES {
        for element in elements(config, name).iter().filter(|element| element.is_wholly_known()) {
            let entry = Entry::of_element(element, egress);
            let ports = ["from_port", "to_port"].map(|name| element.get_i64(name).unwrap_or_default());
            if entry.protocol == "-1" && ports != [0, 0] {
                diagnostics.push(Diagnostic::error(
                    "Invalid network ACL rule",
                    format!(
                        "Rule {} of {name} is about all protocols, which have no ports: set from_port and to_port to 0.",
                        entry.number
                    ),
                ));
            }
            if !(1..FIRST_OWN_NUMBER).contains(&entry.number) {
                diagnostics.push(Diagnostic::error(
                    "Invalid network ACL rule",
                    format!("rule_no of {name} is {}; numbers go from 1 to 32766.", entry.number),
                ));
            }
        }
    }
    diagnostics
}

/// Rules that are written in another way and mean the same are no change.
fn propose(schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
    let mut change = propose::plan_by_schema(schema, request);
    for (name, egress) in SIDES {
        let meaning = |value: &Value| -> BTreeSet<Entry> {
            let elements = value.as_elements().unwrap_or_default();
            elements.iter().map(|element| Entry::of_element(element, egress)).collect()
        };
        overlook(&mut change, request.prior, name, |a, b| meaning(a) == meaning(b));
    }
    change
}

async fn fetch(context: &Arc<Context>, wanted: &[Wanted<'_>]) -> Result<BTreeMap<String, Found>, Failure> {
    let acls = by_name(ids_of(wanted), |select| describe_acls(context, select)).await?;
    Ok(acls.into_iter().filter_map(|acl| Some((acl.network_acl_id.clone()?, acl))).collect())
}

/// The rules of one direction that are not the service's own.
fn entries_of(found: &Found, egress: bool) -> BTreeSet<Entry> {
    let entries = found.entries().iter().map(Entry::of_service);
    entries.filter(|entry| entry.egress == egress && entry.number < FIRST_OWN_NUMBER).collect()
}

/// The associations by subnet.
fn subnets(found: &Found) -> BTreeMap<String, String> {
    let associations = found.associations().iter();
    associations.filter_map(|a| Some((a.subnet_id.clone()?, a.network_acl_association_id.clone()?))).collect()
}

fn value<'a>(context: &Context, builder: Builder<'a>, found: &Found, known: &Value) -> Builder<'a> {
    let id = found.network_acl_id.as_deref().unwrap_or_default();
    let owner = found.owner_id.as_deref();
    let builder = builder
        .str("id", Some(id))
        .str("arn", Some(arn(context, owner, &format!("network-acl/{id}"))))
        .str("region", Some(context.region()))
        .str("owner_id", owner)
        .str("vpc_id", found.vpc_id.as_deref())
        .tags(context.tags().observed(&tags_of(found.tags.clone()), known));
    SIDES.into_iter().fold(builder, |builder, (name, egress)| {
        let known = elements(known, name);
        let element = |entry: Entry| {
            let written = known.iter().find(|known| Entry::of_element(known, egress) == entry);
            written.cloned().unwrap_or_else(|| entry.to_element())
        };
        builder.set(name, Value::set(element_type(), entries_of(found, egress).into_iter().map(element)))
    })
}

fn wanted_entries(change: &Change<'_, Found>, name: &str, egress: bool) -> BTreeSet<Entry> {
    elements(change.planned, name).iter().map(|element| Entry::of_element(element, egress)).collect()
}

/// The numbers of rules that shall not be.
fn surplus(change: &Change<'_, Found>, name: &str, egress: bool) -> Vec<i32> {
    let wanted: BTreeSet<i32> =
        wanted_entries(change, name, egress).into_iter().map(|entry| entry.number).collect();
    let there = entries_of(change.found, egress).into_iter().map(|entry| entry.number);
    there.filter(|number| !wanted.contains(number)).collect()
}

async fn bring_entries(
    context: &Arc<Context>,
    change: &Change<'_, Found>,
    name: &str,
    egress: bool,
) -> Result<(), ProviderError> {
    for number in surplus(change, name, egress) {
        let deleted = entry::delete(context, change.id, egress, number).await;
        deleted.or_else(unless_gone).map_err(|error| change.failed(error))?;
    }
    let there = entries_of(change.found, egress);
    for entry in wanted_entries(change, name, egress).difference(&there) {
        let done = match there.iter().any(|existing| existing.number == entry.number) {
            true => entry::replace(context, change.id, entry).await,
            false => entry::put(context, change.id, entry).await,
        };
        done.map_err(|error| change.failed(error))?;
    }
    Ok(())
}

async fn bring_subnets(
    context: &Arc<Context>,
    change: &Change<'_, Found>,
    takes_away: bool,
) -> Result<(), Failure> {
    let Some(wanted) = change.wanted("subnet_ids") else { return Ok(()) };
    let wanted: BTreeSet<String> = texts(Some(wanted)).into_iter().collect();
    let there = subnets(change.found);
    for subnet in wanted.iter().filter(|subnet| !there.contains_key(*subnet)) {
        associate(context, subnet, change.id).await?;
    }
    let surplus = there.into_iter().filter(|(subnet, _)| takes_away && !wanted.contains(subnet));
    release(context, change.found, surplus.map(|(_, association)| association)).await
}

/// Gives subnets their VPC's default ACL.
async fn release(
    context: &Arc<Context>,
    found: &Found,
    associations: impl Iterator<Item = String>,
) -> Result<(), Failure> {
    let associations: Vec<String> = associations.collect();
    if associations.is_empty() {
        return Ok(());
    }
    let default = default_of(context, found.vpc_id.as_deref().unwrap_or_default()).await?;
    for association in associations {
        // The subnet may have gone, or got another ACL, meanwhile.
        super::replace(context, &association, &default).await.or_else(unless_gone)?;
    }
    Ok(())
}
