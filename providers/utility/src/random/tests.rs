use evenkeel_model::{Type, Value};
use serde_json::json;

use super::family;
use crate::testing::{Kind, check_schemas, list, map, opened};

fn kind(name: &'static str) -> Kind {
    Kind::of(family, name)
}

fn text(text: &str) -> Value {
    Value::string(text)
}

fn number(number: i64) -> Value {
    Value::number(number)
}

#[test]
fn schemas_can_be_read() {
    check_schemas(family());
}

#[test]
fn an_id_is_the_same_bytes_in_all_its_forms() {
    let made = kind("random_id").imported("pre,fix-,p-9hUg").unwrap();
    for (name, expected) in [
        ("id", "p-9hUg"),
        ("prefix", "pre,fix-"),
        ("b64_url", "pre,fix-p-9hUg"),
        ("b64_std", "pre,fix-p+9hUg=="),
        ("hex", "pre,fix-a7ef6152"),
        ("dec", "pre,fix-2817483090"),
    ] {
        assert_eq!(made.get_str(name), Some(expected), "{name}");
    }
    assert_eq!(made.get_i64("byte_length"), Some(4));
    let drawn = kind("random_id").made([("byte_length", number(8))]);
    assert_eq!(drawn.get_str("hex").unwrap().len(), 16);
    assert_ne!(drawn, kind("random_id").made([("byte_length", number(8))]));
    assert!(kind("random_id").try_made([("byte_length", number(-1))]).is_err());
    assert!(kind("random_id").imported("%").is_err());
}

/// The results that the public provider's own tests expect.
#[test]
fn seeded_numbers_are_those_of_the_public_provider() {
    let integer = |seed: &str, min: i64, max: i64| {
        let seeded = [("min", number(min)), ("max", number(max)), ("seed", text(seed))];
        let made = kind("random_integer").made(seeded);
        assert_eq!(made.get_str("id"), Some(&*made.get_i64("result").unwrap().to_string()));
        made.get_i64("result").unwrap()
    };
    assert_eq!(integer("12345", 1, 3), 3);
    assert_eq!(integer("123456", 1, 3), 2);
    let large = 7_227_701_560_655_103_597;
    assert_eq!(integer("12345", large, large + 1), large + 1);
}

#[test]
fn numbers_are_in_their_range() {
    let integer = kind("random_integer");
    for (min, max) in [(1, 1), (-5, 5), (i64::MIN, i64::MAX - i64::MAX), (i64::MAX - 1, i64::MAX)] {
        let made = integer.made([("min", number(min)), ("max", number(max))]);
        assert!((min..=max).contains(&made.get_i64("result").unwrap()));
    }
    assert_eq!(integer.mistakes([("min", number(2)), ("max", number(1))]).len(), 1);
    assert!(integer.try_made([("min", number(i64::MIN)), ("max", number(i64::MAX))]).is_err());
    let imported = integer.imported("15390,1,50000,s").unwrap();
    assert_eq!((imported.get_i64("result"), imported.get_str("seed")), (Some(15390), Some("s")));
    assert!(integer.imported("1,2").is_err());
    assert!(integer.imported("1,2,x").is_err());
}

#[test]
fn seeded_orders_are_those_of_the_public_provider() {
    let shuffled = |count: Option<i64>, input: &[&str]| {
        let count = count.map_or(Value::null(Type::Number), number);
        let seeded = [("input", list(input)), ("seed", text("-")), ("result_count", count)];
        kind("random_shuffle").made(seeded).get("result").unwrap().clone()
    };
    let all = ["a", "b", "c", "d", "e"];
    assert_eq!(shuffled(None, &all), list(&["a", "c", "b", "e", "d"]));
    assert_eq!(shuffled(Some(3), &all), list(&["a", "c", "b"]));
    let longer = shuffled(Some(12), &all);
    assert_eq!(longer.as_elements().unwrap().len(), 12);
    assert_eq!(longer.as_elements().unwrap()[5..8], *list(&["a", "e", "d"]).as_elements().unwrap());
    assert_eq!(shuffled(Some(12), &[]), list(&[]));
    assert_eq!(shuffled(Some(0), &all), list(&[]));
    assert!(kind("random_shuffle").try_made([("input", list(&all)), ("result_count", number(-1))]).is_err());
}

