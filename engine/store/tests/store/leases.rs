//! Leases: one holder at a time, and nobody writes after having been succeeded.

use evenkeel_model::Timestamp;
use evenkeel_state::{Serial, State};
use evenkeel_store::{Lease, LeaseLoss, SqliteStore, StackId, Store, StoreError};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::*;

const TTL_MS: i64 = 100;

fn is_lost(result: Result<Serial, StoreError>) -> bool {
    matches!(result, Err(StoreError::LeaseLost { .. }))
}

#[tokio::test]
async fn a_live_lease_is_respected_and_an_expired_one_taken_over() {
    let place = Place::new();
    // As two processes: two connections to one file.
    let (one, two) = (place.open().await, place.open().await);
    let first = one.acquire(&stack(), "one", TTL_MS).await.unwrap();
    place.clock.move_by(TTL_MS - 1);
    let Err(error) = two.acquire(&stack(), "two", TTL_MS).await else { panic!("two at once") };
    let StoreError::LeaseHeld { holder, since, expires, .. } = &error else { panic!("{error:?}") };
    assert_eq!(
        (holder.as_str(), *since, *expires),
        ("one", Timestamp(1_000_000), Timestamp(1_000_000 + TTL_MS))
    );
    assert_eq!(error.to_string(), "the stack \"default\" is being changed by one since 1970-01-01T00:16:40Z");
    assert!(error.remedy().contains("at 1970-01-01T00:16:40Z; there is nothing to unlock"));
    place.clock.move_by(1);
    let second = two.acquire(&stack(), "two", TTL_MS).await.unwrap();
    assert!(second.token > first.token);
    let refused = one.append(&first, vec![observed("a.b", "stale")]).await;
    let Err(StoreError::LeaseLost { loss, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(loss, LeaseLoss::TakenOver { holder: "two".into(), token: second.token });
    assert!(matches!(one.renew(&first, TTL_MS).await, Err(StoreError::LeaseLost { .. })));
    assert!(matches!(one.next_run(&first).await, Err(StoreError::LeaseLost { .. })));
    assert!(matches!(one.touch_observed(&first, Vec::new()).await, Err(StoreError::LeaseLost { .. })));
    // Giving back what is lost leaves the successor alone.
    one.release(&first).await.unwrap();
    assert_eq!(two.load(&stack()).await.unwrap(), State::default());
    two.append(&second, vec![observed("a.b", "1")]).await.unwrap();
}

#[tokio::test]
async fn an_expired_lease_writes_nothing_until_it_is_renewed() {
    let place = Place::new();
    let store = place.open().await;
    let lease = store.acquire(&stack(), "one", TTL_MS).await.unwrap();
    place.clock.move_by(TTL_MS);
    assert!(is_lost(store.append(&lease, vec![observed("a.b", "1")]).await));
    let lease = store.renew(&lease, TTL_MS).await.unwrap();
    assert_eq!(store.append(&lease, vec![observed("a.b", "1")]).await.unwrap(), Serial(1));
}

#[tokio::test]
async fn tokens_rise_across_release_and_restart() {
    let place = Place::new();
    let mut tokens = Vec::new();
    for _ in 0..3 {
        let store = place.open().await;
        let lease = store.acquire(&stack(), "one", TTL_MS).await.unwrap();
        tokens.push(lease.token.0);
        store.release(&lease).await.unwrap();
        assert!(is_lost(store.append(&lease, Vec::new()).await));
    }
    assert_eq!(tokens, [1, 2, 3]);
}

#[tokio::test]
async fn stacks_do_not_share_leases() {
    let place = Place::new();
    let store = place.open().await;
    store.acquire(&StackId::from("a"), "one", TTL_MS).await.unwrap();
    store.acquire(&StackId::from("b"), "two", TTL_MS).await.unwrap();
}

/// After the clock went back by a day, a dead holder is succeeded within one length of its lease.
#[tokio::test]
async fn a_clock_that_goes_back_does_not_keep_a_stack_locked() {
    let place = Place::new();
    let store = place.open().await;
    let first = store.acquire(&stack(), "one", TTL_MS).await.unwrap();
    place.clock.move_by(-500_000);
    // The holder that lives goes on.
    store.append(&first, vec![observed("a.b", "1")]).await.unwrap();
    assert!(store.acquire(&stack(), "two", TTL_MS).await.is_err());
    place.clock.move_by(TTL_MS);
    let second = store.acquire(&stack(), "two", TTL_MS).await.unwrap();
    assert!(second.token > first.token);
    assert!(is_lost(store.append(&first, Vec::new()).await));
}

/// What two holders may do, and what may happen to the clock.
#[derive(Clone, Copy, Debug)]
enum Op {
    Acquire(usize),
    Renew(usize),
    Release(usize),
    Append(usize),
    Move(i64),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => (0..2usize).prop_map(Op::Acquire),
        2 => (0..2usize).prop_map(Op::Renew),
        1 => (0..2usize).prop_map(Op::Release),
        4 => (0..2usize).prop_map(Op::Append),
        3 => (-150..=150i64).prop_map(Op::Move),
    ]
}

/// What should be so: plain arithmetic, told independently of the tables.
#[derive(Default)]
struct Model {
    now: i64,
    token: u64,
    /// Who holds it; since when, as the clock said; until when.
    held: Option<(usize, i64, i64)>,
    serial: u64,
}

impl Model {
    fn acquire(&mut self, who: usize) -> bool {
        if let Some((_, renewed, until)) = &mut self.held
            && *renewed > self.now
        {
            *until -= *renewed - self.now;
            *renewed = self.now;
        }
        let free = self.held.is_none_or(|(holder, _, until)| holder == who || until <= self.now);
        if free {
            self.token += 1;
            self.held = Some((who, self.now, self.now + TTL_MS));
        }
        free
    }

    fn is_current(&self, lease: Option<&Lease>) -> bool {
        self.held.is_some() && lease.is_some_and(|lease| lease.token.0 == self.token)
    }

    fn may_append(&self, lease: Option<&Lease>) -> bool {
        self.is_current(lease) && self.held.is_some_and(|(_, _, until)| until > self.now)
    }
}

struct Run<'a> {
    stores: &'a [SqliteStore; 2],
    place: &'a Place,
    stack: StackId,
    leases: [Option<Lease>; 2],
    model: Model,
}

