//! The same revision, state and answers give the same plan to the byte, whatever the number of threads
//! and of calls at once.
//!
//! Configurations are drawn from a seed; a seed that fails is named in the message.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;

/// A small generator of numbers, the same everywhere.
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Resources that repeat and refer to earlier ones, data sources that are read at the same time, a
/// module that repeats, conditions and outputs.
fn configuration(draw: &mut Draw) -> String {
    let mut text = String::from("variable \"secret\" {\n  default   = \"hidden\"\n  sensitive = true\n}\n");
    for number in 0..3 + draw.below(4) {
        let _ = writeln!(text, "data \"terraform_remote_state\" \"s{number}\" {{\n  backend = \"local\"");
        let _ = writeln!(text, "  config = {{ path = \"s{}.tfstate\" }}\n}}", number % 3);
    }
    for number in 0..4 + draw.below(5) {
        let _ =
            writeln!(text, "resource \"terraform_data\" \"r{number}\" {{\n  count = {}", 1 + draw.below(4));
        let input = match (draw.below(5), number) {
            (0, _) => "data.terraform_remote_state.s1.outputs.word".to_owned(),
            (1, _) => "var.secret".to_owned(),
            (2, _) | (_, 0) => format!("{{ n = count.index, t = \"text {}\" }}", draw.below(9)),
            (_, _) => format!("terraform_data.r{}[0].id", draw.below(number)),
        };
        let trigger = draw.below(3);
        let _ = writeln!(text, "  input = {input}\n  triggers_replace = [{trigger}]");
        let _ =
            writeln!(text, "  lifecycle {{\n    create_before_destroy = {}\n  }}\n}}", draw.below(2) == 0);
    }
    let keys = ["\"x\"", "\"x\", \"y\"", "\"y\", \"z\", \"w\""][draw.below(3) as usize];
    let _ = writeln!(
        text,
        "module \"m\" {{\n  source = \"./m\"\n  for_each = toset([{keys}])\n  name = each.key\n}}"
    );
    text.push_str("output \"all\" {\n  value = [for one in module.m : one.made]\n}\n");
    text.push_str("check \"c\" {\n  assert {\n    condition = length(module.m) > 1\n    error_message = \"few\"\n  }\n}\n");
    text
}

const MODULE: &str = r#"
variable "name" { type = string }
resource "terraform_data" "made" { input = var.name }
output "made" { value = terraform_data.made.output }
"#;

fn evenkeel(directory: &Path, threads: u64, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_evenkeel"))
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .env("HOME", directory)
        .env("TOKIO_WORKER_THREADS", threads.to_string())
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Everything that a plan says, without the times at which it was made: what people read, the lines for
/// machines, and the document of the plan file.
fn planned(directory: &Path, threads: u64, parallelism: u64) -> [String; 3] {
    let parallelism = format!("-parallelism={parallelism}");
    let words = evenkeel(directory, threads, &["plan", "-input=false", "-out=tfplan", &parallelism]);
    let lines = evenkeel(directory, threads, &["plan", "-input=false", "-json", &parallelism]);
    [words, lines.lines().map(without_time).collect(), document(directory, threads)]
}

/// A line for machines without the time at which it was written.
fn without_time(line: &str) -> String {
    let mut message: Json = serde_json::from_str(line).unwrap();
    let time = message.as_object_mut().unwrap().remove("@timestamp");
    assert!(time.is_some(), "every line says when it was written");
    // The digest is also over the revision: the directory as it stands, with the plan file in it.
    if let Some(governor) = message.get_mut("governor").and_then(Json::as_object_mut) {
        governor.remove("digest");
    }
    format!("{message}\n")
}

/// The document of the plan file, without the time at which the plan was made.
fn document(directory: &Path, threads: u64) -> String {
    let text = evenkeel(directory, threads, &["show", "-json", "tfplan"]);
    let document: Json = serde_json::from_str(&text).unwrap();
    let time = document["timestamp"].as_str().expect("a plan says when it was made").to_owned();
    assert!(!document["resource_changes"].as_array().unwrap().is_empty(), "a plan of nothing proves nothing");
    // Nothing but the one attribute says it, so that the bytes are the same without.
    assert_eq!(text.matches(&time).count(), 1);
    text.replace(&time, "")
}

#[test]
fn plans_are_the_same_with_any_number_of_threads_and_calls() {
    for seed in 0..6 {
        let mut draw = Draw(seed);
        let here = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = here.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        for number in 0..3 {
            let outputs = format!(r#"{{"word": {{"value": "w{number}", "type": "string"}}}}"#);
            let state = format!(
                r#"{{"version": 4, "serial": 1, "lineage": "l", "outputs": {outputs}, "resources": []}}"#
            );
            write(&format!("s{number}.tfstate"), &state);
        }
        write("m/main.tf", MODULE);
        // Once for objects that do not exist yet, and once for what becomes of those.
        for _ in 0..2 {
            let text = configuration(&mut draw);
            write("main.tf", &text);
            evenkeel(here.path(), 2, &["init", "-input=false"]);
            let first = planned(here.path(), 1, 1);
            for (threads, parallelism) in [(1, 64), (2, 10), (7, 1 + draw.below(64))] {
                let again = planned(here.path(), threads, parallelism);
                assert_eq!(
                    first, again,
                    "seed {seed}, {threads} threads, {parallelism} calls at once\n{text}"
                );
            }
            evenkeel(here.path(), 3, &["apply", "-input=false", "-auto-approve"]);
        }
    }
}
