//! `evenkeel audit`: whether anything that was written down was changed afterwards, and a copy of the log
//! for those who keep one elsewhere.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use evenkeel_provider::Providers;
use evenkeel_store::{
    AuditHead, StackId, StoreError, Tampered, audit, check_export, export_audit, link_at, verify,
};
use tokio::task::block_in_place;

use crate::args::Global;
use crate::error::Failure;
use crate::flow::Session;
use crate::settings::store_options;
use crate::ui::Ui;

/// Digits of a link.
const LINK_DIGITS: usize = 64;

/// What `audit` takes.
#[derive(Debug, Args)]
pub struct AuditArgs {
    #[command(subcommand)]
    pub command: AuditCommand,
}

/// The subcommands of `audit`.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Prove that nothing in the log, or in a copy of it, was changed afterwards
    Verify {
        /// A copy that `audit export` wrote; without it the log of the stack is checked
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        /// What the log ended with once, as `audit verify` said it: it must still have that line
        #[arg(long, value_name = "LINES:LINK", value_parser = head)]
        head: Option<(u64, String)>,
        /// The directory or repository whose stack to check
        #[arg(long, value_name = "DIR-OR-REPO", default_value = ".")]
        location: String,
    },
    /// Write the log as JSON lines
    Export {
        /// The file to write; without it the log is printed
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// The directory or repository whose stack to export
        #[arg(long, value_name = "DIR-OR-REPO", default_value = ".")]
        location: String,
    },
}

fn head(text: &str) -> Result<(u64, String), String> {
    let found = text.split_once(':').and_then(|(lines, link)| {
        let is_link = link.len() == LINK_DIGITS && link.bytes().all(|byte| byte.is_ascii_hexdigit());
        Some((lines.parse().ok()?, is_link.then(|| link.to_ascii_lowercase())?))
    });
    found.ok_or_else(|| "must be the number of lines, a colon and 64 hexadecimal digits".to_owned())
}

pub async fn run(global: &Global, args: AuditArgs, providers: Providers, ui: &Ui) -> Result<u8, Failure> {
    let (AuditCommand::Verify { location, .. } | AuditCommand::Export { location, .. }) = &args.command;
    let location = location.clone();
    match args.command {
        AuditCommand::Verify { file: Some(file), head, .. } => verify_file(&file, head, ui),
        AuditCommand::Verify { file: None, head, .. } => {
            let session = Session::look(global, &location, providers, ui).await?;
            let checked = block_in_place(|| verify_store(&session.place.store, &session.stack, head))?;
            whole(&checked, &format!("the stack \"{}\"", session.stack), ui);
            Ok(0)
        }
        AuditCommand::Export { out, .. } => {
            let session = Session::look(global, &location, providers, ui).await?;
            let head = block_in_place(|| export(&session.place.store, &session.stack, out.as_deref()))?;
            if let Some(file) = out {
                ui.line(&format!(
                    "Wrote {} lines of the audit log of the stack \"{}\" to {}.",
                    head.lines,
                    session.stack,
                    file.display()
                ));
                ui.line(&format!("Head: {}:{}", head.lines, head.link));
            }
            Ok(0)
        }
    }
}

fn whole(head: &AuditHead, what: &str, ui: &Ui) {
    ui.line(&format!("The audit log of {what} is whole: {} lines.", head.lines));
    ui.line(&format!("Head: {}:{}", head.lines, head.link));
}

fn tampered(what: &str, tampered: &Tampered) -> Failure {
    Failure::plain(
        "The audit log was changed",
        format!(
            "Line {} of {what} {}. Everything before that line is as it was written. Compare it with a copy that was \
             exported earlier, and find out who could write to the file.",
            tampered.line, tampered.detail
        ),
    )
}

fn unknown(stack: &StackId) -> Failure {
    Failure::plain("No audit log", format!("The store does not know the stack \"{stack}\"."))
}

/// Checks the log, that it still has a line that was noted, and that the rows follow from it.
fn verify_store(path: &Path, stack: &StackId, noted: Option<(u64, String)>) -> Result<AuditHead, Failure> {
    let what = format!("the audit log of the stack \"{stack}\"");
    let options = store_options()?;
    let head = audit(path, stack, &options)?;
    let head = head.ok_or_else(|| unknown(stack))?.map_err(|found| tampered(&what, &found))?;
    if let Some((line, link)) = noted
        && link_at(path, stack, line)?.as_ref() != Some(&link)
    {
        return Err(rewritten(&what, line));
    }
    verify(path, &options)?;
    Ok(head)
}

fn rewritten(what: &str, line: u64) -> Failure {
    let detail = format!(
        "In {what}, line {line} is not the one that the head was noted for: the log was rewritten as a whole, or it is \
         another one. Compare it with a copy that was exported earlier."
    );
    Failure::plain("The audit log was rewritten", detail)
}

fn verify_file(file: &Path, noted: Option<(u64, String)>, ui: &Ui) -> Result<u8, Failure> {
    let what = file.display().to_string();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::plain("Cannot read the audit log", format!("{what}: {error}.")))?;
    let head = check_export(&text).map_err(|found| tampered(&what, &found))?;
    if let Some((line, link)) = noted
        && !has_link(&text, line, &link)
    {
        return Err(rewritten(&what, line));
    }
    whole(&head, &what, ui);
    Ok(0)
}

/// Whether the line with that number, in a log that was checked, has that link.
fn has_link(text: &str, line: u64, link: &str) -> bool {
    let Some(index) = line.checked_sub(1) else { return true };
    let found = usize::try_from(index).ok().and_then(|index| text.lines().nth(index));
    found.is_some_and(|found| found.ends_with(&format!(",\"link\":\"{link}\"}}")))
}

fn export(path: &Path, stack: &StackId, file: Option<&Path>) -> Result<AuditHead, Failure> {
    let failed =
        |error: std::io::Error| StoreError::Export { stack: stack.clone(), detail: error.to_string() };
    let head = match file {
        Some(file) => {
            let mut out = BufWriter::new(File::create(file).map_err(failed)?);
            let head = export_audit(path, stack, &mut out)?;
            out.into_inner().map_err(|error| failed(error.into_error()))?.sync_all().map_err(failed)?;
            head
        }
        None => {
            let mut out = BufWriter::new(std::io::stdout().lock());
            let head = export_audit(path, stack, &mut out)?;
            out.flush().map_err(failed)?;
            head
        }
    };
    head.ok_or_else(|| unknown(stack))
}
