//! A lost store is made again from the configuration and a small cloud: objects that need each other, one that
//! was changed since, one without a list but with a name, twins that nobody can tell apart, and one of a type
//! that cannot be found at all.

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use common::{cloud, evenkeel};
use evenkeel_model::Value;
use evenkeel_store::{SqliteStore, StackId, Store, SystemClock};

const CONFIGURATION: &str = r#"
provider "t" {
  region = "here"
}
resource "t_net" "main" {
  range = "10.0.0.0/16"
  tags  = { Name = "main" }
}
resource "t_sub" "a" {
  net_id = t_net.main.id
  range  = "10.0.1.0/24"
}
resource "t_sub" "b" {
  net_id = t_net.main.id
  range  = "10.0.2.0/24"
}
resource "t_sub" "twin" {
  count  = 2
  net_id = t_net.main.id
  range  = "10.0.3.0/24"
}
resource "t_bucket" "logs" {
  bucket = "logs"
}
resource "t_plain" "p" {
  size = 1
}
"#;

/// What a store remembers: identifiers by address.
fn remembered(store: &Path) -> BTreeMap<String, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let state = runtime.block_on(async {
        let store = SqliteStore::open(store, Arc::new(SystemClock)).await.unwrap();
        store.load(&StackId::default()).await.unwrap()
    });
    let objects = state.instances.into_iter();
    objects
        .map(|(address, one)| (address.to_string(), one.current.unwrap().id().unwrap().to_owned()))
        .collect()
}

#[test]
fn a_lost_store_is_made_again_as_far_as_it_is_certain() {
    let here = tempfile::tempdir().unwrap();
    let (cloud, success) = (cloud(), format!("{:?}", ExitCode::SUCCESS));
    std::fs::write(here.path().join("main.tf"), CONFIGURATION).unwrap();
    let location = here.path().to_str().unwrap();
    let (first, second) = (here.path().join("first.db"), here.path().join("second.db"));
    assert_eq!(evenkeel(&cloud, &first, &["apply", "-auto-approve", location]), success);
    let before = remembered(&first);
    assert_eq!(before.len(), 7);

    // Somebody else has a net of another range, and a sub in it.
    let foreign = Value::object([
        ("id", Value::string("t_net-foreign")),
        ("range", Value::string("10.9.0.0/16")),
        ("tags", Value::map(evenkeel_model::Type::String, [("Name", Value::string("main"))])),
    ]);
    let entry = ("t_net".into(), foreign, String::new());
    cloud.objects.lock().unwrap().insert("t_net-foreign".to_owned(), entry);

    assert_ne!(evenkeel(&cloud, &second, &["recover", "-input=false", location]), success, "nobody approved");
    assert!(remembered(&second).is_empty());
    assert_eq!(evenkeel(&cloud, &second, &["recover", "-auto-approve", location]), success);
    let after = remembered(&second);
    let certain = ["t_net.main", "t_sub.a", "t_sub.b", "t_bucket.logs"];
    assert_eq!(after.keys().map(String::as_str).collect::<Vec<_>>(), {
        let mut sorted = certain.to_vec();
        sorted.sort_by_key(|address| address.parse::<evenkeel_model::InstanceAddress>().unwrap().to_string());
        sorted
    });
    for address in certain {
        assert_eq!(after[address], before[address], "{address}");
    }
    // What was found is not looked for again, and what is doubtful stays so.
    assert_eq!(evenkeel(&cloud, &second, &["recover", "-auto-approve", location]), success);
    assert_eq!(remembered(&second), after);
    assert_eq!(cloud.objects.lock().unwrap().len(), 8, "nothing was changed in the cloud");
}
