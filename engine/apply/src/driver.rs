//! Runs the commands of a machine: the only async file of this crate.
//!
//! It is one loop over what can happen next, with the machine as owned state. It knows no runtime:
//! time comes from a [`Timer`], and everything else from the futures of the journal and the
//! connections. It decides nothing; a machine that is over ends the loop, and whatever still runs
//! then is dropped, which journal and connections allow.

use std::collections::BTreeMap;
use std::pin::{Pin, pin};
use std::sync::Arc;

use evenkeel_model::{InstanceAddress, Timestamp, Value};
use evenkeel_plan::{LocalExec, Opening};
use evenkeel_provider::{BoxFuture, Connection, ErrorKind, ProviderError};
use evenkeel_state::{Entry, ProviderConfigAddress, Serial};
use futures_util::future::{Either, FutureExt, select};
use futures_util::stream::{BoxStream, FuturesUnordered, Stream, StreamExt};

use crate::command::{AppendFailure, Call, CallId, CallResult, Command, Event};
use crate::machine::Machine;
use crate::recovery::Recovery;
use crate::report::{Notice, NoticeKind, Subject};

/// How often running steps are reported.
const STILL_MS: i64 = 10_000;

/// So many things that have happened are taken before the machine is asked what follows.
const TOGETHER_MAX: usize = 4_096;

/// A machine that can be driven.
pub trait Drive {
    /// Everything that may be done now.
    fn poll(&mut self) -> Vec<Command>;

    /// Takes what happened.
    fn handle(&mut self, event: Event, now: Timestamp);

    /// Whether it is over.
    fn is_over(&self) -> bool;

    /// What is worth telling the user since the last time.
    fn take_notices(&mut self) -> Vec<Notice>;
}

impl Drive for Machine {
    fn poll(&mut self) -> Vec<Command> {
        self.poll()
    }

    fn handle(&mut self, event: Event, now: Timestamp) {
        self.handle(event, now);
    }

    fn is_over(&self) -> bool {
        self.report().is_some()
    }

    fn take_notices(&mut self) -> Vec<Notice> {
        self.take_notices()
    }
}

impl Drive for Recovery {
    fn poll(&mut self) -> Vec<Command> {
        self.poll()
    }

    fn handle(&mut self, event: Event, now: Timestamp) {
        self.handle(event, now);
    }

    fn is_over(&self) -> bool {
        self.report().is_some()
    }

    fn take_notices(&mut self) -> Vec<Notice> {
        self.take_notices()
    }
}

/// Where entries are written.
pub trait Journal: Send + Sync {
    /// Writes entries, all or none; they are durable when it returns. The same entries may be
    /// offered again after a failure.
    fn append(&self, entries: Vec<Entry>) -> BoxFuture<'_, Result<Serial, AppendFailure>>;
}

/// Configured providers.
pub trait Connections: Send + Sync {
    /// The connection for a provider block with this configuration; opened at the first time and
    /// shared from then on.
    fn get<'a>(
        &'a self,
        provider: &'a ProviderConfigAddress,
        config: &'a Value,
    ) -> BoxFuture<'a, Result<Arc<dyn Connection>, ProviderError>>;
}

/// Runs commands on this machine.
pub trait Provisioners: Send + Sync {
    /// Starts a command. The stream tells what it says, and last how it ended; dropping it ends the
    /// command by force.
    fn start(&self, run: Arc<LocalExec>) -> BoxStream<'_, Said>;

    /// Asks the commands that run to end, and ends them by force when they do not.
    fn end(&self);
}

/// What comes of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// One line of what it says, as it may be shown.
    Line(String),
    /// It is over; with an error, it failed for this reason.
    Over(Result<(), String>),
}

/// Runs no commands: for recoveries, which have none.
pub struct NoProvisioners;

impl Provisioners for NoProvisioners {
    fn start(&self, _run: Arc<LocalExec>) -> BoxStream<'_, Said> {
        let over = Said::Over(Err("commands of a configuration are not run here".into()));
        futures_util::stream::once(std::future::ready(over)).boxed()
    }

    fn end(&self) {}
}

/// Opens ephemeral resources, and keeps them open.
pub trait Ephemerals: Send + Sync {
    /// Opens one; it stays open, and is renewed, until the run is over.
    fn open(&self, opening: Opening) -> BoxFuture<'_, Result<Value, ProviderError>>;
}

/// Opens nothing: for recoveries, which use nothing that is ephemeral.
pub struct NoEphemerals;

impl Ephemerals for NoEphemerals {
    fn open(&self, _opening: Opening) -> BoxFuture<'_, Result<Value, ProviderError>> {
        let error = ProviderError::new(ErrorKind::Other, "opening", "nothing is opened here");
        Box::pin(std::future::ready(Err(error)))
    }
}

/// What a machine's commands are carried out with.
#[derive(Clone, Copy)]
pub struct Shell<'a> {
    /// Where entries are written.
    pub journal: &'a dyn Journal,
    /// The providers.
    pub connections: &'a dyn Connections,
    /// What runs commands.
    pub provisioners: &'a dyn Provisioners,
    /// What opens ephemeral resources.
    pub ephemerals: &'a dyn Ephemerals,
    /// The clock.
    pub timer: &'a dyn Timer,
}

