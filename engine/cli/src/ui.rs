//! What the user sees. Everything that is printed goes through here: results to standard output,
//! mistakes to standard error; as text, or as JSON, one message a line.

mod governor;
mod permissions;
mod run;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::Arc;

use evenkeel_model::schema::Schema;
use evenkeel_model::{
    Diagnostics, InstanceAddress, ResourceAddress, ResourceMode, Severity, Snapshot, Value,
};
use evenkeel_plan::{Change, ChangeAction, Question};
use evenkeel_provider::{CallStatistics, Catalog};
use evenkeel_reconcile::{Alert, Conditions, PlanSummary};
use evenkeel_state::{Object, State};
use evenkeel_store::{RunRow, VersionRow};
use serde_json::{Value as Json, json};

use crate::args::Global;
use crate::error::Failure;
use crate::flow::past::Then;
use crate::flow::planning::Planned;
use crate::render::{self, Style, Whys};
use run::stored_outputs;

pub use run::Ephemeral;

/// More refresh lines than this are counted instead of listed.
const REFRESH_LINES_MAX: usize = 50;

/// How wide what is not a terminal counts as.
const WIDTH_ELSEWHERE: usize = 78;

/// Prints.
#[derive(Clone)]
pub struct Ui {
    json: bool,
    out: Style,
    err: Style,
    compact_warnings: bool,
    /// Whether each object that is looked at gets a line.
    refresh_lines: bool,
    /// Whether warnings are told.
    warnings: bool,
    last_conditions: Arc<std::sync::Mutex<String>>,
}

/// What is told when a round of questions is answered.
pub enum Seen {
    /// The lines for machines.
    Messages(Vec<Json>),
    /// The data sources that are read and the objects that are imported, with their ids, and since when.
    Lines(Vec<(InstanceAddress, Option<Arc<str>>)>, std::time::Instant),
}

type SharedCatalog = Arc<dyn Catalog + Send + Sync>;

impl Ui {
    /// Colour goes to terminals only, and to none where it is not wanted.
    pub fn new(global: &Global, json: bool) -> Self {
        let wanted =
            !json && !global.no_color && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let width = terminal_width();
        let style = |terminal: bool| Style {
            color: wanted && terminal,
            // The last column stays free.
            width: if terminal { width } else { WIDTH_ELSEWHERE } - 1,
        };
        Self {
            json,
            out: style(std::io::stdout().is_terminal()),
            err: style(std::io::stderr().is_terminal()),
            compact_warnings: std::env::args().any(|argument| {
                matches!(argument.trim_start_matches('-'), "compact-warnings" | "compact-warnings=true")
            }),
            refresh_lines: true,
            warnings: true,
            last_conditions: Arc::default(),
        }
    }

    /// The same, without a line for each object that is looked at: for loops and reports.
    pub fn without_refresh_lines(&self) -> Self {
        Self { refresh_lines: false, ..self.clone() }
    }

    /// The same, without warnings: for what was told before.
    pub fn without_warnings(&self) -> Self {
        Self { warnings: false, ..self.clone() }
    }

    /// A line of a result.
    pub fn line(&self, text: &str) {
        print(std::io::stdout().lock(), text);
    }

    /// Text as it is, with a newline behind it unless it has one.
    pub fn text(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        let newline = if text.ends_with('\n') { "" } else { "\n" };
        let _ = write!(out, "{text}{newline}").and_then(|()| out.flush());
    }

    /// Sentences, wrapped, behind something that is not.
    pub fn paragraph(&self, before: &str, sentences: &str) {
        self.line(&format!("{before}{}", render::wrap(sentences, self.out.width)));
    }

    fn emit(&self, message: Json) {
        self.emit_all([message]);
    }

    /// Messages of the same moment, written together.
    fn emit_all(&self, messages: impl IntoIterator<Item = Json>) {
        let now = json!(format!("{:.6}", jiff::Timestamp::now()));
        let mut lines = String::new();
        for mut message in messages {
            if let Some(fields) = message.as_object_mut() {
                fields.insert("@timestamp".into(), now.clone());
            }
            lines.push_str(&render::json::line(&message));
            lines.push('\n');
        }
        self.raw(&lines);
    }

    /// The first line of a stream of messages.
    pub fn started(&self) {
        self.emit(render::json::version(env!("CARGO_PKG_VERSION")));
    }

    /// A document that was asked for.
    pub fn document(&self, document: &Json) {
        self.line(&render::json::line(document));
    }

    /// The same for people to read, too.
    pub fn indented_document(&self, document: &Json) {
        self.line(&render::json::pretty(document));
    }

