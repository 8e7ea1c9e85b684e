//! The simulated cloud: objects, what calls do to them, and what must never be seen to happen.
//!
//! It is stricter than a real one: no call is made idempotent by its token, nothing is deleted
//! while something needs it, and every identifier is used once. It knows no time but what it is
//! told, and does not know about faults: the world decides whether and when an effect happens.

pub mod spec;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_model::{InstanceAddress, Value};
use evenkeel_provider::{
    CreateRequest, DeleteRequest, ErrorKind, FindRequest, ObserveRequest, ProviderError, UpdateRequest,
};

use self::spec::Kind;
use crate::rng::Rng;

/// Who did something to the cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The engine, with the call's answer still awaited.
    Engine,
    /// The engine, by a call that it had given up, or that outlived its process.
    Straggler,
    /// Somebody else.
    Stranger,
}

/// One object.
#[derive(Clone, Debug)]
pub struct SimObject {
    /// Its type.
    pub kind: Kind,
    /// The instance it was made for.
    pub address: InstanceAddress,
    /// Its attributes.
    pub value: Value,
    /// The token of the call that made it.
    pub token: Arc<str>,
    /// When searches begin to show it.
    pub visible_at: i64,
    /// Who last wrote its references.
    pub writer: Actor,
}

/// All objects, and the rules that were broken.
#[derive(Clone, Debug, Default)]
pub struct SimCloud {
    /// Objects by identifier.
    pub objects: BTreeMap<Arc<str>, SimObject>,
    /// Identifiers that went away by other hands than the engine's.
    excused: BTreeSet<Arc<str>>,
    /// What the engine did that it must never do.
    pub violations: Vec<String>,
    /// How often an object came or went.
    pub turnover: u64,
    created: u64,
}

impl SimCloud {
    /// Makes an object.
    pub fn create(
        &mut self,
        request: &CreateRequest,
        actor: Actor,
        visible_at: i64,
    ) -> Result<Value, ProviderError> {
        let kind = known(&request.kind, "creating")?;
        self.check_references(kind, &request.planned, &request.address, actor)?;
        if let Some(name) = request.planned.get_str("name")
            && self.objects.values().any(|object| object.value.get_str("name") == Some(name))
        {
            let detail = format!("the name {name} is taken");
            return Err(ProviderError::new(ErrorKind::Conflict, "creating", detail));
        }
        self.created += 1;
        let id: Arc<str> = format!("{}-{}", kind.name().trim_start_matches("sim_"), self.created).into();
        let value = complete(kind, &id, &request.planned);
        let object = SimObject {
            kind,
            address: request.address.clone(),
            value: value.clone(),
            token: request.token.clone(),
            visible_at,
            writer: actor,
        };
        self.objects.insert(id, object);
        self.turnover += 1;
        Ok(value)
    }

    /// Changes an object; half of what differs when `half` is set.
    pub fn update(
        &mut self,
        request: &UpdateRequest,
        actor: Actor,
        half: bool,
    ) -> Result<Value, ProviderError> {
        let kind = known(&request.kind, "updating")?;
        self.check_references(kind, &request.planned, &request.address, actor)?;
        let id = identifier(&request.prior, "updating")?;
        let Some(object) = self.objects.get_mut(id) else { return Err(gone("updating")) };
        let mut value = object.value.clone();
        let mut changed = false;
        for (name, planned) in request.planned.as_entries().into_iter().flatten() {
            if planned.is_wholly_known() && value.get(name) != Some(planned) && !(half && changed) {
                value = value.with_attribute(name, planned.clone());
                changed = true;
            }
        }
        object.value = revised(value);
        object.writer = actor;
        Ok(object.value.clone())
    }

    /// Nobody here has to do with an object any more: it goes on to exist for others.
    pub fn hand_over(&mut self, id: &str) {
        self.turnover += 1;
        if let Some((id, _)) = self.objects.remove_entry(id) {
            self.excused.insert(id);
        }
    }

    /// Removes an object; one that is gone already is no error.
    pub fn delete(&mut self, request: &DeleteRequest, actor: Actor) -> Result<(), ProviderError> {
        let id = identifier(&request.prior, "deleting")?;
        if !self.objects.contains_key(id) {
            return Ok(());
        }
        let dependents = self.dependents(id);
        let to_blame = dependents.iter().all(|(_, object)| object.writer == Actor::Engine);
        if let Some(first) = dependents.first().map(|(first, _)| Arc::clone(first)) {
            if actor == Actor::Engine && to_blame {
                let message = format!("{} ({id}) was to be deleted while {first} needs it", request.address);
                self.violations.push(message);
            }
            return Err(ProviderError::new(ErrorKind::Conflict, "deleting", format!("{first} uses {id}")));
        }
        self.objects.remove(id);
        self.turnover += 1;
        if actor != Actor::Engine {
            self.excused.insert(id.into());
        }
        Ok(())
    }

