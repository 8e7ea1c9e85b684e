//! `aws_main_route_table_association`.
//!
//! A VPC always has a main table: making the association replaces the one that is there, removing it
//! makes the table that was the main one before the main one again.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::Value;
use evenkeel_provider::{CreateRequest, FindRequest, Listed, ProviderError};

use super::common::{Change, Ec2Type, Limits, Wanted, by_filter, ids_of, text};
use crate::calls::client::lists;
use crate::calls::routing::{Association, RouteTable};
use crate::calls::{Ec2Context, Filter, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::registry;

/// `aws_main_route_table_association`
pub struct MainRouteTableAssociation;

/// The association, its table, and the VPC.
pub struct Found {
    association: Association,
    table: String,
    vpc: String,
}

impl Ec2Type for MainRouteTableAssociation {
    type Found = Found;
    const KIND: &'static str = "aws_main_route_table_association";
    const NOUN: &'static str = "EC2 Main Route Table Association";
    const LISTED_UNASKED: bool = false;
    const LIMITS: Limits = Limits { create: 300, update: 120, delete: 300 };

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        let ids = ids_of(wanted);
        let ec2 = context.ec2();
        let describe = |select| ec2.describe_route_tables(select);
        let tables = by_filter(&ids, "association.route-table-association-id", &describe).await?;
        let found = tables.into_iter().flat_map(main_of);
        let found = found.map(|found| (found.association.id.clone(), found));
        Ok(found.filter(|(id, _)| ids.contains(id)).collect())
    }

    async fn replaced(
        context: &Arc<Context>,
        gone: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        let vpcs: BTreeMap<String, &str> =
            gone.iter().filter_map(|gone| Some((text(gone.known, "vpc_id")?, gone.id))).collect();
        let ids: Vec<String> = vpcs.keys().cloned().collect();
        let ec2 = context.ec2();
        let describe = |select| ec2.describe_route_tables(select);
        let tables = by_filter(&ids, "vpc-id", &describe).await?;
        let mains = tables.into_iter().flat_map(main_of);
        Ok(mains.filter_map(|main| Some(((*vpcs.get(&main.vpc)?).to_owned(), main))).collect())
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        Builder::new(registry::schema(Self::KIND), known)
            .str("id", Some(&found.association.id))
            .str("region", Some(context.region()))
            .str("route_table_id", Some(&found.table))
            .str("vpc_id", Some(&found.vpc))
            .build()
    }

    async fn prepare(context: &Arc<Context>, mut request: CreateRequest) -> Result<CreateRequest, Failure> {
        let vpc = text(&request.planned, "vpc_id").unwrap_or_default();
        let before = main_in(context, &vpc).await?;
        request.planned =
            request.planned.with_attribute("original_route_table_id", Value::string(&before.table));
        Ok(request)
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let get = |name: &str| text(&request.planned, name).unwrap_or_default();
        let before = main_in(context, &get("vpc_id")).await?;
        if before.table == get("route_table_id") {
            return Ok(before.association.id);
        }
        let ec2 = context.ec2();
        ec2.replace_route_table_association(&before.association.id, &get("route_table_id")).await
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Found>,
    ) -> Result<Option<String>, ProviderError> {
        let Some(table) = change.wanted_str("route_table_id") else { return Ok(None) };
        let replaced = context.ec2().replace_route_table_association(change.id, table).await;
        replaced.map(Some).map_err(|error| change.failed(error))
    }

    async fn remove(context: &Arc<Context>, id: &str, prior: &Value) -> Result<(), Failure> {
        let Some(original) = text(prior, "original_route_table_id") else {
            return Err(Failure::refused(
                "it is not known which table was the main one before; make another table the main one and remove \
                 this object from the state",
            ));
        };
        context.ec2().replace_route_table_association(id, &original).await.map(drop)
    }

    lists!(describe_route_tables [], route_tables, |table| {
        let mains = table.associations.unwrap_or_default().into_iter().filter(|found| found.main == Some(true));
        mains.filter_map(|found| Some(Listed::of(found.route_table_association_id?))).collect::<Vec<_>>()
    });

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let get = |name: &str| text(&request.planned, name).unwrap_or_default();
        let main = main_in(context, &get("vpc_id")).await?;
        // Without the original it could not be undone: repeating the create looks that up.
        let known = text(&request.planned, "original_route_table_id").is_some();
        Ok((known && main.table == get("route_table_id")).then_some(main.association.id))
    }
}

/// The association by which a table is the main one.
fn main_of(table: RouteTable) -> Option<Found> {
    let vpc = table.vpc_id.unwrap_or_default();
    let is_main = |association: &Association| {
        association.subnet_id.is_none()
            && association.gateway_id.is_none()
            && !matches!(association.state.as_deref(), Some("disassociating" | "disassociated"))
    };
    let association = table.associations.into_iter().find(is_main)?;
    Some(Found { association, table: table.id, vpc })
}

async fn main_in(context: &Arc<Context>, vpc: &str) -> Result<Found, Failure> {
    let filters = vec![Filter::new("vpc-id", [vpc]), Filter::new("association.main", ["true"])];
    let tables = context.ec2().describe_route_tables(Select::Filters(filters)).await?;
    let main = tables.into_iter().find_map(main_of);
    main.ok_or_else(|| Failure::refused(format!("the VPC {vpc} has no main route table")))
}
