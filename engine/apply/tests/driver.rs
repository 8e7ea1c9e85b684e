//! The driver against a journal in memory, a slow provider and a clock that jumps to the next thing
//! that somebody waits for.

mod common;

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use common::plans::{FakeFinisher, address, base_state, plan};
use common::spec::{TestSpec, marked, object, provider};
use evenkeel_apply::{
    AppendFailure, Connections, Ephemerals, Interrupt, Journal, Machine, MachineOptions, PendingIntent,
    Progress, Provisioners, Recovery, RecoveryInput, Resolution, Said, Shell, StepStatus, Timer, run,
};
use evenkeel_model::{Timestamp, Value, json};
use evenkeel_plan::{LocalExec, Opening};
use evenkeel_provider::{
    BoxFuture, Connection, CreateRequest, DeleteRequest, ErrorKind, Failed, FindRequest, ObserveRequest,
    ProviderError, ReadDataRequest, UpdateRequest,
};
use evenkeel_state::{
    Action, Entry, Intent, ObjectStatus, ProviderConfigAddress, RunId, RunKind, RunStatus, Serial, State,
    StepId, Token,
};
use futures_util::stream::{self, BoxStream, Stream, StreamExt};

/// A clock that stands still unless nothing else can happen.
#[derive(Clone, Default)]
struct Clock(Arc<Mutex<Time>>);

#[derive(Default)]
struct Time {
    now: i64,
    sleepers: Vec<(i64, Waker)>,
}

impl Timer for Clock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.lock().unwrap().now)
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'_, ()> {
        Box::pin(poll_fn(move |context| {
            let mut time = self.0.lock().unwrap();
            if time.now >= at.0 {
                return Poll::Ready(());
            }
            time.sleepers.push((at.0, context.waker().clone()));
            Poll::Pending
        }))
    }
}

impl Clock {
    async fn pass(&self, ms: i64) {
        self.sleep_until(self.now().plus_ms(ms)).await;
    }

    /// Jumps to the next thing that somebody waits for; false when there is none.
    fn jump(&self) -> bool {
        let mut time = self.0.lock().unwrap();
        let Some(next) = time.sleepers.iter().map(|(at, _)| *at).min() else { return false };
        time.now = time.now.max(next);
        let now = time.now;
        let (due, later) = std::mem::take(&mut time.sleepers).into_iter().partition(|(at, _)| *at <= now);
        time.sleepers = later;
        drop(time);
        due.into_iter().for_each(|(_, waker): (i64, Waker)| waker.wake());
        true
    }

    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        let flag = Arc::new(Flag(AtomicBool::new(true)));
        let waker = Waker::from(flag.clone());
        loop {
            if flag.0.swap(false, Ordering::SeqCst) {
                if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                    return value;
                }
            } else {
                assert!(self.jump(), "everybody waits for somebody else");
            }
        }
    }
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

struct MemoryJournal {
    clock: Clock,
    state: Mutex<State>,
    entries: Mutex<Vec<Entry>>,
    lost_after: usize,
}

impl Journal for MemoryJournal {
    fn append(&self, entries: Vec<Entry>) -> BoxFuture<'_, Result<Serial, AppendFailure>> {
        Box::pin(async move {
            self.clock.pass(5).await;
            let mut written = self.entries.lock().unwrap();
            if written.len() >= self.lost_after {
                return Err(AppendFailure::LeaseLost);
            }
            let mut state = self.state.lock().unwrap();
            entries.iter().for_each(|entry| state.fold(entry));
            written.extend(entries);
            Ok(state.serial)
        })
    }
}

/// A provider whose calls take as many milliseconds as their object's name says.
struct Slow {
    clock: Clock,
    running: AtomicUsize,
    running_max: AtomicUsize,
}

impl Slow {
    async fn take_time(&self, name: &str) {
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.running_max.fetch_max(running, Ordering::SeqCst);
        let digits: String = name.chars().filter(char::is_ascii_digit).collect();
        self.clock.pass(digits.parse().unwrap_or(0)).await;
        self.running.fetch_sub(1, Ordering::SeqCst);
    }
}

fn made(name: &str) -> Value {
    object(Some(&format!("id-{name}")), name)
}

