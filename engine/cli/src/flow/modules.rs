//! From the files of a revision to a configuration with all its packages: the loader asks, the lock
//! file, the cache and the world answer, until nothing is missing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use evenkeel_lang::config::{
    LOCK_FILE, Loading, Lock, LockKey, Locked, ModuleRequest, Mount, ResolvedModules, load_with, parse_lock,
    parse_module_source,
};
use evenkeel_model::{Diagnostic, Diagnostics, Snapshot};
use evenkeel_source::{Files, ModuleError, Modules};

use crate::error::sentences;

/// Where packages stand in a snapshot, below the root module. What `path.module` says is the same
/// as with Terraform; no revision has files there.
const MODULES_DIRECTORY: &str = ".terraform/modules";

/// All mounted files together: names cost memory, too.
const FILES_MAX: usize = 1_000_000;

/// Modules nest in fewer levels.
const ROUNDS_MAX: usize = 100;

/// Packages that are fetched at the same time.
const FETCHES_MAX: usize = 8;

/// Whether the lock file says what is used, or what is used becomes the lock file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locking {
    /// Exactly what is locked; what is not is an error.
    Follow,
    /// What is locked, and what is not is looked up.
    Complete,
    /// Everything is looked up.
    Renew,
}

/// What happens on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A package is about to be looked up.
    LookedUp {
        /// The call.
        key: String,
        /// The package, without a password.
        package: String,
        /// The version.
        version: Option<String>,
    },
    /// A module is there.
    Installed {
        /// The call.
        key: String,
        /// The directory.
        directory: String,
    },
}

/// A configuration whose packages are all there.
pub struct Installed {
    /// The files, with those of the packages.
    pub snapshot: Snapshot,
    /// What they declare.
    pub loading: Loading,
    /// Where the packages stand among the files.
    pub resolved: ResolvedModules,
    /// What the lock file said.
    pub before: Lock,
    /// What it should say.
    pub lock: Lock,
}

/// Why a configuration has no packages.
pub struct Refused {
    /// The files as far as they are there.
    pub snapshot: Snapshot,
    /// Why.
    pub diagnostics: Diagnostics,
}

/// Loads the root module in a directory of the snapshot with all packages that it needs.
pub fn install(
    snapshot: Snapshot,
    root: &str,
    locking: Locking,
    modules: &Modules,
    interrupt: &AtomicBool,
    steps: &mut dyn FnMut(Step),
) -> Result<Installed, Box<Refused>> {
    let path = below(root, LOCK_FILE);
    let (before, problems) = match snapshot.file(&path) {
        Some(bytes) => parse_lock(&path, bytes),
        None => (Lock::default(), Diagnostics::new()),
    };
    if problems.has_errors() && locking != Locking::Renew {
        return Err(Box::new(Refused { snapshot, diagnostics: problems }));
    }
    let mut installing = Installing {
        snapshot,
        root,
        locking,
        modules,
        interrupt,
        before,
        lock: Lock::default(),
        packages: BTreeMap::new(),
        resolved: ResolvedModules::default(),
        mounted: 0,
    };
    match installing.run(steps) {
        Ok(loading) => {
            let Installing { snapshot, resolved, before, lock, .. } = installing;
            Ok(Installed { snapshot, loading, resolved, before, lock })
        }
        Err(diagnostics) => Err(Box::new(Refused { snapshot: installing.snapshot, diagnostics })),
    }
}

/// A package that was brought.
struct Package {
    files: Files,
    /// The directory inside it that a registry names.
    subdirectory: Arc<str>,
}

struct Installing<'a> {
    snapshot: Snapshot,
    root: &'a str,
    locking: Locking,
    modules: &'a Modules,
    interrupt: &'a AtomicBool,
    before: Lock,
    lock: Lock,
    packages: BTreeMap<LockKey, Package>,
    resolved: ResolvedModules,
    mounted: usize,
}

