//! What a generated configuration says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::cloud::spec::Kind;

/// A configuration: resources, module calls, data sources.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// Resources of the root module; those of one kind refer to earlier ones only.
    pub blocks: Vec<Block>,
    /// Calls of the one module there is.
    pub calls: Vec<Call>,
    /// Data sources that echo the identifier of a net, by name.
    pub echoes: BTreeMap<Arc<str>, Reference>,
    /// Resources that have another name now. They stay listed, as the revision that renamed one may
    /// never have been applied.
    pub moves: Vec<Move>,
    /// Rules that nobody manages any more and that go on to exist.
    pub forgotten: Vec<Arc<str>>,
}

/// A resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Its type.
    pub kind: Kind,
    /// Its name.
    pub name: Arc<str>,
    /// How it repeats.
    pub repeat: Repeat,
    /// Whether replacements come first. Fixed for the life of a name.
    pub create_before_destroy: bool,
    /// Whether the second provider block is in charge of it.
    pub elsewhere: bool,
    /// An argument whose changes are ignored.
    pub ignored: Option<&'static str>,
    /// Its arguments.
    pub arguments: BTreeMap<&'static str, Argument>,
    /// A resource it waits for without using it.
    pub depends_on: Option<Arc<str>>,
}

/// A resource with another name.
#[derive(Clone, Debug, PartialEq)]
pub struct Move {
    /// Its type.
    pub kind: Kind,
    /// The name until then.
    pub from: Arc<str>,
    /// The name from then on.
    pub to: Arc<str>,
}

/// How a block repeats.
#[derive(Clone, Debug, PartialEq)]
pub enum Repeat {
    /// It does not.
    Single,
    /// `count`
    Count(u64),
    /// `for_each` over a set of strings.
    Keys(BTreeSet<Arc<str>>),
}

/// The value of an argument.
#[derive(Clone, Debug, PartialEq)]
pub enum Argument {
    /// The same text for every instance.
    Text(String),
    /// The same text for every instance, by way of a local value.
    Local(String),
    /// The same text for every instance, sensitive.
    Secret(String),
    /// Text with the instance's key at its end.
    PerInstance(String),
    /// A number.
    Number(i64),
    /// A map, with the output of a data source under `echo` where one is named.
    Tags(BTreeMap<String, String>, Option<Arc<str>>),
    /// The identifier of another object.
    Id(Reference),
}

/// Another object.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// A resource or, where `Through::Module` says so, a module call.
    pub name: Arc<str>,
    /// Its type.
    pub kind: Kind,
    /// Directly or through a module's output.
    pub through: Through,
    /// Which instance.
    pub pick: Pick,
}

/// How the other object is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Through {
    /// It is a resource of the root module.
    Resource,
    /// It is the first node of a module, which is its output.
    Module,
}

/// Which instance of a block is meant.
#[derive(Clone, Debug, PartialEq)]
pub enum Pick {
    /// The only one.
    Only,
    /// The one with this index.
    Index(u64),
    /// The one with this key.
    Key(Arc<str>),
    /// The one with the same index or key.
    Same,
}

/// A call of the module: `nodes` nodes in a net, each with a rule; and the calls it makes itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Its name.
    pub name: Arc<str>,
    /// How it repeats.
    pub repeat: Repeat,
    /// The net.
    pub net: Reference,
    /// The size of the nodes.
    pub size: String,
    /// How many.
    pub nodes: u64,
    /// How often it calls a module itself, which gives the first node one more rule.
    pub leaves: u64,
    /// Whether it is handed the second provider block.
    pub elsewhere: bool,
}

impl Config {
    /// The block with a kind and a name.
    pub fn block(&self, kind: Kind, name: &str) -> Option<&Block> {
        self.blocks.iter().find(|block| block.kind == kind && *block.name == *name)
    }

    /// The call with a name.
    pub fn call(&self, name: &str) -> Option<&Call> {
        self.calls.iter().find(|call| *call.name == *name)
    }
}

impl Repeat {
    /// Whether an instance with a key, or the only one, is among these; `own` is how the block
    /// repeats that refers to it.
    pub fn has(&self, pick: &Pick, own: &Self) -> bool {
        match (self, pick) {
            (Self::Single, Pick::Only) => true,
            (Self::Count(count), Pick::Index(index)) => index < count,
            (Self::Keys(keys), Pick::Key(key)) => keys.contains(key),
            (Self::Count(count), Pick::Same) => matches!(own, Self::Count(own) if own <= count),
            (Self::Keys(keys), Pick::Same) => matches!(own, Self::Keys(own) if own.is_subset(keys)),
            _ => false,
        }
    }
}
