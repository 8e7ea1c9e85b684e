//! The objects of all buckets, a page of one bucket at a time.
//!
//! Where a page ended is a bucket and, within it, where its list ended; the page of buckets that it stands in is
//! asked for again, which costs one call in a thousand objects.

use evenkeel_provider::{ListPage, Listed};

use super::buckets;
use crate::client::S3Context;
use crate::context::Context;
use crate::errors::{Failure, answer};
use crate::listing::page;

/// Between the parts of where a page ended. Nothing of it is in a name of a bucket or in a token.
const SEPARATOR: char = '\n';

/// Where a page of objects ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Place {
    /// Where the page of buckets before this one ended.
    page: Option<String>,
    /// The bucket; the first one of its page where nothing is said.
    bucket: Option<String>,
    /// Where its list ended.
    within: Option<String>,
}

impl Place {
    fn parse(text: &str) -> Self {
        let mut parts =
            text.splitn(3, SEPARATOR).map(|part| Some(part.to_owned()).filter(|part| !part.is_empty()));
        let mut next = || parts.next().flatten();
        Self { page: next(), bucket: next(), within: next() }
    }

    fn text(&self) -> String {
        let parts = [&self.page, &self.bucket, &self.within];
        parts.map(|part| part.as_deref().unwrap_or_default()).join(&SEPARATOR.to_string())
    }
}

/// A page of objects.
pub(super) async fn page_of_all(context: &Context, after: Option<String>) -> Result<ListPage, Failure> {
    let place = after.as_deref().map(Place::parse).unwrap_or_default();
    let found = buckets(context, place.page.clone()).await?;
    let from = found.objects.iter().position(|bucket| Some(&bucket.id) == place.bucket.as_ref());
    let mut rest = found.objects.iter().skip(from.unwrap_or_default());
    let Some(bucket) = rest.next() else { return Ok(ListPage::default()) };
    let (objects, within) = objects_in(context, &bucket.id, place.within.clone()).await?;
    let next = match (within, rest.next(), found.next) {
        (Some(within), ..) => Some(Place { bucket: Some(bucket.id.clone()), within: Some(within), ..place }),
        (None, Some(next), _) => Some(Place { bucket: Some(next.id.clone()), within: None, ..place }),
        (None, None, Some(page)) => Some(Place { page: Some(page), ..Place::default() }),
        (None, None, None) => None,
    };
    Ok(page(objects, next.map(|place| place.text())))
}

/// A page of a bucket's objects; none of a bucket that went away.
async fn objects_in(
    context: &Context,
    bucket: &str,
    after: Option<String>,
) -> Result<(Vec<Listed>, Option<String>), Failure> {
    let call = context.s3().list_objects_v2().bucket(bucket).set_continuation_token(after);
    let answered = match answer(call.send()).await {
        Err(failure) if failure.is_gone() => return Ok((Vec::new(), None)),
        answered => answered?,
    };
    let keys = answered.contents.unwrap_or_default().into_iter().filter_map(|object| object.key);
    let listed = |key: String| Listed { id: format!("{bucket}/{key}"), name: Some(key), ..Listed::default() };
    let next = answered.next_continuation_token.filter(|next| !next.is_empty());
    Ok((keys.map(listed).collect(), next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_page_ended_is_read_as_it_was_written() {
        let place = Place { page: None, bucket: Some("logs".into()), within: Some("a/b=".into()) };
        assert_eq!(Place::parse(&place.text()), place);
        assert_eq!(Place::parse(""), Place::default());
    }
}
