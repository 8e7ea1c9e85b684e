//! Objects and their versions.

use std::collections::BTreeMap;

use md5::{Digest, Md5};

use super::{Answer, Bucket, Call, Reply, Store, Version, config, element, list, texts};
use crate::fail::Fail;

/// Headers that are kept with an object.
const KEPT: [&str; 13] = [
    "content-type",
    "content-disposition",
    "content-encoding",
    "content-language",
    "cache-control",
    "expires",
    "x-amz-storage-class",
    "x-amz-website-redirect-location",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-bucket-key-enabled",
    "x-amz-object-lock-mode",
    "x-amz-object-lock-retain-until-date",
];

/// What is kept beside an object as it was put.
const BESIDE: [(&str, &str); 3] =
    [("acl", "ObjectAcl"), ("retention", "ObjectRetention"), ("legal-hold", "ObjectLegalHold")];

/// The name of an operation.
pub(super) fn operation(call: &Call<'_>, method: &str) -> String {
    let verb = match method {
        "PUT" => "Put",
        "DELETE" => "Delete",
        "HEAD" => "Head",
        _ => "Get",
    };
    if call.has("tagging") {
        return format!("{verb}ObjectTagging");
    }
    if let Some((_, noun)) = BESIDE.iter().find(|(query, _)| call.has(query)) {
        return format!("{verb}{noun}");
    }
    match method {
        "PUT" if call.header("x-amz-copy-source").is_some() => "CopyObject".into(),
        _ => format!("{verb}Object"),
    }
}

pub(super) fn handle(store: &mut Store, call: &Call<'_>) -> Answer {
    match call.operation().as_str() {
        "PutObject" => put(store, call),
        "CopyObject" => copy(store, call),
        "DeleteObject" => delete(store, call),
        "GetObject" => get(store, call),
        "HeadObject" => Ok(Reply { body: Vec::new(), ..get(store, call)? }),
        "PutObjectTagging" => {
            let tags = tags_in(&call.request.body)?;
            version(store, call)?.tags = tags;
            Ok(Reply::empty(200))
        }
        "DeleteObjectTagging" => {
            version(store, call)?.tags.clear();
            Ok(Reply::empty(204))
        }
        "GetObjectTagging" => {
            let tags = version(store, call)?.tags.clone();
            let items = tags
                .iter()
                .map(|(key, value)| format!("<Tag>{}{}</Tag>", element("Key", key), element("Value", value)));
            Ok(Reply::xml("Tagging", &format!("<TagSet>{}</TagSet>", items.collect::<String>())))
        }
        _ => beside(store, call),
    }
}

fn tags_in(document: &[u8]) -> Result<BTreeMap<String, String>, Fail> {
    Ok(texts(document, "Key")?.into_iter().zip(texts(document, "Value")?).collect())
}

fn keeps_versions(bucket: &Bucket) -> Option<bool> {
    let document = bucket.configs.get(&("versioning".to_owned(), String::new()))?;
    let status = texts(document, "Status").ok()?.into_iter().next()?;
    Some(status == "Enabled")
}

fn not_found() -> Fail {
    Fail::new("NoSuchKey", "The specified key does not exist.").with_status(404)
}

fn version<'a>(store: &'a mut Store, call: &Call<'_>) -> Result<&'a mut Version, Fail> {
    let wanted = call.query.get("versionId");
    let versions = store.bucket(call)?.keys.get_mut(&call.key).ok_or_else(not_found)?;
    let found = match wanted {
        Some(id) => versions.iter_mut().find(|version| version.id == *id),
        None => versions.last_mut(),
    };
    found.filter(|version| !version.is_marker).ok_or_else(not_found)
}

