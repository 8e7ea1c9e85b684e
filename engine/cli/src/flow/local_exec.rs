//! Runs the commands of `local-exec` provisioners: what Terraform runs, in the same way.
//!
//! A command is the leader of its own process group, so that ending it ends what it has started, too.
//! Its two outputs are one pipe, read line by line; a thread waits for it, as nothing else can without
//! a runtime that reaps processes.

use std::io::{BufRead, BufReader, PipeReader, Read};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use evenkeel_apply::{Provisioners, Said};
use evenkeel_plan::{LocalExec, Withheld};
use futures_util::stream::{BoxStream, StreamExt, unfold};
use tokio::sync::{mpsc, watch};

/// How long a command has to end when it is asked to.
const GRACE: Duration = Duration::from_secs(10);

/// So much of what a command said last is part of the message that it failed, in bytes.
const SAID_MAX: usize = 8 * 1024;

/// The longest line that is told in one piece, in bytes.
const LINE_MAX: u64 = 64 * 1024;

/// Runs commands of this machine.
pub struct LocalCommands {
    /// Where commands run that do not say where.
    directory: PathBuf,
    /// Whether the commands that run are to end.
    ending: watch::Sender<bool>,
}

impl LocalCommands {
    /// Commands that run in a directory.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory, ending: watch::channel(false).0 }
    }
}

impl Provisioners for LocalCommands {
    fn start(&self, run: Arc<LocalExec>) -> BoxStream<'_, Said> {
        let (said, heard) = mpsc::unbounded_channel();
        let told = Told { said, withheld: run.withheld };
        told.line(&executing(&run));
        let group = match start(&run, &self.directory) {
            Ok((child, output)) => {
                let group = Group { id: child.id() };
                std::thread::spawn(move || attend(child, output, &told));
                Some(group)
            }
            Err(error) => {
                told.over(Err(failure(run.withheld, &error, &[])));
                None
            }
        };
        let watched = Watched { heard, group, ending: self.ending.subscribe(), asked: None };
        unfold(watched, |mut watched| async move { watched.next().await.map(|said| (said, watched)) }).boxed()
    }

    fn end(&self) {
        self.ending.send_replace(true);
    }
}

/// What the user is told before a command runs.
fn executing(run: &LocalExec) -> String {
    if run.quiet {
        return "local-exec: Executing: Suppressed by quiet=true".to_owned();
    }
    let words: Vec<String> = words(run).iter().map(|word| format!("{word:?}")).collect();
    format!("Executing: [{}]", words.join(" "))
}

/// The program and its arguments.
fn words(run: &LocalExec) -> Vec<Arc<str>> {
    let shell = if cfg!(windows) { ["cmd", "/C"] } else { ["/bin/sh", "-c"] };
    let interpreter = match run.interpreter.is_empty() {
        true => shell.map(Arc::from).to_vec(),
        false => run.interpreter.clone(),
    };
    interpreter.into_iter().chain([run.command.clone()]).collect()
}

fn start(run: &LocalExec, directory: &std::path::Path) -> Result<(std::process::Child, PipeReader), String> {
    let words = words(run);
    let (program, arguments) = words.split_first().ok_or("there is no program to run")?;
    let directory = match &run.working_directory {
        Some(inner) => directory.join(&**inner),
        None => directory.to_owned(),
    };
    if !directory.is_dir() {
        return Err(format!("chdir {}: no such file or directory", directory.display()));
    }
    let (output, input) = std::io::pipe().map_err(|error| error.to_string())?;
    let errors = input.try_clone().map_err(|error| error.to_string())?;
    let mut command = Command::new(&**program);
    command.args(arguments.iter().map(|argument| &**argument)).current_dir(directory);
    crate::settings::keys::SECRET_VARIABLES.iter().for_each(|name| {
        command.env_remove(name);
    });
    command.envs(run.environment.iter().map(|(name, value)| (&**name, &**value)));
    command.stdin(Stdio::null()).stdout(input).stderr(errors);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let child = command.spawn().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => format!("exec: \"{program}\": executable file not found in $PATH"),
        _ => format!("exec: \"{program}\": {error}"),
    })?;
    Ok((child, output))
}