impl Run<'_> {
    async fn make(&mut self, op: Op) -> Result<(), TestCaseError> {
        match op {
            Op::Acquire(who) => {
                let got = self.stores[who].acquire(&self.stack, ["one", "two"][who], TTL_MS).await;
                prop_assert_eq!(got.is_ok(), self.model.acquire(who), "{:?}", got);
                if let Ok(lease) = got {
                    prop_assert_eq!(lease.token.0, self.model.token);
                    self.leases[who] = Some(lease);
                }
            }
            Op::Renew(who) => {
                let Some(lease) = &self.leases[who] else { return Ok(()) };
                let renewed = self.stores[who].renew(lease, TTL_MS).await;
                prop_assert_eq!(renewed.is_ok(), self.model.is_current(Some(lease)));
                if let Ok(lease) = renewed {
                    self.leases[who] = Some(lease);
                    self.model.held = Some((who, self.model.now, self.model.now + TTL_MS));
                }
            }
            Op::Release(who) => {
                let Some(lease) = &self.leases[who] else { return Ok(()) };
                prop_assert!(self.stores[who].release(lease).await.is_ok());
                if self.model.is_current(Some(lease)) {
                    self.model.held = None;
                }
            }
            Op::Append(who) => {
                let Some(lease) = &self.leases[who] else { return Ok(()) };
                let appended = self.stores[who].append(lease, vec![observed("a.b", "1")]).await;
                let expected = self.model.may_append(Some(lease));
                prop_assert_eq!(appended.is_ok(), expected, "{:?}", appended);
                self.model.serial += u64::from(expected);
            }
            Op::Move(ms) => {
                self.place.clock.move_by(ms);
                self.model.now += ms;
            }
        }
        let serial = self.stores[0].load(&self.stack).await.map(|state| state.serial.0);
        prop_assert_eq!(serial.ok(), Some(self.model.serial));
        Ok(())
    }
}

/// Two processes, one clock, any order of doing things: the store agrees with the model.
#[test]
fn two_holders_and_a_bad_clock_agree_with_the_model() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let place = Place::new();
    let stores = runtime.block_on(async { [place.open().await, place.open().await] });
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let count = std::cell::Cell::new(0);
    let result = runner.run(&vec(op(), 1..40), |ops| {
        count.set(count.get() + 1);
        let stack = StackId::from(format!("case-{}", count.get()));
        let mut run =
            Run { stores: &stores, place: &place, stack, leases: [None, None], model: Model::default() };
        runtime.block_on(async {
            for op in ops {
                run.make(op).await?;
            }
            Ok(())
        })
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
