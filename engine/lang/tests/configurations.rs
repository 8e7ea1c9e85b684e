//! The loader's verdict on many small configurations, beside the recorded one of Terraform.

use std::collections::BTreeMap;

use evenkeel_lang::config::load;
use evenkeel_model::{Revision, Snapshot};

const CASES: &str = include_str!("data/configurations.txt");

struct Case<'a> {
    name: &'a str,
    files: BTreeMap<&'a str, String>,
    terraform: &'a str,
    here: Option<&'a str>,
}

fn case(text: &str) -> Case<'_> {
    let (name, rest) = text.split_once('\n').unwrap();
    let mut case = Case { name, files: BTreeMap::new(), terraform: "", here: None };
    let mut current = None;
    for line in rest.lines() {
        if let Some(path) = line.strip_prefix("--- ") {
            case.files.insert(path, String::new());
            current = Some(path);
        } else if let Some(verdict) = line.strip_prefix("=> terraform: ") {
            case.terraform = verdict;
        } else if let Some(verdict) = line.strip_prefix("=> here: ") {
            case.here = Some(verdict);
        } else if let Some(text) = current.and_then(|path| case.files.get_mut(path)) {
            *text += &format!("{line}\n");
        }
    }
    case
}

/// What is wrong with the loader's verdict on a case.
fn difference(case: &Case<'_>) -> Option<String> {
    let files = case.files.iter().map(|(path, text)| (*path, &**text));
    let snapshot = Snapshot::from_files(Revision::Directory("0".into()), files);
    let (_, diagnostics) = load(&snapshot, "");
    let expected = case.here.unwrap_or(case.terraform).starts_with("error");
    (diagnostics.has_errors() != expected)
        .then(|| format!("{}: Terraform says {}, the loader says {diagnostics:?}", case.name, case.terraform))
}

#[test]
fn verdicts() {
    let cases: Vec<Case<'_>> = CASES.split("\n### ").skip(1).map(case).collect();
    assert!(cases.len() > 700, "{} cases", cases.len());
    let differences: Vec<String> = cases.iter().filter_map(difference).collect();
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}
