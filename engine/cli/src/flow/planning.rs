//! Rounds of planning: the planner asks, the clouds answer, until there is a plan.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::{Diagnostics, InstanceAddress, ResourceAddress, Value};
use evenkeel_plan::governor::Acting;
use evenkeel_plan::{Answers, DataAnswer, ImportAnswer, Input, Opening, Options, Plan, Planning, Question};
use evenkeel_provider::{ErrorKind, ImportRequest, ObserveRequest, ProviderError, ReadDataRequest};
use evenkeel_state::{DeposedKey, Identities, ProviderConfigAddress, State};
use futures_util::stream::{self, StreamExt};

use crate::error::{Failure, sentences};
use crate::flow::Session;
use crate::flow::digest;
use crate::flow::ephemeral;
use crate::flow::identities;
use crate::flow::interrupt::Signals;
use crate::flow::load::Loaded;
use crate::flow::why::Sources;

/// More rounds than this mean that the planner would ask for ever.
const ROUNDS_MAX: usize = 100;

/// A plan and what it was made from.
pub struct Planned {
    /// The plan.
    pub plan: Arc<Plan>,
    /// The configuration.
    pub loaded: Loaded,
    /// How it was planned.
    pub options: Options,
    /// The state it was made from.
    pub state: State,
    /// How often the clouds were asked.
    pub rounds: usize,
    /// The instances that were looked at and exist.
    pub observed: Vec<InstanceAddress>,
    /// The values of the root variables it was made with.
    pub variables: BTreeMap<Arc<str>, Value>,
    /// What the clouds said.
    pub answers: Answers,
    /// What was noticed on the way, to be told after the plan.
    pub warnings: Diagnostics,
    /// Where its reasons come from, as far as that was found out.
    pub sources: Sources,
    /// Whom the provider blocks act for that were asked.
    pub acting: Acting,
}

/// Why there is no plan.
pub struct NotPlanned {
    /// What is wrong.
    pub failure: Failure,
    /// What was planned besides: to be shown, and never to be applied.
    pub partial: Option<Box<Planned>>,
}

impl From<NotPlanned> for Failure {
    fn from(failed: NotPlanned) -> Self {
        failed.failure
    }
}

impl From<Failure> for NotPlanned {
    fn from(failure: Failure) -> Self {
        Self { failure, partial: None }
    }
}

/// What to plan.
#[derive(Clone)]
pub struct Wish {
    /// The configuration.
    pub loaded: Loaded,
    /// Values of the root variables.
    pub variables: BTreeMap<Arc<str>, Value>,
    /// How to plan.
    pub options: Options,
    /// How many data sources are read at the same time.
    pub parallelism: usize,
}

/// What rounds of planning come to.
enum Outcome {
    Planned(Box<Planned>),
    Generated(Blocks, Answers),
}

/// Blocks for resources that are only stubs.
pub type Blocks = BTreeMap<ResourceAddress, String>;

impl Outcome {
    fn planned(self) -> Result<Planned, NotPlanned> {
        match self {
            Self::Planned(planned) => Ok(*planned),
            Self::Generated(..) => Err(Failure::plain(
                "The plan has stubs",
                "Configuration was generated where none was asked for. This is a bug in Evenkeel.",
            )
            .into()),
        }
    }
}

/// Writes the blocks of the resources that are only stubs; gives them with what the clouds said, so that
/// they are not asked again. Stops when the user asks to.
pub async fn generate(
    session: &Session,
    wish: Wish,
    state: State,
    signals: &Signals,
) -> Result<(Blocks, Answers), NotPlanned> {
    let (blocks, answers) = match interruptible(session, wish, state, Answers::default(), signals).await? {
        Outcome::Generated(blocks, answers) => (blocks, answers),
        Outcome::Planned(planned) => (Blocks::new(), planned.answers),
    };
    // What was opened is closed by now.
    Ok((blocks, Answers { opened: BTreeMap::new(), ..answers }))
}

/// Plans against a state. Stops when the user asks to.
pub async fn plan(
    session: &Session,
    wish: Wish,
    state: State,
    signals: &Signals,
) -> Result<Planned, NotPlanned> {
    plan_with(session, wish, state, Answers::default(), signals).await
}

/// The same, with what the clouds said before.
pub async fn plan_with(
    session: &Session,
    wish: Wish,
    state: State,
    answers: Answers,
    signals: &Signals,
) -> Result<Planned, NotPlanned> {
    interruptible(session, wish, state, answers, signals).await?.planned()
}

/// Plans for a command that does not show the plan: warnings are told at once.
pub async fn plan_unseen(
    session: &Session,
    wish: Wish,
    state: State,
    signals: &Signals,
) -> Result<Planned, Failure> {
    let planned = plan(session, wish, state, signals).await?;
    session.ui.diagnostics(&planned.warnings, Some(&planned.loaded.snapshot));
    Ok(planned)
}

