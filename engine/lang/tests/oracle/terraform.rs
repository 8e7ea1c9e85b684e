//! Asks Terraform many expressions at once.
//!
//! Expressions are attributes of the inputs of `terraform_data` resources, one per line, so that a
//! diagnostic's place says which one it is about. Those with errors are taken out and the plan is
//! made again until there is one; it says what is unknown and sensitive. The types come from one
//! console session afterwards.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value as Json;

use crate::lab::CONTEXT;

/// What Terraform says to one expression.
#[derive(Clone, Debug)]
pub enum Answer {
    /// An error: its summary and detail.
    Error(String),
    /// A value.
    Value(Theirs),
    /// Nothing that can be compared, and why.
    None(String),
}

/// A value as plan JSON holds it.
#[derive(Clone, Debug, Default)]
pub struct Theirs {
    /// The value; null where it is unknown.
    pub value: Json,
    /// True where it is unknown.
    pub unknown: Json,
    /// True where it is sensitive.
    pub sensitive: Json,
    /// The type, as the console prints it.
    pub ty: Option<String>,
}

/// How many expressions one resource holds.
const GROUP: usize = 20;

/// The answers, in order.
pub fn answers(expressions: &[String]) -> Vec<Answer> {
    let mut answers: Vec<Option<Answer>> = vec![None; expressions.len()];
    let all: Vec<usize> = (0..expressions.len()).collect();
    let work = Work::new();
    work.answer(expressions, &all, GROUP, &mut answers);
    work.types(expressions, &mut answers);
    answers.into_iter().map(|answer| answer.unwrap_or_else(|| Answer::None("no answer".into()))).collect()
}

/// Text without white space and comments' worth of commas, so that layout does not matter.
pub fn without_space(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != ',' && *c != '"').collect()
}

/// A scratch directory with the context in it.
struct Work {
    directory: PathBuf,
}

impl Drop for Work {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

impl Work {
    fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name =
            format!("evenkeel-oracle-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let work = Self { directory: std::env::temp_dir().join(name) };
        for (path, text) in CONTEXT {
            let path = work.directory.join(path);
            std::fs::create_dir_all(path.parent().expect("it is in a directory"))
                .expect("temporary directory");
            std::fs::write(path, text).expect("temporary file");
        }
        let init = work.terraform(&["init", "-input=false", "-no-color"], "");
        assert!(init.status.success(), "{}", String::from_utf8_lossy(&init.stderr));
        work
    }

