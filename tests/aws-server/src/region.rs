//! The objects of one account in one region.
//!
//! Everything is in ordered maps, and the only way to change an object is [`Region::change`]: it
//! keeps the index of who names whom, which answers filters by identifier and says what stands in
//! the way of a removal.

use std::collections::{BTreeMap, BTreeSet};

use crate::ec2::kinds::Kind;
use crate::fail::Fail;
use crate::node::Node;
use crate::random;
use crate::settings::Settings;

/// Tags by key.
pub type Tags = BTreeMap<String, String>;

/// Something that exists.
#[derive(Clone, Debug)]
pub struct Object {
    /// What it is.
    pub kind: &'static Kind,
    /// Its identifier.
    pub id: String,
    /// What a description shows, except tags.
    pub body: Node,
    /// What only other calls show.
    pub hidden: Node,
    /// Its tags.
    pub tags: Tags,
    /// The request that made it; empty for what came with something else.
    pub made_by: String,
    /// From when on it is found.
    pub visible_ms: u64,
    /// How many reads do not find it yet.
    pub unseen_reads: u32,
}

/// What happens later.
pub type Then = fn(&mut Region, &str);

/// One account in one region.
#[derive(Debug, Default)]
pub struct Region {
    /// Its name.
    pub name: String,
    /// The account.
    pub account: String,
    /// The time.
    pub now_ms: u64,
    /// How strict and slow it is.
    pub settings: Settings,
    objects: BTreeMap<&'static str, BTreeMap<String, Object>>,
    named_by: BTreeMap<String, BTreeSet<(&'static str, String)>>,
    due: BTreeMap<(u64, u64), (Then, String)>,
    made: u64,
    /// Requests with a client token and what was answered.
    pub answered: BTreeMap<(String, String), (String, Node)>,
    /// Requests that made something, and what by which call: two calls for one request are a duplicate.
    pub made_by: BTreeMap<String, BTreeMap<u64, Vec<String>>>,
    /// The calls so far.
    pub calls: u64,
}

impl Region {
    /// An empty region.
    pub fn new(account: &str, name: &str) -> Self {
        Self { name: name.to_owned(), account: account.to_owned(), ..Self::default() }
    }

    /// A new identifier with this prefix.
    pub fn new_id(&mut self, prefix: &str) -> String {
        self.made += 1;
        let number = random::draw(self.settings.seed, &[&self.account, &self.name, &self.made.to_string()]);
        format!("{prefix}-0{number:016x}")
    }

    /// Puts an object there.
    pub fn insert(&mut self, object: Object) {
        self.link(&object);
        self.objects.entry(object.kind.name).or_default().insert(object.id.clone(), object);
    }

    /// Takes an object away.
    pub fn remove(&mut self, kind: &Kind, id: &str) -> Option<Object> {
        let object = self.objects.get_mut(kind.name)?.remove(id)?;
        self.unlink(&object);
        Some(object)
    }

    /// Changes an object; nothing if it is not there.
    pub fn change(&mut self, kind: &Kind, id: &str, change: impl FnOnce(&mut Object)) {
        let object = self.objects.get_mut(kind.name).and_then(|objects| objects.get_mut(id));
        let Some(object) = object else { return };
        let before = names_in(&object.body, id);
        change(object);
        let after = names_in(&object.body, id);
        let me = (kind.name, id.to_owned());
        for gone in before.difference(&after) {
            self.forget(gone, &me);
        }
        for new in after.difference(&before) {
            self.named_by.entry(new.clone()).or_default().insert(me.clone());
        }
    }

    fn link(&mut self, object: &Object) {
        for named in names_in(&object.body, &object.id) {
            self.named_by.entry(named).or_default().insert((object.kind.name, object.id.clone()));
        }
    }

    fn unlink(&mut self, object: &Object) {
        let me = (object.kind.name, object.id.clone());
        for named in names_in(&object.body, &object.id) {
            self.forget(&named, &me);
        }
    }

