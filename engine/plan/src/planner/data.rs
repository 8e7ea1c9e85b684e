//! Data sources: read while planning where everything they need is known, during apply otherwise.

use evenkeel_lang::eval::decode_body;
use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostic, InstanceAddress, Type, Value, redact};
use evenkeel_provider::{ProviderSpec, propose, validate};

use super::instance::mark_by_schema;
use super::{Planner, Status, Subject};
use crate::conditions::{as_warnings, check_rules};
use crate::ephemeral;
use crate::expand::{Expansion, InstanceData};
use crate::graph::{Node, NodeKind};
use crate::input::{DataAnswer, Mode, Question};
use crate::types::{ActionReason, Change, ChangeAction, Repetition, ResourceValues};

impl Planner<'_> {
    pub(crate) fn data(
        &mut self,
        subject: &Subject<'_>,
        spec: &dyn ProviderSpec,
        expansion: Expansion,
    ) -> Status {
        if subject.resource.check.is_none() {
            return self.data_instances(subject, spec, expansion);
        }
        // What goes wrong in a check is told and stops nothing.
        let before = std::mem::take(&mut self.diagnostics);
        let status = self.data_instances(subject, spec, expansion);
        let found = std::mem::replace(&mut self.diagnostics, before);
        self.diagnostics.extend(as_warnings(found));
        if status != Status::Failed {
            return status;
        }
        let instances = [(None, Value::unknown(Type::Dynamic))].into();
        let values = ResourceValues { repetition: Repetition::Single, instances };
        self.world.set_resource(subject.place, subject.resource.key.clone(), values);
        Status::Done
    }

    fn data_instances(
        &mut self,
        subject: &Subject<'_>,
        spec: &dyn ProviderSpec,
        expansion: Expansion,
    ) -> Status {
        let Some(schema) = spec.data_source(&subject.resource.key.kind) else {
            self.unknown_type(subject, "data source", &spec.data_kinds());
            return Status::Failed;
        };
        let mut values = ResourceValues { repetition: expansion.repetition, ..ResourceValues::default() };
        let mut status = Status::Done;
        for (key, data) in expansion.instances {
            let address = subject.address.instance(key.clone());
            match self.plan_data_instance(subject, schema, &address, data) {
                Ok(value) => drop(values.instances.insert(key, value)),
                Err(worse) => status = status.max(worse),
            }
        }
        self.world.set_resource(subject.place, subject.resource.key.clone(), values);
        status
    }

    fn plan_data_instance(
        &mut self,
        subject: &Subject<'_>,
        schema: &Schema,
        address: &InstanceAddress,
        data: InstanceData,
    ) -> Result<Value, Status> {
        let range = &subject.resource.range;
        let scope = self.world.scope_of(subject.place, &data);
        let rules = &subject.resource.lifecycle.preconditions;
        let (found, checked) =
            check_rules(rules, &scope, "Resource precondition failed", &address.to_string());
        let conditions = !rules.is_empty();
        let (config, mut diagnostics) = decode_body(&subject.resource.body, &schema.block, &scope, range);
        diagnostics.extend(found);
        if conditions {
            self.world.note_resource_conditions(address, checked);
        }
        if !diagnostics.has_errors() {
            diagnostics.extend(ephemeral::refuse_in(&schema.block, &config));
            diagnostics.extend(validate::block(&schema.block, &config).redacted([&config]));
        }
        if self.take_diagnostics(diagnostics, address, subject) {
            return Err(Status::Failed);
        }
        let plain = config.clone().unmark_deep().0;
        // What was answered needs nobody to ask: a plan that is only shown has no ephemeral values.
        let answered = self.input.answers.data.get(address).is_some_and(|answer| answer.config == plain);
        let known = plain.is_wholly_known() && (answered || subject.provider_config.is_wholly_known());
        let reason = match (known, self.depends_on_pending(subject)) {
            (false, _) => Some(ActionReason::ReadBecauseConfigUnknown),
            (true, true) => Some(ActionReason::ReadBecauseDependencyPending),
            (true, false) => None,
        };
        if let Some(reason) = reason {
            return Ok(self.defer(subject, schema, address, &config, reason));
        }
        let value = self.read(subject, address, &config, plain)?;
        let value = mark_by_schema(&schema.block, value.with_marks_of(&config).with_echoes_marked(&config));
        let mut scope = self.world.scope_of(subject.place, &data);
        scope.self_value = Some(value.clone());
        let rules = &subject.resource.lifecycle.postconditions;
        let (diagnostics, checked) =
            check_rules(rules, &scope, "Resource postcondition failed", &address.to_string());
        if !rules.is_empty() {
            self.world.note_resource_conditions(address, checked);
        }
        match self.take_diagnostics(diagnostics, address, subject) {
            true => Err(Status::Failed),
            false => Ok(value),
        }
    }

    fn read(
        &mut self,
        subject: &Subject<'_>,
        address: &InstanceAddress,
        marked: &Value,
        config: Value,
    ) -> Result<Value, Status> {
        match self.input.answers.data.get(address) {
            Some(DataAnswer { config: asked, result: Ok(value) }) if *asked == config => Ok(value.clone()),
            Some(DataAnswer { config: asked, result: Err(error) }) if *asked == config => {
                let diagnostic = Diagnostic::error(
                    format!("Reading {address} failed"),
                    redact::message(&error.to_string(), [marked, &subject.provider_config]),
                );
                self.diagnostics.push(diagnostic.at(subject.resource.range.clone()).about(address));
                Err(Status::Failed)
            }
            _ => {
                self.questions.push(Question::ReadData {
                    address: address.clone(),
                    provider: subject.provider.clone(),
                    provider_config: subject.provider_config.clone().unmark_deep().0,
                    config,
                });
                Err(Status::Pending)
            }
        }
    }

    fn defer(
        &mut self,
        subject: &Subject<'_>,
        schema: &Schema,
        address: &InstanceAddress,
        config: &Value,
        reason: ActionReason,
    ) -> Value {
        let plain = config.clone().unmark_deep().0;
        let planned = propose::as_create(schema, &plain);
        let after = mark_by_schema(&schema.block, planned.with_marks_of(config).with_echoes_marked(config));
        if self.input.options.mode == Mode::Normal {
            let change = Change {
                address: address.clone(),
                deposed: None,
                provider: subject.provider.clone(),
                action: ChangeAction::Read,
                reason: Some(reason),
                before: None,
                after: Some(after.clone()),
                replace_paths: Vec::new(),
                dependencies: subject.dependencies.clone(),
                create_before_destroy: false,
                schema_version: schema.version,
                range: Some(subject.resource.range.clone()),
                previous_address: None,
                importing: None,
            };
            self.change(change);
        }
        after
    }

    /// Whether something that `depends_on` names (of the data source or of a module around it) has
    /// changes to come.
    pub(super) fn depends_on_pending(&self, subject: &Subject<'_>) -> bool {
        let graph = &self.world.graph;
        let Some(explicit) = graph.explicit.get(&subject.node) else { return false };
        explicit.iter().any(|&node| match &graph.graph[node] {
            Node { path, kind: NodeKind::Resource(key) } => {
                self.changing.contains(&(path.to_vec(), key.clone()))
            }
            _ => false,
        })
    }
}
