//! Remote repositories, through a bare copy of each in the cache directory.
//!
//! A fetch brings all branches and tags and follows whatever happened to them: moved, rewritten,
//! removed. Nothing is trusted to be current without asking, except a commit by its full name,
//! which cannot change. History is fetched whole, so that `HEAD~1` and short names work.
//!
//! One process at a time writes a copy, under an advisory lock that the operating system gives
//! back however the process ends. What a killed fetch left behind is swept away by the next one;
//! packs and references only ever appear whole.
//!
//! Of packages only the files matter: [`shallow`] brings them with little history, into a copy of
//! their own.

mod shallow;

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use gix::bstr::{BStr, ByteSlice as _};
use gix::credentials::helper::Action;
use gix::credentials::protocol::{Context, Outcome};
use gix::protocol::handshake::Ref;
use gix::protocol::transport::client::Error as TransportError;
use gix::refs::transaction::{Change, LogChange, PreviousValue, RefEdit, RefLog};
use gix::refs::{FullName, Target};
use gix::remote::Direction;
use gix::remote::fetch::{RefMap, Tags};
use gix::sec::Trust;
use gix::sec::identity::Account;
use gix::{ObjectId, Repository};
use sha2::{Digest, Sha256};

use crate::directory::hexadecimal;
use crate::error::SourceError;
use crate::location::without_credentials;
use crate::repository::{self, Found, one_line};

/// How long to wait for another process that fetches the same remote.
const LOCK_TIMEOUT: Duration = Duration::from_secs(600);

/// How long a fetch may take, however large the repository.
const FETCH_TIMEOUT: Duration = Duration::from_secs(1800);

/// How often to look whether the caller has given up on a fetch.
const INTERRUPT_INTERVAL: Duration = Duration::from_millis(20);

/// How often to look whether another process is done.
const LOCK_INTERVAL: Duration = Duration::from_millis(25);

/// Every fetch that brings something adds a pack, and lookups slow down with their number. A copy
/// with this many is made anew.
const PACKS_MAX: usize = 500;

/// Branches may be rewritten and tags moved; both are followed here, and noticed by whoever
/// remembers the commit.
const REFSPECS: [&str; 3] =
    ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*", "+HEAD:refs/evenkeel/head"];

/// A user name and a password or access token for an https remote.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user name; forges that take a token alone accept any.
    pub username: String,
    /// The password or token.
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(..)")
    }
}

/// One remote and its copy.
#[derive(Clone)]
pub struct Remote {
    /// The URL without any secret.
    url: gix::Url,
    shown: String,
    credentials: Option<Credentials>,
    /// Whether Git's own helpers are asked where nobody has given any.
    helper: bool,
    /// Whether the server may send us elsewhere.
    redirects: bool,
    cache_dir: PathBuf,
    copy: PathBuf,
    lock: PathBuf,
}

impl Remote {
    /// The remote at `url`, which may contain credentials; they win over the given ones.
    pub fn new(cache_dir: &Path, url: &str, given: Option<&Credentials>) -> Result<Self, SourceError> {
        let shown = without_credentials(url);
        let malformed = |reason| SourceError::Location { text: shown.clone(), reason };
        let typed =
            gix::url::parse(BStr::new(url)).map_err(|_| malformed("it is not a URL that Git takes"))?;
        let credentials = typed.user().map(|user| Credentials {
            username: user.to_owned(),
            password: typed
                .password()
                .or(given.map(|given| given.password.as_str()))
                .unwrap_or("")
                .to_owned(),
        });
        let url =
            gix::url::parse(BStr::new(&shown)).map_err(|_| malformed("it is not a URL that Git takes"))?;
        let name = hexadecimal(&Sha256::digest(shown.as_bytes()));
        Ok(Self {
            url,
            credentials: credentials.or_else(|| given.cloned()),
            helper: false,
            redirects: true,
            cache_dir: cache_dir.to_owned(),
            copy: cache_dir.join(format!("{name}.git")),
            lock: cache_dir.join(format!("{name}.lock")),
            shown,
        })
    }

    /// The same, with credentials from Git's own helpers where there are no others.
    pub fn with_helper(self) -> Self {
        Self { helper: true, ..self }
    }

    /// The same, and nobody else is asked than who is named.
    pub fn without_redirects(self) -> Self {
        Self { redirects: false, ..self }
    }

