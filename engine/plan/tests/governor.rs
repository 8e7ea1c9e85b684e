//! What the safety governor stops, and what it lets through.

mod common;

use std::sync::Arc;

use common::{Loaded, Stack};
use evenkeel_model::ProviderAddress;
use evenkeel_plan::governor::{self, Acting, Limits, Subject, Verdict};
use evenkeel_plan::{Mode, Plan};
use evenkeel_provider::{Catalog, ProviderSpec};

fn things(names: &[&str]) -> String {
    names.iter().map(|name| format!("resource \"test_thing\" \"{name}\" {{\n  name = \"n\"\n}}\n")).collect()
}

fn disk(name: &str) -> String {
    format!("resource \"test_disk\" \"data\" {{\n  name = \"{name}\"\n}}\n")
}

fn judged(stack: &Stack, plan: &Plan, loaded: &Loaded, limits: Limits) -> Verdict {
    let (state, configuration, catalog) = (&stack.state, &*loaded.configuration, &*stack.catalog);
    let acting = &Acting::default();
    governor::judge(Subject { plan, state, configuration, catalog, acting }, limits)
}

/// Converges on the first files, then judges the plan of the second ones.
fn between(first: &[(&str, &str)], second: &[(&str, &str)], limits: Limits) -> Verdict {
    let mut stack = Stack::new();
    stack.settles(first);
    let (plan, loaded) = stack.plan(second).unwrap();
    judged(&stack, &plan, &loaded, limits)
}

fn verdict(first: &str, second: &str) -> Verdict {
    between(&[("main.tf", first)], &[("main.tf", second)], Limits::default())
}

fn reasons(verdict: &Verdict) -> Vec<&str> {
    verdict.dangers.iter().map(|danger| danger.as_str()).collect()
}

const FIVE: [&str; 5] = ["a", "b", "c", "d", "e"];

#[test]
fn what_holds_data_is_never_destroyed_unattended() {
    let others = things(&FIVE);
    let gone = verdict(&(others.clone() + &disk("x")), &others);
    assert_eq!(reasons(&gone), ["stateful"]);
    assert_eq!(gone.reasons(), "an object that holds data is destroyed");
    // So is what takes its place.
    let replaced = verdict(&(others.clone() + &disk("x")), &(others + &disk("y")));
    assert_eq!(reasons(&replaced), ["stateful"]);
    assert!(replaced.deletions[0].replaced && replaced.deletions[0].stateful);
}

#[test]
fn few_deletions_pass_and_many_do_not() {
    assert!(!verdict(&things(&FIVE), &things(&FIVE[1..])).stops());
    assert!(!verdict(&things(&FIVE[..2]), &things(&FIVE[..1])).stops(), "one of two");
    assert_eq!(reasons(&verdict(&things(&FIVE), &things(&FIVE[3..]))), ["share_of_the_stack"]);
    let limits = Limits { deletions_max: 1, share_max_percent: 100 };
    let (first, second) = (things(&FIVE), things(&FIVE[2..]));
    let many = between(&[("main.tf", &first)], &[("main.tf", &second)], limits);
    assert_eq!(many.reasons(), "2 objects are destroyed, and 1 may be without approval");
    assert_eq!(many.deletions.len(), 2);
}

#[test]
fn an_emptied_configuration_and_that_of_another_stack_are_stopped() {
    assert_eq!(reasons(&verdict(&things(&["a"]), "")), ["emptied_configuration"]);
    assert_eq!(reasons(&verdict(&things(&["a", "b"]), &things(&["x"]))), ["other_configuration"]);
    assert!(!verdict(&things(&["a"]), &things(&["x"])).stops(), "one object may have another name");
}

#[test]
fn a_module_that_is_not_called_any_more_is_named() {
    let call = "module \"net\" {\n  source = \"./net\"\n}\n";
    let (with, without) = (things(&FIVE) + call, things(&FIVE));
    let inner = things(&["x"]);
    let first = [("main.tf", &*with), ("net/main.tf", &*inner)];
    let found = between(&first, &[("main.tf", &without)], Limits::default());
    assert_eq!(found.reasons(), "module.net is not called any more, and 1 object is destroyed with it");
}

#[test]
fn a_provider_block_that_is_gone_is_named() {
    let block = "provider \"test\" {\n  region = \"r\"\n}\n";
    let west = "provider \"test\" {\n  alias = \"west\"\n}\n";
    let disk = disk("x").replace("\n}", "\n  provider = test.west\n}").replace("test_disk", "test_thing");
    let first = block.to_owned() + west + &things(&FIVE) + &disk;
    assert!(
        !verdict(&first, &(block.to_owned() + west + &things(&FIVE))).stops(),
        "the block is still there"
    );
    let mut stack = Stack::new();
    stack.settles(&[("main.tf", &first)]);
    // Its objects cannot even be planned for without the block.
    let error = stack.plan(&[("main.tf", &(block.to_owned() + &things(&FIVE)))]).map(drop).unwrap_err();
    assert!(error.contains("west"), "{error}");
}

