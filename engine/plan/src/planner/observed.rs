//! Objects as state remembers them and as they were seen.

use std::sync::Arc;

use evenkeel_lang::config::{Resource, ResourceKey};
use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostic, InstanceAddress, ResourceAddress, SourceRange, Type, Value, json, redact};
use evenkeel_provider::{ResourceSpec, Written, diff};
use evenkeel_state::{DeposedKey, Object, ProviderConfigAddress};

use super::cursor::Cursor;
use super::{Planner, Status};
use crate::graph::{ProviderUse, StaticPath};
use crate::input::{Observed, Question};
use crate::types::{Refreshed, Repetition, ResourceValues};

/// What is known of an object in state.
pub(crate) struct Seen {
    /// As it is remembered, with marks.
    pub(crate) expected: Value,
    /// As it is, with the marks of what is remembered; `None` when it is gone.
    pub(crate) observed: Option<Value>,
    /// Whether it is as it is remembered, apart from marks.
    pub(crate) same: bool,
}

/// What is known of an instance before it is planned.
#[derive(Clone, Copy)]
pub(crate) struct Remembered<'a> {
    /// The object in state.
    pub(crate) object: Option<&'a Object>,
    /// What was answered about it.
    pub(crate) answer: Option<&'a Observed>,
}

impl Planner<'_> {
    /// What an object in state is like now. Without an answer yet the status is pending; the
    /// question itself is asked in [`Planner::remaining_objects`], for all objects at once.
    pub(crate) fn seen(
        &mut self,
        address: &InstanceAddress,
        deposed: Option<DeposedKey>,
        object: &Object,
        answer: Option<&Observed>,
        spec: &dyn ResourceSpec,
        range: Option<SourceRange>,
    ) -> Result<Seen, Status> {
        let answer = match self.is_looked_at(object) {
            true => Some(answer.ok_or(Status::Pending)?),
            false => None,
        };
        let expected = self.decode(address, object, spec, range.clone())?;
        let observed = match answer {
            None => return Ok(Seen { observed: Some(expected.clone()), expected, same: true }),
            Some(Err(error)) => {
                let diagnostic = Diagnostic::error(
                    format!("Reading {address} failed"),
                    redact::message(
                        &format!("{error} The object could not be looked at, so nothing can be planned."),
                        [&expected],
                    ),
                );
                self.diagnostics.push(diagnostic.at(range).about(address));
                return Err(Status::Failed);
            }
            Some(Ok(observed)) => {
                observed.as_ref().map(|value| value.with_marks_of(&expected).with_echoes_marked(&expected))
            }
        };
        let same = observed.as_ref().is_some_and(|observed| diff::same(&expected, observed));
        if !same || object.schema_version != spec.schema().version {
            let object = observed.as_ref().map(|observed| Object {
                attributes: json::encode_as(observed, &self.type_of(spec.schema())).into(),
                schema_version: spec.schema().version,
                ..object.clone()
            });
            let refreshed = Refreshed { address: address.clone(), deposed, object };
            self.refreshed.insert((address.clone(), deposed), refreshed);
        }
        Ok(Seen { expected, observed, same })
    }

    /// Configuration may name other dependencies for an object without changing it: that is written
    /// down, because the order of a later destruction follows what is remembered.
    pub(crate) fn refresh_dependencies(
        &mut self,
        address: &InstanceAddress,
        object: &Object,
        dependencies: &[ResourceAddress],
    ) {
        if object.dependencies == dependencies {
            return;
        }
        match self.refreshed.get_mut(&(address.clone(), None)) {
            Some(Refreshed { object: Some(object), .. }) => object.dependencies = dependencies.to_vec(),
            Some(Refreshed { object: None, .. }) => {}
            None => {
                let object = Object { dependencies: dependencies.to_vec(), ..object.clone() };
                let refreshed = Refreshed { address: address.clone(), deposed: None, object: Some(object) };
                self.refreshed.insert((address.clone(), None), refreshed);
            }
        }
    }

    /// The attributes of an object in state, upgraded to the schema of today.
    pub(crate) fn decode(
        &mut self,
        address: &InstanceAddress,
        object: &Object,
        spec: &dyn ResourceSpec,
        range: Option<SourceRange>,
    ) -> Result<Value, Status> {
        let ty = self.type_of(spec.schema());
        decoded(object, spec, &ty).map_err(|error| {
            let schema = spec.schema();
            let detail = format!(
                "The stored attributes of {address} (schema version {}) do not fit the schema of {} (version {}): \
                 {error}.",
                object.schema_version, schema.type_name, schema.version,
            );
            let diagnostic = Diagnostic::error("Failed to decode object from state", detail);
            self.diagnostics.push(diagnostic.at(range).about(address));
            Status::Failed
        })
    }

    /// The type of the objects of a schema. To put it together takes time, and there are many objects.
    fn type_of(&mut self, schema: &Schema) -> Type {
        // Schemas belong to the catalog, which stays where it is while a plan is made.
        let place = std::ptr::from_ref(schema).addr();
        self.types.entry(place).or_insert_with(|| schema.ty()).clone()
    }

    /// The block that a provider address in state means today.
    pub(crate) fn provider_of(&self, address: &ProviderConfigAddress) -> Option<ProviderUse> {
        let module = self.world.configuration.module(&address.module);
        let found = module.and_then(|module| {
            module.providers.iter().position(|block| {
                block.alias == address.alias && module.provider_source(&block.name) == address.provider
            })
        });
        let path: StaticPath = address.module.as_slice().into();
        match found {
            Some(index) => Some(ProviderUse { address: address.clone(), block: Some((path, index)) }),
            None if address.alias.is_none() && address.module.is_empty() => {
                Some(ProviderUse { address: address.clone(), block: None })
            }
            None => None,
        }
    }

    /// Whether the object of an instance is still to be looked at, so that nothing can be planned for it yet.
    pub(crate) fn is_unanswered(&mut self, object: Option<&Object>, answer: Option<&Observed>) -> bool {
        answer.is_none() && object.is_some_and(|object| self.is_looked_at(object))
    }

    /// Whether an object is looked at, and not taken as it is remembered.
    fn is_looked_at(&mut self, object: &Object) -> bool {
        self.input.options.refresh && self.can_observe(object)
    }

    /// Whether the provider block of an object is known well enough to ask with it.
    fn can_observe(&mut self, object: &Object) -> bool {
        self.config_of(&object.provider).is_none_or(|config| config.is_wholly_known())
    }

    /// The configuration of the provider block that a provider address in state means, without marks;
    /// `None` where there is no such block or it has no value yet.
    fn config_of(&mut self, address: &ProviderConfigAddress) -> Option<Value> {
        if let Some((_, config @ Some(_))) = self.last_config.as_ref().filter(|(last, _)| last == address) {
            return config.clone();
        }
        let config = self.find_config(address);
        self.last_config = Some((address.clone(), config.clone()));
        config
    }

    fn find_config(&mut self, address: &ProviderConfigAddress) -> Option<Value> {
        if let Some(config) = self.provider_configs.get(address) {
            return Some(config.clone());
        }
        let config = self.world.provider_config(&self.provider_of(address)?)?.unmark_deep().0;
        self.provider_configs.insert(address.clone(), config.clone());
        Some(config)
    }

    /// Where configuration declares the resource of an instance.
    fn declared_at(&self, address: &InstanceAddress) -> Option<SourceRange> {
        self.declared(&address.resource).map(|resource| resource.range.clone())
    }

    fn declared(&self, address: &ResourceAddress) -> Option<&Resource> {
        let ResourceAddress { module, mode, kind, name } = address;
        let key = ResourceKey { mode: *mode, kind: kind.clone(), name: name.clone() };
        self.world.configuration.module(&module.without_keys())?.resources.get(&key)
    }

    /// The arguments that configuration writes for the instances of a resource.
    fn written_for(&self, address: &ResourceAddress) -> Written {
        let names = |resource: &Resource| {
            resource.body.attributes.iter().map(|written| written.name.clone()).collect()
        };
        self.declared(address).map(names).unwrap_or_default()
    }

    /// Asks for every object in state that has not been answered for, whether or not the walk came
    /// to it: observing does not depend on anything but provider blocks, so one round is enough.
    pub(crate) fn ask_for_objects(&mut self) {
        if !self.input.options.refresh {
            return;
        }
        let catalog = self.world.catalog.clone();
        let input = self.input;
        let Some((first, _)) = input.state.instances.first_key_value() else { return };
        let mut answers = Cursor::at(&input.answers.observed, &(first.clone(), None));
        let mut latest: Option<(&ResourceAddress, Written)> = None;
        for (address, instance) in &input.state.instances {
            if !self.is_selected(address) {
                continue;
            }
            let current = instance.current.iter().map(|object| (None, object));
            let deposed = instance.deposed.iter().map(|(key, object)| (Some(*key), object));
            for (key, object) in current.chain(deposed) {
                if answers.get(&(address.clone(), key)).is_some() {
                    continue;
                }
                let Some(config) = self.config_of(&object.provider) else { continue };
                let Some(spec) = catalog.spec(&object.provider.provider) else { continue };
                let Some(spec) = spec.resource(&address.resource.kind) else { continue };
                if !config.is_wholly_known() {
                    continue;
                }
                let ty = self.type_of(spec.schema());
                let Ok(prior) = decoded(object, spec, &ty) else {
                    let range = self.declared_at(address);
                    // The mistake is told, and nothing asked.
                    let _ = self.decode(address, object, spec, range);
                    continue;
                };
                let written = match &latest {
                    Some((same, written)) if *same == &address.resource => written.clone(),
                    _ => self.written_for(&address.resource),
                };
                latest = Some((&address.resource, written.clone()));
                self.questions.push(Question::Observe {
                    address: address.clone(),
                    written,
                    deposed: key,
                    provider: object.provider.clone(),
                    provider_config: config,
                    id: prior.visible_id().map(Arc::from),
                    prior: prior.unmark_deep().0,
                });
            }
        }
    }

    /// The values of a resource as state has them, where configuration is not looked at (destroy
    /// and refresh only).
    pub(crate) fn take_from_state(
        &mut self,
        place: usize,
        resource: &Resource,
        address: &ResourceAddress,
    ) -> Status {
        let repetition = match (&resource.count, &resource.for_each) {
            (Some(_), _) => Repetition::Count,
            (None, Some(_)) => Repetition::ForEach,
            (None, None) => Repetition::Single,
        };
        let mut values = ResourceValues { repetition, ..ResourceValues::default() };
        let catalog = self.world.catalog.clone();
        let state = self.input.state;
        let own = state.instances.range(address.instance(None)..);
        for (instance, objects) in own.take_while(|(found, _)| found.resource == *address) {
            let Some(object) = &objects.current else { continue };
            let spec = catalog.spec(&object.provider.provider).and_then(|spec| spec.resource(&address.kind));
            let Some(spec) = spec else { continue };
            match self.decode(instance, object, spec, Some(resource.range.clone())) {
                Ok(value) => drop(values.instances.insert(instance.key.clone(), value)),
                Err(status) => return status,
            }
            self.left_alone.insert(instance.clone());
        }
        self.world.set_resource(place, resource.key.clone(), values);
        Status::Done
    }
}

/// The attributes of an object in state, upgraded to the schema of today.
fn decoded(object: &Object, spec: &dyn ResourceSpec, ty: &Type) -> Result<Value, json::JsonError> {
    let schema = spec.schema();
    let upgraded = match object.schema_version == schema.version {
        true => None,
        false => spec.upgrade(object.schema_version, &object.attributes),
    };
    upgraded.map_or_else(|| object.attributes.decode(ty), |upgraded| json::decode(&upgraded, ty))
}
