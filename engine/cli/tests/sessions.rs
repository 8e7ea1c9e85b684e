//! Command sessions with their exact output: what a person types, and what the program answers.
//!
//! Each file in `tests/sessions` is one session. `>>> FILE` is followed by the content of a file (none:
//! the file is removed), `$ COMMAND` by what the shell shows for it, and `? CODE` by the exit code where it is not
//! 0. What differs from run to run (ids, times, places) has a name in angle brackets instead.
//!
//! `EVENKEEL_SESSIONS=write cargo test -p evenkeel-cli --no-default-features --test sessions` writes
//! what is answered now into the files: the diff is what there is to review.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use regex::Regex;
use similar::TextDiff;

/// So many sessions at the same time.
const SESSIONS_AT_ONCE: usize = 4;

/// A part of a session.
enum Step {
    /// Text before the first step.
    Remark(String),
    File {
        name: String,
        content: String,
    },
    Command {
        line: String,
    },
}

#[test]
fn every_session_goes_as_it_is_written_down() {
    let files = session_files();
    assert!(!files.is_empty(), "there are no sessions");
    let next = AtomicUsize::new(0);
    let work = || {
        let mut wrong = Vec::new();
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            wrong.extend(check(file));
        }
        wrong
    };
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..SESSIONS_AT_ONCE).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn session_files() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sessions");
    let mut files: Vec<PathBuf> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// What is wrong with a session, as a diff.
fn check(file: &Path) -> Option<String> {
    let expected = fs::read_to_string(file).unwrap();
    let found = play(&steps(&expected));
    if found == expected {
        return None;
    }
    if std::env::var("EVENKEEL_SESSIONS").is_ok_and(|what| what == "write") {
        fs::write(file, found).unwrap();
        return None;
    }
    let name = file.file_name().unwrap().to_string_lossy();
    let diff = TextDiff::from_lines(&expected, &found);
    Some(diff.unified_diff().context_radius(4).header(&name, "now").to_string())
}

fn steps(text: &str) -> Vec<Step> {
    let mut steps = vec![Step::Remark(String::new())];
    for line in text.lines() {
        if let Some(name) = line.strip_prefix(">>> ") {
            steps.push(Step::File { name: name.to_owned(), content: String::new() });
        } else if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step::Command { line: command.to_owned() });
        } else if let Some(Step::File { content: text, .. } | Step::Remark(text)) = steps.last_mut() {
            text.push_str(line);
            text.push('\n');
        }
    }
    steps
}

/// Runs a session; gives its text with the answers as they are.
fn play(steps: &[Step]) -> String {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().canonicalize().unwrap();
    let mut out = String::new();
    for step in steps {
        match step {
            Step::Remark(text) => out.push_str(text.trim_end()),
            Step::File { name, content } => {
                write(&place.join(name), content.trim_end());
                out.push_str(&format!("\n>>> {name}\n{}", content.trim_end()));
            }
            Step::Command { line } => {
                out.push_str(format!("\n$ {line}\n{}", answer(&place, line)).trim_end());
            }
        }
        out.push('\n');
    }
    format!("{}\n", out.trim_end())
}

fn write(path: &Path, content: &str) {
    if content.is_empty() {
        return fs::remove_file(path).unwrap();
    }
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("{content}\n")).unwrap();
}

/// What the shell shows for a command, and the exit code where it is not 0.
fn answer(place: &Path, line: &str) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_evenkeel")).parent().unwrap();
    let (mut reader, writer) = std::io::pipe().unwrap();
    let mut command = Command::new("/bin/sh");
    command.args(["-c", line]).current_dir(place).env_clear();
    command.env("PATH", format!("{}:/usr/bin:/bin", binary.display()));
    command.env("HOME", place.join("home")).stdin(std::process::Stdio::null());
    command.stdout(writer.try_clone().unwrap()).stderr(writer);
    let mut child = command.spawn().unwrap();
    // It holds the ends that are written to.
    drop(command);
    let mut text = Vec::new();
    reader.read_to_end(&mut text).unwrap();
    let status = child.wait().unwrap();
    let text = normal(&String::from_utf8_lossy(&text), place);
    // Where a line begins or ends with nothing, nothing is to be seen.
    let lines: Vec<&str> = text.trim_end().lines().map(str::trim_end).collect();
    let code = if status.success() { String::new() } else { format!("? {}\n", status.code().unwrap_or(-1)) };
    match lines.is_empty() {
        true => code,
        false => format!("{}\n{code}", lines.join("\n")),
    }
}

/// The text with names for what differs from run to run.
fn normal(text: &str, place: &Path) -> String {
    let names = [
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<id>"),
        (r"\b[0-9a-f]{64}\b", "<digest>"),
        (r"\b[0-9a-f]{32}\b", "<lineage>"),
        (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", "<time>"),
        (r"\bdirectory:[0-9a-f]{12}\b", "directory:<digest>"),
        (r"(?m)^\d\d:\d\d:\d\d ", "<time> "),
        (r"\bsomebody@\S+? \(process \d+, started <time>\)", "<actor>"),
        (r"\bby somebody@[^\s)]+", "by <actor>"),
        (r#""elapsed_seconds":\d+"#, r#""elapsed_seconds":0"#),
        (r" after \d+s\b", " after 0s"),
        (env!("CARGO_PKG_VERSION"), "<version>"),
    ];
    let text = text.replace(place.to_str().unwrap(), "<here>");
    names.iter().fold(text, |text, (pattern, name)| {
        Regex::new(pattern).unwrap().replace_all(&text, *name).into_owned()
    })
}
