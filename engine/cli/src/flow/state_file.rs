//! The state file of Terraform beside a configuration: taken over when a stack is new, written through
//! when a stack has changed, and never written over when another program has changed it.
//!
//! Where there is neither a `local` backend nor a `terraform.tfstate`, there is no state file: values would
//! stand in it in clear. What a file says is decided in [`evenkeel_state::tfstate`].

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use evenkeel_lang::config::{self, Backend, FOLLOWED_VERSION};
use evenkeel_model::{Revision, Snapshot};
use evenkeel_source::write_private;
use evenkeel_state::tfstate::{self, TfState};
use evenkeel_state::{Entry, State};
use evenkeel_store::{Lease, StackId, Store};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::Failure;
use crate::flow::Session;
use crate::flow::foreign_lock::ForeignLock;
use crate::flow::lease::Held;
use crate::settings::Place;

const FILE: &str = "terraform.tfstate";
const WORKSPACES: &str = "terraform.tfstate.d";

/// A larger configuration file is not searched for a backend.
const BYTES_MAX: u64 = 16 << 20;

/// Where the state file of a stack is, if there is to be one.
#[derive(Clone, Debug)]
pub struct StateFile {
    /// The file.
    pub path: PathBuf,
    /// Whether a backend block asks for it; otherwise it is only kept where it is.
    declared: bool,
}

/// What is remembered of the file: what stood in it when it was read or written last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Known {
    path: PathBuf,
    digest: String,
    /// The serial of the stack that the file agrees with.
    serial: u64,
}

impl StateFile {
    /// The state file of a stack. Only a directory of this machine has one.
    pub fn of(place: &Place, stack: &StackId) -> Option<Self> {
        let directory = place.directory()?;
        let backend = backend(&directory);
        if backend.as_ref().is_some_and(|backend| &*backend.kind != "local") {
            return None;
        }
        let named = |text: Option<&str>, otherwise: &str| directory.join(text.unwrap_or(otherwise));
        let path = match &*stack.0 {
            "default" => named(backend.as_ref().and_then(|backend| backend.path.as_deref()), FILE),
            workspace => {
                let folder = backend.as_ref().and_then(|backend| backend.workspace_dir.as_deref());
                named(folder, WORKSPACES).join(workspace).join(FILE)
            }
        };
        let path = path.strip_prefix(".").map(Path::to_owned).unwrap_or(path);
        Some(Self { path, declared: backend.is_some() })
    }

