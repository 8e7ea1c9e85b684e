//! `aws_iam_role_policy_attachment` and `aws_iam_user_policy_attachment`: that one policy is
//! attached to one role or user. Attaching twice is the same as once.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use aws_sdk_iam::Client;
use evenkeel_model::Value;
use evenkeel_model::schema::Schema;
use evenkeel_provider::{CreateRequest, ListPage, Listed};

use super::{all, role, role_parts, user};
use crate::clients::AccountContext;
use crate::context::Context;
use crate::each::{self, PROPAGATION, Seen, identified, unless_gone};
use crate::errors::{Failure, answer};
use crate::listing::{Listing, hanging_on};
use crate::object::Builder;
use crate::{registry, wait};

/// What a policy is attached to.
pub trait Holder: Send + Sync + 'static {
    /// The type name.
    const KIND: &'static str;
    /// What the attachment is called in messages.
    const NOUN: &'static str;
    /// The attribute that names the holder.
    const ATTRIBUTE: &'static str;

    /// A page of holders.
    fn holders(iam: &Client, after: Option<String>)
    -> impl Future<Output = Result<ListPage, Failure>> + Send;
    /// What is attached.
    fn attached(iam: &Client, holder: &str) -> impl Future<Output = Result<Vec<String>, Failure>> + Send;
    /// Attaches a policy.
    fn attach(iam: &Client, holder: &str, arn: &str) -> impl Future<Output = Result<(), Failure>> + Send;
    /// Detaches a policy.
    fn detach(iam: &Client, holder: &str, arn: &str) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// A policy attached to such a holder.
pub struct Attachment<H>(pub H);

/// Of a role.
pub struct RolePolicyAttachment;
/// Of a user.
pub struct UserPolicyAttachment;

impl Holder for RolePolicyAttachment {
    const KIND: &'static str = "aws_iam_role_policy_attachment";
    const NOUN: &'static str = "IAM Role Policy Attachment";
    const ATTRIBUTE: &'static str = "role";

    async fn holders(iam: &Client, after: Option<String>) -> Result<ListPage, Failure> {
        role::roles(iam, after).await
    }

    async fn attached(iam: &Client, holder: &str) -> Result<Vec<String>, Failure> {
        role_parts::managed(iam, holder).await
    }

    async fn attach(iam: &Client, holder: &str, arn: &str) -> Result<(), Failure> {
        answer(iam.attach_role_policy().role_name(holder).policy_arn(arn).send()).await.map(drop)
    }

    async fn detach(iam: &Client, holder: &str, arn: &str) -> Result<(), Failure> {
        answer(iam.detach_role_policy().role_name(holder).policy_arn(arn).send()).await.map(drop)
    }
}

impl Holder for UserPolicyAttachment {
    const KIND: &'static str = "aws_iam_user_policy_attachment";
    const NOUN: &'static str = "IAM User Policy Attachment";
    const ATTRIBUTE: &'static str = "user";

    async fn holders(iam: &Client, after: Option<String>) -> Result<ListPage, Failure> {
        user::users(iam, after).await
    }

    async fn attached(iam: &Client, holder: &str) -> Result<Vec<String>, Failure> {
        let attached = all!(iam.list_attached_user_policies().user_name(holder)).await?;
        Ok(attached.into_iter().filter_map(|policy| policy.policy_arn).collect())
    }

    async fn attach(iam: &Client, holder: &str, arn: &str) -> Result<(), Failure> {
        answer(iam.attach_user_policy().user_name(holder).policy_arn(arn).send()).await.map(drop)
    }

    async fn detach(iam: &Client, holder: &str, arn: &str) -> Result<(), Failure> {
        answer(iam.detach_user_policy().user_name(holder).policy_arn(arn).send()).await.map(drop)
    }
}

impl<H: Holder> each::Type for Attachment<H> {
    const KIND: &'static str = H::KIND;
    const NOUN: &'static str = H::NOUN;

    fn schema() -> &'static Schema {
        registry::schema(H::KIND)
    }

    async fn read(context: &Arc<Context>, known: &Value) -> Seen {
        let (holder, arn) = identity::<H>(known);
        let attached = unless_gone(H::attached(&context.iam(), &holder).await)?.unwrap_or_default();
        Ok(attached.contains(&arn).then(|| value::<H>(known)))
    }

    /// One listing for all attachments of the same holder.
    async fn read_many(context: &Arc<Context>, known: &[&Value]) -> Vec<Seen> {
        let iam = context.iam();
        let mut listed = BTreeMap::new();
        let mut seen = Vec::with_capacity(known.len());
        for known in known {
            let (holder, arn) = identity::<H>(known);
            if !listed.contains_key(&holder) {
                let attached = unless_gone(H::attached(&iam, &holder).await);
                listed.insert(holder.clone(), attached);
            }
            let attached = listed.get(&holder).cloned().unwrap_or(Ok(None));
            seen.push(
                attached.map(|arns| arns.unwrap_or_default().contains(&arn).then(|| value::<H>(known))),
            );
        }
        seen
    }

    async fn make(context: &Arc<Context>, request: &CreateRequest) -> Result<Value, Failure> {
        let (holder, arn) = identity::<H>(&request.planned);
        let iam = context.iam();
        wait::patiently(PROPAGATION, Failure::is_gone, || H::attach(&iam, &holder, &arn)).await?;
        Ok(identified(&request.planned, format!("{holder}/{arn}")))
    }

    async fn change(_: &Arc<Context>, _: &Value, planned: &Value) -> Result<Value, Failure> {
        Ok(planned.clone())
    }

    async fn remove(context: &Arc<Context>, prior: &Value) -> Result<(), Failure> {
        let (holder, arn) = identity::<H>(prior);
        H::detach(&context.iam(), &holder, &arn).await
    }

    fn list(context: &Arc<Context>, after: Option<String>) -> Option<Listing<'_>> {
        Some(Box::pin(async move {
            let iam = context.iam();
            let holders = H::holders(&iam, after).await?;
            hanging_on(holders, |holder: String| {
                let iam = iam.clone();
                async move {
                    let arns = H::attached(&iam, &holder).await?.into_iter();
                    Ok(arns.map(|arn| Listed::of(format!("{holder}/{arn}"))).collect())
                }
            })
            .await
        }))
    }

    async fn find(context: &Arc<Context>, planned: &Value, _: &str) -> Seen {
        Self::read(context, planned).await
    }
}

/// Holder and policy; of an object of which only the identifier is known, from that.
fn identity<H: Holder>(known: &Value) -> (String, String) {
    if let (Some(holder), Some(arn)) = (known.get_str(H::ATTRIBUTE), known.get_str("policy_arn")) {
        return (holder.to_owned(), arn.to_owned());
    }
    let (holder, arn) = known.get_str("id").and_then(|id| id.split_once('/')).unwrap_or_default();
    (holder.to_owned(), arn.to_owned())
}

fn value<H: Holder>(known: &Value) -> Value {
    let (holder, arn) = identity::<H>(known);
    Builder::new(registry::schema(H::KIND), known)
        .str("id", Some(format!("{holder}/{arn}")))
        .str(H::ATTRIBUTE, Some(&holder))
        .str("policy_arn", Some(&arn))
        .build()
}
