//! What a bucket has beside its objects: one row for each.

use super::{Answer, Bucket, Call, Reply, Store, element, texts};
use crate::fail::Fail;

/// A part of a bucket's configuration.
#[derive(Debug)]
pub(super) struct Row {
    /// How a request names it.
    pub query: &'static str,
    /// How operations name it.
    pub noun: &'static str,
    /// What is answered when nothing was put.
    pub before: Before,
}

/// What is answered when nothing was put.
#[derive(Debug)]
pub(super) enum Before {
    /// This document, with its root and content.
    Document(&'static str, &'static str),
    /// This error.
    Missing(&'static str),
    /// Something that follows from the bucket.
    Made(fn(&Bucket) -> Reply),
}

use Before::{Document, Made, Missing};

const fn row(query: &'static str, noun: &'static str, before: Before) -> Row {
    Row { query, noun, before }
}

const ENCRYPTED: &str = "<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule>";
const BLOCKED: &str = "<PublicAccessBlockConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>";

/// All of them.
pub(super) static ROWS: [Row; 22] = [
    row("versioning", "BucketVersioning", Document("VersioningConfiguration", "")),
    row("tagging", "BucketTagging", Missing("NoSuchTagSet")),
    row("policy", "BucketPolicy", Missing("NoSuchBucketPolicy")),
    row("policyStatus", "BucketPolicyStatus", Document("PolicyStatus", "<IsPublic>false</IsPublic>")),
    row("publicAccessBlock", "PublicAccessBlock", Missing("NoSuchPublicAccessBlockConfiguration")),
    row("ownershipControls", "BucketOwnershipControls", Missing("OwnershipControlsNotFoundError")),
    row("encryption", "BucketEncryption", Document("ServerSideEncryptionConfiguration", ENCRYPTED)),
    row("lifecycle", "BucketLifecycleConfiguration", Missing("NoSuchLifecycleConfiguration")),
    row("cors", "BucketCors", Missing("NoSuchCORSConfiguration")),
    row("logging", "BucketLogging", Document("BucketLoggingStatus", "")),
    row("website", "BucketWebsite", Missing("NoSuchWebsiteConfiguration")),
    row("acl", "BucketAcl", Made(acl)),
    row("accelerate", "BucketAccelerateConfiguration", Document("AccelerateConfiguration", "")),
    row(
        "requestPayment",
        "BucketRequestPayment",
        Document("RequestPaymentConfiguration", "<Payer>BucketOwner</Payer>"),
    ),
    row("notification", "BucketNotificationConfiguration", Document("NotificationConfiguration", "")),
    row("replication", "BucketReplication", Missing("ReplicationConfigurationNotFoundError")),
    row("object-lock", "ObjectLockConfiguration", Made(lock)),
    row("location", "BucketLocation", Made(location)),
    row("analytics", "BucketAnalyticsConfiguration", Missing("NoSuchConfiguration")),
    row("inventory", "BucketInventoryConfiguration", Missing("NoSuchConfiguration")),
    row("metrics", "BucketMetricsConfiguration", Missing("NoSuchConfiguration")),
    row("intelligent-tiering", "BucketIntelligentTieringConfiguration", Missing("NoSuchConfiguration")),
];

/// Those of which a bucket may have many.
const MANY: [&str; 4] = ["analytics", "inventory", "metrics", "intelligent-tiering"];

/// The name of an operation.
pub(super) fn operation(row: &Row, method: &str, is_one: bool) -> String {
    let many = MANY.contains(&row.query) && !is_one;
    match method {
        "PUT" => format!("Put{}", row.noun),
        "DELETE" => format!("Delete{}", row.noun),
        _ if many => format!("List{}s", row.noun),
        _ => format!("Get{}", row.noun),
    }
}

/// What a new bucket has.
pub(super) fn furnish(bucket: &mut Bucket, ownership: Option<&str>) {
    let ownership = ownership.unwrap_or("BucketOwnerEnforced");
    let controls = format!(
        "<OwnershipControls xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Rule><ObjectOwnership>{ownership}</ObjectOwnership></Rule></OwnershipControls>"
    );
    bucket.configs.insert(("ownershipControls".into(), String::new()), controls.into_bytes());
    bucket.configs.insert(("publicAccessBlock".into(), String::new()), BLOCKED.into());
    if bucket.lockable {
        let on = "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>Enabled</Status></VersioningConfiguration>";
        bucket.configs.insert(("versioning".into(), String::new()), on.into());
    }
}

pub(super) fn handle(store: &mut Store, call: &Call<'_>) -> Answer {
    let unknown =
        || Fail::new("NotImplemented", "This test server does not know the operation.").with_status(501);
    let row = ROWS.iter().find(|row| call.has(row.query)).ok_or_else(unknown)?;
    let bucket = store.bucket(call)?;
    let id = call.query.get("id").cloned().unwrap_or_default();
    let key = (row.query.to_owned(), id.clone());
    match call.request.method.as_str() {
        "PUT" => put(bucket, row, key, call),
        "DELETE" => {
            if bucket.configs.remove(&key).is_none() && MANY.contains(&row.query) {
                return Err(missing("NoSuchConfiguration"));
            }
            Ok(Reply::empty(204))
        }
        _ if MANY.contains(&row.query) && id.is_empty() => Ok(list(bucket, row)),
        _ => match (bucket.configs.get(&key), &row.before) {
            (Some(document), _) => Ok(Reply::document(document.clone())),
            (None, Document(root, content)) => Ok(Reply::xml(root, content)),
            (None, Made(made)) => match made(bucket) {
                Reply { status: 404, .. } => Err(missing("ObjectLockConfigurationNotFoundError")),
                reply => Ok(reply),
            },
            (None, Missing(code)) => Err(missing(code)),
        },
    }
}

fn put(bucket: &mut Bucket, row: &Row, key: (String, String), call: &Call<'_>) -> Answer {
    let body = &call.request.body;
    match row.query {
        "policy" => {
            serde_json::from_slice::<serde_json::Value>(body).map_err(|_| {
                Fail::new("MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'")
            })?;
        }
        "acl" => return put_acl(bucket, key, call),
        "object-lock" => bucket.lockable = true,
        "versioning" if bucket.lockable && texts(body, "Status")?.first().is_some_and(|s| s != "Enabled") => {
            let message = "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.";
            return Err(Fail::new("InvalidBucketState", message).with_status(409));
        }
        // Only whether it is well formed.
        _ => drop(texts(body, "-")?),
    }
    bucket.configs.insert(key, body.clone());
    Ok(Reply::empty(if row.query == "policy" { 204 } else { 200 }))
}

fn put_acl(bucket: &mut Bucket, key: (String, String), call: &Call<'_>) -> Answer {
    let canned = call.header("x-amz-acl");
    let controls = bucket.configs.get(&("ownershipControls".to_owned(), String::new()));
    let enforced =
        controls.is_some_and(|document| String::from_utf8_lossy(document).contains("BucketOwnerEnforced"));
    if enforced && canned.is_none_or(|acl| !["private", "bucket-owner-full-control"].contains(&acl)) {
        return Err(Fail::new("AccessControlListNotSupported", "The bucket does not allow ACLs"));
    }
    match canned {
        None => bucket.configs.insert(key, call.request.body.clone()),
        Some(canned) => bucket.configs.insert(key, acl_document(&bucket.account, canned).into_bytes()),
    };
    Ok(Reply::empty(200))
}

fn missing(code: &str) -> Fail {
    Fail::new(code, "The configuration does not exist").with_status(404)
}

fn list(bucket: &Bucket, row: &Row) -> Reply {
    let root = format!("List{}sResult", row.noun);
    let documents = bucket.configs.iter().filter(|((query, _), _)| query == row.query);
    let content: String =
        documents.map(|(_, document)| String::from_utf8_lossy(document).into_owned()).collect();
    Reply::xml(&root, &format!("{content}<IsTruncated>false</IsTruncated>"))
}

/// The identifier of an account in access lists.
pub(super) fn canonical(account: &str) -> String {
    format!("{:064}", account.parse::<u64>().unwrap_or_default())
}

fn acl(bucket: &Bucket) -> Reply {
    Reply::document(acl_document(&bucket.account, "private").into_bytes())
}

/// The access list that a canned one stands for.
pub(super) fn acl_document(account: &str, canned: &str) -> String {
    let id = element("ID", &canonical(account));
    let group = |name: &str, permission: &str| {
        format!(
            "<Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"Group\"><URI>http://acs.amazonaws.com/groups/{name}</URI></Grantee><Permission>{permission}</Permission></Grant>"
        )
    };
    let more = match canned {
        "public-read" => group("global/AllUsers", "READ"),
        "public-read-write" => group("global/AllUsers", "READ") + &group("global/AllUsers", "WRITE"),
        "authenticated-read" => group("global/AuthenticatedUsers", "READ"),
        "log-delivery-write" => group("s3/LogDelivery", "WRITE") + &group("s3/LogDelivery", "READ_ACP"),
        _ => String::new(),
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<AccessControlPolicy xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Owner>{id}</Owner><AccessControlList><Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\">{id}</Grantee><Permission>FULL_CONTROL</Permission></Grant>{more}</AccessControlList></AccessControlPolicy>"
    )
}

fn lock(bucket: &Bucket) -> Reply {
    match bucket.lockable {
        true => Reply::xml("ObjectLockConfiguration", "<ObjectLockEnabled>Enabled</ObjectLockEnabled>"),
        false => Reply::empty(404),
    }
}

fn location(bucket: &Bucket) -> Reply {
    let place = if bucket.region == "us-east-1" { "" } else { &bucket.region };
    Reply::xml("LocationConstraint", place)
}