impl Installing<'_> {
    fn run(&mut self, steps: &mut dyn FnMut(Step)) -> Result<Loading, Diagnostics> {
        for _ in 0..ROUNDS_MAX {
            let loading = load_with(&self.snapshot, self.root, &self.resolved);
            if loading.missing.is_empty() {
                return Ok(loading);
            }
            let failed = self.bring(&loading.missing, steps);
            let mut problems = Diagnostics::new();
            for request in &loading.missing {
                let key = request.lock_key();
                match failed.get(&key) {
                    Some(problem) => problems.push(problem.diagnostic(request)),
                    None => self.mount(request, &key, &mut problems, steps),
                }
            }
            if problems.has_errors() {
                let mut diagnostics = loading.diagnostics;
                diagnostics.extend(problems);
                return Err(diagnostics);
            }
        }
        let detail =
            "Every package asks for another one. Remove the call that leads back to where it comes from.";
        Err(Diagnostic::error("Too many modules", detail).into())
    }

    /// Brings the packages that are not there yet, some at a time; answers what is wrong.
    fn bring(
        &mut self,
        missing: &[ModuleRequest],
        steps: &mut dyn FnMut(Step),
    ) -> BTreeMap<LockKey, Problem> {
        let mut wanted: BTreeMap<LockKey, &ModuleRequest> = BTreeMap::new();
        for request in missing {
            let key = request.lock_key();
            if !self.packages.contains_key(&key) {
                wanted.entry(key).or_insert(request);
            }
        }
        let wanted: Vec<(LockKey, &ModuleRequest)> = wanted.into_iter().collect();
        let mut failed = BTreeMap::new();
        for some in wanted.chunks(FETCHES_MAX) {
            let brought: Vec<_> = std::thread::scope(|scope| {
                let this = &*self;
                let threads: Vec<_> = some
                    .iter()
                    .map(|(key, request)| (key, request, scope.spawn(move || this.bring_one(key, request))))
                    .collect();
                let joined = threads.into_iter();
                joined.map(|(key, request, thread)| (key.clone(), *request, thread.join())).collect()
            });
            for (key, request, result) in brought {
                match result.unwrap_or(Err(Problem::Gone)) {
                    Ok((locked, files, looked_up)) => {
                        self.keep(key, request, locked, files, looked_up, steps)
                    }
                    Err(problem) => drop(failed.insert(key, problem)),
                }
            }
        }
        failed
    }

    /// One package, and whether it was looked up.
    fn bring_one(&self, key: &LockKey, request: &ModuleRequest) -> Result<(Locked, Files, bool), Problem> {
        if self.interrupt.load(Ordering::Relaxed) {
            return Err(Problem::Gone);
        }
        let locked = self.before.modules.get(key).filter(|_| self.locking != Locking::Renew);
        match (locked, self.locking) {
            (Some(locked), _) => {
                let files = self.modules.locked(&request.source, locked, self.interrupt)?;
                Ok((locked.clone(), files, false))
            }
            (None, Locking::Follow) => Err(Problem::NotLocked),
            (None, Locking::Complete | Locking::Renew) => {
                let resolved =
                    self.modules.resolve(&request.source, request.version.as_ref(), self.interrupt)?;
                Ok((resolved.locked, resolved.files, true))
            }
        }
    }

    fn keep(
        &mut self,
        key: LockKey,
        request: &ModuleRequest,
        locked: Locked,
        files: Files,
        looked_up: bool,
        steps: &mut dyn FnMut(Step),
    ) {
        if looked_up {
            steps(Step::LookedUp {
                key: request.key.to_string(),
                package: request.source.package(),
                version: locked.version.as_deref().map(str::to_owned),
            });
        }
        let source = locked.package.as_deref().and_then(|package| parse_module_source(package).ok());
        let subdirectory = source.map(|source| Arc::from(source.subdirectory())).unwrap_or_default();
        self.lock.modules.insert(key.clone(), locked);
        self.packages.insert(key, Package { files, subdirectory });
    }

    /// Puts the files of a package to where a call expects them.
    fn mount(
        &mut self,
        request: &ModuleRequest,
        key: &LockKey,
        problems: &mut Diagnostics,
        steps: &mut dyn FnMut(Step),
    ) {
        let Some(package) = self.packages.get(key) else { return };
        self.mounted = self.mounted.saturating_add(package.files.len());
        if self.mounted > FILES_MAX {
            let detail = format!("The packages of all modules together have more than {FILES_MAX} files.");
            problems.push(Diagnostic::error("Too many modules", detail).at(request.range.clone()));
            return;
        }
        let directory = below(self.root, &format!("{MODULES_DIRECTORY}/{}", request.key));
        for (path, contents) in &package.files {
            self.snapshot.files.insert(format!("{directory}/{path}").into(), contents.clone());
        }
        let shown = format!("{MODULES_DIRECTORY}/{}", request.key);
        let inner = below(&package.subdirectory, request.source.subdirectory());
        steps(Step::Installed { key: request.key.to_string(), directory: below(&shown, &inner) });
        let mount = Mount { directory: directory.into(), subdirectory: package.subdirectory.clone() };
        self.resolved.mounts.insert(request.key.clone(), mount);
    }
}

/// Why a package is not there.
enum Problem {
    NotLocked,
    /// Nobody waits for it any more.
    Gone,
    Failed(ModuleError),
}

impl From<ModuleError> for Problem {
    fn from(error: ModuleError) -> Self {
        Self::Failed(error)
    }
}

impl Problem {
    fn diagnostic(&self, request: &ModuleRequest) -> Diagnostic {
        match self {
            Self::NotLocked => request.not_installed(),
            Self::Gone => {
                let detail = format!("Fetching the module \"{}\" was given up.", request.key);
                Diagnostic::error("Module download was interrupted", detail).at(request.range.clone())
            }
            Self::Failed(error) => {
                let message = format!("module \"{}\": {error}", request.key);
                let detail = sentences(&message, &error.remedy());
                Diagnostic::error(error.summary(), detail).at(request.range.clone())
            }
        }
    }
}

/// `inner` below `directory`; either may be empty.
pub fn below(directory: &str, inner: &str) -> String {
    match (directory, inner) {
        ("", inner) => inner.to_owned(),
        (directory, "") => directory.to_owned(),
        (directory, inner) => format!("{directory}/{inner}"),
    }
}