    fn read(&self) -> Result<Option<Vec<u8>>, Failure> {
        match std::fs::read(&self.path) {
            // Terraform takes an empty file for no state.
            Ok(bytes) => Ok(Some(bytes).filter(|bytes| !bytes.is_empty())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(cannot("read", &self.path, &error)),
        }
    }
}

/// The workspaces that have a state file of their own.
pub fn workspaces(place: &Place) -> Vec<String> {
    let Some(directory) = place.directory() else { return Vec::new() };
    let folder = backend(&directory).and_then(|backend| backend.workspace_dir);
    let entries = std::fs::read_dir(directory.join(folder.as_deref().unwrap_or(WORKSPACES)));
    let entries = entries.into_iter().flatten().filter_map(Result::ok);
    entries
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}

/// Removes the state file of a workspace that is deleted.
pub fn remove(place: &Place, stack: &StackId) -> Result<(), Failure> {
    let Some(file) = StateFile::of(place, stack).filter(|file| file.path.exists()) else { return Ok(()) };
    std::fs::remove_file(&file.path).map_err(|error| cannot("remove", &file.path, &error))?;
    // What else stands beside it, such as a backup, may stay.
    drop(file.path.parent().map(std::fs::remove_dir));
    Ok(())
}

/// The backend block of a root module. Most have none, which is seen without reading the language.
fn backend(directory: &Path) -> Option<Backend> {
    let is_small =
        |path: &PathBuf| path.metadata().is_ok_and(|file| file.is_file() && file.len() <= BYTES_MAX);
    let entries = std::fs::read_dir(directory).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let named = entries.filter_map(|path| Some((path.file_name()?.to_str()?.to_owned(), path)));
    let files: Vec<(String, String)> = named
        .filter(|(name, path)| (name.ends_with(".tf") || name.ends_with(".tf.json")) && is_small(path))
        .filter_map(|(name, path)| Some((name, std::fs::read_to_string(path).ok()?)))
        .filter(|(_, text)| text.contains("backend") || text.contains("cloud"))
        .collect();
    if files.is_empty() {
        return None;
    }
    let files = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    let snapshot = Snapshot::from_files(Revision::Directory("".into()), files);
    // What is wrong in the files is told when the whole configuration is read.
    let (configuration, _) = config::load(&snapshot, "");
    let found = configuration.root().backend.clone()?;
    Some(if &*found.kind == "local" { completed(found, directory) } else { found })
}

/// The backend with what was said to `terraform init -backend-config`, which is kept there.
fn completed(backend: Backend, directory: &Path) -> Backend {
    #[derive(Deserialize)]
    struct Initialized {
        backend: Option<Kept>,
    }
    #[derive(Deserialize)]
    struct Kept {
        #[serde(rename = "type")]
        kind: String,
        config: Arguments,
    }
    #[derive(Default, Deserialize)]
    struct Arguments {
        path: Option<Arc<str>>,
        workspace_dir: Option<Arc<str>>,
    }
    let bytes = std::fs::read(directory.join(".terraform").join(FILE)).unwrap_or_default();
    let kept = serde_json::from_slice(&bytes).ok().and_then(|found: Initialized| found.backend);
    let said = kept.filter(|kept| *kept.kind == *backend.kind).map(|kept| kept.config).unwrap_or_default();
    Backend {
        path: backend.path.or(said.path),
        workspace_dir: backend.workspace_dir.or(said.workspace_dir),
        ..backend
    }
}

/// The state file of a stack that is held, as it stood when the lease was taken.
pub struct Beside {
    file: StateFile,
    seen: Option<String>,
    /// Keeps Terraform away meanwhile.
    lock: Option<ForeignLock>,
}

impl Beside {
    /// What stands in the file now, if it is still the one that was held from the beginning.
    fn read(&self) -> Result<Option<Vec<u8>>, Failure> {
        match &self.lock {
            Some(lock) if lock.is_at(&self.file.path) => {
                lock.read().map(Some).map_err(|error| cannot("read", &self.file.path, &error))
            }
            _ => self.file.read(),
        }
    }
}

/// Takes the state file over where the stack is new, and refuses to go on where another program has
/// changed it.
pub async fn settle(session: &Session, lease: &Lease, patience: Duration) -> Result<Option<Beside>, Failure> {
    let Some(file) = StateFile::of(&session.place, &session.stack) else { return Ok(None) };
    let lock = ForeignLock::take(&file.path, patience).await?;
    let mut beside = Beside { file, seen: None, lock };
    let Some(bytes) = beside.read()?.filter(|bytes| !bytes.is_empty()) else {
        return Ok(beside.file.declared.then_some(beside));
    };
    let seen = digest(&bytes);
    beside.seen = Some(seen.clone());
    let known = known(session).await?;
    if known.as_ref().is_some_and(|known| known.digest == seen) {
        return Ok(Some(beside));
    }
    let found = parse(&bytes, &beside.file.path)?;
    let state = session.state().await?;
    if is_new(&state) {
        let count = take_over(session, lease, &state, &found, &beside.file.path).await?;
        told(session, &beside.file.path, count, &found);
    } else if !says_the_same(session, &state, &found) {
        return Err(changed(&beside.file.path, known.as_ref(), &state, &found));
    }
    remember(session, lease, &beside.file.path, seen).await?;
    Ok(Some(beside))
}

/// The same for a command that only looks: a lease is taken where there is something to take over.
pub async fn look(session: &Session) -> Result<(), Failure> {
    let Some(file) = StateFile::of(&session.place, &session.stack) else { return Ok(()) };
    let Some(bytes) = file.read()? else { return Ok(()) };
    if known(session).await?.is_some_and(|known| known.digest == digest(&bytes)) {
        return Ok(());
    }
    let held = Held::take(session, Duration::from_secs(10)).await?;
    held.finish(Ok(())).await
}

/// The same for a command that shows what is remembered: that a state file was changed is told, and no
/// reason to show nothing.
pub async fn look_only(session: &Session) -> Result<(), Failure> {
    let Err(failure) = look(session).await else { return Ok(()) };
    if is_new(&session.state().await?) {
        return Err(failure);
    }
    for found in failure.diagnostics.iter() {
        session.ui.aside(&format!("\nWarning: {}\n\n{}", found.summary, found.detail));
    }
    Ok(())
}

/// Whether a stack that is not in the store yet would be taken over from a state file.
pub fn is_there(place: &Place, stack: &StackId) -> bool {
    StateFile::of(place, stack).is_some_and(|file| file.path.exists())
}

/// Writes the state through, if it has changed.
pub async fn write(session: &Session, lease: &Lease, beside: &Beside) -> Result<(), Failure> {
    let path = &beside.file.path;
    let known = known(session).await?;
    let state = session.state().await?;
    let agrees =
        known.is_some_and(|known| known.serial == state.serial.0 && Some(known.digest) == beside.seen);
    if agrees || state.serial.0 == 0 {
        return Ok(());
    }
    let before = beside.read()?.filter(|bytes| !bytes.is_empty());
    if before.as_deref().map(digest) != beside.seen {
        return Err(Failure::plain(
            "State file was changed meanwhile",
            format!(
                "{} was changed by another program while this one worked, and is not written over. What was done is in the \
                 store. `evenkeel state export -force {}` writes it there.",
                path.display(),
                path.display(),
            ),
        ));
    }
    let bytes = document(session, &state).to_bytes();
    write_both(path, before.as_deref(), &bytes).map_err(|error| cannot("write", path, &error))?;
    remember(session, lease, path, digest(&bytes)).await
}

fn write_both(path: &Path, before: Option<&[u8]>, bytes: &[u8]) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
    if let Some(before) = before {
        let mut backup = path.as_os_str().to_owned();
        backup.push(".backup");
        write_private(Path::new(&backup), before)?;
    }
    write_private(path, bytes)
}

