//! One object whose parts change, in every way that a schema and a type allow.

use super::*;

#[track_caller]
fn check(schema: Arc<Schema>, before: Value, after: Value, expected: &str) {
    check_change(schema, change("test_thing.a", ChangeAction::Update, Some(before), Some(after)), expected);
}

#[track_caller]
fn check_change(schema: Arc<Schema>, change: Change, expected: &str) {
    let plan = Plan { changes: vec![change], ..empty_plan() };
    let schemas = |_: &ResourceAddress| Some(schema.clone());
    let text = super::super::plan(&plan, &Whys::default(), &schemas, PLAIN);
    let (_, body) = text.split_once("\"a\" {\n").expect("there is a block");
    let (body, _) = body.split_once("\n    }\n").expect("the block ends");
    assert_eq!(body, expected.trim_matches('\n'), "\n{text}");
}

fn list(elements: &[&str]) -> Value {
    Value::list(Type::String, elements.iter().map(|text| s(text)))
}

fn set(elements: &[&str]) -> Value {
    Value::set(Type::String, elements.iter().map(|text| s(text)))
}

fn one(value: Value) -> Value {
    Value::object([("v", value)])
}

fn any() -> Arc<Schema> {
    schema(block(&[("v", Type::Dynamic)], &[], &[]))
}

fn typed(ty: Type) -> Arc<Schema> {
    schema(block(&[("v", ty)], &[], &[]))
}

#[test]
fn lists_show_the_neighbours_of_a_change() {
    check(
        any(),
        one(list(&["a", "b", "c", "d", "e", "f"])),
        one(list(&["a", "b", "c", "x", "e", "f"])),
        r#"
      ~ v = [
            # (2 unchanged elements hidden)
            "c",
          ~ "d" -> "x",
            "e",
            # (1 unchanged element hidden)
        ]"#,
    );
}

#[test]
fn lists_of_objects_show_what_changes_inside() {
    let rule = |port: i64| Value::object([("port", Value::number(port)), ("text", s("same"))]);
    check(
        any(),
        one(Value::tuple([rule(80), rule(443)])),
        one(Value::tuple([rule(80), rule(444), rule(22)])),
        r#"
      ~ v = [
            {
                port = 80
                text = "same"
            },
          ~ {
              ~ port = 443 -> 444
                # (1 unchanged attribute hidden)
            },
          + {
              + port = 22
              + text = "same"
            },
        ]"#,
    );
}

#[test]
fn sets_show_what_comes_and_goes() {
    check(
        typed(Type::set(Type::String)),
        one(set(&["a", "b", "c"])),
        one(set(&["b", "c", "d"])),
        r#"
      ~ v = [
          - "a",
          + "d",
            # (2 unchanged elements hidden)
        ]"#,
    );
}

#[test]
fn what_may_be_shown_from_now_on_is_said() {
    check(
        any(),
        one(s("x").sensitive()),
        one(s("x")),
        r#"
      # Warning: this attribute value will no longer be marked as sensitive
      # after applying this change. The value is unchanged.
      ~ v = (sensitive value)"#,
    );
    check(
        any(),
        one(s("x")),
        one(s("y").sensitive()),
        r#"
      # Warning: this attribute value will be marked as sensitive and will not
      # display in UI output after applying this change.
      ~ v = (sensitive value)"#,
    );
    // Nobody knows yet whether it may be.
    let unknown = one(Value::unknown(Type::String));
    check(any(), one(s("x").sensitive()), unknown, "      ~ v = (sensitive value)");
}

#[test]
fn maps_show_their_elements() {
    let map = |entries: &[(&str, &str)]| {
        one(Value::map(Type::String, entries.iter().map(|(key, text)| (*key, s(text)))))
    };
    check(
        typed(Type::map(Type::String)),
        map(&[("a", "1"), ("long key", "2"), ("c", "3")]),
        map(&[("a", "1"), ("long key", "two"), ("d", "4")]),
        r#"
      ~ v = {
          - "c"        = "3"
          + "d"        = "4"
          ~ "long key" = "2" -> "two"
            # (1 unchanged element hidden)
        }"#,
    );
    // Where no type is declared, nothing tells a map from an object.
    check(
        any(),
        map(&[("a", "1"), ("long key", "2")]),
        map(&[("a", "1"), ("long key", "two")]),
        r#"
      ~ v = {
          ~ "long key" = "2" -> "two"
            # (1 unchanged attribute hidden)
        }"#,
    );
    check(any(), one(Value::null(Type::Dynamic)), map(&[]), "      + v = {}");
    check(
        typed(Type::map(Type::String)),
        map(&[("a", "1")]),
        one(Value::null(Type::Dynamic)),
        r#"
      - v = {
          - "a" = "1"
        } -> null"#,
    );
}