struct SlowConnection(Arc<Slow>);

impl Connection for SlowConnection {
    fn observe(
        &self,
        requests: Vec<ObserveRequest>,
    ) -> BoxFuture<'_, Vec<Result<Option<Value>, ProviderError>>> {
        Box::pin(async move { requests.into_iter().map(|request| Ok(Some(request.prior))).collect() })
    }

    fn read_data(&self, request: ReadDataRequest) -> BoxFuture<'_, Result<Value, ProviderError>> {
        Box::pin(async move { Ok(made(&request.address.resource.name)) })
    }

    fn create(&self, request: CreateRequest) -> BoxFuture<'_, Result<Value, Failed>> {
        Box::pin(async move {
            self.0.take_time(&request.address.resource.name).await;
            Ok(made(&request.address.resource.name))
        })
    }

    fn update(&self, request: UpdateRequest) -> BoxFuture<'_, Result<Value, Failed>> {
        Box::pin(async move { Ok(request.planned) })
    }

    fn delete(&self, _: DeleteRequest) -> BoxFuture<'_, Result<(), Failed>> {
        Box::pin(async move { Ok(()) })
    }

    fn find(&self, request: FindRequest) -> BoxFuture<'_, Result<Option<Value>, ProviderError>> {
        Box::pin(async move { Ok(Some(made(&request.address.resource.name))) })
    }
}

struct OneConnection {
    connection: Arc<dyn Connection>,
    refuse: Option<ErrorKind>,
}

impl Connections for OneConnection {
    fn get<'a>(
        &'a self,
        _: &'a ProviderConfigAddress,
        _: &'a Value,
    ) -> BoxFuture<'a, Result<Arc<dyn Connection>, ProviderError>> {
        Box::pin(async move {
            match self.refuse {
                Some(kind) => Err(ProviderError::new(kind, "configuring", "no credentials")),
                None => Ok(self.connection.clone()),
            }
        })
    }
}

/// Everything around a machine.
struct World {
    clock: Clock,
    slow: Arc<Slow>,
    journal: MemoryJournal,
    connections: OneConnection,
    commands: Commands,
    progress: Vec<String>,
}

/// Commands that say two things, one a millisecond, and take 100 ms in all or until they are ended.
struct Commands {
    clock: Clock,
    ended: Arc<AtomicBool>,
}

impl Provisioners for Commands {
    fn start(&self, run: Arc<LocalExec>) -> BoxStream<'_, Said> {
        let begun = self.clock.now();
        let said = stream::iter(0..3).then(move |line| {
            let (clock, ended, run) = (self.clock.clone(), self.ended.clone(), run.clone());
            async move {
                for ms in 0..if line < 2 { 1 } else { 98 } {
                    if ended.load(Ordering::SeqCst) {
                        return Said::Over(Err("ended".into()));
                    }
                    clock.sleep_until(begun.plus_ms(line + ms + 1)).await;
                }
                if line < 2 { Said::Line(format!("{} says {line}", run.command)) } else { Said::Over(Ok(())) }
            }
        });
        said.boxed()
    }

    fn end(&self) {
        self.ended.store(true, Ordering::SeqCst);
    }
}

/// Opens everything at once.
struct Leases;

impl Ephemerals for Leases {
    fn open(&self, _opening: Opening) -> BoxFuture<'_, Result<Value, ProviderError>> {
        Box::pin(std::future::ready(Ok(Value::string("open"))))
    }
}

impl World {
    fn new(state: State) -> Self {
        let clock = Clock::default();
        let slow = Arc::new(Slow {
            clock: clock.clone(),
            running: AtomicUsize::new(0),
            running_max: AtomicUsize::new(0),
        });
        let journal = MemoryJournal {
            clock: clock.clone(),
            state: Mutex::new(state),
            entries: Mutex::default(),
            lost_after: usize::MAX,
        };
        let connections = OneConnection { connection: Arc::new(SlowConnection(slow.clone())), refuse: None };
        let commands = Commands { clock: clock.clone(), ended: Arc::default() };
        Self { clock, slow, journal, connections, commands, progress: Vec::new() }
    }

