//! One instance of a managed resource: from its configuration and what was seen to a change.

use std::sync::Arc;

use evenkeel_lang::config::IgnoreChanges;
use evenkeel_lang::eval::decode_body;
use evenkeel_model::schema::{Block, Nesting};
use evenkeel_model::value::{Entries, Kind};
use evenkeel_model::{Diagnostic, Diagnostics, InstanceAddress, Path, PathStep, Value};
use evenkeel_provider::{PlanRequest, PlannedChange, ResourceSpec, check, diff, validate};
use evenkeel_state::ObjectStatus;

use super::observed::{Remembered, Seen};
use super::{Planner, Status, Subject};
use crate::conditions::check_rules;
use crate::drift;
use crate::ephemeral;
use crate::expand::InstanceData;
use crate::types::{ActionReason, Change, ChangeAction};

impl Planner<'_> {
    /// Plans one instance; gives the value that references to it see.
    pub(crate) fn plan_instance(
        &mut self,
        subject: &Subject<'_>,
        spec: &dyn ResourceSpec,
        address: &InstanceAddress,
        data: InstanceData,
        Remembered { object, answer }: Remembered<'_>,
    ) -> Result<Value, Status> {
        if self.input.options.stubs.contains(&address.resource) {
            return Err(self.generate(subject, spec, address));
        }
        let range = subject.resource.range.clone();
        self.check_conditions(subject, address, &data, None)?;
        let config = self.decode_config(subject, spec, address, &data)?;
        let seen = match object {
            Some(object) => Some(self.seen(address, None, object, answer, spec, Some(range.clone()))?),
            None => self.imported(subject, spec, address)?,
        };
        let tainted = object.is_some_and(|object| object.status == ObjectStatus::Tainted);
        let prior = seen.as_ref().and_then(|seen| seen.observed.clone());
        let plain_prior = prior.clone().map(|prior| prior.unmark_deep().0);
        // What is ignored stays as it is in all respects, so also as sensitive as it is.
        let whole = config;
        let config = match (&prior, &subject.resource.lifecycle.ignore_changes) {
            (Some(prior), ignore) if !tainted => {
                ignore_changes(&spec.schema().block, ignore, prior, whole.clone())
            }
            _ => whole.clone(),
        };
        let plain_config = config.clone().unmark_deep().0;

        let planned =
            self.ask_spec(subject, spec, address, plain_prior.as_ref(), Asked(&config, &plain_config))?;
        let mut decision = self.decide(subject, address, plain_prior.as_ref(), tainted, &planned);
        // A new object has nothing that could stay as it is.
        let replaces = decision.action.is_some_and(ChangeAction::is_replace);
        let config = if replaces { whole } else { config };
        let plain_config = if replaces { config.clone().unmark_deep().0 } else { plain_config };
        let planned = match replaces {
            true => self.ask_spec(subject, spec, address, None, Asked(&config, &plain_config))?.planned,
            false => planned.planned,
        };
        let after =
            mark_by_schema(&spec.schema().block, planned.with_marks_of(&config).with_echoes_marked(&config));
        if decision.action.is_none() && is_sensitive_elsewhere(&spec.schema().block, prior.as_ref(), &after) {
            decision.action = Some(ChangeAction::Update);
        }
        if let Some(seen) = &seen {
            self.note_drift(spec, address, seen, &plain_config, &after, range.clone());
        }
        if let Some(action) = decision.action {
            let prevented = action.is_replace() && subject.resource.lifecycle.prevent_destroy;
            if prevented {
                self.prevented(address, range.clone());
            }
            let change = Change {
                address: address.clone(),
                deposed: None,
                provider: subject.provider.clone(),
                action,
                reason: decision.reason,
                before: prior.clone(),
                after: Some(after.clone()),
                replace_paths: decision.replace_paths,
                dependencies: subject.dependencies.clone(),
                create_before_destroy: subject.create_before_destroy,
                schema_version: spec.schema().version,
                range: Some(range),
                previous_address: None,
                importing: None,
            };
            self.change(change);
            if prevented {
                return Err(Status::Failed);
            }
        } else if let Some(object) = object {
            self.refresh_dependencies(address, object, &subject.dependencies);
            if self.origins.contains_key(address) {
                self.unchanged(subject, spec, address, prior.clone(), &after);
            }
        } else {
            self.unchanged(subject, spec, address, prior.clone(), &after);
        }
        let met = self.check_conditions(subject, address, &data, Some(after.clone()));
        if met.is_err() && !self.changes.has(address) {
            self.unchanged(subject, spec, address, prior, &after);
        }
        met.map(|()| after)
    }

    /// Lists an instance that stays as it is.
    fn unchanged(
        &mut self,
        subject: &Subject<'_>,
        spec: &dyn ResourceSpec,
        address: &InstanceAddress,
        prior: Option<Value>,
        after: &Value,
    ) {
        self.change(Change {
            address: address.clone(),
            deposed: None,
            provider: subject.provider.clone(),
            action: ChangeAction::NoOp,
            reason: None,
            before: prior,
            after: Some(after.clone()),
            replace_paths: Vec::new(),
            dependencies: subject.dependencies.clone(),
            create_before_destroy: subject.create_before_destroy,
            schema_version: spec.schema().version,
            range: Some(subject.resource.range.clone()),
            previous_address: None,
            importing: None,
        });
    }

    fn decode_config(
        &mut self,
        subject: &Subject<'_>,
        spec: &dyn ResourceSpec,
        address: &InstanceAddress,
        data: &InstanceData,
    ) -> Result<Value, Status> {
        let range = &subject.resource.range;
        let block = &spec.schema().block;
        let scope = self.world.scope_of(subject.place, data);
        let (config, diagnostics) = decode_body(&subject.resource.body, block, &scope, range);
        let mut failed = self.take_diagnostics(diagnostics, address, subject);
        if !failed {
            let plain = config.clone().unmark_deep().0;
            failed |= self.take_diagnostics(ephemeral::refuse_in(block, &config), address, subject);
            failed |=
                self.take_diagnostics(validate::block(block, &config).redacted([&config]), address, subject);
            failed |= self.take_diagnostics(spec.validate(&plain).redacted([&config]), address, subject);
            failed |=
                self.refuse_infinity(&config, format_args!("{address} in state: failed to serialize value"));
        }
        if failed { Err(Status::Failed) } else { Ok(ephemeral::accepted(config)) }
    }

    /// Infinite numbers can be computed with and not be stored. As in Terraform, this is about the
    /// whole value and names no place in the source.
    pub(crate) fn refuse_infinity(&mut self, value: &Value, what: std::fmt::Arguments<'_>) -> bool {
        let infinite = value.has_infinity();
        if infinite {
            let summary = format!("failed to encode {what}: cannot serialize infinity as JSON");
            let detail = "A number in it is infinite, as a division by zero gives it. Terraform's formats have no \
                          way to write such a number down, so it can be used inside of expressions only.";
            self.diagnostics.push(Diagnostic::error(summary, detail));
        }
        infinite
    }

    pub(crate) fn take_diagnostics(
        &mut self,
        diagnostics: Diagnostics,
        address: &InstanceAddress,
        subject: &Subject<'_>,
    ) -> bool {
        let failed = diagnostics.has_errors();
        for diagnostic in diagnostics {
            self.diagnostics.push(diagnostic.at(subject.resource.range.clone()).about(address));
        }
        failed
    }

    fn ask_spec(
        &mut self,
        subject: &Subject<'_>,
        spec: &dyn ResourceSpec,
        address: &InstanceAddress,
        prior: Option<&Value>,
        Asked(marked, config): Asked<'_>,
    ) -> Result<PlannedChange, Status> {
        let provider_config = subject.provider_config.clone().unmark_deep().0;
        let planned = spec.plan(&PlanRequest { provider_config: &provider_config, prior, config });
        let said = planned.diagnostics.clone().redacted([marked, &subject.provider_config]);
        if self.take_diagnostics(said, address, subject) {
            return Err(Status::Failed);
        }
        let violations = check::planned(&spec.schema().block, prior, config, &planned.planned);
        if let Some(violation) = violations.first() {
            let detail = format!(
                "The provider {} planned an invalid value for {address}: {violation}. This is a bug in the \
                 provider, which should be reported; nothing was changed.",
                subject.provider.provider,
            );
            let diagnostic = Diagnostic::error("Provider produced invalid plan", detail);
            self.diagnostics.push(diagnostic.at(subject.resource.range.clone()).about(address));
            return Err(Status::Failed);
        }
        Ok(planned)
    }

    fn decide(
        &self,
        subject: &Subject<'_>,
        address: &InstanceAddress,
        prior: Option<&Value>,
        tainted: bool,
        planned: &PlannedChange,
    ) -> Decision {
        let triggered = self.is_triggered(subject, address).then_some(ActionReason::ReplaceByTriggers);
        let Some(prior) = prior else {
            let action = Some(ChangeAction::Create);
            return Decision { action, reason: triggered, ..Decision::default() };
        };
        let replace = match subject.create_before_destroy {
            true => ChangeAction::CreateThenDelete,
            false => ChangeAction::DeleteThenCreate,
        };
        let because = |reason| Decision {
            action: Some(replace),
            reason: Some(reason),
            replace_paths: planned.replace.clone(),
        };
        if let Some(reason) = triggered {
            return because(reason);
        }
        if tainted {
            return Decision { replace_paths: Vec::new(), ..because(ActionReason::ReplaceBecauseTainted) };
        }
        if self.input.options.replace.contains(address) {
            return because(ActionReason::ReplaceByRequest);
        }
        if !planned.replace.is_empty() {
            return because(ActionReason::ReplaceBecauseCannotUpdate);
        }
        match diff::same(prior, &planned.planned) {
            true => Decision::default(),
            false => Decision { action: Some(ChangeAction::Update), ..Decision::default() },
        }
    }

    fn note_drift(
        &mut self,
        spec: &dyn ResourceSpec,
        address: &InstanceAddress,
        seen: &Seen,
        config: &Value,
        planned: &Value,
        range: evenkeel_model::SourceRange,
    ) {
        let drift = match &seen.observed {
            None => Some(drift::gone(address, &seen.expected, Some(range))),
            Some(_) if seen.same => None,
            Some(observed) => {
                let schema = spec.schema();
                drift::of(schema, address, &seen.expected, observed, config, planned, Some(range))
            }
        };
        self.drift.extend(drift);
    }

    /// Preconditions (without `self`) or postconditions (with it).
    fn check_conditions(
        &mut self,
        subject: &Subject<'_>,
        address: &InstanceAddress,
        data: &InstanceData,
        self_value: Option<Value>,
    ) -> Result<(), Status> {
        let lifecycle = &subject.resource.lifecycle;
        let (rules, summary) = match self_value {
            None => (&lifecycle.preconditions, "Resource precondition failed"),
            Some(_) => (&lifecycle.postconditions, "Resource postcondition failed"),
        };
        if rules.is_empty() {
            return Ok(());
        }
        let mut scope = self.world.scope_of(subject.place, data);
        scope.self_value = self_value;
        let (diagnostics, checked) = check_rules(rules, &scope, summary, &address.to_string());
        self.world.note_resource_conditions(address, checked);
        let failed = diagnostics.has_errors();
        self.diagnostics.extend(diagnostics);
        if failed { Err(Status::Failed) } else { Ok(()) }
    }
}

