//! Which objects of the cloud are remembered already.
//!
//! A search for what a doubtful create made may go by a natural key, and then finds any object that has
//! it: the one that was put aside for the new one, or that of another instance. To take such an object
//! for the new one would have it remembered twice, and destroyed by the step that removes the old one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_model::{InstanceAddress, Value};
use evenkeel_state::{DeposedKey, Instance, Intent, Object, OutcomeKind, ProviderConfigAddress, State};

use crate::command::CallResult;

/// A place in the state: the current object of an instance, or a deposed one.
type Place = (InstanceAddress, Option<DeposedKey>);

/// The objects that are remembered, of the resource types that matter.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identities(BTreeMap<Place, Identity>);

/// What tells an object from others of its type.
#[derive(Clone, Debug)]
struct Identity {
    provider: ProviderConfigAddress,
    id: String,
    /// Some identifiers are unique in a part of the cloud only; this one is so everywhere.
    arn: Option<String>,
}

impl Identities {
    /// Those of the state that are of one of these types; `moves` says which addresses are others now.
    pub(crate) fn of(
        state: &State,
        kinds: &BTreeSet<Arc<str>>,
        moves: &BTreeMap<&InstanceAddress, &InstanceAddress>,
    ) -> Self {
        let instances = state.instances.iter().filter(|(address, _)| kinds.contains(&address.resource.kind));
        let moved = instances.map(|(was, instance)| (moves.get(was).copied().unwrap_or(was), instance));
        Self(moved.flat_map(|(address, instance)| of_instance(address, instance)).collect())
    }

    /// Takes in what became of a call.
    pub(crate) fn record(&mut self, intent: &Intent, outcome: &OutcomeKind) {
        let place = (intent.address.clone(), intent.deposed);
        match outcome {
            OutcomeKind::Present(object) => {
                if let Some(key) = intent.depose_current_as
                    && let Some(former) = self.0.remove(&place)
                {
                    self.0.insert((intent.address.clone(), Some(key)), former);
                }
                self.0.extend(Identity::of(object).map(|identity| (place, identity)));
            }
            OutcomeKind::Absent => drop(self.0.remove(&place)),
            OutcomeKind::NotCreated { .. } | OutcomeKind::Unchanged => {}
        }
    }

    /// The answer to the search for what `intent` made, unless that is an object that was there before:
    /// then nothing was found.
    pub(crate) fn sift(&self, intent: &Intent, result: CallResult) -> CallResult {
        match result {
            CallResult::Find(Ok(Some(found))) if self.holds(intent, &found) => CallResult::Find(Ok(None)),
            result => result,
        }
    }

    /// Whether an object is remembered. Those of the same instance count whichever provider block they
    /// belong to; those of others with the same block only, as a name may be taken once in every region.
    fn holds(&self, intent: &Intent, found: &Value) -> bool {
        let Some(id) = found.get_str("id") else { return false };
        let arn = found.get_str("arn");
        self.0.iter().any(|((address, _), identity)| {
            let comparable = *address == intent.address
                || (address.resource.kind == intent.address.resource.kind
                    && identity.provider == intent.provider);
            comparable && identity.id == id && identity.arn.as_deref() == arn
        })
    }
}

impl Identity {
    fn of(object: &Object) -> Option<Self> {
        let id = object.id()?.to_owned();
        let arn = object.attributes.get("arn").and_then(serde_json::Value::as_str).map(str::to_owned);
        Some(Self { provider: object.provider.clone(), id, arn })
    }
}

fn of_instance<'a>(
    address: &'a InstanceAddress,
    instance: &'a Instance,
) -> impl Iterator<Item = (Place, Identity)> + 'a {
    let current = instance.current.iter().map(|object| (None, object));
    let deposed = instance.deposed.iter().map(|(key, object)| (Some(*key), object));
    let objects = current.chain(deposed);
    objects.filter_map(|(key, object)| Some(((address.clone(), key), Identity::of(object)?)))
}

#[cfg(test)]
mod tests {
    use evenkeel_model::{ProviderAddress, ResourceAddress};
    use evenkeel_state::{Action, ObjectStatus, RunId, StepId, Token};
    use serde_json::json;

    use super::*;

    fn address(name: &str) -> InstanceAddress {
        ResourceAddress::managed("a_net", name).instance(None)
    }

    fn block(alias: Option<&str>) -> ProviderConfigAddress {
        let provider = ProviderAddress::implied("a");
        ProviderConfigAddress { module: Vec::new(), provider, alias: alias.map(Arc::from) }
    }

    fn intent(name: &str) -> Intent {
        Intent {
            run: RunId(1),
            step: StepId(0),
            address: address(name),
            deposed: None,
            action: Action::Create,
            depose_current_as: None,
            token: Token("token".into()),
            provider: block(None),
            schema_version: 0,
            planned: Arc::default(),
            dependencies: Vec::new(),
            create_before_destroy: false,
            provisioned: false,
        }
    }

    /// A state with one object, of the instance `old`.
    fn state(alias: Option<&str>, attributes: serde_json::Value) -> State {
        let object = Object {
            status: ObjectStatus::Ready,
            provider: block(alias),
            schema_version: 0,
            attributes: attributes.into(),
            dependencies: Vec::new(),
            create_before_destroy: false,
            token: None,
            private: None,
        };
        let mut state = State::default();
        state.instances.entry(address("old")).or_default().current = Some(object);
        state
    }

    fn remembered(alias: Option<&str>, attributes: serde_json::Value) -> Identities {
        let kinds = BTreeSet::from(["a_net".into()]);
        Identities::of(&state(alias, attributes), &kinds, &BTreeMap::new())
    }

    fn net(arn: &str) -> Value {
        Value::object([("id", Value::string("n")), ("arn", Value::string(arn))])
    }

    #[test]
    fn what_another_instance_has_is_not_new() {
        assert!(remembered(None, json!({"id": "n", "arn": "x"})).holds(&intent("new"), &net("x")));
    }

    #[test]
    fn the_same_name_in_another_region_is_another_object() {
        let elsewhere = remembered(Some("second"), json!({"id": "n", "arn": "x"}));
        assert!(!elsewhere.holds(&intent("new"), &net("x")));
        // The instance's own object is the same one, whatever its provider block is called now.
        assert!(elsewhere.holds(&intent("old"), &net("x")));
    }

    #[test]
    fn an_identifier_need_not_be_unique() {
        assert!(!remembered(None, json!({"id": "n", "arn": "x"})).holds(&intent("new"), &net("y")));
    }

    #[test]
    fn what_was_moved_is_of_the_new_instance() {
        let state = state(Some("second"), json!({"id": "n", "arn": "x"}));
        let (old, new) = (address("old"), address("new"));
        let kinds = BTreeSet::from(["a_net".into()]);
        let identities = Identities::of(&state, &kinds, &BTreeMap::from([(&old, &new)]));
        assert!(identities.holds(&intent("new"), &net("x")));
        assert!(!identities.holds(&intent("old"), &net("x")));
    }
}
