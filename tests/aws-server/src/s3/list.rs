//! Listing buckets, objects and versions.

use super::{Answer, Bucket, Call, Reply, Store, Version, config, element};
use crate::ec2::timestamp;

const PAGE_MAX: usize = 1_000;

pub(super) fn buckets(store: &Store, call: &Call<'_>) -> Reply {
    let own = store.buckets.iter().filter(|(_, bucket)| bucket.account == call.account);
    let items: String = own
        .map(|(name, bucket)| {
            let parts = element("Name", name)
                + &element("CreationDate", &timestamp(bucket.created_ms))
                + &element("BucketRegion", &bucket.region);
            format!("<Bucket>{parts}</Bucket>")
        })
        .collect();
    let owner = element("ID", &config::canonical(call.account));
    Reply::xml("ListAllMyBucketsResult", &format!("<Owner>{owner}</Owner><Buckets>{items}</Buckets>"))
}

fn page_size(call: &Call<'_>) -> usize {
    call.query.get("max-keys").and_then(|text| text.parse().ok()).unwrap_or(PAGE_MAX).min(PAGE_MAX)
}

fn encode(call: &Call<'_>, key: &str) -> String {
    match call.query.get("encoding-type").map(String::as_str) {
        Some("url") => {
            percent_encoding::utf8_percent_encode(key, percent_encoding::NON_ALPHANUMERIC).to_string()
        }
        _ => key.to_owned(),
    }
}

fn encoding(call: &Call<'_>) -> String {
    call.query.get("encoding-type").map(|encoding| element("EncodingType", encoding)).unwrap_or_default()
}

/// The newest version, unless it says that the object is deleted.
pub(super) fn current(versions: &[Version]) -> Option<&Version> {
    versions.last().filter(|version| !version.is_marker)
}

pub(super) fn objects(store: &mut Store, call: &Call<'_>) -> Answer {
    let prefix = call.query.get("prefix").cloned().unwrap_or_default();
    let delimiter = call.query.get("delimiter").cloned().unwrap_or_default();
    let after =
        ["continuation-token", "start-after", "marker"].iter().filter_map(|name| call.query.get(*name));
    let after = after.max().cloned().unwrap_or_default();
    let size = page_size(call);
    let bucket = store.bucket(call)?;
    let (mut content, mut count, mut last, mut more) = (String::new(), 0, String::new(), false);
    let mut folders: Vec<String> = Vec::new();
    for (key, version) in live(bucket).filter(|(key, _)| key.starts_with(&prefix) && **key > after) {
        let rest = key.get(prefix.len()..).unwrap_or_default();
        let folder = rest.find(&delimiter).filter(|_| !delimiter.is_empty());
        let folder = folder.and_then(|at| key.get(..prefix.len() + at + delimiter.len())).map(str::to_owned);
        if folder.as_ref().is_some_and(|folder| folders.contains(folder)) {
            continue;
        }
        more = count == size;
        if more {
            break;
        }
        count += 1;
        last.clone_from(key);
        match folder {
            Some(folder) => folders.push(folder),
            None => content.push_str(&entry(call, key, version)),
        }
    }
    for folder in &folders {
        content.push_str(&format!(
            "<CommonPrefixes>{}</CommonPrefixes>",
            element("Prefix", &encode(call, folder))
        ));
    }
    let token = if more {
        element("NextContinuationToken", &last) + &element("NextMarker", &last)
    } else {
        String::new()
    };
    let head = element("Name", &call.bucket)
        + &element("Prefix", &encode(call, &prefix))
        + &element("KeyCount", &count.to_string())
        + &element("MaxKeys", &size.to_string())
        + &element("IsTruncated", &more.to_string())
        + &encoding(call);
    Ok(Reply::xml("ListBucketResult", &(head + &token + &content)))
}

fn live(bucket: &Bucket) -> impl Iterator<Item = (&String, &Version)> {
    bucket.keys.iter().filter_map(|(key, versions)| Some((key, current(versions)?)))
}

fn entry(call: &Call<'_>, key: &str, version: &Version) -> String {
    let parts = element("Key", &encode(call, key))
        + &element("LastModified", &timestamp(version.modified_ms))
        + &element("ETag", version.headers.get("etag").map_or("", String::as_str))
        + &element("Size", &version.content.len().to_string())
        + &element(
            "StorageClass",
            version.headers.get("x-amz-storage-class").map_or("STANDARD", String::as_str),
        );
    format!("<Contents>{parts}</Contents>")
}

pub(super) fn versions(store: &mut Store, call: &Call<'_>) -> Answer {
    let prefix = call.query.get("prefix").cloned().unwrap_or_default();
    let after_key = call.query.get("key-marker").cloned().unwrap_or_default();
    let after_version = call.query.get("version-id-marker").cloned().unwrap_or_default();
    let size = page_size(call);
    let bucket = store.bucket(call)?;
    let all = bucket.keys.iter().filter(|(key, _)| key.starts_with(&prefix));
    let all = all.flat_map(|(key, versions)| {
        let latest = versions.len().saturating_sub(1);
        versions.iter().enumerate().rev().map(move |(at, version)| (key, version, at == latest))
    });
    let mut content = String::new();
    let (mut count, mut last, mut more) = (0, (String::new(), String::new()), false);
    let mut passed = after_key.is_empty();
    for (key, version, is_latest) in all {
        if !passed {
            let at_marker = *key == after_key && (after_version.is_empty() || version.id == after_version);
            passed = at_marker || *key > after_key;
            if at_marker || !passed {
                continue;
            }
        }
        more = count == size;
        if more {
            break;
        }
        count += 1;
        last = (key.clone(), version.id.clone());
        let parts = element("Key", &encode(call, key))
            + &element("VersionId", &version.id)
            + &element("IsLatest", &is_latest.to_string())
            + &element("LastModified", &timestamp(version.modified_ms));
        match version.is_marker {
            true => content.push_str(&format!("<DeleteMarker>{parts}</DeleteMarker>")),
            false => content.push_str(&format!(
                "<Version>{parts}{}</Version>",
                element("Size", &version.content.len().to_string())
            )),
        }
    }
    let mut head = element("Name", &call.bucket)
        + &element("Prefix", &encode(call, &prefix))
        + &element("MaxKeys", &size.to_string())
        + &element("IsTruncated", &more.to_string())
        + &encoding(call);
    if more {
        head += &element("NextKeyMarker", &encode(call, &last.0));
        head += &element("NextVersionIdMarker", &last.1);
    }
    Ok(Reply::xml("ListVersionsResult", &(head + &content)))
}
