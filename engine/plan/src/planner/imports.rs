//! `import` blocks: objects that exist already become instances of configuration.

use std::sync::Arc;

use evenkeel_lang::config::{Import, ResourceKey, instance_key};
use evenkeel_lang::eval::evaluate;
use evenkeel_model::schema::Schema;
use evenkeel_model::{
    Diagnostic, Diagnostics, InstanceAddress, InstanceKey, Marks, SourceRange, Type, Value, convert, json,
};
use evenkeel_provider::ResourceSpec;
use evenkeel_state::{Object, ObjectStatus};

use super::observed::Seen;
use super::{Planner, Status, Subject};
use crate::expand::{InstanceData, expand};
use crate::generate;
use crate::graph::StaticPath;
use crate::input::{Mode, Question};
use crate::types::{Importing, Refreshed};

/// What a block asks for one instance.
#[derive(Clone)]
pub(crate) struct Wanted {
    pub(crate) id: Arc<str>,
    range: SourceRange,
}

impl Planner<'_> {
    /// Evaluates the blocks about a resource, all of whose instances are planned next. Tells whether
    /// they are right.
    pub(crate) fn evaluate_imports(&mut self, path: &StaticPath, key: &ResourceKey) -> bool {
        let mut right = true;
        let root = self.world.configuration.root().clone();
        let about = |import: &&Import| {
            import.to.resource == *key && import.to.modules.iter().map(|step| &step.name).eq(path.iter())
        };
        for import in root.imports.iter().filter(about) {
            match self.evaluate_import(import) {
                Ok(found) => {
                    for (address, id) in found {
                        self.want(address, Wanted { id, range: import.range.clone() });
                    }
                }
                Err(diagnostics) => {
                    right = false;
                    self.diagnostics.extend(diagnostics);
                }
            }
        }
        right
    }

    fn want(&mut self, address: InstanceAddress, wanted: Wanted) {
        if let Some(other) = self.imports.get(&address) {
            let detail = format!(
                "The block at {}:{} imports {address} already. An instance can be one object only.",
                other.range.filename, other.range.start.line
            );
            let summary = format!("Duplicate import configuration for \"{address}\"");
            self.diagnostics.push(Diagnostic::error(summary, detail).at(wanted.range));
            return;
        }
        self.imports.insert(address, wanted);
    }

    fn evaluate_import(&self, import: &Import) -> Result<Vec<(InstanceAddress, Arc<str>)>, Diagnostics> {
        let expansion = expand(None, import.for_each.as_ref(), &self.world.scope(0))?;
        let instances = expansion.instances.into_iter();
        instances
            .map(|(_, data)| Ok((self.import_target(import, &data)?, self.import_id(import, &data)?)))
            .collect()
    }

    fn import_target(&self, import: &Import, data: &InstanceData) -> Result<InstanceAddress, Diagnostics> {
        let scope = self.world.scope_of(0, data);
        import.to.address(|expr| -> Result<InstanceKey, Diagnostics> {
            let (value, diagnostics) = evaluate(expr, &scope);
            if diagnostics.has_errors() {
                return Err(diagnostics);
            }
            instance_key(&value).ok_or_else(|| {
                let detail =
                    "The key of an instance has to be known while planning: a string, or a whole number.";
                Diagnostic::error("Invalid import address expression", detail).at(expr.range().clone()).into()
            })
        })
    }

    fn import_id(&self, import: &Import, data: &InstanceData) -> Result<Arc<str>, Diagnostics> {
        let (value, diagnostics) = evaluate(&import.id, &self.world.scope_of(0, data));
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        identifier(&value, import.id.range())
    }

    /// The object that a block imports as an instance that state does not have, if there is a block.
    pub(crate) fn imported(
        &mut self,
        subject: &Subject<'_>,
        spec: &dyn ResourceSpec,
        address: &InstanceAddress,
    ) -> Result<Option<Seen>, Status> {
        let Some(wanted) = self.imports.get(address).cloned() else { return Ok(None) };
        let answer = self.input.answers.imported.get(address).filter(|answer| answer.id == wanted.id);
        let problem = match answer.map(|answer| &answer.result) {
            None => {
                self.ask_for_import(subject, spec, address, &wanted.id);
                return Err(Status::Pending);
            }
            Some(Ok(Some(value))) => {
                self.take_over(subject, spec, address, value);
                let seen = Seen { expected: value.clone(), observed: Some(value.clone()), same: true };
                return Ok(Some(seen));
            }
            Some(Ok(None)) => Diagnostic::error(
                "Cannot import non-existent remote object",
                format!(
                    "There is no object with the id \"{}\" to be imported as {address}. Check the id, the region and \
                     the account that the provider is configured for.",
                    wanted.id
                ),
            ),
            Some(Err(error)) => Diagnostic::error(format!("Importing {address} failed"), error.to_string()),
        };
        self.diagnostics.push(problem.at(wanted.range).about(address));
        Err(Status::Failed)
    }

    /// Writes the block of a resource that is only a stub, when the object is there to write it from. The
    /// resource itself has no value before the block is a part of the configuration.
    pub(crate) fn generate(
        &mut self,
        subject: &Subject<'_>,
        spec: &dyn ResourceSpec,
        address: &InstanceAddress,
    ) -> Status {
        match self.imported(subject, spec, address) {
            Err(status) => status,
            Ok(seen) => {
                let id = self.imports.get(address).map(|wanted| wanted.id.clone()).unwrap_or_default();
                let provider = subject.resource.provider.as_ref().map(ToString::to_string);
                if let Some(value) = seen.and_then(|seen| seen.observed) {
                    let value = super::mark_by_schema(&spec.schema().block, value);
                    let text = generate::resource(
                        spec.schema(),
                        &address.resource,
                        provider.as_deref(),
                        &id,
                        &value,
                    );
                    self.generated.insert(address.resource.clone(), text);
                }
                Status::Pending
            }
        }
    }

    fn ask_for_import(
        &mut self,
        subject: &Subject<'_>,
        spec: &dyn ResourceSpec,
        address: &InstanceAddress,
        id: &Arc<str>,
    ) {
        let provider_config = subject.provider_config.clone().unmark_deep().0;
        if !provider_config.is_wholly_known() {
            let detail = format!(
                "The configuration of {} is not known before apply, so {address} cannot be looked for. Apply what it \
                 depends on first.",
                subject.provider
            );
            let diagnostic = Diagnostic::error("Invalid import provider configuration", detail);
            self.diagnostics.push(diagnostic.at(subject.resource.range.clone()).about(address));
            return;
        }
        self.questions.push(Question::Import {
            address: address.clone(),
            provider: subject.provider.clone(),
            provider_config,
            id: id.clone(),
            prior: identified(spec.schema(), id),
        });
    }

    /// The object is written down as if it had been managed always.
    fn take_over(
        &mut self,
        subject: &Subject<'_>,
        spec: &dyn ResourceSpec,
        address: &InstanceAddress,
        value: &Value,
    ) {
        let schema = spec.schema();
        let value = super::mark_by_schema(&schema.block, value.clone());
        let object = Object {
            status: ObjectStatus::Ready,
            provider: subject.provider.clone(),
            schema_version: schema.version,
            attributes: json::encode_as(&value, &schema.ty()).into(),
            dependencies: subject.dependencies.clone(),
            create_before_destroy: subject.create_before_destroy,
            token: None,
            private: None,
        };
        let refreshed = Refreshed { address: address.clone(), deposed: None, object: Some(object) };
        self.refreshed.insert((address.clone(), None), refreshed);
    }

    /// What a change says of its import.
    pub(crate) fn import_of(&self, address: &InstanceAddress) -> Option<Importing> {
        let managed = self.input.state.instances.get(address).is_some_and(|one| one.current.is_some());
        self.imports.get(address).filter(|_| !managed).map(|wanted| Importing {
            id: wanted.id.clone(),
            configuration: self.input.options.generated.get(&address.resource).cloned(),
        })
    }

    /// Blocks about instances that configuration does not have.
    pub(crate) fn refuse_lost_imports(&mut self) {
        if self.input.options.mode != Mode::Normal {
            return;
        }
        let lost = self.imports.iter().filter(|(address, _)| !self.visited.has(address));
        for (address, wanted) in lost {
            let detail = format!(
                "The configuration for the given import target {address} does not exist. Declare the resource, with \
                 an instance of this key, or correct the address."
            );
            let summary = "Configuration for import target does not exist";
            self.diagnostics.push(Diagnostic::error(summary, detail).at(wanted.range.clone()));
        }
    }
}

