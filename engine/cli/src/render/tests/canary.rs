//! Random values with a secret in every marked place, through every function there is: the secret
//! never comes out.

use evenkeel_plan::OutputChange;
use evenkeel_state::{Instance, OutputValue, State};
use proptest::prelude::*;

use super::super as render;
use super::*;

const CANARY: &str = "canary-7f3a";

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => "[a-c{\\[\"\n\u{1b}]{0,4}".prop_map(Value::string),
        1 => any::<i32>().prop_map(Value::number),
        1 => any::<bool>().prop_map(Value::bool),
        1 => Just(Value::null(Type::String)),
        1 => Just(Value::unknown(Type::String)),
        4 => secret(),
    ]
}

/// The canary in many disguises, always marked.
fn secret() -> impl Strategy<Value = Value> {
    let text = Value::string(CANARY);
    let forms = vec![
        text.clone(),
        Value::string(format!("{{\"a\": \"{CANARY}\"}}")),
        Value::string(format!("one\n{CANARY}\n")),
        Value::tuple([text.clone()]),
        Value::object([(CANARY, text.clone())]),
        Value::map(Type::String, [(CANARY, text.clone())]),
        Value::set(Type::String, [text]),
    ];
    proptest::sample::select(forms).prop_map(Value::sensitive)
}

fn tree() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(3, 16, 4, |inner| {
        let named = || proptest::collection::btree_map("[a-d]", inner.clone(), 0..4);
        let many = || proptest::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            named().prop_map(Value::object),
            named().prop_map(|entries| Value::map(Type::Dynamic, entries)),
            many().prop_map(Value::tuple),
            many().prop_map(|elements| Value::list(Type::Dynamic, elements)),
            many().prop_map(|elements| Value::set(Type::Dynamic, elements)),
        ]
    })
}

fn object() -> impl Strategy<Value = Value> {
    proptest::collection::btree_map("[a-d]|id|tags", tree(), 0..5).prop_map(Value::object)
}

/// A schema under whose names the values above fall as attributes or as blocks of any nesting.
fn schemas() -> Vec<Option<Arc<Schema>>> {
    let inner = || block(&[("a", Type::Dynamic), ("b", Type::Dynamic)], &["b"], &[]);
    let nestings = [Nesting::Single, Nesting::Group, Nesting::List, Nesting::Set, Nesting::Map];
    let with_blocks = nestings.map(|nesting| {
        let nested = [("c", nesting, inner()), ("d", nesting, inner())];
        Some(schema(block(&[("a", Type::Dynamic), ("b", Type::Dynamic)], &["b"], &nested)))
    });
    let mut all = with_blocks.to_vec();
    all.push(None);
    all
}

fn plan_of(before: &Value, after: &Value, declared: bool) -> Plan {
    let paths = evenkeel_provider::diff::paths(before, after);
    let output =
        |before: Option<Value>, after: Option<Value>| OutputChange { before, after, sensitive: declared };
    Plan {
        changes: vec![
            change("aws_x.a", ChangeAction::Create, None, Some(after.clone())),
            change("aws_x.b", ChangeAction::Delete, Some(before.clone()), None),
            Change {
                replace_paths: paths.clone(),
                ..change("aws_x.c", ChangeAction::DeleteThenCreate, Some(before.clone()), Some(after.clone()))
            },
            change("aws_x.d", ChangeAction::Update, Some(before.clone()), Some(after.clone())),
        ],
        drift: vec![
            drifted("aws_x.d", after.clone(), Some(before.clone()), paths),
            drifted("aws_x.a", before.clone(), None, Vec::new()),
        ],
        outputs: BTreeMap::from([
            (Arc::from("a"), output(None, Some(after.clone()))),
            (Arc::from("b"), output(Some(before.clone()), Some(after.clone()))),
            (Arc::from("c"), output(Some(before.clone()), None)),
        ]),
        resources: BTreeMap::from([(
            address("aws_x.d").resource,
            evenkeel_plan::ResourceValues {
                repetition: Default::default(),
                instances: BTreeMap::from([(None, after.clone())]),
            },
        )]),
        ..empty_plan()
    }
}

