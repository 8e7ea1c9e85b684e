//! `evenkeel console`: expressions in, values out.

use std::io::{BufRead, IsTerminal};
use std::sync::Arc;

use clap::Args;
use evenkeel_lang::ast::ExprKind;
use evenkeel_lang::parse::{is_open, parse_expression};
use evenkeel_model::{Diagnostic, Diagnostics, Revision, Snapshot};
use evenkeel_plan::{Answers, Console, Input, Mode, remembered};
use evenkeel_provider::{Catalog, Providers};
use evenkeel_state::State;
use rustyline::error::ReadlineError;
use rustyline::{Config, DefaultEditor};

use crate::args::{ChoiceArgs, Global, RunArgs};
use crate::commands::{options, wish_of};
use crate::error::Failure;
use crate::flow::interrupt::Signals;
use crate::flow::load::{Loaded, read};
use crate::flow::planning::plan_unseen;
use crate::flow::variables;
use crate::flow::{Session, add_own};
use crate::settings::Place;
use crate::ui::Ui;

/// The name under which messages show what was typed.
const INPUT: &str = "<console-input>";

const HELP: &str = "\
The console answers expressions of the Terraform language, as they may stand in
the root module. Objects are as the state remembers them, or with -plan as they
would be after an apply. For example: \"aws_vpc.main.id\" is the id of that VPC,
if there is one in the state, and type(var.name) tells the type of a value.

An expression with open brackets goes on in the next line. To leave the console,
type \"exit\", or press Control-D.";

#[derive(Debug, Args)]
pub struct ConsoleArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// Make a plan first, and answer with the values it would leave
    #[arg(long)]
    pub plan: bool,
}

pub async fn run(
    global: &Global,
    mut args: ConsoleArgs,
    providers: Providers,
    ui: &Ui,
) -> Result<u8, Failure> {
    // Variables that are not set have unknown values.
    args.run.input = args.plan && args.run.input;
    let place = Place::of(global, &args.run.location)?;
    let (loaded, diagnostics) = read(&place.location, args.run.revision.as_deref()).await?;
    if diagnostics.has_errors() {
        return Err(Failure::in_files(diagnostics, &loaded.snapshot));
    }
    ui.diagnostics(&diagnostics, Some(&loaded.snapshot));
    let console = match args.plan {
        true => planned(global, &args, loaded, providers, ui).await?,
        false => current(global, &args, &place, loaded, providers, ui).await?,
    };
    Ok(tokio::task::block_in_place(|| match std::io::stdin().is_terminal() {
        true => interactive(&console, ui),
        false => scripted(&console, ui),
    }))
}

/// The console on what the state remembers. A store that is not there is not made.
async fn current(
    global: &Global,
    args: &ConsoleArgs,
    place: &Place,
    loaded: Loaded,
    mut providers: Providers,
    ui: &Ui,
) -> Result<Console, Failure> {
    let state = match place.store.exists() {
        true => Session::look(global, &args.run.location, providers.clone(), ui).await?.state().await?,
        false => State::default(),
    };
    add_own(&mut providers, global, place, args.run.revision.as_deref());
    let catalog: Arc<dyn Catalog + Send + Sync> = Arc::new(providers);
    let input = Input {
        snapshot: &loaded.snapshot,
        configuration: &loaded.configuration,
        state: &state,
        catalog: &catalog,
        variables: &variables::collect(&args.run, &loaded, ui)?,
        options: &options(&args.run, &ChoiceArgs::default(), Mode::Normal)?,
        answers: &Answers::default(),
    };
    let (console, diagnostics) = Console::new(&input, &remembered(&state, &catalog));
    announce(&diagnostics, &loaded.snapshot, ui);
    Ok(console)
}

/// The console on what a plan would leave.
async fn planned(
    global: &Global,
    args: &ConsoleArgs,
    loaded: Loaded,
    providers: Providers,
    ui: &Ui,
) -> Result<Console, Failure> {
    let quiet = ui.without_refresh_lines();
    let session =
        Session::open(global, &args.run.location, args.run.revision.as_deref(), providers, &quiet).await?;
    let options = options(&args.run, &ChoiceArgs::default(), Mode::Normal)?;
    let wish = wish_of(&session, &args.run, loaded, options)?;
    let variables = wish.variables.clone();
    let planned = plan_unseen(&session, wish, session.state().await?, &Signals::listen()).await?;
    let input = Input {
        snapshot: &planned.loaded.snapshot,
        configuration: &planned.loaded.configuration,
        state: &planned.state,
        catalog: &session.catalog,
        variables: &variables,
        options: &planned.options,
        answers: &Answers::default(),
    };
    let (console, diagnostics) = Console::new(&input, &planned.plan.resources);
    announce(&diagnostics, &planned.loaded.snapshot, ui);
    Ok(console)
}