    /// Text exactly as it is, without even a line's end.
    pub fn raw(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        // A reader that went away is no failure.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// A value that was asked for by name.
    pub fn value(&self, value: &Value) {
        self.line(&render::value(value, 0, self.out));
    }

    /// Root outputs, one a line.
    pub fn plain_outputs(&self, outputs: &BTreeMap<Arc<str>, (Value, bool)>) {
        let text = render::outputs(outputs, self.out);
        let lines = text.split_once("\n\n").map_or("", |(_, lines)| lines);
        self.line(lines);
    }

    /// What there is to do after a plan: go over generated configuration, apply the plan file, or know that
    /// there is none.
    pub fn next_step(&self, saved: Option<&std::path::Path>, generated: Option<&std::path::Path>) {
        if self.json {
            return;
        }
        self.line(&format!("\n{}", render::ruler(self.out)));
        if let Some(file) = generated {
            let said = format!(
                "Evenkeel has generated configuration and written it to {}. Please review the configuration and edit it \
                 as necessary before adding it to version control.",
                file.display()
            );
            self.paragraph("\n", &said);
        }
        match saved.map(std::path::Path::display) {
            None => self.line(&render::not_saved(self.out)),
            Some(file) => self.line(&format!(
                "\nSaved the plan to: {file}\n\nTo perform exactly these actions, run the following command to apply:\n    \
                 evenkeel apply \"{file}\""
            )),
        }
    }

    /// Something that happens, in passing.
    pub fn note(&self, text: &str) {
        match self.json {
            true => self.emit(render::json::message("info", text, "log", json!({}))),
            false => self.line(text),
        }
    }

    /// Something that happens beside what was asked for, which a document on standard output must not hold.
    pub fn aside(&self, text: &str) {
        match self.json {
            true => self.note(text),
            false => print(std::io::stderr().lock(), text),
        }
    }

    /// A part of what `init` says; the code is for machines.
    pub fn init(&self, code: &str, text: &str) {
        match self.json {
            true if text.is_empty() => {}
            true => self.emit(render::json::message(
                "info",
                text.trim(),
                "init_output",
                json!({"message_code": code}),
            )),
            false => self.line(text),
        }
    }

    /// A line of the log of a loop.
    pub fn log(&self, text: &str) {
        match self.json {
            true => self.note(text),
            false => self.line(&format!("{} {text}", clock())),
        }
    }

    /// Why the command ends early.
    pub fn failure(&self, failure: &Failure) {
        self.diagnostics(&failure.diagnostics, failure.snapshot.as_deref());
    }

    /// Mistakes and warnings.
    pub fn diagnostics(&self, diagnostics: &Diagnostics, snapshot: Option<&Snapshot>) {
        if diagnostics.is_empty() || !(self.warnings || diagnostics.has_errors()) {
            return;
        }
        if self.json {
            for diagnostic in diagnostics.iter() {
                let level = if diagnostic.severity == Severity::Error { "error" } else { "warn" };
                let text = match diagnostic.severity {
                    Severity::Error => format!("Error: {}", diagnostic.summary),
                    Severity::Warning => format!("Warning: {}", diagnostic.summary),
                };
                let extra = json!({"diagnostic": render::json::diagnostic(diagnostic, snapshot)});
                self.emit(render::json::message(level, &text, "diagnostic", extra));
            }
            return;
        }
        let (errors, warnings): (Vec<_>, Vec<_>) =
            diagnostics.iter().cloned().partition(|diagnostic| diagnostic.severity == Severity::Error);
        let warnings = render::consolidated(warnings);
        if !warnings.is_empty() && self.compact_warnings && errors.is_empty() {
            self.line(&render::compact(&warnings, self.out));
        } else if !warnings.is_empty() {
            print(std::io::stdout().lock(), &render::diagnostics(&Diagnostics(warnings), snapshot, self.out));
        }
        if !errors.is_empty() {
            print(std::io::stderr().lock(), &render::diagnostics(&Diagnostics(errors), snapshot, self.err));
        }
    }

    /// Whether a configuration is valid: text, or one JSON document.
    pub fn validation(&self, diagnostics: &Diagnostics, snapshot: Option<&Snapshot>, json: bool) {
        if json {
            return self.line(&render::json::pretty(&render::json::validation(diagnostics, snapshot)));
        }
        self.diagnostics(diagnostics, snapshot);
        if !diagnostics.has_errors() {
            self.line(&render::valid(!diagnostics.is_empty(), self.out));
            self.line("");
        }
    }

    /// What is to be said when these have been looked at; people are told what was read.
    pub fn when_refreshed(&self, questions: &[Question]) -> Seen {
        let told = questions.iter().filter(|one| self.refresh_lines && is_looked_at(one));
        match self.json {
            true => Seen::Messages(told.map(render::json::refreshed).collect()),
            false => {
                let told = told.filter_map(|question| match question {
                    Question::ReadData { address, .. } => Some((address.clone(), None)),
                    Question::Import { address, id, .. } => Some((address.clone(), Some(id.clone()))),
                    Question::Observe { .. } | Question::Open { .. } => None,
                });
                Seen::Lines(told.collect(), std::time::Instant::now())
            }
        }
    }

    /// What was looked at.
    pub fn refreshed(&self, seen: Seen) {
        match seen {
            Seen::Messages(messages) => self.emit_all(messages),
            Seen::Lines(told, _) if told.len() > REFRESH_LINES_MAX => {}
            Seen::Lines(told, since) => {
                let seconds = since.elapsed().as_secs();
                for (address, imported) in told {
                    match imported {
                        // What is found by its id is looked at.
                        Some(id) => self.line(&format!("{address}: Refreshing state... [id={id}]")),
                        None => self.line(&format!("{address}: Read complete after {seconds}s")),
                    }
                }
            }
        }
    }

    /// What is about to be looked at.
    pub fn refreshing(&self, questions: &[Question]) {
        if !self.refresh_lines {
            return;
        }
        let looked_at = questions.iter().filter(|one| is_looked_at(one));
        if self.json {
            return self.emit_all(looked_at.map(render::json::refreshing));
        }
        let lines: Vec<String> = looked_at.map(refresh_line).collect();
        if lines.len() > REFRESH_LINES_MAX {
            self.line(&format!("Refreshing state of {} objects...", lines.len()));
        } else {
            lines.iter().for_each(|line| self.line(line));
        }
    }

    /// A whole plan.
    pub fn plan(&self, planned: &Planned, whys: &Whys, catalog: &SharedCatalog) {
        self.plan_alone(planned, whys, catalog);
        self.diagnostics(&planned.warnings, Some(&planned.loaded.snapshot));
    }

    /// A plan without the warnings that came with it.
    pub fn plan_alone(&self, planned: &Planned, whys: &Whys, catalog: &SharedCatalog) {
        let plan = &planned.plan;
        if self.json {
            self.emit_all(plan.drift.iter().map(|drift| {
                let text = format!("{}: Drift detected", drift.address);
                let extra = json!({"change": render::json::resource_drift(drift)});
                render::json::message("info", &text, "resource_drift", extra)
            }));
            self.changes(plan.changes.iter().enumerate(), whys);
            let extra = json!({"changes": render::json::change_summary(plan)});
            self.emit(render::json::message("info", &render::plan_summary(plan), "change_summary", extra));
            let outputs =
                render::json::all_outputs(plan, &planned.state, planned.loaded.configuration.root());
            if !outputs.is_empty() {
                let text = format!("Outputs: {}", outputs.len());
                let extra = json!({"outputs": render::json::output_changes(&outputs, plan)});
                self.emit(render::json::message("info", &text, "outputs", extra));
            }
            return;
        }
        self.line(&render::plan(plan, whys, &schemas(catalog), self.out));
    }

    /// The objects that become managed when a plan is carried out; machines are told by the plan.
    pub fn importing(&self, planned: &Planned) {
        let imported = planned.plan.changes.iter().filter(|_| !self.json);
        for change in imported {
            if let Some(importing) = &change.importing {
                let (address, id) = (&change.address, &importing.id);
                self.line(&format!(
                    "{address}: Importing... [id={id}]\n{address}: Import complete [id={id}]"
                ));
            }
        }
    }

    /// What a plan that was approved before does to each object; only machines are told.
    pub fn approved_changes(&self, planned: &Planned) {
        let changes = planned.plan.changes.iter().filter(|change| change.action != ChangeAction::NoOp);
        self.changes(changes.filter(|_| self.json).enumerate(), &Whys::default());
    }

    fn changes<'a>(&self, changes: impl Iterator<Item = (usize, &'a Change)>, whys: &Whys) {
        self.emit_all(changes.map(|(number, change)| {
            let text = format!("{}: Plan to {}", change.address, render::json::action(change));
            let mut extra = json!({"change": render::json::planned_change(change)});
            if !whys.of(number).is_empty() {
                extra["why"] = render::why_objects(whys.of(number));
            }
            render::json::message("info", &text, "planned_change", extra)
        }));
    }

    /// What there is to say about objects, as text or as one document.
    pub fn explained(&self, explained: &[render::Explained]) {
        match self.json {
            true => self.line(&render::json::line(&render::explained_json(explained))),
            false => self.line(&render::explained(explained, self.out)),
        }
    }

    /// That a plan was made again from a file.
    pub fn replayed(&self, file: &std::path::Path, digest: &str) {
        self.note(&format!("\nReplayed from {}: the same plan comes out (digest {digest}).", file.display()));
    }

    /// That what a plan was made from was written to a file.
    pub fn recorded(&self, file: &std::path::Path, is_same: bool) {
        let what = match is_same {
            true => "Replaying it gives the same actions.",
            false => "Sensitive values are replaced in it, and without them another plan comes out.",
        };
        self.note(&format!("\nRecorded what the plan was made from in: {}\n{what}", file.display()));
    }

    /// How many calls the plan took; shown to machines, and on request.
    pub fn calls(&self, statistics: &CallStatistics, rounds: usize) {
        if self.json {
            let text = format!("{} calls in {rounds} rounds", statistics.total());
            let extra = json!({"calls": statistics.0, "total": statistics.total(), "rounds": rounds});
            self.emit(render::json::message("info", &text, "api_calls", extra));
        }
    }

    /// What was changed outside.
    pub fn drift(&self, planned: &Planned) {
        match self.json {
            true => self.line(&render::json::line(&render::json::drift(&planned.plan))),
            false => self.line(&render::drift(&planned.plan, self.out)),
        }
    }

    /// What a loop sees: drift, and what will be done.
    pub fn reconcile_plan(&self, planned: &Planned, catalog: &SharedCatalog) {
        let plan = &planned.plan;
        if self.json {
            return self.plan(planned, &Whys::default(), catalog);
        }
        if !plan.drift.is_empty() {
            self.line(&render::drift(plan, self.out));
        }
        if plan.has_changes() {
            let summary = PlanSummary::of(plan);
            self.log(&format!(
                "{} ({} to correct drift, {} from configuration)",
                render::plan_summary(plan),
                summary.changes - summary.config_changes,
                summary.config_changes,
            ));
        } else {
            self.log(&format!("revision {}: nothing to do", plan.revision));
        }
    }

    /// How the stack is doing, when that changed.
    pub fn conditions(&self, conditions: &Conditions) {
        let now = [
            ("ready", &conditions.ready),
            ("stalled", &conditions.stalled),
            ("reconciling", &conditions.reconciling),
        ];
        let held = now.iter().find(|(_, condition)| condition.holds);
        let (name, condition) = held.copied().unwrap_or(("not ready", &conditions.ready));
        let text = format!("{name}: {} {}", condition.reason, condition.message);
        let mut last = match self.last_conditions.lock() {
            Ok(last) => last,
            Err(poisoned) => poisoned.into_inner(),
        };
        if *last != text {
            self.log(text.trim());
            *last = text;
        }
    }

    /// Something a human should know.
    pub fn alert(&self, alert: &Alert) {
        match self.json {
            true => {
                let extra = json!({"alert": format!("{:?}", alert.kind)});
                self.emit(render::json::message("warn", &alert.message, "alert", extra));
            }
            false => self.log(&format!("ALERT {:?}: {}", alert.kind, alert.message)),
        }
    }

    /// The runs of a stack.
    pub fn runs(&self, rows: &[RunRow]) {
        match self.json {
            true => self.line(&render::json::line(&render::json::runs(rows))),
            false => self.line(&render::runs(rows, self.out)),
        }
    }

    /// The versions of an object.
    pub fn versions(&self, address: &InstanceAddress, rows: &[VersionRow], catalog: &SharedCatalog) {
        let schema = schemas(catalog)(&address.resource);
        match self.json {
            true => self.line(&render::json::line(&render::json::versions(address, rows, schema.as_deref()))),
            false => self.line(&render::versions(address, rows, schema.as_deref(), self.out)),
        }
    }

    /// How two states differ.
    pub fn difference(&self, from: &Then, to: &Then, catalog: &SharedCatalog) {
        let schemas = schemas(catalog);
        let (from, to) = ((&from.past, from.run.as_ref()), (&to.past, to.run.as_ref()));
        match self.json {
            true => self.line(&render::json::line(&render::difference_json(from, to, &schemas))),
            false => self.line(&render::difference(from, to, &schemas, self.out)),
        }
    }

    /// A whole state.
    pub fn state(&self, state: &State, catalog: &SharedCatalog) {
        let schemas = schemas(catalog);
        if self.json {
            return self.line(&render::json::line(&render::json::state(state, &schemas)));
        }
        if state.instances.is_empty() && state.outputs.is_empty() {
            return self.line("The state file is empty. No resources are represented.");
        }
        for (address, instance) in &state.instances {
            if let Some(object) = &instance.current {
                self.print_object(address, object, &schemas);
                self.line("");
            }
        }
        let outputs = stored_outputs(state);
        if !outputs.is_empty() {
            self.line(&format!("\n{}", render::outputs(&outputs, self.out)));
        }
    }

    /// One object of the state.
    pub fn object(&self, address: &InstanceAddress, object: &Object, catalog: &SharedCatalog) {
        let schemas = schemas(catalog);
        if self.json {
            let mut state = State::default();
            let instance = evenkeel_state::Instance { current: Some(object.clone()), ..Default::default() };
            state.instances.insert(address.clone(), instance);
            self.line(&render::json::line(&render::json::state(&state, &schemas)));
        } else {
            self.print_object(address, object, &schemas);
        }
    }

    fn print_object(&self, address: &InstanceAddress, object: &Object, schemas: render::Schemas<'_>) {
        let schema = schemas(&address.resource);
        let value = render::remembered(object, schema.as_deref());
        let tainted = object.status == evenkeel_state::ObjectStatus::Tainted;
        self.line(&render::object(address, &value, schema.as_deref(), tainted, self.out));
    }

    /// The version of Evenkeel and of its providers.
    pub fn version(&self, version: &str, providers: &[(String, String)]) {
        if self.json {
            let providers: serde_json::Map<String, Json> =
                providers.iter().map(|(address, version)| (address.clone(), json!(version))).collect();
            return self.indented_document(&json!({
                "evenkeel_version": version,
                "terraform_version": evenkeel_lang::config::FOLLOWED_VERSION,
                "platform": platform(),
                "provider_selections": providers,
            }));
        }
        self.line(&format!("Evenkeel v{version}"));
        self.line(&format!("on {}", platform()));
        self.line(&format!("follows the language of Terraform {}", evenkeel_lang::config::FOLLOWED_VERSION));
        for (address, version) in providers {
            self.line(&format!("+ provider {address} (native, schema of v{version})"));
        }
    }
}

