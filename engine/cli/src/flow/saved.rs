//! Plans in files: written, read again, and compared with the state as it is now.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use evenkeel_lang::config;
use evenkeel_model::convert::concrete;
use evenkeel_model::{Diagnostics, InstanceAddress, Revision, Value};
use evenkeel_plan::{Answers, StepKind};
use evenkeel_state::State;
use evenkeel_store::{Clock, StackId, SystemClock};

use crate::args::RunArgs;
use crate::error::Failure;
use crate::flow::Session;
use crate::flow::digest;
use crate::flow::load::Loaded;
use crate::flow::planning::{Planned, Wish, replay};
use crate::flow::variables;
use crate::planfile::{self, Contents, Header, PlanFile, Recording, Restored, Sealed, Secrets};
use crate::render::{self, json::representation};
use crate::ui::schemas;

/// So many objects that moved on are named.
const NAMED_MAX: usize = 10;

/// The key that plan files of the stack are sealed with.
pub async fn key(session: &Session) -> Result<Vec<u8>, Failure> {
    Ok(session.store.make_plan_key(&session.stack, planfile::new_key()?).await?)
}

/// Writes a plan to a file that only its owner may read.
pub fn save(stack: &StackId, planned: &Planned, key: &[u8], path: &Path) -> Result<(), Failure> {
    let header = Header::new(&stack.0, &planned.plan, key, SystemClock.now());
    let contents =
        Contents::of(&planned.loaded, &planned.options, &planned.variables, &planned.state, &planned.answers)
            .with_sources(&planned.sources);
    put(path, &planfile::write(&header, &Sealed::Plan(Box::new(contents)), key)?)
}

/// Writes down what was planned before a mistake was found, to be shown.
pub fn save_failed(session: &Session, partial: &Planned, key: &[u8], path: &Path) -> Result<(), Failure> {
    let header = Header::new(&session.stack.0, &partial.plan, key, SystemClock.now());
    let schemas = schemas(&session.catalog);
    let document = representation::plan(&representation::Subject {
        plan: &partial.plan,
        state: &partial.state,
        configuration: &partial.loaded.configuration,
        schemas: &schemas,
    });
    let text = render::plan(&partial.plan, &render::Whys::default(), &schemas, render::Style::PLAIN);
    put(path, &planfile::write(&header, &Sealed::Failed { document, text }, key)?)
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    private_file(path)
        .and_then(|mut file| file.write_all(bytes))
        .map_err(|error| Failure::plain("Failed to write plan file", format!("{}: {error}.", path.display())))
}

