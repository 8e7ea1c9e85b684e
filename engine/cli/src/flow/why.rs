//! Why each change of a plan happens, with the commits that brought it: the planner's reasons, and
//! what the history of the configuration says about the lines that they name.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_lang::config::{Given, Inputs};
use evenkeel_model::schema::Schema;
use evenkeel_model::{InstanceAddress, ResourceAddress, SourceRange};
use evenkeel_plan::reasons::{Place, Reason, Why, followers, reasons};
use evenkeel_source::{Line, LineOrigin};

use crate::args::RunArgs;
use crate::flow::Session;
use crate::flow::load::line_origins;
use crate::flow::planning::Planned;
use crate::flow::variables;
use crate::render::{Told, Whys};
use crate::ui::schemas;

/// Of a place of many lines, so many are asked about.
const LINES_MAX: u32 = 200;

/// What there is to say about every change of a plan. Nothing in it decides anything, and what cannot be
/// found out is left out.
pub async fn tell(session: &Session, planned: &Planned, args: Option<&RunArgs>) -> Whys {
    let untold = Untold::of(session, planned, args);
    let places = untold.reasons.iter().flatten().flat_map(|reason| &reason.places);
    let lines: BTreeSet<Line> = places.flat_map(|place| lines(&place.range)).collect();
    let origins = match lines.is_empty() {
        true => BTreeMap::new(),
        false => line_origins(session, &planned.loaded, lines).await,
    };
    untold.told(&origins)
}

/// The same, where the history of the configuration is somewhere else.
pub fn without_history(session: &Session, planned: &Planned, args: Option<&RunArgs>) -> Whys {
    Untold::of(session, planned, args).told(&BTreeMap::new())
}

/// The reasons, before the history is asked.
#[derive(Default)]
struct Untold {
    reasons: Vec<Vec<Reason>>,
    followers: BTreeMap<ResourceAddress, Vec<InstanceAddress>>,
    inputs: Inputs,
}

impl Untold {
    fn of(session: &Session, planned: &Planned, args: Option<&RunArgs>) -> Self {
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
        let inputs = args.and_then(|args| variables::given(args, &planned.loaded).ok()).unwrap_or_default();
        for reason in reasons.iter_mut().flatten() {
            add_variables(reason, planned, &inputs);
        }
        Self { reasons, followers, inputs }
    }

    fn told(self, origins: &BTreeMap<Line, LineOrigin>) -> Whys {
        let told = |reason: Reason| told(reason, origins, &self.inputs);
        let changes =
            self.reasons.into_iter().map(|reasons| reasons.into_iter().map(told).collect()).collect();
        Whys { changes, followers: self.followers }
    }
}

/// What brought the line that a range starts in.
pub async fn origin(session: &Session, planned: &Planned, range: &SourceRange) -> Vec<Told> {
    let first = SourceRange { end: range.start, ..range.clone() };
    let reason = Reason::at(Why::Added, Some(first.clone()));
    let origins = line_origins(session, &planned.loaded, lines(&first).collect()).await;
    vec![told(reason, &origins, &Inputs::default())]
}

/// Puts the places where variables of the root module get their values among the others.
fn add_variables(reason: &mut Reason, planned: &Planned, inputs: &Inputs) {
    let declared = &planned.loaded.configuration.root().variables;
    for (name, leads_here) in &reason.variables {
        let range = match inputs.given(name) {
            Some(Given::File(range)) => Some(in_snapshot(range, planned)),
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
fn told(reason: Reason, origins: &BTreeMap<Line, LineOrigin>, inputs: &Inputs) -> Told {
    let mut best: Option<(Age, Place, u32, Option<LineOrigin>)> = None;
    for (number, place) in reason.places.iter().enumerate() {
        for line in lines(&place.range) {
            let origin = origins.get(&line);
            let age = Age {
                origin: rank(origin),
                certain: place.leads_here,
                order: place.leads_here.then_some(number),
            };
            if best.as_ref().is_none_or(|(known, ..)| age > *known) {
                best = Some((age, place.clone(), line.1, origin.cloned()));
            }
        }
    }
    let given = reason.variables.iter().filter(|(_, leads_here)| **leads_here).find_map(|(name, _)| {
        match inputs.given(name)? {
            Given::Argument => Some(format!("-var {name}")),
            Given::Environment => Some(format!("TF_VAR_{name}")),
            Given::Answer => Some(format!("the answer for var.{name}")),
            Given::File(_) => None,
        }
    });
    let (place, line, origin) = match best {
        Some((_, place, line, origin)) => (Some(place), line, origin),
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
