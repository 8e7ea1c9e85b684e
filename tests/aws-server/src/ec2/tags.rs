//! Tags of anything.

use super::kinds::{self, Kind};
use super::{Actions, Answer, Call, done};
use crate::fail::Fail;
use crate::node::Node;
use crate::params::View;
use crate::region::Tags;
use crate::settings::matches;
use crate::xml;

pub(super) static ACTIONS: Actions =
    &[("CreateTags", create_tags), ("DeleteTags", delete_tags), ("DescribeTags", describe_tags)];

const TAGS_MAX: usize = 50;

/// The tags that a request has for a kind of object.
pub(super) fn specified(p: &View<'_>, kind: &Kind) -> Result<Tags, Fail> {
    let mut tags = Tags::new();
    for specification in p.views("TagSpecification") {
        if specification.need("ResourceType")? == kind.name {
            tags.extend(read(&specification)?);
        }
    }
    check(&tags)?;
    Ok(tags)
}

fn read(view: &View<'_>) -> Result<Tags, Fail> {
    let tags = view.views("Tag").into_iter();
    tags.map(|tag| Ok((tag.need("Key")?.to_owned(), tag.get("Value").unwrap_or_default().to_owned())))
        .collect()
}

fn check(tags: &Tags) -> Result<(), Fail> {
    if let Some(key) = tags.keys().find(|key| key.to_lowercase().starts_with("aws:")) {
        let message = format!("Tag keys starting with 'aws:' are reserved for internal use: {key}");
        return Err(Fail::value(message));
    }
    if let Some((key, _)) =
        tags.iter().find(|(key, value)| key.chars().count() > 128 || value.chars().count() > 256)
    {
        return Err(Fail::value(format!("Tag key or value exceeds the maximum length: {key}")));
    }
    match tags.len() > TAGS_MAX {
        true => Err(Fail::new("TagLimitExceeded", format!("The maximum number of tags is {TAGS_MAX}."))),
        false => Ok(()),
    }
}

/// The objects that a request names; all of them have to be there.
fn tagged(call: &mut Call<'_>) -> Result<Vec<(&'static Kind, String)>, Fail> {
    let ids = call.p.list("ResourceId");
    if ids.is_empty() {
        return Err(Fail::missing("resourceIdSet"));
    }
    ids.into_iter()
        .map(|id| {
            let unknown = || Fail::new("InvalidID", format!("The ID '{id}' is not valid"));
            let kind = kinds::kind_of(id).ok_or_else(unknown)?;
            call.region.find(kind, id)?;
            Ok((kind, id.to_owned()))
        })
        .collect()
}

fn create_tags(call: &mut Call<'_>) -> Answer {
    let new = read(&call.p)?;
    if new.is_empty() {
        return Err(Fail::missing("tagSet"));
    }
    let objects = tagged(call)?;
    for (kind, id) in &objects {
        let old = call.region.peek(kind, id).map(|object| object.tags.clone()).unwrap_or_default();
        check(&old.into_iter().chain(new.clone()).collect())?;
    }
    for (kind, id) in objects {
        call.region.change(kind, &id, |object| object.tags.extend(new.clone()));
    }
    done()
}

fn delete_tags(call: &mut Call<'_>) -> Answer {
    let gone: Vec<(&str, Option<&str>)> = call
        .p
        .views("Tag")
        .iter()
        .map(|tag| Ok((tag.need("Key")?, tag.get("Value"))))
        .collect::<Result<_, Fail>>()?;
    for (kind, id) in tagged(call)? {
        call.region.change(kind, &id, |object| {
            let is_gone = |key: &str, value: &str| {
                gone.iter().any(|(name, only)| *name == key && only.is_none_or(|only| only == value))
            };
            object.tags.retain(|key, value| !is_gone(key, value));
        });
    }
    done()
}

fn describe_tags(call: &mut Call<'_>) -> Answer {
    let filters: Vec<(&str, Vec<&str>)> = call
        .p
        .views("Filter")
        .iter()
        .map(|view| Ok((view.need("Name")?, view.list("Value"))))
        .collect::<Result<_, Fail>>()?;
    let after = call.p.get("NextToken").unwrap_or_default();
    let size = call.p.int("MaxResults")?.unwrap_or(1_000).clamp(5, 1_000);
    let mut items: Vec<(String, Node)> = Vec::new();
    for object in call.region.everything() {
        for (key, value) in &object.tags {
            let name = object.kind.name;
            let fits = filters.iter().all(|(filter, values)| {
                let found = match *filter {
                    "key" => key,
                    "value" => value,
                    "resource-id" => &object.id,
                    "resource-type" => name,
                    _ => return false,
                };
                values.iter().any(|value| matches(value, found))
            });
            if fits {
                let item = xml! { resourceId: &object.id, resourceType: name, key: key, value: value };
                items.push((format!("{}~{key}", object.id), item));
            }
        }
    }
    items.sort_by(|a, b| a.0.cmp(&b.0));
    items.retain(|(at, _)| at.as_str() > after);
    let size = usize::try_from(size).unwrap_or(1_000);
    let token = (items.len() > size).then(|| items.get(size - 1).map(|(at, _)| at.clone())).flatten();
    items.truncate(size);
    let mut answer = Node::map([("tagSet", Node::List(items.into_iter().map(|(_, item)| item).collect()))]);
    answer.set("nextToken", token);
    Ok(answer)
}