/// The clock.
pub trait Timer: Send + Sync {
    /// The time.
    fn now(&self) -> Timestamp;

    /// Ready at or after a time.
    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'_, ()>;
}

/// How the user wants a run to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupt {
    /// Finish what runs, start nothing new.
    Finish,
    /// At once.
    Abort,
}

/// What the user is told while a machine works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The first call of a step is made.
    Started(Subject),
    /// A step has been running for so long.
    Still {
        /// Which.
        subject: Subject,
        /// How long.
        elapsed_ms: i64,
    },
    /// A step is done.
    Done {
        /// Which.
        subject: Subject,
        /// How long it took.
        elapsed_ms: i64,
    },
    /// A step failed.
    Failed {
        /// Which.
        subject: Subject,
        /// How long it took.
        elapsed_ms: i64,
    },
    /// A step is not attempted because another one failed.
    Skipped {
        /// Which.
        subject: Subject,
        /// The one that failed.
        because: InstanceAddress,
    },
    /// A command beside a step begins.
    Provisioning(Subject),
    /// A command beside a step says something.
    Output {
        /// Beside which.
        subject: Subject,
        /// One line.
        line: String,
    },
    /// A command beside a step is over.
    Provisioned {
        /// Beside which.
        subject: Subject,
        /// Whether it failed.
        failed: bool,
    },
}

/// Drives a machine until it is over. Interrupts may come at any time and as often as the user
/// likes; a stream that ends is one without further interrupts.
pub async fn run(
    machine: &mut impl Drive,
    shell: Shell<'_>,
    interrupts: impl Stream<Item = Interrupt>,
    progress: &mut dyn FnMut(Progress),
) {
    let timer = shell.timer;
    let mut interrupts = pin!(interrupts.fuse());
    let mut running: FuturesUnordered<BoxFuture<'_, Happened<'_>>> = FuturesUnordered::new();
    let mut watch = Watch::default();
    let mut ticking = false;
    loop {
        for command in machine.poll() {
            running.extend(carry_out(command, shell));
        }
        watch.tell(machine.take_notices(), timer.now(), progress);
        if machine.is_over() {
            return;
        }
        if !ticking && let Some(at) = watch.next_tick() {
            ticking = true;
            running.push(Box::pin(async move {
                timer.sleep_until(at).await;
                Happened::Tick
            }));
        }
        match next(&mut running, interrupts.as_mut()).await {
            Some(happened) => {
                let mut ticked = take(happened, machine, &mut running, timer, &mut watch, progress);
                ticked |= take_all(machine, &mut running, timer, &mut watch, progress);
                ticking &= !ticked;
            }
            None => {
                debug_assert!(false, "a machine that is not over always waits for something");
                machine.handle(Event::Abort, timer.now());
            }
        }
    }
}

/// Takes what has happened already, so that what follows from it is written together; true when it was
/// time for a tick as well. Not without end: a command may say things faster than anybody listens.
fn take_all<'a>(
    machine: &mut impl Drive,
    running: &mut FuturesUnordered<BoxFuture<'a, Happened<'a>>>,
    timer: &dyn Timer,
    watch: &mut Watch,
    progress: &mut dyn FnMut(Progress),
) -> bool {
    let mut ticked = false;
    for _ in 0..TOGETHER_MAX {
        let Some(Some(happened)) = running.next().now_or_never() else { break };
        ticked |= take(happened, machine, running, timer, watch, progress);
    }
    ticked
}

/// Takes one thing that has happened; true when it was time for a tick.
fn take<'a>(
    happened: Happened<'a>,
    machine: &mut impl Drive,
    running: &mut FuturesUnordered<BoxFuture<'a, Happened<'a>>>,
    timer: &dyn Timer,
    watch: &mut Watch,
    progress: &mut dyn FnMut(Progress),
) -> bool {
    match happened {
        Happened::Event(event) => machine.handle(event, timer.now()),
        Happened::Said(Some(Said::Line(line)), command) => {
            progress(Progress::Output { subject: command.subject.clone(), line });
            running.push(listen(command));
        }
        Happened::Said(said, command) => {
            let result = match said {
                Some(Said::Over(result)) => result,
                Some(Said::Line(_)) | None => Err("it is not known how the command ended".into()),
            };
            machine.handle(Event::Provisioned { id: command.id, result }, timer.now());
        }
        Happened::Tick => {
            watch.tick(timer.now(), progress);
            return true;
        }
    }
    false
}

/// What the loop waits for.
enum Happened<'a> {
    Event(Event),
    Said(Option<Said>, Listening<'a>),
    Tick,
}

/// A command that runs.
struct Listening<'a> {
    id: CallId,
    subject: Subject,
    speech: BoxStream<'a, Said>,
}

fn listen<'a>(mut command: Listening<'a>) -> BoxFuture<'a, Happened<'a>> {
    Box::pin(async move {
        let said = command.speech.next().await;
        Happened::Said(said, command)
    })
}

