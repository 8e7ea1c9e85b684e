//! `evenkeel state import`, `export`, `pull` and `push`: whole states from and to state files of Terraform.

use std::io::Read;
use std::path::{Path, PathBuf};

use evenkeel_source::write_private;
use evenkeel_state::State;
use evenkeel_state::tfstate::TfState;

use crate::args::StateChangeArgs;
use crate::error::Failure;
use crate::flow::Session;
use crate::flow::lease::Held;
use crate::flow::state_file::{self, StateFile};

/// More than this is no state file.
const BYTES_MAX: u64 = 1 << 30;

/// Takes a state over, into an empty stack or over what there is.
pub async fn import(
    session: &Session,
    file: Option<&Path>,
    force: bool,
    change: &StateChangeArgs,
) -> Result<(), Failure> {
    let beside = StateFile::of(&session.place, &session.stack).map(|file| file.path);
    let path = file.map(Path::to_owned).or_else(|| beside.clone()).ok_or_else(no_file)?;
    let bytes = read(&path)?;
    let found = state_file::parse(&bytes, &path)?;
    let held = Held::try_take(session, change.lock_timeout).await?;
    let result = async {
        let state = settled(session).await?;
        if !state.is_empty() && !force {
            return Err(not_empty(session, &state));
        }
        let count = state_file::take_over(session, &held.lease(), &state, &found, &path).await?;
        if is_same_file(beside.as_deref(), &path) {
            state_file::remember(session, &held.lease(), &path, state_file::digest(&bytes)).await?;
        }
        Ok(count)
    };
    let result = result.await;
    held.release().await;
    let objects = if result? == 1 { "object" } else { "objects" };
    let count = session.state().await?.instances.len();
    session.ui.line(&format!(
        "Took over {count} {objects} from {} (serial {}, lineage {}). `evenkeel plan` shows what the configuration \
         changes about them.",
        path.display(),
        found.serial,
        found.lineage
    ));
    Ok(())
}

/// Writes the state into a file, or to standard output.
pub async fn export(session: &Session, file: Option<&Path>, force: bool) -> Result<(), Failure> {
    let state = session.state().await?;
    let bytes = state_file::document(session, &state).to_bytes();
    let Some(path) = file.filter(|path| *path != Path::new("-")) else {
        session.ui.text(&String::from_utf8_lossy(&bytes));
        return Ok(());
    };
    if path.exists() && !force {
        may_replace(&read(path)?, path, &state)?;
    }
    let written = write_private(path, &bytes);
    written.map_err(|error| {
        Failure::plain("Cannot write the state file", format!("{}: {error}.", path.display()))
    })?;
    let beside = StateFile::of(&session.place, &session.stack).map(|file| file.path);
    if is_same_file(beside.as_deref(), path) {
        let held = Held::try_take(session, std::time::Duration::ZERO).await?;
        let known = state_file::remember(session, &held.lease(), path, state_file::digest(&bytes)).await;
        held.release().await;
        known?;
    }
    session.ui.line(&format!("Wrote the state, at serial {}, to {}.", state.serial, path.display()));
    Ok(())
}

/// Prints the state file of a stack; nothing where there is no state.
pub async fn pull(session: &Session) -> Result<(), Failure> {
    let state = session.state().await?;
    if !state_file::is_new(&state) {
        let bytes = state_file::document(session, &state).to_bytes();
        session.ui.text(&String::from_utf8_lossy(&bytes));
    }
    Ok(())
}

/// Puts a state in the place of the one there is, by Terraform's rules for which may follow which.
pub async fn push(
    session: &Session,
    file: &Path,
    force: bool,
    change: &StateChangeArgs,
) -> Result<(), Failure> {
    let found = state_file::parse(&read(file)?, file)?;
    let held = Held::take(session, change.lock_timeout).await?;
    let result = async {
        let state = settled(session).await?;
        let ours = state_file::document(session, &state);
        if !force {
            may_follow(&found, &ours, &state).map_err(|why| Failure::plain("Failed to write state", why))?;
        }
        if !says_the_same(&found, &ours) {
            state_file::take_over(session, &held.lease(), &state, &found, file).await?;
        }
        Ok(())
    };
    let result = result.await;
    held.finish(result).await
}

