//! `aws_snapshot_create_volume_permission`: another account may make volumes from a snapshot.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_ec2::types::{OperationType, SnapshotAttributeName};
use evenkeel_model::Value;
use evenkeel_provider::{CreateRequest, FindRequest, Listed, ProviderError};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::common::{Change, Ec2Type, Limits, Wanted, text};
use super::ebs_snapshot::page_of_own;
use crate::calls::Ec2Context;
use crate::calls::client::answer;
use crate::context::Context;
use crate::errors::Failure;
use crate::listing::{Listing, hanging_on};
use crate::registry;
use crate::shape::Shape;

/// `aws_snapshot_create_volume_permission`
pub struct SnapshotCreateVolumePermission;

/// Which account may use which snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    snapshot: String,
    account: String,
}

impl Grant {
    fn id(&self) -> String {
        format!("{}-{}", self.snapshot, self.account)
    }

    fn parse(id: &str) -> Option<Self> {
        let (snapshot, account) = id.rsplit_once('-').filter(|(snapshot, _)| snapshot.contains('-'))?;
        Some(Self { snapshot: snapshot.into(), account: account.into() })
    }

    fn planned(object: &Value) -> Option<Self> {
        Some(Self { snapshot: text(object, "snapshot_id")?, account: text(object, "account_id")? })
    }
}

/// Snapshots that are asked about at once; the service has no call for many.
const CONCURRENT: usize = 16;

impl Ec2Type for SnapshotCreateVolumePermission {
    type Found = Grant;
    const KIND: &'static str = "aws_snapshot_create_volume_permission";
    const NOUN: &'static str = "EBS Snapshot Create Volume Permission";
    const LISTED_UNASKED: bool = false;
    const LIMITS: Limits = Limits { create: 300, update: 300, delete: 300 };

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Grant>, Failure> {
        let grants: Vec<Grant> = wanted.iter().filter_map(|wanted| Grant::parse(wanted.id)).collect();
        let snapshots: BTreeSet<String> = grants.iter().map(|grant| grant.snapshot.clone()).collect();
        let users: BTreeMap<String, BTreeSet<String>> = stream::iter(snapshots)
            .map(|snapshot| async move {
                let users = users_of(context, &snapshot).await?;
                Ok::<_, Failure>((snapshot, users))
            })
            .buffered(CONCURRENT)
            .try_collect()
            .await?;
        let there =
            |grant: &Grant| users.get(&grant.snapshot).is_some_and(|users| users.contains(&grant.account));
        Ok(grants.into_iter().filter(there).map(|grant| (grant.id(), grant)).collect())
    }

    fn value(context: &Arc<Context>, found: &Grant, known: &Value) -> Value {
        Shape::new(registry::schema(Self::KIND), known)
            .text("id", Some(found.id()))
            .text("region", Some(context.region()))
            .text("snapshot_id", Some(&found.snapshot))
            .text("account_id", Some(&found.account))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let grant = Grant::planned(&request.planned);
        let grant = grant.ok_or_else(|| Failure::incomplete("snapshot and account"))?;
        modify(context, &grant, OperationType::Add).await?;
        Ok(grant.id())
    }

    async fn converge(_: &Arc<Context>, _: &Change<'_, Grant>) -> Result<Option<String>, ProviderError> {
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, id: &str, _: &Value) -> Result<(), Failure> {
        let Some(grant) = Grant::parse(id) else { return Ok(()) };
        modify(context, &grant, OperationType::Remove).await
    }

    fn list(context: &Arc<Context>, after: Option<String>) -> Option<Listing<'_>> {
        Some(Box::pin(async move {
            let own = page_of_own(context, after).await?;
            hanging_on(own, |snapshot: String| async move { listed(context, &snapshot).await }).await
        }))
    }

    async fn search(_: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        Ok(Grant::planned(&request.planned).map(|grant| grant.id()))
    }
}

/// The accounts that may use a snapshot; none of one that is gone.
async fn users_of(context: &Arc<Context>, snapshot: &str) -> Result<BTreeSet<String>, Failure> {
    let ec2 = context.ec2();
    let request = ec2.safe.describe_snapshot_attribute().snapshot_id(snapshot);
    match answer(request.attribute(SnapshotAttributeName::CreateVolumePermission).send()).await {
        Ok(found) => {
            let grants = found.create_volume_permissions.unwrap_or_default();
            Ok(grants.into_iter().filter_map(|grant| grant.user_id).collect())
        }
        Err(error) if error.is_gone() => Ok(BTreeSet::new()),
        Err(error) => Err(error),
    }
}

async fn listed(context: &Arc<Context>, snapshot: &str) -> Result<Vec<Listed>, Failure> {
    let grant = |account: String| Grant { snapshot: snapshot.to_owned(), account };
    let users = users_of(context, snapshot).await?.into_iter();
    Ok(users.map(|account| Listed::of(grant(account).id())).collect())
}

async fn modify(context: &Arc<Context>, grant: &Grant, operation: OperationType) -> Result<(), Failure> {
    let ec2 = context.ec2();
    let request = ec2
        .safe
        .modify_snapshot_attribute()
        .snapshot_id(&grant.snapshot)
        .attribute(SnapshotAttributeName::CreateVolumePermission)
        .operation_type(operation)
        .user_ids(&grant.account);
    answer(request.send()).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_taken_apart() {
        let grant = Grant { snapshot: "snap-1".into(), account: "123456789012".into() };
        assert_eq!(Grant::parse(&grant.id()), Some(grant));
        assert_eq!(Grant::parse("snap-1"), None);
    }
}
