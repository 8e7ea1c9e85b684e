//! `aws_iam_openid_connect_provider`: an issuer of web identities that is trusted.

use std::sync::Arc;

use aws_sdk_iam::Client;
use evenkeel_model::schema::Schema;
use evenkeel_model::{Type, Value};
use evenkeel_provider::{CreateRequest, Listed, PlanRequest, PlannedChange, propose};

use super::{change_tags, tags_of, to_api};
use crate::clients::AccountContext;
use crate::context::Context;
use crate::each::{self, Seen, changes, identified, name_or_id, texts, unless_gone};
use crate::errors::{Failure, answer};
use crate::listing::{Listing, page, with_tags};
use crate::object::Builder;
use crate::tags::OWNER_KEY;
use crate::{registry, tags};

const SCHEME: &str = "https://";

/// The resource type.
pub struct OpenIdConnectProvider;

impl each::Type for OpenIdConnectProvider {
    const KIND: &'static str = "aws_iam_openid_connect_provider";
    const NOUN: &'static str = "IAM OIDC Provider";

    fn schema() -> &'static Schema {
        registry::schema(Self::KIND)
    }

    /// The service keeps the address without its scheme, and so does the object from the start: trust
    /// policies are written with it.
    fn propose(schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        let mut change = propose::plan_by_schema(schema, request);
        let bare = change.planned.get_str("url").and_then(|url| url.strip_prefix(SCHEME)).map(Value::string);
        if let Some(bare) = bare {
            change.planned = change.planned.with_attribute("url", bare);
        }
        change
    }

    async fn read(context: &Arc<Context>, known: &Value) -> Seen {
        let arn = name_or_id(known, "arn");
        let call = context.iam().get_open_id_connect_provider().open_id_connect_provider_arn(arn).send();
        let Some(found) = unless_gone(answer(call).await)? else { return Ok(None) };
        let url = found.url.map(|url| url.trim_start_matches(SCHEME).to_owned());
        let value = Builder::new(Self::schema(), known)
            .str("id", Some(arn))
            .str("arn", Some(arn))
            .str("url", url)
            .string_set("client_id_list", found.client_id_list.unwrap_or_default())
            .set("thumbprint_list", thumbprints(found.thumbprint_list.unwrap_or_default(), known))
            .tags(context.tags().observed(&tags_of(found.tags), known));
        Ok(Some(value.build()))
    }

    async fn make(context: &Arc<Context>, request: &CreateRequest) -> Result<Value, Failure> {
        let planned = &request.planned;
        let url = planned.get_str("url").unwrap_or_default();
        let thumbprints = Some(texts(planned, "thumbprint_list")).filter(|list| !list.is_empty());
        let iam = context.iam();
        let call = iam
            .create_open_id_connect_provider()
            .url(if url.contains("://") { url.to_owned() } else { format!("{SCHEME}{url}") })
            .set_client_id_list(Some(texts(planned, "client_id_list")))
            .set_thumbprint_list(thumbprints)
            .set_tags(to_api(&tags::for_create(planned, &request.token)));
        let arn = answer(call.send()).await?.open_id_connect_provider_arn;
        let arn = arn.ok_or_else(|| Failure::incomplete("provider"))?;
        Ok(identified(planned, &arn).with_attribute("arn", Value::string(&arn)))
    }

    async fn change(context: &Arc<Context>, prior: &Value, planned: &Value) -> Result<Value, Failure> {
        let iam = context.iam();
        let arn = name_or_id(prior, "arn");
        if changes(prior, planned, "thumbprint_list") {
            let call = iam.update_open_id_connect_provider_thumbprint().open_id_connect_provider_arn(arn);
            answer(call.set_thumbprint_list(Some(texts(planned, "thumbprint_list"))).send()).await?;
        }
        change_tags!(
            iam,
            prior,
            planned,
            tag_open_id_connect_provider,
            untag_open_id_connect_provider,
            open_id_connect_provider_arn,
            arn
        );
        Ok(planned.clone())
    }

    async fn remove(context: &Arc<Context>, prior: &Value) -> Result<(), Failure> {
        let arn = name_or_id(prior, "arn");
        let call = context.iam().delete_open_id_connect_provider().open_id_connect_provider_arn(arn).send();
        answer(call).await.map(drop)
    }

    fn list(context: &Arc<Context>, _: Option<String>) -> Option<Listing<'_>> {
        Some(Box::pin(async move {
            let iam = context.iam();
            let arns = arns(&iam).await?.into_iter().map(Listed::of).collect();
            let tagged = with_tags(arns, |arn: String| {
                let iam = iam.clone();
                async move {
                    let call = iam.list_open_id_connect_provider_tags().open_id_connect_provider_arn(arn);
                    Ok(tags_of(Some(answer(call.send()).await?.tags)))
                }
            });
            Ok(page(tagged.await?, None))
        }))
    }

    async fn find(context: &Arc<Context>, planned: &Value, token: &str) -> Seen {
        let iam = context.iam();
        for arn in arns(&iam).await? {
            let call = iam.list_open_id_connect_provider_tags().open_id_connect_provider_arn(&arn).send();
            let Some(found) = unless_gone(answer(call).await)? else { continue };
            if tags_of(Some(found.tags)).get(OWNER_KEY).is_some_and(|owner| owner == token) {
                let known = planned.clone().with_attribute("arn", Value::string(&arn));
                return Self::read(context, &known).await;
            }
        }
        Ok(None)
    }
}

/// All that the account has; the service tells them in one piece.
async fn arns(iam: &Client) -> Result<Vec<String>, Failure> {
    let listed = answer(iam.list_open_id_connect_providers().send()).await?;
    Ok(listed.open_id_connect_provider_list.unwrap_or_default().into_iter().filter_map(|p| p.arn).collect())
}

/// Thumbprints in the order in which they are remembered; the service has an order of its own.
fn thumbprints(found: Vec<String>, known: &Value) -> Value {
    let remembered = texts(known, "thumbprint_list");
    let same = remembered.len() == found.len() && found.iter().all(|print| remembered.contains(print));
    let list = if same { remembered } else { found };
    Value::list(Type::String, list.into_iter().map(Value::string))
}
