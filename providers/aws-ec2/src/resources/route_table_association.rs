//! `aws_route_table_association`.
//!
//! It has no tags: after an interrupted create it is known by what it associates. So it is when others gave its
//! subnet another table, which gives the association another identifier: there is one for each subnet.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::calls::Select;
use crate::calls::client::lists;
use crate::calls::routing::{Association, RouteTable};
use crate::errors::Failure;
use evenkeel_model::Value;
use evenkeel_provider::{CreateRequest, FindRequest, ProviderError};

use super::common::{Change, Ec2Type, Progress, Wanted, by_filter, by_id, text};
use crate::calls::Ec2Context;
use crate::context::Context;
use crate::object::Builder;
use crate::registry;

/// `aws_route_table_association`
pub struct RouteTableAssociation;

impl Ec2Type for RouteTableAssociation {
    type Found = Association;
    const KIND: &'static str = "aws_route_table_association";
    const NOUN: &'static str = "EC2 Route Table Association";

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Association>, Failure> {
        let ec2 = context.ec2();
        let describe = |select| ec2.describe_route_tables(select);
        let (pairs, ids): (Vec<&str>, Vec<&str>) =
            wanted.iter().map(|wanted| wanted.id).partition(|id| id.contains('/'));
        let mut found = BTreeMap::new();
        if !ids.is_empty() {
            found = fetch_by_id(&ids, wanted, describe).await?;
        }
        for pair in pairs {
            let Some((target, table)) = pair.split_once('/') else { continue };
            let tables = describe(Select::one("route-table-id", table)).await?;
            if let Some(association) = tables.into_iter().flat_map(live).find(|a| is_for(a, target)) {
                found.insert(pair.to_owned(), association);
            }
        }
        Ok(found)
    }

    async fn replaced(
        context: &Arc<Context>,
        gone: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Association>, Failure> {
        let ec2 = context.ec2();
        let describe = |select| ec2.describe_route_tables(select);
        let mut found = BTreeMap::new();
        for (name, filter) in
            [("subnet_id", "association.subnet-id"), ("gateway_id", "association.gateway-id")]
        {
            let targets: BTreeMap<String, &str> =
                gone.iter().filter_map(|gone| Some((text(gone.known, name)?, gone.id))).collect();
            let ids: Vec<String> = targets.keys().cloned().collect();
            let tables = by_filter(&ids, filter, &describe).await?;
            for association in tables.into_iter().flat_map(live) {
                let target = association.subnet_id.as_ref().or(association.gateway_id.as_ref());
                if let Some(id) = target.and_then(|target| targets.get(target)) {
                    found.insert((*id).to_owned(), association);
                }
            }
        }
        Ok(found)
    }

    fn progress(found: &Association) -> Progress {
        match found.state.as_deref() {
            Some("associating") => Progress::Coming,
            Some("failed") => Progress::Lost("the association failed.".into()),
            _ => Progress::Ready,
        }
    }

    fn value(context: &Arc<Context>, found: &Association, known: &Value) -> Value {
        Builder::new(registry::schema(Self::KIND), known)
            .str("id", Some(&found.id))
            .str("region", Some(context.region()))
            .str("route_table_id", found.route_table_id.as_deref())
            .str("subnet_id", found.subnet_id.as_deref())
            .str("gateway_id", found.gateway_id.as_deref())
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let get = |name: &str| text(&request.planned, name);
        let table = get("route_table_id").unwrap_or_default();
        let (subnet, gateway) = (get("subnet_id"), get("gateway_id"));
        context.ec2().associate_route_table(&table, subnet.as_deref(), gateway.as_deref()).await
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Association>,
    ) -> Result<Option<String>, ProviderError> {
        let Some(table) = change.wanted_str("route_table_id") else { return Ok(None) };
        let replaced = context.ec2().replace_route_table_association(&change.found.id, table).await;
        replaced.map(Some).map_err(|error| change.failed(error))
    }

    async fn remove(context: &Arc<Context>, id: &str, _: &Value) -> Result<(), Failure> {
        context.ec2().disassociate_route_table(id).await
    }

    lists!(describe_route_tables [], route_tables, |table| {
        let associations = table.associations.unwrap_or_default().into_iter();
        let listed = |association: aws_sdk_ec2::types::RouteTableAssociation| {
            let table = association.route_table_id.as_deref().unwrap_or_default();
            let other = association.subnet_id.as_deref().or(association.gateway_id.as_deref())?;
            let id = association.route_table_association_id.clone()?;
            Some(crate::listing::imported(id, format!("{other}/{table}")))
        };
        associations.filter_map(listed).collect::<Vec<_>>()
    });

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let get = |name: &str| text(&request.planned, name);
        let (Some(table), Some(target)) = (get("route_table_id"), get("subnet_id").or(get("gateway_id")))
        else {
            return Ok(None);
        };
        let tables = context.ec2().describe_route_tables(Select::one("route-table-id", table)).await?;
        let association = tables.into_iter().flat_map(live).find(|a| is_for(a, &target));
        Ok(association.map(|association| association.id))
    }
}

/// Associations by identifier: first in the tables where they are remembered, which are usually few,
/// then anywhere.
async fn fetch_by_id<'c>(
    ids: &[&str],
    wanted: &[Wanted<'_>],
    describe: impl Fn(Select) -> crate::calls::Call<'c, Vec<RouteTable>>,
) -> Result<BTreeMap<String, Association>, Failure> {
    let tables: std::collections::BTreeSet<String> =
        wanted.iter().filter_map(|wanted| text(wanted.known, "route_table_id")).collect();
    let mut found: BTreeMap<String, Association> = BTreeMap::new();
    if !tables.is_empty() {
        let tables = by_id(tables.into_iter().collect(), "route-table-id", &describe).await?;
        let associations = tables.into_iter().flat_map(live);
        found.extend(associations.map(|association| (association.id.clone(), association)));
        found.retain(|id, _| ids.contains(&id.as_str()));
    }
    let missing: Vec<String> =
        ids.iter().filter(|id| !found.contains_key(**id)).map(|id| (*id).to_owned()).collect();
    for missing in missing.chunks(200) {
        let filter = "association.route-table-association-id";
        let tables = by_id(missing.to_vec(), filter, &describe).await?;
        let associations = tables.into_iter().flat_map(live).filter(|a| missing.contains(&a.id));
        found.extend(associations.map(|association| (association.id.clone(), association)));
    }
    Ok(found)
}

/// The associations of a table that are there to stay.
fn live(table: RouteTable) -> impl Iterator<Item = Association> {
    let id = table.id;
    table
        .associations
        .into_iter()
        .filter(|a| !matches!(a.state.as_deref(), Some("disassociating" | "disassociated")))
        .map(move |association| Association { route_table_id: Some(id.clone()), ..association })
}

fn is_for(association: &Association, target: &str) -> bool {
    association.subnet_id.as_deref() == Some(target) || association.gateway_id.as_deref() == Some(target)
}