    fn drive(&mut self, machine: &mut impl evenkeel_apply::Drive, interrupts: impl Stream<Item = Interrupt>) {
        let mut told = Vec::new();
        let mut progress = |progress| told.push(describe(progress));
        self.clock.block_on(run(
            machine,
            Shell {
                journal: &self.journal,
                connections: &self.connections,
                provisioners: &self.commands,
                ephemerals: &Leases,
                timer: &self.clock,
            },
            interrupts,
            &mut progress,
        ));
        self.progress = told;
    }

    /// An interrupt of each kind at a time.
    fn at(&self, times: &[(i64, Interrupt)]) -> impl Stream<Item = Interrupt> + use<> {
        let clock = self.clock.clone();
        stream::iter(times.to_vec()).then(move |(at, interrupt)| {
            let clock = clock.clone();
            async move {
                clock.sleep_until(Timestamp(at)).await;
                interrupt
            }
        })
    }
}

fn describe(progress: Progress) -> String {
    match progress {
        Progress::Started(subject) => format!("{} {:?}", subject.address.resource.name, subject.activity),
        Progress::Still { subject, elapsed_ms } => {
            format!("{} still {elapsed_ms}", subject.address.resource.name)
        }
        Progress::Done { subject, elapsed_ms } => {
            let id = subject.id.as_deref().unwrap_or_default();
            format!("{} done {elapsed_ms} [{id}]", subject.address.resource.name)
        }
        Progress::Failed { subject, elapsed_ms } => {
            format!("{} failed {elapsed_ms}", subject.address.resource.name)
        }
        Progress::Skipped { subject, because } => {
            format!("{} skipped, {} failed", subject.address.resource.name, because.resource.name)
        }
        Progress::Provisioning(subject) => format!("{} is provisioned", subject.address.resource.name),
        Progress::Output { subject, line } => format!("{}: {line}", subject.address.resource.name),
        Progress::Provisioned { subject, failed } => {
            format!("{} command {}", subject.address.resource.name, if failed { "failed" } else { "done" })
        }
    }
}

fn machine(lines: &[&str]) -> (Machine, World) {
    let plan = plan(lines);
    let world = World::new(base_state(&plan));
    let options = MachineOptions { parallelism: 2, ..Default::default() };
    (Machine::new(FakeFinisher::new(plan), RunId(1), RunKind::Apply, options), world)
}

#[test]
fn calls_run_together_and_long_ones_are_reported() {
    let (mut machine, mut world) =
        machine(&["0 create a100", "1 create b25000", "2 create c50", "3 update d needs 0 1", "4 read e"]);
    world.drive(&mut machine, stream::empty());
    let report = machine.report().unwrap();
    assert_eq!(report.status, RunStatus::Succeeded);
    assert_eq!(report.serial, Some(world.journal.state.lock().unwrap().serial));
    assert_eq!(world.slow.running_max.load(Ordering::SeqCst), 2);
    assert_eq!(
        world.progress,
        [
            "e Read",
            "a100 Create",
            "e done 0 []",
            "b25000 Create",
            "c50 Create",
            "a100 done 105 [id-a100]",
            "c50 done 55 [id-c50]",
            "b25000 still 10000",
            "b25000 still 20000",
            "b25000 done 25005 [id-b25000]",
            "d Update",
            "d done 5 [id-d]",
        ]
    );
}

#[test]
fn an_interrupt_lets_running_calls_end_and_an_abort_does_not() {
    let lines = ["0 create a100", "1 create b900", "2 create c1 needs 0"];
    let (mut interrupted, mut world) = machine(&lines);
    let interrupts = world.at(&[(50, Interrupt::Finish)]);
    world.drive(&mut interrupted, interrupts);
    let report = interrupted.report().unwrap();
    assert_eq!(report.status, RunStatus::Interrupted);
    assert_eq!((report.counts.added, report.counts.skipped), (2, 1));
    assert!(world.journal.state.lock().unwrap().pending.is_empty());

    let (mut aborted, mut world) = machine(&lines);
    let interrupts = world.at(&[(50, Interrupt::Finish), (200, Interrupt::Abort)]);
    world.drive(&mut aborted, interrupts);
    let report = aborted.report().unwrap();
    assert_eq!(report.status, RunStatus::Abandoned);
    assert_eq!(report.steps[1].status, StepStatus::Unresolved);
    assert_eq!(world.clock.now(), Timestamp(200));
    assert_eq!(world.journal.state.lock().unwrap().pending.len(), 1);
}