    /// The object as it is.
    pub fn observe(&self, request: &ObserveRequest) -> Result<Option<Value>, ProviderError> {
        let id = identifier(&request.prior, "reading")?;
        Ok(self.objects.get(id).map(|object| object.value.clone()))
    }

    /// The object that a create call with the request's token made, once it can be seen: by its
    /// name where the type has one, otherwise by token.
    pub fn find(&self, request: &FindRequest, now: i64) -> Result<Option<Value>, ProviderError> {
        let kind = known(&request.kind, "looking for")?;
        let name = request.planned.get_str("name");
        let found = self.objects.values().find(|object| {
            let same = match kind {
                Kind::Net => name.is_some() && object.value.get_str("name") == name,
                Kind::Pool | Kind::Node | Kind::Rule | Kind::Alias => object.token == request.token,
            };
            same && object.kind == kind && object.visible_at <= now
        });
        Ok(found.map(|object| object.value.clone()))
    }

    /// Somebody changes an attribute of some object. Says which.
    pub fn edit(&mut self, rng: &mut Rng) -> Option<String> {
        let ids: Vec<Arc<str>> = self.objects.keys().cloned().collect();
        let id = rng.pick(&ids)?;
        let text = Value::string(format!("edited-{}", rng.below(1000)));
        let number = Value::number(rng.between(10_000, 20_000));
        let object = self.objects.get_mut(id)?;
        let attribute = *rng.pick(object.kind.editable())?;
        let value = match attribute {
            "port" => number,
            "tags" => Value::map(evenkeel_model::Type::String, [("edited", text)]),
            _ => text,
        };
        object.value = revised(object.value.clone().with_attribute(attribute, value));
        Some(format!("{id}.{attribute}"))
    }

    /// Somebody deletes an object and everything that needs it. Says which.
    pub fn wipe(&mut self, rng: &mut Rng) -> Option<String> {
        let ids: Vec<Arc<str>> = self.objects.keys().cloned().collect();
        Some(self.wipe_one(rng.pick(&ids)?))
    }

    /// Somebody deletes this object and everything that needs it. Says which.
    pub fn wipe_one(&mut self, id: &str) -> String {
        let mut doomed: Vec<Arc<str>> = vec![id.into()];
        let mut names = Vec::new();
        self.turnover += 1;
        while let Some(id) = doomed.pop() {
            doomed.extend(self.dependents(&id).into_iter().map(|(id, _)| id.clone()));
            if self.objects.remove(&id).is_some() {
                names.push(id.to_string());
                self.excused.insert(id);
            }
        }
        names.join(", ")
    }

    fn dependents(&self, id: &str) -> Vec<(&Arc<str>, &SimObject)> {
        let needs = |object: &SimObject| {
            let references = object.kind.references().iter();
            references.clone().any(|(name, enforced)| *enforced && object.value.get_str(name) == Some(id))
        };
        self.objects.iter().filter(|(_, object)| needs(object)).collect()
    }

    fn check_references(
        &mut self,
        kind: Kind,
        planned: &Value,
        address: &InstanceAddress,
        actor: Actor,
    ) -> Result<(), ProviderError> {
        for (name, _) in kind.references() {
            let Some(id) = planned.get_str(name) else { continue };
            if self.objects.contains_key(id) {
                continue;
            }
            if actor == Actor::Engine && !self.excused.contains(id) && name != &"after_id" {
                self.violations.push(format!("{address} was to use {id}, which does not exist"));
            }
            let detail = format!("{name} {id} does not exist");
            return Err(ProviderError::new(ErrorKind::Invalid, "changing", detail));
        }
        Ok(())
    }
}

fn known(kind: &str, operation: &str) -> Result<Kind, ProviderError> {
    Kind::of(kind).ok_or_else(|| ProviderError::new(ErrorKind::Invalid, operation, "no such resource type"))
}

fn identifier<'a>(prior: &'a Value, operation: &str) -> Result<&'a str, ProviderError> {
    prior.get_str("id").ok_or_else(|| ProviderError::new(ErrorKind::Invalid, operation, "no identifier"))
}

fn gone(operation: &str) -> ProviderError {
    ProviderError::new(ErrorKind::Gone, operation, "the object does not exist")
}

/// The planned value with everything decided that was left to the cloud.
fn complete(kind: Kind, id: &str, planned: &Value) -> Value {
    let attributes = planned.as_entries().into_iter().flatten();
    Value::object(attributes.map(|(name, value)| {
        let value = if value.is_wholly_known() { value.clone() } else { spec::computed(kind, id, name) };
        (name.clone(), value)
    }))
}

/// The value with its revision counted up, where it has one.
fn revised(value: Value) -> Value {
    match value.get_i64("revision") {
        Some(revision) => value.with_attribute("revision", Value::number(revision + 1)),
        None => value,
    }
}
