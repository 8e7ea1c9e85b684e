//! A step in execution: what it calls with, and what it has come to so far.

use std::sync::Arc;

use evenkeel_model::{InstanceAddress, ResourceAddress, Timestamp, Type, Value, json};
use evenkeel_plan::{Change, Finished, LocalExec, Plan, Step, StepKind, types::ActionReason};
use evenkeel_provider::{
    CreateRequest, DeleteRequest, FindRequest, ObserveRequest, ProviderError, ReadDataRequest, UpdateRequest,
    Written,
};
use evenkeel_state::{
    Action, DeposedKey, Intent, Object, ObjectStatus, OutcomeKind, ProviderConfigAddress, RunId, StepId,
    Token,
};

use crate::command::Call;
use crate::report::{Activity, Subject};

/// What a step calls next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Its own call.
    Call,
    /// A search or a look, to find out what became of its own call.
    Look,
}

/// What a step still has to do once its values are complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Its call.
    Call,
    /// Only to write down what the plan knows already: which values are sensitive.
    Remember,
    /// Nothing.
    Nothing,
}

/// A call that may or may not have happened.
#[derive(Clone, Debug)]
pub(crate) struct Doubt {
    /// What is not there after this time, is nowhere.
    pub(crate) believe_after: Timestamp,
    /// What left the doubt.
    pub(crate) error: ProviderError,
}

/// A step that has begun.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub(crate) subject: Subject,
    pub(crate) provider: ProviderConfigAddress,
    pub(crate) provider_config: Value,
    pub(crate) task: Task,
    /// Values whose sensitive parts no message may show.
    pub(crate) secrets: Vec<Value>,
    /// How often the step's own call was made.
    pub(crate) attempts: u32,
    /// How many looks there were since the last doubt.
    pub(crate) looks: u32,
    /// How many of the last looks failed.
    pub(crate) looks_failed: u32,
    pub(crate) doubt: Option<Doubt>,
}

/// What a step does, with what.
#[derive(Clone, Debug)]
pub(crate) enum Task {
    Create {
        planned: Value,
        config: Value,
        intent: Intent,
        form: Form,
    },
    Update {
        prior: Value,
        planned: Value,
        config: Value,
        intent: Intent,
        form: Form,
    },
    Delete {
        prior: Value,
        intent: Intent,
        form: Form,
    },
    Read {
        config: Value,
    },
    /// `made` is the new object with its marks, and how it is stored, where this is the last command that
    /// belongs to its creation.
    Provision {
        run: Arc<LocalExec>,
        intent: Intent,
        made: Option<Made>,
    },
}

/// A new object whose provisioners have not all run.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    /// As expressions see it.
    pub(crate) value: Value,
    /// As it is stored when they have.
    pub(crate) object: Object,
}

/// The parts of a stored object that do not come from the provider.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub(crate) status: ObjectStatus,
    pub(crate) provider: ProviderConfigAddress,
    pub(crate) schema_version: u64,
    pub(crate) dependencies: Vec<ResourceAddress>,
    /// What the object was made from before it is changed.
    pub(crate) former_dependencies: Vec<ResourceAddress>,
    pub(crate) create_before_destroy: bool,
    pub(crate) token: Option<Token>,
    /// Carries the marks that the stored attributes get.
    pub(crate) marks: Value,
    /// The object as the plan saw it, with its marks.
    pub(crate) before: Option<Value>,
    /// The type that the stored attributes are read back with.
    pub(crate) ty: Type,
}

impl Form {
    /// The object with these attributes. What a provider left unknown is stored as null.
    pub(crate) fn object(&self, value: &Value) -> Object {
        Object {
            status: self.status,
            provider: self.provider.clone(),
            schema_version: self.schema_version,
            attributes: json::encode_as(&self.marked(value), &self.ty).into(),
            dependencies: self.dependencies.clone(),
            create_before_destroy: self.create_before_destroy,
            token: self.token.clone(),
            private: None,
        }
    }