/// Rounds that end when the user asks to; what they opened is closed in any case.
async fn interruptible(
    session: &Session,
    wish: Wish,
    state: State,
    answers: Answers,
    signals: &Signals,
) -> Result<Outcome, NotPlanned> {
    let outcome = tokio::select! {
        outcome = rounds(session, wish, state, answers, Asking::Allowed) => outcome,
        () = signals.first() => Err(Failure::interrupted().into()),
    };
    ephemeral::close(session).await;
    outcome
}

/// Makes a plan again from the answers it was made from. Its digest has no key yet.
pub async fn replay(
    session: &Session,
    wish: Wish,
    state: State,
    answers: Answers,
) -> Result<Planned, NotPlanned> {
    let outcome = rounds(session, wish, state, answers, Asking::Refused).await;
    ephemeral::close(session).await;
    outcome?.planned()
}

/// Whether the clouds may be asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asking {
    Allowed,
    /// What was asked once is known; nobody is asked again.
    Refused,
}

/// What is asked about in a plan that is made again has to be in the file.
fn refuse(questions: &[Question]) -> Result<(), Failure> {
    let missing = questions.iter().find_map(|question| match question {
        Question::Observe { address, .. }
        | Question::Import { address, .. }
        | Question::ReadData { address, .. } => Some(address),
        // What an ephemeral resource gives is never recorded.
        Question::Open { .. } => None,
    });
    let Some(address) = missing else { return Ok(()) };
    let detail = format!(
        "What the provider said about {address} is not in the file, so the plan cannot be made again from it. The \
         file was made by another version, or it was changed."
    );
    Err(Failure::plain("The plan comes out differently", detail))
}

async fn rounds(
    session: &Session,
    wish: Wish,
    state: State,
    mut answers: Answers,
    asking: Asking,
) -> Result<Outcome, NotPlanned> {
    session.revision.set(wish.loaded.snapshot.clone(), wish.loaded.root.clone());
    let mut now = Identities::new();
    for round in 1..=ROUNDS_MAX {
        let input = Input {
            snapshot: &wish.loaded.snapshot,
            configuration: &wish.loaded.configuration,
            state: &state,
            catalog: &session.catalog,
            variables: &wish.variables,
            options: &wish.options,
            answers: &answers,
        };
        // Planning computes and does not wait: other tasks (the lease) go on meanwhile.
        match tokio::task::block_in_place(|| evenkeel_plan::plan(&input)) {
            Planning::Done(plan, found) => {
                let mut planned = planned(plan, wish, state, answers, round);
                planned.warnings.extend(found);
                if asking == Asking::Allowed {
                    digest::prepare(session, &planned.plan).await?;
                }
                planned.acting = identities::acting(session, now).await?;
                ephemeral::put_off(session, &planned);
                return Ok(Outcome::Planned(Box::new(planned)));
            }
            Planning::Failed(found, partial) => {
                let mut diagnostics = wish.loaded.warnings.clone();
                diagnostics.extend(found);
                let failure = Failure::in_files(diagnostics, &wish.loaded.snapshot);
                let partial = partial.map(|plan| Box::new(planned(plan, wish, state, answers, round)));
                if let Some(partial) = partial.as_ref().filter(|_| asking == Asking::Allowed) {
                    digest::prepare(session, &partial.plan).await?;
                }
                return Err(NotPlanned { failure, partial });
            }
            Planning::Generated(blocks) => return Ok(Outcome::Generated(blocks, answers)),
            Planning::Ask(questions) => {
                if asking == Asking::Refused {
                    refuse(&questions)?;
                }
                session.ui.refreshing(&questions);
                let messages = session.ui.when_refreshed(&questions);
                now.extend(answer(session, questions, &mut answers, wish.parallelism).await?);
                session.ui.refreshed(messages);
            }
        }
    }
    Err(Failure::plain(
        "The plan does not come to an end",
        format!("After {ROUNDS_MAX} rounds of questions there is still no plan. This is a bug in Evenkeel."),
    )
    .into())
}

fn planned(plan: Box<Plan>, wish: Wish, state: State, answers: Answers, rounds: usize) -> Planned {
    let Wish { loaded, options, variables, .. } = wish;
    let seen = answers.observed.iter();
    let observed = seen
        .filter(|((_, deposed), answer)| deposed.is_none() && matches!(answer, Ok(Some(_))))
        .map(|((address, _), _)| address.clone())
        .collect();
    let warnings = loaded.warnings.clone();
    let (plan, sources) = (Arc::from(plan), Sources::default());
    let acting = Acting::default();
    Planned { plan, loaded, options, state, rounds, observed, variables, answers, warnings, sources, acting }
}

type ObjectKey = (InstanceAddress, Option<DeposedKey>);

/// Observations that go to one connection with one call.
#[derive(Default)]
struct Batch {
    keys: Vec<ObjectKey>,
    requests: Vec<ObserveRequest>,
}

