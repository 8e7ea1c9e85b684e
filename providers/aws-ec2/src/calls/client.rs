//! The SDK's client, set up twice: once for calls that may be repeated, once for calls that may not.

use aws_sdk_ec2::config::Builder;
use aws_sdk_ec2::types;
use evenkeel_provider::Listed;
use evenkeel_provider_aws_core::ask_only::AskOnly;
pub(crate) use evenkeel_provider_aws_core::errors::answer;
use evenkeel_provider_aws_core::listing;
use evenkeel_provider_aws_core::retries::OnlyWhenThrottled;

use super::{Failure, Filter, Select, Tags};

/// Both clients. They share connections, credentials and the adaptive limits of the configuration.
pub struct Client {
    /// For calls that may be repeated.
    pub(crate) safe: aws_sdk_ec2::Client,
    /// For calls whose repetition makes a second object: repeated only when the service said that it
    /// declined the first.
    pub(crate) once: aws_sdk_ec2::Client,
}

impl Client {
    pub(crate) fn new(config: &aws_types::SdkConfig, endpoint: Option<&str>, asks_only: bool) -> Self {
        let mut builder = Builder::from(config);
        if let Some(endpoint) = endpoint {
            builder = builder.endpoint_url(endpoint);
        }
        if asks_only {
            builder = builder.interceptor(AskOnly);
        }
        let once = builder.clone().retry_classifier(OnlyWhenThrottled);
        Self {
            safe: aws_sdk_ec2::Client::from_conf(builder.build()),
            once: aws_sdk_ec2::Client::from_conf(once.build()),
        }
    }
}

/// What the service says of the items that a call for several could not do.
pub(crate) fn all_done(unsuccessful: Option<Vec<types::UnsuccessfulItem>>) -> Result<(), Failure> {
    let error = unsuccessful.unwrap_or_default().into_iter().find_map(|item| item.error);
    match error {
        Some(error) => {
            Err(Failure::answered(error.code.unwrap_or_default(), error.message.unwrap_or_default()))
        }
        None => Ok(()),
    }
}

/// All pages of a listing, in one list.
macro_rules! pages {
    ($builder:expr, $items:ident) => {{
        let builder = $builder;
        let mut token: Option<String> = None;
        let mut found = Vec::new();
        loop {
            let page = $crate::calls::client::answer(builder.clone().set_next_token(token).send()).await?;
            found.extend(page.$items.unwrap_or_default());
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break found;
            }
        }
    }};
}
pub(crate) use pages;

/// A describe call for what is selected, all pages: the client, the selection, the call's name, the
/// setters of identifiers and filters, and where the answer has the objects.
macro_rules! describe {
    ($client:expr, $select:expr, $call:ident, $ids:ident, $filters:ident, $items:ident) => {{
        let client = $client.safe.clone();
        let (ids, filters) = $crate::calls::client::selection($select);
        let call: $crate::calls::Call<'_, _> = Box::pin(async move {
            Ok($crate::calls::client::pages!(client.$call().$ids(ids).$filters(filters), $items))
        });
        call
    }};
}
pub(crate) use describe;

/// The same for a call that answers in one piece.
macro_rules! describe_whole {
    ($client:expr, $select:expr, $call:ident, $ids:ident, $filters:ident, $items:ident) => {{
        let client = $client.safe.clone();
        let (ids, filters) = $crate::calls::client::selection($select);
        let call: $crate::calls::Call<'_, _> = Box::pin(async move {
            let sent = client.$call().$ids(ids).$filters(filters).send();
            Ok($crate::calls::client::answer(sent).await?.$items.unwrap_or_default())
        });
        call
    }};
}
pub(crate) use describe_whole;

/// How a type lists its objects: the call, where its answer has them, and what one of them is in the list. The
/// plain form takes the identifier that the object has, and its tags. `whole` is for calls that answer in one
/// piece; brackets hold what else the call is told.
macro_rules! lists {
    ($call:ident, $items:ident, $id:ident) => {
        $crate::calls::client::lists!($call [], $items, |found| $crate::calls::client::tagged(found.$id, found.tags));
    };
    ($call:ident [$($set:ident($value:expr)),*], $items:ident, $of:expr) => {
        fn list(
            context: &std::sync::Arc<$crate::context::Context>,
            after: Option<String>,
        ) -> Option<$crate::listing::Listing<'_>> {
            Some(Box::pin(async move {
                let ec2 = $crate::calls::Ec2Context::ec2(&**context);
                let call = ec2.safe.$call()$(.$set($value))*.set_next_token(after);
                let answered = $crate::calls::client::answer(call.send()).await?;
                let objects = answered.$items.unwrap_or_default().into_iter().flat_map($of);
                Ok($crate::listing::page(objects, answered.next_token))
            }))
        }
    };
    (whole $call:ident, $items:ident, $of:expr) => {
        fn list(
            context: &std::sync::Arc<$crate::context::Context>,
            _: Option<String>,
        ) -> Option<$crate::listing::Listing<'_>> {
            Some(Box::pin(async move {
                let ec2 = $crate::calls::Ec2Context::ec2(&**context);
                let answered = $crate::calls::client::answer(ec2.safe.$call().send()).await?;
                let objects = answered.$items.unwrap_or_default().into_iter().flat_map($of);
                Ok($crate::listing::page(objects, None))
            }))
        }
    };
}
pub(crate) use lists;

/// An object in a list.
pub(crate) fn tagged(id: Option<String>, tags: Option<Vec<types::Tag>>) -> Option<Listed> {
    listing::listed(id, tags_of(tags))
}

/// The two ways to select objects, as the SDK takes them: identifiers and filters.
pub(crate) fn selection(select: Select) -> (Option<Vec<String>>, Option<Vec<types::Filter>>) {
    match select {
        Select::Ids(ids) => (Some(ids), None),
        Select::Filters(filters) => (None, filters_of(filters)),
    }
}

/// Filters as the SDK takes them; none at all when there are none.
pub(crate) fn filters_of(filters: Vec<Filter>) -> Option<Vec<types::Filter>> {
    (!filters.is_empty()).then(|| {
        filters
            .into_iter()
            .map(|filter| types::Filter::builder().name(filter.name).set_values(Some(filter.values)).build())
            .collect()
    })
}

/// Tags as a create call takes them.
pub(crate) fn tag_specification(
    kind: types::ResourceType,
    tags: &Tags,
) -> Option<Vec<types::TagSpecification>> {
    (!tags.is_empty()).then(|| {
        vec![types::TagSpecification::builder().resource_type(kind).set_tags(Some(sdk_tags(tags))).build()]
    })
}

/// Tags as the SDK takes them.
pub(crate) fn sdk_tags(tags: &Tags) -> Vec<types::Tag> {
    tags.iter().map(|(key, value)| types::Tag::builder().key(key).value(value).build()).collect()
}

/// Tags as the SDK gives them.
pub(crate) fn tags_of(tags: Option<Vec<types::Tag>>) -> Tags {
    tags.unwrap_or_default()
        .into_iter()
        .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
        .collect()
}

/// A flag as a modify call takes it.
pub(crate) fn flag(value: bool) -> types::AttributeBooleanValue {
    types::AttributeBooleanValue::builder().value(value).build()
}