/// Tells what a command says, as far as it may be shown.
struct Told {
    said: mpsc::UnboundedSender<Said>,
    withheld: Option<Withheld>,
}

impl Told {
    fn line(&self, text: &str) {
        let line = match self.withheld {
            None => text.to_owned(),
            Some(why) => format!("(output suppressed due to {} value in config)", why.as_str()),
        };
        let _ = self.said.send(Said::Line(line));
    }

    fn over(&self, result: Result<(), String>) {
        let _ = self.said.send(Said::Over(result));
    }
}

/// Reads what a command says until nobody can say anything more, and how it ended.
fn attend(mut child: std::process::Child, output: PipeReader, told: &Told) {
    let last = Arc::new(Mutex::new(Vec::new()));
    listen(output, told, &last);
    let status = child.wait();
    let last = last.lock().unwrap_or_else(PoisonError::into_inner);
    told.over(match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(failure(told.withheld, &how(status), &last)),
        Err(error) => Err(failure(told.withheld, &error.to_string(), &last)),
    });
}

fn listen(output: PipeReader, told: &Told, last: &Mutex<Vec<u8>>) {
    let mut output = BufReader::new(output);
    loop {
        let mut line = Vec::new();
        let read = output.by_ref().take(LINE_MAX).read_until(b'\n', &mut line);
        if !matches!(read, Ok(1..)) {
            return;
        }
        remember(&mut last.lock().unwrap_or_else(PoisonError::into_inner), &line);
        told.line(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']));
    }
}

/// Keeps the end of what was said.
fn remember(last: &mut Vec<u8>, line: &[u8]) {
    last.extend_from_slice(line);
    let over = last.len().saturating_sub(SAID_MAX);
    drop(last.drain(..over));
}

fn how(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("ended by signal {signal}");
    }
    status.code().map_or_else(|| status.to_string(), |code| format!("exit status {code}"))
}

fn failure(withheld: Option<Withheld>, why: &str, last: &[u8]) -> String {
    match withheld {
        None => format!("{why}. Output: {}", String::from_utf8_lossy(last)),
        Some(_) => format!("{why}. What it said is not shown either."),
    }
}

/// A process group, which ends with its owner.
struct Group {
    id: u32,
}

impl Group {
    /// Sends a signal to every process of the group; nobody being left is no error.
    fn signal(&self, force: bool) {
        #[cfg(unix)]
        {
            use rustix::process::{Pid, Signal, kill_process_group};
            let signal = if force { Signal::KILL } else { Signal::INT };
            if let Some(id) = i32::try_from(self.id).ok().and_then(Pid::from_raw) {
                let _ = kill_process_group(id, signal);
            }
        }
    }
}

/// A command, and what is heard of it.
struct Watched {
    heard: mpsc::UnboundedReceiver<Said>,
    /// Until it is over.
    group: Option<Group>,
    ending: watch::Receiver<bool>,
    /// When it was asked to end.
    asked: Option<tokio::time::Instant>,
}

impl Watched {
    async fn next(&mut self) -> Option<Said> {
        loop {
            let patience = self.asked.map(|asked| asked + GRACE);
            let asked = self.asked.is_some();
            tokio::select! {
                said = self.heard.recv() => {
                    if matches!(said, Some(Said::Over(_)) | None) {
                        self.group = None;
                    }
                    return said;
                }
                () = raised(&mut self.ending), if !asked => self.end(false),
                () = until(patience) => {
                    self.end(true);
                    return Some(Said::Over(Err("it did not end when it was asked to, and was ended by force".into())));
                }
            }
        }
    }

    fn end(&mut self, force: bool) {
        self.asked.get_or_insert_with(tokio::time::Instant::now);
        if let Some(group) = &self.group {
            group.signal(force);
        }
        if force {
            self.group = None;
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let Some(group) = &self.group {
            group.signal(true);
        }
    }
}

async fn raised(ending: &mut watch::Receiver<bool>) {
    if ending.wait_for(|ending| *ending).await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn until(time: Option<tokio::time::Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
