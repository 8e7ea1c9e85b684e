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
        attributes: serde_json::json!({"?marks": ["sensitive"], "?value": {}}).into(),
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
        ..Answers::default()
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
        key: "".into(),
    }
}

fn header_of(key: &[u8]) -> Header {
    Header { key: seal::name_of(key), ..header() }
}

fn file(bytes: &[u8]) -> PlanFile {
    PlanFile::parse(bytes).unwrap()
}

#[test]
fn a_file_gives_back_what_it_was_made_from() {
    let key = new_key().unwrap();
    let bytes = write(&header_of(&key), &Sealed::Plan(Box::new(contents())), &key).unwrap();
    let read = file(&bytes);
    assert_eq!(read.header, header_of(&key));
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
    let bytes = write(&header_of(&key), &Sealed::Plan(Box::new(contents())), &key).unwrap();
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

#[test]
fn what_is_wrong_with_a_file_is_told_apart() {
    let key = new_key().unwrap();
    let bytes = write(&header_of(&key), &Sealed::Plan(Box::new(contents())), &key).unwrap();
    let said = |bytes: &[u8], key: &[u8]| {
        let failure = file(bytes).open(Path::new("p"), Some(key)).unwrap_err();
        failure.diagnostics.iter().map(|problem| problem.detail.clone()).collect::<String>()
    };
    assert!(said(&bytes, &new_key().unwrap()).contains("another store"));
    assert!(said(&bytes[..bytes.len() - 9], &key).contains("cut off"));
    let directory = tempfile::tempdir().unwrap();
    let zip = directory.path().join("tfplan");
    std::fs::write(&zip, b"PK\x03\x04 and more").unwrap();
    let failure = refuse_others(&zip).unwrap_err();
    assert!(failure.diagnostics.iter().any(|problem| problem.detail.contains("Terraform")));
}

#[test]
fn a_recording_shows_nothing_sensitive_and_gives_the_rest_back() {
    let contents = contents();
    let secrets = Secrets::of(&contents, []);
    let recording = Recording::of(&contents, &secrets).unwrap();
    let bytes = recording.bytes().unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(!text.contains("s3cret") && text.contains("redacted-"), "{text}");
    let read = Recording::parse(&bytes).unwrap().unwrap();
    let restored = read.contents().unwrap().restore().unwrap();
    assert_eq!(restored.snapshot.files, self::contents().restore().unwrap().snapshot.files);
    assert_eq!(restored.answers.observed, answers().observed);
    let kept = &restored.variables["stored"];
    assert!(!kept.marks().is_empty() && kept.as_str().unwrap().starts_with("redacted-"));
}

#[test]
fn equal_secrets_stay_equal_also_inside_of_texts() {
    let secret = Value::string("hunter22").sensitive();
    let secrets = Secrets::of(&contents(), [&secret]);
    let mut document =
        serde_json::json!({"a": "x hunter22 y", "b": {"?marks": ["sensitive"], "?value": "hunter22"}});
    secrets.replace_in(&mut document);
    let alone = document["b"]["?value"].as_str().unwrap().to_owned();
    assert_eq!(document["a"], format!("x {alone} y"));
}

proptest::proptest! {
    /// Whatever a file holds, reading it ends with contents or with a reason.
    #[test]
    fn no_file_is_too_broken_to_be_refused(bytes: Vec<u8>, cut in 0_usize..2000, flip in 0_usize..2000, with: u8) {
        let key = [7; 32];
        let mut whole = write(&header_of(&key), &Sealed::Plan(Box::new(contents())), &key).unwrap();
        if let Some(byte) = whole.get_mut(flip) {
            *byte ^= with;
        }
        whole.truncate(whole.len().saturating_sub(cut));
        for bytes in [[MAGIC, &bytes].concat(), bytes, whole] {
            if let Ok(file) = PlanFile::parse(&bytes) {
                let intact = cut == 0 && (with == 0 || flip >= bytes.len());
                proptest::prop_assert_eq!(file.open(Path::new("p"), Some(&key)).is_ok(), intact);
            }
            drop(Recording::parse(&bytes));
        }
    }
}
