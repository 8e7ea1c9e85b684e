//! Describing objects: identifiers, filters, tags and pages, the same for every kind.

use super::kinds::{self, Kind};
use super::{Answer, Call, instance, security};
use crate::fail::Fail;
use crate::node::Node;
use crate::params::View;
use crate::region::{Object, Region};
use crate::settings::matches;
use crate::xml;

const IDS_MAX: usize = 1_000;
const FILTER_VALUES_MAX: usize = 200;
const PAGE_MIN: i64 = 5;

/// A condition on objects.
pub(super) struct Filter<'a> {
    what: What<'a>,
    values: Vec<&'a str>,
}

enum What<'a> {
    Tag(&'a str),
    TagKey,
    Path(&'static str),
}

/// One page of what is asked for.
pub(super) fn describe(call: &mut Call<'_>, kind: &'static Kind) -> Answer {
    let page = Page::read(&call.p, kind)?;
    let ids = call.p.list(kind.ids);
    extras(call, kind)?;
    if ids.len() > IDS_MAX {
        let message = format!("The maximum number of {} that can be named in a call is {IDS_MAX}.", kind.ids);
        return Err(Fail::value(message));
    }
    if !ids.is_empty() && page.asked {
        let message = format!("The parameter {}sSet cannot be used with the parameter maxResults", kind.name);
        return Err(Fail::combination(message));
    }
    let filters = filters(&call.p, kind)?;
    let candidates = candidates(call.region, kind, &ids, &filters);
    let mut found = Vec::new();
    let mut more = false;
    for id in candidates.iter().filter(|id| page.after.as_ref().is_none_or(|after| *id > after)) {
        let is_meant =
            call.region.peek(kind, id).is_some_and(|object| fits(object, &filters) && special(call, object));
        if !ids.is_empty() && !call.region.sees(kind, id) {
            return Err(kind.missing(id));
        }
        if !is_meant || (ids.is_empty() && !call.region.sees(kind, id)) {
            continue;
        }
        more = found.len() == page.size;
        if more {
            break;
        }
        found.push(id.clone());
    }
    let token = found.last().filter(|_| more).map(|id| format!("{}~{id}", kind.name));
    let objects = found.iter().filter_map(|id| call.region.peek(kind, id));
    let items = objects.map(|object| shown(call.region, object)).collect();
    let items = if kind.name == "instance" { instance::reservations(items) } else { items };
    let mut answer = Node::map([(kind.set, Node::List(items))]);
    answer.set("nextToken", token);
    Ok(answer)
}

struct Page {
    size: usize,
    asked: bool,
    after: Option<String>,
}

impl Page {
    fn read(p: &View<'_>, kind: &Kind) -> Result<Self, Fail> {
        let asked = p.int("MaxResults")?;
        let most = i64::try_from(kind.page_max).unwrap_or(i64::MAX);
        if let Some(size) = asked.filter(|size| !(PAGE_MIN..=most).contains(size)) {
            let message = format!(
                "Value ( {size} ) for parameter maxResults is invalid. Expecting a value between {PAGE_MIN} and {most}."
            );
            return Err(Fail::value(message));
        }
        let after = p.get("NextToken").map(|token| match token.split_once('~') {
            Some((name, id)) if name == kind.name => Ok(id.to_owned()),
            _ => Err(Fail::new("InvalidPaginationToken", "The specified pagination token is not valid.")),
        });
        let size = asked.and_then(|size| usize::try_from(size).ok()).unwrap_or(kind.page_max);
        Ok(Self { size, asked: asked.is_some(), after: after.transpose()? })
    }
}

/// The filters of a call.
pub(super) fn filters<'a>(p: &View<'a>, kind: &'static Kind) -> Result<Vec<Filter<'a>>, Fail> {
    let read = |view: View<'a>| {
        let name = view.need("Name")?;
        let values = view.list("Value");
        if values.len() > FILTER_VALUES_MAX {
            let message = "The maximum number of filter values specified on a single call is 200";
            return Err(Fail::new("FilterLimitExceeded", message));
        }
        let path = kind.filters.iter().find(|(known, _)| *known == name);
        let what = match (name.strip_prefix("tag:"), path) {
            (Some(key), _) => What::Tag(key),
            (None, Some((_, path))) => What::Path(path),
            (None, None) if name == "tag-key" => What::TagKey,
            (None, None) => return Err(Fail::value(format!("The filter '{name}' is invalid"))),
        };
        Ok(Filter { what, values })
    };
    p.views("Filter").into_iter().map(read).collect()
}

