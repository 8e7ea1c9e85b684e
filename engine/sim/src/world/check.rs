//! The invariants, looked at after every step.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_apply::Call;
use evenkeel_model::{InstanceAddress, Value};
use evenkeel_plan::Mode;
use evenkeel_state::{Action, Object, StepId};

use super::World;
use crate::cloud::SimObject;
use crate::cloud::spec::{Kind, LEASE, echo};
use crate::git::Commit;
use crate::git::expand::{Expected, Want};

impl World {
    /// Everything that must hold at any time.
    pub(super) fn check(&mut self) {
        if self.violation.is_some() {
            return;
        }
        if let Some(first) = self.cloud.violations.first() {
            return self.violate("order", first.clone());
        }
        // What these look at changes with a line of the journal, or with an object that comes or goes.
        let now = (self.store.journal.len(), self.cloud.turnover);
        if std::mem::replace(&mut self.checked, now) == now {
            return;
        }
        if let Some(detail) = self.orphan() {
            return self.violate("orphan", detail);
        }
        if let Some(detail) = self.duplicate() {
            return self.violate("duplicate", detail);
        }
        if let Some(detail) = self.unprovisioned() {
            return self.violate("provisioners", detail);
        }
        if let Some(detail) = self.journal_fault() {
            self.violate("journal", detail);
        }
    }

    /// What only an ephemeral resource gives is handed over where it is wanted, and kept nowhere.
    pub(super) fn check_key(&mut self, call: &Call) {
        let (config, planned) = match call {
            Call::Create(request) => (&request.config, &request.planned),
            Call::Update(request) => (&request.config, &request.planned),
            Call::Delete(_) | Call::ReadData(_) | Call::Find(_) | Call::Observe(_) => return,
        };
        let address = call.address();
        let resource = &address.resource;
        let wanted = Kind::of(&resource.kind) == Some(Kind::Rule) && &*resource.name == "this";
        let key = config.get_str("key").unwrap_or_default();
        if wanted && key.strip_prefix(LEASE).is_none_or(str::is_empty) {
            self.violate("ephemeral", format!("{address} is made with the key {key:?}"));
        }
        if planned.get("key").is_some_and(|key| !key.is_null()) {
            self.violate("ephemeral", format!("the key of {address} would be kept"));
        }
    }

    /// An object that the engine made and that neither state nor a pending intent leads to.
    fn orphan(&self) -> Option<String> {
        let remembered: BTreeSet<&str> = self.remembered().filter_map(|(_, object)| object.id()).collect();
        let intended: BTreeSet<&str> = self
            .store
            .state
            .pending
            .values()
            .filter(|intent| intent.action == Action::Create)
            .map(|intent| &*intent.token.0)
            .collect();
        let lost = |(id, object): &(&Arc<str>, &SimObject)| {
            !remembered.contains(&***id) && !intended.contains(&*object.token)
        };
        let (id, object) = self.cloud.objects.iter().find(lost)?;
        Some(format!("{id}, made for {}, is neither in state nor intended", object.address))
    }

    /// Two objects by one token, two entries of state for one object, two objects that an instance
    /// has at once without one of them being deposed.
    fn duplicate(&self) -> Option<String> {
        let mut tokens = BTreeMap::new();
        for (id, object) in &self.cloud.objects {
            if let Some(other) = tokens.insert(&object.token, id) {
                return Some(format!("{other} and {id} were made by one token, for {}", object.address));
            }
        }
        let mut ids = BTreeMap::new();
        for (address, object) in self.remembered() {
            let Some(id) = object.id() else { continue };
            if let Some(other) = ids.insert(id, address) {
                return Some(format!("{id} is remembered for {other} and for {address}"));
            }
        }
        let mut pending = BTreeMap::new();
        for intent in self.store.state.pending.values().filter(|intent| intent.action == Action::Create) {
            if let Some(other) = pending.insert(&intent.address, intent.run) {
                return Some(format!(
                    "{} is being created by runs {other} and {}",
                    intent.address, intent.run
                ));
            }
        }
        None
    }

