//! Making an instance what is planned.

use std::sync::Arc;

use aws_sdk_ec2::operation::modify_instance_attribute::builders::ModifyInstanceAttributeFluentBuilder as Modify;
use aws_sdk_ec2::types::{
    AttributeBooleanValue, AttributeValue, InstanceAttributeName, InstanceCreditSpecificationRequest,
    InstanceStateName,
};
use evenkeel_model::Value;
use evenkeel_provider::{ErrorKind, ProviderError};

use super::super::common::{count, first, on, text, texts};
use super::super::interface_addresses::{self as addresses, Kind, Step};
use super::launch::{maintenance, metadata, profile, reservation};
use super::{Changing, is_burstable, list, single, user_data, volumes};
use crate::calls::client::{answer, describe, flag};
use crate::calls::{Call, Ec2Context, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::wait;

type Changed = Result<(), ProviderError>;

const PROTECTION: &str = "disable_api_stop";

/// Whether nothing is left to do that the plan does not name as a whole.
pub(super) fn is_settled(change: &Changing<'_>) -> bool {
    let waits = on(change.planned, "get_password_data").is_some() && change.found.single.password.is_none();
    let switched = change.prior.is_some() && single::SWITCHES.iter().any(|name| is_changed(change, name));
    let blocks = ["metadata_options", "maintenance_options", "capacity_reservation_specification"];
    let blocks = blocks.iter().all(|name| change.keeps(name) || first(change.planned, name).is_none());
    !waits && !switched && blocks && volumes::is_settled(change)
}

/// Brings everything about.
pub(super) async fn converge(context: &Arc<Context>, change: &Changing<'_>) -> Changed {
    // Nothing can be stopped while it is protected from that.
    let protect = switch(change, PROTECTION).and_then(Value::as_bool);
    if protect == Some(false) {
        send(change, modify(context, change.id).disable_api_stop(flag(false))).await?;
    }
    converge_stopped(context, change).await?;
    if protect == Some(true) {
        send(change, modify(context, change.id).disable_api_stop(flag(true))).await?;
    }
    converge_switches(context, change).await?;
    converge_profile(context, change).await?;
    converge_addresses(context, change).await?;
    converge_options(context, change).await?;
    volumes::converge(context, change).await?;
    wait_for_password(context, change).await
}

/// Whether the plan changes an attribute whose state was not looked at.
fn is_changed(change: &Changing<'_>, name: &str) -> bool {
    !change.keeps(name)
        && change.planned.get(name).is_some_and(|value| value.is_wholly_known() && !value.is_null())
}

fn modify(context: &Arc<Context>, id: &str) -> Modify {
    context.ec2().safe.modify_instance_attribute().instance_id(id)
}

async fn send(change: &Changing<'_>, request: Modify) -> Changed {
    answer(request.send()).await.map(drop).map_err(|error| change.failed(error))
}

/// What is changed while the instance stands still.
async fn converge_stopped(context: &Arc<Context>, change: &Changing<'_>) -> Changed {
    let kind = change.wanted_str("instance_type");
    let data = wanted_user_data(change);
    let reservation = wanted_reservation(change);
    let nested = wanted_nested(change);
    let group = change.wanted_str("host_resource_group_arn").filter(|_| change.prior.is_some());
    if kind.is_none() && data.is_none() && reservation.is_none() && nested.is_none() && group.is_none() {
        return Ok(());
    }
    let ec2 = context.ec2();
    if change.found.state() != "stopped" {
        let stop = ec2.safe.stop_instances().instance_ids(change.id);
        answer(stop.send()).await.map_err(|error| change.failed(error))?;
        wait_for(context, change, &InstanceStateName::Stopped).await?;
    }
    if let Some(kind) = kind {
        let kind = AttributeValue::builder().value(kind).build();
        send(change, modify(context, change.id).instance_type(kind)).await?;
    }
    if let Some(data) = data {
        // In the older form of the call, which every implementation of the API understands.
        let data = aws_smithy_types::base64::encode(data);
        send(change, modify(context, change.id).attribute(InstanceAttributeName::UserData).value(data))
            .await?;
    }
    if let Some(reservation) = reservation {
        let request = ec2.safe.modify_instance_capacity_reservation_attributes().instance_id(change.id);
        let request = request.capacity_reservation_specification(reservation);
        answer(request.send()).await.map_err(|error| change.failed(error))?;
    }
    if let Some((nested, block)) = nested {
        let request = ec2
            .safe
            .modify_instance_cpu_options()
            .instance_id(change.id)
            .set_core_count(count(block, "core_count"))
            .set_threads_per_core(count(block, "threads_per_core"))
            .nested_virtualization(nested.as_str().into());
        answer(request.send()).await.map_err(|error| change.failed(error))?;
    }
    if let Some(group) = group {
        let request = ec2.safe.modify_instance_placement().instance_id(change.id);
        let request = request.host_resource_group_arn(group);
        answer(request.send()).await.map_err(|error| change.failed(error))?;
    }
    let start = ec2.safe.start_instances().instance_ids(change.id);
    answer(start.send()).await.map_err(|error| change.failed(error))?;
    wait_for(context, change, &InstanceStateName::Running).await
}

/// The user data to be written, if the plan changes it.
fn wanted_user_data(change: &Changing<'_>) -> Option<Vec<u8>> {
    let changed = user_data::NAMES.iter().any(|name| {
        let planned = change.planned.get(name).filter(|value| value.is_known());
        !change.keeps(name) && planned.is_some_and(|planned| change.current.get(name) != Some(planned))
    });
    let bytes =
        user_data::NAMES.iter().find_map(|name| Some(user_data::bytes(&text(change.planned, name)?, name)));
    changed.then(|| bytes.unwrap_or_default())
}

fn wanted_reservation(change: &Changing<'_>) -> Option<aws_sdk_ec2::types::CapacityReservationSpecification> {
    let planned = reservation(change.planned).filter(|_| change.prior.is_some())?;
    let keeps = change.keeps("capacity_reservation_specification");
    (!keeps && Some(&planned) != reservation(change.current).as_ref()).then_some(planned)
}

fn wanted_nested<'a>(change: &Changing<'a>) -> Option<(String, &'a Value)> {
    change.prior?;
    let block = first(change.planned, "cpu_options")?;
    let planned = text(block, "nested_virtualization")?;
    let current = first(change.current, "cpu_options").and_then(|block| text(block, "nested_virtualization"));
    (!change.keeps("cpu_options") && current.as_ref() != Some(&planned)).then_some((planned, block))
}

