use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_age::{Identities, Keys};
use evenkeel_model::{Revision, Snapshot, Value};
use evenkeel_provider::ErrorKind;
use proptest::prelude::*;

use super::family;
use super::format::{Clear, Format};
use super::problem::Problem;
use super::reading::{Origin, Sops};
use crate::family::Family;
use crate::kind::Reading;
use crate::local::HostFiles;
use crate::object::only;
use crate::testing::{check_schemas, opened, read};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/sops");

/// All files that `key.txt` opens.
const FILES: [(&str, Format); 13] = [
    ("documents.yaml", Format::Yaml),
    ("encrypted_comment_regex.yaml", Format::Yaml),
    ("encrypted_regex.yaml", Format::Yaml),
    ("encrypted_suffix.yaml", Format::Yaml),
    ("mac_only_encrypted.yaml", Format::Yaml),
    ("raw.sops", Format::Raw),
    ("two_recipients.yaml", Format::Yaml),
    ("types.env", Format::Dotenv),
    ("types.ini", Format::Ini),
    ("types.json", Format::Json),
    ("types.yaml", Format::Yaml),
    ("unencrypted_regex.yaml", Format::Yaml),
    ("unencrypted_suffix.yaml", Format::Yaml),
];

/// The keys of a file.
struct Held(&'static str);

impl Keys for Held {
    fn identities(&self, _: Option<&str>) -> Result<Arc<Identities>, String> {
        Ok(Arc::new(Identities::parse(&fixture(self.0)).unwrap()))
    }
}

fn fixture(name: &str) -> String {
    std::fs::read_to_string(format!("{FOLDER}/{name}")).unwrap()
}

fn open(text: &str, format: Format) -> Result<Clear, Problem> {
    format.open(text, &Held("key.txt"))
}

/// Why a text cannot be opened.
fn refused(text: &str, format: Format) -> String {
    match open(text, format) {
        Ok(_) => panic!("it was opened"),
        Err(problem) => problem.into_error("opening").to_string(),
    }
}

fn held() -> Family {
    let files = HostFiles { base: FOLDER.into(), own: Some(FOLDER.into()), ..HostFiles::default() };
    family(files, Arc::new(Held("key.txt")))
}

#[test]
fn schemas_can_be_read() {
    check_schemas(held());
}

#[test]
fn files_say_what_sops_says() {
    for (name, format) in FILES {
        let clear = open(&fixture(name), format).unwrap();
        assert_eq!(clear.raw, fixture(&format!("clear/{name}")), "{name}");
    }
}

#[test]
fn data_is_that_of_the_public_provider() {
    for (name, format) in FILES {
        let told: BTreeMap<String, String> =
            serde_json::from_str(&fixture(&format!("data/{name}.json"))).unwrap();
        assert_eq!(open(&fixture(name), format).unwrap().data, told, "{name}");
    }
}

#[test]
fn only_its_keys_open_a_file() {
    let text = fixture("other_recipient.yaml");
    let told = refused(&text, Format::Yaml);
    assert!(told.contains("none of the keys opens it: it is sealed for age1"), "{told}");
    assert!(told.contains("SOPS_AGE_KEY_FILE"), "{told}");
    let clear = Format::Yaml.open(&text, &Held("other.txt")).unwrap();
    assert_eq!(clear.data.get("nested.api_key").map(String::as_str), Some("k1"));
    let error = Format::Yaml.open(&text, &evenkeel_age::NoKeys).err().unwrap().into_error("opening");
    assert_eq!(error.kind, ErrorKind::Denied);
    assert!(error.detail.contains("opens nothing that is sealed"), "{error}");
}

#[test]
fn files_for_other_services_say_for_which() {
    let told = refused(&fixture("other_services.yaml"), Format::Yaml);
    let services = "sealed for kms arn:aws:kms:eu-west-1:123456789012:key/1, pgp 85D77543B3D624B63CEA9E6DBC17301B491B3F21 \
                    only; supported is age";
    assert!(told.contains(services), "{told}");
    let told = refused(&fixture("key_groups.yaml"), Format::Yaml);
    assert!(told.contains("divided among 2 key groups"), "{told}");
}

#[test]
fn changes_of_a_file_are_noticed() {
    let text = fixture("unencrypted_suffix.yaml");
    let changed = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        refused(&text.replacen(from, to, 1), Format::Yaml)
    };
    let value = "cannot be opened: it was changed, moved to another place or sealed with another key";
    assert!(changed("user: admin", "user: root").contains("(MAC) differs"));
    assert!(changed("user: admin\n", "").contains("(MAC) differs"));
    assert!(changed("password: ENC", "passwort: ENC").contains(&format!("\"passwort\" {value}")));
    assert!(changed("lastmodified: \"2026", "lastmodified: \"2025").contains("(MAC) cannot be opened"));
    let sealed = text.lines().next().unwrap();
    let (before, tag) = sealed.split_once("tag:").unwrap();
    let other = tag.replacen(tag.get(..1).unwrap(), if tag.starts_with('A') { "B" } else { "A" }, 1);
    assert!(changed(sealed, &format!("{before}tag:{other}")).contains(value));
    assert!(changed(sealed, "password: in clear").contains("does not have the form"));
    assert!(changed(sealed, "password: 1").contains("\"password\" is not sealed"));
    assert!(changed("-----END", "----END").contains("its key cannot be opened"));
}