/// An object of a type of which nothing is known but its id.
pub fn identified(schema: &Schema, id: &str) -> Value {
    let block = &schema.block;
    let attributes = block.attributes.iter().map(|(name, one)| (name.clone(), Value::null(one.ty.clone())));
    let blocks = block.block_types.iter().map(|(name, one)| (name.clone(), Value::null(one.implied_type())));
    Value::object(attributes.chain(blocks).collect::<Vec<_>>()).with_attribute("id", Value::string(id))
}

/// What an object is imported by, from the value of `id`.
pub(crate) fn identifier(value: &Value, range: &SourceRange) -> Result<Arc<str>, Diagnostics> {
    let error = |detail: &str| {
        Diagnostics::from(Diagnostic::error("Invalid import id argument", detail).at(range.clone()))
    };
    if value.all_marks().contains(Marks::EPHEMERAL) {
        return Err(error("The import ID cannot be ephemeral: it is written down in the plan."));
    }
    if value.all_marks().contains(Marks::SENSITIVE) {
        return Err(error("The import ID cannot be sensitive: it is shown in the plan."));
    }
    if value.is_unknown() {
        return Err(error(
            "The import block \"id\" argument depends on resource attributes that cannot be determined until \
             apply, so what to import cannot be planned. Apply what it depends on first.",
        ));
    }
    if value.is_null() {
        return Err(error("The import ID cannot be null."));
    }
    let text = convert::convert(value, &Type::String).ok();
    match text.as_ref().and_then(Value::as_str) {
        Some("") => Err(error("The import ID cannot be an empty string.")),
        Some(text) => Ok(text.into()),
        None => Err(error("The import ID value is unsuitable: a string is required.")),
    }
}