/// The next thing that happens; `None` when nothing runs that could.
async fn next<'a, S>(
    running: &mut FuturesUnordered<BoxFuture<'a, Happened<'a>>>,
    mut interrupts: Pin<&mut S>,
) -> Option<Happened<'a>>
where
    S: Stream<Item = Interrupt>,
{
    if running.is_empty() {
        return None;
    }
    let interrupt = match select(interrupts.next(), running.next()).await {
        Either::Right((happened, _)) => return happened,
        Either::Left((interrupt, _)) => interrupt,
    };
    match interrupt {
        Some(Interrupt::Finish) => Some(Happened::Event(Event::Interrupt)),
        Some(Interrupt::Abort) => Some(Happened::Event(Event::Abort)),
        None => running.next().await,
    }
}

/// Carries a command out; nothing is left to wait for where there is no future.
fn carry_out<'a>(command: Command, shell: Shell<'a>) -> Option<BoxFuture<'a, Happened<'a>>> {
    let Shell { journal, connections, provisioners, ephemerals, timer } = shell;
    Some(match command {
        Command::Append { id, entries } => Box::pin(async move {
            Happened::Event(match journal.append(entries).await {
                Ok(serial) => Event::Appended { id, serial },
                Err(error) => Event::AppendFailed { id, error },
            })
        }),
        Command::Call { id, provider, provider_config, call, .. } => Box::pin(async move {
            let result = match connections.get(&provider, &provider_config).await {
                Ok(connection) => make(connection, call).await,
                Err(error) => call.not_made(error),
            };
            Happened::Event(Event::CallDone { id, result })
        }),
        Command::Open(opening) => Box::pin(async move {
            let address = opening.address.clone();
            Happened::Event(Event::Opened { address, result: ephemerals.open(opening).await })
        }),
        Command::Provision { id, subject, run } => {
            listen(Listening { id, subject, speech: provisioners.start(run) })
        }
        Command::EndProvisioners => {
            provisioners.end();
            return None;
        }
        Command::WakeAt { at } => Box::pin(async move {
            timer.sleep_until(at).await;
            Happened::Event(Event::Woken)
        }),
    })
}

async fn make(connection: Arc<dyn Connection>, call: Call) -> CallResult {
    match call {
        Call::Create(request) => CallResult::Create(connection.create(request).await),
        Call::Update(request) => CallResult::Update(connection.update(request).await),
        Call::Delete(request) => CallResult::Delete(connection.delete(request).await),
        Call::ReadData(request) => CallResult::ReadData(connection.read_data(request).await),
        Call::Find(request) => CallResult::Find(connection.find(request).await),
        Call::Observe(request) => {
            let missing = || ProviderError::new(ErrorKind::Other, "observing", "the provider gave no answer");
            let answer = connection.observe(vec![request]).await.pop();
            CallResult::Observe(answer.unwrap_or_else(|| Err(missing())))
        }
    }
}

/// Which steps run, and since when.
#[derive(Default)]
struct Watch {
    started: BTreeMap<Key, Running>,
}

/// Names a step; in a recovery, the same number may occur in several runs.
type Key = (InstanceAddress, Option<evenkeel_state::DeposedKey>, evenkeel_state::StepId);

struct Running {
    subject: Subject,
    since: Timestamp,
    next_tick: Timestamp,
}

impl Watch {
    fn tell(&mut self, notices: Vec<Notice>, now: Timestamp, progress: &mut dyn FnMut(Progress)) {
        for Notice { subject, kind } in notices {
            match kind {
                NoticeKind::Started => {
                    let running =
                        Running { subject: subject.clone(), since: now, next_tick: now.plus_ms(STILL_MS) };
                    self.started.insert(key(&subject), running);
                    progress(Progress::Started(subject));
                }
                NoticeKind::Done => {
                    let elapsed_ms = self.end(&subject, now);
                    progress(Progress::Done { subject, elapsed_ms });
                }
                NoticeKind::Failed => {
                    let elapsed_ms = self.end(&subject, now);
                    progress(Progress::Failed { subject, elapsed_ms });
                }
                NoticeKind::Skipped { because } => progress(Progress::Skipped { subject, because }),
                NoticeKind::Provisioning => progress(Progress::Provisioning(subject)),
                NoticeKind::Provisioned { failed } => progress(Progress::Provisioned { subject, failed }),
            }
        }
    }

    fn end(&mut self, subject: &Subject, now: Timestamp) -> i64 {
        let running = self.started.remove(&key(subject));
        running.map_or(0, |running| now.0.saturating_sub(running.since.0))
    }

    fn next_tick(&self) -> Option<Timestamp> {
        self.started.values().map(|running| running.next_tick).min()
    }

    fn tick(&mut self, now: Timestamp, progress: &mut dyn FnMut(Progress)) {
        for running in self.started.values_mut().filter(|running| running.next_tick <= now) {
            running.next_tick = now.plus_ms(STILL_MS);
            let elapsed_ms = now.0.saturating_sub(running.since.0);
            progress(Progress::Still { subject: running.subject.clone(), elapsed_ms });
        }
    }
}

fn key(subject: &Subject) -> Key {
    (subject.address.clone(), subject.deposed, subject.step)
}
