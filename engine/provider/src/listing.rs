//! Listing what is in a cloud, a page at a time: for import, for an inventory of what nobody manages, and for
//! the hunt after what an interrupted run left behind.

use std::collections::BTreeMap;
use std::sync::Arc;

/// List objects of this type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRequest {
    /// The resource type.
    pub kind: Arc<str>,
    /// Where the last page ended; nothing for the first one.
    pub after: Option<String>,
}

/// Some objects, in the order in which the cloud tells them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListPage {
    /// The objects; a page may be empty and yet not be the last.
    pub objects: Vec<Listed>,
    /// Where it ended, if there may be more.
    pub next: Option<String>,
}

/// An object as a listing tells of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Its `id`, as a state has it.
    pub id: String,
    /// What an import is given, where that is something else.
    pub import_id: Option<String>,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Its tags, those by which interrupted creates are found again left out.
    pub tags: BTreeMap<String, String>,
    /// The token of the create call that made it, where it carries one: it is ours.
    pub token: Option<String>,
}

impl Listed {
    /// An object of which nothing is known but its identifier.
    pub fn of(id: impl Into<String>) -> Self {
        Self { id: id.into(), ..Self::default() }
    }

    /// What an import is given.
    pub fn import_id(&self) -> &str {
        self.import_id.as_deref().unwrap_or(&self.id)
    }
}