/// The provider of tests beside `terraform_data`.
struct Both([Arc<dyn Catalog + Send + Sync>; 2]);

impl Catalog for Both {
    fn spec(&self, address: &ProviderAddress) -> Option<&dyn ProviderSpec> {
        self.0.iter().find_map(|catalog| catalog.spec(address))
    }

    fn supported(&self) -> Vec<ProviderAddress> {
        self.0.iter().flat_map(|catalog| catalog.supported()).collect()
    }
}

#[test]
fn a_provider_that_goes_with_its_objects_is_named() {
    let mut stack = Stack::new();
    stack.catalog = Arc::new(Both([common::catalog(), common::builtin::catalog()]));
    let others: String =
        FIVE.iter().map(|name| format!("resource \"terraform_data\" \"{name}\" {{}}\n")).collect();
    let block = "provider \"test\" {\n  region = \"r\"\n}\n";
    stack.settles(&[("main.tf", &(block.to_owned() + &others + &things(&["a"])))]);
    let mut judge = |text: String| {
        let (plan, loaded) = stack.plan(&[("main.tf", &text)]).unwrap();
        judged(&stack, &plan, &loaded, Limits::default())
    };
    assert!(!judge(block.to_owned() + &others).stops(), "the block is still there");
    let gone = judge(others);
    assert_eq!(reasons(&gone), ["provider_gone"]);
    assert_eq!(
        gone.reasons(),
        "provider[\"registry.terraform.io/hashicorp/test\"] has neither a block nor a resource any more, and 1 object is \
         destroyed that it managed"
    );
}

/// What the governor thinks of a plan that changes nothing, where the provider acts for somebody.
fn acting(before: Option<&str>, now: Option<&str>, missing: bool) -> Verdict {
    let mut stack = Stack::new();
    let text = things(&FIVE);
    stack.settles(&[("main.tf", &text)]);
    if missing {
        let addresses = stack.state.instances.keys().cloned();
        stack.tampered = addresses.map(|address| (address, None)).collect();
    }
    let (plan, loaded) = stack.plan(&[("main.tf", &text)]).unwrap();
    let provider = stack.state.instances.values().next().unwrap().current.as_ref().unwrap().provider.clone();
    let one = |identity: Option<&str>| {
        identity.map(|identity| (provider.clone(), identity.into())).into_iter().collect()
    };
    let acting = &Acting { before: one(before), now: one(now) };
    let (state, configuration, catalog) = (&stack.state, &*loaded.configuration, &*stack.catalog);
    let subject = Subject { plan: &plan, state, configuration, catalog, acting };
    governor::judge(subject, Limits::default())
}

#[test]
fn credentials_of_another_account_are_named_with_both() {
    let (one, two) = (Some("account 1"), Some("account 2"));
    for (before, now) in [(one, one), (None, two), (one, None)] {
        assert!(!acting(before, now, false).stops(), "{before:?} {now:?}");
    }
    let other = acting(one, two, false);
    assert_eq!(reasons(&other), ["other_account"]);
    assert_eq!(
        other.reasons(),
        "the credentials of provider[\"registry.terraform.io/hashicorp/test\"] lead to account 2, and led to account 1 when \
         the stack was applied: 5 objects are managed there"
    );
    assert_eq!(reasons(&acting(one, two, true)), ["other_account"], "that nothing is found follows from it");
    assert_eq!(reasons(&acting(one, one, true)), ["nothing_found"]);
}

#[test]
fn objects_that_are_all_missing_look_like_another_account() {
    let mut stack = Stack::new();
    let text = things(&FIVE);
    stack.settles(&[("main.tf", &text)]);
    let addresses: Vec<_> = stack.state.instances.keys().cloned().collect();
    for (number, address) in addresses.iter().enumerate() {
        stack.tampered.insert(address.clone(), None);
        let (plan, loaded) = stack.plan(&[("main.tf", &text)]).unwrap();
        let found = judged(&stack, &plan, &loaded, Limits::default());
        let expected: &[&str] = if number == 4 { &["nothing_found"] } else { &[] };
        assert_eq!(reasons(&found), expected, "{number}");
    }
}

#[test]
fn what_goes_on_to_exist_is_no_deletion() {
    let forgotten = "removed {\n  from = test_disk.data\n  lifecycle {\n    destroy = false\n  }\n}\n";
    assert!(!verdict(&(things(&FIVE) + &disk("x")), &(things(&FIVE) + forgotten)).stops());
    let moved = "moved {\n  from = test_disk.data\n  to   = test_disk.other\n}\n";
    let second = disk("x").replace("\"data\"", "\"other\"") + moved;
    assert!(!verdict(&disk("x"), &second).stops());
}

#[test]
fn destroying_everything_on_purpose_is_not_judged() {
    let mut stack = Stack::new();
    let text = things(&FIVE) + &disk("x");
    stack.settles(&[("main.tf", &text)]);
    stack.options.mode = Mode::Destroy;
    let (plan, loaded) = stack.plan(&[("main.tf", &text)]).unwrap();
    assert!(!judged(&stack, &plan, &loaded, Limits::default()).stops());
}
