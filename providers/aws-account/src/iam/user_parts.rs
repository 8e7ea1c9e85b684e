//! What keeps a user from being removed: groups, keys, devices, policies.

use aws_sdk_iam::Client;

use super::all;
use crate::each::unless_gone;
use crate::errors::{Failure, answer};

/// Takes a user out of all groups.
pub async fn leave_groups(iam: &Client, user: &str) -> Result<(), Failure> {
    for group in unless_gone(all!(iam.list_groups_for_user().user_name(user)).await)?.unwrap_or_default() {
        let call = iam.remove_user_from_group().user_name(user).group_name(group.group_name).send();
        unless_gone(answer(call).await)?;
    }
    Ok(())
}

/// Takes away all credentials and policies of a user.
pub async fn strip(iam: &Client, user: &str) -> Result<(), Failure> {
    unless_gone(credentials(iam, user).await)?;
    unless_gone(devices(iam, user).await)?;
    unless_gone(answer(iam.delete_login_profile().user_name(user).send()).await)?;
    unless_gone(policies(iam, user).await).map(drop)
}

async fn credentials(iam: &Client, user: &str) -> Result<(), Failure> {
    for key in all!(iam.list_access_keys().user_name(user)).await? {
        let call = iam.delete_access_key().user_name(user).set_access_key_id(key.access_key_id).send();
        unless_gone(answer(call).await)?;
    }
    for key in all!(iam.list_ssh_public_keys().user_name(user)).await? {
        let call =
            iam.delete_ssh_public_key().user_name(user).ssh_public_key_id(key.ssh_public_key_id).send();
        unless_gone(answer(call).await)?;
    }
    for certificate in all!(iam.list_signing_certificates().user_name(user)).await? {
        let call = iam.delete_signing_certificate().user_name(user);
        unless_gone(answer(call.certificate_id(certificate.certificate_id).send()).await)?;
    }
    let listed = answer(iam.list_service_specific_credentials().user_name(user).send()).await?;
    for credential in listed.service_specific_credentials.unwrap_or_default() {
        let call = iam.delete_service_specific_credential().user_name(user);
        let id = credential.service_specific_credential_id;
        unless_gone(answer(call.service_specific_credential_id(id).send()).await)?;
    }
    Ok(())
}

async fn devices(iam: &Client, user: &str) -> Result<(), Failure> {
    for device in all!(iam.list_mfa_devices().user_name(user)).await? {
        let call = iam.deactivate_mfa_device().user_name(user).serial_number(&device.serial_number).send();
        unless_gone(answer(call).await)?;
        if device.serial_number.starts_with("arn:") {
            let call = iam.delete_virtual_mfa_device().serial_number(device.serial_number).send();
            unless_gone(answer(call).await)?;
        }
    }
    Ok(())
}

async fn policies(iam: &Client, user: &str) -> Result<(), Failure> {
    for name in all!(iam.list_user_policies().user_name(user)).await? {
        unless_gone(answer(iam.delete_user_policy().user_name(user).policy_name(name).send()).await)?;
    }
    for policy in all!(iam.list_attached_user_policies().user_name(user)).await? {
        let call = iam.detach_user_policy().user_name(user).set_policy_arn(policy.policy_arn).send();
        unless_gone(answer(call).await)?;
    }
    Ok(())
}