/// Whether other parts of an object that stays as it is are sensitive now.
fn is_sensitive_elsewhere(block: &Block, prior: Option<&Value>, after: &Value) -> bool {
    let Some(prior) = prior else { return false };
    if prior.all_marks().is_empty() && after.all_marks().is_empty() {
        return false;
    }
    // What was unknown and turned out to be null has a mark in the state that nothing has when it is planned
    // again; a mark on nothing hides nothing.
    let marks = |value: &Value| {
        mark_by_schema(block, value.with_declared_marks()).map_bottom_up(&mut |value| match value.is_null() {
            true => value.unmark().0,
            false => value,
        })
    };
    marks(prior) != marks(after)
}

#[derive(Default)]
struct Decision {
    /// `None`: the object stays as it is.
    action: Option<ChangeAction>,
    reason: Option<ActionReason>,
    replace_paths: Vec<Path>,
}

/// The configuration with ignored attributes taken from the object as it is.
pub(crate) fn ignore_changes(block: &Block, ignore: &IgnoreChanges, prior: &Value, config: Value) -> Value {
    match ignore {
        IgnoreChanges::None => config,
        IgnoreChanges::All => {
            let settable =
                block.attributes.iter().filter(|(_, attribute)| attribute.optional || attribute.required);
            let names = settable.map(|(name, _)| name).chain(block.block_types.keys());
            names.fold(config, |config, name| match prior.get(name) {
                Some(value) => config.with_attribute(name, value.clone()),
                None => config,
            })
        }
        IgnoreChanges::Paths(paths) => {
            paths.iter().fold(config, |config, ignored| take_from(&config, prior, &ignored.path.0))
        }
    }
}