#[test]
fn a_truncated_file_is_whole_or_refused() {
    for (name, format) in FILES {
        let text = fixture(name);
        for part in 1..8 {
            let end = (text.len() * part / 8..).find(|end| text.is_char_boundary(*end)).unwrap();
            match open(text.get(..end).unwrap(), format) {
                // Nothing but the version of sops, which stands last, was lost.
                Ok(clear) => assert_eq!(clear.raw.trim_end(), fixture(&format!("clear/{name}")).trim_end()),
                Err(problem) => assert!(!problem.detail.contains("ENC["), "{}", problem.detail),
            }
        }
    }
}

#[test]
fn what_is_no_sealed_file_is_refused() {
    assert!(refused("a: 1\n", Format::Yaml).contains("was not sealed by sops"));
    assert!(refused("", Format::Yaml).contains("was not sealed by sops"));
    assert!(refused("{\"a\": 1}", Format::Json).contains("was not sealed by sops"));
    assert!(refused("[1]", Format::Json).contains("no object"));
    assert!(refused("a", Format::Json).contains("not valid JSON (line 1, column 1)"));
    assert!(refused("A=1", Format::Dotenv).contains("was not sealed by sops"));
    assert!(refused("a = 1", Format::Ini).contains("was not sealed by sops"));
    assert!(refused("- a\n", Format::Yaml).contains("no mapping"));
    assert!(refused("a: &x 1\nb: *x\n", Format::Yaml).contains("anchor"));
    assert!(refused("a: 1\na: 2\n", Format::Yaml).contains("second time"));
    assert!(refused("1: 2\n", Format::Yaml).contains("a key is no text"));
    assert!(refused("sops:\n  mac: x\n", Format::Yaml).contains("names no recipient"));
    assert!(refused(&"[".repeat(100_000), Format::Json).contains("not valid JSON"));
    assert!(refused(&"a: [".repeat(100), Format::Yaml).contains("nested too deeply"));
    assert!(refused("a: [", Format::Yaml).contains("not valid YAML"));
}

#[test]
fn what_would_exhaust_the_machine_is_refused() {
    let many: String = (0..30_000).map(|i| format!("k{i} = x\n")).collect();
    assert!(refused(&many, Format::Ini).contains("too many values"));
    assert!(refused(&"[a]\n".repeat(30_000), Format::Ini).contains("too many sections"));
    let many: String = (0..30_000).map(|i| format!("sops_k{i}=x\n")).collect();
    assert!(refused(&many, Format::Dotenv).contains("too much metadata"));
    assert!(refused("sops_age__list_999999999__map_enc=x", Format::Dotenv).contains("contradict"));
    let many: String = (0..30_000).map(|i| format!("k{i}: x\n")).collect();
    assert!(refused(&many, Format::Yaml).contains("too many values"));
    assert!(
        refused(&format!("{0}:\n  {0}: x\n", "k".repeat(600)), Format::Yaml).contains("keys are too long")
    );
    assert!(refused(&" ".repeat(17 << 20), Format::Json).contains("more than 16777216 bytes"));
}

