//! Removing many object versions.

use aws_sdk_s3 as s3;
use evenkeel_provider::{ErrorKind, ProviderError};
use s3::types::{Delete, ObjectIdentifier, ObjectLockLegalHold, ObjectLockLegalHoldStatus};

use crate::errors::{Effect, Failure, from_sdk, provider_error};

/// Which versions to remove.
pub enum Versions<'a> {
    /// Everything in the bucket.
    All,
    /// Those of one key.
    OfKey(&'a str),
}

/// Removes versions and delete markers, page by page. A bucket that does not exist is empty.
/// `bypass_governance` removes locked versions too, where the caller may.
pub async fn delete_versions(
    s3: &s3::Client,
    bucket: &str,
    versions: Versions<'_>,
    bypass_governance: bool,
) -> Result<(), ProviderError> {
    let mut key_marker: Option<String> = None;
    let mut version_marker: Option<String> = None;
    loop {
        let mut list = s3
            .list_object_versions()
            .bucket(bucket)
            .set_key_marker(key_marker.take())
            .set_version_id_marker(version_marker.take());
        if let Versions::OfKey(key) = versions {
            list = list.prefix(key);
        }
        let page = match list.send().await {
            Ok(page) => page,
            Err(error) => {
                let failure = Failure::from(&error);
                return match failure.is_gone() {
                    true => Ok(()),
                    false => Err(provider_error("listing S3 Object versions", Effect::Read, &failure)),
                };
            }
        };
        let found = page.versions.unwrap_or_default().into_iter().map(|v| (v.key, v.version_id));
        let markers = page.delete_markers.unwrap_or_default().into_iter().map(|m| (m.key, m.version_id));
        let wanted = |key: &str| match versions {
            Versions::All => true,
            Versions::OfKey(wanted) => key == wanted,
        };
        let identifiers: Vec<ObjectIdentifier> = found
            .chain(markers)
            .filter_map(|(key, version)| Some((key?, version)))
            .filter(|(key, _)| wanted(key))
            .map(|(key, version)| identifier(&key, version))
            .collect();
        delete_batch(s3, bucket, identifiers, bypass_governance).await?;
        if !page.is_truncated.unwrap_or_default() {
            return Ok(());
        }
        (key_marker, version_marker) = (page.next_key_marker, page.next_version_id_marker);
    }
}

/// Removes the objects of a bucket that keeps no versions, page by page.
pub async fn delete_objects(s3: &s3::Client, bucket: &str) -> Result<(), ProviderError> {
    loop {
        let page = match s3.list_objects_v2().bucket(bucket).send().await {
            Ok(page) => page,
            Err(error) => {
                let failure = Failure::from(&error);
                return match failure.is_gone() {
                    true => Ok(()),
                    false => Err(provider_error("listing S3 Objects", Effect::Read, &failure)),
                };
            }
        };
        let keys = page.contents.into_iter().flatten().filter_map(|object| object.key);
        let identifiers: Vec<ObjectIdentifier> = keys.map(|key| identifier(&key, None)).collect();
        let is_last = !page.is_truncated.unwrap_or_default();
        delete_batch(s3, bucket, identifiers, false).await?;
        if is_last {
            return Ok(());
        }
    }
}

fn identifier(key: &str, version: Option<String>) -> ObjectIdentifier {
    ObjectIdentifier::builder().key(key).set_version_id(version).build().expect("the key is given")
}

/// Removes up to 1,000 versions, which is what one page has. Who may bypass governance may end legal
/// holds as well: what such a hold keeps is tried again without it.
async fn delete_batch(
    s3: &s3::Client,
    bucket: &str,
    identifiers: Vec<ObjectIdentifier>,
    bypass_governance: bool,
) -> Result<(), ProviderError> {
    let mut failed = delete_once(s3, bucket, identifiers.clone(), bypass_governance).await?;
    if bypass_governance {
        let (held, others): (Vec<_>, Vec<_>) =
            failed.into_iter().partition(|error| error.code() == Some("AccessDenied"));
        let again = identifiers.into_iter().filter(|version| held.iter().any(|error| is_of(error, version)));
        let again: Vec<ObjectIdentifier> = again.collect();
        for version in &again {
            end_legal_hold(s3, bucket, version).await;
        }
        failed = delete_once(s3, bucket, again, bypass_governance).await?;
        failed.extend(others);
    }
    let Some(first) = failed.first() else { return Ok(()) };
    let kind = match first.code() {
        Some("AccessDenied") => ErrorKind::Denied,
        _ => ErrorKind::Conflict,
    };
    Err(ProviderError::new(
        kind,
        "deleting S3 Object versions",
        format!(
            "{} of the versions could not be deleted; the first is \"{}\": {}: {}.",
            failed.len(),
            first.key().unwrap_or_default(),
            first.code().unwrap_or_default(),
            first.message().unwrap_or_default()
        ),
    )
    .with_remedy("Check the permissions and whether objects are locked."))
}

/// One call; what could not be removed, without what was gone already.
async fn delete_once(
    s3: &s3::Client,
    bucket: &str,
    identifiers: Vec<ObjectIdentifier>,
    bypass_governance: bool,
) -> Result<Vec<s3::types::Error>, ProviderError> {
    if identifiers.is_empty() {
        return Ok(Vec::new());
    }
    let operation = "deleting S3 Object versions";
    let delete = Delete::builder()
        .set_objects(Some(identifiers))
        .quiet(true)
        .build()
        .expect("the identifiers are given");
    let call = s3.delete_objects().bucket(bucket).delete(delete);
    let call = call.set_bypass_governance_retention(bypass_governance.then_some(true));
    let answer = call.send().await.map_err(|error| from_sdk(operation, Effect::Delete, &error))?;
    let mut failed = answer.errors.unwrap_or_default();
    failed.retain(|error| error.code() != Some("NoSuchVersion"));
    Ok(failed)
}

/// Whether an error is about this version. One that names no version is about all of its key: a deletion
/// that names none would only hide the object.
fn is_of(error: &s3::types::Error, version: &ObjectIdentifier) -> bool {
    error.key() == Some(version.key())
        && error.version_id().is_none_or(|id| version.version_id().is_none_or(|version| version == id))
}

/// Whether there was a hold, and whether it may be ended, shows when the version is deleted again.
async fn end_legal_hold(s3: &s3::Client, bucket: &str, version: &ObjectIdentifier) {
    let hold = ObjectLockLegalHold::builder().status(ObjectLockLegalHoldStatus::Off).build();
    let call = s3.put_object_legal_hold().bucket(bucket).key(version.key());
    let _ = call.set_version_id(version.version_id.clone()).legal_hold(hold).send().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_about_its_version_or_all_of_its_key() {
        let error = |version: Option<&str>| {
            s3::types::Error::builder().key("a").set_version_id(version.map(str::to_owned)).build()
        };
        let version = |key: &str, version: &str| identifier(key, Some(version.to_owned()));
        assert!(is_of(&error(Some("1")), &version("a", "1")));
        assert!(!is_of(&error(Some("1")), &version("a", "2")));
        assert!(is_of(&error(None), &version("a", "2")));
        assert!(!is_of(&error(None), &version("b", "2")));
    }
}