#[test]
fn an_order_that_is_drawn_has_every_element_once() {
    let made = kind("random_shuffle").made([("input", list(&["a", "b", "c"]))]);
    let mut elements = made.get("result").unwrap().as_elements().unwrap().to_vec();
    elements.sort();
    assert_eq!(elements, list(&["a", "b", "c"]).as_elements().unwrap());
    assert_eq!(made.get_str("id"), Some("-"));
}

#[test]
fn texts_have_the_characters_that_are_wanted() {
    let made = kind("random_string").made([
        ("length", number(40)),
        ("lower", Value::bool(false)),
        ("min_upper", number(3)),
        ("min_numeric", number(4)),
        ("min_special", number(5)),
        ("override_special", text("ä§")),
    ]);
    let result = made.get_str("result").unwrap();
    let count = |wanted: fn(char) -> bool| result.chars().filter(|one| wanted(*one)).count();
    assert_eq!(result.chars().count(), 40);
    assert_eq!(made.get_str("id"), Some(result));
    assert_eq!(count(|one| one.is_ascii_lowercase()), 0);
    assert!(count(|one| one.is_ascii_uppercase()) >= 3);
    assert!(count(|one| one.is_ascii_digit()) >= 4);
    assert!(count(|one| "ä§".contains(one)) >= 5);
    assert_eq!(count(|one| one.is_ascii_punctuation()), 0);
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let off = |names: &'static [&'static str]| {
        names.iter().map(|name| (*name, Value::bool(false))).chain([("length", number(8))])
    };
    let string = kind("random_string");
    let least = [("length", number(3)), ("min_upper", number(2)), ("min_lower", number(2))];
    assert!(string.mistakes(least)[0].contains("at least sum of min_upper + min_lower"));
    assert!(string.mistakes([("length", number(0))])[0].contains("at least 1"));
    assert!(
        string.mistakes(off(&["upper", "lower", "special", "numeric"]))[0]
            .contains("must be specified as true")
    );
    assert_eq!(string.mistakes(off(&["upper", "lower", "special"])), Vec::<String>::new());
    let both = [("length", number(3)), ("number", Value::bool(true)), ("numeric", Value::bool(false))];
    assert!(string.mistakes(both)[0].contains("different values"));
    assert!(string.try_made([("length", number(1 << 40))]).is_err());
}

#[test]
fn a_password_has_a_hash_and_no_id() {
    let password = kind("random_password");
    let made = password.made([("length", number(80))]);
    let (result, hash) = (made.get_str("result").unwrap(), made.get_str("bcrypt_hash").unwrap());
    assert!(hash.starts_with("$2a$10$"));
    assert!(bcrypt::verify(&result[..72], hash).unwrap());
    assert_eq!(made.get_str("id"), Some("none"));
    let imported = password.imported("secret!").unwrap();
    let again = [("length", number(7))];
    assert_eq!(password.planned(Some(&imported), again).planned, imported);
}

#[test]
fn number_is_the_old_name_of_numeric() {
    let string = kind("random_string");
    for name in ["number", "numeric"] {
        let made = string.made([("length", number(20)), (name, Value::bool(false))]);
        assert_eq!((made.get_bool("number"), made.get_bool("numeric")), (Some(false), Some(false)));
        assert!(made.get_str("result").unwrap().chars().all(|one| !one.is_ascii_digit()));
        assert_eq!(string.replaced(&made, [("length", number(20))]), ["number", "numeric"]);
    }
}

#[test]
fn an_empty_list_of_special_characters_may_be_left_out() {
    let string = kind("random_string");
    let made = string.made([("length", number(4)), ("override_special", text(""))]);
    let changed = string.changed(&made, [("length", number(4))]);
    assert_eq!(changed.get("result"), made.get("result"));
    let made = string.made([("length", number(4)), ("override_special", text("_"))]);
    assert_eq!(string.replaced(&made, [("length", number(4))]), ["override_special"]);
}

