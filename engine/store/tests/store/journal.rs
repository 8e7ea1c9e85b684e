//! Runs, journal, history, plans and times of observation.

use evenkeel_model::Timestamp;
use evenkeel_state::{Action, DeposedKey, Entry, OutcomeKind, RunId, RunStatus, Serial, State};
use evenkeel_store::{JournalQuery, Seq, SqliteStore, StackId, Store, StoreError, StoreOptions, verify};

use crate::support::*;

#[tokio::test]
async fn a_stack_that_is_not_known_is_empty() {
    let place = Place::new();
    let store = place.open().await;
    assert_eq!(store.load(&stack()).await.unwrap(), State::default());
    assert!(store.runs(&stack(), 10).await.unwrap().is_empty());
    assert!(store.journal(&stack(), JournalQuery::last(10)).await.unwrap().is_empty());
    assert!(store.history(&stack(), &address("a.b")).await.unwrap().is_empty());
    assert!(store.stacks().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_was_appended_is_there_after_reopening() {
    let place = Place::new();
    let entries =
        [started(1), intent(1, 0, "a.b", Action::Create), outcome(1, 0, "a.b", present("i-1")), started(2)];
    let mut expected = State::default();
    entries.iter().for_each(|entry| expected.fold(entry));
    {
        let store = place.open().await;
        let lease = store.acquire(&stack(), "one", 1000).await.unwrap();
        assert_eq!(store.append(&lease, entries.to_vec()).await.unwrap(), Serial(2));
    }
    let state = place.open().await.load(&stack()).await.unwrap();
    assert_eq!(state.lineage.len(), 32);
    expected.lineage = state.lineage.clone();
    assert_eq!(state, expected);
    assert_eq!(verify(&place.path(), &StoreOptions::default()).unwrap()[0].lines, 4);
}

#[tokio::test]
async fn the_lineage_is_set_once_and_differs_between_stacks() {
    let place = Place::new();
    let store = place.open().await;
    let mut lineages = std::collections::BTreeSet::new();
    for name in ["a", "b"] {
        let stack = StackId::from(name);
        let lease = store.acquire(&stack, "one", 1000).await.unwrap();
        assert_eq!(&*store.load(&stack).await.unwrap().lineage, "");
        store.append(&lease, vec![started(1)]).await.unwrap();
        let lineage = store.load(&stack).await.unwrap().lineage;
        store.append(&lease, vec![started(2)]).await.unwrap();
        assert_eq!(store.load(&stack).await.unwrap().lineage, lineage);
        lineages.insert(lineage);
    }
    assert_eq!(lineages.len(), 2);
}

#[tokio::test]
async fn run_numbers_are_never_given_out_twice() {
    let place = Place::new();
    let store = place.open().await;
    let lease = store.acquire(&stack(), "one", 1000).await.unwrap();
    assert_eq!(store.next_run(&lease).await.unwrap(), RunId(1));
    assert_eq!(store.next_run(&lease).await.unwrap(), RunId(2));
    // A number that was chosen elsewhere counts too.
    store.append(&lease, vec![started(7)]).await.unwrap();
    drop(store);
    assert_eq!(place.open().await.next_run(&lease).await.unwrap(), RunId(8));
}

#[tokio::test]
async fn a_run_is_told_with_its_figures() {
    let place = Place::new();
    let store = place.open().await;
    let lease = store.acquire(&stack(), "one", 1_000_000).await.unwrap();
    store.append(&lease, vec![started(1), intent(1, 0, "a.a", Action::Create)]).await.unwrap();
    let going = store.runs(&stack(), 10).await.unwrap();
    assert_eq!((going[0].status, going[0].finished), (None, None));
    place.clock.move_by(5);
    let mut failed = outcome(1, 3, "a.c", OutcomeKind::Unchanged);
    if let Entry::Outcome(outcome) = &mut failed {
        outcome.error = Some("denied".into());
    }
    let rest = vec![
        outcome(1, 0, "a.a", present("1")),
        // An outcome that is written a second time is not counted again.
        outcome(1, 0, "a.a", present("1")),
        intent(1, 1, "a.a", Action::Update),
        outcome(1, 1, "a.a", present("1")),
        intent(1, 2, "a.a", Action::Delete),
        outcome(1, 2, "a.a", OutcomeKind::Absent),
        intent(1, 3, "a.c", Action::Create),
        failed,
        Entry::RunFinished { run: RunId(1), status: RunStatus::Failed, error: Some("1 step failed".into()) },
        started(2),
    ];
    store.append(&lease, rest).await.unwrap();
    let runs = store.runs(&stack(), 10).await.unwrap();
    assert_eq!(runs.iter().map(|run| run.id.0).collect::<Vec<_>>(), [2, 1]);
    let run = &runs[1];
    assert_eq!(run.revision, revision(1));
    assert_eq!(run.status, Some(RunStatus::Failed));
    assert_eq!(run.error.as_deref(), Some("1 step failed"));
    assert_eq!((run.started, run.finished), (Timestamp(1_000_000), Some(Timestamp(1_000_005))));
    let counts = run.counts;
    assert_eq!((counts.created, counts.updated, counts.deleted, counts.failed), (1, 1, 1, 1));
    assert_eq!(store.runs(&stack(), 1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_journal_is_read_in_parts() {
    let place = Place::new();
    let store = place.open().await;
    let lease = store.acquire(&stack(), "one", 1000).await.unwrap();
    let entries =
        vec![observed("a.a", "0"), started(1), observed("a.b", "1"), finished(1), observed("a.c", "2")];
    store.append(&lease, entries.clone()).await.unwrap();
    let all = store.journal(&stack(), JournalQuery::after(Seq(0), 100)).await.unwrap();
    assert_eq!(all.iter().map(|line| line.entry.clone()).collect::<Vec<_>>(), entries);
    assert_eq!(all.iter().map(|line| line.serial.0).collect::<Vec<_>>(), [1, 1, 2, 2, 3]);
    // What was seen between the start and the end of a run belongs to it.
    let runs: Vec<_> = all.iter().map(|line| line.run.map(|run| run.0)).collect();
    assert_eq!(runs, [None, Some(1), Some(1), Some(1), None]);
    assert_eq!(store.journal(&stack(), JournalQuery::last(2)).await.unwrap(), all[3..]);
    assert_eq!(store.journal(&stack(), JournalQuery::after(all[1].seq, 2)).await.unwrap(), all[2..4]);
    assert_eq!(store.journal(&stack(), JournalQuery::run(RunId(1), 9)).await.unwrap(), all[1..4]);
    assert!(store.journal(&StackId::from("other"), JournalQuery::last(9)).await.unwrap().is_empty());
}

#[tokio::test]
async fn every_version_of_an_object_is_told() {
    let place = Place::new();
    let store = place.open().await;
    let lease = store.acquire(&stack(), "one", 1_000_000).await.unwrap();
    let key = DeposedKey(42);
    let mut replace = intent(2, 0, "a.b", Action::Create);
    if let Entry::Intent(intent) = &mut replace {
        intent.depose_current_as = Some(key);
    }
    let entries = vec![
        started(1),
        intent(1, 0, "a.b", Action::Create),
        outcome(1, 0, "a.b", present("1")),
        observed("a.other", "x"),
        finished(1),
        // Nothing new: no version.
        observed("a.b", "1"),
        started(2),
        replace,
        outcome(2, 0, "a.b", present("2")),
        Entry::Forgotten { address: address("a.b"), deposed: Some(key) },
        Entry::Observed { address: address("a.b"), deposed: None, object: None },
        Entry::Observed { address: address("a.b"), deposed: None, object: None },
    ];
    store.append(&lease, entries).await.unwrap();
    let history = store.history(&stack(), &address("a.b")).await.unwrap();
    let told: Vec<_> = history
        .iter()
        .map(|version| {
            let id = version.object.as_ref().and_then(|object| object.id());
            (version.run.map(|run| run.0), version.deposed, id, version.revision.clone())
        })
        .collect();
    let (first, second) = (Some(revision(1)), Some(revision(2)));
    assert_eq!(
        told,
        [
            (Some(1), None, Some("1"), first),
            (Some(2), None, None, second.clone()),
            (Some(2), Some(key), Some("1"), second.clone()),
            (Some(2), None, Some("2"), second.clone()),
            (Some(2), Some(key), None, second.clone()),
            (Some(2), None, None, second),
        ]
    );
}

#[tokio::test]
async fn it_is_known_when_an_instance_was_last_seen() {
    let place = Place::new();
    let store = place.open().await;
    let lease = store.acquire(&stack(), "one", 1_000_000).await.unwrap();
    let (a, b) = (address("a.a"), address("a.b"));
    store.append(&lease, vec![observed("a.a", "1")]).await.unwrap();
    assert_eq!(store.observed(&stack(), &a).await.unwrap(), Some(Timestamp(1_000_000)));
    assert_eq!(store.observed(&stack(), &b).await.unwrap(), None);
    place.clock.move_by(7);
    store.touch_observed(&lease, vec![a.clone(), b.clone()]).await.unwrap();
    assert_eq!(store.observed(&stack(), &a).await.unwrap(), Some(Timestamp(1_000_007)));
    assert_eq!(store.observed(&stack(), &b).await.unwrap(), None);
    // Having looked is no change of state.
    assert_eq!(store.load(&stack()).await.unwrap().serial, Serial(1));
    store.append(&lease, vec![Entry::Forgotten { address: a.clone(), deposed: None }]).await.unwrap();
    assert_eq!(store.observed(&stack(), &a).await.unwrap(), None);
}

#[tokio::test]
async fn plans_are_found_by_the_start_of_their_digest() {
    let place = Place::new();
    let store = place.open().await;
    let stack = stack();
    for (digest, text) in [("abc1", "one"), ("abd2", "two"), ("abd", "three"), ("a%", "four")] {
        store.save_plan(&stack, digest, text.into()).await.unwrap();
    }
    let found = async |prefix: &str| store.load_plan(&stack, prefix).await.map(|plan| plan.document);
    assert_eq!(found("abc").await.unwrap(), b"one");
    assert_eq!(found("abd2").await.unwrap(), b"two");
    // A whole digest wins over one that goes on.
    assert_eq!(found("abd").await.unwrap(), b"three");
    assert_eq!(found("a%").await.unwrap(), b"four");
    assert!(matches!(found("ab").await, Err(StoreError::PlanAmbiguous { .. })));
    assert!(matches!(found("x").await, Err(StoreError::PlanNotFound { .. })));
    assert!(matches!(found("abc12").await, Err(StoreError::PlanNotFound { .. })));
    // The first document under a digest stays.
    store.save_plan(&stack, "abc1", b"other".to_vec()).await.unwrap();
    assert_eq!(found("abc1").await.unwrap(), b"one");
}

#[tokio::test]
async fn a_store_works_behind_a_trait_object() {
    let place = Place::new();
    let store: Box<dyn Store> = Box::new(place.open().await);
    let lease = store.acquire(&stack(), "one", 1000).await.unwrap();
    store.append(&lease, Vec::new()).await.unwrap();
    assert_eq!(store.stacks().await.unwrap(), [stack()]);
}

#[tokio::test]
async fn a_store_that_is_only_read_refuses_writes() {
    let place = Place::new();
    let store = place.open().await;
    let lease = store.acquire(&stack(), "one", 1000).await.unwrap();
    store.append(&lease, vec![observed("a.a", "1")]).await.unwrap();
    let reader = SqliteStore::open_read_only(&place.path(), place.clock.clone()).await.unwrap();
    assert_eq!(reader.load(&stack()).await.unwrap(), store.load(&stack()).await.unwrap());
    let refused = reader.append(&lease, vec![observed("a.a", "2")]).await;
    assert!(matches!(refused, Err(StoreError::ReadOnly { .. })), "{refused:?}");
    // It sees what is written after it was opened.
    store.append(&lease, vec![observed("a.a", "3")]).await.unwrap();
    assert_eq!(reader.load(&stack()).await.unwrap().serial, Serial(2));
}

#[tokio::test]
async fn whom_blocks_act_for_is_what_was_written_last_and_found_without_reading_the_journal() {
    let place = Place::new();
    let store = place.open().await;
    let acts = |identity: &str| Entry::Identified { provider: provider(), identity: identity.into() };
    let lease = store.acquire(&stack(), "ann@host", 60_000).await.unwrap();
    let before = store.append(&lease, vec![started(1), observed("aws_vpc.a", "vpc-1")]).await.unwrap();
    let after = store.append(&lease, vec![acts("account 1"), acts("account 2")]).await.unwrap();
    assert_eq!(before, after, "the state is the same");
    let known = store.identities(&stack()).await.unwrap();
    assert_eq!(known.into_values().collect::<Vec<_>>(), ["account 2".into()]);
    assert!(store.identities(&"other".into()).await.unwrap().is_empty());
    let conn = rusqlite::Connection::open(place.path()).unwrap();
    let sql =
        "EXPLAIN QUERY PLAN SELECT seq FROM journal WHERE stack_id = 1 AND kind = 'identified' ORDER BY seq";
    let way: String = conn.query_row(sql, [], |row| row.get(3)).unwrap();
    assert!(way.contains("journal_of_identities"), "{way}");
}
