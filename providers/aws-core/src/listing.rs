//! Pages of listings.

use std::future::Future;

use evenkeel_provider::{BoxFuture, ListPage, Listed};
use futures_util::{StreamExt, stream};

use crate::errors::Failure;
use crate::tags::{self, OWNER_KEY, Tags};

/// Calls that look at tags at the same time.
const CALLS_AT_ONCE: usize = 16;

/// A page, later.
pub type Listing<'a> = BoxFuture<'a, Result<ListPage, Failure>>;

/// An object with its tags; nothing where it has no identifier.
pub fn listed(id: Option<String>, tags: Tags) -> Option<Listed> {
    Some(Listed {
        name: tags.get("Name").cloned(),
        token: tags.get(OWNER_KEY).cloned(),
        tags: tags.into_iter().filter(|(key, _)| tags::is_visible(key)).collect(),
        ..Listed::of(id?)
    })
}

/// Objects whose tags have a call each; nothing of one that went away meanwhile.
pub async fn with_tags<F>(objects: Vec<Listed>, tags: impl Fn(String) -> F) -> Result<Vec<Listed>, Failure>
where
    F: Future<Output = Result<Tags, Failure>>,
{
    let looked = stream::iter(objects).map(|object| {
        let tags = tags(object.id.clone());
        async move { (object, tags.await) }
    });
    let looked: Vec<_> = looked.buffered(CALLS_AT_ONCE).collect().await;
    let mut found = Vec::with_capacity(looked.len());
    for (object, tags) in looked {
        match tags {
            Err(failure) if failure.is_gone() => {}
            tags => found.extend(tagged(object, tags?)),
        }
    }
    Ok(found)
}

fn tagged(object: Listed, tags: Tags) -> Option<Listed> {
    let Listed { id, import_id, name, .. } = object;
    let found = listed(Some(id), tags)?;
    Some(Listed { import_id, name: name.or(found.name.clone()), ..found })
}

/// What hangs on each of a page of objects, a call each; nothing where one went away meanwhile.
pub async fn hanging_on<F>(owners: ListPage, parts: impl Fn(String) -> F) -> Result<ListPage, Failure>
where
    F: Future<Output = Result<Vec<Listed>, Failure>>,
{
    let looked = stream::iter(owners.objects).map(|owner| parts(owner.id));
    let looked: Vec<_> = looked.buffered(CALLS_AT_ONCE).collect().await;
    let mut found = Vec::new();
    for parts in looked {
        match parts {
            Err(failure) if failure.is_gone() => {}
            parts => found.extend(parts?),
        }
    }
    Ok(page(found, owners.next))
}

/// An object that its name identifies.
pub fn named(name: Option<String>) -> Option<Listed> {
    let name = name?;
    Some(Listed { name: Some(name.clone()), ..Listed::of(name) })
}

/// An object in a list whose import is given something else than its identifier.
pub fn imported(id: impl Into<String>, import_id: String) -> Listed {
    Listed { import_id: Some(import_id), ..Listed::of(id) }
}

/// A page and where it ended; services say the end with an empty text, too.
pub fn page(objects: impl IntoIterator<Item = Listed>, next: Option<String>) -> ListPage {
    ListPage { objects: objects.into_iter().collect(), next: next.filter(|next| !next.is_empty()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_our_own_are_told_apart_from_tags() {
        let tags = [("Name", "web"), (OWNER_KEY, "t1"), ("aws:stack", "x"), ("Team", "net")];
        let tags = tags.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let found = listed(Some("i-1".into()), tags).expect("it has an identifier");
        assert_eq!((found.name.as_deref(), found.token.as_deref()), (Some("web"), Some("t1")));
        assert_eq!(found.tags.into_keys().collect::<Vec<_>>(), ["Name", "Team"]);
        assert_eq!(listed(None, Tags::new()), None);
    }

    #[test]
    fn an_empty_text_ends_a_listing() {
        assert_eq!(page([], Some(String::new())).next, None);
        assert_eq!(page([], Some("n".into())).next.as_deref(), Some("n"));
    }
}
