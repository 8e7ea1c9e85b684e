//! IAM: who may do what.
//!
//! IAM answers from copies that follow with a delay of seconds: what was just made may be unknown
//! to the next call. Calls that refer to something new are repeated for a while.

mod attachment;
mod group;
mod instance_profile;
mod openid_connect_provider;
mod policy;
mod policy_attachment;
mod role;
mod role_listing;
mod role_parts;
mod role_policy;
mod user;
mod user_parts;

use aws_sdk_iam::types::Tag;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use percent_encoding::percent_decode_str;

use crate::tags::Tags;

pub use attachment::{Attachment, RolePolicyAttachment, UserPolicyAttachment};
pub use group::Group;
pub use instance_profile::InstanceProfile;
pub use openid_connect_provider::OpenIdConnectProvider;
pub use policy::Policy;
pub(crate) use policy::described as described_policy;
pub use policy_attachment::PolicyAttachment;
pub use role::Role;
pub(crate) use role::unknown_principal;
pub use role_policy::RolePolicy;
pub use user::User;

/// Tags as the API gives them.
pub(crate) fn tags_of(tags: Option<Vec<Tag>>) -> Tags {
    tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect()
}

/// Tags as the API takes them; nothing at all when there are none.
fn to_api(tags: &Tags) -> Option<Vec<Tag>> {
    let tag = |(key, value): (&String, &String)| {
        Tag::builder().key(key).value(value).build().expect("key and value are both given")
    };
    (!tags.is_empty()).then(|| tags.iter().map(tag).collect())
}

/// A policy document as it was written: IAM gives it back escaped.
pub(crate) fn document(escaped: Option<&str>) -> String {
    percent_decode_str(escaped.unwrap_or_default()).decode_utf8_lossy().into_owned()
}

/// A time as people read it, to the second.
pub(crate) fn date(time: DateTime) -> String {
    DateTime::from_secs(time.secs()).fmt(Format::DateTime).unwrap_or_default()
}

/// Brings the tags of an object from one plan to another.
macro_rules! change_tags {
    ($iam:expr, $prior:expr, $planned:expr, $tag:ident, $untag:ident, $name:ident, $value:expr) => {{
        let change = crate::tags::change($prior, $planned);
        if !change.remove.is_empty() {
            let keys = Some(change.remove);
            crate::errors::answer($iam.$untag().$name($value).set_tag_keys(keys).send()).await?;
        }
        if let Some(tags) = crate::iam::to_api(&change.set) {
            crate::errors::answer($iam.$tag().$name($value).set_tags(Some(tags)).send()).await?;
        }
    }};
}
use change_tags;

/// All members of a listing that has several pages.
macro_rules! all {
    ($call:expr) => {
        crate::errors::answer($call.into_paginator().items().send().collect::<Result<Vec<_>, _>>())
    };
}
use all;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_unescaped_and_times_are_whole_seconds() {
        assert_eq!(document(Some("%7B%22a%22%3A%22b%20%2B%20c%22%7D")), r#"{"a":"b + c"}"#);
        assert_eq!(date(DateTime::from_secs_f64(1_700_000_000.25)), "2023-11-14T22:13:20Z");
    }
}
