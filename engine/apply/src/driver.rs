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
use evenkeel_provider::{BoxFuture, Connection, ErrorKind, ProviderError};
use evenkeel_state::{Entry, ProviderConfigAddress, Serial};
use futures_util::future::{Either, FutureExt, select};
use futures_util::stream::{FuturesUnordered, Stream, StreamExt};

use crate::command::{AppendFailure, Call, CallResult, Command, Event};
use crate::machine::Machine;
use crate::recovery::Recovery;
use crate::report::{Notice, NoticeKind, Subject};

/// How often running steps are reported.
const STILL_MS: i64 = 10_000;

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
}

/// Drives a machine until it is over. Interrupts may come at any time and as often as the user
/// likes; a stream that ends is one without further interrupts.
pub async fn run(
    machine: &mut impl Drive,
    journal: &dyn Journal,
    connections: &dyn Connections,
    timer: &dyn Timer,
    interrupts: impl Stream<Item = Interrupt>,
    progress: &mut dyn FnMut(Progress),
) {
    let mut interrupts = pin!(interrupts.fuse());
    let mut running: FuturesUnordered<BoxFuture<'_, Happened>> = FuturesUnordered::new();
    let mut watch = Watch::default();
    let mut ticking = false;
    loop {
        for command in machine.poll() {
            running.push(carry_out(command, journal, connections, timer));
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
            Some(Happened::Event(event)) => {
                machine.handle(event, timer.now());
                ticking &= !take_all(machine, &mut running, timer, &mut watch, progress);
            }
            Some(Happened::Tick) => {
                ticking = false;
                watch.tick(timer.now(), progress);
            }
            None => {
                debug_assert!(false, "a machine that is not over always waits for something");
                machine.handle(Event::Abort, timer.now());
            }
        }
    }
}

/// Takes everything that has happened already, so that what follows from it is written together; true
/// when it was time for a tick as well.
fn take_all(
    machine: &mut impl Drive,
    running: &mut FuturesUnordered<BoxFuture<'_, Happened>>,
    timer: &dyn Timer,
    watch: &mut Watch,
    progress: &mut dyn FnMut(Progress),
) -> bool {
    let mut ticked = false;
    while let Some(Some(happened)) = running.next().now_or_never() {
        match happened {
            Happened::Event(event) => machine.handle(event, timer.now()),
            Happened::Tick => {
                ticked = true;
                watch.tick(timer.now(), progress);
            }
        }
    }
    ticked
}

/// What the loop waits for.
enum Happened {
    Event(Event),
    Tick,
}

/// The next thing that happens; `None` when nothing runs that could.
async fn next<S>(
    running: &mut FuturesUnordered<BoxFuture<'_, Happened>>,
    mut interrupts: Pin<&mut S>,
) -> Option<Happened>
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

fn carry_out<'a>(
    command: Command,
    journal: &'a dyn Journal,
    connections: &'a dyn Connections,
    timer: &'a dyn Timer,
) -> BoxFuture<'a, Happened> {
    match command {
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
        Command::WakeAt { at } => Box::pin(async move {
            timer.sleep_until(at).await;
            Happened::Event(Event::Woken)
        }),
    }
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
