//! What hangs on a role: its own policies, those attached to it, and the profiles it is in.

use std::collections::BTreeMap;

use aws_sdk_iam::Client;
use evenkeel_model::{Type, Value};
use evenkeel_provider::policy;

use super::{all, document};
use crate::each::{PROPAGATION, unless_gone};
use crate::errors::{Failure, answer};
use crate::wait;

/// A role's own policies: document by name.
pub type Inline = BTreeMap<String, String>;

/// The policies that a role has of its own.
pub async fn inline(iam: &Client, role: &str) -> Result<Inline, Failure> {
    let mut found = Inline::new();
    for name in all!(iam.list_role_policies().role_name(role)).await? {
        let call = iam.get_role_policy().role_name(role).policy_name(&name).send();
        if let Some(answered) = unless_gone(answer(call).await)? {
            found.insert(name, document(Some(&answered.policy_document)));
        }
    }
    Ok(found)
}

/// The ARNs of the policies that are attached to a role.
pub async fn managed(iam: &Client, role: &str) -> Result<Vec<String>, Failure> {
    let attached = all!(iam.list_attached_role_policies().role_name(role)).await?;
    Ok(attached.into_iter().filter_map(|policy| policy.policy_arn).collect())
}

/// The blocks of an object, except the empty one that says "none".
pub fn planned_inline(object: &Value) -> Inline {
    let blocks = object.get("inline_policy").and_then(Value::as_elements).unwrap_or_default();
    let entry =
        |block: &Value| Some((block.get_str("name")?.to_owned(), block.get_str("policy")?.to_owned()));
    blocks.iter().filter_map(entry).filter(|(name, _)| !name.is_empty()).collect()
}

/// The blocks as they are remembered where they mean what was found.
pub fn inline_value(found: &Inline, known: &Value) -> Value {
    let remembered = planned_inline(known);
    let same = |(name, document): (&String, &String)| {
        remembered.get(name).is_some_and(|known| policy::equivalent(known, document))
    };
    if remembered.len() == found.len()
        && found.iter().all(same)
        && let Some(blocks) = known.get("inline_policy").filter(|blocks| blocks.is_wholly_known())
    {
        return blocks.clone();
    }
    let block = |(name, document): (&String, &String)| {
        let document = policy::settled(remembered.get(name).map(String::as_str), document);
        Value::object([("name", Value::string(name)), ("policy", Value::string(document))])
    };
    let element = Value::object([("name", Value::null(Type::String)), ("policy", Value::null(Type::String))]);
    Value::set(element.ty(), found.iter().map(block))
}

/// Writes policies into a role.
pub async fn put_inline(iam: &Client, role: &str, wanted: &Inline) -> Result<(), Failure> {
    for (name, document) in wanted {
        let call = iam.put_role_policy().role_name(role).policy_name(name).policy_document(document);
        wait::patiently(PROPAGATION, Failure::is_gone, || answer(call.clone().send())).await?;
    }
    Ok(())
}

/// Gives a role these policies of its own and no others.
pub async fn only_inline(iam: &Client, role: &str, wanted: &Inline) -> Result<(), Failure> {
    let found = inline(iam, role).await?;
    for name in found.keys().filter(|name| !wanted.contains_key(*name)) {
        let call = iam.delete_role_policy().role_name(role).policy_name(name).send();
        unless_gone(answer(call).await)?;
    }
    let differs = |name: &String, document: &String| {
        found.get(name).is_none_or(|found| !policy::equivalent(found, document))
    };
    let changed = wanted.iter().filter(|(name, document)| differs(name, document));
    put_inline(iam, role, &changed.map(|(name, document)| (name.clone(), document.clone())).collect()).await
}

/// Attaches policies to a role.
pub async fn attach(iam: &Client, role: &str, arns: &[String]) -> Result<(), Failure> {
    for arn in arns {
        let call = iam.attach_role_policy().role_name(role).policy_arn(arn);
        wait::patiently(PROPAGATION, Failure::is_gone, || answer(call.clone().send())).await?;
    }
    Ok(())
}

/// Attaches these policies to a role and no others.
pub async fn only_attached(iam: &Client, role: &str, wanted: &[String]) -> Result<(), Failure> {
    let found = managed(iam, role).await?;
    for arn in found.iter().filter(|arn| !wanted.contains(arn)) {
        unless_gone(answer(iam.detach_role_policy().role_name(role).policy_arn(arn).send()).await)?;
    }
    let missing: Vec<String> = wanted.iter().filter(|arn| !found.contains(arn)).cloned().collect();
    attach(iam, role, &missing).await
}

/// Takes a role out of its instance profiles, which would keep it from being removed.
pub async fn leave_profiles(iam: &Client, role: &str) -> Result<(), Failure> {
    for profile in all!(iam.list_instance_profiles_for_role().role_name(role)).await? {
        let call = iam.remove_role_from_instance_profile().role_name(role);
        let call = call.instance_profile_name(profile.instance_profile_name).send();
        unless_gone(answer(call).await)?;
    }
    Ok(())
}