fn put(store: &mut Store, call: &Call<'_>) -> Answer {
    let exists =
        store.bucket(call)?.keys.get(&call.key).is_some_and(|versions| list::current(versions).is_some());
    if call.header("if-none-match") == Some("*") && exists {
        let message = "At least one of the pre-conditions you specified did not hold";
        return Err(Fail::new("PreconditionFailed", message).with_status(412));
    }
    let content = call.request.payload();
    let headers = call.request.headers.iter().filter(|(name, _)| {
        KEPT.contains(&name.as_str())
            || name.starts_with("x-amz-meta-")
            || name.starts_with("x-amz-checksum-")
    });
    let mut headers: BTreeMap<String, String> =
        headers.map(|(name, value)| (name.clone(), value.clone())).collect();
    headers.remove("x-amz-checksum-algorithm");
    let encoding = headers.get("content-encoding").map(|text| text.replace("aws-chunked", ""));
    match encoding.as_deref().map(|text| text.trim_matches([',', ' '])) {
        Some("") => drop(headers.remove("content-encoding")),
        Some(text) => drop(headers.insert("content-encoding".into(), text.to_owned())),
        None => {}
    }
    let tags = call.header("x-amz-tagging").unwrap_or_default();
    let tags = form_urlencoded::parse(tags.as_bytes()).into_owned().collect();
    let mut configs = BTreeMap::new();
    if let Some(canned) = call.header("x-amz-acl") {
        configs.insert("acl".to_owned(), config::acl_document(call.account, canned).into_bytes());
    }
    store_version(store, call, Version { content, headers, tags, configs, ..Version::default() })
}

fn store_version(store: &mut Store, call: &Call<'_>, mut version: Version) -> Answer {
    let digest: String = Md5::digest(&version.content).iter().map(|byte| format!("{byte:02x}")).collect();
    version.headers.insert("etag".into(), format!("\"{digest}\""));
    version.headers.entry("content-type".into()).or_insert_with(|| "binary/octet-stream".into());
    version.headers.entry("x-amz-server-side-encryption".into()).or_insert_with(|| "AES256".into());
    version.modified_ms = store.now_ms;
    let reply = ["etag", "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id"]
        .iter()
        .filter_map(|name| Some((*name, version.headers.get(*name)?.clone())))
        .fold(Reply::empty(200), |reply, (name, value)| reply.with(name, value));
    let id = add_version(store, call, version)?;
    Ok(if id == "null" { reply } else { reply.with("x-amz-version-id", id) })
}

/// Puts a version on top, or in the place of the one that is there.
fn add_version(store: &mut Store, call: &Call<'_>, mut version: Version) -> Result<String, Fail> {
    let keeps = keeps_versions(store.bucket(call)?) == Some(true);
    version.id = if keeps { store.new_id() } else { "null".into() };
    let id = version.id.clone();
    let versions = store.bucket(call)?.keys.entry(call.key.clone()).or_default();
    versions.retain(|other| other.id != id);
    versions.push(version);
    Ok(id)
}

fn copy(store: &mut Store, call: &Call<'_>) -> Answer {
    let source = call.header("x-amz-copy-source").unwrap_or_default().trim_start_matches('/');
    let source = percent_encoding::percent_decode_str(source).decode_utf8_lossy().into_owned();
    let (bucket, key) = source.split_once('/').ok_or_else(not_found)?;
    let key = key.split("?versionId=").next().unwrap_or_default();
    let versions = store.buckets.get(bucket).and_then(|bucket| bucket.keys.get(key));
    let version = versions.and_then(|versions| list::current(versions)).cloned().ok_or_else(not_found)?;
    let modified = crate::ec2::timestamp(store.now_ms);
    let reply = store_version(store, call, version)?;
    let etag = reply.headers.get("etag").cloned().unwrap_or_default();
    let content = element("LastModified", &modified) + &element("ETag", &etag);
    let mut answer = Reply::xml("CopyObjectResult", &content);
    answer.headers.extend(reply.headers.into_iter().filter(|(name, _)| name.starts_with("x-amz")));
    Ok(answer)
}

