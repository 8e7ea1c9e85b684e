//! Strategies for property tests: any entries at all, and journals as the apply machine writes
//! them. Both draw from few addresses, keys and steps, so that entries meet each other.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::{InstanceAddress, Path, PathStep, ResourceAddress, Revision, Timestamp};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::Value as Json;

use crate::drift::{AttributeDrift, DriftKind, DriftRecord};
use crate::{
    Action, DeposedKey, Entry, Intent, Object, ObjectStatus, Outcome, OutcomeKind, OutputValue,
    ProviderConfigAddress, RunId, RunKind, RunStatus, Serial, State, StepId, Token,
};

/// One of a few instance addresses, with keys that are awkward to write.
pub fn address() -> impl Strategy<Value = InstanceAddress> {
    let texts = [
        "aws_vpc.main",
        "aws_subnet.a[0]",
        "aws_subnet.a[10]",
        r#"module.net["a.b"].aws_subnet.a["\"$${x} ü\u0001"]"#,
    ];
    proptest::sample::select(texts.to_vec())
        .prop_map(|text| text.parse().expect("the addresses above are well formed"))
}

/// JSON of every kind, with numbers and keys that a careless format would lose.
pub fn attributes() -> impl Strategy<Value = Arc<Json>> {
    let number = proptest::sample::select(vec!["0", "-1", "1.10", "1e400", "123456789012345678901234567890"]);
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        number.prop_map(|text| serde_json::from_str(text).expect("the numbers above are JSON")),
        ".{0,8}".prop_map(Json::String),
    ];
    let tree = leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Json::Array),
            btree_map("[?$a-c]{0,3}", inner, 0..3)
                .prop_map(|entries| Json::Object(entries.into_iter().collect())),
        ]
    });
    btree_map("[a-c]", tree, 0..3).prop_map(|entries| Arc::new(Json::Object(entries.into_iter().collect())))
}

fn provider() -> impl Strategy<Value = ProviderConfigAddress> {
    (vec(Just(Arc::from("net")), 0..2), option::of(Just(Arc::from("west")))).prop_map(|(module, alias)| {
        let provider = "aws".parse().expect("a provider source");
        ProviderConfigAddress { module, provider, alias }
    })
}

fn dependencies() -> impl Strategy<Value = Vec<ResourceAddress>> {
    vec(address().prop_map(|address| address.resource), 0..3)
}

fn status() -> impl Strategy<Value = ObjectStatus> {
    prop_oneof![Just(ObjectStatus::Ready), Just(ObjectStatus::Tainted)]
}

fn token() -> impl Strategy<Value = Token> {
    (0..3u64, 0..3u32).prop_map(|(run, step)| Token::derive("digest", RunId(run), StepId(step)))
}

fn key() -> impl Strategy<Value = DeposedKey> {
    prop_oneof![Just(DeposedKey(1)), Just(DeposedKey(u32::MAX))]
}

/// Any object.
pub fn object() -> impl Strategy<Value = Object> {
    let version = prop_oneof![0..3u64, Just(u64::MAX)];
    let parts = (
        status(),
        provider(),
        version,
        attributes(),
        dependencies(),
        any::<bool>(),
        option::of(token()),
        option::of(Just(Arc::from("cHJpdmF0ZQ=="))),
    );
    parts.prop_map(|parts| {
        let (
            status,
            provider,
            schema_version,
            attributes,
            dependencies,
            create_before_destroy,
            token,
            private,
        ) = parts;
        Object {
            status,
            provider,
            schema_version,
            attributes: Json::clone(&attributes).into(),
            dependencies,
            create_before_destroy,
            token,
            private,
        }
    })
}

fn run() -> impl Strategy<Value = RunId> {
    (1..4u64).prop_map(RunId)
}

fn step() -> impl Strategy<Value = StepId> {
    (0..3u32).prop_map(StepId)
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![Just(Action::Create), Just(Action::Update), Just(Action::Delete)]
}

fn error() -> impl Strategy<Value = Option<String>> {
    option::of(Just("the quota is used up".to_owned()))
}

fn intent() -> impl Strategy<Value = Intent> {
    let what = (address(), option::of(key()), action(), option::of(key()));
    let how = (run(), step(), token(), provider(), attributes(), dependencies(), any::<bool>());
    (what, how).prop_map(|((address, deposed, action, depose_current_as), how)| {
        let (run, step, token, provider, planned, dependencies, create_before_destroy) = how;
        Intent {
            run,
            step,
            address,
            deposed,
            action,
            depose_current_as,
            token,
            provider,
            schema_version: 1,
            planned,
            dependencies,
            create_before_destroy,
            provisioned: false,
        }
    })
}