fn announce(diagnostics: &Diagnostics, snapshot: &Snapshot, ui: &Ui) {
    ui.diagnostics(diagnostics, Some(snapshot));
    if diagnostics.has_errors() {
        let warning = Diagnostic::warning(
            "Due to the problems above, some expressions may produce unexpected results.",
            "",
        );
        ui.diagnostics(&warning.into(), None);
    }
}

/// What became of an entry.
enum Answer {
    Text(String),
    Wrong(Diagnostics),
    Exit,
}

fn answer(console: &Console, entry: &str) -> Answer {
    match entry.trim() {
        "" => Answer::Text(String::new()),
        "exit" => Answer::Exit,
        "help" => Answer::Text(HELP.to_owned()),
        text => value(console, text).map_or_else(Answer::Wrong, Answer::Text),
    }
}

fn value(console: &Console, text: &str) -> Result<String, Diagnostics> {
    let (expr, diagnostics) = parse_expression(INPUT, text);
    let Some(expr) = expr.filter(|_| !diagnostics.has_errors()) else { return Err(diagnostics) };
    let type_of = match expr.kind() {
        ExprKind::Call { name, arguments, expand_last: false, .. } if &**name == "type" => {
            match arguments.as_slice() {
                [argument] => Some(argument),
                _ => None,
            }
        }
        _ => None,
    };
    let (value, diagnostics) = console.evaluate(type_of.unwrap_or(&expr));
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    Ok(match type_of {
        Some(_) => crate::render::type_name(&value.ty(), 0),
        None => crate::render::value(&value, 0, crate::render::Style::PLAIN),
    })
}

fn show_wrong(diagnostics: &Diagnostics, entry: &str, ui: &Ui) {
    let snapshot = Snapshot::from_files(Revision::Directory("".into()), [(INPUT, entry.trim())]);
    ui.diagnostics(diagnostics, Some(&snapshot));
}

/// Every line is answered, the last answer is shown, and the first mistake ends it.
fn scripted(console: &Console, ui: &Ui) -> u8 {
    let mut last = String::new();
    let mut entry = String::new();
    let mut lines = std::io::stdin().lock().lines();
    loop {
        let line = lines.next().and_then(Result::ok);
        let over = line.is_none();
        entry.push_str(&line.unwrap_or_default());
        if !over && is_open(&entry) {
            entry.push('\n');
            continue;
        }
        if over && entry.is_empty() {
            break;
        }
        match answer(console, &entry) {
            Answer::Text(text) => last = text,
            Answer::Exit => return 0,
            Answer::Wrong(diagnostics) => {
                show_wrong(&diagnostics, &entry, ui);
                return 1;
            }
        }
        entry.clear();
    }
    ui.text(&last);
    0
}

/// Asks until somebody has enough. What was typed is remembered while the console is open.
fn interactive(console: &Console, ui: &Ui) -> u8 {
    let config = Config::builder().auto_add_history(false).build();
    let mut editor = match DefaultEditor::with_config(config) {
        Ok(editor) => editor,
        Err(error) => {
            ui.failure(&Failure::plain("Cannot use the terminal", format!("{error}.")));
            return 1;
        }
    };
    let mut entry = String::new();
    loop {
        match editor.readline(if entry.is_empty() { "> " } else { ": " }) {
            Ok(line) => entry.push_str(&line),
            // Gives up what is half typed first.
            Err(ReadlineError::Interrupted) if !entry.is_empty() => {
                entry.clear();
                continue;
            }
            Err(_) => return 0,
        }
        if is_open(&entry) {
            entry.push('\n');
            continue;
        }
        let _ = editor.add_history_entry(entry.trim());
        match answer(console, &entry) {
            Answer::Text(text) if text.is_empty() => {}
            Answer::Text(text) => ui.text(&text),
            Answer::Exit => return 0,
            Answer::Wrong(diagnostics) => show_wrong(&diagnostics, &entry, ui),
        }
        entry.clear();
    }
}
