use std::path::Path;

use evenkeel_model::schema::Schema;
use evenkeel_model::{Type, Value};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{TfState, attributes, document, entries, read};
use crate::{Entry, State};

/// `terraform_data`, as far as a state file is concerned.
fn schema() -> Schema {
    let open = json!({ "type": "dynamic", "optional": true });
    let computed = |ty: &str| json!({ "type": ty, "computed": true });
    let attributes = json!({ "id": computed("string"), "input": open, "output": computed("dynamic"),
        "triggers_replace": open });
    serde_json::from_value(json!({ "type_name": "terraform_data", "version": 0, "description": "",
        "block": { "attributes": attributes } }))
    .unwrap()
}

fn taken(text: &str) -> Result<State, String> {
    let words = |found: evenkeel_model::Diagnostics| {
        found.iter().map(|one| format!("{}: {}", one.summary, one.detail)).collect::<Vec<_>>().join("\n")
    };
    let file = read(text.as_bytes()).map_err(words)?;
    let schema = schema();
    let mut state = State::default();
    entries(&file, &|_, _| Some(&schema)).map_err(words)?.iter().for_each(|entry| state.fold(entry));
    Ok(state)
}

fn given(state: &State) -> TfState {
    let schema = schema();
    document(state, &|_, _| Some(&schema), "1.11.4")
}

fn file(resources: Json) -> String {
    json!({ "version": 4, "serial": 7, "lineage": "l", "resources": resources }).to_string()
}

fn one(instance: Json) -> String {
    file(json!([{ "mode": "managed", "type": "terraform_data", "name": "x",
        "provider": "provider[\"terraform.io/builtin/terraform\"]", "instances": [instance] }]))
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the samples stand beside the repository")]
fn what_terraform_wrote_comes_back() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance/samples");
    for name in ["state1.tfstate", "state2.tfstate"] {
        let Ok(text) = std::fs::read_to_string(samples.join(name)) else {
            println!("skipped, as {name} is not there");
            return;
        };
        let mut expected = read(text.as_bytes()).unwrap();
        let state = taken(&text).unwrap();
        let mut found = given(&state);
        assert!(found.serial > expected.serial && found.lineage == expected.lineage);
        expected.resources.retain(|resource| resource.mode == "managed");
        let sorted = |file: &mut TfState| {
            file.serial = 0;
            file.check_results = Json::Null;
            let resources = file.resources.iter_mut();
            resources.flat_map(|resource| &mut resource.instances).for_each(|one| one.dependencies.sort());
            file.resources.sort_by_key(|one| (one.module.clone(), one.kind.clone(), one.name.clone()));
        };
        sorted(&mut expected);
        sorted(&mut found);
        assert_eq!(found, expected, "{name}");
        assert_eq!(read(&given(&state).to_bytes()).unwrap(), given(&state));
    }
}

