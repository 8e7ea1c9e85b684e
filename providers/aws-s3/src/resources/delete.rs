//! Removing many object versions.

use aws_sdk_s3 as s3;
use evenkeel_provider::{ErrorKind, ProviderError};
use s3::types::{Delete, ObjectIdentifier};

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

fn identifier(key: &str, version: Option<String>) -> ObjectIdentifier {
    ObjectIdentifier::builder().key(key).set_version_id(version).build().expect("the key is given")
}

/// Removes up to 1,000 versions, which is what one page has.
async fn delete_batch(
    s3: &s3::Client,
    bucket: &str,
    identifiers: Vec<ObjectIdentifier>,
    bypass_governance: bool,
) -> Result<(), ProviderError> {
    if identifiers.is_empty() {
        return Ok(());
    }
    let operation = "deleting S3 Object versions";
    let delete = Delete::builder()
        .set_objects(Some(identifiers))
        .quiet(true)
        .build()
        .expect("the identifiers are given");
    let mut call = s3.delete_objects().bucket(bucket).delete(delete);
    if bypass_governance {
        call = call.bypass_governance_retention(true);
    }
    let answer = call.send().await.map_err(|error| from_sdk(operation, Effect::Delete, &error))?;
    let failed = answer.errors.unwrap_or_default();
    let Some(first) = failed.iter().find(|error| error.code() != Some("NoSuchVersion")) else {
        return Ok(());
    };
    let kind = match first.code() {
        Some("AccessDenied") => ErrorKind::Denied,
        _ => ErrorKind::Conflict,
    };
    Err(ProviderError::new(
        kind,
        operation,
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