#[test]
fn keepers_make_a_new_object() {
    for (name, argument) in
        [("random_id", "byte_length"), ("random_pet", "length"), ("random_bytes", "length")]
    {
        let with = |keepers: &[(&str, &str)]| [(argument, number(2)), ("keepers", map(keepers))];
        let made = kind(name).made(with(&[("a", "1")]));
        assert_eq!(kind(name).replaced(&made, with(&[("a", "1")])), Vec::<String>::new());
        assert_eq!(kind(name).replaced(&made, with(&[("a", "2")])), ["keepers"]);
        assert_eq!(kind(name).replaced(&made, [(argument, number(2))]), ["keepers"]);
    }
}

#[test]
fn pets_have_as_many_words_as_asked_for() {
    let pet = |length: i64| kind("random_pet").made([("length", number(length)), ("separator", text("+"))]);
    let words = |made: &Value| made.get_str("id").unwrap().split('+').count();
    assert_eq!([0, 1, 2, 3, 5].map(|length| words(&pet(length))), [2, 1, 2, 3, 5]);
    let named = kind("random_pet").made([("prefix", text("web"))]);
    let id = named.get_str("id").unwrap();
    assert!(id.starts_with("web-") && id.split('-').count() == 3, "{id}");
    assert_eq!(id, id.to_lowercase());
}

#[test]
fn uuids_say_their_version() {
    for (name, version) in [("random_uuid4", 4), ("random_uuid7", 7)] {
        let made = kind(name).made([]);
        let parsed = ::uuid::Uuid::parse_str(made.get_str("result").unwrap()).unwrap();
        assert_eq!((parsed.get_version_num(), made.get("id")), (version, made.get("result")));
    }
    assert_eq!(kind("random_uuid").made([]).get_str("id").unwrap().len(), 36);
    let id = "AABBCCDD-eeff-0011-2233-445566778899";
    assert_eq!(kind("random_uuid").imported(id).unwrap().get_str("id"), Some(&*id.to_lowercase()));
    assert!(kind("random_uuid").imported("x").is_err());
}

#[test]
fn bytes_are_a_secret_in_two_forms() {
    let made = kind("random_bytes").made([("length", number(5))]);
    assert_eq!(made.get_str("hex").unwrap().len(), 10);
    assert_eq!(kind("random_bytes").imported("AAEC").unwrap().get_str("hex"), Some("000102"));
    assert!(kind("random_bytes").imported("?").is_err());
    assert_eq!(kind("random_bytes").mistakes([("length", number(0))]).len(), 1);
}

#[test]
fn states_of_older_versions_are_taken_over() {
    let old = json!({ "id": "none", "length": 5, "number": false, "special": null, "min_upper": null,
        "result": { "?marks": ["sensitive"], "?value": "abcde" } });
    let upgraded = kind("random_password").upgraded(0, old);
    assert_eq!(upgraded.get_bool("numeric"), Some(false));
    assert_eq!(upgraded.get_bool("special"), Some(true));
    assert_eq!(upgraded.get_i64("min_upper"), Some(0));
    assert!(upgraded.get("bcrypt_hash").unwrap().is_null());
    let seen = kind("random_password").observed(&upgraded.unmark_deep().0).unwrap().unwrap();
    assert!(bcrypt::verify("abcde", seen.get_str("bcrypt_hash").unwrap()).unwrap());
    let plain = json!({ "id": "abc", "length": null, "number": null, "result": "abc" });
    let upgraded = kind("random_string").upgraded(1, plain);
    assert_eq!(upgraded.get_i64("length"), Some(3));
    assert_eq!(upgraded.get_bool("numeric"), Some(true));
    assert_eq!(kind("random_string").planned(Some(&upgraded), [("length", number(3))]).planned, upgraded);
}

#[test]
fn ephemeral_values_are_drawn_for_whoever_opens_them() {
    let password = opened(family, "random_password", [("length", number(12))]).unwrap();
    assert_eq!(password.get_str("result").unwrap().len(), 12);
    assert_eq!(password.get_bool("upper"), Some(true));
    assert!(opened(family, "random_password", [("length", number(0))]).is_err());
    let bytes = opened(family, "random_bytes", [("length", number(3))]).unwrap();
    assert_eq!(bytes.get_str("hex").unwrap().len(), 6);
}