fn state_of(before: &Value, after: &Value) -> State {
    let mut state = State::default();
    for (at, value) in [("aws_x.a", before), ("aws_x.b", after)] {
        let current = super::lines::version_row(1, Some(value.clone())).object;
        state.instances.insert(address(at), Instance { current, ..Instance::default() });
        let value = Arc::new(evenkeel_model::json::encode_open(value));
        state.outputs.insert(at.into(), OutputValue { value, sensitive: false });
    }
    state
}

/// Everything that can be made of two values.
fn everything(before: &Value, after: &Value, schema: Option<Arc<Schema>>, declared: bool) -> Vec<String> {
    let schemas = |_: &ResourceAddress| schema.clone();
    let plan = plan_of(before, after, declared);
    let at = address("aws_x.a");
    let outputs = BTreeMap::from([(Arc::from("o"), (after.clone(), declared))]);
    let rows = [before, after].map(|value| super::lines::version_row(1, Some(value.clone())));
    let state = state_of(before, after);
    let style = Style { color: true, width: 40 };
    let mut out = vec![
        render::plan(&plan, &Whys::default(), &schemas, PLAIN),
        render::plan(&plan, &Whys::default(), &schemas, style),
        render::drift(&plan, style),
        render::outputs(&outputs, style),
        render::value(after, 3, style),
        render::object(&at, after, schema.as_deref(), false, style),
        render::versions(&at, &rows, schema.as_deref(), style),
    ];
    let documents = [
        render::json::plan(&plan, &schemas),
        render::json::drift(&plan),
        render::json::outputs(&outputs),
        render::json::output_changes(&plan.outputs, &plan),
        render::json::state(&state, &schemas),
        render::json::versions(&at, &rows, schema.as_deref()),
        plan.changes.iter().map(render::json::planned_change).collect(),
        plan.drift.iter().map(render::json::resource_drift).collect(),
    ];
    out.extend(documents.iter().map(render::json::line));
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_sensitive_is_ever_written(
        before in object(),
        after in object(),
        which in 0..6_usize,
        declared: bool,
    ) {
        for text in everything(&before, &after, schemas()[which].clone(), declared) {
            prop_assert!(!text.contains(CANARY), "{}", text);
        }
    }

    #[test]
    fn marks_on_one_side_hide_the_same_place_on_the_other(value in object(), declared: bool) {
        // What was stored before it became sensitive has no mark yet.
        let plain = value.clone().unmark_deep().0;
        for (before, after) in [(&plain, &value), (&value, &plain)] {
            let plan = plan_of(before, after, declared);
            let only_both = Plan {
                changes: plan.changes.into_iter().filter(|c| c.before.is_some() && c.after.is_some()).collect(),
                outputs: plan.outputs.into_iter().filter(|(_, o)| o.before.is_some() && o.after.is_some()).collect(),
                drift: plan.drift.into_iter().filter(|drift| drift.observed.is_some()).collect(),
                resources: BTreeMap::new(),
                ..plan
            };
            let texts = [
                render::plan(&only_both, &Whys::default(), &no_schemas, PLAIN),
                render::drift(&only_both, PLAIN),
                render::json::line(&render::json::plan(&only_both, &no_schemas)),
                render::json::line(&render::json::drift(&only_both)),
            ];
            for text in texts {
                prop_assert!(!text.contains(CANARY), "{}", text);
            }
        }
    }

    #[test]
    fn no_control_character_is_ever_written(before in object(), after in object()) {
        for text in everything(&before, &after, None, false) {
            let bare: String = text.split("\u{1b}[").collect();
            let colours = text.matches("\u{1b}[").count();
            prop_assert_eq!(text.matches('\u{1b}').count(), colours);
            prop_assert!(!bare.chars().any(|c| c.is_control() && c != '\n' && c != '\u{1b}'), "{:?}", text);
        }
        let plain = render::plan(&plan_of(&before, &after, false), &Whys::default(), &no_schemas, PLAIN);
        prop_assert_eq!(plain.find('\u{1b}'), None);
    }
}
