//! The steps that commands are told with: read, load, lease, recover, plan, apply.

pub mod apply;
pub mod connections;
pub mod digest;
pub mod ephemeral;
pub mod files;
mod foreign_lock;
pub mod generate;
pub mod governor;
pub mod identities;
pub mod interrupt;
pub mod lease;
pub mod load;
pub mod local_exec;
pub mod modules;
pub mod past;
pub mod permissions;
pub mod planning;
pub mod recover;
pub mod saved;
pub mod state_file;
mod stores;
mod utility;
pub mod variables;
pub mod why;

use std::sync::Arc;

use evenkeel_provider::{Catalog, Providers};
use evenkeel_provider_builtin::HostFiles;
use evenkeel_provider_utility::RevisionFiles;
use evenkeel_source::Origin;
use evenkeel_store::{SqliteStore, StackId, Store, SystemClock};

use crate::args::Global;
use crate::error::Failure;
use crate::flow::connections::Pool;
use crate::flow::ephemeral::Openings;
use crate::planfile;
use crate::settings::{Place, store_options};
use crate::ui::Ui;

pub use utility::add_utility;

/// A stack in a store, and the providers that work on it.
#[derive(Clone)]
pub struct Session {
    /// What the user sees.
    pub ui: Ui,
    /// Where configuration and state are.
    pub place: Place,
    /// The store.
    pub store: Arc<SqliteStore>,
    /// The stack in it.
    pub stack: StackId,
    /// The providers.
    pub catalog: Arc<dyn Catalog + Send + Sync>,
    /// Their connections.
    pub pool: Arc<Pool>,
    /// The ephemeral resources that are open.
    pub openings: Arc<Openings>,
    /// The files of the revision that is planned, for providers that read them.
    pub revision: RevisionFiles,
    /// Whether the store is only being made, so that nothing is remembered.
    pub is_new: bool,
}

impl Session {
    /// Opens the store of a place, making it where there is none, to work on a revision of it; a state
    /// file of Terraform that is there is taken over.
    pub async fn open(
        global: &Global,
        location: &str,
        revision: Option<&str>,
        providers: Providers,
        ui: &Ui,
    ) -> Result<Self, Failure> {
        let session = Self::open_alone(global, location, revision, providers, ui).await?;
        state_file::look(&session).await?;
        Ok(session)
    }

    /// The same, whatever state file there is.
    pub async fn open_alone(
        global: &Global,
        location: &str,
        revision: Option<&str>,
        mut providers: Providers,
        ui: &Ui,
    ) -> Result<Self, Failure> {
        let place = Place::of(global, location)?;
        place.prepare(global)?;
        let files = add_own(&mut providers, global, &place, revision);
        let store = SqliteStore::open_with(&place.store, Arc::new(SystemClock), store_options()?).await?;
        Ok(Self { revision: files, ..Self::new(global, place, store, providers, ui) })
    }

    /// Opens the store of a place to plan. Where there is none yet and none was named, none is made: a plan
    /// that is not kept leaves no trace.
    pub async fn to_plan(
        global: &Global,
        location: &str,
        revision: Option<&str>,
        mut providers: Providers,
        ui: &Ui,
    ) -> Result<Self, Failure> {
        let place = Place::of(global, location)?;
        let stack = StackId::from(place.stack(global).as_str());
        if global.store.is_some() || place.store.exists() || state_file::is_there(&place, &stack) {
            return Self::open(global, location, revision, providers, ui).await;
        }
        let files = add_own(&mut providers, global, &place, revision);
        let store = SqliteStore::open_in_memory(Arc::new(SystemClock)).await?;
        Ok(Self { revision: files, ..Self::new(global, place, store, providers, ui) })
    }