    /// The commit that `asked_for` names at the remote now.
    pub fn commit(&self, asked_for: &str, interrupt: &AtomicBool) -> Result<Found, SourceError> {
        if let Some(found) = self.cached(asked_for) {
            return Ok(found);
        }
        let lock = self.lock(interrupt)?;
        let wanted = asked_for.to_owned();
        self.in_time(lock, interrupt, move |remote, stop| remote.fetch_all(&wanted, stop))?;
        let repository = self.open().map_err(|error| self.unusable(&error))?;
        repository::find_commit_shown(repository, asked_for, self.shown.clone())
    }

    /// Fetches on a thread of its own, because a server that says nothing cannot be interrupted.
    /// When we give up, the thread keeps the lock until it notices.
    fn in_time<T: Send + 'static>(
        &self,
        lock: File,
        interrupt: &AtomicBool,
        fetch: impl FnOnce(&Self, &AtomicBool) -> Result<T, SourceError> + Send + 'static,
    ) -> Result<T, SourceError> {
        let (done, result) = mpsc::channel();
        let stop = Arc::new(AtomicBool::new(false));
        let (remote, stopped) = (self.clone(), stop.clone());
        let fetching = std::thread::Builder::new().name("fetch".into()).spawn(move || {
            // Whoever waited may have left.
            done.send(fetch(&remote, &stopped)).ok();
            drop(lock);
        });
        fetching.map_err(|source| self.cache_error(&self.copy, source))?;
        let started = Instant::now();
        let reason = loop {
            match result.recv_timeout(INTERRUPT_INTERVAL) {
                Ok(result) => return result,
                Err(RecvTimeoutError::Disconnected) => break "the fetch ended without a result".to_owned(),
                Err(RecvTimeoutError::Timeout) if interrupt.load(Ordering::Relaxed) => {
                    stop.store(true, Ordering::Relaxed);
                    return Err(SourceError::Interrupted);
                }
                Err(RecvTimeoutError::Timeout) if started.elapsed() > FETCH_TIMEOUT => {
                    stop.store(true, Ordering::Relaxed);
                    break format!("it took more than {} seconds", FETCH_TIMEOUT.as_secs());
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        };
        Err(SourceError::Unreachable { url: self.shown.clone(), reason })
    }

    /// Everything that the remote shows, and the commit that is asked for if it shows it to nobody.
    fn fetch_all(&self, asked_for: &str, interrupt: &AtomicBool) -> Result<(), SourceError> {
        let repository = self.open_or_create()?;
        self.fetch(&repository, &REFSPECS, interrupt)?;
        let Ok(id) = ObjectId::from_hex(asked_for.as_bytes()) else { return Ok(()) };
        let repository = self.open().map_err(|error| self.unusable(&error))?;
        if repository.has_object(id) {
            return Ok(());
        }
        // Whether a commit that no branch or tag leads to is given out is up to the server.
        let refspec = format!("{id}:refs/evenkeel/commits/{id}");
        match self.fetch(&repository, &[refspec.as_str()], interrupt) {
            Err(error @ SourceError::Interrupted) => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// A full commit name that was fetched before needs no question.
    fn cached(&self, asked_for: &str) -> Option<Found> {
        let id = ObjectId::from_hex(asked_for.as_bytes()).ok()?;
        let repository = self.open().ok()?;
        repository.has_object(id).then_some(())?;
        repository::find_commit_shown(repository, asked_for, self.shown.clone()).ok()
    }

    /// Waits until no other process writes this copy.
    fn lock(&self, interrupt: &AtomicBool) -> Result<File, SourceError> {
        create_private(&self.cache_dir).map_err(|source| self.cache_error(&self.cache_dir, source))?;
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&self.lock)
            .map_err(|source| self.cache_error(&self.lock, source))?;
        let started = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::Error(source)) => return Err(self.cache_error(&self.lock, source)),
                Err(TryLockError::WouldBlock) if interrupt.load(Ordering::Relaxed) => {
                    return Err(SourceError::Interrupted);
                }
                Err(TryLockError::WouldBlock) if started.elapsed() > LOCK_TIMEOUT => {
                    return Err(SourceError::Busy {
                        url: self.shown.clone(),
                        seconds: LOCK_TIMEOUT.as_secs(),
                    });
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_INTERVAL),
            }
        }
    }

    fn open(&self) -> Result<Repository, gix::Error> {
        let options = self.options().open_path_as_is(true);
        options.open(&self.copy).map(|repository| repository.to_thread_local())
    }

    fn options(&self) -> gix::open::Options {
        let options = repository::options(Trust::Full);
        match self.redirects {
            true => options,
            false => options.cli_overrides(["http.followRedirects=false"]),
        }
    }

    /// The copy, swept; made anew if there is none, it cannot be opened or has grown too many packs.
    /// Only under the lock.
    fn open_or_create(&self) -> Result<Repository, SourceError> {
        if self.copy.exists() {
            sweep(&self.copy).map_err(|source| self.cache_error(&self.copy, source))?;
            if let (Ok(repository), true) = (self.open(), packs(&self.copy) < PACKS_MAX) {
                return Ok(repository);
            }
            fs::remove_dir_all(&self.copy).map_err(|source| self.cache_error(&self.copy, source))?;
        }
        gix::ThreadSafeRepository::init_opts(
            &self.copy,
            gix::create::Kind::Bare,
            gix::create::Options::default(),
            self.options(),
        )
        .map(|repository| repository.to_thread_local())
        .map_err(|error| self.unusable(&error))
    }

    fn fetch(
        &self,
        repository: &Repository,
        refspecs: &[&str],
        interrupt: &AtomicBool,
    ) -> Result<(), SourceError> {
        let failed = |error: gix::Error| {
            if interrupt.load(Ordering::Relaxed) {
                SourceError::Interrupted
            } else {
                self.unreachable(&error)
            }
        };
        let mut remote = repository
            .remote_at_without_url_rewrite(self.url.clone())
            .map_err(failed)?
            .with_fetch_tags(Tags::None);
        remote.replace_refspecs(refspecs.iter().copied(), Direction::Fetch).map_err(failed)?;
        let connection = remote.connect(Direction::Fetch).map_err(failed)?;
        let connection = connection.with_credentials(|action| self.answer(action));
        let prepared = connection
            .prepare_fetch(gix::progress::Discard, gix::remote::ref_map::Options::default())
            .map_err(failed)?;
        let map = prepared.ref_map();
        let everything = refspecs == REFSPECS;
        if everything {
            // First, so that a new branch `a/b` finds no old branch `a` in its way.
            self.remove_vanished(repository, map)?;
            if map.remote_refs.iter().all(|reference| matches!(reference, Ref::Unborn { .. })) {
                return Err(SourceError::EmptyRepository { repository: self.shown.clone() });
            }
        }
        let head = everything.then(|| head(map)).flatten();
        prepared
            .with_write_packed_refs_only(true)
            .receive(gix::progress::Discard, interrupt)
            .map_err(failed)?;
        match head {
            Some(target) => self.edit(repository, vec![update("HEAD", target)?]),
            None => Ok(()),
        }
    }

    /// Removes branches and tags that the remote no longer has.
    fn remove_vanished(&self, repository: &Repository, map: &RefMap) -> Result<(), SourceError> {
        let there: std::collections::BTreeSet<&BStr> =
            map.remote_refs.iter().map(|reference| reference.unpack().0).collect();
        let platform = repository.references().map_err(|error| self.unusable(&error))?;
        let mut edits = Vec::new();
        for reference in platform.all().map_err(|error| self.unusable(&error))?.filter_map(Result::ok) {
            let name = reference.name();
            let copied =
                name.as_bstr().starts_with(b"refs/heads/") || name.as_bstr().starts_with(b"refs/tags/");
            if copied && !there.contains(name.as_bstr()) {
                edits.push(RefEdit {
                    change: Change::Delete { expected: PreviousValue::Any, log: RefLog::AndReference },
                    name: name.to_owned(),
                    deref: false,
                });
            }
        }
        self.edit(repository, edits)
    }

    fn edit(&self, repository: &Repository, edits: Vec<RefEdit>) -> Result<(), SourceError> {
        repository.edit_references(edits).map(drop).map_err(|error| self.unusable(&error))
    }

    /// Credentials for the host that was named, and for no other that it may have sent us to.
    fn answer(&self, action: Action) -> Result<Option<Outcome>, gix::Error> {
        // The other actions tell a credential helper how it went; there is none.
        let Action::Get(context) = action else { return Ok(None) };
        let asking = self.is_asking(&context);
        let helped = (asking && self.helper && self.credentials.is_none())
            .then(|| crate::credentials::from_git(&self.shown))
            .flatten();
        let Some(credentials) = self.credentials.as_ref().or(helped.as_ref()).filter(|_| asking) else {
            let silence = "it asks who we are, and there are no credentials for it";
            return Err(gix::Error::from_error(gix::error::unauthenticated(silence)));
        };
        let identity = Account {
            username: credentials.username.clone(),
            password: credentials.password.clone(),
            oauth_refresh_token: None,
        };
        Ok(Some(Outcome { identity, next: context.into() }))
    }

    fn is_asking(&self, context: &Context) -> bool {
        let asking = context.url.as_deref().and_then(|url| gix::url::parse(url.as_bstr()).ok());
        asking.is_some_and(|asking| {
            asking.scheme == self.url.scheme
                && asking.host() == self.url.host()
                && asking.port_or_default() == self.url.port_or_default()
        })
    }

    fn unreachable(&self, error: &gix::Error) -> SourceError {
        let (url, reason) = (self.shown.clone(), one_line(error));
        let denied =
            |class| matches!(class, gix::error::Class::Unauthenticated | gix::error::Class::PermissionDenied);
        let unwilling = matches!(
            error.downcast_any_ref::<TransportError>(),
            Some(TransportError::AuthenticationRefused(_))
        );
        if unwilling || error.classify().any(|class| denied(class.class())) {
            SourceError::Authentication { url, reason }
        } else {
            SourceError::Unreachable { url, reason }
        }
    }

    fn unusable(&self, error: &gix::Error) -> SourceError {
        self.cache_error(&self.copy, io::Error::other(one_line(error)))
    }

    fn cache_error(&self, path: &Path, source: io::Error) -> SourceError {
        SourceError::Cache { path: path.to_owned(), source }
    }
}

