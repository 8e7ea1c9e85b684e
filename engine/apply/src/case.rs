//! One intent without outcome, while it is being resolved.

use evenkeel_model::schema::Schema;
use evenkeel_model::{InstanceAddress, Timestamp, Type, Value, json, redact};
use evenkeel_provider::{ErrorKind, FindRequest, ObserveRequest, ProviderError, ResourceSpec, Written};
use evenkeel_state::{Action, Intent, Object, ObjectStatus, OutcomeKind};

use crate::command::{Call, CallResult};
use crate::inquiry::{Answer, Look};
use crate::message;
use crate::options::MachineOptions;
use crate::recovery::{PendingIntent, RecoveryInput};
use crate::report::{Activity, Resolution, Subject};
use crate::work::{Form, id_of};

/// What an outcome says that does not fulfil its intention.
const UNKNOWN: &str = "the run stopped before the outcome was known; what is true was found out afterwards";

const NOT_PROVISIONED: &str =
    "the run stopped before the provisioners of the new object, which is tainted, had run";
const COMMAND: &str = "the run stopped while a provisioner's command ran: it may have done all, a part or nothing of its \
                       work; a new object that it belongs to stays tainted, and one that was to be destroyed stays";

/// An intent, and everything it takes to look for what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) intent: Intent,
    pub(crate) provider_config: Value,
    target: Target,
    form: Form,
    believe_after: Timestamp,
    pub(crate) looks: u32,
    failed: u32,
}

/// What is looked for.
#[derive(Clone, Debug)]
enum Target {
    /// What a create may have made.
    Made { planned: Value },
    /// The object as state remembers it; `None` when it does not.
    Remembered { prior: Option<Value> },
}

/// What is true, for the journal and for the report.
pub(crate) struct Finding {
    pub(crate) outcome: OutcomeKind,
    pub(crate) resolution: Resolution,
    /// Why the intention cannot be called fulfilled.
    pub(crate) error: Option<String>,
}

impl Case {
    /// A case, or why it cannot be looked into.
    pub(crate) fn new(
        pending: &PendingIntent,
        input: &RecoveryInput<'_>,
        options: &MachineOptions,
    ) -> Result<Self, String> {
        let intent = &pending.intent;
        if intent.action == Action::Provision {
            return Ok(Self::of_command(intent, pending.at));
        }
        let provider_config = input
            .provider_configs
            .get(&intent.provider)
            .ok_or_else(|| message::no_provider_config(&intent.provider))?;
        let kind = &intent.address.resource.kind;
        let no_type = || message::no_type(&intent.provider, kind);
        let spec = input.catalog.spec(&intent.provider.provider).and_then(|provider| provider.resource(kind));
        let spec = spec.ok_or_else(no_type)?;
        let object = remembered(intent, input);
        let prior = match object {
            Some(object) => Some(
                decode(spec, object.schema_version, &object.attributes)
                    .map_err(|error| format!("what is remembered of the object cannot be read: {error}"))?,
            ),
            None => None,
        };
        let planned = match intent.action {
            Action::Create | Action::Update => Some(
                decode(spec, intent.schema_version, &intent.planned)
                    .map_err(|error| format!("what was planned cannot be read: {error}"))?,
            ),
            Action::Delete | Action::Provision => None,
        };
        let marks = marks(prior.as_ref(), planned.as_ref());
        let form = form(intent, spec.schema(), object, marks);
        let target = match (intent.action, planned) {
            (Action::Create, Some(planned)) => Target::Made { planned: planned.unmark_deep().0 },
            _ => Target::Remembered { prior: prior.map(|prior| prior.unmark_deep().0) },
        };
        Ok(Self {
            intent: intent.clone(),
            provider_config: provider_config.clone(),
            target,
            form,
            believe_after: pending.at.plus_ms(options.visibility_ms),
            looks: 0,
            failed: 0,
        })
    }

    /// A command that may have run. Nobody can be asked about it; what it belongs to stands in the state
    /// already: a new object is tainted, and one that was to be destroyed is there.
    fn of_command(intent: &Intent, at: Timestamp) -> Self {
        let marks = Value::null(Type::Dynamic);
        let form = Form {
            status: ObjectStatus::Tainted,
            provider: intent.provider.clone(),
            schema_version: intent.schema_version,
            dependencies: Vec::new(),
            former_dependencies: Vec::new(),
            create_before_destroy: intent.create_before_destroy,
            token: None,
            marks: marks.clone(),
            ty: Type::Dynamic,
            before: None,
        };
        Self {
            intent: intent.clone(),
            provider_config: marks,
            target: Target::Remembered { prior: None },
            form,
            believe_after: at,
            looks: 0,
            failed: 0,
        }
    }

    pub(crate) fn address(&self) -> &InstanceAddress {
        &self.intent.address
    }

    pub(crate) fn subject(&self) -> Subject {
        let id = match &self.target {
            Target::Remembered { prior: Some(prior) } => id_of(&prior.with_marks_of(&self.form.marks)),
            Target::Remembered { prior: None } | Target::Made { .. } => None,
        };
        Subject {
            step: self.intent.step,
            address: self.intent.address.clone(),
            deposed: self.intent.deposed,
            activity: Activity::Recover,
            id,
        }
    }

    /// Whether there is nothing to look at.
    pub(crate) fn is_forgotten(&self) -> bool {
        matches!(self.target, Target::Remembered { prior: None })
    }