/// Has the questions answered; gives whom the providers act for that were asked about objects.
async fn answer(
    session: &Session,
    questions: Vec<Question>,
    answers: &mut Answers,
    parallelism: usize,
) -> Result<Identities, Failure> {
    let mut batches: BTreeMap<(ProviderConfigAddress, Value), Batch> = BTreeMap::new();
    let mut reads = Vec::new();
    let mut imports = Vec::new();
    let mut openings = Vec::new();
    for question in questions {
        match question {
            Question::Observe { address, deposed, provider, provider_config, prior, written, id: _ } => {
                let batch = batches.entry((provider, provider_config)).or_default();
                let kind = address.resource.kind.clone();
                batch.keys.push((address.clone(), deposed));
                batch.requests.push(ObserveRequest { kind, address, prior, written });
            }
            Question::Import { address, provider, provider_config, id, prior } => {
                let kind = address.resource.kind.clone();
                imports.push((provider, provider_config, ImportRequest { kind, address, id, prior }));
            }
            Question::Open { address, provider, provider_config, config } => {
                openings.push(Opening { address, provider, provider_config, config });
            }
            Question::ReadData { address, provider, provider_config, config } => {
                reads.push((provider, provider_config, address, config));
            }
        }
    }
    for wanted in openings {
        let address = wanted.address.clone();
        answers.opened.insert(address, ephemeral::open(session, wanted).await?);
    }
    let mut now = Identities::new();
    let observing = observe_all(session, batches, &mut now);
    let reading = read_all(session, reads, parallelism);
    let importing = import_all(session, imports, parallelism);
    let (observed, read, imported) = futures_util::future::try_join3(observing, reading, importing).await?;
    answers.imported.extend(imported);
    match answers.observed.is_empty() {
        // All at once, and not each for itself.
        true => answers.observed = observed.into_iter().collect(),
        false => answers.observed.extend(observed),
    }
    answers.data.extend(read);
    Ok(now)
}

async fn observe_all(
    session: &Session,
    batches: BTreeMap<(ProviderConfigAddress, Value), Batch>,
    now: &mut Identities,
) -> Result<Vec<(ObjectKey, Result<Option<Value>, ProviderError>)>, Failure> {
    let all = batches.into_iter().map(|((provider, config), batch)| async move {
        let connection = session.pool.connection(&provider.provider, &config).await;
        let connection = connection.map_err(|error| not_configured(&provider, &error))?;
        let mut seen = connection.observe(batch.requests).await.into_iter();
        let missing = || {
            let detail = "the provider gave no answer, which is a bug in the provider";
            Err(ProviderError::new(ErrorKind::Other, "observing", detail))
        };
        let seen = batch.keys.into_iter().map(|key| (key, seen.next().unwrap_or_else(missing)));
        let seen: Vec<_> = seen.collect();
        Ok::<_, Failure>((connection.identity().map(|identity| (provider, identity)), seen))
    });
    let all = futures_util::future::try_join_all(all).await?;
    Ok(all
        .into_iter()
        .flat_map(|(identity, seen)| {
            now.extend(identity);
            seen
        })
        .collect())
}

async fn import_all(
    session: &Session,
    imports: Vec<(ProviderConfigAddress, Value, ImportRequest)>,
    parallelism: usize,
) -> Result<Vec<(InstanceAddress, ImportAnswer)>, Failure> {
    let all = imports.into_iter().map(|(provider, provider_config, request)| async move {
        let connection = session.pool.connection(&provider.provider, &provider_config).await;
        let connection = connection.map_err(|error| not_configured(&provider, &error))?;
        let (address, id) = (request.address.clone(), request.id.clone());
        let result = connection.import(request).await;
        Ok::<_, Failure>((address, ImportAnswer { id, result }))
    });
    let done: Vec<_> = stream::iter(all).buffer_unordered(parallelism.max(1)).collect().await;
    done.into_iter().collect()
}

async fn read_all(
    session: &Session,
    reads: Vec<(ProviderConfigAddress, Value, InstanceAddress, Value)>,
    parallelism: usize,
) -> Result<Vec<(InstanceAddress, DataAnswer)>, Failure> {
    let all = reads.into_iter().map(|(provider, provider_config, address, config)| async move {
        let connection = session.pool.connection(&provider.provider, &provider_config).await;
        let connection = connection.map_err(|error| not_configured(&provider, &error))?;
        let kind = address.resource.kind.clone();
        let request = ReadDataRequest { kind, address: address.clone(), config: config.clone() };
        let result = connection.read_data(request).await;
        Ok::<_, Failure>((address, DataAnswer { config, result }))
    });
    let done: Vec<_> = stream::iter(all).buffer_unordered(parallelism.max(1)).collect().await;
    done.into_iter().collect()
}

pub fn not_configured(provider: &ProviderConfigAddress, error: &ProviderError) -> Failure {
    let message = format!("{provider}: {}: {}", error.operation, error.detail);
    Failure::plain("Provider configuration failed", sentences(&message, &error.remedy))
}