/// `config` with the value at a path taken from `prior`.
fn take_from(config: &Value, prior: &Value, steps: &[PathStep]) -> Value {
    let Some((step, rest)) = steps.split_first() else { return prior.clone() };
    // An object has attributes and no keys: as in Terraform, such an index means the whole object.
    if let (PathStep::Key(_), [], Kind::Object(_)) = (step, rest, config.kind()) {
        return prior.clone();
    }
    match (step, config.kind(), prior.kind()) {
        (PathStep::Attribute(name) | PathStep::Key(name), Kind::Object(_), Kind::Object(_)) => {
            match (config.get(name), prior.get(name)) {
                (Some(inner), Some(before)) => {
                    let value = take_from(inner, before, rest);
                    config.clone().with_attribute(name, value)
                }
                _ => config.clone(),
            }
        }
        (PathStep::Attribute(key) | PathStep::Key(key), _, _) => take_map_entry(config, prior, key),
        (PathStep::Index(index), Kind::List(ty, elements), Kind::List(_, before)) => {
            Value::list(ty.clone(), take_element(elements, before, *index, rest)).with_marks(config.marks())
        }
        (PathStep::Index(index), Kind::Tuple(elements), Kind::Tuple(before)) => {
            Value::tuple(take_element(elements, before, *index, rest)).with_marks(config.marks())
        }
        _ => config.clone(),
    }
}

