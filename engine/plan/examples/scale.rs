//! How long loading, planning, applying and planning again take for the configuration in a
//! directory, with `terraform_data` and without any input or output in between; prints one line of
//! JSON. `tests/bench/scale.py` makes the configurations and reads the lines.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a measurement reads files and the clock"
)]

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

#[path = "../tests/common/mod.rs"]
mod common;

use common::{Loaded, Stack};
use evenkeel_lang::config;
use evenkeel_model::{Revision, Snapshot};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, directory, phases @ ..] = &arguments[..] else {
        eprintln!("usage: scale DIRECTORY [plan] [apply] [replan]");
        std::process::exit(2);
    };
    let mut files = Vec::new();
    read(Path::new(directory), "", &mut files);
    let mut line = serde_json::Map::new();
    let mut note = |name: &str, began: f64| line.insert(name.into(), (seconds() - began).into());

    let began = seconds();
    let texts = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    let snapshot = Arc::new(Snapshot::from_files(Revision::Commit("measured".into()), texts));
    let (configuration, diagnostics) = config::load(&snapshot, "");
    assert!(!diagnostics.has_errors(), "{}", common::text(&diagnostics));
    let loaded = Loaded { snapshot, configuration: Arc::new(configuration) };
    note("load", began);

    let mut stack = Stack::builtin();
    let wants = |phase: &str| phases.iter().any(|wanted| wanted == phase);
    if wants("plan") {
        let began = seconds();
        let plan = stack.plan_loaded(&loaded).expect("the configuration can be planned");
        note("plan", began);
        if wants("apply") {
            let began = seconds();
            stack.apply(plan, &loaded).expect("the plan can be applied");
            note("apply", began);
        }
        if wants("replan") {
            let began = seconds();
            let plan = stack.plan_loaded(&loaded).expect("the configuration can be planned again");
            assert!(!plan.has_effects(), "there is nothing to do: {}", common::short(&plan));
            note("replan", began);
        }
    }
    line.insert("peak_mb".into(), peak_mb().into());
    println!("{}", serde_json::Value::Object(line));
}

fn read(directory: &Path, prefix: &str, files: &mut Vec<(String, String)>) {
    let mut entries: Vec<_> =
        std::fs::read_dir(directory).expect("the directory is there").flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if name.starts_with('.') {
            continue;
        }
        match entry.path().is_dir() {
            true => read(&entry.path(), &format!("{name}/"), files),
            false => files.push((name, std::fs::read_to_string(entry.path()).unwrap_or_default())),
        }
    }
}

/// The processor time of this thread, or the time of the day where the system does not tell: other
/// work of the machine shall not count.
fn seconds() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    nanoseconds.map_or_else(|| BEGAN.get_or_init(Instant::now).elapsed().as_secs_f64(), |told| told / 1e9)
}

/// The most memory this process ever held, where the system tells.
fn peak_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes / 1024)
}
