//! Ephemeral resources: opened to plan with what they give, and never part of the plan. Where that is made
//! from something to come, they are opened during apply (`finish/openings.rs`).

use evenkeel_lang::eval::decode_body;
use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostic, InstanceAddress, Marks, Value, redact};
use evenkeel_provider::{ProviderSpec, propose, validate};

use super::instance::mark_by_schema;
use super::{Planner, Status, Subject};
use crate::conditions::check_rules;
use crate::ephemeral;
use crate::expand::{Expansion, InstanceData};
use crate::input::{OpenAnswer, Question};
use crate::scope::InstanceScope;
use crate::types::ResourceValues;

impl Planner<'_> {
    pub(crate) fn ephemeral(
        &mut self,
        subject: &Subject<'_>,
        spec: &dyn ProviderSpec,
        expansion: Expansion,
    ) -> Status {
        let Some(schema) = spec.ephemeral(&subject.resource.key.kind) else {
            self.unknown_type(subject, "ephemeral resource", &spec.ephemeral_kinds());
            return Status::Failed;
        };
        let mut values = ResourceValues { repetition: expansion.repetition, ..ResourceValues::default() };
        let mut status = Status::Done;
        for (key, data) in expansion.instances {
            let address = subject.address.instance(key.clone());
            match self.opened(subject, schema, &address, &data) {
                Ok(value) => drop(values.instances.insert(key, value.with_marks(Marks::EPHEMERAL))),
                Err(worse) => status = status.max(worse),
            }
        }
        self.world.set_resource(subject.place, subject.resource.key.clone(), values);
        status
    }

    fn opened(
        &mut self,
        subject: &Subject<'_>,
        schema: &Schema,
        address: &InstanceAddress,
        data: &InstanceData,
    ) -> Result<Value, Status> {
        let scope = self.world.scope_of(subject.place, data);
        let lifecycle = &subject.resource.lifecycle;
        let (mut diagnostics, checked) = check_rules(
            &lifecycle.preconditions,
            &scope,
            "Resource precondition failed",
            &address.to_string(),
        );
        let range = &subject.resource.range;
        let (config, found) = decode_body(&subject.resource.body, &schema.block, &scope, range);
        diagnostics.extend(found);
        if !diagnostics.has_errors() {
            diagnostics.extend(validate::block(&schema.block, &config).redacted([&config]));
        }
        if !lifecycle.preconditions.is_empty() {
            self.world.note_resource_conditions(address, checked);
        }
        if self.take_diagnostics(diagnostics, address, subject) {
            return Err(Status::Failed);
        }
        let value = self.given(subject, schema, address, &config)?;
        let config = ephemeral::accepted(config);
        let value = mark_by_schema(&schema.block, value.with_marks_of(&config).with_echoes_marked(&config));
        self.check_opened(subject, address, data, &value)?;
        Ok(value)
    }

    fn check_opened(
        &mut self,
        subject: &Subject<'_>,
        address: &InstanceAddress,
        data: &InstanceData,
        value: &Value,
    ) -> Result<(), Status> {
        let rules = &subject.resource.lifecycle.postconditions;
        if rules.is_empty() {
            return Ok(());
        }
        let scope =
            InstanceScope { self_value: Some(value.clone()), ..self.world.scope_of(subject.place, data) };
        let (diagnostics, checked) =
            check_rules(rules, &scope, "Resource postcondition failed", &address.to_string());
        self.world.note_resource_conditions(address, checked);
        match self.take_diagnostics(diagnostics, address, subject) {
            true => Err(Status::Failed),
            false => Ok(()),
        }
    }

    /// What an ephemeral resource gives, when it is open.
    fn given(
        &mut self,
        subject: &Subject<'_>,
        schema: &Schema,
        address: &InstanceAddress,
        config: &Value,
    ) -> Result<Value, Status> {
        let marked = config;
        let config = marked.clone().unmark_deep().0;
        if self.input.answers.leave_closed {
            return Ok(propose::as_create(schema, &config));
        }
        let known = config.is_wholly_known() && subject.provider_config.is_wholly_known();
        if !known || self.depends_on_pending(subject) {
            // It is opened when the first step needs it.
            return Ok(propose::as_create(schema, &config));
        }
        match self.input.answers.opened.get(address) {
            Some(OpenAnswer { config: asked, result: Ok(value), .. }) if *asked == config => {
                Ok(value.clone())
            }
            Some(OpenAnswer { config: asked, result: Err(error), .. }) if *asked == config => {
                let diagnostic = Diagnostic::error(
                    format!("Opening {address} failed"),
                    redact::message(&error.to_string(), [marked, &subject.provider_config]),
                );
                self.diagnostics.push(diagnostic.at(subject.resource.range.clone()).about(address));
                Err(Status::Failed)
            }
            Some(_) | None => {
                self.questions.push(Question::Open {
                    address: address.clone(),
                    provider: subject.provider.clone(),
                    provider_config: subject.provider_config.clone().unmark_deep().0,
                    config,
                });
                Err(Status::Pending)
            }
        }
    }
}
