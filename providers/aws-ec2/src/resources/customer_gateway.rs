//! `aws_customer_gateway`.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::types::{CustomerGateway as Found, GatewayType, ResourceType};
use evenkeel_model::{Diagnostic, Diagnostics, Value};
use evenkeel_provider::{CreateRequest, FindRequest, ProviderError};

use super::common::{Change, Ec2Type, Progress, Wanted, account, arn, by_id, by_token, ids_of, text};
use crate::calls::client::{answer, describe_whole, lists, tag_specification, tagged, tags_of};
use crate::calls::{Call, Ec2Context, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::{registry, tags};

/// `aws_customer_gateway`
pub struct CustomerGateway;

impl Ec2Type for CustomerGateway {
    type Found = (Found, String);
    const KIND: &'static str = "aws_customer_gateway";
    const NOUN: &'static str = "EC2 Customer Gateway";

    fn check(config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        let open = |name: &str| config.get(name).is_none_or(Value::is_null);
        if open("bgp_asn") && open("bgp_asn_extended") {
            diagnostics.push(Diagnostic::error(
                "Missing required argument",
                "A customer gateway needs bgp_asn, or bgp_asn_extended for numbers from 2147483648 on.",
            ));
        }
        for (name, least, most) in
            [("bgp_asn", 1, i64::from(i32::MAX)), ("bgp_asn_extended", 1 << 31, u32::MAX.into())]
        {
            let Some(asn) = config.get_str(name) else { continue };
            if !asn.parse::<i64>().is_ok_and(|asn| (least..=most).contains(&asn)) {
                diagnostics.push(Diagnostic::error(
                    "Invalid autonomous system number",
                    format!("{name} is \"{asn}\"; it has to be a number from {least} to {most}."),
                ));
            }
        }
        diagnostics
    }

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Self::Found>, Failure> {
        let gateways =
            by_id(ids_of(wanted), "customer-gateway-id", |select| describe_gateways(context, select)).await?;
        if gateways.is_empty() {
            return Ok(BTreeMap::new());
        }
        let account = account(context).await?;
        let alive = gateways.into_iter().filter(|gateway| gateway.state.as_deref() != Some("deleted"));
        let found =
            alive.filter_map(|found| Some((found.customer_gateway_id.clone()?, (found, account.clone()))));
        Ok(found.collect())
    }

    fn progress((found, _): &Self::Found) -> Progress {
        match found.state.as_deref() {
            Some("pending") => Progress::Coming,
            _ => Progress::Ready,
        }
    }

    fn value(context: &Arc<Context>, (found, account): &Self::Found, known: &Value) -> Value {
        let id = found.customer_gateway_id.as_deref().unwrap_or_default();
        let set = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        // A gateway cannot be changed: what the service does not tell is as it was asked for.
        let extended = set(&found.bgp_asn_extended).or_else(|| text(known, "bgp_asn_extended"));
        let device = set(&found.device_name).or_else(|| text(known, "device_name"));
        Builder::new(registry::schema(Self::KIND), known)
            .str("id", Some(id))
            .str("arn", Some(arn(context, Some(account), &format!("customer-gateway/{id}"))))
            .str("region", Some(context.region()))
            .str("bgp_asn", set(&found.bgp_asn).filter(|_| extended.is_none()))
            .str("bgp_asn_extended", extended)
            .str("certificate_arn", set(&found.certificate_arn))
            .str("device_name", device)
            .str("ip_address", set(&found.ip_address))
            .str("type", found.r#type.as_deref())
            .tags(context.tags().observed(&tags_of(found.tags.clone()), known))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let planned = &request.planned;
        let get = |name: &str| text(planned, name);
        let tags = tags::for_create(planned, &request.token);
        let call = context
            .ec2()
            .once
            .create_customer_gateway()
            .set_bgp_asn(get("bgp_asn").and_then(|asn| asn.parse().ok()))
            .set_bgp_asn_extended(get("bgp_asn_extended").and_then(|asn| asn.parse().ok()))
            .set_certificate_arn(get("certificate_arn"))
            .set_device_name(get("device_name"))
            .set_ip_address(get("ip_address"))
            .r#type(GatewayType::from(get("type").unwrap_or_default().as_str()))
            .set_tag_specifications(tag_specification(ResourceType::CustomerGateway, &tags));
        let gateway = answer(call.send()).await?.customer_gateway;
        let id = gateway.and_then(|gateway| gateway.customer_gateway_id);
        id.ok_or_else(|| Failure::incomplete("customer gateway"))
    }

    async fn converge(
        _: &Arc<Context>,
        _: &Change<'_, Self::Found>,
    ) -> Result<Option<String>, ProviderError> {
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, id: &str, _: &Value) -> Result<(), Failure> {
        answer(context.ec2().safe.delete_customer_gateway().customer_gateway_id(id).send()).await.map(drop)
    }

    lists!(whole describe_customer_gateways, customer_gateways, |gateway| {
        let alive = gateway.state.as_deref() != Some("deleted");
        tagged(gateway.customer_gateway_id, gateway.tags).filter(|_| alive)
    });

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let gateways = describe_gateways(context, by_token(&request.token)).await?;
        let alive = gateways.into_iter().filter(|gateway| gateway.state.as_deref() != Some("deleted"));
        Ok(alive.filter_map(|gateway| gateway.customer_gateway_id).next())
    }
}

fn describe_gateways(context: &Arc<Context>, select: Select) -> Call<'static, Vec<Found>> {
    describe_whole!(
        context.ec2(),
        select,
        describe_customer_gateways,
        set_customer_gateway_ids,
        set_filters,
        customer_gateways
    )
}