    fn remembered(&self) -> impl Iterator<Item = (&InstanceAddress, &Object)> {
        self.store.state.instances.iter().flat_map(|(address, instance)| {
            instance.current.iter().chain(instance.deposed.values()).map(move |object| (address, object))
        })
    }

    fn journal_fault(&mut self) -> Option<String> {
        let serial = self.store.state.serial;
        if serial < self.serial_seen {
            return Some(format!("the serial fell from {} to {serial}", self.serial_seen));
        }
        if serial == self.serial_seen {
            return None;
        }
        self.serial_seen = serial;
        if !self.store.is_fenced() {
            return Some("entries were written under a lease that was taken over".to_owned());
        }
        // The whole journal is folded again now and then; at every step it would cost too much.
        if serial.0.is_multiple_of(16) && self.store.replayed() != self.store.state {
            return Some("state is not what the journal folds to".to_owned());
        }
        None
    }

    /// No call without its durable intent.
    pub(super) fn check_intended(&mut self, call: &Call, step: StepId) {
        if !call.is_change() {
            return;
        }
        let intended = self.store.state.pending.iter().any(|((_, other), intent)| {
            *other == step
                && intent.address == *call.address()
                && call.token().is_none_or(|token| *intent.token.0 == **token)
        });
        if !intended {
            let detail = format!("{} {} without a durable intent", call.name(), call.address());
            self.violate("intent", detail);
        }
    }

    /// A plan had nothing to do: in calm, the cloud must then be as configuration says.
    pub(super) fn check_converged(&mut self, commit: &Commit, since: i64, mode: Mode) {
        let settled = self.flights.values().all(|flight| !flight.is_straggling());
        let calm = self.calm_since.is_some_and(|calm| since >= calm) && settled;
        let asked = if self.destroying { Mode::Destroy } else { Mode::Normal };
        if !calm || commit.revision != self.git.head().revision || mode != asked {
            return;
        }
        let expected = if self.destroying { Vec::new() } else { commit.expected.to_vec() };
        match self.difference(&expected) {
            Some(detail) => self.violate("convergence", detail),
            None => self.converged = true,
        }
        if self.converged && self.store.replayed() != self.store.state {
            self.violate("journal", "state is not what the journal folds to".to_owned());
        }
    }

    /// How the cloud differs from what it should hold.
    fn difference(&self, expected: &[Expected]) -> Option<String> {
        if self.cloud.objects.len() != expected.len() {
            let found: Vec<&str> = self.cloud.objects.keys().map(|id| &**id).collect();
            return Some(format!(
                "{} objects instead of {}: {}",
                found.len(),
                expected.len(),
                found.join(", ")
            ));
        }
        if !self.store.state.pending.is_empty() {
            return Some("an intent is left without outcome".to_owned());
        }
        expected.iter().find_map(|expected| self.wrong(expected))
    }

    fn wrong(&self, expected: &Expected) -> Option<String> {
        let address = &expected.address;
        let Some(object) = self.object_of(address) else { return Some(format!("{address} does not exist")) };
        for (name, want) in &expected.attributes {
            let wanted = match want {
                Want::Is(value) => value.clone(),
                Want::IdOf(other) => Value::string(self.id_of(other)?),
                Want::Tags(tags, other) => {
                    let echo = ("echo".to_owned(), echo(&self.id_of(other)?));
                    let tags = tags.clone().into_iter().chain([echo]);
                    Value::map(
                        evenkeel_model::Type::String,
                        tags.map(|(key, text)| (key, Value::string(text))),
                    )
                }
            };
            let found = object.value.get(name);
            if found != Some(&wanted) {
                return Some(format!("{address}: {name} is {found:?} instead of {wanted:?}"));
            }
        }
        None
    }

    fn id_of(&self, address: &InstanceAddress) -> Option<String> {
        let object = self.store.state.instances.get(address)?.current.as_ref()?;
        object.id().map(str::to_owned)
    }

    fn object_of(&self, address: &InstanceAddress) -> Option<&SimObject> {
        self.cloud.objects.get(self.id_of(address)?.as_str())
    }
}