    /// Opens the store of a place to keep a plan. Where there is none yet, it is made while the plan is.
    pub async fn to_keep_plan(
        global: &Global,
        location: &str,
        revision: Option<&str>,
        mut providers: Providers,
        ui: &Ui,
    ) -> Result<Self, Failure> {
        let place = Place::of(global, location)?;
        let stack = StackId::from(place.stack(global).as_str());
        if place.store.exists() || state_file::is_there(&place, &stack) {
            return Self::open(global, location, revision, providers, ui).await;
        }
        place.prepare(global)?;
        let files = add_own(&mut providers, global, &place, revision);
        let key = planfile::new_key()?;
        let store =
            SqliteStore::begin_keyed(&place.store, Arc::new(SystemClock), &stack, key, store_options()?)?;
        Ok(Self { revision: files, is_new: true, ..Self::new(global, place, store, providers, ui) })
    }

    /// Opens the store of a place to look at it; it must be there.
    pub async fn look(
        global: &Global,
        location: &str,
        providers: Providers,
        ui: &Ui,
    ) -> Result<Self, Failure> {
        let place = Place::of(global, location)?;
        let path = place.store.clone();
        Self::look_at(global, place, providers, ui).await?.ok_or_else(|| {
            Failure::plain(
                "No state",
                format!(
                    "There is no store file {}: nothing has been applied here yet. Name another one with -store=FILE.",
                    path.display()
                ),
            )
        })
    }

    /// The same, if there is one.
    pub async fn look_at(
        global: &Global,
        place: Place,
        providers: Providers,
        ui: &Ui,
    ) -> Result<Option<Self>, Failure> {
        let stack = StackId::from(place.stack(global).as_str());
        let is_there = state_file::is_there(&place, &stack);
        if !place.store.exists() && !is_there {
            return Ok(None);
        }
        let store = match is_there {
            true => {
                place.prepare(global)?;
                SqliteStore::open_with(&place.store, Arc::new(SystemClock), store_options()?).await?
            }
            false => {
                SqliteStore::open_read_only_with(&place.store, Arc::new(SystemClock), store_options()?)
                    .await?
            }
        };
        let session = Self::new(global, place, store, providers, ui);
        if is_there {
            state_file::look_only(&session).await?;
        }
        Ok(Some(session))
    }

    fn new(global: &Global, place: Place, store: SqliteStore, providers: Providers, ui: &Ui) -> Self {
        let stack = StackId::from(place.stack(global).as_str());
        Self {
            ui: ui.clone(),
            place,
            store: Arc::new(store),
            stack,
            catalog: Arc::new(providers.clone()),
            pool: Arc::new(Pool::new(providers)),
            openings: Arc::default(),
            revision: RevisionFiles::default(),
            is_new: false,
        }
    }

    /// What is remembered before anything is done; a store that is only being made is not waited for.
    pub async fn state_to_plan(&self) -> Result<evenkeel_state::State, Failure> {
        match self.is_new {
            true => Ok(evenkeel_state::State::default()),
            false => self.state().await,
        }
    }

    /// What is remembered of the stack.
    pub async fn state(&self) -> Result<evenkeel_state::State, Failure> {
        Ok(self.store.load(&self.stack).await?)
    }
}

/// Puts the providers that are always there among the others, with what they may touch for a revision of a
/// place. The files of the revision are still to be told.
pub fn add_own(
    providers: &mut Providers,
    global: &Global,
    place: &Place,
    revision: Option<&str>,
) -> RevisionFiles {
    let own = host_files(place, revision);
    let files = utility::files(global, &own);
    let of_revision = files.revision.clone();
    utility::let_read(providers, &files);
    add_builtin(providers, own);
    add_utility(providers, files);
    of_revision
}

/// Puts the provider that is always there among the others.
pub fn add_builtin(providers: &mut Providers, files: HostFiles) {
    let builtin = evenkeel_provider_builtin::provider(files, Some(Arc::new(stores::StoreFiles)));
    providers.0.insert(evenkeel_provider_builtin::address(), builtin);
}

/// A directory as it stands is the operator's own; what comes from a commit, anybody may have
/// written.
pub fn host_files(place: &Place, revision: Option<&str>) -> HostFiles {
    match &place.location.origin {
        Origin::Directory(directory) if revision.is_none() && place.location.reference.is_none() => {
            HostFiles::From(directory.join(&place.location.subdirectory))
        }
        _ => HostFiles::Refused,
    }
}