/// The elements of a sequence, one of them taken from `before`.
fn take_element(elements: &[Value], before: &[Value], index: usize, rest: &[PathStep]) -> Vec<Value> {
    let taken = elements.iter().enumerate().map(|(i, element)| match before.get(i) {
        Some(before) if i == index => take_from(element, before, rest),
        _ => element.clone(),
    });
    taken.collect()
}

/// One entry of a map, present or absent as in `prior`. A map that is not there any more stays as it
/// was, as in Terraform.
fn take_map_entry(config: &Value, prior: &Value, key: &Arc<str>) -> Value {
    let element = match (config.kind(), prior.kind()) {
        (Kind::Map(element, _), Kind::Map(..) | Kind::Null(_)) => element.clone(),
        (Kind::Null(_), Kind::Map(..)) if prior.get(key).is_some() => return prior.clone(),
        _ => return config.clone(),
    };
    let mut entries = config.as_entries().map(Entries::to_map).unwrap_or_default();
    match prior.get(key) {
        Some(value) => drop(entries.insert(key.clone(), value.clone())),
        None => drop(entries.remove(key)),
    }
    Value::map(element, entries).with_marks(config.marks())
}

/// A configuration with its marks, and without.
struct Asked<'v>(&'v Value, &'v Value);

/// Marks what the schema calls sensitive.
pub(crate) fn mark_by_schema(block: &Block, value: Value) -> Value {
    let sensitive = |block: &Block| block.attributes.values().any(|attribute| attribute.sensitive);
    if !sensitive(block) && block.block_types.is_empty() {
        return value;
    }
    let mut out = value;
    for (name, _) in block.attributes.iter().filter(|(_, attribute)| attribute.sensitive) {
        if let Some(inner) = out.get(name).cloned()
            && !inner.is_null()
        {
            out = out.with_attribute(name, inner.sensitive());
        }
    }
    for (name, nested) in &block.block_types {
        let Some(inner) = out.get(name).cloned() else { continue };
        let marked = match (nested.nesting_mode, inner.kind()) {
            (Nesting::Single | Nesting::Group, Kind::Object(_)) => mark_by_schema(&nested.block, inner),
            (Nesting::List, Kind::List(ty, elements)) => {
                let elements = elements.iter().map(|element| mark_by_schema(&nested.block, element.clone()));
                Value::list(ty.clone(), elements).with_marks(inner.marks())
            }
            (Nesting::Map, Kind::Map(ty, entries)) => {
                let entries = entries
                    .iter()
                    .map(|(key, element)| (key.clone(), mark_by_schema(&nested.block, element.clone())));
                Value::map(ty.clone(), entries).with_marks(inner.marks())
            }
            (Nesting::Set, Kind::Set(..)) if sensitive(&nested.block) => inner.sensitive(),
            _ => continue,
        };
        out = out.with_attribute(name, marked);
    }
    out
}
