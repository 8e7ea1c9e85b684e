//! `evenkeel fmt`: files in canonical layout.

use std::path::{Component, Path, PathBuf};

use clap::Args;
use evenkeel_lang::fmt::format;
use evenkeel_model::{Diagnostic, Diagnostics, Revision, Snapshot};
use similar::TextDiff;

use crate::error::Failure;
use crate::flow::files;
use crate::ui::Ui;

/// Files in the native syntax that people write by hand.
const EXTENSIONS: [&str; 4] = [".tf", ".tfvars", ".tftest.hcl", ".tfmock.hcl"];

/// Exit codes of Terraform.
const FAILED: u8 = 2;
const UNFORMATTED: u8 = 3;

#[derive(Debug, Args)]
pub struct FmtArgs {
    /// Files and directories; - is standard input
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    /// List the files whose layout differs
    #[arg(long, value_name = "BOOL", default_value_t = true, default_missing_value = "true", num_args = 0..=1, require_equals = true, action = clap::ArgAction::Set)]
    pub list: bool,
    /// Write the files (always off with - and -check)
    #[arg(long, value_name = "BOOL", default_value_t = true, default_missing_value = "true", num_args = 0..=1, require_equals = true, action = clap::ArgAction::Set)]
    pub write: bool,
    /// Show the differences
    #[arg(long, value_name = "BOOL", default_value_t = false, default_missing_value = "true", num_args = 0..=1, require_equals = true, action = clap::ArgAction::Set)]
    pub diff: bool,
    /// Write nothing; exit with 3 when a file has another layout
    #[arg(long, value_name = "BOOL", default_value_t = false, default_missing_value = "true", num_args = 0..=1, require_equals = true, action = clap::ArgAction::Set)]
    pub check: bool,
    /// Also the files in directories below
    #[arg(long, value_name = "BOOL", default_value_t = false, default_missing_value = "true", num_args = 0..=1, require_equals = true, action = clap::ArgAction::Set)]
    pub recursive: bool,
}

pub fn run(args: &FmtArgs, ui: &Ui) -> Result<u8, Failure> {
    let stdin = args.targets.first().is_some_and(|target| target == "-");
    let mut run = Run {
        ui,
        list: args.list && !stdin,
        write: args.write && !stdin && !args.check,
        diff: args.diff,
        recursive: args.recursive,
        // Where nothing else would show the result, the result itself is shown.
        show: !args.check && !args.diff && (stdin || !(args.list || args.write)),
        changed: false,
        failed: false,
    };
    match (stdin, args.targets.as_slice()) {
        (true, _) => run.standard_input(),
        (false, []) => run.directory(Path::new("")),
        (false, targets) => {
            let _all = targets.iter().all(|target| run.target(&normalized(target)));
        }
    }
    Ok(match (run.failed, args.check && run.changed) {
        (true, _) => FAILED,
        (false, true) => UNFORMATTED,
        (false, false) => 0,
    })
}

struct Run<'u> {
    ui: &'u Ui,
    list: bool,
    write: bool,
    diff: bool,
    recursive: bool,
    show: bool,
    changed: bool,
    failed: bool,
}

