//! EC2. An action is a function from a [`Call`] to an [`Answer`] with a line in the list of its file;
//! a description needs only the row of its kind in [`kinds`].

pub mod kinds;

mod acl;
mod address;
mod birth;
mod cidr;
mod describe;
mod gateway;
mod info;
mod instance;
mod instance_attributes;
mod interface;
mod key;
mod launch;
mod routes;
mod security;
mod subnet;
mod tags;
mod volume;
mod vpc;

use kinds::Kind;

use crate::fail::Fail;
use crate::node::Node;
use crate::params::{Params, View};
use crate::region::{Object, Region, Tags, Then};

pub use birth::populate;
pub use info::timestamp;

/// What an action answers: the content of its element.
pub type Answer = Result<Node, Fail>;

/// A call of an action.
pub struct Call<'a> {
    /// Where it happens.
    pub region: &'a mut Region,
    /// Its parameters.
    pub p: View<'a>,
    fingerprint: String,
}

type Run = fn(&mut Call<'_>) -> Answer;

/// The actions of a file.
type Actions = &'static [(&'static str, Run)];

static ACTIONS: [Actions; 15] = [
    acl::ACTIONS,
    address::ACTIONS,
    gateway::ACTIONS,
    info::ACTIONS,
    instance::ACTIONS,
    instance_attributes::ACTIONS,
    interface::ACTIONS,
    key::ACTIONS,
    launch::ACTIONS,
    routes::ACTIONS,
    security::ACTIONS,
    subnet::ACTIONS,
    tags::ACTIONS,
    volume::ACTIONS,
    vpc::ACTIONS,
];

/// The names of all actions.
pub fn actions() -> impl Iterator<Item = &'static str> {
    let described = kinds::KINDS.into_iter().map(|kind| kind.describe).filter(|name| !name.is_empty());
    ACTIONS.into_iter().flatten().map(|(name, _)| *name).chain(described)
}

/// Does what a call asks for.
pub fn handle(region: &mut Region, action: &str, params: &Params) -> Answer {
    let p = params.root();
    p.get("Version");
    p.get("Action");
    region.calls += 1;
    let mut call = Call { region, p, fingerprint: format!("{action}?{}", params.fingerprint()) };
    if call.p.flag("DryRun")? == Some(true) {
        let fail = Fail::new("DryRunOperation", "Request would have succeeded, but DryRun flag is set.");
        return Err(fail.with_status(412));
    }
    let answer = match call.p.get("ClientToken") {
        Some(token) => once(&mut call, action, token)?,
        None => run(&mut call, action)?,
    };
    match params.unused() {
        // This server's way of saying that a test needs more of it than it has.
        Some(name) => Err(Fail::new("UnknownParameter", format!("{action} does not know {name} here."))),
        None => Ok(answer),
    }
}

fn run(call: &mut Call<'_>, action: &str) -> Answer {
    if let Some((_, run)) = ACTIONS.into_iter().flatten().find(|(name, _)| *name == action) {
        return run(call);
    }
    match kinds::described_by(action) {
        Some(kind) => describe::describe(call, kind),
        None => {
            let message = format!("The action {action} is not valid for this web service.");
            Err(Fail::new("InvalidAction", message))
        }
    }
}

/// The answer to a request with a client token: that of the first, if this is a repetition.
fn once(call: &mut Call<'_>, action: &str, token: &str) -> Answer {
    let key = (action.to_owned(), token.to_owned());
    if let Some((asked, answer)) = call.region.answered.get(&key) {
        if *asked == call.fingerprint {
            let answer = answer.clone();
            mark_used(&call.p, &call.fingerprint);
            return Ok(answer);
        }
        let message = format!("The client token {token} was used already with other parameters.");
        return Err(Fail::new("IdempotentParameterMismatch", message));
    }
    let answer = run(call, action)?;
    call.region.answered.insert(key, (call.fingerprint.clone(), answer.clone()));
    Ok(answer)
}

/// A repetition looks at nothing; what it says was understood the first time.
fn mark_used(p: &View<'_>, fingerprint: &str) {
    let (_, asked) = fingerprint.split_once('?').unwrap_or_default();
    asked.split('&').filter_map(|pair| pair.split_once('=')).for_each(|(name, _)| {
        p.get(name);
    });
}

impl Call<'_> {
    /// Makes an object with a new identifier, the tags that the request has for its kind, and as
    /// late to be found as new objects are.
    pub fn make(&mut self, kind: &'static Kind, body: Node) -> Result<String, Fail> {
        let tags = tags::specified(&self.p, kind)?;
        let id = self.region.new_id(kind.prefix);
        let consistency = self.region.settings.consistency;
        let number = self.region.calls;
        let calls = self.region.made_by.entry(self.fingerprint.clone()).or_default();
        calls.entry(number).or_default().push(id.clone());
        let mut object = self.region.born(kind, &id, body);
        object.tags = tags;
        object.made_by.clone_from(&self.fingerprint);
        object.visible_ms = self.region.now_ms + consistency.ms;
        object.unseen_reads = consistency.reads;
        self.region.insert(object);
        Ok(id)
    }

    /// An object as its description has it.
    pub fn show(&self, kind: &'static Kind, id: &str) -> Node {
        self.region.peek(kind, id).map(|object| describe::shown(self.region, object)).unwrap_or_default()
    }

    /// The object that a parameter names, which has to be there.
    pub fn named(&mut self, kind: &'static Kind, parameter: &str) -> Result<Object, Fail> {
        let id = self.p.need(parameter)?;
        self.region.find(kind, id).cloned()
    }

    /// The same where the parameter may be left out.
    pub fn named_if_any(&mut self, kind: &'static Kind, parameter: &str) -> Result<Option<Object>, Fail> {
        self.p.get(parameter).map(|id| self.region.find(kind, id).cloned()).transpose()
    }

    /// How long it takes until something is usable.
    pub fn start_ms(&self) -> u64 {
        self.region.settings.delays.start_ms
    }

    /// How long it takes until something has ended.
    pub fn stop_ms(&self) -> u64 {
        self.region.settings.delays.stop_ms
    }
}

impl Region {
    /// An object without tags that is found at once.
    pub fn born(&self, kind: &'static Kind, id: &str, mut body: Node) -> Object {
        body.set(kind.id, id);
        Object {
            kind,
            id: id.to_owned(),
            body,
            hidden: Node::map([]),
            tags: Tags::new(),
            made_by: String::new(),
            visible_ms: 0,
            unseen_reads: 0,
        }
    }

    /// Makes an object that comes with another.
    pub fn add(&mut self, kind: &'static Kind, body: Node) -> String {
        let id = self.new_id(kind.prefix);
        let object = self.born(kind, &id, body);
        self.insert(object);
        id
    }

    /// Sets a state now and another one later.
    fn pass(&mut self, id: &str, after_ms: u64, then: Then) {
        self.later(after_ms, id, then);
    }
}

/// What stands in the way of a removal.
fn refuse_if_used(region: &Region, kinds: &[&Kind], kind: &Kind, id: &str) -> Result<(), Fail> {
    match region.is_named(kinds, id) {
        true => Err(depends(kind, id)),
        false => Ok(()),
    }
}

fn depends(kind: &Kind, id: &str) -> Fail {
    let message = format!("The {} '{id}' has dependencies and cannot be deleted.", kind.name);
    Fail::new("DependencyViolation", message)
}

/// The answer of an action that has nothing to say.
fn done() -> Answer {
    Ok(Node::map([("return", true.into())]))
}
