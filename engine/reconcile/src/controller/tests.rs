use super::*;

fn revision(id: &str) -> Revision {
    Revision::Commit(id.into())
}

fn fetched(id: &str, previous: Option<&str>) -> Event {
    Event::Fetched { revision: revision(id), previous: previous.map(revision), forced: false }
}

fn planned(id: &str, drift: usize, config_changes: usize) -> Event {
    let changes = drift + config_changes;
    Event::Planned(PlanSummary {
        drift,
        config_changes,
        changes,
        effects: changes > 0,
        stopped: None,
        digest: format!("plan-{id}-{changes}").into(),
        revision: revision(id),
    })
}

fn stopped(id: &str) -> Event {
    let Event::Planned(summary) = planned(id, 0, 2) else { return Event::Wake };
    Event::Planned(PlanSummary { stopped: Some("2 objects are destroyed".into()), ..summary })
}

fn applied(status: RunStatus) -> Event {
    Event::Applied { status }
}

/// Orders as short words, reports left out.
fn words(orders: &[Order]) -> String {
    let words: Vec<String> = orders
        .iter()
        .filter_map(|order| match order {
            Order::Acquire => Some("acquire".into()),
            Order::Recover => Some("recover".into()),
            Order::Fetch => Some("fetch".into()),
            Order::Plan { revision } => Some(format!("plan {revision}")),
            Order::Apply { digest } => Some(format!("apply {digest}")),
            Order::Cancel => Some("cancel".into()),
            Order::Report(_) => None,
            Order::WakeAt(at) => Some(format!("wake {}", at.0)),
            Order::Alert(alert) => Some(format!("alert {:?}", alert.kind)),
            Order::Release => Some("release".into()),
            Order::Stop(result) => Some(format!("stop {result:?}")),
        })
        .collect();
    words.join(", ")
}

fn settings() -> Settings {
    Settings { retry: crate::Backoff { first_ms: 1, max_ms: 1 }, ..Settings::new("test") }
}

/// Runs a script of events, one millisecond apart, and compares the orders with what is expected.
fn check(settings: Settings, script: &[(Event, &str)]) -> Controller {
    let mut controller = Controller::new(settings);
    for (i, (event, expected)) in script.iter().enumerate() {
        let orders = controller.handle(event.clone(), Timestamp(i as i64));
        assert_eq!(words(&orders), *expected, "event {i}: {event:?}");
    }
    controller
}

fn up_to_fetch() -> Vec<(Event, &'static str)> {
    vec![(Event::Wake, "acquire"), (Event::LeaseGranted, "recover"), (Event::Recovered, "fetch")]
}

