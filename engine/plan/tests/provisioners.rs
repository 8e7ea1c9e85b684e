//! Which provisioners a plan runs, when, and with what.

#![allow(clippy::result_large_err, reason = "the contract wants it so")]

mod common;

use common::Stack;
use evenkeel_plan::Withheld;

fn allowed() -> Stack {
    let mut stack = Stack::new();
    stack.options.local_exec = true;
    stack
}

/// A thing with a command after its creation and one before its destruction.
fn thing(name: &str, arguments: &str) -> String {
    format!(
        "resource \"test_thing\" \"{name}\" {{\n  {arguments}\n  provisioner \"local-exec\" {{\n    command = \
         \"made ${{self.name}}\"\n  }}\n  provisioner \"local-exec\" {{\n    when = destroy\n    command = \"destroy \
         ${{self.name}}\"\n  }}\n}}\n"
    )
}

fn log(stack: &mut Stack, text: &str) -> Vec<String> {
    stack.converge(&[("main.tf", text)]).unwrap();
    std::mem::take(&mut stack.log)
}

#[test]
fn commands_run_beside_creation_and_destruction_and_not_beside_updates() {
    let mut stack = allowed();
    let dependent = "resource \"test_thing\" \"b\" {\n  name = test_thing.a.name\n}\n";
    let text = |size: u32| thing("a", &format!("name = \"n\"\n  size = {size}")) + dependent;
    assert_eq!(
        log(&mut stack, &text(1)),
        ["create test_thing.a", "run test_thing.a: made n", "create test_thing.b"]
    );
    assert_eq!(log(&mut stack, &text(2)), ["update test_thing.a"]);
    assert_eq!(
        log(&mut stack, dependent.replace("test_thing.a.name", "\"n\"").as_str()),
        ["delete test_thing.a"],
        "what configuration does not have, cannot run"
    );
}

#[test]
fn what_needs_an_object_is_destroyed_before_its_commands_run() {
    let mut stack = allowed();
    let text = thing("a", "name = \"n\"") + &thing("b", "name = test_thing.a.name");
    log(&mut stack, &text);
    stack.options.mode = evenkeel_plan::Mode::Destroy;
    assert_eq!(
        log(&mut stack, &text),
        [
            "run test_thing.b: destroy n",
            "delete test_thing.b",
            "run test_thing.a: destroy n",
            "delete test_thing.a"
        ]
    );
}

#[test]
fn an_object_that_is_put_aside_or_tainted_is_destroyed_without_commands() {
    let mut stack = allowed();
    let text = |name: &str| thing("a", &format!("name = \"{name}\""));
    let kept = |name: &str| {
        text(name).replacen("name =", "lifecycle {\n    create_before_destroy = true\n  }\n  name =", 1)
    };
    log(&mut stack, &text("x"));
    assert_eq!(
        log(&mut stack, &text("y")),
        [
            "run test_thing.a: destroy x",
            "delete test_thing.a",
            "create test_thing.a",
            "run test_thing.a: made y"
        ]
    );
    assert_eq!(
        log(&mut stack, &kept("z")),
        ["create test_thing.a", "run test_thing.a: made z", "delete test_thing.a"]
    );
    let instance = stack.state.instances.values_mut().next().unwrap();
    instance.current.as_mut().unwrap().status = evenkeel_state::ObjectStatus::Tainted;
    assert_eq!(
        log(&mut stack, &text("z")),
        ["delete test_thing.a", "create test_thing.a", "run test_thing.a: made z"]
    );
}

#[test]
fn instances_know_their_key_even_when_their_module_is_gone() {
    let mut stack = allowed();
    let root = |n: u32| format!("module \"m\" {{\n  source = \"./m\"\n  count = {n}\n}}\n");
    let module = "resource \"test_thing\" \"a\" {\n  for_each = toset([\"k\"])\n  name = each.value\n  provisioner \
                  \"local-exec\" {\n    when = destroy\n    command = \"${each.key} ${path.module}\"\n  }\n}\n";
    stack.converge(&[("main.tf", &root(1)), ("m/main.tf", module)]).unwrap();
    stack.converge(&[("main.tf", &root(0)), ("m/main.tf", module)]).unwrap();
    assert_eq!(
        stack.log,
        ["run module.m[0].test_thing.a[\"k\"]: k m", "delete module.m[0].test_thing.a[\"k\"]"]
    );
}

#[test]
fn arguments_are_evaluated_and_what_is_sensitive_is_withheld() {
    let mut stack = allowed();
    let text = r#"
variable "secret" {
  sensitive = true
  default   = "hush"
}
resource "test_thing" "a" {
  name = "n"
  provisioner "local-exec" {
    command     = "say"
    interpreter = ["tool", 1]
    working_dir = "w"
    quiet       = true
    environment = { A = 1, B = null }
  }
  provisioner "local-exec" {
    command    = var.secret
    on_failure = continue
  }
}
"#;
    log(&mut stack, text);
    let [first, second] = &stack.commands[..] else { panic!("two commands run") };
    assert_eq!(first.interpreter, ["tool".into(), "1".into()]);
    assert_eq!((first.working_directory.as_deref(), first.quiet, first.withheld), (Some("w"), true, None));
    assert_eq!(first.environment, [("A".into(), "1".into())].into());
    assert_eq!(second.withheld, Some(Withheld::Sensitive));
}

#[test]
fn a_command_before_destruction_that_repeats_a_secret_is_withheld() {
    let mut stack = allowed();
    let text = r#"
variable "secret" {
  sensitive = true
  default   = "hushhush"
}
resource "test_thing" "a" {
  name = "${nonsensitive(var.secret)}-n"
  tags = { secret = var.secret }
  provisioner "local-exec" {
    when    = destroy
    command = "destroy ${self.name}"
  }
}
"#;
    log(&mut stack, text);
    stack.options.mode = evenkeel_plan::Mode::Destroy;
    assert_eq!(log(&mut stack, text), ["run test_thing.a: destroy hushhush-n", "delete test_thing.a"]);
    assert_eq!(stack.commands[0].withheld, Some(Withheld::Sensitive));
}

#[test]
fn what_does_not_run_is_told_once_and_why() {
    let text =
        thing("a", "name = \"n\"").replacen("local-exec", "remote-exec", 1).replacen("command", "inline", 1);
    let text = text.replacen("\"made ${self.name}\"", "[\"made\"]", 1);
    let mut stack = allowed();
    let (plan, _) = stack.plan(&[("main.tf", &text)]).unwrap();
    assert_eq!(plan.steps.len(), 1);
    let told: Vec<_> =
        stack.diagnostics.iter().filter(|one| one.summary == "Provisioners do not run").collect();
    assert_eq!(told.len(), 1);
    assert!(told[0].detail.contains("no provisioner but local-exec"), "{}", told[0].detail);
}

#[test]
fn an_empty_command_is_refused() {
    let mut stack = allowed();
    let text = thing("a", "name = \"n\"").replace("made ${self.name}", "");
    let error = stack.converge(&[("main.tf", &text)]).unwrap_err();
    assert!(error.contains("The command must be a non-empty string."), "{error}");
}