/// Terraform's rules: anything may follow nothing; otherwise the lineage is the same, and the serial
/// higher unless nothing differs.
fn may_follow(found: &TfState, ours: &TfState, state: &State) -> Result<(), String> {
    let advice = "Use -force if you are sure that it should take the place of what there is.";
    if state.is_empty() && state.outputs.is_empty() {
        return Ok(());
    }
    if !ours.lineage.is_empty() && !found.lineage.is_empty() && ours.lineage != found.lineage {
        return Err(format!(
            "Cannot import state with lineage \"{}\" over unrelated state with lineage \"{}\". {advice}",
            found.lineage, ours.lineage
        ));
    }
    if found.serial < ours.serial {
        return Err(format!(
            "Cannot import state with serial {} over newer state with serial {}. {advice}",
            found.serial, ours.serial
        ));
    }
    if found.serial == ours.serial && !says_the_same(found, ours) {
        return Err(format!(
            "Cannot overwrite existing state with serial {} with a different state that has the same serial. {advice}",
            ours.serial
        ));
    }
    Ok(())
}

/// Whether two files have the same objects and outputs.
fn says_the_same(one: &TfState, other: &TfState) -> bool {
    let managed = |file: &TfState| -> Vec<_> {
        file.resources.iter().filter(|resource| resource.mode == "managed").cloned().collect()
    };
    one.lineage == other.lineage && one.outputs == other.outputs && managed(one) == managed(other)
}

/// A file is written over that is an earlier state of the stack.
fn may_replace(bytes: &[u8], path: &Path, state: &State) -> Result<(), Failure> {
    let found = state_file::parse(bytes, path)?;
    if found.lineage == *state.lineage && found.serial <= state.serial.0 {
        return Ok(());
    }
    let why = match found.lineage == *state.lineage {
        true => format!("it has serial {}, and the stack is at {}", found.serial, state.serial),
        false => "it has another lineage, so that it is the state of something else".to_owned(),
    };
    let detail = format!("{} is not written over: {why}. Use -force to do so.", path.display());
    Err(Failure::plain("State file is not an earlier state of this stack", detail))
}

/// The state, where nothing is open about it.
async fn settled(session: &Session) -> Result<State, Failure> {
    let state = session.state().await?;
    match state.pending.is_empty() {
        true => Ok(state),
        false => Err(super::interrupted()),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let cannot = |error: std::io::Error| {
        Failure::plain("Cannot read the state file", format!("{}: {error}.", path.display()))
    };
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().lock().take(BYTES_MAX).read_to_end(&mut bytes).map_err(cannot)?;
    } else {
        let file = std::fs::File::open(path).map_err(cannot)?;
        file.take(BYTES_MAX).read_to_end(&mut bytes).map_err(cannot)?;
    }
    Ok(bytes)
}

fn is_same_file(one: Option<&Path>, other: &Path) -> bool {
    let whole = |path: &Path| -> Option<PathBuf> { std::fs::canonicalize(path).ok() };
    one.is_some_and(|one| one == other || (whole(one).is_some() && whole(one) == whole(other)))
}

fn no_file() -> Failure {
    Failure::plain(
        "State file required",
        "A repository has no state file beside it: name the file to take over, such as one that `terraform state pull` \
         has written.",
    )
}

fn not_empty(session: &Session, state: &State) -> Failure {
    Failure::plain(
        "The stack is not empty",
        format!(
            "\"{}\" has {} objects already, which `evenkeel state list` shows. Take the file over into another stack \
             (`evenkeel workspace new NAME`), or let it take the place of everything there is with -force: objects that \
             only the stack knows are forgotten, and go on to exist.",
            session.stack.0,
            state.instances.len()
        ),
    )
}
