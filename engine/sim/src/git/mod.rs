//! The simulated repository: commits of generated configurations, each with its text and with what
//! the cloud must hold once it is applied.
//!
//! [`model`] is what a configuration says, [`generate`] makes and changes one, [`render`] writes it
//! in the Terraform language, and [`expand`] works out the objects it stands for without any help
//! from the engine: that is the oracle.

pub mod expand;
pub mod generate;
pub mod model;
pub mod render;

use std::sync::Arc;

use evenkeel_lang::config::{self, Configuration};
use evenkeel_model::{Revision, Snapshot};

use self::expand::Expected;
use self::generate::Generator;
use self::model::Config;
use crate::rng::Rng;

/// One commit.
#[derive(Clone)]
pub struct Commit {
    /// Its name.
    pub revision: Revision,
    /// The commit before it, by its place.
    pub parent: Option<usize>,
    /// What it says; `None` for one that cannot be parsed.
    pub config: Option<Config>,
    /// Its files.
    pub snapshot: Arc<Snapshot>,
    /// The configuration in them, or the first error.
    pub loaded: Result<Arc<Configuration>, String>,
    /// What the cloud must hold.
    pub expected: Arc<Vec<Expected>>,
}

/// All commits and where the branch points.
pub struct SimGit {
    /// Every commit there ever was.
    pub commits: Vec<Arc<Commit>>,
    head: usize,
    generator: Generator,
    /// Whether nodes have commands to run.
    commands: bool,
}

impl SimGit {
    /// A repository with a first commit.
    pub fn new(rng: Rng, commands: bool) -> Self {
        let mut generator = Generator::new(rng);
        let config = generator.first();
        let mut git = Self { commits: Vec::new(), head: 0, generator, commands };
        git.add(Some(config), None);
        git
    }

    /// The commit that the branch points to.
    pub fn head(&self) -> &Arc<Commit> {
        &self.commits[self.head]
    }

    /// The commit with a name.
    pub fn commit(&self, revision: &Revision) -> Option<&Arc<Commit>> {
        self.commits.iter().find(|commit| commit.revision == *revision)
    }

    /// Commits a change of what was said last.
    pub fn advance(&mut self) {
        let config = self.generator.change(&self.last_valid());
        self.add(Some(config), Some(self.head));
    }

    /// Commits something that is not the language.
    pub fn break_it(&mut self) {
        self.add(None, Some(self.head));
    }

    /// Goes back to an earlier configuration with a new commit.
    pub fn revert(&mut self) {
        let now = self.last_valid();
        let valid: Vec<&Config> = self.commits.iter().filter_map(|commit| commit.config.as_ref()).collect();
        let before = self.generator.rng.pick(&valid).map_or_else(|| now.clone(), |config| (*config).clone());
        let config = self.generator.revert(&now, before);
        self.add(Some(config), Some(self.head));
    }

    /// Moves the branch to a commit that does not descend from where it was. The place it was at is
    /// given back, so that the old history can be restored.
    pub fn force(&mut self) -> usize {
        let before = self.head;
        let config = self.generator.change(&self.last_valid());
        self.add(Some(config), None);
        before
    }

    /// Puts the old history back, with a new commit on top; unless the new history was applied
    /// meanwhile, because nothing had been before: then it stays.
    pub fn restore(&mut self, place: usize, applied: Option<&Revision>) {
        let place = place.min(self.commits.len() - 1);
        if applied.is_none_or(|applied| self.descends(place, applied)) {
            self.head = place;
        }
        self.advance();
    }

    /// Sees to it that the head is valid and descends from what was applied. Rewritten history can
    /// have been applied rightly, where nothing had been applied before it.
    pub fn make_followable(&mut self, applied: Option<&Revision>) {
        let place = applied.and_then(|applied| self.commits.iter().position(|c| c.revision == *applied));
        match (applied, place) {
            (Some(applied), Some(place)) if !self.descends_from(applied) => self.head = place,
            _ if self.head().loaded.is_ok() => return,
            _ => {}
        }
        self.advance();
    }

    /// Whether the head descends from a revision.
    pub fn descends_from(&self, revision: &Revision) -> bool {
        self.descends(self.head, revision)
    }

    /// Whether a revision is, or descends from, an earlier one.
    pub fn follows(&self, revision: &Revision, earlier: &Revision) -> bool {
        let place = self.commits.iter().position(|commit| commit.revision == *revision);
        place.is_some_and(|place| self.descends(place, earlier))
    }

    fn descends(&self, from: usize, revision: &Revision) -> bool {
        let mut place = Some(from);
        while let Some(at) = place {
            if self.commits[at].revision == *revision {
                return true;
            }
            place = self.commits[at].parent;
        }
        false
    }

    fn last_valid(&self) -> Config {
        let mut place = Some(self.head);
        while let Some(at) = place {
            if let Some(config) = &self.commits[at].config {
                return config.clone();
            }
            place = self.commits[at].parent;
        }
        Config::default()
    }

    fn add(&mut self, config: Option<Config>, parent: Option<usize>) {
        let revision = Revision::Commit(format!("{:012x}", self.commits.len() + 1).into());
        let files =
            config.as_ref().map_or_else(render::broken, |config| render::files(config, self.commands));
        let files = files.iter().map(|(path, text)| (*path, text.as_str()));
        let snapshot = Arc::new(Snapshot::from_files(revision.clone(), files));
        let (configuration, diagnostics) = config::load(&snapshot, "");
        let first = diagnostics.iter().find(|found| found.severity == evenkeel_model::Severity::Error);
        let loaded = match first {
            Some(error) => Err(format!("{}: {}", error.summary, error.detail)),
            None => Ok(Arc::new(configuration)),
        };
        let expected = Arc::new(config.as_ref().map(expand::objects).unwrap_or_default());
        self.commits.push(Arc::new(Commit { revision, parent, config, snapshot, loaded, expected }));
        self.head = self.commits.len() - 1;
    }
}
