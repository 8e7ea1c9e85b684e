use evenkeel_model::{Type, Value};
use evenkeel_provider::{PlanRequest, check};

use super::*;

fn config(input: Value, triggers: Value) -> Value {
    Value::object([
        ("id", Value::null(Type::String)),
        ("input", input),
        ("output", Value::null(Type::Dynamic)),
        ("triggers_replace", triggers),
    ])
}

fn nothing() -> Value {
    Value::null(Type::Dynamic)
}

fn planned(prior: Option<&Value>, config: &Value) -> evenkeel_provider::PlannedChange {
    let spec = spec::Spec::default();
    let resource = spec.resource("terraform_data").unwrap();
    let empty = Value::empty_object();
    let planned = resource.plan(&PlanRequest { provider_config: &empty, prior, config });
    assert_eq!(check::planned(&resource.schema().block, prior, config, &planned.planned), []);
    planned
}

fn applied(config: &Value) -> Value {
    data::made(&planned(None, config).planned, "id-1")
}

#[test]
fn schemas_can_be_read() {
    let spec = spec::Spec::default();
    assert_eq!(&*spec.config_schema().type_name, "terraform");
    assert_eq!(&*spec.resource("terraform_data").unwrap().schema().type_name, "terraform_data");
    assert_eq!(&*spec.data_source("terraform_remote_state").unwrap().type_name, "terraform_remote_state");
}

#[test]
fn a_new_object_has_an_output_of_the_type_of_its_input() {
    let list = Value::list(Type::String, [Value::string("a")]);
    let change = planned(None, &config(list.clone(), nothing()));
    assert_eq!(change.planned.get("output"), Some(&Value::unknown(list.ty())));
    assert_eq!(change.planned.get("id"), Some(&Value::unknown_not_null(Type::String)));
    assert_eq!(applied(&config(list.clone(), nothing())).get("output"), Some(&list));
    let change = planned(None, &config(nothing(), nothing()));
    assert_eq!(change.planned.get("output"), Some(&nothing()));
}

#[test]
fn an_unchanged_object_stays() {
    let config = config(Value::string("a"), Value::tuple([Value::number(1)]));
    let prior = applied(&config);
    let change = planned(Some(&prior), &config);
    assert_eq!((change.planned, change.replace.len()), (prior, 0));
}

#[test]
fn a_new_input_changes_the_output_and_keeps_the_id() {
    let prior = applied(&config(Value::string("a"), nothing()));
    for input in [Value::string("b"), Value::unknown(Type::Number), nothing()] {
        let change = planned(Some(&prior), &config(input.clone(), nothing()));
        assert_eq!(change.planned.get("output"), Some(&Value::unknown(input.ty())));
        assert_eq!(change.planned.get("id"), prior.get("id"));
        assert!(change.replace.is_empty());
    }
}

#[test]
fn other_triggers_make_a_new_object_also_when_they_are_unknown_or_only_of_another_type() {
    let tuple = Value::tuple([Value::string("a")]);
    let list = Value::list(Type::String, [Value::string("a")]);
    let prior = applied(&config(Value::string("a"), tuple));
    for triggers in [list, Value::unknown(Type::Dynamic), nothing()] {
        let change = planned(Some(&prior), &config(Value::string("a"), triggers));
        assert_eq!(change.replace[0].to_string(), "triggers_replace");
        assert!(change.planned.get("id").unwrap().is_unknown());
    }
}

#[test]
fn ids_look_like_uuids_and_differ() {
    let (a, b) = (new_id().unwrap(), new_id().unwrap());
    assert_eq!(a.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    assert_ne!(a, b);
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// A store that has what it is asked for as outputs.
struct Mirror;

impl Stores for Mirror {
    fn outputs<'a>(
        &'a self,
        store: &'a std::path::Path,
        stack: &'a str,
    ) -> BoxFuture<'a, Result<remote_state::Outputs, String>> {
        let store = store.file_name().unwrap().to_string_lossy().into_owned();
        let answer = [("store", Value::string(store)), ("stack", Value::string(stack))];
        Box::pin(
            async move { Ok(answer.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()) },
        )
    }
}

