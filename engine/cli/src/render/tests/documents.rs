//! JSON, against the shapes that Terraform documents.

use evenkeel_apply::{Activity, Progress, Subject};
use evenkeel_plan::types::Repetition;
use evenkeel_plan::{OutputChange, ResourceValues};
use evenkeel_state::{Instance, OutputValue, State, StepId};
use serde_json::{Value as Json, json};

use super::super::json as render;
use super::*;

#[track_caller]
fn check(found: &Json, expected: &Json) {
    assert_eq!(found, expected, "\n{found:#}");
}

#[test]
fn a_plan_follows_the_documented_shape() {
    let after = Value::object([
        ("id", unknown()),
        ("input", Value::object([("n", Value::number(1)), ("pass", s("secret").sensitive())])),
        ("none", Value::null(Type::String)),
    ]);
    let mut change = change(r#"module.m["k"].aws_x.a[0]"#, ChangeAction::Create, None, Some(after.clone()));
    change.replace_paths = vec![Path::attribute("input")];
    change.reason = Some(ActionReason::ReplaceByRequest);
    let at = change.address.clone();
    let resource = ResourceValues {
        repetition: Repetition::Count,
        instances: BTreeMap::from([(at.key.clone(), after)]),
    };
    let still = address("aws_x.same");
    let same = ResourceValues {
        repetition: Repetition::Single,
        instances: BTreeMap::from([(None, Value::object([("id", s("i"))]))]),
    };
    let outputs = BTreeMap::from([(
        Arc::from("o"),
        OutputChange { before: None, after: Some(unknown()), sensitive: false },
    )]);
    let plan = Plan {
        changes: vec![change],
        outputs,
        resources: BTreeMap::from([(at.resource, resource), (still.resource, same)]),
        plan_time: Some("2026-11-21T02:22:42Z".into()),
        ..empty_plan()
    };
    let document = render::plan(&plan, &no_schemas);
    check(&document["format_version"], &json!("1.2"));
    check(
        &document["resource_changes"],
        &json!([
            {
                "address": "aws_x.same",
                "mode": "managed",
                "type": "aws_x",
                "name": "same",
                "provider_name": "registry.terraform.io/hashicorp/aws",
                "change": {
                    "actions": ["no-op"],
                    "before": { "id": "i" },
                    "after": { "id": "i" },
                    "after_unknown": {},
                    "before_sensitive": {},
                    "after_sensitive": {},
                },
            },
            {
                "address": r#"module.m["k"].aws_x.a[0]"#,
                "module_address": r#"module.m["k"]"#,
                "mode": "managed",
                "type": "aws_x",
                "name": "a",
                "index": 0,
                "provider_name": "registry.terraform.io/hashicorp/aws",
                "change": {
                    "actions": ["create"],
                    "before": null,
                    "after": { "input": { "n": 1, "pass": null }, "none": null },
                    "after_unknown": { "id": true, "input": {} },
                    "before_sensitive": false,
                    "after_sensitive": { "input": { "pass": true } },
                    "replace_paths": [["input"]],
                },
                "action_reason": "replace_by_request",
            },
        ]),
    );
    check(
        &document["output_changes"]["o"],
        &json!({
            "actions": ["create"],
            "before": null,
            "after": null,
            "after_unknown": true,
            "before_sensitive": false,
            "after_sensitive": false,
        }),
    );
    let module = &document["planned_values"]["root_module"]["child_modules"][0];
    check(&module["address"], &json!(r#"module.m["k"]"#));
    check(&module["resources"][0]["values"]["input"], &json!({ "n": 1, "pass": null }));
    check(&document["timestamp"], &json!("2026-11-21T02:22:42Z"));
    assert!(document.get("variables").is_none());
}

#[test]
fn modules_become_a_tree_also_where_one_between_is_empty() {
    let mut state = State::default();
    for at in ["aws_x.root", "module.a.module.b.aws_x.deep", "module.c.aws_x.flat"] {
        let object = super::lines::version_row(1, Some(Value::object([("id", s(at))]))).object;
        state.instances.insert(address(at), Instance { current: object, ..Instance::default() });
    }
    let document = render::state(&state, &no_schemas);
    let root = &document["values"]["root_module"];
    check(&root["resources"][0]["address"], &json!("aws_x.root"));
    check(&root["child_modules"][0]["address"], &json!("module.a"));
    check(&root["child_modules"][0]["child_modules"][0]["address"], &json!("module.a.module.b"));
    check(&root["child_modules"][0]["child_modules"][0]["resources"][0]["name"], &json!("deep"));
    check(&root["child_modules"][1]["address"], &json!("module.c"));
}

#[test]
fn a_state_hides_and_flags_what_is_sensitive() {
    let mut state = State::default();
    assert!(render::state(&state, &no_schemas).get("values").is_none());
    let value = Value::object([("id", s("i")), ("password", s("x")), ("token", s("y").sensitive())]);
    let object = super::lines::version_row(1, Some(value)).object;
    state
        .instances
        .insert(address("test_thing.a[\"k\"]"), Instance { current: object, ..Instance::default() });
    let output = |value: &Value, sensitive| OutputValue {
        value: Arc::new(evenkeel_model::json::encode_open(value)),
        sensitive,
    };
    state.outputs.insert("open".into(), output(&s("v"), false));
    state.outputs.insert("shut".into(), output(&s("v"), true));
    let shape = block(
        &[("id", Type::String), ("password", Type::String), ("token", Type::String)],
        &["password"],
        &[],
    );
    let schema = schema(shape);
    let document = render::state(&state, &|_| Some(schema.clone()));
    check(
        &document["values"],
        &json!({
            "outputs": {
                "open": { "sensitive": false, "type": "string", "value": "v" },
                "shut": { "sensitive": true, "type": "string" },
            },
            "root_module": { "resources": [{
                "address": "test_thing.a[\"k\"]",
                "mode": "managed",
                "type": "test_thing",
                "name": "a",
                "index": "k",
                "provider_name": "registry.terraform.io/hashicorp/aws",
                "schema_version": 0,
                "values": { "id": "i", "password": null, "token": null },
                "sensitive_values": { "password": true, "token": true },
            }] },
        }),
    );
}

#[test]
fn lines_name_the_resource_as_terraform_does() {
    let subject = Subject {
        step: StepId(0),
        address: address("module.m.terraform_data.in[\"x\"]"),
        deposed: None,
        activity: Activity::Create,
        id: Some("9db3".into()),
    };
    let done = Progress::Done { subject, elapsed_ms: 0 };
    check(
        &render::progress(&done).unwrap(),
        &json!({
            "@level": "info",
            "@message": "module.m.terraform_data.in[\"x\"]: Creation complete after 0s [id=9db3]",
            "@module": "terraform.ui",
            "type": "apply_complete",
            "hook": {
                "resource": {
                    "addr": "module.m.terraform_data.in[\"x\"]",
                    "module": "module.m",
                    "resource": "terraform_data.in[\"x\"]",
                    "implied_provider": "terraform",
                    "resource_type": "terraform_data",
                    "resource_name": "in",
                    "resource_key": "x",
                },
                "action": "create",
                "id_key": "id",
                "id_value": "9db3",
                "elapsed_seconds": 0,
            },
        }),
    );
    let change = because(
        change("aws_x.a", ChangeAction::DeleteThenCreate, None, None),
        ActionReason::ReplaceBecauseCannotUpdate,
    );
    let line = render::planned_change(&change);
    check(&line["action"], &json!("replace"));
    check(&line["reason"], &json!("cannot_update"));
    check(&line["resource"]["resource_key"], &Json::Null);
    check(
        &render::change_summary(&Plan { changes: vec![change], ..empty_plan() }),
        &json!({ "add": 1, "change": 0, "import": 0, "remove": 1, "operation": "plan" }),
    );
}

#[test]
fn a_diagnostic_carries_its_snippet() {
    use evenkeel_model::{Diagnostic, Position, Snapshot, SourceRange};
    let snapshot = Snapshot::from_files(
        Revision::Directory("0".into()),
        [("bad.tf", "output \"x\" {\n value = var.nope\n}\n")],
    );
    let range = SourceRange {
        filename: "bad.tf".into(),
        start: Position { line: 2, column: 10, byte: 22 },
        end: Position { line: 2, column: 18, byte: 30 },
    };
    check(
        &render::diagnostic(&Diagnostic::error("S", "D").at(range), Some(&snapshot)),
        &json!({
            "severity": "error",
            "summary": "S",
            "detail": "D",
            "range": {
                "filename": "bad.tf",
                "start": { "line": 2, "column": 10, "byte": 22 },
                "end": { "line": 2, "column": 18, "byte": 30 },
            },
            "snippet": {
                "context": "output \"x\"",
                "code": " value = var.nope",
                "start_line": 2,
                "highlight_start_offset": 9,
                "highlight_end_offset": 17,
                "values": [],
            },
        }),
    );
}

#[test]
fn drift_says_what_will_become_of_every_attribute() {
    let object = |size: i64| Value::object([("size", Value::number(size)), ("key", s("x").sensitive())]);
    let plan = Plan {
        changes: vec![change("aws_x.y", ChangeAction::Update, Some(object(7)), Some(object(5)))],
        drift: vec![
            drifted(
                "aws_x.y",
                object(5),
                Some(object(7)),
                vec![Path::attribute("size"), Path::attribute("key")],
            ),
            drifted("aws_x.z", object(1), None, Vec::new()),
        ],
        ..empty_plan()
    };
    let document = render::drift(&plan);
    check(&document["drifted"], &json!(2));
    check(&document["pending_configuration_changes"], &json!(0));
    check(
        &document["objects"][0]["attributes"],
        &json!([
            { "path": "size", "expected": 5, "observed": 7, "sensitive": false, "outlook": "will be set back" },
            { "path": "key", "expected": null, "observed": null, "sensitive": true, "outlook": "will be set back" },
        ]),
    );
    check(&document["objects"][1]["kind"], &json!("deleted"));
}

#[test]
fn history_keeps_times_and_hides_values() {
    let rows = [super::lines::run_row(2, Some(evenkeel_state::RunStatus::Failed))];
    let run = &render::runs(&rows)[0];
    check(&run["started"], &json!("2025-11-21T04:53:05Z"));
    check(&run["error"], &json!("no quota\nleft"));
    let value = Value::object([("id", s("i")), ("key", s("x").sensitive())]);
    let rows = [super::lines::version_row(3, Some(value)), super::lines::version_row(4, None)];
    let versions = &render::versions(&address("aws_x.y"), &rows, None)["versions"];
    check(&versions[0]["values"], &json!({ "id": "i", "key": null }));
    check(&versions[0]["sensitive_values"], &json!({ "key": true }));
    check(&versions[1]["values"], &Json::Null);
}

#[test]
fn json_text_is_safe_on_a_terminal_and_means_the_same() {
    let json = json!({ "a": "\u{9b}31m\u{1b}\u{202e}\n" });
    for text in [render::line(&json), render::pretty(&json)] {
        assert!(!text.chars().any(|c| c != '\n' && (c.is_control() || c == '\u{202e}')), "{text:?}");
        assert_eq!(serde_json::from_str::<Json>(&text).unwrap(), json);
    }
}
