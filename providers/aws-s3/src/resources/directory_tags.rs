//! Tags of directory buckets, which the account's side of S3 keeps by ARN.

use aws_sdk_s3control::types::Tag;
use evenkeel_provider::ProviderError;

use crate::client::S3Context;
use crate::context::Context;
use crate::errors::{Effect, Failure, from_sdk, provider_error};
use crate::tags::{TagChange, Tags};

async fn arn(context: &Context, name: &str) -> Result<String, ProviderError> {
    context.arn("s3express", &format!("bucket/{name}")).await
}

/// The tags of a directory bucket; none where the service knows no tags of it.
pub(super) async fn read(context: &Context, name: &str) -> Result<Tags, ProviderError> {
    let (arn, account) = (arn(context, name).await?, context.account_id().await?);
    let sent =
        context.s3_control().list_tags_for_resource().account_id(account).resource_arn(arn).send().await;
    match sent.map_err(|error| Failure::from(&error)) {
        Ok(answer) => Ok(answer.tags.into_iter().flatten().map(|tag| (tag.key, tag.value)).collect()),
        Err(failure) if failure.is_gone() => Ok(Tags::new()),
        Err(failure) => {
            Err(provider_error("reading the tags of S3 Directory Bucket", Effect::Read, &failure))
        }
    }
}

/// Writes and removes tags.
pub(super) async fn change(context: &Context, name: &str, change: &TagChange) -> Result<(), ProviderError> {
    let (arn, account) = (arn(context, name).await?, context.account_id().await?);
    let operation = "tagging S3 Directory Bucket";
    let client = context.s3_control();
    if !change.remove.is_empty() {
        let call = client.untag_resource().account_id(account).resource_arn(&arn);
        let sent = call.set_tag_keys(Some(change.remove.clone())).send().await;
        sent.map_err(|error| from_sdk(operation, Effect::Update, &error))?;
    }
    if !change.set.is_empty() {
        let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build().ok();
        let tags = change.set.iter().filter_map(tag).collect();
        let call = client.tag_resource().account_id(account).resource_arn(&arn).set_tags(Some(tags));
        call.send().await.map_err(|error| from_sdk(operation, Effect::Update, &error))?;
    }
    Ok(())
}
