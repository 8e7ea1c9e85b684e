//! `aws_ec2_tag`: one tag of an object that something else looks after.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_ec2::types::Tag;
use evenkeel_model::Value;
use evenkeel_provider::{CreateRequest, FindRequest, Listed, ProviderError};

use super::common::{Change, Ec2Type, Wanted, text};
use crate::calls::client::{answer, filters_of, lists, pages};
use crate::calls::{Ec2Context, Filter};
use crate::context::Context;
use crate::errors::Failure;
use crate::shape::Shape;
use crate::{registry, tags};

/// `aws_ec2_tag`
pub struct Ec2Tag;

/// A tag of an object.
pub struct Found {
    resource: String,
    key: String,
    value: String,
}

/// Values that one filter may have.
const PER_CALL: usize = 200;

impl Ec2Type for Ec2Tag {
    type Found = Found;
    const KIND: &'static str = "aws_ec2_tag";
    const NOUN: &'static str = "EC2 Tag";
    const LISTED_UNASKED: bool = false;

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        let mut found = BTreeMap::new();
        for part in wanted.chunks(PER_CALL) {
            let pairs: BTreeSet<(&str, &str)> =
                part.iter().filter_map(|wanted| wanted.id.split_once(',')).collect();
            let filters = vec![
                Filter::new(
                    "resource-id",
                    pairs.iter().map(|(resource, _)| *resource).collect::<BTreeSet<_>>(),
                ),
                Filter::new("key", pairs.iter().map(|(_, key)| *key).collect::<BTreeSet<_>>()),
            ];
            let ec2 = context.ec2();
            let tags = pages!(ec2.safe.describe_tags().set_filters(filters_of(filters)), tags);
            for tag in tags {
                let (Some(resource), Some(key)) = (tag.resource_id, tag.key) else { continue };
                let value = tag.value.unwrap_or_default();
                found.insert(format!("{resource},{key}"), Found { resource, key, value });
            }
        }
        found.retain(|id, _| wanted.iter().any(|wanted| wanted.id == id));
        Ok(found)
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        Shape::new(registry::schema(Self::KIND), known)
            .text("id", Some(format!("{},{}", found.resource, found.key)))
            .text("region", Some(context.region()))
            .text("resource_id", Some(&found.resource))
            .text("key", Some(&found.key))
            .text("value", Some(&found.value))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let get = |name: &str| text(&request.planned, name).unwrap_or_default();
        let (resource, key) = (get("resource_id"), get("key"));
        write(context, &resource, &key, &get("value")).await?;
        Ok(format!("{resource},{key}"))
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Found>,
    ) -> Result<Option<String>, ProviderError> {
        let Some(value) = change.wanted_str("value") else { return Ok(None) };
        let written = write(context, &change.found.resource, &change.found.key, value).await;
        written.map(|()| None).map_err(|error| change.failed(error))
    }

    async fn remove(context: &Arc<Context>, id: &str, _: &Value) -> Result<(), Failure> {
        let Some((resource, key)) = id.split_once(',') else { return Ok(()) };
        let tag = Tag::builder().key(key).build();
        answer(context.ec2().safe.delete_tags().resources(resource).tags(tag).send()).await.map(drop)
    }

    lists!(describe_tags [], tags, |tag| {
        let key = tag.key.filter(|key| tags::is_visible(key));
        tag.resource_id.zip(key).map(|(resource, key)| Listed::of(format!("{resource},{key}")))
    });

    async fn search(_: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let get = |name: &str| text(&request.planned, name);
        Ok(get("resource_id").zip(get("key")).map(|(resource, key)| format!("{resource},{key}")))
    }
}

async fn write(context: &Arc<Context>, resource: &str, key: &str, value: &str) -> Result<(), Failure> {
    let tag = Tag::builder().key(key).value(value).build();
    answer(context.ec2().safe.create_tags().resources(resource).tags(tag).send()).await.map(drop)
}