    fn terraform(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new("terraform")
            .args(arguments)
            .current_dir(&self.directory)
            .env("CHECKPOINT_DISABLE", "1")
            .env("TF_CLI_CONFIG_FILE", "/dev/null")
            .env("TF_IN_AUTOMATION", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("terraform starts");
        let mut stdin = child.stdin.take().expect("it is piped");
        let input = input.to_owned();
        let writer = std::thread::spawn(move || {
            let _ = stdin.write_all(input.as_bytes());
        });
        let output = child.wait_with_output().expect("terraform ends");
        let _ = writer.join();
        output
    }

    /// Plans these expressions, taking out those with errors until the plan succeeds. Where Terraform
    /// gives up on all of them, halves are asked.
    fn answer(&self, expressions: &[String], asked: &[usize], group: usize, answers: &mut [Option<Answer>]) {
        let mut left: Vec<usize> = asked.to_vec();
        for _ in 0..12 {
            if left.is_empty() {
                return;
            }
            let places = self.write(expressions, &left, group);
            let plan = self.terraform(&["plan", "-json", "-input=false", "-lock=false", "-out=plan"], "");
            if plan.status.success() {
                self.read_plan(&places, answers);
                self.clear(&places);
                return;
            }
            let errors = self.errors(&plan, &places);
            self.clear(&places);
            if errors.is_empty() {
                return self.halve(expressions, &left, &plan, answers);
            }
            left.retain(|i| !errors.contains_key(i));
            for (i, error) in errors {
                answers[i] = Some(Answer::Error(error));
            }
        }
        self.halve(expressions, &left, &self.terraform(&["version"], ""), answers);
    }

    fn halve(&self, expressions: &[String], left: &[usize], plan: &Output, answers: &mut [Option<Answer>]) {
        if let [one] = left {
            let text = [&plan.stdout[..], &plan.stderr[..]].concat();
            let text = String::from_utf8_lossy(&text);
            let why = ["panic", "infinity"].into_iter().find(|word| text.contains(word));
            let why = why.map_or_else(|| text.chars().take(600).collect(), str::to_owned);
            answers[*one] = Some(Answer::None(why));
            return;
        }
        let (a, b) = left.split_at(left.len() / 2);
        for half in [a, b] {
            self.answer(expressions, half, if half.len() <= GROUP { 1 } else { GROUP }, answers);
        }
    }

    /// Writes the resources; the result says which expression stands where (file and line).
    fn write(&self, expressions: &[String], asked: &[usize], group: usize) -> BTreeMap<(String, u64), usize> {
        let mut places = BTreeMap::new();
        for (number, members) in asked.chunks(group).enumerate() {
            let file = format!("g{number}.tf");
            let mut text = format!("resource \"terraform_data\" \"g{number}\" {{\n  input = {{\n");
            for (line, i) in members.iter().enumerate() {
                text.push_str(&format!("    e{i} = {}\n", expressions[*i]));
                places.insert((file.clone(), line as u64 + 3), *i);
            }
            text.push_str("  }\n}\n");
            std::fs::write(self.directory.join(&file), text).expect("temporary file");
        }
        places
    }

    fn clear(&self, places: &BTreeMap<(String, u64), usize>) {
        for (file, _) in places.keys() {
            let _ = std::fs::remove_file(self.directory.join(file));
        }
    }

    fn errors(&self, plan: &Output, places: &BTreeMap<(String, u64), usize>) -> BTreeMap<usize, String> {
        let mut errors = BTreeMap::new();
        for line in String::from_utf8_lossy(&plan.stdout).lines() {
            let Ok(message) = serde_json::from_str::<Json>(line) else { continue };
            let diagnostic = &message["diagnostic"];
            if diagnostic["severity"] != "error" {
                continue;
            }
            let range = &diagnostic["range"];
            let file = Path::new(range["filename"].as_str().unwrap_or_default());
            let file = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if let Some(i) = places.get(&(file, range["start"]["line"].as_u64().unwrap_or_default())) {
                let text = |name: &str| diagnostic[name].as_str().unwrap_or_default().to_owned();
                errors.entry(*i).or_insert_with(|| format!("{}: {}", text("summary"), text("detail")));
            }
        }
        errors
    }

    fn read_plan(&self, places: &BTreeMap<(String, u64), usize>, answers: &mut [Option<Answer>]) {
        let show = self.terraform(&["show", "-json", "plan"], "");
        let plan: Json = serde_json::from_slice(&show.stdout).expect("plan JSON");
        let changes: BTreeMap<String, &Json> = plan["resource_changes"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|change| (format!("{}.tf", change["name"].as_str().unwrap_or_default()), &change["change"]))
            .collect();
        for ((file, _), i) in places {
            let Some(change) = changes.get(file) else { continue };
            let name = format!("e{i}");
            let part = |of: &str| match &change[of]["input"] {
                Json::Bool(all) => Json::Bool(*all),
                input => input[&name].clone(),
            };
            answers[*i] = Some(Answer::Value(Theirs {
                value: part("after"),
                unknown: part("after_unknown"),
                sensitive: part("after_sensitive"),
                ty: None,
            }));
        }
    }

    /// Adds the types, from the console. It prints the last answer only and reads short lines only, so
    /// one question is about many expressions, but not too many.
    fn types(&self, expressions: &[String], answers: &mut [Option<Answer>]) {
        const LINE_BYTES_MAX: usize = 48 << 10;
        let mut question = String::new();
        for i in 0..=answers.len() {
            let last = i == answers.len();
            if last || question.len() + expressions[i].len() > LINE_BYTES_MAX {
                let output = self.terraform(&["console"], &format!("type({{{question}}})\n"));
                read_types(&String::from_utf8_lossy(&output.stdout), answers);
                question.clear();
            }
            if !last && matches!(answers[i], Some(Answer::Value(_))) {
                question.push_str(&format!("e{i} = ({}), ", expressions[i]));
            }
        }
    }
}

/// Reads `object({ e1: TYPE, e2: TYPE, })`.
fn read_types(text: &str, answers: &mut [Option<Answer>]) {
    let text: String = text.lines().map(str::trim).collect();
    let Some(inside) = text.strip_prefix("object({").and_then(|text| text.strip_suffix("})")) else { return };
    let (mut depth, mut quoted, mut start) = (0, false, 0);
    for (at, character) in inside.char_indices() {
        match character {
            '"' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                read_type(&inside[start..at], answers);
                start = at + 1;
            }
            _ => {}
        }
    }
}

fn read_type(text: &str, answers: &mut [Option<Answer>]) {
    let Some((name, ty)) = text.split_once(':') else { return };
    let number = name.trim_start_matches('e').parse::<usize>().ok();
    if let Some(Some(Answer::Value(theirs))) = number.and_then(|i| answers.get_mut(i)) {
        theirs.ty = Some(without_space(ty));
    }
}
