//! What has a call per instance: protection, shutdown behaviour, user data, password.
//!
//! Ten thousand instances would cost tens of thousands of calls, so each is looked at only where
//! what is remembered is not what the service has by itself, and for instances that are new here.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::operation::describe_instance_attribute::DescribeInstanceAttributeOutput as Output;
use aws_sdk_ec2::types::InstanceAttributeName as Name;
use evenkeel_model::Value;
use futures_util::{StreamExt, stream};

use super::super::common::{on, text};
use super::Whole;
use crate::calls::Ec2Context;
use crate::calls::client::answer;
use crate::context::Context;
use crate::errors::Failure;

/// The answers; `None` for what was not asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Single {
    pub disable_api_termination: Option<bool>,
    pub disable_api_stop: Option<bool>,
    pub shutdown_behavior: Option<String>,
    /// Base64; the inner `None` is an instance without.
    pub user_data: Option<Option<String>>,
    pub password: Option<String>,
}

/// Instances that are looked at at once.
const CONCURRENT: usize = 16;

/// What is asked about one instance.
struct Asked {
    id: String,
    names: Vec<Name>,
    password: bool,
}

/// Looks at what somebody cares for; instances that went away meanwhile are left out.
pub(super) async fn look(
    context: &Arc<Context>,
    wholes: &mut BTreeMap<String, Whole>,
    known: &BTreeMap<&str, &Value>,
) -> Result<(), Failure> {
    let asked: Vec<Asked> = wholes
        .iter()
        .filter(|(_, whole)| whole.state() != "shutting-down")
        .filter_map(|(id, _)| asked(id, known.get(id.as_str())?))
        .collect();
    let answers: Vec<(String, Result<Single, Failure>)> = stream::iter(asked)
        .map(|asked| async move {
            let answer = ask(context, &asked).await;
            (asked.id, answer)
        })
        .buffered(CONCURRENT)
        .collect()
        .await;
    for (id, answer) in answers {
        match (answer, wholes.get_mut(&id)) {
            (Ok(single), Some(whole)) => whole.single = single,
            (Err(error), _) if error.is_gone() => drop(wholes.remove(&id)),
            (Err(error), _) => return Err(error),
            (Ok(_), None) => {}
        }
    }
    Ok(())
}

/// Whether nothing is known yet: it is being made or imported.
pub(super) fn is_new(known: &Value) -> bool {
    text(known, "arn").is_none()
}

/// Whether it is known by its identifier only.
pub(super) fn is_imported(known: &Value) -> bool {
    known.get("arn").is_none_or(Value::is_null)
}

fn asked(id: &str, known: &Value) -> Option<Asked> {
    let new = is_new(known);
    let is_on = |name: &str| new || on(known, name).is_some();
    let behavior = text(known, "instance_initiated_shutdown_behavior");
    let written = |name: &str| text(known, name).is_some();
    let wanted = [
        (Name::DisableApiTermination, is_on("disable_api_termination")),
        (Name::DisableApiStop, is_on("disable_api_stop")),
        (Name::InstanceInitiatedShutdownBehavior, new || behavior.is_some_and(|behavior| behavior != "stop")),
        (Name::UserData, new || written("user_data") || written("user_data_base64")),
    ];
    let names: Vec<Name> = wanted.into_iter().filter(|(_, wanted)| *wanted).map(|(name, _)| name).collect();
    let password = on(known, "get_password_data").is_some();
    (!names.is_empty() || password).then(|| Asked { id: id.to_owned(), names, password })
}

async fn ask(context: &Arc<Context>, asked: &Asked) -> Result<Single, Failure> {
    let mut single = Single::default();
    let id = &asked.id;
    let answers = asked.names.iter().map(|name| attribute(context, id, name.clone()));
    for (name, output) in asked.names.iter().zip(futures_util::future::try_join_all(answers).await?) {
        take(&mut single, name, output);
    }
    if asked.password {
        single.password = password(context, id).await?;
    }
    Ok(single)
}

async fn attribute(context: &Arc<Context>, id: &str, name: Name) -> Result<Output, Failure> {
    answer(context.ec2().safe.describe_instance_attribute().instance_id(id).attribute(name).send()).await
}

fn take(single: &mut Single, name: &Name, output: Output) {
    match name {
        Name::DisableApiTermination => {
            single.disable_api_termination = output.disable_api_termination.and_then(|flag| flag.value);
        }
        Name::DisableApiStop => single.disable_api_stop = output.disable_api_stop.and_then(|flag| flag.value),
        Name::InstanceInitiatedShutdownBehavior => {
            let behavior = output.instance_initiated_shutdown_behavior;
            single.shutdown_behavior = behavior.and_then(|behavior| behavior.value);
        }
        Name::UserData => single.user_data = Some(output.user_data.and_then(|data| data.value)),
        _ => {}
    }
}

/// The encrypted password of a Windows instance; nothing until it has one.
pub(super) async fn password(context: &Arc<Context>, id: &str) -> Result<Option<String>, Failure> {
    let told = answer(context.ec2().safe.get_password_data().instance_id(id).send()).await?;
    Ok(told.password_data.map(|data| data.trim().to_owned()).filter(|data| !data.is_empty()))
}
