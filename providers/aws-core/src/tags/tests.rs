use super::*;

fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn object(own: Option<&[(&str, &str)]>, all: &[(&str, &str)]) -> Value {
    let own = own.map_or_else(|| Value::null(tags_type()), |own| to_value(&tags(own)));
    Value::object([("tags", own), ("tags_all", to_value(&tags(all)))])
}

fn provider(default: Value, ignored: &[&str]) -> Value {
    let default = Value::object([("tags", default)]);
    let keys = Value::set(Type::String, ignored.iter().map(Value::string));
    let ignore =
        Value::object([("keys", keys), ("key_prefixes", Value::set(Type::String, [Value::string("cost:")]))]);
    Value::object([
        ("default_tags", Value::list(default.ty(), [default])),
        ("ignore_tags", Value::list(ignore.ty(), [ignore])),
    ])
}

fn check_observed(
    found: &[(&str, &str)],
    known: Option<&[(&str, &str)]>,
    own: Option<&[(&str, &str)]>,
    all: &[(&str, &str)],
) {
    let policy = TagPolicy::from_config(&provider(to_value(&tags(&[("Team", "net")])), &["Scanner"]));
    let (seen_own, seen_all) = policy.observed(&tags(found), &object(known, &[]));
    let expected = object(own, all);
    assert_eq!(Some(&seen_own), expected.get("tags"), "tags of {found:?}");
    assert_eq!(Some(&seen_all), expected.get("tags_all"), "tags_all of {found:?}");
}

#[test]
fn observed_tags_are_told_apart() {
    // Default tags belong to the provider, unless configuration has them too.
    check_observed(
        &[("Team", "net"), ("A", "1")],
        Some(&[("A", "1")]),
        Some(&[("A", "1")]),
        &[("A", "1"), ("Team", "net")],
    );
    check_observed(
        &[("Team", "net")],
        Some(&[("Team", "net")]),
        Some(&[("Team", "net")]),
        &[("Team", "net")],
    );
    check_observed(&[("Team", "other")], None, Some(&[("Team", "other")]), &[("Team", "other")]);
    // No tags are null, unless configuration says that there are none.
    check_observed(&[("Team", "net")], None, None, &[("Team", "net")]);
    check_observed(&[], Some(&[]), Some(&[]), &[]);
    // What is ours, AWS's or ignored never shows.
    check_observed(&[(OWNER_KEY, "t"), ("aws:x", "1"), ("Scanner", "1"), ("cost:id", "2")], None, None, &[]);
}

#[test]
fn changes_leave_the_ownership_tag_alone() {
    let prior = object(None, &[("A", "1"), ("B", "1"), (OWNER_KEY, "t")]);
    let planned = object(None, &[("B", "2"), ("C", "3")]);
    let change = change(&prior, &planned);
    assert_eq!(change.set, tags(&[("B", "2"), ("C", "3")]));
    assert_eq!(change.remove, ["A"]);
    assert!(super::change(&planned, &planned).is_empty());
    assert_eq!(for_create(&planned, "tok"), tags(&[("B", "2"), ("C", "3"), (OWNER_KEY, "tok")]));
}

#[test]
fn all_tags_are_planned_as_far_as_they_are_known() {
    let config = |own: Value| Value::object([("tags", own)]);
    let provider_config = provider(to_value(&tags(&[("Team", "net"), ("Env", "test")])), &["Scanner"]);
    let all = planned_all(&provider_config, &config(to_value(&tags(&[("Env", "prod"), ("Scanner", "1")]))));
    assert_eq!(all, to_value(&tags(&[("Team", "net"), ("Env", "prod")])));

    let none = planned_all(&Value::empty_object(), &config(Value::null(tags_type())));
    assert_eq!(none, to_value(&Tags::new()));

    let unknown = planned_all(&provider_config, &config(Value::unknown(tags_type())));
    assert!(unknown.is_unknown());
    let unknown = planned_all(&provider(Value::unknown(tags_type()), &[]), &config(Value::null(tags_type())));
    assert!(unknown.is_unknown());

    let part = Value::map(Type::String, [("A", Value::unknown(Type::String))]);
    let all = planned_all(&provider_config, &config(part));
    assert!(all.is_known() && all.get("A").is_some_and(Value::is_unknown));
    assert_eq!(all.get_str("Team"), Some("net"));
}

#[test]
fn reserved_keys_are_refused() {
    for (key, refused) in [("aws:x", true), (OWNER_KEY, true), ("evenkeel", false), ("Name", false)] {
        let config = Value::object([("tags", to_value(&tags(&[(key, "v")])))]);
        assert_eq!(validate(&config).has_errors(), refused, "{key}");
    }
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    fn any_tags() -> impl Strategy<Value = Tags> {
        proptest::collection::btree_map("[A-D]", "[xy]", 0..4)
    }

    proptest! {
        /// What a create writes and a read brings back plans to nothing, whatever the default tags.
        #[test]
        fn a_second_plan_is_empty(own in any_tags(), default in any_tags(), has_own: bool) {
            let own = if has_own { to_value(&own) } else { Value::null(tags_type()) };
            let config = Value::object([("tags", own.clone())]);
            let provider_config = provider(to_value(&default), &[]);
            let all = planned_all(&provider_config, &config);
            let planned = Value::object([("tags", own.clone()), ("tags_all", all.clone())]);
            let written = for_create(&planned, "token");
            let policy = TagPolicy::from_config(&provider_config);
            prop_assert_eq!(policy.observed(&written, &planned), (own, all));
        }

        /// Applying a change leads from any tags to any others.
        #[test]
        fn a_change_leads_to_the_planned_tags(before in any_tags(), after in any_tags()) {
            let value = |tags: &Tags| Value::object([("tags_all", to_value(tags))]);
            let change = change(&value(&before), &value(&after));
            let mut result = before;
            result.retain(|key, _| !change.remove.contains(key));
            result.extend(change.set);
            prop_assert_eq!(result, after);
        }
    }
}