/// The schemas of resource and data types, found by prefix of the type as providers are. Each is looked
/// for once, because there are many more objects than types.
pub fn schemas(catalog: &SharedCatalog) -> impl Fn(&ResourceAddress) -> Option<Arc<Schema>> + use<> {
    let catalog = catalog.clone();
    type Found = BTreeMap<(ResourceMode, Arc<str>), Option<Arc<Schema>>>;
    let found = RefCell::new(Found::new());
    move |address: &ResourceAddress| {
        let key = (address.mode, address.kind.clone());
        found.borrow_mut().entry(key).or_insert_with(|| schema(&catalog, address)).clone()
    }
}

fn schema(catalog: &SharedCatalog, address: &ResourceAddress) -> Option<Arc<Schema>> {
    catalog.supported().iter().find_map(|provider| {
        let spec = catalog.spec(provider)?;
        let schema = match address.mode {
            ResourceMode::Managed => spec.resource(&address.kind).map(|spec| spec.schema()),
            ResourceMode::Data => spec.data_source(&address.kind),
            ResourceMode::Ephemeral => None,
        };
        schema.cloned().map(Arc::new)
    })
}

/// The system by the names that Terraform has for it.
fn platform() -> String {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let machine = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    };
    format!("{system}_{machine}")
}

/// What is opened says so itself.
fn is_looked_at(question: &Question) -> bool {
    !matches!(question, Question::Open { .. })
}

fn refresh_line(question: &Question) -> String {
    match question {
        Question::Observe { address, id, .. } => match id {
            Some(id) => format!("{address}: Refreshing state... [id={id}]"),
            None => format!("{address}: Refreshing state..."),
        },
        Question::Import { address, id, .. } => format!("{address}: Preparing import... [id={id}]"),
        Question::Open { address, .. } => format!("{address}: Opening..."),
        Question::ReadData { address, .. } => format!("{address}: Reading..."),
    }
}

/// A reader that went away is no failure.
fn print(mut to: impl Write, text: &str) {
    let _ = writeln!(to, "{}", text.trim_end_matches('\n')).and_then(|()| to.flush());
}

fn clock() -> String {
    jiff::Zoned::now().strftime("%H:%M:%S").to_string()
}

fn terminal_width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns.filter(|columns| (20..=1000).contains(columns)).unwrap_or(80)
}