async fn wait_for(context: &Arc<Context>, change: &Changing<'_>, state: &InstanceStateName) -> Changed {
    wait::until(change.operation, change.limit, || async {
        let found = list(context, Select::one("instance-id", change.id)).await;
        let found = found.map_err(|error| change.failed(error))?;
        let instance = super::instances(found).next();
        let now = instance.and_then(|(_, instance)| instance.state).and_then(|state| state.name);
        match now {
            Some(now) if now == *state => Ok(Some(())),
            Some(InstanceStateName::Terminated | InstanceStateName::ShuttingDown) => Err(ProviderError::new(
                ErrorKind::Gone,
                change.operation,
                "the instance was terminated meanwhile.",
            )),
            _ => Ok(None),
        }
    })
    .await
}

async fn converge_switches(context: &Arc<Context>, change: &Changing<'_>) -> Changed {
    let on = |name: &str| switch(change, name).and_then(Value::as_bool).map(flag);
    let termination = on("disable_api_termination");
    let behavior = switch(change, "instance_initiated_shutdown_behavior").and_then(Value::as_str);
    let checked: Option<AttributeBooleanValue> = change.wanted_bool("source_dest_check").map(flag);
    let groups = change.wanted("vpc_security_group_ids").map(|groups| texts(Some(groups)));
    let modify = || modify(context, change.id);
    let requests = [
        checked.map(|on| modify().source_dest_check(on)),
        termination.map(|on| modify().disable_api_termination(on)),
        // In the older form of the call, which every implementation of the API understands.
        behavior.map(|behavior| {
            modify().attribute(InstanceAttributeName::InstanceInitiatedShutdownBehavior).value(behavior)
        }),
        groups.filter(|groups| !groups.is_empty()).map(|groups| modify().set_groups(Some(groups))),
    ];
    for request in requests.into_iter().flatten() {
        send(change, request).await?;
    }
    let ec2 = context.ec2();
    let monitored = match change.wanted_bool("monitoring") {
        Some(true) => answer(ec2.safe.monitor_instances().instance_ids(change.id).send()).await.map(drop),
        Some(false) => answer(ec2.safe.unmonitor_instances().instance_ids(change.id).send()).await.map(drop),
        None => Ok(()),
    };
    monitored.map_err(|error| change.failed(error))
}

/// The planned value of a switch that has to be set: an instance that was there may not have been
/// looked at.
fn switch<'a>(change: &'a Changing<'_>, name: &str) -> Option<&'a Value> {
    match change.prior {
        Some(_) => change.planned.get(name).filter(|_| is_changed(change, name)),
        None => change.wanted(name),
    }
}

async fn converge_profile(context: &Arc<Context>, change: &Changing<'_>) -> Changed {
    let Some(wanted) = change.wanted_str("iam_instance_profile") else { return Ok(()) };
    replace_profile(context, change.id, wanted).await.map_err(|error| change.failed(error))
}

