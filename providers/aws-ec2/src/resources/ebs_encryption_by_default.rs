//! `aws_ebs_encryption_by_default`: a switch of the account in a region. It is always there; removing
//! it turns the switch off.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::Value;
use evenkeel_provider::{CreateRequest, FindRequest, ProviderError};

use super::common::{Change, Ec2Type, Wanted};
use crate::calls::Ec2Context;
use crate::calls::client::answer;
use crate::context::Context;
use crate::errors::Failure;
use crate::registry;
use crate::shape::Shape;

/// `aws_ebs_encryption_by_default`
pub struct EbsEncryptionByDefault;

impl Ec2Type for EbsEncryptionByDefault {
    type Found = bool;
    const KIND: &'static str = "aws_ebs_encryption_by_default";
    const NOUN: &'static str = "EBS encryption by default";
    const UNLISTED: Option<&'static str> = Some("Every region has this setting, once.");

    async fn fetch(context: &Arc<Context>, wanted: &[Wanted<'_>]) -> Result<BTreeMap<String, bool>, Failure> {
        let answered = answer(context.ec2().safe.get_ebs_encryption_by_default().send()).await?;
        let on = answered.ebs_encryption_by_default.unwrap_or_default();
        Ok(wanted.iter().map(|wanted| (wanted.id.to_owned(), on)).collect())
    }

    fn value(context: &Arc<Context>, found: &bool, known: &Value) -> Value {
        Shape::new(registry::schema(Self::KIND), known)
            .text("id", Some(context.region()))
            .text("region", Some(context.region()))
            .flag("enabled", Some(*found))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        turn(context, request.planned.get_bool("enabled").unwrap_or(true)).await?;
        Ok(context.region().to_owned())
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, bool>,
    ) -> Result<Option<String>, ProviderError> {
        let Some(on) = change.wanted_bool("enabled") else { return Ok(None) };
        turn(context, on).await.map(|()| None).map_err(|error| change.failed(error))
    }

    fn is_always_there() -> bool {
        true
    }

    async fn remove(context: &Arc<Context>, _: &str, _: &Value) -> Result<(), Failure> {
        turn(context, false).await
    }

    async fn search(context: &Arc<Context>, _: &FindRequest) -> Result<Option<String>, Failure> {
        Ok(Some(context.region().to_owned()))
    }
}

async fn turn(context: &Arc<Context>, on: bool) -> Result<(), Failure> {
    let ec2 = context.ec2();
    match on {
        true => answer(ec2.safe.enable_ebs_encryption_by_default().send()).await.map(drop),
        false => answer(ec2.safe.disable_ebs_encryption_by_default().send()).await.map(drop),
    }
}
