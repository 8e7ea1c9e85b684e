//! What has a call per instance: protection, shutdown behaviour, user data, password.
//!
//! Ten thousand instances would cost tens of thousands of calls, so each is looked at only where
//! what is remembered is not what the service has by itself, for instances that are new here, and
//! where configuration writes it, as long as those are few.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::operation::describe_instance_attribute::DescribeInstanceAttributeOutput as Output;
use aws_sdk_ec2::types::InstanceAttributeName as Name;
use evenkeel_model::Value;
use futures_util::{StreamExt, stream};

use super::super::common::{Wanted, on, text};
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

/// What has a call of its own and a value that the service gives it.
pub(super) const SWITCHES: [&str; 3] =
    ["disable_api_termination", "disable_api_stop", "instance_initiated_shutdown_behavior"];

/// So many switches that are only written are looked at in one sweep; of more, none.
const WRITTEN_MAX: usize = 200;

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
    known: &BTreeMap<&str, Wanted<'_>>,
) -> Result<(), Failure> {
    let closely = are_few(known.values());
    let asked: Vec<Asked> = wholes
        .iter()
        .filter(|(_, whole)| whole.state() != "shutting-down")
        .filter_map(|(id, _)| asked(id, known.get(id.as_str())?, closely))
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

/// Whether what configuration writes is looked at for its own sake, though it is as the service has it by itself.
fn are_few<'a>(wanted: impl Iterator<Item = &'a Wanted<'a>>) -> bool {
    wanted.map(|wanted| SWITCHES.iter().filter(|name| wanted.writes(name)).count()).sum::<usize>()
        <= WRITTEN_MAX
}

fn asked(id: &str, wanted: &Wanted<'_>, closely: bool) -> Option<Asked> {
    let known = wanted.known;
    let new = is_new(known);
    let cared_for = |name: &str| new || closely && wanted.writes(name);
    let is_on = |name: &str| cared_for(name) || on(known, name).is_some();
    let [termination, stop, shutdown] = SWITCHES;
    let behaves = text(known, shutdown).is_some_and(|behavior| behavior != "stop");
    let written = |name: &str| text(known, name).is_some();
    let wanted = [
        (Name::DisableApiTermination, is_on(termination)),
        (Name::DisableApiStop, is_on(stop)),
        (Name::InstanceInitiatedShutdownBehavior, cared_for(shutdown) || behaves),
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
