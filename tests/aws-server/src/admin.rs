//! The admin door: what tests see and change without the API. JSON in, JSON out, below `/_admin/`.
//!
//! - `GET settings`, `PUT settings` (all), `PATCH settings` (what is given)
//! - `POST reset` (with settings or nothing), `POST advance` `{"ms": 1000}`
//! - `GET calls`, `DELETE calls`
//! - `GET objects?kind=instance&region=us-east-1&id=i-0...`, `GET summary`, `GET duplicates`
//! - `POST change` `{"id", "set": {path: value}, "hidden": {path: value}, "tags": {key: value or null}}`
//! - `POST remove` `{"id"}` (an object of EC2, or the name of a bucket)
//! - `POST run` `{"region", "calls": [{"action", "parameters": {...}}]}`: EC2 calls that no gate sees

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::ec2::{self, kinds};
use crate::fail::Fail;
use crate::http::{Request, Response};
use crate::node::Node;
use crate::params::Params;
use crate::region::{Object, Region};
use crate::settings::Settings;
use crate::world::{ACCOUNT, World};

type Answer = Result<Json, Fail>;

/// Answers a request at the door.
pub fn handle(world: &mut World, door: &str, request: &Request) -> Response {
    let body = match request.body.is_empty() {
        true => Ok(Json::Null),
        false => serde_json::from_slice(&request.body).map_err(|error| Fail::value(error.to_string())),
    };
    let query: BTreeMap<String, String> =
        form_urlencoded::parse(request.query.as_bytes()).into_owned().collect();
    let answer = body.and_then(|body| act(world, door, request, body, &query));
    let (status, json) = match answer {
        Ok(json) => (200, json),
        Err(fail) => (fail.status, json!({ "error": fail.to_string() })),
    };
    let headers = BTreeMap::from([("content-type".to_owned(), "application/json".to_owned())]);
    Response { status, headers, body: json.to_string().into_bytes() }
}

fn act(
    world: &mut World,
    door: &str,
    request: &Request,
    body: Json,
    query: &BTreeMap<String, String>,
) -> Answer {
    match (request.method.as_str(), door) {
        ("GET", "health") => Ok(json!("ok")),
        ("GET", "settings") => to_json(&world.settings),
        ("PUT", "settings") => set(world, body),
        ("PATCH", "settings") => patch(world, body),
        ("POST", "reset") => {
            *world = World::new(if body.is_null() { world.settings.clone() } else { settings(body)? });
            Ok(Json::Null)
        }
        ("POST", "advance") => {
            world.pass(body.get("ms").and_then(Json::as_u64).unwrap_or_default());
            Ok(json!({ "now_ms": world.now_ms() }))
        }
        ("GET", "calls") => calls(world),
        ("DELETE", "calls") => {
            world.gate.forget();
            Ok(Json::Null)
        }
        ("GET", "objects") => Ok(objects(world, query)),
        ("GET", "summary") => Ok(summary(world)),
        ("GET", "duplicates") => Ok(duplicates(world)),
        ("POST", "change") => change(world, &body),
        ("POST", "remove") => remove(world, &body),
        ("POST", "run") => run(world, &body),
        (method, door) => Err(Fail::value(format!("there is no {method} {door}")).with_status(404)),
    }
}

fn to_json(value: &impl serde::Serialize) -> Answer {
    serde_json::to_value(value).map_err(|error| Fail::value(error.to_string()))
}

fn settings(body: Json) -> Result<Settings, Fail> {
    serde_json::from_value(body).map_err(|error| Fail::value(error.to_string()))
}

fn set(world: &mut World, body: Json) -> Answer {
    // The time goes on from where it is, however it passes from now on.
    let now_ms = world.now_ms();
    world.settings = settings(body)?;
    let ahead = now_ms.saturating_sub(world.now_ms());
    world.pass(ahead);
    to_json(&world.settings)
}

fn patch(world: &mut World, body: Json) -> Answer {
    let mut whole = to_json(&world.settings)?;
    if let (Json::Object(whole), Json::Object(part)) = (&mut whole, body) {
        whole.extend(part);
    }
    set(world, whole)
}

fn calls(world: &World) -> Answer {
    let counts = world.gate.counts();
    let sum = |part: fn(&crate::gate::Count) -> u64| counts.values().map(part).sum::<u64>();
    Ok(json!({
        "total": sum(|count| count.calls),
        "throttled": sum(|count| count.throttled),
        "faults": sum(|count| count.faults),
        "errors": sum(|count| count.errors),
        "actions": to_json(counts)?,
    }))
}

fn object(region: &Region, object: &Object) -> Json {
    json!({
        "account": region.account,
        "region": region.name,
        "kind": object.kind.name,
        "id": object.id,
        "attributes": object.body.to_json(),
        "hidden": object.hidden.to_json(),
        "tags": object.tags,
        "made": !object.made_by.is_empty(),
    })
}