    /// The value as later steps and the state see it.
    pub(crate) fn marked(&self, value: &Value) -> Value {
        let known = value.map_bottom_up(&mut |value| {
            if value.is_unknown() { Value::null(value.ty()).with_marks(value.marks()) } else { value }
        });
        known.with_marks_of(&self.marks).with_echoes_marked(&self.marks)
    }

    pub(crate) fn present(&self, value: &Value) -> OutcomeKind {
        OutcomeKind::Present(Box::new(self.object(value)))
    }

    /// An object that is not, or not surely, what was planned: it may go on using what it was made
    /// from, so that has to outlive it too.
    pub(crate) fn seen(&self, value: &Value) -> OutcomeKind {
        let mut object = self.object(value);
        object.dependencies.extend(self.former_dependencies.iter().cloned());
        object.dependencies.sort();
        object.dependencies.dedup();
        OutcomeKind::Present(Box::new(object))
    }

    pub(crate) fn tainted(&self, value: &Value) -> OutcomeKind {
        let object = Object { status: ObjectStatus::Tainted, ..self.object(value) };
        OutcomeKind::Present(Box::new(object))
    }
}

/// What of the run goes into a step.
pub(crate) struct Context<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) run: RunId,
    /// The object that is changed, as far as it is known.
    pub(crate) remembered: Option<&'a Remembered>,
    /// Whether provisioners follow the creation of the object.
    pub(crate) is_provisioned: bool,
}

/// What state remembers of an object besides its attributes.
#[derive(Clone, Debug)]
pub(crate) struct Remembered {
    /// The token of the call that created it.
    pub(crate) token: Option<Token>,
    /// The resources it was made from.
    pub(crate) dependencies: Vec<ResourceAddress>,
}

impl Context<'_> {
    fn created_by(&self) -> Option<Token> {
        self.remembered.and_then(|remembered| remembered.token.clone())
    }
}

impl Work {
    /// A step with everything its call needs; `None` when the planner left out what this kind of
    /// step must have.
    pub(crate) fn new(context: &Context<'_>, step: &Step, finished: Finished) -> Option<Self> {
        let change = context.plan.change_of(step)?;
        let task = Task::new(context, step, change, &finished)?;
        Some(Self {
            subject: subject(step, change)?,
            secrets: secrets(change, &finished),
            provider: finished.provider,
            provider_config: finished.provider_config,
            task,
            attempts: 0,
            looks: 0,
            looks_failed: 0,
            doubt: None,
        })
    }

    /// What is left to do, as far as the provider is concerned: nothing where an update would change
    /// only what is remembered of the object, or not even that.
    pub(crate) fn need(&self) -> Need {
        let Task::Update { prior, planned, form, .. } = &self.task else { return Need::Call };
        if prior != planned || !planned.is_wholly_known() {
            return Need::Call;
        }
        match form.before.as_ref().map(Value::with_declared_marks) {
            Some(before) if before == form.marked(planned).with_declared_marks() => Need::Nothing,
            Some(_) | None => Need::Remember,
        }
    }

    /// A step that runs a command, beside the call that `subject` is about.
    pub(crate) fn command(
        subject: Subject,
        change: &Change,
        intent: Intent,
        run: LocalExec,
        made: Option<Made>,
    ) -> Self {
        Self {
            subject,
            provider: change.provider.clone(),
            provider_config: Value::null(Type::Dynamic),
            task: Task::Provision { run: Arc::new(run), intent, made },
            secrets: Vec::new(),
            attempts: 0,
            looks: 0,
            looks_failed: 0,
            doubt: None,
        }
    }

    pub(crate) fn address(&self) -> &InstanceAddress {
        &self.subject.address
    }

    /// The intent that precedes its call; reads have none.
    pub(crate) fn intent(&self) -> Option<&Intent> {
        match &self.task {
            Task::Create { intent, .. }
            | Task::Update { intent, .. }
            | Task::Delete { intent, .. }
            | Task::Provision { intent, .. } => Some(intent),
            Task::Read { .. } => None,
        }
    }

    /// What the object shall become.
    pub(crate) fn planned(&self) -> Option<&Value> {
        match &self.task {
            Task::Create { planned, .. } | Task::Update { planned, .. } => Some(planned),
            Task::Delete { .. } | Task::Read { .. } | Task::Provision { .. } => None,
        }
    }

