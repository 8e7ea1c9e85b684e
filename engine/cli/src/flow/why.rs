//! Why each change of a plan happens, with the commits that brought it: the planner's reasons, and
//! what the history of the configuration says about the lines that they name.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_lang::config::Given;
use evenkeel_model::schema::Schema;
use evenkeel_model::{InstanceAddress, ResourceAddress, ResourceMode, SourceRange};
use evenkeel_plan::reasons::{Place, Reason, Why, followers, reasons};
use evenkeel_source::{Block, Line, LineOrigin};

use crate::args::RunArgs;
use crate::flow::Session;
use crate::flow::load::{block_removals, line_origins};
use crate::flow::planning::Planned;
use crate::flow::variables;
use crate::render::{Told, Whys};
use crate::ui::schemas;

/// Of a place of many lines, so many are asked about.
const LINES_MAX: u32 = 200;

/// What is known of where reasons come from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// What brought the lines that they name.
    pub lines: BTreeMap<Line, LineOrigin>,
    /// What took the blocks out whose objects go, by the place of the change in the plan.
    pub removals: BTreeMap<usize, LineOrigin>,
    /// Where the variables of the root module get their values.
    pub given: BTreeMap<Arc<str>, Given>,
}

/// What there is to say about every change of a plan. Nothing in it decides anything, and what cannot be
/// found out is left out.
pub async fn tell(session: &Session, planned: &Planned, args: Option<&RunArgs>) -> Whys {
    tell_with_sources(session, planned, args).await.0
}

/// The same, with what is needed to tell it again.
pub async fn tell_with_sources(
    session: &Session,
    planned: &Planned,
    args: Option<&RunArgs>,
) -> (Whys, Sources) {
    let given = args.map(|args| given(args, planned)).unwrap_or_default();
    let untold = Untold::of(session, planned, &given);
    let places = untold.reasons.iter().flatten().flat_map(|reason| &reason.places);
    let lines: BTreeSet<Line> = places.flat_map(|place| lines(&place.range)).collect();
    let lines = match lines.is_empty() {
        true => BTreeMap::new(),
        false => line_origins(session, &planned.loaded, lines).await,
    };
    let removals = removals(session, planned, &untold).await;
    let sources = Sources { lines, removals, given };
    (untold.told(&sources), sources)
}

/// The same from what is in a file: the history of the configuration may be somewhere else.
pub fn told_before(session: &Session, planned: &Planned) -> Whys {
    Untold::of(session, planned, &planned.sources.given).told(&planned.sources)
}

fn given(args: &RunArgs, planned: &Planned) -> BTreeMap<Arc<str>, Given> {
    let inputs = variables::given(args, &planned.loaded).unwrap_or_default();
    let names = planned.loaded.configuration.root().variables.keys();
    names.filter_map(|name| Some((name.clone(), inputs.given(name)?))).collect()
}

/// Which commits took out the blocks of objects that go.
async fn removals(session: &Session, planned: &Planned, untold: &Untold) -> BTreeMap<usize, LineOrigin> {
    let gone = untold.reasons.iter().enumerate().filter(|(_, reasons)| {
        reasons.iter().any(|reason| reason.why == Why::Removed && reason.places.is_empty())
    });
    let blocks: BTreeMap<usize, Block> = gone
        .filter_map(|(number, _)| {
            let change = planned.plan.changes.get(number)?;
            Some((number, removed_block(planned, &change.address.resource)?))
        })
        .collect();
    if blocks.is_empty() {
        return BTreeMap::new();
    }
    let found = block_removals(session, &planned.loaded, blocks.values().cloned().collect()).await;
    blocks.into_iter().filter_map(|(number, block)| Some((number, found.get(&block)?.clone()))).collect()
}

/// The block that declared a resource, or the call of the module that it was in.
fn removed_block(planned: &Planned, address: &ResourceAddress) -> Option<Block> {
    let path = address.module.without_keys();
    let configuration = &planned.loaded.configuration;
    let (length, module) = (0..=path.len())
        .rev()
        .find_map(|length| Some((length, configuration.module(path.get(..length)?)?)))?;
    let (keyword, labels) = match path.get(length) {
        Some(call) => ("module", vec![call.clone()]),
        None => {
            let keyword = if address.mode == ResourceMode::Data { "data" } else { "resource" };
            (keyword, vec![address.kind.clone(), address.name.clone()])
        }
    };
    Some(Block { directory: module.directory.clone(), keyword: keyword.into(), labels })
}

/// The reasons, before the history is asked.
#[derive(Default)]
struct Untold {
    reasons: Vec<Vec<Reason>>,
    followers: BTreeMap<ResourceAddress, Vec<InstanceAddress>>,
}