fn objects(world: &mut World, query: &BTreeMap<String, String>) -> Json {
    catch_up(world);
    let meant = |name: &str, value: &str| query.get(name).is_none_or(|wanted| wanted == value);
    let mut found: Vec<Json> = Vec::new();
    for region in world.regions.values().filter(|region| meant("region", &region.name)) {
        let here = region.everything().filter(|o| meant("kind", o.kind.name) && meant("id", &o.id));
        found.extend(here.map(|o| object(region, o)));
    }
    for (name, bucket) in
        world.store.buckets.iter().filter(|(name, _)| meant("kind", "bucket") && meant("id", name))
    {
        let keys: Vec<&String> = bucket.keys.keys().collect();
        let configs: Vec<&String> = bucket.configs.keys().map(|(query, _)| query).collect();
        found.push(json!({ "kind": "bucket", "id": name, "region": bucket.region, "keys": keys, "configs": configs }));
    }
    Json::Array(found)
}

/// How many objects there are that calls made, by kind; what has ended does not count.
fn summary(world: &mut World) -> Json {
    catch_up(world);
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for region in world.regions.values() {
        for object in region.everything().filter(|object| !object.made_by.is_empty() && is_alive(object)) {
            *counts.entry(object.kind.name.to_owned()).or_default() += 1;
        }
    }
    let buckets = world.store.buckets.len() as u64;
    let keys = world.store.buckets.values().map(|bucket| bucket.keys.len() as u64).sum();
    counts.extend(
        [("bucket".to_owned(), buckets), ("object".to_owned(), keys)].into_iter().filter(|(_, n)| *n > 0),
    );
    json!(counts)
}

fn is_alive(object: &Object) -> bool {
    let state = match object.kind.name {
        "instance" => object.body.text("instanceState/name"),
        _ => object.body.text("state"),
    };
    !["terminated", "shutting-down", "deleted", "deleting"].contains(&state)
}

/// Requests that were done more than once, with the objects that they made.
fn duplicates(world: &World) -> Json {
    let twice =
        world.regions.values().flat_map(|region| region.made_by.iter().filter(|(_, calls)| calls.len() > 1));
    twice
        .map(|(request, calls)| json!({ "request": request, "made": calls.values().collect::<Vec<_>>() }))
        .collect()
}

fn catch_up(world: &mut World) {
    let now_ms = world.now_ms();
    world.regions.values_mut().for_each(|region| region.advance(now_ms));
}

fn id_of(body: &Json) -> Result<&str, Fail> {
    body.get("id").and_then(Json::as_str).ok_or_else(|| Fail::missing("id"))
}

fn whereabouts<'a>(world: &'a mut World, id: &str) -> Result<(&'a mut Region, &'static kinds::Kind), Fail> {
    let kind = kinds::kind_of(id).ok_or_else(|| Fail::value(format!("{id} is no identifier")))?;
    let region = world.regions.values_mut().find(|region| region.peek(kind, id).is_some());
    Ok((region.ok_or_else(|| kind.missing(id))?, kind))
}

fn change(world: &mut World, body: &Json) -> Answer {
    let id = id_of(body)?;
    let (region, kind) = whereabouts(world, id)?;
    let entries = |name: &str| body.get(name).and_then(Json::as_object).cloned().unwrap_or_default();
    let apply = |node: &mut Node, entries: Map<String, Json>| {
        entries.iter().for_each(|(path, value)| node.set(path, Node::from_json(value)));
    };
    region.change(kind, id, |object| {
        apply(&mut object.body, entries("set"));
        apply(&mut object.hidden, entries("hidden"));
        for (key, value) in entries("tags") {
            match value.as_str() {
                Some(value) => object.tags.insert(key, value.to_owned()),
                None => object.tags.remove(&key),
            };
        }
    });
    Ok(region.peek(kind, id).map(|changed| object(region, changed)).unwrap_or_default())
}

fn remove(world: &mut World, body: &Json) -> Answer {
    let id = id_of(body)?;
    if world.store.buckets.remove(id).is_some() {
        return Ok(Json::Null);
    }
    let (region, kind) = whereabouts(world, id)?;
    region.remove(kind, id);
    Ok(Json::Null)
}

fn run(world: &mut World, body: &Json) -> Answer {
    let text = |name: &str, usual: &str| body.get(name).and_then(Json::as_str).unwrap_or(usual).to_owned();
    let (account, name) = (text("account", ACCOUNT), text("region", "us-east-1"));
    let region = world.region(&account, &name);
    let calls = body.get("calls").and_then(Json::as_array).cloned().unwrap_or_default();
    let answers = calls.iter().map(|call| {
        let action = call.get("action").and_then(Json::as_str).ok_or_else(|| Fail::missing("action"))?;
        let mut form = form_urlencoded::Serializer::new(String::new());
        for (name, value) in call.get("parameters").and_then(Json::as_object).into_iter().flatten() {
            form.append_pair(name, &value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
        Ok(ec2::handle(region, action, &Params::parse(form.finish().as_bytes()))?.to_json())
    });
    answers.collect::<Result<Vec<_>, Fail>>().map(Json::Array)
}