    /// The new object as it stands now: not complete before its provisioners have run.
    pub(crate) fn made(&self, value: &Value) -> Option<Made> {
        let form = self.form()?;
        let object = Object { status: ObjectStatus::Ready, ..form.object(value) };
        Some(Made { value: value.clone(), object })
    }

    pub(crate) fn form(&self) -> Option<&Form> {
        match &self.task {
            Task::Create { form, .. } | Task::Update { form, .. } | Task::Delete { form, .. } => Some(form),
            Task::Read { .. } | Task::Provision { .. } => None,
        }
    }

    /// What is true when its call had no effect; `None` for reads, which leave no trace.
    pub(crate) fn no_effect(&self) -> Option<OutcomeKind> {
        match &self.task {
            Task::Create { intent, .. } => {
                Some(OutcomeKind::NotCreated { restore: intent.depose_current_as })
            }
            Task::Update { .. } | Task::Delete { .. } | Task::Provision { .. } => {
                Some(OutcomeKind::Unchanged)
            }
            Task::Read { .. } => None,
        }
    }

    /// The next call, counted; its number among those of its sort comes with it. None for a command.
    pub(crate) fn next_call(&mut self, next: Next) -> (u32, Option<Call>) {
        match next {
            Next::Call => {
                self.attempts += 1;
                (self.attempts, self.own_call())
            }
            Next::Look => {
                self.looks += 1;
                (self.looks, self.look())
            }
        }
    }

    fn own_call(&self) -> Option<Call> {
        let address = self.subject.address.clone();
        let kind = address.resource.kind.clone();
        Some(match &self.task {
            Task::Create { planned, config, intent, .. } => Call::Create(CreateRequest {
                kind,
                address,
                planned: planned.clone(),
                config: config.clone(),
                token: intent.token.0.clone(),
            }),
            Task::Update { prior, planned, config, intent, .. } => Call::Update(UpdateRequest {
                kind,
                address,
                prior: prior.clone(),
                planned: planned.clone(),
                config: config.clone(),
                token: intent.token.0.clone(),
            }),
            Task::Delete { prior, .. } => Call::Delete(DeleteRequest { kind, address, prior: prior.clone() }),
            Task::Read { config } => {
                Call::ReadData(ReadDataRequest { kind, address, config: config.clone() })
            }
            Task::Provision { .. } => return None,
        })
    }

    fn look(&self) -> Option<Call> {
        let address = self.subject.address.clone();
        let kind = address.resource.kind.clone();
        Some(match &self.task {
            Task::Create { planned, intent, .. } => Call::Find(FindRequest {
                kind,
                address,
                planned: planned.clone(),
                token: intent.token.0.clone(),
            }),
            Task::Update { prior, .. } | Task::Delete { prior, .. } => {
                let (prior, written) = (prior.clone(), Written::default());
                Call::Observe(ObserveRequest { kind, address, prior, written })
            }
            // A read leaves no doubt; looking again at it is reading again.
            Task::Read { config } => {
                Call::ReadData(ReadDataRequest { kind, address, config: config.clone() })
            }
            Task::Provision { .. } => return None,
        })
    }
}

impl Task {
    fn new(context: &Context<'_>, step: &Step, change: &Change, finished: &Finished) -> Option<Self> {
        let config = finished.config.clone();
        match &step.kind {
            StepKind::Create { depose, .. } => {
                let marked = finished.planned.clone()?;
                let intent = intent(context, step, change, finished, Action::Create, *depose)?;
                let mut form = form(change, finished, Some(intent.token.clone()), &marked);
                if intent.provisioned {
                    form.status = ObjectStatus::Tainted;
                }
                Some(Self::Create { planned: unmarked(&marked), config, intent, form })
            }
            StepKind::Update { .. } => {
                let marked = finished.planned.clone()?;
                let prior = unmarked(finished.prior.as_ref()?);
                let intent = intent(context, step, change, finished, Action::Update, None)?;
                let mut form = form(change, finished, context.created_by(), &marked);
                if let Some(remembered) = context.remembered {
                    form.former_dependencies.clone_from(&remembered.dependencies);
                }
                Some(Self::Update { prior, planned: unmarked(&marked), config, intent, form })
            }
            StepKind::Delete { .. } => {
                let prior = finished.prior.clone()?;
                let marks = change.before.clone().unwrap_or_else(|| prior.clone());
                let intent = intent(context, step, change, finished, Action::Delete, None)?;
                let mut form = form(change, finished, context.created_by(), &marks);
                if change.reason == Some(ActionReason::ReplaceBecauseTainted) {
                    form.status = ObjectStatus::Tainted;
                }
                Some(Self::Delete { prior: unmarked(&prior), intent, form })
            }
            StepKind::Read { .. } => Some(Self::Read { config }),
            StepKind::Provision { .. } | StepKind::Join { .. } => None,
        }
    }
}

