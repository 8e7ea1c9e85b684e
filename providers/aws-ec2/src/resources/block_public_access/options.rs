//! `aws_vpc_block_public_access_options`: a setting of the account in a region. It is always there;
//! removing it turns it off.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::types::{
    InternetGatewayBlockMode as Mode, VpcBlockPublicAccessOptions as Options, VpcBlockPublicAccessState,
};
use evenkeel_model::Value;
use evenkeel_provider::{CreateRequest, FindRequest, ProviderError};

use super::LIMITS;
use crate::calls::Ec2Context;
use crate::calls::client::answer;
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::registry;
use crate::resources::common::{Change, Ec2Type, Limits, Progress, Wanted, text};

/// `aws_vpc_block_public_access_options`
pub struct VpcBlockPublicAccessOptions;

impl Ec2Type for VpcBlockPublicAccessOptions {
    type Found = Options;
    const KIND: &'static str = "aws_vpc_block_public_access_options";
    const NOUN: &'static str = "VPC Block Public Access Options";
    const UNLISTED: Option<&'static str> = Some("Every region has this setting, once.");
    const LIMITS: Limits = LIMITS;

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Options>, Failure> {
        let told = answer(context.ec2().safe.describe_vpc_block_public_access_options().send()).await?;
        let options = told.vpc_block_public_access_options.ok_or_else(|| Failure::incomplete("options"))?;
        // There is one in a region, which is its identifier.
        let here = wanted.iter().filter(|wanted| wanted.id == context.region());
        Ok(here.map(|wanted| (wanted.id.to_owned(), options.clone())).collect())
    }

    fn progress(found: &Options) -> Progress {
        match found.state {
            Some(VpcBlockPublicAccessState::UpdateInProgress) => Progress::Coming,
            _ => Progress::Ready,
        }
    }

    fn value(context: &Arc<Context>, found: &Options, known: &Value) -> Value {
        Builder::new(registry::schema(Self::KIND), known)
            .str("id", Some(context.region()))
            .str("region", Some(context.region()))
            .str("aws_account_id", found.aws_account_id())
            .str("aws_region", found.aws_region())
            .str("internet_gateway_block_mode", found.internet_gateway_block_mode().map(Mode::as_str))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        set(context, text(&request.planned, "internet_gateway_block_mode").as_deref()).await?;
        Ok(context.region().to_owned())
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Options>,
    ) -> Result<Option<String>, ProviderError> {
        match change.wanted_str("internet_gateway_block_mode") {
            Some(mode) => set(context, Some(mode)).await.map(|()| None).map_err(|error| change.failed(error)),
            None => Ok(None),
        }
    }

    fn is_always_there() -> bool {
        true
    }

    async fn remove(context: &Arc<Context>, _: &str, _: &Value) -> Result<(), Failure> {
        set(context, Some(Mode::Off.as_str())).await
    }

    async fn search(context: &Arc<Context>, _: &FindRequest) -> Result<Option<String>, Failure> {
        Ok(Some(context.region().to_owned()))
    }
}

async fn set(context: &Arc<Context>, mode: Option<&str>) -> Result<(), Failure> {
    let ec2 = context.ec2();
    let call = ec2.safe.modify_vpc_block_public_access_options();
    answer(call.set_internet_gateway_block_mode(mode.map(Mode::from)).send()).await.map(drop)
}
