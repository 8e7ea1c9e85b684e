//! Asking for permissions: EC2 says whether it would make or remove an object (`DryRun`).

use std::sync::Arc;
use std::time::Duration;

use evenkeel_provider::{ErrorKind, Permission, ProbeRequest};
use evenkeel_provider_aws_core::ask_only::WOULD;
use evenkeel_provider_aws_core::context::Context;
use evenkeel_provider_aws_core::denied;
use evenkeel_provider_aws_core::endpoints::Service;
use evenkeel_provider_aws_core::errors::{Effect, Failure, provider_error};
use evenkeel_provider_aws_core::resource::Resource;
use evenkeel_provider_aws_ec2 as ec2;

/// What is waited for an answer: what is asked about may wait for things that the plan makes first.
const LIMIT: Duration = Duration::from_secs(10);

/// What the service says to a change of an object.
pub async fn probe(
    context: &Arc<Context>,
    resource: &dyn Resource,
    request: ProbeRequest,
) -> Option<Permission> {
    let asking = context.asking();
    let asked = resource.probe(&asking, request)?;
    if context.is_stand_in(Service::Ec2) && !ec2::decides_before_acting(&asking).await {
        let why = "this endpoint does not heed DryRun, so that asking might do it";
        return Some(Permission::Unknown(why.to_owned()));
    }
    Some(match tokio::time::timeout(LIMIT, asked).await {
        Ok(Ok(())) => Permission::Granted,
        Ok(Err(failure)) => told(context, &failure).await,
        Err(_) => Permission::Unknown("it waits for something that is not there yet".to_owned()),
    })
}

async fn told(context: &Context, failure: &Failure) -> Permission {
    if failure.is(WOULD) {
        return Permission::Granted;
    }
    let error = provider_error("asking", Effect::Read, failure);
    match error.kind {
        ErrorKind::Denied => Permission::Missing(denied::missing(context, &error).await),
        _ => Permission::Unknown(error.detail),
    }
}
