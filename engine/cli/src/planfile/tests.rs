use std::collections::BTreeMap;

use evenkeel_lang::config;
use evenkeel_model::{Snapshot, Type, Value};
use evenkeel_plan::{Answers, DataAnswer, Options};
use evenkeel_provider::{ErrorKind, ProviderError};
use evenkeel_state::{Instance, Object, ObjectStatus, ProviderConfigAddress, State};

use super::*;
use crate::flow::load::Loaded;

fn loaded() -> Loaded {
    let text = "variable \"stored\" {}\nvariable \"passing\" { ephemeral = true }\n";
    let plan = std::str::from_utf8(MAGIC).unwrap();
    let revision = Revision::Directory("0".repeat(64).into());
    let snapshot = Snapshot::from_files(revision, [("m/main.tf", text), ("m/old.plan", plan)]);
    let (configuration, diagnostics) = config::load(&snapshot, "m");
    assert!(!diagnostics.has_errors(), "{diagnostics:?}");
    Loaded {
        snapshot: snapshot.into(),
        root: "m".into(),
        configuration: configuration.into(),
        commit: None,
        resolved: Default::default(),
        warnings: Default::default(),
    }
}

fn state() -> State {
    let object = Object {
        status: ObjectStatus::Tainted,
        provider: ProviderConfigAddress {
            module: Vec::new(),
            provider: evenkeel_model::ProviderAddress::implied("x"),
            alias: None,
        },
        schema_version: 2,
        attributes: Arc::new(serde_json::json!({"?marks": ["sensitive"], "?value": {}})),
        dependencies: Vec::new(),
        create_before_destroy: true,
        token: None,
        private: None,
    };
    let deposed = BTreeMap::from([("0000000a".parse().unwrap(), object.clone())]);
    State {
        lineage: "line".into(),
        serial: Serial(7),
        instances: BTreeMap::from([(
            "x_a.b[\"c\"]".parse().unwrap(),
            Instance { current: Some(object), deposed },
        )]),
        ..State::default()
    }
}

fn answers() -> Answers {
    let failed = ProviderError::new(ErrorKind::Other, "reading", "no");
    let result = Ok(Value::list(Type::String, [Value::string("a").sensitive()]));
    Answers {
        observed: BTreeMap::from([
            (("x_a.b[\"c\"]".parse().unwrap(), None), Ok(Some(Value::number(1)))),
            (("x_a.gone".parse().unwrap(), None), Ok(None)),
            (("x_a.failed".parse().unwrap(), None), Err(failed)),
        ]),
        imported: BTreeMap::new(),
        data: BTreeMap::from([(
            "data.x_d.e".parse().unwrap(),
            DataAnswer { config: Value::empty_object(), result },
        )]),
    }
}

fn contents() -> Contents {
    let variables = BTreeMap::from([
        ("stored".into(), Value::string("s3cret").sensitive()),
        ("passing".into(), Value::string("never")),
    ]);
    Contents::of(&loaded(), &Options::default(), &variables, &state(), &answers())
}

fn header() -> Header {
    Header {
        format: FORMAT,
        evenkeel: env!("CARGO_PKG_VERSION").into(),
        stack: "default".into(),
        lineage: "line".into(),
        serial: Serial(7),
        revision: Revision::Directory("0".repeat(64).into()),
        digest: "d".into(),
        at: Timestamp(0),
    }
}

fn file(bytes: &[u8]) -> PlanFile {
    PlanFile::parse(bytes).unwrap()
}

#[test]
fn a_file_gives_back_what_it_was_made_from() {
    let key = new_key().unwrap();
    let bytes = write(&header(), &Sealed::Plan(Box::new(contents())), &key).unwrap();
    let read = file(&bytes);
    assert_eq!(read.header, header());
    let Sealed::Plan(opened) = read.open(Path::new("p"), Some(&key)).unwrap() else { panic!("a plan") };
    let restored = opened.restore().unwrap();
    assert_eq!(restored.state, state());
    assert_eq!(restored.snapshot.files.keys().map(|path| &**path).collect::<Vec<_>>(), ["m/main.tf"]);
    let stored = Value::string("s3cret").sensitive();
    assert_eq!(restored.variables, BTreeMap::from([("stored".into(), stored)]));
    let expected = answers();
    assert_eq!(restored.answers.observed, expected.observed);
    for (address, answer) in expected.data {
        let found = &restored.answers.data[&address];
        assert_eq!((&found.config, &found.result), (&answer.config, &answer.result));
    }
}

#[test]
fn nothing_of_it_can_be_read_or_changed_without_the_key() {
    let key = new_key().unwrap();
    let bytes = write(&header(), &Sealed::Plan(Box::new(contents())), &key).unwrap();
    assert!(!String::from_utf8_lossy(&bytes).contains("s3cret"));
    let opens = |bytes: &[u8], key: Option<&[u8]>| file(bytes).open(Path::new("p"), key).is_ok();
    assert!(opens(&bytes, Some(&key)));
    assert!(
        !opens(&bytes, None) && !opens(&bytes, Some(&new_key().unwrap())) && !opens(&bytes, Some(b"short"))
    );
    let mut changed = bytes.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert!(!opens(&changed, Some(&key)));
    // The header is in clear, and bound to the rest.
    let at = bytes.windows(10).position(|part| part == b"\"serial\":7").unwrap();
    let mut moved = bytes;
    moved[at + 9] = b'8';
    assert!(!opens(&moved, Some(&key)));
}

#[test]
fn files_of_other_versions_are_refused() {
    for header in [Header { format: 2, ..header() }, Header { evenkeel: "9.9.9".into(), ..header() }] {
        assert!(header.check().is_err());
    }
    for bytes in [&b""[..], b"PK\x03\x04", MAGIC, b"evenkeel plan\n{}\n", b"evenkeel plan\n{\n"] {
        assert!(PlanFile::parse(bytes).is_err());
    }
}