fn private_file(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The revision that a plan file is for, as far as it decides what may be read.
pub fn revision(file: &PlanFile) -> Option<&str> {
    match &file.header.revision {
        Revision::Commit(id) => Some(id),
        Revision::Directory(_) => None,
    }
}

/// What a plan file holds.
pub enum Opened {
    /// A plan, made again.
    Plan(Box<Planned>),
    /// What is to be shown of a plan that failed.
    Failed {
        /// As a document.
        document: serde_json::Value,
        /// As text.
        text: String,
    },
}

/// Opens a file and makes its plan again. Variables that must not be stored are taken from `args`.
pub async fn open(
    session: &Session,
    file: &PlanFile,
    path: &Path,
    args: Option<&RunArgs>,
) -> Result<Opened, Failure> {
    for_this_stack(session, file)?;
    let key = session.store.plan_key(&session.stack).await?;
    let restored = match file.open(path, key.as_deref())? {
        Sealed::Plan(contents) => contents.restore()?,
        Sealed::Failed { document, text } => return Ok(Opened::Failed { document, text }),
    };
    // What the plan warns of was told when it was made.
    let quiet = Session { ui: session.ui.without_warnings(), ..session.clone() };
    let planned = made_again(&quiet, restored, args).await?;
    let planned = Planned { warnings: Diagnostics::new(), ..planned };
    digest::prepare(session, &planned.plan).await?;
    if *planned.plan.digest() != file.header.digest {
        return Err(Failure::plain(
            "The plan comes out differently",
            format!(
                "{} was made again from what it was made from and is another plan now (digest {} instead of {}). \
                 Nothing was changed. Plan again.",
                path.display(),
                planned.plan.digest(),
                file.header.digest,
            ),
        ));
    }
    Ok(Opened::Plan(Box::new(planned)))
}

/// The plan that comes out of what a file holds.
async fn made_again(
    session: &Session,
    restored: Restored,
    args: Option<&RunArgs>,
) -> Result<Planned, Failure> {
    let Restored { snapshot, root, resolved, commit, options, variables, ephemeral, state, answers, sources } =
        restored;
    let snapshot = Arc::new(snapshot);
    let loading = config::load_with(&snapshot, &root, &resolved);
    let warnings = loading.diagnostics;
    if warnings.has_errors() {
        return Err(Failure::in_files(warnings, &snapshot));
    }
    let configuration = Arc::new(loading.configuration);
    let loaded = Loaded { snapshot, root, configuration, commit, resolved, warnings };
    let mut wish = Wish { loaded, variables, options, parallelism: 1 };
    match args {
        Some(args) => take_ephemeral_variables(&mut wish, args, &ephemeral, session)?,
        None => leave_open(&mut wish, &ephemeral),
    }
    let answers = Answers { leave_closed: args.is_none(), ..answers };
    Ok(Planned { sources, ..replay(session, wish, state, answers).await? })
}

/// Writes what a plan was made from to a file that anybody may read, without anything sensitive. Gives
/// whether the same actions come out of what is left.
pub async fn record(session: &Session, planned: &Planned, path: &Path) -> Result<bool, Failure> {
    let contents =
        Contents::of(&planned.loaded, &planned.options, &planned.variables, &planned.state, &planned.answers);
    let mut recording = Recording::of(&contents, &secrets(planned, &contents))?;
    let quiet = Session { ui: session.ui.without_warnings(), ..session.clone() };
    let again = made_again(&quiet, recording.contents()?.restore()?, None).await;
    let actions = |plan: &evenkeel_plan::Plan| -> Vec<_> {
        plan.changes.iter().map(|change| (change.address.clone(), change.deposed, change.action)).collect()
    };
    let is_same = match &again {
        Ok(again) => {
            recording.digest = again.plan.digest().to_string();
            actions(&again.plan) == actions(&planned.plan)
        }
        Err(_) => false,
    };
    put(path, &recording.bytes()?)?;
    Ok(is_same)
}

/// Everything sensitive that a plan or what it was made from shows to be so.
fn secrets(planned: &Planned, contents: &Contents) -> Secrets {
    let plan = &planned.plan;
    let root = planned.loaded.configuration.root();
    let declared = planned.variables.iter().filter(|(name, _)| {
        root.variables.get(*name).is_some_and(|variable| variable.sensitive || variable.ephemeral)
    });
    let modules = planned.loaded.configuration.modules.values();
    let hidden = modules.flat_map(|module| module.variables.values()).filter(|v| v.sensitive || v.ephemeral);
    // A default may be a part of another value only, and stands in the files.
    let defaults = hidden.filter_map(|variable| variable.default.clone());
    let given = declared.map(|(_, value)| value.clone());
    let marked: Vec<Value> = given.chain(defaults).map(Value::sensitive).collect();
    let objects =
        plan.changes.iter().flat_map(|change| [change.before.as_ref(), change.after.as_ref()]).flatten();
    let resources = plan.resources.values().flat_map(|values| values.instances.values());
    let outputs = plan.outputs.values().flat_map(|change| {
        let sides = [&change.before, &change.after].into_iter().flatten();
        let hidden = change.sensitive;
        sides.map(move |value| if hidden { value.clone().sensitive() } else { value.clone() })
    });
    let owned: Vec<Value> =
        marked.into_iter().chain(outputs).chain(plan.variables.values().cloned()).collect();
    Secrets::of(contents, objects.chain(resources).chain(owned.iter()))
}

/// Makes the plan of a recording or a plan file again, without asking anybody.
pub async fn replay_file(session: &Session, path: &Path) -> Result<Planned, Failure> {
    if planfile::is_plan_file(path) {
        return match open(session, &PlanFile::read(path)?, path, None).await? {
            Opened::Plan(planned) => Ok(*planned),
            Opened::Failed { .. } => Err(Failure::plain(
                "Cannot replay failed plan",
                "The plan file tells of a plan that could not be made, and does not hold what it was made from.",
            )),
        };
    }
    planfile::refuse_others(path)?;
    let Some(recording) = Recording::read(path)? else {
        let detail = format!(
            "{} is neither a recording nor a plan file. `evenkeel plan -record=FILE` writes one.",
            path.display()
        );
        return Err(Failure::plain("Failed to read recording", detail));
    };
    let planned = made_again(session, recording.contents()?.restore()?, None).await?;
    if !recording.digest.is_empty() && **planned.plan.digest() != *recording.digest {
        let detail = format!(
            "Evenkeel {} recorded a plan with the digest {}, and this is Evenkeel {} with the digest {}. What it does \
             with the same answers is not the same.",
            recording.evenkeel,
            recording.digest,
            env!("CARGO_PKG_VERSION"),
            planned.plan.digest(),
        );
        return Err(Failure::plain("The plan comes out differently", detail));
    }
    Ok(planned)
}

fn for_this_stack(session: &Session, file: &PlanFile) -> Result<(), Failure> {
    if file.header.stack == session.stack.0 {
        return Ok(());
    }
    Err(Failure::plain(
        "The plan is for another workspace",
        format!(
            "It was made for \"{}\", and the workspace that is selected is \"{}\". Select the other one, or plan again.",
            file.header.stack, session.stack.0
        ),
    ))
}

/// Ephemeral variables are in no file: those that were set have to be given again, and no others.
fn take_ephemeral_variables(
    wish: &mut Wish,
    args: &RunArgs,
    set: &BTreeSet<Arc<str>>,
    session: &Session,
) -> Result<(), Failure> {
    let root = wish.loaded.configuration.root().clone();
    let is_ephemeral = |name: &Arc<str>| root.variables.get(name).is_some_and(|variable| variable.ephemeral);
    if set.is_empty() && args.variables.is_empty() && !root.variables.keys().any(is_ephemeral) {
        return Ok(());
    }
    let given = variables::collect(args, &wish.loaded, &session.ui)?;
    if let Some(missing) = set.iter().find(|name| !given.contains_key(*name)) {
        return Err(Failure::plain(
            "No value for required variable",
            format!(
                "The ephemeral input variable \"{missing}\" was set during the plan phase, and so must also be set during \
                 the apply phase."
            ),
        ));
    }
    for (name, value) in given {
        if is_ephemeral(&name) {
            not_new(&name, set)?;
            wish.variables.insert(name, value);
        } else if is_assigned(args, &name) && wish.variables.get(&name) != Some(&value) {
            return Err(decided_already(&name));
        }
    }
    Ok(())
}

fn not_new(name: &Arc<str>, set: &BTreeSet<Arc<str>>) -> Result<(), Failure> {
    if set.contains(name) {
        return Ok(());
    }
    let detail = format!(
        "The ephemeral input variable \"{name}\" was not set during the planning phase, and so must remain unset during \
         the apply phase."
    );
    Err(Failure::plain("Ephemeral variable was not set during planning", detail))
}

fn is_assigned(args: &RunArgs, name: &str) -> bool {
    args.variables.iter().any(|text| text.split_once('=').is_some_and(|(key, _)| key.trim() == name))
}

fn decided_already(name: &str) -> Failure {
    let detail = format!(
        "The variable \"{name}\" has another value in the saved plan. A plan is applied with the values that it was made \
         with; only ephemeral variables are given again. Leave the option out, or plan again."
    );
    Failure::plain("Can't set variable when applying a saved plan", detail)
}

/// A plan that is only shown needs no values that nobody kept.
fn leave_open(wish: &mut Wish, ephemeral: &BTreeSet<Arc<str>>) {
    let root = wish.loaded.configuration.root().clone();
    for (name, variable) in root.variables.iter().filter(|(name, _)| ephemeral.contains(*name)) {
        wish.variables.insert(name.clone(), Value::unknown(concrete(&variable.ty)));
    }
}

/// A plan that runs commands needs the operator's leave where it is applied, too.
pub fn may_run_commands(planned: &Planned, args: &RunArgs) -> Result<(), Failure> {
    let runs = planned.plan.steps.iter().any(|step| matches!(step.kind, StepKind::Provision { .. }));
    if !runs || args.allow_local_exec {
        return Ok(());
    }
    Err(Failure::plain(
        "The plan runs commands",
        "It was made with -allow-local-exec and holds local-exec provisioners. Give -allow-local-exec here as well, or set \
         EVENKEEL_ALLOW_LOCAL_EXEC=1, to let them run; or plan again without it.",
    ))
}

/// Says what moved on, if the state is not the one that a plan was made from.
pub fn is_current(planned: &Planned, now: &State) -> Result<(), Failure> {
    if evenkeel_plan::verify::is_current(&planned.plan, now) {
        return Ok(());
    }
    let mut detail = format!(
        "The given plan file can no longer be applied because the state was changed by another operation after the \
         plan was created: it was made from serial {}, and the state is at {} now.",
        planned.plan.base_serial, now.serial,
    );
    let moved = moved(&planned.state, now);
    if !moved.is_empty() {
        let named: Vec<String> =
            moved.iter().take(NAMED_MAX).map(|address| format!("\n  - {address}")).collect();
        let more = moved.len().saturating_sub(NAMED_MAX);
        let more = if more > 0 { format!("\n  - and {more} more") } else { String::new() };
        detail.push_str(&format!(" These objects are not what they were:\n{}{more}\n", named.concat()));
    }
    detail.push_str("\nPlan again.");
    Err(Failure::plain("Saved plan is stale", detail))
}

/// The instances that are not the same in both states.
fn moved(then: &State, now: &State) -> Vec<InstanceAddress> {
    let all: BTreeSet<&InstanceAddress> = then.instances.keys().chain(now.instances.keys()).collect();
    let differ = |address: &&&InstanceAddress| then.instances.get(**address) != now.instances.get(**address);
    all.iter().filter(differ).map(|address| (*address).clone()).collect()
}
