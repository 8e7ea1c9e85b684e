//! `aws_iam_role_policy`: a policy that a role has of its own.

use std::sync::Arc;

use evenkeel_model::Value;
use evenkeel_model::schema::Schema;
use evenkeel_provider::{CreateRequest, Listed, policy};

use super::{all, document, role};
use crate::clients::AccountContext;
use crate::context::Context;
use crate::each::{self, PROPAGATION, Seen, identified, unless_gone};
use crate::errors::{Failure, answer};
use crate::listing::{Listing, hanging_on};
use crate::object::Builder;
use crate::{names, registry, wait};

/// The resource type.
pub struct RolePolicy;

impl each::Type for RolePolicy {
    const KIND: &'static str = "aws_iam_role_policy";
    const NOUN: &'static str = "IAM Role Policy";
    const OWNED: bool = false;

    fn schema() -> &'static Schema {
        registry::schema(Self::KIND)
    }

    async fn read(context: &Arc<Context>, known: &Value) -> Seen {
        let (role, name) = identity(known);
        let call = context.iam().get_role_policy().role_name(&role).policy_name(&name).send();
        let Some(found) = unless_gone(answer(call).await)? else { return Ok(None) };
        let text = policy::settled(known.get_str("policy"), &document(Some(&found.policy_document)));
        let value = Builder::new(Self::schema(), known)
            .str("id", Some(format!("{role}:{name}")))
            .str("role", Some(&role))
            .str("name", Some(&name))
            .str("name_prefix", Some(names::prefix_of(&name, known)))
            .str("policy", Some(text));
        Ok(Some(value.build()))
    }

    async fn make(context: &Arc<Context>, request: &CreateRequest) -> Result<Value, Failure> {
        let name = names::chosen(&request.planned, &request.token);
        let named = request.planned.clone().with_attribute("name", Value::string(&name));
        put(context, &named).await?;
        let (role, name) = identity(&named);
        Ok(identified(&named, format!("{role}:{name}")))
    }

    async fn change(context: &Arc<Context>, prior: &Value, planned: &Value) -> Result<Value, Failure> {
        if each::changes(prior, planned, "policy") {
            put(context, planned).await?;
        }
        Ok(planned.clone())
    }

    async fn remove(context: &Arc<Context>, prior: &Value) -> Result<(), Failure> {
        let (role, name) = identity(prior);
        let call = context.iam().delete_role_policy().role_name(role).policy_name(name).send();
        answer(call).await.map(drop)
    }

    fn list(context: &Arc<Context>, after: Option<String>) -> Option<Listing<'_>> {
        Some(Box::pin(async move {
            let iam = context.iam();
            hanging_on(role::roles(&iam, after).await?, |role: String| {
                let iam = iam.clone();
                async move {
                    let names = all!(iam.list_role_policies().role_name(&role)).await?.into_iter();
                    let listed = |name: String| Listed {
                        name: Some(name.clone()),
                        ..Listed::of(format!("{role}:{name}"))
                    };
                    Ok(names.map(listed).collect())
                }
            })
            .await
        }))
    }

    /// Writing it again does no harm: it is ours if it says what is planned.
    async fn find(context: &Arc<Context>, planned: &Value, token: &str) -> Seen {
        let name = names::chosen(planned, token);
        let named = planned.clone().with_attribute("name", Value::string(name));
        let found = Self::read(context, &named).await?;
        Ok(found.filter(|found| found.get_str("policy") == planned.get_str("policy")))
    }
}

/// Role and name; of an object of which only the identifier is known, from that.
fn identity(known: &Value) -> (String, String) {
    if let (Some(role), Some(name)) = (known.get_str("role"), known.get_str("name")) {
        return (role.to_owned(), name.to_owned());
    }
    let (role, name) = known.get_str("id").and_then(|id| id.split_once(':')).unwrap_or_default();
    (role.to_owned(), name.to_owned())
}

async fn put(context: &Context, planned: &Value) -> Result<(), Failure> {
    let (role, name) = identity(planned);
    let call = context.iam().put_role_policy().role_name(role).policy_name(name);
    let call = call.policy_document(planned.get_str("policy").unwrap_or_default());
    wait::patiently(PROPAGATION, Failure::is_gone, || answer(call.clone().send())).await.map(drop)
}
