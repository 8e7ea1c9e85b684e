//! `aws_vpn_gateway_attachment`.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::types::AttachmentStatus;
use evenkeel_model::Value;
use evenkeel_provider::{CreateRequest, FindRequest, ProviderError};

use super::{attach, attachment, describe_gateways, detach};
use crate::calls::client::lists;
use crate::context::Context;
use crate::errors::Failure;
use crate::listing::imported;
use crate::object::Builder;
use crate::registry;
use crate::resources::common::{Change, Ec2Type, Limits, Progress, Wanted, by_id, text};
use crate::resources::naming::hash;

/// `aws_vpn_gateway_attachment`
pub struct VpnGatewayAttachment;

/// VPC, gateway, and whether the one is attached to the other yet.
pub struct Found {
    vpc: String,
    gateway: String,
    state: Option<AttachmentStatus>,
}

impl Ec2Type for VpnGatewayAttachment {
    type Found = Found;
    const KIND: &'static str = "aws_vpn_gateway_attachment";
    const NOUN: &'static str = "EC2 VPN Gateway Attachment";
    const LIMITS: Limits = Limits { create: 900, update: 900, delete: 1_800 };

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        let keys: Vec<_> = wanted.iter().filter_map(|wanted| Some((wanted.id, key_of(wanted)?))).collect();
        let ids = keys.iter().map(|(_, (_, gateway))| gateway.clone()).collect();
        let gateways = by_id(ids, "vpn-gateway-id", |select| describe_gateways(context, select)).await?;
        let found = keys.into_iter().filter_map(|(id, (vpc, gateway))| {
            let known = gateways.iter().find(|known| known.vpn_gateway_id.as_ref() == Some(&gateway))?;
            let attached = attachment(known).filter(|attached| attached.vpc_id.as_ref() == Some(&vpc))?;
            Some((id.to_owned(), Found { vpc, gateway, state: attached.state.clone() }))
        });
        Ok(found.collect())
    }

    fn progress(found: &Found) -> Progress {
        match found.state {
            Some(AttachmentStatus::Attaching) => Progress::Coming,
            _ => Progress::Ready,
        }
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        Builder::new(registry::schema(Self::KIND), known)
            .str("id", Some(identifier(&found.vpc, &found.gateway)))
            .str("region", Some(context.region()))
            .str("vpc_id", Some(&found.vpc))
            .str("vpn_gateway_id", Some(&found.gateway))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let get = |name: &str| text(&request.planned, name).unwrap_or_default();
        let (vpc, gateway) = (get("vpc_id"), get("vpn_gateway_id"));
        attach(context, &gateway, &vpc, std::time::Duration::from_secs(Self::LIMITS.create)).await?;
        Ok(identifier(&vpc, &gateway))
    }

    async fn converge(_: &Arc<Context>, _: &Change<'_, Found>) -> Result<Option<String>, ProviderError> {
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, _: &str, prior: &Value) -> Result<(), Failure> {
        let get = |name: &str| prior.get_str(name).unwrap_or_default();
        detach(context, get("vpn_gateway_id"), get("vpc_id")).await
    }

    lists!(whole describe_vpn_gateways, vpn_gateways, |gateway| {
        let id = gateway.vpn_gateway_id().unwrap_or_default();
        let vpc = attachment(&gateway)?.vpc_id()?;
        Some(imported(identifier(vpc, id), format!("{vpc}:{id}")))
    });

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let get = |name: &str| text(&request.planned, name).unwrap_or_default();
        let id = identifier(&get("vpc_id"), &get("vpn_gateway_id"));
        let found = Self::fetch(context, &[Wanted::of(&id, &request.planned)]).await?;
        Ok(found.contains_key(&id).then_some(id))
    }
}

/// The identifier that the public provider makes up.
fn identifier(vpc: &str, gateway: &str) -> String {
    format!("vpn-attachment-{:x}", hash(&format!("{vpc}-{gateway}")))
}

/// What is remembered, or what an import names: `vpc-...:vgw-...`.
fn key_of(wanted: &Wanted<'_>) -> Option<(String, String)> {
    match (text(wanted.known, "vpc_id"), text(wanted.known, "vpn_gateway_id")) {
        (Some(vpc), Some(gateway)) => Some((vpc, gateway)),
        _ => wanted.id.split_once(':').map(|(vpc, gateway)| (vpc.to_owned(), gateway.to_owned())),
    }
}
