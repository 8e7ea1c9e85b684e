//! `aws_vpn_gateway`, its attachment to a VPC, and the routes it puts into tables.

mod attachment;
mod gateway;
mod propagation;

pub use attachment::VpnGatewayAttachment;
pub use gateway::VpnGateway;
pub use propagation::VpnGatewayRoutePropagation;

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_ec2::types::{AttachmentStatus, VpcAttachment, VpnGateway as Found, VpnState};
use evenkeel_provider::ProviderError;

use super::common::{eventually, unless_gone};
use crate::calls::client::{answer, describe_whole};
use crate::calls::{Call, Ec2Context, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::wait;

fn describe_gateways(context: &Arc<Context>, select: Select) -> Call<'static, Vec<Found>> {
    describe_whole!(
        context.ec2(),
        select,
        describe_vpn_gateways,
        set_vpn_gateway_ids,
        set_filters,
        vpn_gateways
    )
}

/// Gateways are told of for a while after their end.
fn is_alive(found: &Found) -> bool {
    !matches!(found.state, Some(VpnState::Deleted))
}

/// The attachment that is there to stay; a gateway has one at most.
fn attachment(found: &Found) -> Option<&VpcAttachment> {
    let leaves = |attachment: &&VpcAttachment| {
        !matches!(attachment.state, Some(AttachmentStatus::Detached | AttachmentStatus::Detaching))
    };
    found.vpc_attachments().iter().find(leaves)
}

/// Attaches a gateway and waits for that.
async fn attach(context: &Arc<Context>, gateway: &str, vpc: &str, limit: Duration) -> Result<(), Failure> {
    // A new gateway is not seen, and one that was detached not free, at once.
    let waits =
        ["InvalidVpnGatewayID.NotFound", "InvalidParameterValue", "VpnGatewayAttachmentLimitExceeded"];
    let attached = eventually(limit, &waits, || async {
        let call = context.ec2().safe.attach_vpn_gateway().vpn_gateway_id(gateway).vpc_id(vpc);
        answer(call.send()).await
    });
    attached.await.map(drop)
}

async fn detach(context: &Arc<Context>, gateway: &str, vpc: &str) -> Result<(), Failure> {
    let call = context.ec2().safe.detach_vpn_gateway().vpn_gateway_id(gateway).vpc_id(vpc);
    match answer(call.send()).await {
        Err(error) if error.is_any(&["InvalidVpnGatewayAttachment.NotFound", "IncorrectState"]) => Ok(()),
        answer => answer.map(drop).or_else(unless_gone),
    }
}

/// Waits until a gateway is attached to exactly the VPC given, or to none.
async fn attached_to(
    context: &Arc<Context>,
    gateway: &str,
    vpc: Option<&str>,
    operation: &str,
    limit: Duration,
    failed: impl Fn(Failure) -> ProviderError,
) -> Result<(), ProviderError> {
    wait::until(operation, limit, || async {
        let gateways = describe_gateways(context, Select::one("vpn-gateway-id", gateway)).await;
        let gateways = gateways.map_err(&failed)?;
        let states = gateways.first().map(|gateway| gateway.vpc_attachments()).unwrap_or_default();
        let left = |attachment: &VpcAttachment| attachment.state == Some(AttachmentStatus::Detached);
        let done = match vpc {
            None => states.iter().all(left),
            Some(vpc) => states.iter().any(|attachment| {
                attachment.vpc_id.as_deref() == Some(vpc)
                    && attachment.state == Some(AttachmentStatus::Attached)
            }),
        };
        Ok(done.then_some(()))
    })
    .await
}
