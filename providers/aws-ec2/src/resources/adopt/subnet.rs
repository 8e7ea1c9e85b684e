//! `aws_default_subnet`.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::Value;
use evenkeel_provider::{CreateRequest, FindRequest, ProviderError};

use super::{existed, like, mark};
use crate::calls::client::answer;
use crate::calls::network::Subnet as Found;
use crate::calls::{Ec2Context, Filter, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::resources::Subnet;
use crate::resources::common::{Change, Ec2Type, Limits, Progress, Wanted, text};

/// `aws_default_subnet`
pub struct DefaultSubnet;

impl Ec2Type for DefaultSubnet {
    type Found = Found;
    const KIND: &'static str = "aws_default_subnet";
    const NOUN: &'static str = "EC2 Default Subnet";
    const UNLISTED: Option<&'static str> = Some("They are listed as aws_subnet.");
    const LIMITS: Limits = Limits { create: 600, update: 600, delete: 1_200 };

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        Subnet::fetch(context, wanted).await
    }

    fn progress(found: &Found) -> Progress {
        Subnet::progress(found)
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        let existing = existed(&found.tags, known.get_bool("existing_default_subnet"));
        like::<Subnet, Self>(context, found, known).bool("existing_default_subnet", Some(existing)).build()
    }

    fn stays(prior: &Value) -> bool {
        prior.get_bool("force_destroy") != Some(true)
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let zone = text(&request.planned, "availability_zone").unwrap_or_default();
        let filters =
            vec![Filter::new("availability-zone", [zone.as_str()]), Filter::new("default-for-az", ["true"])];
        let ec2 = context.ec2();
        if let Some(subnet) = ec2.describe_subnets(Select::Filters(filters)).await?.into_iter().next() {
            return Ok(subnet.id);
        }
        let ipv6 = request.planned.get_bool("ipv6_native").filter(|native| *native);
        let call = ec2.once.create_default_subnet().availability_zone(zone).set_ipv6_native(ipv6);
        let subnet = answer(call.send()).await?.subnet;
        let id = subnet.and_then(|subnet| subnet.subnet_id).ok_or_else(|| Failure::incomplete("subnet"))?;
        mark(context, &id, &request.token).await?;
        Ok(id)
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Found>,
    ) -> Result<Option<String>, ProviderError> {
        Subnet::converge(context, change).await
    }

    async fn remove(context: &Arc<Context>, id: &str, prior: &Value) -> Result<(), Failure> {
        Subnet::remove(context, id, prior).await
    }

    async fn search(_: &Arc<Context>, _: &FindRequest) -> Result<Option<String>, Failure> {
        Ok(None)
    }
}
