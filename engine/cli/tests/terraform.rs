//! State files between both programs: what Terraform left, Evenkeel goes on with, and the other way round.
//! Needs `terraform` on the PATH, and says so where it is not there.

use std::io::{BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

const CONFIGURATION: &str = r#"
variable "secret" {
  default   = "hunter2"
  sensitive = true
}
variable "size" {
  default = 1
}
resource "terraform_data" "a" {
  for_each = { x = 1, "y\"z" = 2 }
  input    = { n = each.value, list = ["a", var.secret], map = tomap({ k = var.secret }), set = toset([var.secret]) }
}
resource "terraform_data" "b" {
  count            = 2
  input            = [terraform_data.a["x"].id, tostring(null), var.size]
  triggers_replace = { a = "b" }
  lifecycle {
    create_before_destroy = true
  }
}
resource "terraform_data" "c" {
  depends_on = [terraform_data.b]
}
module "m" {
  source = "./m"
  count  = 2
  id     = terraform_data.b[0].id
}
output "secret" {
  value     = var.secret
  sensitive = true
}
output "all" {
  value = [for one in terraform_data.b : one.output]
}
"#;

const MODULE: &str = r#"
variable "id" {}
resource "terraform_data" "in" {
  input = var.id
}
"#;

fn run(program: &str, directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(directory).env_remove("EVENKEEL_STORE");
    command.env("CHECKPOINT_DISABLE", "1").env("TF_CLI_CONFIG_FILE", "/dev/null").output().unwrap()
}

#[track_caller]
fn check(program: &str, directory: &Path, arguments: &[&str]) -> String {
    let done = run(program, directory, arguments);
    let out = String::from_utf8_lossy(&done.stdout).into_owned();
    let err = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{program} {arguments:?}: {:?}\n{out}\n{err}", done.status.code());
    out
}

const EVENKEEL: &str = env!("CARGO_BIN_EXE_evenkeel");

fn desk() -> Option<tempfile::TempDir> {
    if Command::new("terraform").arg("version").env("CHECKPOINT_DISABLE", "1").output().is_err() {
        println!("skipped, as terraform is not there");
        return None;
    }
    let here = tempfile::tempdir().unwrap();
    std::fs::create_dir(here.path().join("m")).unwrap();
    std::fs::write(here.path().join("main.tf"), CONFIGURATION).unwrap();
    std::fs::write(here.path().join("m/main.tf"), MODULE).unwrap();
    check("terraform", here.path(), &["init", "-input=false"]);
    Some(here)
}

#[test]
fn both_programs_take_turns_on_one_state_file() {
    let Some(desk) = desk() else { return };
    let here = desk.path();
    check("terraform", here, &["apply", "-auto-approve", "-input=false"]);
    check("terraform", here, &["taint", "terraform_data.c"]);
    check("terraform", here, &["untaint", "terraform_data.c"]);
    check(EVENKEEL, here, &["plan", "-detailed-exitcode"]);
    assert_eq!(check("terraform", here, &["state", "list"]), check(EVENKEEL, here, &["state", "list"]));
    check(EVENKEEL, here, &["apply", "-auto-approve", "-var=size=2"]);
    check("terraform", here, &["plan", "-detailed-exitcode", "-input=false", "-var=size=2"]);
    check("terraform", here, &["show", "-json"]);
    check("terraform", here, &["apply", "-auto-approve", "-input=false", "-var=size=3"]);
    let refused = run(EVENKEEL, here, &["plan"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("State file was changed by another program"), "{said}");
    check(EVENKEEL, here, &["state", "import", "-force"]);
    check(EVENKEEL, here, &["plan", "-detailed-exitcode", "-var=size=3"]);
}

/// A program that asks before it applies, and holds the state meanwhile.
fn asking(program: &str, directory: &Path, arguments: &[&str]) -> Child {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(directory).env_remove("EVENKEEL_STORE");
    command.env("CHECKPOINT_DISABLE", "1").env("TF_CLI_CONFIG_FILE", "/dev/null");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut said = Vec::new();
    let mut bytes = BufReader::new(child.stdout.as_mut().unwrap()).bytes();
    while !String::from_utf8_lossy(&said).contains("Enter a value") {
        said.push(bytes.next().expect("it asks").unwrap());
    }
    child
}

#[track_caller]
fn is_locked_out(program: &str, directory: &Path, arguments: &[&str]) {
    let done = run(program, directory, arguments);
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(!done.status.success() && said.contains("Error acquiring the state lock"), "{said}");
}

#[test]
fn both_programs_do_not_work_at_once() {
    let Some(desk) = desk() else { return };
    let here = desk.path();
    check("terraform", here, &["apply", "-auto-approve", "-input=false"]);
    check(EVENKEEL, here, &["plan", "-detailed-exitcode"]);
    let mut child = asking("terraform", here, &["apply", "-no-color", "-var=size=5"]);
    is_locked_out(EVENKEEL, here, &["apply", "-auto-approve"]);
    drop(child.stdin.take());
    child.wait_with_output().unwrap();
    let mut child = asking(EVENKEEL, here, &["apply", "-no-color", "-var=size=5"]);
    is_locked_out("terraform", here, &["plan", "-no-color", "-input=false"]);
    drop(child.stdin.take());
    child.wait_with_output().unwrap();
    check("terraform", here, &["plan", "-detailed-exitcode", "-input=false"]);
    check(EVENKEEL, here, &["plan", "-detailed-exitcode"]);
    assert!(!here.join(".terraform.tfstate.lock.info").exists());
}

#[test]
fn what_init_said_of_the_backend_counts() {
    let Some(desk) = desk() else { return };
    let here = desk.path();
    std::fs::write(here.join("backend.tf"), "terraform {\n  backend \"local\" {}\n}\n").unwrap();
    check("terraform", here, &["init", "-input=false", "-backend-config=path=states/x.tfstate"]);
    check("terraform", here, &["apply", "-auto-approve", "-input=false"]);
    check(EVENKEEL, here, &["apply", "-auto-approve", "-var=size=2"]);
    check("terraform", here, &["plan", "-detailed-exitcode", "-input=false", "-var=size=2"]);
}

#[test]
fn terraform_goes_on_with_what_was_exported() {
    let Some(desk) = desk() else { return };
    let here = desk.path();
    check(EVENKEEL, here, &["apply", "-auto-approve"]);
    check(EVENKEEL, here, &["taint", "terraform_data.b[1]"]);
    assert!(!here.join("terraform.tfstate").exists());
    check(EVENKEEL, here, &["state", "export", "terraform.tfstate"]);
    let planned = check("terraform", here, &["plan", "-input=false", "-no-color"]);
    assert!(planned.contains("# terraform_data.b[1] is tainted, so must be replaced"), "{planned}");
    check("terraform", here, &["untaint", "terraform_data.b[1]"]);
    check("terraform", here, &["plan", "-detailed-exitcode", "-input=false"]);
    check("terraform", here, &["show", "-json"]);
}