#[test]
fn long_texts_are_compared_line_by_line() {
    check(
        any(),
        one(s("one\ntwo\n\nthree\n")),
        one(s("one\n2\n\nthree\nfour\n")),
        "\n      ~ v = <<-EOT\n            one\n          - two\n          + 2\n\n            three\n          \
         + four\n        EOT",
    );
}

#[test]
fn json_in_texts_is_compared_by_content() {
    check(
        any(),
        one(s(r#"{"Statement":[{"Action":"a","Effect":"Allow"}],"Version":"1"}"#)),
        one(s(r#"{"Version": "1", "Statement": [{"Action": ["a", "b"], "Effect": "Allow"}]}"#)),
        r#"
      ~ v = jsonencode(
          ~ {
              ~ Statement = [
                  ~ {
                      ~ Action = "a" -> [
                          + "a",
                          + "b",
                        ]
                        # (1 unchanged attribute hidden)
                    },
                ]
                # (1 unchanged attribute hidden)
            }
        )"#,
    );
    check(
        any(),
        one(s(r#"{"a":1}"#)),
        one(s(r#"{ "a": 1 }"#)),
        r#"
      ~ v = jsonencode( # whitespace changes
            {
                a = 1
            }
        )"#,
    );
}

#[test]
fn a_value_may_turn_into_one_of_another_type() {
    check(
        any(),
        one(s("x")),
        one(list(&["y"])),
        r#"
      ~ v = "x" -> [
          + "y",
        ]"#,
    );
    check(any(), one(Value::number(1)), one(Value::bool(true)), "      ~ v = 1 -> true");
    check(
        any(),
        one(list(&["y"])),
        one(unknown()),
        r#"
      ~ v = [
          - "y",
        ] -> (known after apply)"#,
    );
}

#[test]
fn blocks_are_told_from_attributes() {
    let inner = block(&[("port", Type::Number), ("text", Type::String)], &[], &[]);
    let schema = schema(block(
        &[("id", Type::String), ("note", Type::String)],
        &[],
        &[
            ("disk", Nesting::List, inner.clone()),
            ("rule", Nesting::Set, inner.clone()),
            ("same", Nesting::List, inner.clone()),
            ("single", Nesting::Single, inner.clone()),
            ("site", Nesting::Map, inner.clone()),
        ],
    ));
    let ty = inner.implied_type();
    let part = |port: i64, text: &str| Value::object([("port", Value::number(port)), ("text", s(text))]);
    let object = |disk: Vec<Value>, rule: Vec<Value>, single: Value, site: Vec<(&str, Value)>| {
        Value::object([
            ("id", s("i")),
            ("note", s("")),
            ("disk", Value::list(ty.clone(), disk)),
            ("rule", Value::set(ty.clone(), rule)),
            ("same", Value::list(ty.clone(), [part(1, "s")])),
            ("single", single),
            ("site", Value::map(ty.clone(), site)),
        ])
    };
    check(
        schema,
        object(vec![part(1, "a")], vec![part(1, "x"), part(2, "y")], Value::null(ty.clone()), vec![]),
        object(
            vec![part(2, "a"), part(3, "")],
            vec![part(1, "x"), part(2, "z")],
            part(9, "q"),
            vec![("eu", part(5, "e"))],
        ),
        r#"
        id   = "i"
        # (1 unchanged attribute hidden)

      ~ disk {
          ~ port = 1 -> 2
            # (1 unchanged attribute hidden)
        }
      + disk {
          + port = 3
          + text = ""
        }

      - rule {
          - port = 2 -> null
          - text = "y" -> null
        }
      + rule {
          + port = 2
          + text = "z"
        }

      + single {
          + port = 9
          + text = "q"
        }

      + site "eu" {
          + port = 5
          + text = "e"
        }

        # (2 unchanged blocks hidden)"#,
    );
}

#[test]
fn an_empty_text_is_none_where_the_schema_is_one_of_old() {
    let note = |text: Value| Value::object([("id", s("i")), ("note", text)]);
    let old = schema(block(&[("id", Type::String), ("note", Type::String)], &[], &[]));
    check(old, note(s("")), note(s("x")), "        id   = \"i\"\n      + note = \"x\"");
    let attributes = [("id", Type::String), ("note", Type::String), ("any", Type::Dynamic)];
    let new = schema(block(&attributes, &[], &[]));
    check(new, note(s("")), note(s("x")), "        id   = \"i\"\n      ~ note = \"\" -> \"x\"");
}

#[test]
fn replacement_is_marked_where_it_is_forced() {
    let inner = block(&[("size", Type::Number)], &[], &[]);
    let schema = schema(block(&[("zone", Type::String)], &[], &[("disk", Nesting::List, inner.clone())]));
    let object = |size: i64, zone: &str| {
        let disk = Value::object([("size", Value::number(size))]);
        Value::object([("zone", s(zone)), ("disk", Value::list(inner.implied_type(), [disk]))])
    };
    let path = Path(vec![
        evenkeel_model::PathStep::Attribute("disk".into()),
        evenkeel_model::PathStep::Index(0),
        evenkeel_model::PathStep::Attribute("size".into()),
    ]);
    let change =
        change("test_thing.a", ChangeAction::DeleteThenCreate, Some(object(1, "a")), Some(object(2, "b")));
    let change = Change { replace_paths: vec![Path::attribute("zone"), path], ..change };
    check_change(
        schema,
        change,
        r#"
      ~ zone = "a" -> "b" # forces replacement

      ~ disk {
          ~ size = 1 -> 2 # forces replacement
        }"#,
    );
}

#[test]
fn what_the_schema_calls_sensitive_is_not_shown() {
    let inner = block(&[("key", Type::String), ("port", Type::Number)], &["key"], &[]);
    let schema = schema(block(
        &[("password", Type::String), ("user", Type::String)],
        &["password"],
        &[("one", Nesting::List, inner.clone()), ("many", Nesting::Set, inner.clone())],
    ));
    let object = |secret: &str, port: i64| {
        let part = Value::object([("key", s(secret)), ("port", Value::number(port))]);
        Value::object([
            ("password", s(secret)),
            ("user", s("admin")),
            ("one", Value::list(inner.implied_type(), [part.clone()])),
            ("many", Value::set(inner.implied_type(), [part])),
        ])
    };
    check(
        schema,
        object("x", 1),
        object("y", 2),
        r#"
      ~ password = (sensitive value)
        # (1 unchanged attribute hidden)

      ~ many {
            # At least one attribute in this block is (or was) sensitive,
            # so its contents will not be displayed.
        }

      ~ one {
          ~ key  = (sensitive value)
          ~ port = 1 -> 2
        }"#,
    );
}

#[test]
fn text_from_outside_cannot_reach_the_terminal() {
    let evil = "\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}";
    let value = Value::object([
        ("v", s(evil)),
        ("w", Value::map(Type::String, [(evil, s(&format!("{evil}\nline")))])),
    ]);
    let plan = Plan {
        changes: vec![change("test_thing.a[\"\\u001b[31m\"]", ChangeAction::Create, None, Some(value))],
        ..empty_plan()
    };
    let text = super::super::plan(&plan, &Whys::default(), &no_schemas, PLAIN);
    let found = text.chars().find(|c| *c != '\n' && (c.is_control() || *c == '\u{202e}'));
    assert_eq!(found, None, "{text:?}");
    assert!(text.contains(r#"a["\u001b[31m"]"#), "{text}");
}

#[test]
fn colour_changes_nothing_but_colour() {
    let change = change(
        "test_thing.a",
        ChangeAction::Update,
        Some(Value::object([("id", s("i")), ("v", list(&["a"]))])),
        Some(Value::object([("id", s("i")), ("v", list(&["b"]))])),
    );
    let plan = Plan { changes: vec![change], ..empty_plan() };
    let coloured = super::super::plan(&plan, &Whys::default(), &no_schemas, Style { color: true, ..PLAIN });
    assert!(coloured.contains("\u{1b}[33m->\u{1b}[0m \"b\""), "{coloured:?}");
    let mut stripped = String::new();
    for (index, part) in coloured.split('\u{1b}').enumerate() {
        let part = if index == 0 { part } else { part.split_once('m').map_or("", |(_, rest)| rest) };
        stripped.push_str(part);
    }
    assert_eq!(stripped, super::super::plan(&plan, &Whys::default(), &no_schemas, PLAIN));
}