/// What the remote's `HEAD` points to.
fn head(map: &RefMap) -> Option<Target> {
    map.remote_refs.iter().find(|reference| reference.unpack().0 == "HEAD").and_then(|head| match head {
        Ref::Symbolic { target, .. } | Ref::Unborn { target, .. } => {
            FullName::try_from(target.as_bstr()).ok().map(Target::Symbolic)
        }
        Ref::Direct { object, .. } | Ref::Peeled { object, .. } => Some(Target::Object(*object)),
    })
}

fn update(name: &'static str, new: Target) -> Result<RefEdit, SourceError> {
    let log = LogChange { mode: RefLog::AndReference, force_create_reflog: false, message: "fetch".into() };
    Ok(RefEdit {
        change: Change::Update { log, expected: PreviousValue::Any, new },
        name: FullName::try_from(name).expect("a constant reference name is valid"),
        deref: false,
    })
}

fn packs(copy: &Path) -> usize {
    let entries = fs::read_dir(copy.join("objects/pack")).into_iter().flatten().filter_map(Result::ok);
    entries.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "pack")).count()
}

/// Removes what a killed fetch left: locks of single files and of references, and packs that were
/// not finished. A reference cannot be called `x.lock`, so nothing else has such a name.
fn sweep(copy: &Path) -> io::Result<()> {
    let is_lock: fn(&str) -> bool = |name| name.ends_with(".lock");
    let mut pending = vec![copy.join("refs")];
    while let Some(directory) = pending.pop() {
        pending.extend(sweep_directory(&directory, is_lock)?);
    }
    sweep_directory(copy, is_lock)?;
    let is_unfinished: fn(&str) -> bool =
        |name| !name.starts_with("pack-") && !name.starts_with("multi-pack-index");
    sweep_directory(&copy.join("objects/pack"), is_unfinished)?;
    Ok(())
}

