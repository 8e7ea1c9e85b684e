//! Scripts: a plan or the intents of a dead run, then events one by one, and what the machine does
//! after each. `UPDATE_SCRIPTS=1` writes what it does now into the files.

#![allow(clippy::disallowed_methods, reason = "scripts are files; only an update asks the environment")]
#![allow(clippy::result_large_err, reason = "the contract wants it so")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use common::bench::Bench;
use common::plans::{DEPOSED, FakeFinisher, address, base_state, lease, plan};
use common::spec::{TestSpec, marked, object, provider};
use evenkeel_apply::{
    AppendFailure, Call, CallResult, Drive, Event, Machine, MachineOptions, NoticeKind, PendingIntent,
    Recovery, RecoveryInput, StepStatus,
};
use evenkeel_model::{Diagnostics, Timestamp, Value, json};
use evenkeel_provider::{ErrorKind, Failed, ProviderError};
use evenkeel_state::{Action, Intent, RunId, RunKind, State, StepId, Token};

fn options() -> MachineOptions {
    MachineOptions {
        parallelism: 2,
        intents_ahead: 1,
        intents_ahead_max: 1,
        attempts_max: 3,
        visibility_ms: 1000,
        backoff_min_ms: 400,
        backoff_max_ms: 5000,
        appends_max: 2,
    }
}