#[test]
fn data_sources_and_ephemeral_resources_give_the_same() {
    let file = [("source_file", Value::string("types.json"))];
    let from_file = read(held, "sops_file", file.clone()).unwrap();
    let text = [("source", Value::string(fixture("types.json"))), ("input_type", Value::string("json"))];
    let from_text = read(held, "sops_external", text.clone()).unwrap();
    let once = opened(held, "sops_file", file).unwrap();
    let once_text = opened(held, "sops_external", text).unwrap();
    for value in [&from_text, &once, &once_text] {
        assert_eq!(value.get("data"), from_file.get("data"));
        assert_eq!(value.get("raw"), from_file.get("raw"));
    }
    assert_eq!(from_file.get_str("id"), Some("-"));
    let raw = [("source_file", Value::string("raw.sops")), ("input_type", Value::string("raw"))];
    let raw = read(held, "sops_file", raw).unwrap();
    assert_eq!(raw.get_str("raw"), Some(&*fixture("clear/raw.sops")));
}

#[test]
fn a_revision_is_read_and_nothing_around_it() {
    let sealed = fixture("encrypted_suffix.yaml");
    let files = HostFiles { base: FOLDER.into(), ..HostFiles::default() };
    let revision = Revision::Commit("c".into());
    let snapshot = Snapshot::from_files(revision, [("envs/a/secrets.yaml", sealed.as_str())]);
    files.revision.set(Arc::new(snapshot), "envs/a".into());
    let schema_text = include_str!("../../../../schemas/sops/data.sops_file.json");
    let sops = Sops { schema_text, origin: Origin::File, files, keys: Arc::new(Held("key.txt")) };
    let read = |name: &str| {
        let schema = serde_json::from_str(schema_text).unwrap();
        sops.read(&Value::empty_object(), &only(&schema, [("source_file", Value::string(name))]))
    };
    assert_eq!(read("secrets.yaml").unwrap().get_str("raw"), Some(&*fixture("clear/encrypted_suffix.yaml")));
    // They are on the disk beside it.
    for name in ["types.yaml", "../a/types.yaml", "../../../x.yaml"] {
        assert_eq!(read(name).unwrap_err().kind, ErrorKind::Denied, "{name}");
    }
}

#[test]
fn mistakes_in_a_configuration_are_told() {
    let told = |kind: &str, attributes: Vec<(&'static str, &str)>| {
        let attributes = attributes.into_iter().map(|(name, text)| (name, Value::string(text)));
        read(held, kind, attributes).unwrap_err().to_string()
    };
    assert!(told("sops_file", vec![("source_file", "raw.sops")]).contains("set input_type"));
    let unknown = vec![("source_file", "types.yaml"), ("input_type", "toml")];
    assert!(told("sops_file", unknown).contains("no input type \"toml\""));
    assert!(told("sops_external", vec![("source", "{}")]).contains("set input_type"));
    assert!(told("sops_file", vec![("source_file", "none.yaml")]).contains("there is no such file"));
    assert!(
        told("sops_file", vec![("source_file", "../../../Cargo.toml")])
            .contains("not one that this run may touch")
    );
    assert!(
        told("sops_file", vec![("source_file", "/etc/hostname")]).contains("not one that this run may touch")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}", lines in "[a-z:=\\[\\]{}#;\"'`&*!|>%@\\\\ \n\t0-9.-]{0,200}") {
        for format in [Format::Yaml, Format::Json, Format::Dotenv, Format::Ini, Format::Raw] {
            prop_assert!(open(&text, format).is_err());
            prop_assert!(open(&lines, format).is_err());
        }
    }

    #[test]
    fn no_change_of_a_file_makes_it_panic(which in 0..FILES.len(), at in 0.0..1.0f64, length in 0..40usize, with in "\\PC{0,10}|\n") {
        let (name, format) = FILES[which];
        let text = fixture(name);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let start = (text.len() as f64 * at) as usize;
        let boundary = |from: usize| (from.min(text.len())..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap();
        let (start, end) = (boundary(start), boundary(start + length));
        let changed = [text.get(..start).unwrap(), &with, text.get(end..).unwrap()].concat();
        let _ = open(&changed, format);
    }

    #[test]
    fn texts_are_written_so_that_they_are_read_again(text in "(\\PC|[ \n\t#:'\"-]){0,20}", deep in any::<bool>()) {
        let source = if deep { "a:\n    - x\n    - y: z\n" } else { "a: x\n" };
        let expected = if deep { ["a.0", "a.1.y"].as_slice() } else { ["a"].as_slice() };
        let written = super::yaml::with_values(source, &text);
        let again = super::flatten::flatten(&super::yaml::read(&written).unwrap(), super::flatten::Numbers::Whole);
        for path in expected {
            prop_assert_eq!(again.get(*path).map(String::as_str), Some(text.as_str()), "{}", written);
        }
    }
}
