//! `aws_key_pair`.
//!
//! The service puts the pair's name into the comment of the public key; keys are compared without it.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::types::{KeyPairInfo, ResourceType};
use aws_smithy_types::Blob;
use evenkeel_model::schema::Schema;
use evenkeel_model::{Type, Value};
use evenkeel_provider::{CreateRequest, FindRequest, PlanRequest, PlannedChange, ProviderError, propose};

use super::common::{Change, Ec2Type, Wanted, account, arn, by_id, by_token, ids_of, text};
use crate::calls::client::{answer, lists, selection, tag_specification, tagged, tags_of};
use crate::calls::{Call, Ec2Context, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::shape::Shape;
use crate::{names, registry, tags};

/// `aws_key_pair`
pub struct KeyPair;

/// A key pair and the account it is in.
pub struct Found {
    pair: KeyPairInfo,
    account: String,
}

impl Ec2Type for KeyPair {
    type Found = Found;
    const KIND: &'static str = "aws_key_pair";
    const NOUN: &'static str = "EC2 Key Pair";

    fn propose(schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        let written = |object: Option<&Value>| object.and_then(|object| text(object, "public_key"));
        let prior = written(request.prior);
        match (&prior, written(Some(request.config))) {
            (Some(prior), Some(config)) if key_of(prior) == key_of(&config) => {
                let config = request.config.clone().with_attribute("public_key", Value::string(prior));
                propose::plan_by_schema(schema, &PlanRequest { config: &config, ..*request })
            }
            _ => propose::plan_by_schema(schema, request),
        }
    }

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        let account = account(context).await?;
        let pairs = by_id(ids_of(wanted), "key-name", |select| list(context, select)).await?;
        let named = pairs.into_iter().filter_map(|pair| Some((pair.key_name.clone()?, pair)));
        Ok(named.map(|(name, pair)| (name, Found { pair, account: account.clone() })).collect())
    }

    fn tagged_as<'f>(found: &'f Found, id: &'f str) -> &'f str {
        found.pair.key_pair_id().unwrap_or(id)
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        let pair = &found.pair;
        let name = pair.key_name().unwrap_or_default();
        let written = text(known, "public_key");
        let found_key = pair.public_key().map(str::trim);
        let same = |written: &String| found_key.is_none_or(|found| key_of(found) == key_of(written));
        let public_key = written.filter(same).or_else(|| found_key.map(str::to_owned));
        Shape::new(registry::schema(Self::KIND), known)
            .text("id", Some(name))
            .text("arn", Some(arn(context, Some(&found.account), &format!("key-pair/{name}"))))
            .text("region", Some(context.region()))
            .text("key_name", Some(name))
            .text("key_name_prefix", Some(names::prefix_of(name, &named(known))))
            .text("key_pair_id", pair.key_pair_id())
            .text("key_type", pair.key_type().map(|kind| kind.as_str()))
            .text("fingerprint", pair.key_fingerprint())
            .text("public_key", public_key)
            .tags(context.tags().observed(&tags_of(pair.tags.clone()), known))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let name = names::chosen(&named(&request.planned), &request.token);
        let tags = tags::for_create(&request.planned, &request.token);
        let key = text(&request.planned, "public_key").unwrap_or_default();
        let ec2 = context.ec2();
        let import = ec2
            .once
            .import_key_pair()
            .key_name(&name)
            .public_key_material(Blob::new(key.trim()))
            .set_tag_specifications(tag_specification(ResourceType::KeyPair, &tags));
        answer(import.send()).await?;
        Ok(name)
    }

    async fn converge(_: &Arc<Context>, _: &Change<'_, Found>) -> Result<Option<String>, ProviderError> {
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, id: &str, _: &Value) -> Result<(), Failure> {
        answer(context.ec2().safe.delete_key_pair().key_name(id).send()).await.map(drop)
    }

    lists!(whole describe_key_pairs, key_pairs, |pair| {
        let name = pair.key_name.clone();
        let found = tagged(pair.key_name, pair.tags)?;
        Some(evenkeel_provider::Listed { name, ..found })
    });

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let pairs = list(context, by_token(&request.token)).await?;
        Ok(pairs.into_iter().find_map(|pair| pair.key_name))
    }
}

/// The pairs selected; this listing has no pages.
fn list(context: &Arc<Context>, select: Select) -> Call<'static, Vec<KeyPairInfo>> {
    let ec2 = context.ec2();
    Box::pin(async move {
        let (names, filters) = selection(select);
        let request = ec2.safe.describe_key_pairs().include_public_key(true);
        let answered = answer(request.set_key_names(names).set_filters(filters).send()).await?;
        Ok(answered.key_pairs.unwrap_or_default())
    })
}

/// The arguments that a name comes from, under the names that they have elsewhere.
fn named(object: &Value) -> Value {
    let argument = |name: &str| object.get(name).cloned().unwrap_or_else(|| Value::null(Type::String));
    Value::object([("name", argument("key_name")), ("name_prefix", argument("key_name_prefix"))])
}

/// Kind and key, without the comment.
fn key_of(text: &str) -> Vec<&str> {
    text.split_whitespace().take(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_makes_no_other_key() {
        let schema = registry::schema(KeyPair::KIND);
        let object = |key: &str| {
            let known = Value::object([("public_key", Value::string(key))]);
            Shape::new(schema, &known).text("public_key", Some(key)).build()
        };
        let plan = |prior: &str, config: &str| {
            let (prior, config) = (object(prior), object(config));
            let provider_config = Value::empty_object();
            let request =
                PlanRequest { provider_config: &provider_config, prior: Some(&prior), config: &config };
            KeyPair::propose(schema, &request).replace.len()
        };
        assert_eq!(plan("ssh-rsa AAAA web", "ssh-rsa AAAA  me@home\n"), 0);
        assert_eq!(plan("ssh-rsa AAAA web", "ssh-rsa AAAB web"), 1);
    }
}