impl Untold {
    fn of(session: &Session, planned: &Planned, given: &BTreeMap<Arc<str>, Given>) -> Self {
        let plan = &planned.plan;
        if plan.changes.is_empty() {
            return Self::default();
        }
        let schemas = schemas(&session.catalog);
        let known: RefCell<BTreeMap<ResourceAddress, Option<Arc<Schema>>>> = RefCell::default();
        let settable = |address: &ResourceAddress, name: &str| {
            let mut known = known.borrow_mut();
            let schema = known.entry(address.clone()).or_insert_with(|| schemas(address));
            let attribute = schema.as_ref().and_then(|schema| schema.block.attributes.get(name));
            attribute.is_none_or(|attribute| attribute.optional || attribute.required)
        };
        let mut reasons = reasons(plan, &planned.loaded.configuration, &planned.state, &settable);
        let followers = followers(plan, &reasons);
        for reason in reasons.iter_mut().flatten() {
            add_variables(reason, planned, given);
        }
        Self { reasons, followers }
    }

    fn told(self, sources: &Sources) -> Whys {
        let told = |number: usize, reason: Reason| {
            let removal = match reason.why {
                Why::Removed => sources.removals.get(&number).cloned(),
                _ => None,
            };
            let told = told(reason, sources);
            Told { origin: told.origin.or(removal), ..told }
        };
        let changes = self.reasons.into_iter().enumerate();
        let changes =
            changes.map(|(number, reasons)| reasons.into_iter().map(|reason| told(number, reason)).collect());
        Whys { changes: changes.collect(), followers: self.followers }
    }
}

/// What brought the line that a range starts in.
pub async fn origin(session: &Session, planned: &Planned, range: &SourceRange) -> Vec<Told> {
    let first = SourceRange { end: range.start, ..range.clone() };
    let reason = Reason::at(Why::Added, Some(first.clone()));
    let lines = line_origins(session, &planned.loaded, lines(&first).collect()).await;
    vec![told(reason, &Sources { lines, ..Sources::default() })]
}

/// Puts the places where variables of the root module get their values among the others.
fn add_variables(reason: &mut Reason, planned: &Planned, given: &BTreeMap<Arc<str>, Given>) {
    let declared = &planned.loaded.configuration.root().variables;
    for (name, leads_here) in &reason.variables {
        let range = match given.get(name) {
            Some(Given::File(range)) => Some(in_snapshot(range.clone(), planned)),
            Some(Given::Environment | Given::Argument | Given::Answer) => None,
            None => declared.get(name).and_then(|variable| variable.default_range.clone()),
        };
        let what: Arc<str> = format!("var.{name}").into();
        reason.places.extend(range.map(|range| Place { range, what, leads_here: *leads_here }));
    }
}

/// A file that was named on the command line under the name that it has in the snapshot.
fn in_snapshot(range: SourceRange, planned: &Planned) -> SourceRange {
    let snapshot = &planned.loaded.snapshot;
    let below = range.filename.trim_start_matches("./");
    let named: Arc<str> = match &*planned.loaded.root {
        "" => below.into(),
        root => format!("{root}/{below}").into(),
    };
    match snapshot.file(&range.filename).is_none() && snapshot.file(&named).is_some() {
        true => SourceRange { filename: named, ..range },
        false => range,
    }
}

fn lines(range: &SourceRange) -> impl Iterator<Item = Line> + '_ {
    let last = range.end.line.min(range.start.line.saturating_add(LINES_MAX));
    (range.start.line..=last.max(range.start.line)).map(|line| (range.filename.clone(), line))
}

/// Of the places that may be the reason, the one that was changed last; where nothing is known of that, the
/// one that the value is at.
fn told(reason: Reason, sources: &Sources) -> Told {
    let mut best: Option<(Age, &Place, u32, Option<&LineOrigin>)> = None;
    // Where nothing is known of any line, the first of each place is as good as the others.
    let worth = if sources.lines.is_empty() { 1 } else { usize::MAX };
    for (number, place) in reason.places.iter().enumerate() {
        for line in lines(&place.range).take(worth) {
            let origin = sources.lines.get(&line);
            let age = Age {
                origin: rank(origin),
                certain: place.leads_here,
                order: place.leads_here.then_some(number),
            };
            if best.as_ref().is_none_or(|(known, ..)| age > *known) {
                best = Some((age, place, line.1, origin));
            }
        }
    }
    let given = reason.variables.iter().filter(|(_, leads_here)| **leads_here).find_map(|(name, _)| {
        match sources.given.get(name)? {
            Given::Argument => Some(format!("-var {name}")),
            Given::Environment => Some(format!("TF_VAR_{name}")),
            Given::Answer => Some(format!("the answer for var.{name}")),
            Given::File(_) => None,
        }
    });
    let (place, line, origin) = match best {
        Some((_, place, line, origin)) => (Some(place.clone()), line, origin.cloned()),
        None => (None, 0, None),
    };
    Told { reason, place, line, origin, given: given.map(Into::into) }
}

/// What decides between places: later ones first, then those that the value is certainly at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Age {
    origin: (u8, i64),
    certain: bool,
    order: Option<usize>,
}

fn rank(origin: Option<&LineOrigin>) -> (u8, i64) {
    match origin {
        None => (0, 0),
        Some(LineOrigin::Older) => (1, 0),
        Some(LineOrigin::Commit { age, .. }) => (2, i64::try_from(*age).map_or(i64::MIN, |age| -age)),
        Some(LineOrigin::Uncommitted) => (3, 0),
    }
}
