//! `aws_network_acl_association`.
//!
//! A subnet always has an ACL: making an association replaces the one that is there, removing it gives
//! the subnet its VPC's default ACL.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::types::NetworkAclAssociation as Found;
use evenkeel_model::Value;
use evenkeel_provider::{CreateRequest, FindRequest, Listed, ProviderError};

use super::{associate, default_of, describe_acls, replace};
use crate::calls::Select;
use crate::calls::client::lists;
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::registry;
use crate::resources::common::{Change, Ec2Type, Wanted, by_filter, ids_of, text};

/// `aws_network_acl_association`
pub struct NetworkAclAssociation;

impl Ec2Type for NetworkAclAssociation {
    type Found = Found;
    const KIND: &'static str = "aws_network_acl_association";
    const NOUN: &'static str = "EC2 Network ACL Association";
    const LISTED_UNASKED: bool = false;

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        let ids = ids_of(wanted);
        let describe = |select| describe_acls(context, select);
        let acls = by_filter(&ids, "association.association-id", &describe).await?;
        let all = acls.into_iter().flat_map(|acl| acl.associations.unwrap_or_default());
        let found = all.filter_map(|found| Some((found.network_acl_association_id.clone()?, found)));
        Ok(found.filter(|(id, _)| ids.contains(id)).collect())
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        Builder::new(registry::schema(Self::KIND), known)
            .str("id", found.network_acl_association_id.as_deref())
            .str("region", Some(context.region()))
            .str("network_acl_id", found.network_acl_id.as_deref())
            .str("subnet_id", found.subnet_id.as_deref())
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let get = |name: &str| text(&request.planned, name).unwrap_or_default();
        associate(context, &get("subnet_id"), &get("network_acl_id")).await
    }

    async fn converge(_: &Arc<Context>, _: &Change<'_, Found>) -> Result<Option<String>, ProviderError> {
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, id: &str, _: &Value) -> Result<(), Failure> {
        let acls = describe_acls(context, Select::one("association.association-id", id)).await?;
        let Some(vpc) = acls.into_iter().find_map(|acl| acl.vpc_id) else { return Ok(()) };
        let default = default_of(context, &vpc).await?;
        replace(context, id, &default).await.map(drop)
    }

    lists!(describe_network_acls [], network_acls, |acl| {
        let associations = acl.associations.unwrap_or_default().into_iter();
        associations
            .filter_map(|found| Some(Listed::of(found.network_acl_association_id?)))
            .collect::<Vec<_>>()
    });

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let get = |name: &str| text(&request.planned, name);
        let Some(subnet) = get("subnet_id") else { return Ok(None) };
        let acls = describe_acls(context, Select::one("association.subnet-id", subnet.as_str())).await?;
        let all = acls.into_iter().flat_map(|acl| acl.associations.unwrap_or_default());
        let ours = all.filter(|found| found.subnet_id.as_deref() == Some(subnet.as_str()));
        let acl = get("network_acl_id");
        Ok(ours
            .filter(|found| found.network_acl_id == acl)
            .find_map(|found| found.network_acl_association_id))
    }
}
