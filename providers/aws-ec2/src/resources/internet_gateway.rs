//! `aws_internet_gateway`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::calls::client::lists;
use crate::calls::routing::{Attachment, InternetGateway as Found};
use crate::errors::Failure;
use evenkeel_model::Value;
use evenkeel_provider::{CreateRequest, FindRequest, ProviderError};

use super::common::{Change, Ec2Type, Wanted, arn, by_id, by_token, ids_of};
use crate::calls::Ec2Context;
use crate::context::Context;
use crate::object::Builder;
use crate::{registry, tags};

/// `aws_internet_gateway`
pub struct InternetGateway;

impl Ec2Type for InternetGateway {
    type Found = Found;
    const KIND: &'static str = "aws_internet_gateway";
    const NOUN: &'static str = "EC2 Internet Gateway";

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        let ec2 = context.ec2();
        let gateways =
            by_id(ids_of(wanted), "internet-gateway-id", |select| ec2.describe_internet_gateways(select));
        Ok(gateways.await?.into_iter().map(|gateway| (gateway.id.clone(), gateway)).collect())
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        let resource = format!("internet-gateway/{}", found.id);
        Builder::new(registry::schema(Self::KIND), known)
            .str("id", Some(&found.id))
            .str("arn", Some(arn(context, found.owner_id.as_deref(), &resource)))
            .str("region", Some(context.region()))
            .str("owner_id", found.owner_id.as_deref())
            .str("vpc_id", attached(found).map(|attachment| &attachment.vpc_id))
            .tags(context.tags().observed(&found.tags, known))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let tags = tags::for_create(&request.planned, &request.token);
        Ok(context.ec2().create_internet_gateway(tags).await?.id)
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Found>,
    ) -> Result<Option<String>, ProviderError> {
        let Some(wanted) = change.wanted_str("vpc_id") else { return Ok(None) };
        if let Some(attachment) = attached(change.found) {
            let detached = context.ec2().detach_internet_gateway(change.id, &attachment.vpc_id).await;
            detached.or_else(unless_detached).map_err(|error| change.failed(error))?;
        }
        match context.ec2().attach_internet_gateway(change.id, wanted).await {
            Err(error) if !error.is("Resource.AlreadyAssociated") => Err(change.failed(error)),
            _ => Ok(None),
        }
    }

    async fn remove(context: &Arc<Context>, id: &str, prior: &Value) -> Result<(), Failure> {
        let wanted = Wanted::of(id, prior);
        let found = Self::fetch(context, &[wanted]).await?;
        for attachment in found.get(id).map(|gateway| &gateway.attachments[..]).unwrap_or_default() {
            let detached = context.ec2().detach_internet_gateway(id, &attachment.vpc_id).await;
            detached.or_else(unless_detached)?;
        }
        context.ec2().delete_internet_gateway(id).await
    }

    lists!(describe_internet_gateways, internet_gateways, internet_gateway_id);

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let gateways = context.ec2().describe_internet_gateways(by_token(&request.token)).await?;
        Ok(gateways.into_iter().next().map(|gateway| gateway.id))
    }
}

fn attached(gateway: &Found) -> Option<&Attachment> {
    gateway.attachments.iter().find(|attachment| !attachment.state.starts_with("detach"))
}

fn unless_detached(error: Failure) -> Result<(), Failure> {
    match error.is("Gateway.NotAttached") {
        true => Ok(()),
        false => Err(error),
    }
}