    fn forget(&mut self, named: &str, namer: &(&'static str, String)) {
        if let Some(namers) = self.named_by.get_mut(named) {
            namers.remove(namer);
            if namers.is_empty() {
                self.named_by.remove(named);
            }
        }
    }

    /// The object, whether it is found already or not.
    pub fn peek(&self, kind: &Kind, id: &str) -> Option<&Object> {
        self.objects.get(kind.name)?.get(id)
    }

    /// The object, if it is found; a look at it counts as a read.
    pub fn find(&mut self, kind: &Kind, id: &str) -> Result<&Object, Fail> {
        let now = self.now_ms;
        let object = self.objects.get_mut(kind.name).and_then(|objects| objects.get_mut(id));
        let object = object.and_then(|object| is_seen(object, now).then_some(&*object));
        object.ok_or_else(|| kind.missing(id))
    }

    /// Whether a read finds the object.
    pub fn sees(&mut self, kind: &Kind, id: &str) -> bool {
        self.find(kind, id).is_ok()
    }

    /// All of a kind.
    pub fn all(&self, kind: &Kind) -> impl Iterator<Item = &Object> {
        self.objects.get(kind.name).into_iter().flat_map(BTreeMap::values)
    }

    /// Everything there is.
    pub fn everything(&self) -> impl Iterator<Item = &Object> {
        self.objects.values().flat_map(BTreeMap::values)
    }

    /// Those of a kind that name an identifier.
    pub fn naming<'a>(&'a self, kind: &'a Kind, id: &str) -> impl Iterator<Item = &'a Object> {
        let namers = self.named_by.get(id).into_iter().flatten();
        namers.filter(|(name, _)| *name == kind.name).filter_map(|(_, id)| self.peek(kind, id))
    }

    /// The identifiers of those of a kind that name an identifier.
    pub fn ids_naming(&self, kind: &Kind, id: &str) -> Vec<String> {
        self.naming(kind, id).map(|object| object.id.clone()).collect()
    }

    /// Whether anything of the kinds names an identifier.
    pub fn is_named(&self, kinds: &[&Kind], id: &str) -> bool {
        kinds.iter().any(|kind| self.naming(kind, id).next().is_some())
    }

    /// Does something to an object after a while, at once if that is now.
    pub fn later(&mut self, after_ms: u64, id: &str, then: Then) {
        if after_ms == 0 {
            return then(self, id);
        }
        self.made += 1;
        self.due.insert((self.now_ms + after_ms, self.made), (then, id.to_owned()));
    }

    /// Lets time pass.
    pub fn advance(&mut self, now_ms: u64) {
        while let Some(first) = self.due.first_entry().filter(|entry| entry.key().0 <= now_ms) {
            self.now_ms = first.key().0;
            let (then, id) = first.remove();
            then(self, &id);
        }
        self.now_ms = self.now_ms.max(now_ms);
    }
}

fn is_seen(object: &mut Object, now_ms: u64) -> bool {
    if object.unseen_reads > 0 {
        object.unseen_reads -= 1;
        return false;
    }
    object.visible_ms <= now_ms
}

/// The identifiers in a tree, other than its own.
fn names_in(node: &Node, own: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(node, &mut found);
    found.remove(own);
    found
}

fn collect(node: &Node, found: &mut BTreeSet<String>) {
    match node {
        Node::Absent => {}
        Node::Text(text) if is_id(text) => {
            found.insert(text.clone());
        }
        Node::Text(_) => {}
        Node::List(items) => items.iter().for_each(|item| collect(item, found)),
        Node::Map(entries) => entries.values().for_each(|item| collect(item, found)),
    }
}

/// Whether a text is an identifier as this server makes them.
fn is_id(text: &str) -> bool {
    text.len() > 18
        && text.rsplit_once('-').is_some_and(|(prefix, number)| {
            !prefix.is_empty() && number.len() == 17 && number.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
}