#[test]
fn a_provider_that_cannot_be_configured_did_nothing() {
    let (mut machine, mut world) = machine(&["0 create a1", "1 create b1 needs 0"]);
    world.connections.refuse = Some(ErrorKind::Unknown);
    world.drive(&mut machine, stream::empty());
    assert_eq!(machine.report().unwrap().status, RunStatus::Failed);
    assert!(world.journal.state.lock().unwrap().is_empty());
    assert_eq!(world.progress, ["a1 Create", "a1 failed 5", "b1 skipped, a1 failed"]);
}

#[test]
fn a_lost_lease_ends_the_run_at_once() {
    let (mut machine, mut world) = machine(&["0 create a100", "1 create b90000"]);
    world.journal.lost_after = 3;
    world.drive(&mut machine, stream::empty());
    assert_eq!(machine.report().unwrap().status, RunStatus::Abandoned);
    assert_eq!(world.clock.now(), Timestamp(110));
}

#[test]
fn a_recovery_is_driven_like_a_run() {
    let mut state = State::default();
    let (run, step) = (RunId(3), StepId(0));
    let intent = Intent {
        run,
        step,
        address: address("a"),
        deposed: None,
        action: Action::Create,
        depose_current_as: None,
        token: Token::derive("digest", run, step),
        provider: provider(),
        schema_version: 0,
        planned: Arc::new(json::encode(&marked(object(None, "a")))),
        dependencies: Vec::new(),
        create_before_destroy: false,
        provisioned: false,
    };
    state.fold(&Entry::Intent(Box::new(intent.clone())));
    let mut world = World::new(state.clone());
    let input = RecoveryInput {
        pending: vec![PendingIntent { intent, at: Timestamp(0) }],
        open_runs: Default::default(),
        state: &state,
        catalog: &TestSpec::default(),
        provider_configs: &BTreeMap::from([(provider(), Value::empty_object())]),
        now: Timestamp(0),
    };
    let mut recovery = Recovery::new(input, MachineOptions::default());
    world.drive(&mut recovery, stream::empty());
    let report = recovery.report().unwrap();
    assert!(report.is_clean());
    assert_eq!(report.resolved[0].resolution, Resolution::Present);
    assert_eq!(world.progress, ["a Recover", "a done 5 []"]);
    assert!(world.journal.state.lock().unwrap().pending.is_empty());
}

#[test]
fn a_command_says_what_it_does_and_belongs_to_its_call() {
    let (mut machine, mut world) = machine(&["0 create a", "1 run-after a needs 0", "2 create b needs 1"]);
    world.drive(&mut machine, stream::empty());
    assert_eq!(machine.report().unwrap().status, RunStatus::Succeeded);
    let told: Vec<&str> = world.progress.iter().map(String::as_str).take(6).collect();
    let command = ["a is provisioned", "a: command 1 says 0", "a: command 1 says 1", "a command done"];
    assert_eq!(told[..1], ["a Create"]);
    assert_eq!(told[1..5], command);
    assert!(told[5].starts_with("a done ") && told[5].ends_with("[id-a]"), "{}", told[5]);
}

#[test]
fn an_interrupt_ends_the_command_and_leaves_the_object_tainted() {
    let (mut machine, mut world) = machine(&["0 create a", "1 run-after a needs 0", "2 create b needs 1"]);
    let interrupts = world.at(&[(80, Interrupt::Finish)]);
    world.drive(&mut machine, interrupts);
    let report = machine.report().unwrap();
    assert_eq!(report.status, RunStatus::Interrupted);
    assert!(world.commands.ended.load(Ordering::SeqCst), "{:?}", world.progress);
    let state = world.journal.state.lock().unwrap();
    assert_eq!(state.instances[&address("a")].current.as_ref().unwrap().status, ObjectStatus::Tainted);
    assert!(state.pending.is_empty());
}