fn after_fetch(rest: &[(Event, &'static str)]) -> Vec<(Event, &'static str)> {
    up_to_fetch().into_iter().chain(rest.iter().cloned()).collect()
}

#[test]
fn a_new_revision_is_applied_and_looked_at_again() {
    let script = after_fetch(&[
        (fetched("a", None), "plan a"),
        (planned("a", 0, 2), "apply plan-a-2"),
        (applied(RunStatus::Succeeded), "fetch"),
        (fetched("a", Some("a")), "plan a"),
        (planned("a", 0, 0), "release, wake 30007"),
        (Event::Wake, "acquire"),
    ]);
    let controller = check(settings(), &script);
    let conditions = controller.conditions();
    assert!(conditions.ready.holds && conditions.reconciling.holds && !conditions.stalled.holds);
    assert_eq!(conditions.ready.since, Timestamp(7));
}

#[test]
fn drift_is_corrected() {
    let script = after_fetch(&[(fetched("a", Some("a")), "plan a"), (planned("a", 1, 0), "apply plan-a-1")]);
    check(settings(), &script);
}

#[test]
fn detected_drift_is_reported_and_alerted_once() {
    let script = after_fetch(&[
        (fetched("a", Some("a")), "plan a"),
        (planned("a", 1, 0), "alert DriftDetected, release, wake 30004"),
        (Event::Wake, "acquire"),
        (Event::LeaseGranted, "recover"),
        (Event::Recovered, "fetch"),
        (fetched("a", Some("a")), "plan a"),
        (planned("a", 1, 0), "release, wake 30009"),
    ]);
    let controller = check(Settings { drift: DriftPolicy::Detect, ..settings() }, &script);
    assert_eq!(controller.conditions().ready.reason, Reason::DriftDetected);
    assert!(!controller.conditions().stalled.holds);
}

#[test]
fn detect_applies_a_pending_change_whole_and_says_so() {
    let script = after_fetch(&[(fetched("b", Some("a")), "plan b"), (planned("b", 1, 1), "apply plan-b-2")]);
    let controller = check(Settings { drift: DriftPolicy::Detect, ..settings() }, &script);
    assert!(controller.conditions().ready.message.contains("a plan is applied whole"));
}

#[test]
fn detect_leaves_drift_alone_under_a_new_revision_that_changes_nothing() {
    let script = after_fetch(&[
        (fetched("b", Some("a")), "plan b"),
        (planned("b", 1, 0), "alert DriftDetected, release, wake 30004"),
    ]);
    check(Settings { drift: DriftPolicy::Detect, ..settings() }, &script);
}

#[test]
fn rewritten_history_is_never_followed() {
    let forced = Event::Fetched { revision: revision("x"), previous: Some(revision("a")), forced: true };
    let gone = Event::FetchFailed(FetchFailure::RevisionGone { error: "gone".into() });
    let script = after_fetch(&[
        (forced, "alert RevisionRewritten, release, wake 4"),
        (Event::Wake, "acquire"),
        (Event::LeaseGranted, "recover"),
        (Event::Recovered, "fetch"),
        (gone, "alert RevisionGone, release, wake 8"),
    ]);
    let controller = check(settings(), &script);
    assert_eq!(controller.conditions().stalled.reason, Reason::RevisionGone);
}

#[test]
fn a_held_lease_is_waited_for() {
    let held = Event::LeaseHeld { until: Timestamp(500) };
    check(settings(), &[(Event::Wake, "acquire"), (held.clone(), "wake 501"), (Event::Wake, "acquire")]);
    let once = Settings { once: true, ..settings() };
    check(once, &[(Event::Wake, "acquire"), (held, "stop LeaseHeld")]);
}

#[test]
fn a_lost_lease_ends_the_wake_once_the_running_order_is_answered() {
    let script = after_fetch(&[
        (Event::LeaseLost, ""),
        (Event::Wake, ""),
        (fetched("a", None), "wake 6"),
        (Event::Wake, "acquire"),
        (Event::LeaseGranted, "recover"),
    ]);
    check(settings(), &script);
}

#[test]
fn an_abandoned_apply_leaves_the_lease_alone() {
    let script = after_fetch(&[
        (fetched("a", None), "plan a"),
        (planned("a", 0, 1), "apply plan-a-1"),
        (applied(RunStatus::Abandoned), "wake 6"),
    ]);
    check(settings(), &script);
}

#[test]
fn failures_back_off_and_alert_when_they_repeat() {
    let retry = crate::Backoff { first_ms: 1000, max_ms: 1_000_000 };
    let mut controller = Controller::new(Settings { retry, ..settings() });
    let mut delays = Vec::new();
    let mut alerts = 0;
    for _ in 0..5 {
        for event in [Event::Wake, Event::LeaseGranted, Event::Recovered] {
            controller.handle(event, Timestamp(0));
        }
        let failure = FetchFailure::Unavailable { error: "no network".into() };
        for order in controller.handle(Event::FetchFailed(failure), Timestamp(0)) {
            match order {
                Order::WakeAt(at) => delays.push(at.0),
                Order::Alert(alert) => {
                    assert_eq!(alert.kind, AlertKind::CannotConverge);
                    alerts += 1;
                }
                _ => {}
            }
        }
    }
    assert!(delays.windows(2).all(|pair| pair[1] > pair[0]), "{delays:?}");
    assert_eq!(alerts, 1);
}

#[test]
fn what_cannot_be_recovered_stops_the_wake() {
    let blocked = vec!["sim_net.a".parse().unwrap()];
    let script = [
        (Event::Wake, "acquire"),
        (Event::LeaseGranted, "recover"),
        (Event::RecoveryFailed { blocked }, "alert RecoveryBlocked, release, wake 3"),
    ];
    let controller = check(settings(), &script);
    assert!(controller.conditions().stalled.message.contains("sim_net.a"));
}

#[test]
fn rounds_are_bounded() {
    let mut script = up_to_fetch();
    for _ in 0..2 {
        script.extend([
            (fetched("a", Some("a")), "plan a"),
            (planned("a", 0, 1), "apply plan-a-1"),
            (applied(RunStatus::Succeeded), "fetch"),
        ]);
    }
    script.extend([
        (fetched("a", Some("a")), "plan a"),
        (planned("a", 0, 1), "alert CannotConverge, release, wake 11"),
    ]);
    check(Settings { rounds_max: 2, ..settings() }, &script);
}

#[test]
fn one_wake_is_enough_when_asked_for_once() {
    let once = || Settings { once: true, ..settings() };
    let converged =
        after_fetch(&[(fetched("a", Some("a")), "plan a"), (planned("a", 0, 0), "release, stop Converged")]);
    check(once(), &converged);
    let failed = after_fetch(&[
        (fetched("a", None), "plan a"),
        (planned("a", 0, 1), "apply plan-a-1"),
        (applied(RunStatus::Failed), "release, stop Failed"),
        (Event::Wake, ""),
    ]);
    check(once(), &failed);
}

#[test]
fn an_interrupt_lets_the_apply_end_and_stops() {
    let script = after_fetch(&[
        (fetched("a", None), "plan a"),
        (planned("a", 0, 1), "apply plan-a-1"),
        (Event::Interrupt, "cancel"),
        (Event::Interrupt, ""),
        (applied(RunStatus::Interrupted), "release, stop Interrupted"),
        (Event::Wake, ""),
    ]);
    check(settings(), &script);
    check(settings(), &[(Event::Interrupt, "stop Interrupted")]);
    let early = after_fetch(&[(Event::Interrupt, ""), (fetched("a", None), "release, stop Interrupted")]);
    check(settings(), &early);
}

#[test]
fn a_wake_while_busy_is_not_forgotten() {
    let script = after_fetch(&[
        (Event::Wake, ""),
        (fetched("a", Some("a")), "plan a"),
        (planned("a", 0, 0), "release, wake 5"),
    ]);
    check(settings(), &script);
}

#[test]
fn answers_nobody_waits_for_have_no_effect() {
    let script = [
        (applied(RunStatus::Succeeded), ""),
        (Event::LeaseGranted, ""),
        (Event::LeaseLost, ""),
        (Event::Wake, "acquire"),
        (planned("a", 1, 1), ""),
        (Event::LeaseGranted, "recover"),
    ];
    check(settings(), &script);
}

#[test]
fn a_plan_that_the_governor_stops_waits_for_its_approval() {
    let script = after_fetch(&[
        (fetched("a", None), "plan a"),
        (stopped("a"), "alert ApprovalNeeded, release, wake 30004"),
        (Event::Wake, "acquire"),
        (Event::LeaseGranted, "recover"),
        (Event::Recovered, "fetch"),
        (fetched("a", None), "plan a"),
        (stopped("a"), "release, wake 30009"),
        (Event::Wake, "acquire"),
        (Event::LeaseGranted, "recover"),
        (Event::Recovered, "fetch"),
        (fetched("a", None), "plan a"),
        (planned("a", 0, 2), "apply plan-a-2"),
    ]);
    let controller = check(settings(), &script);
    assert_eq!(controller.conditions().reconciling.reason, Reason::Applying);
}

#[test]
fn a_single_pass_that_is_stopped_says_so() {
    let once = Settings { once: true, ..settings() };
    let script = after_fetch(&[
        (fetched("a", None), "plan a"),
        (stopped("a"), "alert ApprovalNeeded, release, stop ApprovalNeeded"),
    ]);
    let stalled = &check(once, &script).conditions().stalled.clone();
    assert!(stalled.holds && stalled.message.contains("plan-a-2"), "{}", stalled.message);
}