#[test]
fn scripts() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    let mut paths: Vec<_> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    let update = std::env::var_os("UPDATE_SCRIPTS").is_some();
    let mut wrong = Vec::new();
    for path in paths {
        let expected = std::fs::read_to_string(&path).unwrap();
        let actual: Vec<String> =
            expected.split("\n====\n").map(|script| run(&format!("{script}\n"))).collect();
        let actual = actual.join("====\n");
        if actual.trim() != expected.trim() {
            if update {
                std::fs::write(&path, &actual).unwrap();
            } else {
                wrong.push(format!("{}\n{actual}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// One script, with what the machine does now.
fn run(script: &str) -> String {
    let (head, body) = script.split_once("\n---\n").expect("a script has a plan and events");
    let lines: Vec<&str> =
        head.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()).collect();
    let events: Vec<&str> = body.lines().filter(|line| line.starts_with('>')).collect();
    let mut out = format!("{head}\n---\n");
    match lines.first() {
        Some(&"recover") => recover(&lines[1..], &events, &mut out),
        _ => apply(&lines, &events, &mut out),
    }
    out
}

/// What is said of the finisher, among the steps of a plan.
const SETTINGS: [&str; 5] = ["refuse", "unmet", "opens", "settles-with", "given"];

fn apply(lines: &[&str], events: &[&str], out: &mut String) {
    let (refused, steps): (Vec<&str>, Vec<&str>) =
        lines.iter().copied().partition(|line| SETTINGS.iter().any(|word| line.starts_with(word)));
    let plan = plan(&steps);
    let state = base_state(&plan);
    let mut finisher = FakeFinisher::new(plan.clone());
    for line in refused {
        finisher = match line.split_once(' ').unwrap() {
            ("refuse", step) => finisher.refusing(StepId(step.parse().unwrap())),
            ("opens", needs) => {
                let words: Vec<&str> = needs.split_whitespace().collect();
                finisher.opens(StepId(words[0].parse().unwrap()), &words[1..])
            }
            ("given", step) => {
                let (step, text) = step.split_once(' ').unwrap();
                finisher.given(StepId(step.parse().unwrap()), text)
            }
            ("settles-with", name) => finisher.settles_with(name),
            (_, name) => finisher.unmet(name),
        };
    }
    let machine = Machine::new(finisher, RunId(7), RunKind::Apply, options()).with_state(&state);
    let mut bench = Bench::new(machine, state, Some(plan), options().parallelism);
    play(&mut bench, events, out);
    let Some(report) = bench.machine.report() else { return out.push_str("(not finished)\n") };
    for step in &report.steps {
        let status = match &step.status {
            StepStatus::Skipped { because } => format!("skipped because of {because}"),
            status => format!("{status:?}").to_lowercase(),
        };
        out.push_str(&format!("step {}: {status}\n", step.step));
    }
    let c = &report.counts;
    out.push_str(&format!(
        "{}: {} added, {} changed, {} destroyed, {} failed, {} skipped\n",
        report.status.as_str(),
        c.added,
        c.changed,
        c.destroyed,
        c.failed,
        c.skipped
    ));
    describe_diagnostics(&report.diagnostics, out);
    describe_state(&bench.state, out);
}

fn recover(lines: &[&str], events: &[&str], out: &mut String) {
    let steps: Vec<&str> = lines.iter().copied().filter(|line| !line.starts_with("open")).collect();
    let plan = plan(&steps);
    let mut state = base_state(&plan);
    let mut pending = Vec::new();
    for line in steps {
        let words: Vec<&str> = line.split_whitespace().collect();
        let intent = intent(&words);
        state.fold(&evenkeel_state::Entry::Intent(Box::new(intent.clone())));
        pending.push(PendingIntent { intent, at: Timestamp(0) });
    }
    let open_runs: BTreeSet<RunId> =
        lines.iter().filter(|line| line.starts_with("open")).map(|_| RunId(2)).collect();
    let catalog = TestSpec::default();
    let provider_configs = BTreeMap::from([(provider(), Value::empty_object())]);
    let input = RecoveryInput {
        pending,
        open_runs,
        state: &state,
        catalog: &catalog,
        provider_configs: &provider_configs,
        now: Timestamp(0),
    };
    let recovery = Recovery::new(input, options());
    let mut bench = Bench::new(recovery, state, None, options().parallelism);
    play(&mut bench, events, out);
    let Some(report) = bench.machine.report() else { return out.push_str("(not finished)\n") };
    for resolved in &report.resolved {
        out.push_str(&format!("{} {:?}\n", resolved.address.resource.name, resolved.resolution));
    }
    for blocked in &report.blocked {
        out.push_str(&format!("blocked {}\n", blocked.resource.name));
    }
    out.push_str(&format!("clean: {}\n", report.is_clean()));
    describe_diagnostics(&report.diagnostics, out);
    describe_state(&bench.state, out);
}

fn intent(words: &[&str]) -> Intent {
    let name = words[2];
    let (action, planned, depose) = match words[1] {
        "create" => (Action::Create, Some(object(None, name)), None),
        "replace" => (Action::Create, Some(object(None, name)), Some(DEPOSED)),
        "update" => (Action::Update, Some(object(Some(&format!("id-{name}")), name)), None),
        "delete" => (Action::Delete, None, None),
        "run-after" | "run-before" => (Action::Provision, None, None),
        "create-provisioned" => (Action::Create, Some(object(None, name)), None),
        other => panic!("no action {other}"),
    };
    let (run, step) = (RunId(3), StepId(words[0].parse().unwrap()));
    Intent {
        run,
        step,
        address: address(name),
        deposed: None,
        action,
        depose_current_as: depose,
        token: Token::derive("digest", run, step),
        provider: provider(),
        schema_version: 0,
        planned: Arc::new(planned.map_or(serde_json::Value::Null, |planned| json::encode(&marked(planned)))),
        dependencies: Vec::new(),
        create_before_destroy: false,
        provisioned: words[1] == "create-provisioned",
    }
}

fn play<M: Drive>(bench: &mut Bench<M>, events: &[&str], out: &mut String) {
    bench.poll();
    describe(bench, out);
    for event in events {
        out.push_str(&format!("{event}\n"));
        act(bench, event.trim_start_matches('>').trim());
        bench.poll();
        describe(bench, out);
    }
    assert_eq!(bench.violations, Vec::<String>::new());
}

fn describe<M: Drive>(bench: &mut Bench<M>, out: &mut String) {
    for line in bench.take_log() {
        out.push_str(&format!("  {line}\n"));
    }
    for notice in bench.machine.take_notices() {
        let kind = match notice.kind {
            NoticeKind::Started => continue,
            NoticeKind::Done => "done".to_owned(),
            NoticeKind::Failed => "failed".to_owned(),
            NoticeKind::Provisioning => "is provisioned".to_owned(),
            NoticeKind::Provisioned { failed: false } => "command done".to_owned(),
            NoticeKind::Provisioned { failed: true } => "command failed".to_owned(),
            NoticeKind::Skipped { because } => format!("skipped because of {}", because.resource.name),
        };
        let id = notice.subject.id.map(|id| format!(" [id={id}]")).unwrap_or_default();
        out.push_str(&format!("  {} {kind}{id}\n", notice.subject.address.resource.name));
    }
}

fn act<M: Drive>(bench: &mut Bench<M>, event: &str) {
    match event.split_whitespace().collect::<Vec<_>>()[..] {
        ["ok"] => bench.append_ok(),
        ["lost"] => bench.append_failed(AppendFailure::LeaseLost),
        ["full"] => bench.append_failed(AppendFailure::Store("the disk is full".into())),
        ["wake"] => bench.wake(),
        ["woken"] => bench.event(Event::Woken),
        ["interrupt"] => bench.event(Event::Interrupt),
        ["abort"] => bench.event(Event::Abort),
        ["open", name, "=", "ok"] => bench.opened(lease(name), Ok(Value::string("hunter22"))),
        ["open", name, "=", _] => {
            let error = ProviderError::new(ErrorKind::Denied, "opening", "nobody answers");
            bench.opened(lease(name), Err(error));
        }
        ["command", step, "=", "ok"] => bench.command_over(&format!("command {step}"), None),
        ["command", step, "=", why] => bench.command_over(&format!("command {step}"), Some(why)),
        [name, "=", ref answer @ ..] => {
            let id = bench.call_of(name);
            let (_, _, call) = bench.calls[&id].clone();
            bench.answer(id, result(&call, name, answer));
        }
        ref other => panic!("no event {other:?}"),
    }
}

fn result(call: &Call, name: &str, answer: &[&str]) -> CallResult {
    let id = format!("id-{name}");
    let value = match answer.first() {
        Some(&"is") => object(answer.get(1).copied(), name),
        Some(&"other") => object(Some(&id), "other"),
        Some(&"old") => object(Some(&id), "old"),
        _ => object(Some(&id), name),
    };
    let kind = match answer[0] {
        "ok" | "is" | "other" | "old" | "none" => None,
        "retry" => Some(ErrorKind::Retry { after_ms: answer[1].parse().unwrap() }),
        "unknown" => Some(ErrorKind::Unknown),
        "gone" => Some(ErrorKind::Gone),
        "denied" => Some(ErrorKind::Denied),
        "conflict" => Some(ErrorKind::Conflict),
        "unreachable" => Some(ErrorKind::Unreachable),
        word => panic!("no answer {word}"),
    };
    let quoted = answer.get(1).filter(|_| answer[0] == "denied").map_or("hunter22", |word| *word);
    let error = kind.map(|kind| ProviderError::new(kind, "working", format!("it said {quoted}")));
    let partial = answer.contains(&"partial").then(|| value.clone());
    let failed = error.clone().map(|error| Failed { error, partial });
    let changed = || failed.clone().map_or(Ok(value.clone()), Err);
    let seen = || match &error {
        Some(error) => Err(error.clone()),
        None => Ok((answer[0] != "none").then(|| value.clone())),
    };
    match call {
        Call::Create(_) => CallResult::Create(changed()),
        Call::Update(_) => CallResult::Update(changed()),
        Call::Delete(_) => CallResult::Delete(changed().map(drop)),
        Call::ReadData(_) => CallResult::ReadData(error.clone().map_or(Ok(value.clone()), Err)),
        Call::Find(_) => CallResult::Find(seen()),
        Call::Observe(_) => CallResult::Observe(seen()),
    }
}

fn describe_diagnostics(diagnostics: &Diagnostics, out: &mut String) {
    for diagnostic in diagnostics.iter() {
        let address = diagnostic.address.as_deref().unwrap_or("-");
        out.push_str(&format!("{address}: {}: {}\n", diagnostic.summary, diagnostic.detail));
        assert!(!diagnostic.detail.contains("hunter22"), "a secret is shown");
    }
}

fn describe_state(state: &State, out: &mut String) {
    for (address, instance) in &state.instances {
        let name = &address.resource.name;
        if let Some(object) = &instance.current {
            let token = object.token.as_ref().map_or("", |token| token.0.get(..6).unwrap_or_default());
            out.push_str(&format!(
                "state {name}: {:?} {} {token}\n",
                object.status, object.attributes["name"]
            ));
            assert_eq!(object.attributes["secret"]["?marks"], serde_json::json!(["sensitive"]));
        }
        for key in instance.deposed.keys() {
            out.push_str(&format!("state {name}: deposed {key}\n"));
        }
    }
    for ((run, step), intent) in &state.pending {
        out.push_str(&format!("pending {run}/{step} {}\n", intent.address.resource.name));
    }
}