impl Run<'_> {
    fn standard_input(&mut self) {
        match files::read_from(std::io::stdin().lock()) {
            Ok(bytes) => self.text("<stdin>", None, &bytes),
            Err(error) => self.fail("Failed to read <stdin>", format!("{error}.")),
        }
    }

    /// Whether to go on with the next target.
    fn target(&mut self, path: &Path) -> bool {
        let name = path.display();
        match std::fs::metadata(or_here(path)) {
            Err(error) => {
                self.fail(format!("No file or directory at {name}"), format!("{error}."));
                return false;
            }
            Ok(metadata) if metadata.is_dir() => self.directory(path),
            Ok(_) if is_supported(&name.to_string()) => self.file(path),
            Ok(_) => self.fail(
                "Only .tf, .tfvars, and .tftest.hcl files can be processed with evenkeel fmt",
                format!("{name} is something else; JSON files have no canonical layout."),
            ),
        }
        true
    }

    fn directory(&mut self, path: &Path) {
        let entries = std::fs::read_dir(or_here(path)).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                return self.fail(format!("Cannot read directory {}", path.display()), format!("{error}."));
            }
        };
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name().to_string_lossy().into_owned();
            if is_ignored(&name) {
                continue;
            }
            // A link to a directory is not followed: it may lead back here.
            let directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
            match (directory, self.recursive) {
                (true, true) => self.directory(&path.join(&name)),
                (true, false) => {}
                (false, _) if is_supported(&name) => self.file(&path.join(&name)),
                (false, _) => {}
            }
        }
    }

    fn file(&mut self, path: &Path) {
        let name = path.display().to_string();
        match files::read(path) {
            Ok(bytes) => self.text(&name, Some(path), &bytes),
            Err(error) => self.fail(format!("Failed to read file {name}"), format!("{error}.")),
        }
    }

    fn text(&mut self, name: &str, path: Option<&Path>, bytes: &[u8]) {
        let formatted = match format(name, bytes) {
            Ok(formatted) => formatted,
            Err(diagnostics) => return self.not_readable(name, bytes, &diagnostics),
        };
        if self.show {
            self.ui.text(&formatted);
        }
        if formatted.as_bytes() == bytes {
            return;
        }
        self.changed = true;
        if self.list {
            self.ui.line(name);
        }
        if self.write
            && let Some(path) = path
            && let Err(error) = replace(path, formatted.as_bytes())
        {
            return self.fail(format!("Failed to write {name}"), format!("{error}. The file is as it was."));
        }
        if self.diff {
            self.ui.text(&difference(name, &String::from_utf8_lossy(bytes), &formatted));
        }
    }

    fn not_readable(&mut self, name: &str, bytes: &[u8], diagnostics: &Diagnostics) {
        self.failed = true;
        let files = [(name.into(), bytes.into())].into();
        let snapshot = Snapshot { revision: Revision::Directory("".into()), files };
        self.ui.diagnostics(diagnostics, Some(&snapshot));
    }

    fn fail(&mut self, summary: impl Into<String>, detail: impl Into<String>) {
        self.failed = true;
        self.ui.diagnostics(&Diagnostic::error(summary, detail).into(), None);
    }
}

fn is_supported(name: &str) -> bool {
    EXTENSIONS.iter().any(|extension| name.ends_with(extension))
}

/// Hidden files, and what editors leave behind.
fn is_ignored(name: &str) -> bool {
    name.starts_with('.') || name.ends_with('~') || (name.starts_with('#') && name.ends_with('#'))
}

fn or_here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() { Path::new(".") } else { path }
}

/// The path without what is not needed, relative to the working directory where it is below it.
fn normalized(target: &str) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let mut out = PathBuf::new();
    for component in Path::new(target).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out.strip_prefix(&here).map(Path::to_path_buf).unwrap_or(out)
}

/// The unified difference of two texts, as `diff -u` writes it.
fn difference(name: &str, old: &str, new: &str) -> String {
    TextDiff::from_lines(old, new)
        .unified_diff()
        .header(&format!("old/{name}"), &format!("new/{name}"))
        .to_string()
}

/// Puts new contents in the place of a file, at once or not at all, with the permissions it had.
fn replace(path: &Path, contents: &[u8]) -> std::io::Result<()> {
    // Through a link the file is replaced, not the link.
    let path = std::fs::canonicalize(path)?;
    let permissions = std::fs::metadata(&path)?.permissions();
    // Renaming would get around a file that must not be written.
    std::fs::OpenOptions::new().write(true).open(&path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let temporary = path.with_file_name(format!(".{name}.{}.fmt", std::process::id()));
    let written = std::fs::write(&temporary, contents)
        .and_then(|()| std::fs::set_permissions(&temporary, permissions))
        .and_then(|()| std::fs::rename(&temporary, &path));
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    written
}