/// The state of a stack as a state file.
pub fn document(session: &Session, state: &State) -> TfState {
    let catalog = session.catalog.clone();
    tfstate::document(
        state,
        &|provider, kind| Some(catalog.spec(provider)?.resource(kind)?.schema()),
        FOLLOWED_VERSION,
    )
}

/// Reads a state file that somebody named.
pub fn parse(bytes: &[u8], path: &Path) -> Result<TfState, Failure> {
    tfstate::read(bytes).map_err(|diagnostics| in_file(diagnostics, path))
}

fn in_file(mut diagnostics: evenkeel_model::Diagnostics, path: &Path) -> Failure {
    for found in &mut diagnostics.0 {
        found.detail = format!("{}: {}", path.display(), found.detail);
    }
    diagnostics.into()
}

/// Makes the state of a stack what a file says. Gives the number of instances.
pub async fn take_over(
    session: &Session,
    lease: &Lease,
    state: &State,
    file: &TfState,
    path: &Path,
) -> Result<usize, Failure> {
    let catalog = session.catalog.clone();
    let taken =
        tfstate::entries(file, &|provider, kind| Some(catalog.spec(provider)?.resource(kind)?.schema()));
    let taken = taken.map_err(|diagnostics| in_file(diagnostics, path))?;
    let count = taken.iter().filter(|entry| matches!(entry, Entry::Observed { .. })).count();
    let forgotten = state.instances.iter().flat_map(|(address, instance)| {
        let current = instance.current.iter().map(|_| None);
        let keys = current.chain(instance.deposed.keys().map(|key| Some(*key)));
        keys.map(|deposed| Entry::Forgotten { address: address.clone(), deposed })
    });
    let entries = forgotten.chain(taken).collect();
    session.store.append(lease, entries).await?;
    Ok(count)
}

/// Remembers that a file agrees with the stack.
pub async fn remember(session: &Session, lease: &Lease, path: &Path, digest: String) -> Result<(), Failure> {
    let serial = session.state().await?.serial.0;
    let known = Known { path: path.to_owned(), digest, serial };
    // Text and numbers can always be written.
    let text = serde_json::to_string(&known).unwrap_or_default();
    Ok(session.store.set_state_file(lease, text).await?)
}

/// What tells one content of a file from another.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn known(session: &Session) -> Result<Option<Known>, Failure> {
    let text = session.store.state_file(&session.stack).await?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

/// A stack that nothing was ever done with.
pub fn is_new(state: &State) -> bool {
    state.serial.0 == 0 && state.is_empty()
}

/// Whether a file says what the stack is, whatever its serial: the process died before it could write
/// down that they agree, or another program only wrote the same again.
fn says_the_same(session: &Session, state: &State, found: &TfState) -> bool {
    let ours = document(session, state);
    let is_managed = |resource: &&tfstate::Resource| resource.mode == "managed";
    ours.lineage == found.lineage
        && ours.outputs == found.outputs
        && found.serial <= ours.serial
        && ours.resources.iter().filter(is_managed).eq(found.resources.iter().filter(is_managed))
}

fn told(session: &Session, path: &Path, count: usize, found: &TfState) {
    if count == 0 && found.outputs.is_empty() {
        return;
    }
    let objects = if count == 1 { "object" } else { "objects" };
    session.ui.aside(&format!(
        "Took over {count} {objects} from {} (serial {}, written by Terraform {}).",
        path.display(),
        found.serial,
        found.terraform_version
    ));
}

fn changed(path: &Path, known: Option<&Known>, state: &State, found: &TfState) -> Failure {
    let path = path.display();
    let (summary, why) = match known {
        Some(_) if *found.lineage == *state.lineage => (
            "State file was changed by another program",
            format!("{path} is not as Evenkeel left it: it has serial {} now.", found.serial),
        ),
        Some(_) => (
            "State file belongs to another stack",
            format!("{path} is not the file that Evenkeel wrote: it has another lineage."),
        ),
        None => (
            "State file is not the state of this stack",
            format!(
                "There is a state in the store, at serial {}, and one in {path}, at serial {}, which it does not come from.",
                state.serial, found.serial
            ),
        ),
    };
    Failure::plain(
        summary,
        format!(
            "{why} Both may be right about different objects, so nothing was done.\n\nTo go on with what the file says, run \
             `evenkeel state import -force {path}`. To go on with what the store has, which `evenkeel state list` shows, \
             run `evenkeel state export -force {path}`."
        ),
    )
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::plain(format!("Cannot {what} the state file"), format!("{}: {error}.", path.display()))
}
