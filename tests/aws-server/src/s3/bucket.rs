//! Buckets themselves.

use super::{Answer, Bucket, Call, Reply, Store, config, texts};
use crate::fail::Fail;

const NAME_LENGTH: std::ops::RangeInclusive<usize> = 3..=63;

fn check_name(name: &str) -> Result<(), Fail> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '-';
    let edges = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let good = NAME_LENGTH.contains(&name.len())
        && name.chars().all(allowed)
        && name.starts_with(edges)
        && name.ends_with(edges)
        && !name.contains("..");
    match good {
        true => Ok(()),
        false => Err(Fail::new("InvalidBucketName", "The specified bucket is not valid.")),
    }
}

pub(super) fn create(store: &mut Store, call: &Call<'_>) -> Answer {
    check_name(&call.bucket)?;
    let place = match call.request.body.is_empty() {
        true => None,
        false => texts(&call.request.body, "LocationConstraint")?.into_iter().next(),
    };
    if place.as_deref().unwrap_or("us-east-1") != call.region {
        let message =
            "The specified location constraint is incompatible for the region this request was sent to.";
        return Err(Fail::new("IllegalLocationConstraintException", message));
    }
    if let Some(bucket) = store.buckets.get(&call.bucket) {
        return match (bucket.account == call.account, call.region) {
            // The oldest region answers as it always did.
            (true, "us-east-1") => Ok(located(call)),
            (true, _) => {
                let message =
                    "Your previous request to create the named bucket succeeded and you already own it.";
                Err(Fail::new("BucketAlreadyOwnedByYou", message).with_status(409))
            }
            (false, _) => {
                let message = "The requested bucket name is not available.";
                Err(Fail::new("BucketAlreadyExists", message).with_status(409))
            }
        };
    }
    let consistency = store.settings.consistency;
    let mut bucket = Bucket {
        account: call.account.to_owned(),
        region: call.region.to_owned(),
        created_ms: store.now_ms,
        lockable: call.header("x-amz-bucket-object-lock-enabled") == Some("true"),
        visible_ms: store.now_ms + consistency.ms,
        unseen_reads: consistency.reads,
        ..Bucket::default()
    };
    config::furnish(&mut bucket, call.header("x-amz-object-ownership"));
    store.buckets.insert(call.bucket.clone(), bucket);
    Ok(located(call))
}

fn located(call: &Call<'_>) -> Reply {
    Reply::empty(200).with("location", format!("/{}", call.bucket))
}

pub(super) fn delete(store: &mut Store, call: &Call<'_>) -> Answer {
    if !store.bucket(call)?.keys.is_empty() {
        let message =
            "The bucket you tried to delete is not empty. You must delete all versions in the bucket.";
        return Err(Fail::new("BucketNotEmpty", message).with_status(409));
    }
    store.buckets.remove(&call.bucket);
    Ok(Reply::empty(204))
}

pub(super) fn head(store: &mut Store, call: &Call<'_>) -> Answer {
    let region = store.bucket(call)?.region.clone();
    Ok(Reply::empty(200).with("x-amz-bucket-region", region))
}