/// Removes stale files, and answers the directories.
fn sweep_directory(directory: &Path, is_stale: fn(&str) -> bool) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut directories = Vec::new();
    for entry in entries {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            directories.push(entry.path());
        } else if kind.is_file() && entry.file_name().to_str().is_some_and(is_stale) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(directories)
}

/// Private repositories are nobody else's business.
pub fn create_private(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_for_the_host_that_was_named() {
        let given = Credentials { username: "any".into(), password: "given".into() };
        for (typed, asking, expected) in [
            ("https://u:typed@host/a", "https://host/a", Some(("u", "typed"))),
            ("https://token@host/a", "https://host/a", Some(("token", "given"))),
            ("https://host/a", "https://host/a", Some(("any", "given"))),
            ("https://host/a", "https://host:443/b", Some(("any", "given"))),
            ("https://host/a", "https://elsewhere/a", None),
            ("https://host/a", "http://host/a", None),
            ("https://host/a", "https://host:8443/a", None),
        ] {
            let remote = Remote::new(Path::new("cache"), typed, Some(&given)).unwrap();
            assert!(!remote.url.to_string().contains("typed"), "{}", remote.url);
            let answer = remote.answer(Action::get_for_url(asking)).ok().flatten();
            let identity = answer.as_ref().map(|answer| &answer.identity);
            let identity = identity.map(|identity| (identity.username.as_str(), identity.password.as_str()));
            assert_eq!(identity, expected, "{typed} {asking}");
        }
    }
}