fn outcome_kind() -> impl Strategy<Value = OutcomeKind> {
    prop_oneof![
        object().prop_map(|object| OutcomeKind::Present(Box::new(object))),
        Just(OutcomeKind::Absent),
        option::of(key()).prop_map(|restore| OutcomeKind::NotCreated { restore }),
        Just(OutcomeKind::Unchanged),
    ]
}

fn drift() -> impl Strategy<Value = DriftRecord> {
    let steps = vec![PathStep::Attribute("tags".into()), PathStep::Key("a\"b".into()), PathStep::Element];
    (address(), attributes(), attributes(), any::<bool>()).prop_map(
        move |(address, expected, observed, sensitive)| DriftRecord {
            address,
            kind: if sensitive { DriftKind::Deleted } else { DriftKind::Changed },
            attributes: vec![AttributeDrift { path: Path(steps.clone()), expected, observed, sensitive }],
        },
    )
}

fn outputs() -> impl Strategy<Value = BTreeMap<Arc<str>, OutputValue>> {
    let output =
        (attributes(), any::<bool>()).prop_map(|(value, sensitive)| OutputValue { value, sensitive });
    btree_map("[a-c]", output, 0..3)
        .prop_map(|outputs| outputs.into_iter().map(|(name, output)| (name.into(), output)).collect())
}

fn revision() -> impl Strategy<Value = Revision> {
    prop_oneof![
        "[0-9a-f]{40}".prop_map(|id| Revision::Commit(id.into())),
        "[0-9a-f]{64}".prop_map(|id| Revision::Directory(id.into())),
    ]
}

/// Any entry, whether or not it makes sense where it stands.
pub fn entry() -> impl Strategy<Value = Entry> {
    let kinds = vec![RunKind::Apply, RunKind::Destroy, RunKind::Reconcile, RunKind::Refresh];
    let ends = vec![RunStatus::Succeeded, RunStatus::Failed, RunStatus::Interrupted, RunStatus::Abandoned];
    prop_oneof![
        1 => (run(), proptest::sample::select(kinds), revision()).prop_map(|(run, kind, revision)| {
            Entry::RunStarted { run, kind, revision, plan_digest: "digest".into() }
        }),
        4 => intent().prop_map(|intent| Entry::Intent(Box::new(intent))),
        4 => (run(), step(), address(), option::of(key()), outcome_kind(), error()).prop_map(
            |(run, step, address, deposed, kind, error)| {
                Entry::Outcome(Box::new(Outcome { run, step, address, deposed, kind, error }))
            }
        ),
        2 => (address(), option::of(key()), option::of(object())).prop_map(|(address, deposed, object)| {
            Entry::Observed { address, deposed, object: object.map(Box::new) }
        }),
        1 => (address(), option::of(key()))
            .prop_map(|(address, deposed)| Entry::Forgotten { address, deposed }),
        1 => (address(), address()).prop_map(|(from, to)| Entry::Moved { from, to }),
        1 => (0..40u64).prop_map(|serial| Entry::TakenOver { lineage: "taken over".into(), serial: Serial(serial) }),
        1 => (0..40i64).prop_map(|at| Entry::Approved { plan_digest: "plan".into(), until: Timestamp(at) }),
        1 => Just(Entry::ApprovalUsed { plan_digest: "plan".into() }),
        1 => provider().prop_map(|provider| Entry::Identified { provider, identity: "account 1".into() }),
        1 => drift().prop_map(|drift| Entry::Drift(Box::new(drift))),
        1 => outputs().prop_map(|outputs| Entry::Outputs { outputs }),
        1 => (run(), proptest::sample::select(ends), error())
            .prop_map(|(run, status, error)| Entry::RunFinished { run, status, error }),
    ]
}

/// One thing that the apply machine may do; made to fit the state it meets.
#[derive(Clone, Debug)]
enum Move {
    Start,
    Call(InstanceAddress, Action, Object),
    Resolve { which: usize, object: Object, happened: bool, failed: bool },
    Look(InstanceAddress, Option<Object>),
    Forget(InstanceAddress),
    Outputs(BTreeMap<Arc<str>, OutputValue>),
    Finish,
}