/// Those that may be meant, in order: by identifier where any are given, or by the index.
fn candidates(region: &Region, kind: &'static Kind, ids: &[&str], filters: &[Filter<'_>]) -> Vec<String> {
    let mut found: Vec<String> = if !ids.is_empty() {
        ids.iter().map(|id| (*id).to_owned()).collect()
    } else if let Some(values) = filters.iter().find_map(|filter| literal_ids(filter)) {
        let own = values.iter().filter(|id| region.peek(kind, id).is_some()).map(|id| (*id).to_owned());
        let naming = values.iter().flat_map(|id| region.ids_naming(kind, id));
        own.chain(naming).collect()
    } else {
        return region.all(kind).map(|object| object.id.clone()).collect();
    };
    found.sort();
    found.dedup();
    found
}

/// The values of a filter if all of them are identifiers without wildcards.
fn literal_ids<'a>(filter: &Filter<'a>) -> Option<Vec<&'a str>> {
    let is_id = |value: &&str| !value.contains(['*', '?']) && kinds::kind_of(value).is_some();
    let by_path = matches!(filter.what, What::Path(_));
    (by_path && !filter.values.is_empty() && filter.values.iter().all(is_id)).then(|| filter.values.clone())
}

/// Whether an object passes all filters.
pub(super) fn fits(object: &Object, filters: &[Filter<'_>]) -> bool {
    filters.iter().all(|filter| {
        let any = |found: &str| filter.values.iter().any(|value| matches(value, found));
        match filter.what {
            What::Tag(key) => object.tags.get(key).is_some_and(|value| any(value)),
            What::TagKey => object.tags.keys().any(|key| any(key)),
            What::Path(path) => {
                let mut found = Vec::new();
                object.body.texts(path, &mut found);
                found.into_iter().any(any)
            }
        }
    })
}

/// Parameters that only some descriptions have.
fn extras(call: &mut Call<'_>, kind: &Kind) -> Result<(), Fail> {
    match kind.name {
        "image" => ["IncludeDeprecated", "IncludeDisabled"].iter().for_each(|name| {
            call.p.get(name);
        }),
        "key-pair" => {
            call.p.get("IncludePublicKey");
            for name in call.p.list("KeyName") {
                if !call.region.all(&kinds::KEY).any(|key| key.body.text("keyName") == name) {
                    return Err(Fail::new(
                        "InvalidKeyPair.NotFound",
                        format!("The key pair '{name}' does not exist"),
                    ));
                }
            }
        }
        "instance" | "volume" | "network-interface" => {
            call.p.get("IncludeManagedResources");
        }
        _ => {}
    }
    Ok(())
}

/// Conditions that only some descriptions have.
fn special(call: &Call<'_>, object: &Object) -> bool {
    let one_of = |parameter: &str, path: &[&str]| {
        let wanted = call.p.list(parameter);
        wanted.is_empty() || path.iter().any(|path| wanted.contains(&object.body.text(path)))
    };
    match object.kind.name {
        "image" => {
            let own = call.p.list("Owner").contains(&"self")
                && object.body.text("imageOwnerId") == call.region.account;
            call.p.list("ExecutableBy");
            own || one_of("Owner", &["imageOwnerId", "imageOwnerAlias"])
        }
        "key-pair" => one_of("KeyName", &["keyName"]),
        "security-group" => one_of("GroupName", &["groupName"]),
        "elastic-ip" => one_of("PublicIp", &["publicIp"]),
        _ => true,
    }
}

/// An object as its description has it.
pub(super) fn shown(region: &Region, object: &Object) -> Node {
    let mut node = object.body.clone();
    match object.kind.name {
        "instance" => instance::complete(region, object, &mut node),
        "security-group" => security::complete(region, object, &mut node),
        _ => {}
    }
    if !object.tags.is_empty() {
        node.set("tagSet", tag_set(object));
    }
    node
}

/// The tags of an object.
pub(super) fn tag_set(object: &Object) -> Vec<Node> {
    object.tags.iter().map(|(key, value)| xml! { key: key, value: value }).collect()
}