fn get(store: &mut Store, call: &Call<'_>) -> Answer {
    let version = version(store, call)?;
    let mut reply = Reply { status: 200, headers: version.headers.clone(), body: version.content.clone() };
    let http_date = "Thu, 01 Jan 2026 00:00:00 GMT";
    reply.headers.insert("last-modified".into(), http_date.into());
    reply.headers.insert("content-length".into(), version.content.len().to_string());
    if version.id != "null" {
        reply.headers.insert("x-amz-version-id".into(), version.id.clone());
    }
    if !version.tags.is_empty() {
        reply.headers.insert("x-amz-tagging-count".into(), version.tags.len().to_string());
    }
    if call.header("x-amz-checksum-mode").is_none() {
        reply.headers.retain(|name, _| !name.starts_with("x-amz-checksum-"));
    }
    Ok(reply)
}

/// Deletes an object, or one version for good; gives the version that says so.
fn delete_one(
    store: &mut Store,
    call: &Call<'_>,
    key: &str,
    id: Option<&str>,
) -> Result<Option<String>, Fail> {
    let keeps = keeps_versions(store.bucket(call)?);
    let marker = store.new_id();
    let bucket = store.bucket(call)?;
    match (id, keeps) {
        (Some(id), _) => {
            if let Some(versions) = bucket.keys.get_mut(key) {
                versions.retain(|version| version.id != id);
            }
        }
        (None, None) => drop(bucket.keys.remove(key)),
        (None, Some(enabled)) => {
            let id = if enabled { marker } else { "null".into() };
            let versions = bucket.keys.entry(key.to_owned()).or_default();
            versions.retain(|version| version.id != id);
            versions.push(Version { id: id.clone(), is_marker: true, ..Version::default() });
            return Ok(Some(id));
        }
    }
    bucket.keys.retain(|_, versions| !versions.is_empty());
    Ok(None)
}

fn delete(store: &mut Store, call: &Call<'_>) -> Answer {
    let id = call.query.get("versionId").map(String::as_str);
    let marker = delete_one(store, call, &call.key, id)?;
    Ok(match marker {
        Some(id) => Reply::empty(204).with("x-amz-delete-marker", "true").with("x-amz-version-id", id),
        None => Reply::empty(204),
    })
}

pub(super) fn delete_many(store: &mut Store, call: &Call<'_>) -> Answer {
    let body = call.request.payload();
    let document = String::from_utf8_lossy(&body).into_owned();
    texts(document.as_bytes(), "Key")?;
    let mut answer = String::new();
    for object in document.split("<Object>").skip(1) {
        let object = format!("<Object>{}</Object>", object.split("</Object>").next().unwrap_or_default());
        let key = texts(object.as_bytes(), "Key")?.into_iter().next().unwrap_or_default();
        let id = texts(object.as_bytes(), "VersionId")?.into_iter().next();
        delete_one(store, call, &key, id.as_deref())?;
        let version = id.map(|id| element("VersionId", &id)).unwrap_or_default();
        answer.push_str(&format!("<Deleted>{}{version}</Deleted>", element("Key", &key)));
    }
    let quiet = texts(document.as_bytes(), "Quiet")?.first().is_some_and(|quiet| quiet == "true");
    Ok(Reply::xml("DeleteResult", if quiet { "" } else { &answer }))
}

fn beside(store: &mut Store, call: &Call<'_>) -> Answer {
    let unknown =
        || Fail::new("NotImplemented", "This test server does not know the operation.").with_status(501);
    let (query, _) = BESIDE.iter().find(|(query, _)| call.has(query)).ok_or_else(unknown)?;
    let version = version(store, call)?;
    if call.request.method == "PUT" {
        let document = match call.header("x-amz-acl") {
            Some(canned) => config::acl_document(call.account, canned).into_bytes(),
            None => call.request.body.clone(),
        };
        version.configs.insert((*query).to_owned(), document);
        return Ok(Reply::empty(200));
    }
    match (version.configs.get(*query), *query) {
        (Some(document), _) => Ok(Reply::document(document.clone())),
        (None, "acl") => Ok(Reply::document(config::acl_document(call.account, "private").into_bytes())),
        (None, _) => {
            let message = "The specified object does not have a ObjectLock configuration";
            Err(Fail::new("NoSuchObjectLockConfiguration", message).with_status(404))
        }
    }
}