fn next_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        1 => Just(Move::Start),
        6 => (address(), action(), object()).prop_map(|(address, action, object)| Move::Call(address, action, object)),
        6 => (any::<usize>(), object(), any::<bool>(), any::<bool>()).prop_map(|(which, object, happened, failed)| {
            Move::Resolve { which, object, happened, failed }
        }),
        2 => (address(), option::of(object())).prop_map(|(address, object)| Move::Look(address, object)),
        1 => address().prop_map(Move::Forget),
        1 => outputs().prop_map(Move::Outputs),
        1 => Just(Move::Finish),
    ]
}

/// A journal in which every entry makes sense: calls on what exists, one at a time for an instance,
/// outcomes for intents that are pending.
pub fn journal() -> impl Strategy<Value = Vec<Entry>> {
    vec(next_move(), 0..40).prop_map(|moves| {
        let mut writer = Writer::default();
        moves.into_iter().for_each(|next| writer.make(next));
        writer.entries
    })
}

#[derive(Default)]
struct Writer {
    state: State,
    entries: Vec<Entry>,
    run: RunId,
    step: u32,
    open: bool,
}

impl Writer {
    fn write(&mut self, entry: Entry) {
        self.state.fold(&entry);
        self.entries.push(entry);
    }

    fn is_busy(&self, address: &InstanceAddress) -> bool {
        self.state.pending.values().any(|intent| intent.address == *address)
    }

    fn make(&mut self, next: Move) {
        match next {
            Move::Start => self.start(),
            Move::Call(address, action, object) if self.open && !self.is_busy(&address) => {
                self.call(address, action, &object);
            }
            Move::Resolve { which, object, happened, failed } => {
                self.resolve(which, object, happened, failed);
            }
            Move::Look(address, object) if !self.is_busy(&address) => {
                self.write(Entry::Observed { address, deposed: None, object: object.map(Box::new) });
            }
            Move::Forget(address) if !self.is_busy(&address) => {
                self.write(Entry::Forgotten { address, deposed: None });
            }
            Move::Outputs(outputs) => self.write(Entry::Outputs { outputs }),
            Move::Finish if self.open => {
                self.open = false;
                self.write(Entry::RunFinished { run: self.run, status: RunStatus::Succeeded, error: None });
            }
            Move::Call(..) | Move::Look(..) | Move::Forget(_) | Move::Finish => {}
        }
    }

    fn start(&mut self) {
        self.run.0 += 1;
        self.step = 0;
        self.open = true;
        self.write(Entry::RunStarted {
            run: self.run,
            kind: RunKind::Apply,
            revision: Revision::Commit("0".repeat(40).into()),
            plan_digest: format!("digest-{}", self.run).into(),
        });
    }

    fn call(&mut self, address: InstanceAddress, action: Action, object: &Object) {
        let instance = self.state.instances.get(&address);
        let current = instance.is_some_and(|instance| instance.current.is_some());
        let deposed = instance.and_then(|instance| instance.deposed.keys().next().copied());
        let delete_deposed = deposed.filter(|_| action == Action::Delete);
        if action != Action::Create && !current && delete_deposed.is_none() {
            return;
        }
        self.step += 1;
        let step = StepId(self.step);
        // Never one that is taken: putting an object aside under it would lose the one there.
        let key = DeposedKey((self.run.0 as u32) * 1000 + self.step);
        self.write(Entry::Intent(Box::new(Intent {
            run: self.run,
            step,
            address,
            deposed: delete_deposed,
            action,
            depose_current_as: (action == Action::Create && current).then_some(key),
            token: Token::derive("digest", self.run, step),
            provider: object.provider.clone(),
            schema_version: object.schema_version,
            planned: Arc::new((*object.attributes).clone()),
            dependencies: object.dependencies.clone(),
            create_before_destroy: object.create_before_destroy,
            provisioned: false,
        })));
    }

    fn resolve(&mut self, which: usize, object: Object, happened: bool, failed: bool) {
        let count = self.state.pending.len().max(1);
        let Some(intent) = self.state.pending.values().nth(which % count) else { return };
        let kind = match (intent.action, happened) {
            (Action::Create, false) => OutcomeKind::NotCreated { restore: intent.depose_current_as },
            (Action::Create | Action::Update, true) => OutcomeKind::Present(Box::new(object)),
            (Action::Delete, true) => OutcomeKind::Absent,
            (Action::Update | Action::Delete, false) | (Action::Provision, _) => OutcomeKind::Unchanged,
        };
        let outcome = Outcome {
            run: intent.run,
            step: intent.step,
            address: intent.address.clone(),
            deposed: intent.deposed,
            kind,
            error: failed.then(|| "it failed".to_owned()),
        };
        self.write(Entry::Outcome(Box::new(outcome)));
    }
}
