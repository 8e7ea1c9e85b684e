use std::collections::BTreeMap;

use evenkeel_model::SourceRange;
use evenkeel_plan::OnFailure;

use super::*;

fn command(text: &str) -> LocalExec {
    LocalExec {
        interpreter: Vec::new(),
        command: text.into(),
        working_directory: None,
        environment: BTreeMap::new(),
        quiet: false,
        withheld: None,
        on_failure: OnFailure::Fail,
        range: SourceRange { filename: "main.tf".into(), start: Default::default(), end: Default::default() },
    }
}

/// What a command says, and how it ended.
async fn run(run: LocalExec) -> (Vec<String>, Result<(), String>) {
    let commands = LocalCommands::new(std::env::temp_dir());
    hear(commands.start(Arc::new(run))).await
}

async fn hear(mut speech: BoxStream<'_, Said>) -> (Vec<String>, Result<(), String>) {
    let mut lines = Vec::new();
    while let Some(said) = speech.next().await {
        match said {
            Said::Line(line) => lines.push(line),
            Said::Over(result) => return (lines, result),
        }
    }
    panic!("a command ends with how it ended")
}

#[tokio::test]
async fn both_outputs_are_told_line_by_line() {
    let (lines, result) = run(command("echo one; echo two >&2; printf three")).await;
    let executing = r#"Executing: ["/bin/sh" "-c" "echo one; echo two >&2; printf three"]"#;
    assert_eq!(lines, [executing, "one", "two", "three"]);
    assert_eq!(result, Ok(()));
}

#[tokio::test]
async fn the_environment_is_inherited_and_extended() {
    let environment = BTreeMap::from([("GREETING".into(), "hello".into())]);
    let (lines, _) =
        run(LocalExec { environment, quiet: true, ..command("echo $GREETING; test -n \"$PATH\" && pwd") })
            .await;
    let here = std::env::temp_dir().canonicalize().unwrap().display().to_string();
    assert_eq!(lines, ["local-exec: Executing: Suppressed by quiet=true", "hello", here.as_str()]);
}

#[tokio::test]
async fn failures_say_how_and_what_was_said_last() {
    let (_, result) = run(command("echo out; exit 4")).await;
    assert_eq!(result, Err("exit status 4. Output: out\n".into()));
    let interpreter = vec!["no-such-program".into()];
    let (_, result) = run(LocalExec { interpreter, ..command("true") }).await;
    assert!(result.unwrap_err().contains("executable file not found in $PATH"));
    let (_, result) = run(LocalExec { working_directory: Some("no/such".into()), ..command("true") }).await;
    assert!(result.unwrap_err().contains("no such file or directory"));
}

#[tokio::test]
async fn nothing_that_a_command_with_secrets_says_is_shown() {
    let (lines, result) =
        run(LocalExec { withheld: Some(Withheld::Sensitive), ..command("echo hushhush; exit 2") }).await;
    assert_eq!(lines, ["(output suppressed due to sensitive value in config)"; 2]);
    assert_eq!(result, Err("exit status 2. What it said is not shown either.".into()));
}

#[cfg(unix)]
#[tokio::test]
async fn ending_reaches_what_the_command_started() {
    let commands = LocalCommands::new(std::env::temp_dir());
    let mut speech = commands.start(Arc::new(command("sleep 1000 & echo started; wait; sleep 1000")));
    while !matches!(speech.next().await, Some(Said::Line(line)) if line == "started") {}
    commands.end();
    let (_, result) = hear(speech).await;
    assert!(result.is_err());
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_that_nobody_listens_to_any_more_is_ended() {
    let directory = tempfile::tempdir().unwrap();
    let fifo = directory.path().join("alive");
    let commands = LocalCommands::new(directory.path().to_owned());
    let mut speech =
        commands.start(Arc::new(command("mkfifo alive && echo ready && exec sleep 1000 > alive")));
    while !matches!(speech.next().await, Some(Said::Line(line)) if line == "ready") {}
    // The other end of a pipe that only the command holds: it closes when the command is gone.
    let opened = tokio::task::spawn_blocking(move || std::fs::File::open(fifo)).await.unwrap().unwrap();
    drop(speech);
    let read = tokio::task::spawn_blocking(move || std::io::read_to_string(opened)).await.unwrap();
    assert_eq!(read.unwrap(), "");
}
