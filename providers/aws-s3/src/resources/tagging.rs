//! Tags of buckets. S3 writes a tag set as a whole, so what is not ours has to be read and written
//! back.

use aws_sdk_s3 as s3;
use evenkeel_provider::ProviderError;
use s3::types::{Tag, Tagging};

use crate::errors::{Effect, Failure, answer, provider_error};
use crate::tags::{TagChange, Tags};

/// The tags of a bucket; `None` when there is no such bucket.
pub async fn of_bucket(s3: &s3::Client, bucket: &str) -> Result<Option<Tags>, ProviderError> {
    match told_of(s3, bucket).await {
        Ok(tags) => Ok(Some(tags)),
        Err(failure) if failure.is_gone() => Ok(None),
        Err(failure) => Err(provider_error("reading the tags of S3 Bucket", Effect::Read, &failure)),
    }
}

/// The same, as the service says it.
pub async fn told_of(s3: &s3::Client, bucket: &str) -> Result<Tags, Failure> {
    match answer(s3.get_bucket_tagging().bucket(bucket).send()).await {
        Ok(answered) => Ok(from_api(answered.tag_set)),
        Err(failure) if failure.is_any(&["NoSuchTagSet", "NoSuchTagSetError"]) => Ok(Tags::new()),
        Err(failure) => Err(failure),
    }
}

/// Writes the tag set of a bucket.
pub async fn write_bucket(s3: &s3::Client, bucket: &str, tags: &Tags) -> Result<(), ProviderError> {
    let operation = "tagging S3 Bucket";
    if tags.is_empty() {
        let sent = s3.delete_bucket_tagging().bucket(bucket).send().await;
        return sent.map(drop).map_err(|error| crate::errors::from_sdk(operation, Effect::Update, &error));
    }
    let sent = s3.put_bucket_tagging().bucket(bucket).tagging(to_api(tags)).send().await;
    sent.map(drop).map_err(|error| crate::errors::from_sdk(operation, Effect::Update, &error))
}

/// A tag set with a change applied; tags that the change does not name stay.
pub fn changed(mut tags: Tags, change: &TagChange) -> Tags {
    for key in &change.remove {
        tags.remove(key);
    }
    tags.extend(change.set.clone());
    tags
}

/// Tags as the API gives them.
pub fn from_api(tags: Vec<Tag>) -> Tags {
    tags.into_iter().map(|tag| (tag.key, tag.value)).collect()
}

/// Tags as the API takes them.
pub fn to_api(tags: &Tags) -> Tagging {
    let tags = tags.iter().map(|(key, value)| {
        Tag::builder().key(key).value(value).build().expect("key and value are both given")
    });
    Tagging::builder().set_tag_set(Some(tags.collect())).build().expect("the tag set is given")
}

/// Tags as a URL query, the form of the `x-amz-tagging` header.
pub fn to_header(tags: &Tags) -> String {
    let pairs: Vec<String> =
        tags.iter().map(|(key, value)| format!("{}={}", percent(key), percent(value))).collect();
    pairs.join("&")
}

/// A text as a part of a URL.
pub fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn headers_are_escaped() {
        assert_eq!(to_header(&tags(&[("a b", "c&d=e"), ("k", "ü")])), "a%20b=c%26d%3De&k=%C3%BC");
    }

    #[test]
    fn a_change_keeps_what_it_does_not_name() {
        let change = TagChange { set: tags(&[("b", "2")]), remove: vec!["a".into()] };
        let before = tags(&[("a", "1"), ("evenkeel:token", "t")]);
        assert_eq!(changed(before, &change), tags(&[("b", "2"), ("evenkeel:token", "t")]));
    }
}
