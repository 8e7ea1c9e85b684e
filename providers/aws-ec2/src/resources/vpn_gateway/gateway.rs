//! `aws_vpn_gateway`.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::types::{GatewayType, ResourceType, VpnGateway as Sdk, VpnState};
use evenkeel_model::Value;
use evenkeel_provider::{CreateRequest, FindRequest, ProviderError};

use super::{attach, attached_to, attachment, describe_gateways, detach, is_alive};
use crate::calls::client::{answer, lists, tag_specification, tagged, tags_of};
use crate::calls::{Ec2Context, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::resources::common::{
    Change, Ec2Type, Progress, Wanted, account, arn, by_id, by_token, ids_of, text, unless_empty,
};
use crate::{registry, tags};

/// `aws_vpn_gateway`
pub struct VpnGateway;

impl Ec2Type for VpnGateway {
    type Found = (Sdk, String);
    const KIND: &'static str = "aws_vpn_gateway";
    const NOUN: &'static str = "EC2 VPN Gateway";
    const IN_THE_WAY: &'static [&'static str] = &["DependencyViolation", "IncorrectState"];

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Self::Found>, Failure> {
        let gateways =
            by_id(ids_of(wanted), "vpn-gateway-id", |select| describe_gateways(context, select)).await?;
        if gateways.is_empty() {
            return Ok(BTreeMap::new());
        }
        let account = account(context).await?;
        let alive = gateways.into_iter().filter(is_alive);
        let found = alive.filter_map(|found| Some((found.vpn_gateway_id.clone()?, (found, account.clone()))));
        Ok(found.collect())
    }

    fn progress((found, _): &Self::Found) -> Progress {
        match found.state {
            Some(VpnState::Pending) => Progress::Coming,
            _ => Progress::Ready,
        }
    }

    fn value(context: &Arc<Context>, (found, account): &Self::Found, known: &Value) -> Value {
        let id = found.vpn_gateway_id.as_deref().unwrap_or_default();
        let vpc = attachment(found).and_then(|attachment| attachment.vpc_id.as_deref());
        // The service does not always tell the zone that was asked for.
        let zone = found.availability_zone.clone().filter(|zone| !zone.is_empty());
        Builder::new(registry::schema(Self::KIND), known)
            .str("id", Some(id))
            .str("arn", Some(arn(context, Some(account), &format!("vpn-gateway/{id}"))))
            .str("region", Some(context.region()))
            .str("amazon_side_asn", found.amazon_side_asn.map(|asn| asn.to_string()))
            .str("availability_zone", zone.or_else(|| text(known, "availability_zone")))
            .str("vpc_id", Some(unless_empty(vpc, known, "vpc_id").unwrap_or_default()))
            .tags(context.tags().observed(&tags_of(found.tags.clone()), known))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let planned = &request.planned;
        let tags = tags::for_create(planned, &request.token);
        let call = context
            .ec2()
            .once
            .create_vpn_gateway()
            .r#type(GatewayType::Ipsec1)
            .set_amazon_side_asn(text(planned, "amazon_side_asn").and_then(|asn| asn.parse().ok()))
            .set_availability_zone(text(planned, "availability_zone"))
            .set_tag_specifications(tag_specification(ResourceType::VpnGateway, &tags));
        let gateway = answer(call.send()).await?.vpn_gateway;
        gateway.and_then(|gateway| gateway.vpn_gateway_id).ok_or_else(|| Failure::incomplete("VPN gateway"))
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Self::Found>,
    ) -> Result<Option<String>, ProviderError> {
        let Some(wanted) = change.wanted_str("vpc_id") else { return Ok(None) };
        let there = attachment(&change.found.0).and_then(|attachment| attachment.vpc_id.as_deref());
        let failed = |error| change.failed(error);
        if let Some(there) = there {
            detach(context, change.id, there).await.map_err(failed)?;
            attached_to(context, change.id, None, change.operation, change.limit, failed).await?;
        }
        if !wanted.is_empty() {
            attach(context, change.id, wanted, change.limit).await.map_err(failed)?;
            attached_to(context, change.id, Some(wanted), change.operation, change.limit, failed).await?;
        }
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, id: &str, _: &Value) -> Result<(), Failure> {
        let gateways = describe_gateways(context, Select::one("vpn-gateway-id", id)).await?;
        let vpc = gateways.first().and_then(attachment).and_then(|attachment| attachment.vpc_id.clone());
        if let Some(vpc) = vpc {
            detach(context, id, &vpc).await?;
        }
        answer(context.ec2().safe.delete_vpn_gateway().vpn_gateway_id(id).send()).await.map(drop)
    }

    lists!(whole describe_vpn_gateways, vpn_gateways, |gateway| {
        let alive = super::is_alive(&gateway);
        tagged(gateway.vpn_gateway_id, gateway.tags).filter(|_| alive)
    });

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let gateways = describe_gateways(context, by_token(&request.token)).await?;
        Ok(gateways.into_iter().filter(is_alive).find_map(|gateway| gateway.vpn_gateway_id))
    }
}
