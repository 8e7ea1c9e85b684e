//! `aws_network_interface_sg_attachment`: one security group of a network interface.
//!
//! The service only knows the whole list of an interface's groups, so changes of one interface are
//! made one after the other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use evenkeel_model::Value;
use evenkeel_provider::{CreateRequest, FindRequest, Listed, ProviderError};

use super::common::{Change, Ec2Type, Limits, Wanted, by_id, text};
use super::network_interface::list;
use crate::calls::client::{answer, lists};
use crate::calls::{Ec2Context, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::registry;
use crate::shape::Shape;

/// `aws_network_interface_sg_attachment`
pub struct NetworkInterfaceSgAttachment;

/// A group and its interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    group: String,
    interface: String,
}

impl Found {
    fn id(&self) -> String {
        format!("{}_{}", self.group, self.interface)
    }

    fn parse(id: &str) -> Option<Self> {
        let (group, interface) = id.split_once('_')?;
        Some(Self { group: group.into(), interface: interface.into() })
    }

    fn planned(object: &Value) -> Option<Self> {
        let interface = text(object, "network_interface_id")?;
        Some(Self { group: text(object, "security_group_id")?, interface })
    }
}

impl Ec2Type for NetworkInterfaceSgAttachment {
    type Found = Found;
    const KIND: &'static str = "aws_network_interface_sg_attachment";
    const NOUN: &'static str = "EC2 Network Interface Security Group Attachment";
    const LISTED_UNASKED: bool = false;
    const LIMITS: Limits = Limits { create: 180, update: 180, delete: 180 };

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        let asked: Vec<Found> = wanted.iter().filter_map(|wanted| Found::parse(wanted.id)).collect();
        let interfaces: BTreeSet<String> = asked.iter().map(|asked| asked.interface.clone()).collect();
        let interfaces =
            by_id(interfaces.into_iter().collect(), "network-interface-id", |select| list(context, select))
                .await?;
        let there: BTreeSet<(Option<&str>, Option<&str>)> = interfaces
            .iter()
            .flat_map(|interface| {
                let groups = interface.groups().iter();
                groups.map(|group| (interface.network_interface_id(), group.group_id()))
            })
            .collect();
        let found =
            asked.iter().filter(|asked| there.contains(&(Some(&asked.interface), Some(&asked.group))));
        Ok(found.map(|found| (found.id(), found.clone())).collect())
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        Shape::new(registry::schema(Self::KIND), known)
            .text("id", Some(found.id()))
            .text("region", Some(context.region()))
            .text("security_group_id", Some(&found.group))
            .text("network_interface_id", Some(&found.interface))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let wanted = Found::planned(&request.planned);
        let wanted = wanted.ok_or_else(|| Failure::incomplete("interface and security group"))?;
        change_groups(context, &wanted.interface, |groups| {
            groups.insert(wanted.group.clone());
        })
        .await?;
        Ok(wanted.id())
    }

    async fn converge(_: &Arc<Context>, _: &Change<'_, Found>) -> Result<Option<String>, ProviderError> {
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, id: &str, _: &Value) -> Result<(), Failure> {
        let Some(found) = Found::parse(id) else { return Ok(()) };
        change_groups(context, &found.interface, |groups| {
            groups.remove(&found.group);
        })
        .await
    }

    lists!(describe_network_interfaces [], network_interfaces, |found| {
        let interface = found.network_interface_id.unwrap_or_default();
        let groups = found.groups.unwrap_or_default().into_iter().filter_map(|group| group.group_id);
        let pairs = groups.map(|group| Found { group, interface: interface.clone() });
        pairs.map(|pair| Listed::of(pair.id())).collect::<Vec<_>>()
    });

    async fn search(_: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        Ok(Found::planned(&request.planned).map(|found| found.id()))
    }
}

/// Who changes the groups of an interface, one after the other.
#[derive(Default)]
struct Turns(Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>);

impl Turns {
    fn of(&self, interface: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turns.entry(interface.to_owned()).or_default().clone()
    }
}

async fn change_groups(
    context: &Arc<Context>,
    interface: &str,
    change: impl FnOnce(&mut BTreeSet<String>),
) -> Result<(), Failure> {
    let turn = context.client(|_| Turns::default()).of(interface);
    let _turn = turn.lock().await;
    let found = list(context, Select::Ids(vec![interface.to_owned()])).await?;
    let groups = found.iter().flat_map(|found| found.groups()).filter_map(|group| group.group_id.clone());
    let before: BTreeSet<String> = groups.collect();
    let mut after = before.clone();
    change(&mut after);
    if before == after {
        return Ok(());
    }
    let ec2 = context.ec2();
    let modify = ec2.safe.modify_network_interface_attribute().network_interface_id(interface);
    answer(modify.set_groups(Some(after.into_iter().collect())).send()).await.map(drop)
}
