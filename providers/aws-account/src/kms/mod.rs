//! KMS: keys, their names, and who may use them.

mod alias;
mod grant;
mod key;

use aws_sdk_kms::types::Tag;

use crate::tags::Tags;

pub use alias::Alias;
pub use grant::Grant;
pub use key::Key;

fn tags_of(tags: Vec<Tag>) -> Tags {
    tags.into_iter().map(|tag| (tag.tag_key, tag.tag_value)).collect()
}

fn to_api(tags: &Tags) -> Option<Vec<Tag>> {
    let tag = |(key, value): (&String, &String)| {
        Tag::builder().tag_key(key).tag_value(value).build().expect("key and value are both given")
    };
    (!tags.is_empty()).then(|| tags.iter().map(tag).collect())
}