async fn replace_profile(context: &Arc<Context>, id: &str, wanted: &str) -> Result<(), Failure> {
    let ec2 = context.ec2();
    let select = Select::one("instance-id", id);
    let associations: Call<'static, Vec<aws_sdk_ec2::types::IamInstanceProfileAssociation>> = describe!(
        ec2,
        select,
        describe_iam_instance_profile_associations,
        set_association_ids,
        set_filters,
        iam_instance_profile_associations
    );
    let association = associations.await?.into_iter().find_map(|association| association.association_id);
    match (association, wanted) {
        (Some(id), "") => {
            answer(ec2.safe.disassociate_iam_instance_profile().association_id(id).send()).await.map(drop)
        }
        (Some(id), wanted) => {
            let replace = ec2.safe.replace_iam_instance_profile_association().association_id(id);
            answer(replace.iam_instance_profile(profile(wanted)).send()).await.map(drop)
        }
        (None, "") => Ok(()),
        (None, wanted) => {
            let associate = ec2.safe.associate_iam_instance_profile().instance_id(id);
            answer(associate.iam_instance_profile(profile(wanted)).send()).await.map(drop)
        }
    }
}

/// The addresses of the first interface.
async fn converge_addresses(context: &Arc<Context>, change: &Changing<'_>) -> Changed {
    let Some(interface) = change.found.primary().and_then(|interface| interface.network_interface_id())
    else {
        return Ok(());
    };
    if let Some(wanted) = change.wanted("secondary_private_ips").map(|wanted| texts(Some(wanted))) {
        let current = texts(change.current.get("secondary_private_ips"));
        let spare: Vec<String> =
            current.iter().filter(|address| !wanted.contains(address)).cloned().collect();
        let missing: Vec<String> =
            wanted.iter().filter(|address| !current.contains(address)).cloned().collect();
        for step in [Step::Unassign(spare), Step::Assign(missing)] {
            let empty =
                matches!(&step, Step::Unassign(addresses) | Step::Assign(addresses) if addresses.is_empty());
            if !empty {
                let taken = addresses::take(context, interface, Kind::Ipv4, step).await;
                taken.map_err(|error| change.failed(error))?;
            }
        }
    }
    let Some(primary) = change.wanted_bool("enable_primary_ipv6") else { return Ok(()) };
    let ec2 = context.ec2();
    let modify = ec2.safe.modify_network_interface_attribute().network_interface_id(interface);
    answer(modify.enable_primary_ipv6(primary).send()).await.map(drop).map_err(|error| change.failed(error))
}

async fn converge_options(context: &Arc<Context>, change: &Changing<'_>) -> Changed {
    let ec2 = context.ec2();
    let wanted = metadata(change.planned).filter(|_| !change.keeps("metadata_options"));
    if let Some(options) = wanted.filter(|options| Some(options) != metadata(change.current).as_ref()) {
        let request = ec2
            .safe
            .modify_instance_metadata_options()
            .instance_id(change.id)
            .set_http_endpoint(options.http_endpoint)
            .set_http_protocol_ipv6(options.http_protocol_ipv6)
            .set_http_put_response_hop_limit(options.http_put_response_hop_limit)
            .set_http_tokens(options.http_tokens)
            .set_instance_metadata_tags(options.instance_metadata_tags);
        answer(request.send()).await.map_err(|error| change.failed(error))?;
    }
    let wanted = maintenance(change.planned).filter(|_| !change.keeps("maintenance_options"));
    let wanted = wanted.filter(|wanted| Some(wanted) != maintenance(change.current).as_ref());
    if let Some(recovery) = wanted.and_then(|options| options.auto_recovery) {
        let request = ec2.safe.modify_instance_maintenance_options().instance_id(change.id);
        answer(request.auto_recovery(recovery).send()).await.map_err(|error| change.failed(error))?;
    }
    converge_credits(context, change).await
}

async fn converge_credits(context: &Arc<Context>, change: &Changing<'_>) -> Changed {
    let kind = text(change.planned, "instance_type").unwrap_or_default();
    let credits = first(change.planned, "credit_specification").and_then(|block| text(block, "cpu_credits"));
    let credits = credits.filter(|_| !change.keeps("credit_specification") && is_burstable(&kind));
    let Some(credits) = credits.filter(|credits| change.found.credits.as_ref() != Some(credits)) else {
        return Ok(());
    };
    let request = InstanceCreditSpecificationRequest::builder().instance_id(change.id).cpu_credits(credits);
    let ec2 = context.ec2();
    let modify = ec2.safe.modify_instance_credit_specification();
    let modify = modify.instance_credit_specifications(request.build());
    answer(modify.send()).await.map(drop).map_err(|error| change.failed(error))
}

/// A Windows instance has its password some minutes after its start.
async fn wait_for_password(context: &Arc<Context>, change: &Changing<'_>) -> Changed {
    if on(change.planned, "get_password_data").is_none() || change.found.single.password.is_some() {
        return Ok(());
    }
    wait::until(change.operation, change.limit, || async {
        let password = single::password(context, change.id).await.map_err(|error| change.failed(error))?;
        Ok(password.map(drop))
    })
    .await
}
