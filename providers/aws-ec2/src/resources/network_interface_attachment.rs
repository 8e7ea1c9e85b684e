//! `aws_network_interface_attachment`: an interface at an instance.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::types::{AttachmentStatus, NetworkInterface, NetworkInterfaceAttachment as Attachment};
use evenkeel_model::Value;
use evenkeel_provider::{CreateRequest, FindRequest, Listed, ProviderError};

use super::common::{Change, Ec2Type, Limits, Progress, Wanted, by_id, count, ids_of, int, text};
use super::network_interface::{detach, list};
use crate::calls::client::{answer, lists};
use crate::calls::{Ec2Context, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::shape::Shape;
use crate::{registry, wait};

/// `aws_network_interface_attachment`
pub struct NetworkInterfaceAttachment;

/// An attachment and its interface.
pub struct Found {
    attachment: Attachment,
    interface: String,
}

impl Ec2Type for NetworkInterfaceAttachment {
    type Found = Found;
    const KIND: &'static str = "aws_network_interface_attachment";
    const NOUN: &'static str = "EC2 Network Interface Attachment";
    const LISTED_UNASKED: bool = false;
    const LIMITS: Limits = Limits { create: 300, update: 300, delete: 600 };

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        let interfaces: Vec<String> =
            wanted.iter().filter_map(|wanted| text(wanted.known, "network_interface_id")).collect();
        let mut found = by_id(interfaces, "network-interface-id", |select| list(context, select)).await?;
        // One that is imported is known by its identifier only.
        let blank: Vec<Wanted<'_>> = wanted
            .iter()
            .filter(|wanted| text(wanted.known, "network_interface_id").is_none())
            .copied()
            .collect();
        found
            .extend(by_id(ids_of(&blank), "attachment.attachment-id", |select| list(context, select)).await?);
        Ok(found.into_iter().filter_map(attached).collect())
    }

    fn progress(found: &Found) -> Progress {
        match found.attachment.status() {
            Some(AttachmentStatus::Attaching) => Progress::Coming,
            Some(AttachmentStatus::Detaching) => Progress::Lost("the interface is being detached.".into()),
            _ => Progress::Ready,
        }
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        let attachment = &found.attachment;
        Shape::new(registry::schema(Self::KIND), known)
            .text("id", attachment.attachment_id())
            .text("attachment_id", attachment.attachment_id())
            .text("region", Some(context.region()))
            .number("device_index", Some(attachment.device_index.unwrap_or_default()))
            .text("instance_id", attachment.instance_id())
            .number("network_card_index", attachment.network_card_index)
            .text("network_interface_id", Some(&found.interface))
            .text("status", attachment.status().map(|status| status.as_str()))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let planned = &request.planned;
        let ec2 = context.ec2();
        let attach = ec2
            .once
            .attach_network_interface()
            .set_network_interface_id(text(planned, "network_interface_id"))
            .set_instance_id(text(planned, "instance_id"))
            .set_device_index(int(planned, "device_index"))
            .set_network_card_index(count(planned, "network_card_index"));
        answer(attach.send()).await?.attachment_id.ok_or_else(|| Failure::incomplete("attachment"))
    }

    async fn converge(_: &Arc<Context>, _: &Change<'_, Found>) -> Result<Option<String>, ProviderError> {
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, id: &str, prior: &Value) -> Result<(), Failure> {
        let found = Self::fetch(context, &[Wanted::of(id, prior)]).await?;
        let Some(found) = found.get(id) else { return Ok(()) };
        let limit = wait::timeout(prior, "delete", std::time::Duration::from_secs(Self::LIMITS.delete));
        detach(context, &found.interface, &found.attachment, limit).await
    }

    lists!(describe_network_interfaces [], network_interfaces, |found| attached(found).map(|(id, _)| Listed::of(id)));

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let Some(interface) = text(&request.planned, "network_interface_id") else { return Ok(None) };
        let found = list(context, Select::one("network-interface-id", interface)).await?;
        let attachment = found.into_iter().find_map(|found| found.attachment);
        let instance = text(&request.planned, "instance_id");
        Ok(attachment.filter(|found| found.instance_id == instance).and_then(|found| found.attachment_id))
    }
}

fn attached(interface: NetworkInterface) -> Option<(String, Found)> {
    let attachment = interface.attachment?;
    let there = attachment.status() != Some(&AttachmentStatus::Detached);
    let interface = interface.network_interface_id?;
    there.then_some(())?;
    Some((attachment.attachment_id.clone()?, Found { attachment, interface }))
}