    /// The next look, counted.
    pub(crate) fn next_look(&mut self) -> Call {
        self.looks = self.looks.saturating_add(1);
        let address = self.intent.address.clone();
        let kind = address.resource.kind.clone();
        match &self.target {
            Target::Made { planned } => Call::Find(FindRequest {
                kind,
                address,
                planned: planned.clone(),
                token: self.intent.token.0.clone(),
            }),
            Target::Remembered { prior } => {
                let prior = prior.clone().unwrap_or_else(|| Value::null(Type::Dynamic));
                Call::Observe(ObserveRequest { kind, address, prior, written: Written::default() })
            }
        }
    }

    /// What an answer tells.
    pub(crate) fn judge(
        &mut self,
        result: CallResult,
        asked: Timestamp,
        now: Timestamp,
        options: &MachineOptions,
    ) -> Answer {
        let result = match (result, &self.target) {
            (CallResult::Find(result), Target::Made { .. })
            | (CallResult::Observe(result), Target::Remembered { .. }) => result,
            _ => {
                let text = "the answer does not belong to the question";
                Err(ProviderError::new(ErrorKind::Invalid, "looking for the object", text))
            }
        };
        let failed = result.is_err();
        let look =
            Look { asked, now, believe_after: self.believe_after, looks: self.looks, failed: self.failed };
        self.failed = if failed { self.failed.saturating_add(1) } else { 0 };
        look.judge(result, options)
    }

    /// It is there. What a delete was to remove is left as it is remembered.
    pub(crate) fn present(&self, value: &Value) -> Finding {
        let outcome = match self.intent.action {
            Action::Create if self.intent.provisioned => self.form.tainted(value),
            Action::Create => self.form.present(value),
            Action::Update => self.form.seen(value),
            Action::Delete | Action::Provision => OutcomeKind::Unchanged,
        };
        let error = match self.intent.action {
            Action::Create if self.intent.provisioned => Some(NOT_PROVISIONED.into()),
            Action::Create => None,
            Action::Update | Action::Delete | Action::Provision => Some(UNKNOWN.into()),
        };
        Finding { outcome, resolution: Resolution::Present, error }
    }

    /// It is not there.
    pub(crate) fn absent(&self) -> Finding {
        let error = match self.intent.action {
            Action::Create => return self.nothing_happened(),
            Action::Update => Some(UNKNOWN.into()),
            Action::Delete => None,
            Action::Provision => return self.nothing_happened(),
        };
        Finding { outcome: OutcomeKind::Absent, resolution: Resolution::Absent, error }
    }

    /// The call had no effect.
    pub(crate) fn nothing_happened(&self) -> Finding {
        let (outcome, resolution) = match self.intent.action {
            Action::Create => {
                (OutcomeKind::NotCreated { restore: self.intent.depose_current_as }, Resolution::NotCreated)
            }
            Action::Update | Action::Delete | Action::Provision => {
                (OutcomeKind::Unchanged, Resolution::Unchanged)
            }
        };
        let error = if self.intent.action == Action::Provision { COMMAND } else { UNKNOWN };
        Finding { outcome, resolution, error: Some(error.into()) }
    }

    /// A provider's text without what must not be shown.
    pub(crate) fn clean(&self, text: &str) -> String {
        redact::message(text, [&self.form.marks])
    }
}

/// The object that an update or delete was about.
fn remembered<'a>(intent: &Intent, input: &'a RecoveryInput<'_>) -> Option<&'a Object> {
    if intent.action == Action::Create {
        return None;
    }
    let instance = input.state.instances.get(&intent.address)?;
    match &intent.deposed {
        Some(key) => instance.deposed.get(key),
        None => instance.current.as_ref(),
    }
}

/// Encoded attributes as a value of the present schema.
fn decode(spec: &dyn ResourceSpec, version: u64, attributes: &serde_json::Value) -> Result<Value, String> {
    let schema = spec.schema();
    if version == schema.version {
        return json::decode(attributes, &schema.ty()).map_err(|error| error.to_string());
    }
    let upgraded = spec.upgrade(version, attributes).ok_or_else(|| {
        format!("it has schema version {version}, and the provider reads version {}", schema.version)
    })?;
    json::decode(&upgraded, &schema.ty()).map_err(|error| error.to_string())
}

/// A value that carries the marks of both.
fn marks(prior: Option<&Value>, planned: Option<&Value>) -> Value {
    match (prior, planned) {
        (Some(prior), Some(planned)) => planned.with_marks_of(prior),
        (Some(value), None) | (None, Some(value)) => value.clone(),
        (None, None) => Value::null(Type::Dynamic),
    }
}

fn form(intent: &Intent, schema: &Schema, object: Option<&Object>, marks: Value) -> Form {
    let token = match intent.action {
        Action::Create => Some(intent.token.clone()),
        Action::Update | Action::Delete | Action::Provision => object.and_then(|object| object.token.clone()),
    };
    Form {
        status: object.map_or(ObjectStatus::Ready, |object| object.status),
        provider: intent.provider.clone(),
        schema_version: schema.version,
        dependencies: intent.dependencies.clone(),
        former_dependencies: object.map(|object| object.dependencies.clone()).unwrap_or_default(),
        create_before_destroy: intent.create_before_destroy,
        token,
        marks,
        before: None,
        ty: schema.ty(),
    }
}