#[test]
fn outputs_of_a_stack_in_a_store() {
    let files = HostFiles::From("/somewhere".into());
    let ask = |config: &[(&str, &str)], workspace: Value| {
        let config = config.iter().map(|(name, value)| (*name, Value::string(value)));
        let question =
            question("evenkeel", "", workspace, nothing()).with_attribute("config", Value::object(config));
        let read = block_on(remote_state::read(&files, Some(&Mirror), &question)).unwrap();
        let outputs = read.get("outputs").unwrap();
        ["store", "stack"].map(|name| outputs.get_str(name).unwrap().to_owned())
    };
    let unset = Value::null(Type::String);
    assert_eq!(ask(&[], unset.clone()), ["terraform.tfstate.evenkeel", "default"]);
    assert_eq!(ask(&[("store", "../net/s.db"), ("stack", "blue")], unset), ["s.db", "blue"]);
    assert_eq!(ask(&[("store", "s")], Value::string("green")), ["s", "green"]);
}

fn question(backend: &str, path: &str, workspace: Value, defaults: Value) -> Value {
    Value::object([
        ("backend", Value::string(backend)),
        ("config", Value::object([("path", Value::string(path))])),
        ("defaults", defaults),
        ("outputs", nothing()),
        ("workspace", workspace),
    ])
}

#[test]
fn outputs_of_another_state_are_read_with_their_types_over_the_defaults() {
    let directory = tempfile::tempdir().unwrap();
    let text = r#"{"version": 4, "outputs": {
        "names": {"value": ["a"], "type": ["list", "string"]}, "n": {"value": 1, "type": "number"}}}"#;
    std::fs::create_dir_all(directory.path().join("terraform.tfstate.d/blue")).unwrap();
    for path in ["s.tfstate", "terraform.tfstate.d/blue/terraform.tfstate"] {
        std::fs::write(directory.path().join(path), text).unwrap();
    }
    let files = HostFiles::From(directory.path().to_owned());
    let defaults = Value::object([("n", Value::number(7)), ("more", Value::bool(true))]);
    for workspace in [Value::null(Type::String), Value::string("blue")] {
        let question = question("local", "s.tfstate", workspace, defaults.clone());
        let read = block_on(remote_state::read(&files, None, &question)).unwrap();
        let outputs = read.get("outputs").unwrap();
        assert_eq!(outputs.get("names"), Some(&Value::list(Type::String, [Value::string("a")])));
        assert_eq!(outputs.get("n"), Some(&Value::number(1)));
        assert_eq!(outputs.get("more"), Some(&Value::bool(true)));
    }
}

#[test]
fn what_cannot_be_read_is_refused_with_a_reason() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("bad"), "{}").unwrap();
    let files = HostFiles::From(directory.path().to_owned());
    let ask = |files: &HostFiles, backend: &str, path: &str| {
        let question = question(backend, path, Value::null(Type::String), nothing());
        block_on(remote_state::read(files, None, &question)).unwrap_err().detail
    };
    assert!(ask(&files, "s3", "x").contains("cannot be read"));
    assert!(ask(&files, "local", "missing").contains("no stored state"));
    assert!(ask(&files, "local", "bad").contains("version 4"));
    assert!(ask(&HostFiles::Refused, "local", "bad").contains("may not read"));
}

#[test]
fn what_an_interrupted_create_left_behind_is_nothing() {
    let provider = provider(HostFiles::Refused, None);
    let connection = block_on(provider.configure(Value::empty_object())).unwrap();
    let request = FindRequest {
        kind: "terraform_data".into(),
        address: "terraform_data.a".parse().unwrap(),
        planned: nothing(),
        token: "0".into(),
    };
    assert_eq!(block_on(connection.find(request)), Ok(None));
}