/// What a step is about, for people; `None` for joins.
pub(crate) fn subject(step: &Step, change: &Change) -> Option<Subject> {
    let (activity, deposed, value) = match &step.kind {
        StepKind::Create { .. } => (Activity::Create, None, None),
        StepKind::Update { .. } => (Activity::Update, None, change.before.as_ref()),
        StepKind::Delete { deposed, .. } => (Activity::Delete, *deposed, change.before.as_ref()),
        StepKind::Read { .. } => (Activity::Read, None, None),
        StepKind::Provision { .. } => (Activity::Provision, None, change.before.as_ref()),
        StepKind::Join { .. } => return None,
    };
    let id = value.and_then(id_of);
    Some(Subject { step: step.id, address: change.address.clone(), deposed, activity, id })
}

/// The object's `id`, if it has one that may be shown.
pub(crate) fn id_of(value: &Value) -> Option<Arc<str>> {
    value.visible_id().map(Arc::from)
}

/// The intent to run a command beside the creation or destruction of an object.
pub(crate) fn command_intent(run: RunId, digest: &str, step: StepId, change: &Change) -> Intent {
    Intent {
        run,
        step,
        address: change.address.clone(),
        deposed: None,
        action: Action::Provision,
        depose_current_as: None,
        token: Token::derive(digest, run, step),
        provider: change.provider.clone(),
        schema_version: change.schema_version,
        planned: Arc::default(),
        dependencies: change.dependencies.clone(),
        create_before_destroy: change.create_before_destroy,
        provisioned: false,
    }
}

fn intent(
    context: &Context<'_>,
    step: &Step,
    change: &Change,
    finished: &Finished,
    action: Action,
    depose: Option<DeposedKey>,
) -> Option<Intent> {
    let deposed = subject(step, change)?.deposed;
    let planned = match action {
        Action::Create | Action::Update => json::encode_as(finished.planned.as_ref()?, &finished.ty),
        Action::Delete | Action::Provision => serde_json::Value::Null,
    };
    Some(Intent {
        run: context.run,
        step: step.id,
        address: change.address.clone(),
        deposed,
        action,
        depose_current_as: depose,
        token: Token::derive(context.plan.digest(), context.run, step.id),
        provider: finished.provider.clone(),
        schema_version: change.schema_version,
        planned: Arc::new(planned),
        dependencies: change.dependencies.clone(),
        create_before_destroy: change.create_before_destroy,
        provisioned: action == Action::Create && context.is_provisioned,
    })
}

fn form(change: &Change, finished: &Finished, token: Option<Token>, marks: &Value) -> Form {
    Form {
        status: ObjectStatus::Ready,
        provider: finished.provider.clone(),
        schema_version: change.schema_version,
        dependencies: change.dependencies.clone(),
        former_dependencies: Vec::new(),
        create_before_destroy: change.create_before_destroy,
        token,
        marks: marks.clone(),
        before: change.before.clone(),
        ty: finished.ty.clone(),
    }
}

fn secrets(change: &Change, finished: &Finished) -> Vec<Value> {
    let values = [&change.before, &change.after, &finished.planned].into_iter().flatten();
    values.chain([&finished.marked]).filter(|value| !value.all_marks().is_empty()).cloned().collect()
}

fn unmarked(value: &Value) -> Value {
    value.clone().unmark_deep().0
}
