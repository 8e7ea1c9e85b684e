//! `aws_default_vpc`.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::Value;
use evenkeel_provider::{CreateRequest, FindRequest, ProviderError};

use super::{default_vpc, existed, like, mark};
use crate::calls::Ec2Context;
use crate::calls::client::answer;
use crate::context::Context;
use crate::errors::Failure;
use crate::resources::Vpc;
use crate::resources::common::{Change, Ec2Type, Limits, Progress, Wanted};
use crate::resources::vpc::Whole as Found;

/// `aws_default_vpc`
pub struct DefaultVpc;

impl Ec2Type for DefaultVpc {
    type Found = Found;
    const KIND: &'static str = "aws_default_vpc";
    const NOUN: &'static str = "EC2 Default VPC";
    const UNLISTED: Option<&'static str> = Some("They are listed as aws_vpc.");
    const LIMITS: Limits = Vpc::LIMITS;

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        Vpc::fetch(context, wanted).await
    }

    fn progress(found: &Found) -> Progress {
        Vpc::progress(found)
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        let existing = existed(found.tags(), known.get_bool("existing_default_vpc"));
        like::<Vpc, Self>(context, found, known).bool("existing_default_vpc", Some(existing)).build()
    }

    fn stays(prior: &Value) -> bool {
        prior.get_bool("force_destroy") != Some(true)
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        if let Some(id) = default_vpc(context).await? {
            return Ok(id);
        }
        let vpc = answer(context.ec2().once.create_default_vpc().send()).await?.vpc;
        let id = vpc.and_then(|vpc| vpc.vpc_id).ok_or_else(|| Failure::incomplete("VPC"))?;
        mark(context, &id, &request.token).await?;
        Ok(id)
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Found>,
    ) -> Result<Option<String>, ProviderError> {
        Vpc::converge(context, change).await
    }

    async fn remove(context: &Arc<Context>, id: &str, prior: &Value) -> Result<(), Failure> {
        Vpc::remove(context, id, prior).await
    }

    async fn search(_: &Arc<Context>, _: &FindRequest) -> Result<Option<String>, Failure> {
        Ok(None)
    }
}