#[test]
fn everything_that_an_object_may_have() {
    let text = file(json!([{
        "module": "module.m[0].module.n[\"a.b\"]", "mode": "managed", "type": "terraform_data", "name": "x",
        "provider": "module.m.provider[\"registry.opentofu.org/hashicorp/aws\"].west", "each": "map", "new": 1,
        "instances": [
            { "index_key": "k", "schema_version": 3, "status": "tainted", "attributes": { "a": { "?b": 1 } },
              "sensitive_attributes": [], "private": "cHJpdmF0ZQ==", "dependencies": ["module.m.a.b", "data.c.d"],
              "create_before_destroy": true, "identity": null },
            { "index_key": "k", "deposed": "0a1b2c3d", "schema_version": 3, "attributes": {} },
        ],
    }, { "mode": "data", "type": "t", "name": "d", "provider": "?", "instances": [{}] }]));
    let state = taken(&text).unwrap();
    assert_eq!((state.instances.len(), state.serial.0, &*state.lineage), (1, 11, "l"));
    let (address, instance) = state.instances.first_key_value().unwrap();
    assert_eq!(address.to_string(), r#"module.m[0].module.n["a.b"].terraform_data.x["k"]"#);
    let current = instance.current.as_ref().unwrap();
    assert_eq!(
        current.provider.to_string(),
        r#"module.m.provider["registry.terraform.io/hashicorp/aws"].west"#
    );
    assert_eq!(current.private.as_deref(), Some("cHJpdmF0ZQ=="));
    assert_eq!(instance.deposed.keys().next().unwrap().to_string(), "0a1b2c3d");
    let found = given(&state);
    let instance = &found.resources[0].instances[0];
    assert_eq!(instance.attributes, json!({ "a": { "?b": 1 } }));
    assert_eq!(instance.dependencies, ["data.c.d", "module.m.a.b"]);
    assert_eq!((instance.status.as_str(), instance.private.as_str()), ("tainted", "cHJpdmF0ZQ=="));
    assert_eq!(found.resources[0].instances[1].deposed, "0a1b2c3d");
}

#[test]
fn sensitive_paths_become_marks() {
    let path = |steps: &[Json]| {
        steps
            .iter()
            .map(|step| match step {
                Json::String(name) => json!({ "type": "get_attr", "value": name }),
                key => key.clone(),
            })
            .collect::<Json>()
    };
    let index = |value: Json, ty: &str| json!({ "type": "index", "value": { "value": value, "type": ty } });
    let ty = json!(["object", { "l": ["list", "string"], "m": ["map", "string"], "s": ["set", "string"] }]);
    let paths = json!([
        path(&["input".into(), "l".into(), index(json!(1), "number")]),
        path(&["input".into(), "m".into(), index("?k".into(), "string")]),
        path(&["input".into(), "s".into(), index("q".into(), "string")]),
        path(&["nowhere".into()]),
    ]);
    let value = json!({ "l": ["a", "b"], "m": { "?k": "v" }, "s": ["q"] });
    let text = one(json!({ "schema_version": 0, "sensitive_attributes": paths, "attributes": {
        "id": "i", "input": { "value": value, "type": ty }, "output": null, "unheard_of": 1 } }));
    let state = taken(&text).unwrap();
    let object = state.instances.values().next().unwrap().current.clone().unwrap();
    let input = object.value(&schema().ty()).unwrap().get("input").unwrap().clone();
    let secret = |text: &str| Value::string(text).sensitive();
    let expected = Value::object([
        ("l", Value::list(Type::String, [Value::string("a"), secret("b")])),
        ("m", Value::map(Type::String, [("?k", secret("v"))])),
        ("s", Value::set(Type::String, [Value::string("q")]).sensitive()),
    ]);
    assert_eq!(input, expected);
    let found = given(&state);
    let found: Json = serde_json::to_value(&found.resources[0].instances[0].sensitive_attributes).unwrap();
    let mut expected = paths;
    expected[2] = path(&["input".into(), "s".into()]);
    expected.as_array_mut().unwrap().pop();
    assert_eq!(found, expected);
}

#[test]
fn what_cannot_be_taken_over_is_said_with_its_place() {
    for (text, expected) in [
        ("{", "The file is not valid JSON: EOF while parsing"),
        ("{}", "no format version"),
        (r#"{"version":3}"#, "Terraform 0.11 or before"),
        (r#"{"version":5}"#, "format version 5"),
        (r#"{"version":4,"resources":[{"mode":1}]}"#, "At resources[0].mode: invalid type"),
        (
            r#"{"version":4,"outputs":{"o":{"value":1,"type":"what"}}}"#,
            "At outputs.o: the type cannot be read",
        ),
        (
            r#"{"version":4,"outputs":{"o":{"value":"x","type":"number"}}}"#,
            "At outputs.o: the attributes do not fit",
        ),
        (
            &one(json!({ "index_key": 1.5, "attributes": {} })),
            "At resources[0].instances[0].index_key: 1.5 is no key",
        ),
        (
            &one(json!({ "deposed": "xyz", "attributes": {} })),
            "At resources[0].instances[0].deposed: \"xyz\"",
        ),
        (&one(json!({ "status": "odd", "attributes": {} })), "the status \"odd\" is not known"),
        (&one(json!({ "attributes_flat": { "id": "i" } })), "Terraform 0.11 and before"),
        (
            &one(json!({ "attributes": { "id": [] } })),
            "At resources[0].instances[0]: the attributes do not fit",
        ),
        (&one(json!({ "attributes": {}, "dependencies": ["?"] })), "the dependency \"?\""),
        (&format!(r#"{{"version":4,"serial":{}}}"#, u64::MAX), "At serial"),
    ] {
        let error = taken(text).unwrap_err();
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn old_addresses_of_providers_are_read() {
    let parsed = |text: &str| text.parse::<crate::ProviderConfigAddress>().map(|found| found.to_string());
    let aws = r#"provider["registry.terraform.io/hashicorp/aws"]"#;
    assert_eq!(parsed("provider.aws").unwrap(), aws);
    assert_eq!(parsed("module.a.module.b.provider.aws.x").unwrap(), format!("module.a.module.b.{aws}.x"));
    for wrong in ["", "aws", "provider.", "provider[\"a/b/c/d\"]", "provider[\"a/b\"]x", "module.m"] {
        assert!(parsed(wrong).is_err(), "{wrong}");
    }
}

proptest! {
    /// Any state that is given and taken again has the same objects, but for tokens.
    #[test]
    fn given_and_taken_is_the_same(log in prop::collection::vec(crate::testing::entry(), 0..20)) {
        let mut state = State::default();
        log.iter().for_each(|entry| state.fold(entry));
        state.pending.clear();
        let file = document(&state, &|_, _| None, "1.11.4");
        prop_assert_eq!(&read(&file.to_bytes()).unwrap(), &file);
        let mut again = State::default();
        for entry in entries(&file, &|_, _| None).unwrap() {
            again.fold(&entry);
        }
        prop_assert_eq!(document(&again, &|_, _| None, "1.11.4").resources, file.resources);
        let addresses = |state: &State| state.instances.keys().cloned().collect::<Vec<_>>();
        prop_assert_eq!(addresses(&again), addresses(&state));
    }

    /// Values keep their types and marks on the way through a file.
    #[test]
    fn plain_and_encoded_agree(texts in prop::collection::vec("[?a-c]{0,3}", 0..4), secret: bool) {
        let value = Value::tuple(texts.iter().map(|text| Value::map(Type::String, [(text.as_str(), Value::string(text))])));
        let value = if secret { value.sensitive() } else { value };
        let ty = Type::object([("input", Type::Dynamic)]);
        let whole = Value::object([("input", value)]);
        let encoded = evenkeel_model::json::encode_as(&whole, &ty);
        let (plain, paths) = attributes::plain(&encoded, Some(&ty));
        let mut again = attributes::encoded(&plain, Some(&ty));
        paths.iter().for_each(|path| super::paths::mark(&mut again, path));
        prop_assert_eq!(evenkeel_model::json::decode(&again, &ty).unwrap(), whole);
    }
}

#[test]
fn entries_begin_with_the_history() {
    let file = read(file(json!([])).as_bytes()).unwrap();
    let found = entries(&file, &|_, _| None).unwrap();
    assert!(matches!(found.first(), Some(Entry::TakenOver { .. })));
}
