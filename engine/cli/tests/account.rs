//! Credentials that lead to another account than before: the governor stops what nobody watches, names both
//! accounts, and what somebody lets through is remembered from then on.

mod common;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use common::{Cloud, cloud, evenkeel};
use evenkeel_state::Identities;
use evenkeel_store::{JournalQuery, SqliteStore, StackId, Store, SystemClock};

const STOPPED: u8 = 3;

fn net(name: &str) -> String {
    format!("resource \"t_net\" \"{name}\" {{\n  range = \"10.0.0.0/16\"\n}}\n")
}

fn act_for(cloud: &Cloud, account: &str) {
    *cloud.account.lock().unwrap() = Some(account.into());
}

/// Whom the provider acted for last, as the store remembers it, and how often that was written down.
fn remembered(store: &Path) -> (Identities, usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (stack, store) =
            (StackId::default(), SqliteStore::open(store, Arc::new(SystemClock)).await.unwrap());
        let identities = store.identities(&stack).await.unwrap();
        let lines = store.journal(&stack, JournalQuery::last(1000)).await.unwrap();
        (identities, lines.iter().filter(|line| line.entry.name() == "identified").count())
    })
}

fn accounts(store: &Path) -> (Vec<String>, usize) {
    let (identities, lines) = remembered(store);
    (identities.values().map(ToString::to_string).collect(), lines)
}

#[test]
fn another_account_is_stopped_until_somebody_lets_it_through() {
    let here = tempfile::tempdir().unwrap();
    let cloud = cloud();
    let (success, stopped) = (format!("{:?}", ExitCode::SUCCESS), format!("{:?}", ExitCode::from(STOPPED)));
    let file = here.path().join("main.tf");
    let (location, store) = (here.path().to_str().unwrap(), here.path().join("store.db"));
    let strict = ["apply", "-auto-approve", "-governor=strict", location];
    let run = |arguments: &[&str]| evenkeel(&cloud, &store, arguments);

    act_for(&cloud, "account 1");
    std::fs::write(&file, net("a")).unwrap();
    assert_eq!(run(&strict), success);
    assert_eq!(accounts(&store), (vec!["account 1".to_owned()], 1), "the run has used it");
    assert_eq!(run(&strict), success);
    assert_eq!(accounts(&store).1, 1, "nothing new");

    act_for(&cloud, "account 2");
    std::fs::write(&file, net("a") + &net("b")).unwrap();
    assert_eq!(run(&strict), stopped);
    assert_eq!(run(&["reconcile", "-once", location]), stopped);
    assert_eq!(cloud.objects.lock().unwrap().len(), 1, "nothing was made");
    assert_eq!(accounts(&store), (vec!["account 1".to_owned()], 1));

    assert_eq!(run(&["apply", "-auto-approve", "-governor=warn", location]), success);
    assert_eq!(accounts(&store), (vec!["account 2".to_owned()], 2));
    std::fs::write(&file, net("a") + &net("b") + &net("c")).unwrap();
    assert_eq!(run(&strict), success);
}

#[test]
fn what_was_applied_before_is_learned_from_objects_that_are_found() {
    let here = tempfile::tempdir().unwrap();
    let cloud = cloud();
    let (location, store) = (here.path().to_str().unwrap(), here.path().join("store.db"));
    std::fs::write(here.path().join("main.tf"), net("a")).unwrap();
    let apply = ["apply", "-auto-approve", location];
    evenkeel(&cloud, &store, &apply);
    assert_eq!(accounts(&store), (Vec::new(), 0), "the provider says nothing");
    act_for(&cloud, "account 1");
    evenkeel(&cloud, &store, &apply);
    assert_eq!(accounts(&store), (vec!["account 1".to_owned()], 1));
}
