use evenkeel_model::{Type, Value};

use super::family;
use crate::kind::{Occasion, Resource};
use crate::testing::{Kind, check_schemas, map};

const BASE: &str = "2020-02-12T06:36:13Z";

fn kind(name: &'static str) -> Kind {
    Kind::of(family, name)
}

fn text(text: &str) -> Value {
    Value::string(text)
}

#[test]
fn schemas_can_be_read() {
    check_schemas(family());
}

#[test]
fn a_timestamp_that_is_given_is_known_while_planning() {
    let given = [("rfc3339", text("2020-02-12T06:36:13+02:00"))];
    let planned = kind("time_static").planned(None, given.clone()).planned;
    assert_eq!(planned.get_i64("unix"), Some(1_581_482_173));
    assert_eq!(planned.get_i64("hour"), Some(6));
    assert_eq!(planned.get_str("id"), Some("2020-02-12T06:36:13+02:00"));
    assert_eq!(kind("time_static").made(given), planned);
}

#[test]
fn without_one_it_is_the_time_of_the_creation() {
    let made = kind("time_static").made([("triggers", map(&[("a", "1")]))]);
    assert!(made.get_i64("unix").unwrap() > 1_700_000_000);
    assert_eq!(made.get("id"), made.get("rfc3339"));
    assert_eq!(kind("time_static").replaced(&made, [("triggers", map(&[("a", "2")]))]), ["triggers"]);
    assert!(kind("time_static").planned(None, []).planned.get("unix").unwrap().is_unknown());
    assert_eq!(kind("time_static").mistakes([("rfc3339", text("today"))]).len(), 1);
    let imported = kind("time_static").imported(BASE).unwrap();
    assert_eq!(kind("time_static").planned(Some(&imported), []).planned, imported);
    assert!(kind("time_static").imported("today").is_err());
}

#[test]
fn an_offset_counts_from_its_base() {
    let offset = kind("time_offset");
    let made = offset.made([("base_rfc3339", text(BASE)), ("offset_days", Value::number(7))]);
    assert_eq!(made.get_str("rfc3339"), Some("2020-02-19T06:36:13Z"));
    assert_eq!(made.get_i64("day"), Some(19));
    // A change is known while planning, and the base stays where configuration leaves it out.
    let change = [("offset_months", Value::number(-1)), ("offset_seconds", Value::number(1))];
    let planned = offset.planned(Some(&made), change.clone());
    assert_eq!(
        (planned.planned.get_str("rfc3339"), planned.replace.len()),
        (Some("2020-01-12T06:36:14Z"), 0)
    );
    assert_eq!(offset.changed(&made, change), planned.planned);
    let open = offset.planned(Some(&made), [("offset_days", Value::unknown(Type::Number))]).planned;
    assert!(open.get("rfc3339").unwrap().is_unknown());
    assert_eq!(offset.mistakes([("base_rfc3339", text(BASE))]).len(), 1);
    let imported = offset.imported("2020-02-12T06:36:13Z,,,7,,,").unwrap();
    assert_eq!(imported, made);
    for wrong in ["x", "2020-02-12T06:36:13Z,,,,,,", ",1,,,,,", "2020-02-12T06:36:13Z,a,,,,,"] {
        assert!(offset.imported(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_rotation_that_is_over_is_gone() {
    let rotating = kind("time_rotating");
    let made = rotating.made([("rfc3339", text(BASE)), ("rotation_days", Value::number(30))]);
    assert_eq!(made.get_str("rotation_rfc3339"), Some("2020-03-13T06:36:13Z"));
    assert_eq!(made.get_str("id"), Some(BASE));
    assert_eq!(rotating.observed(&made), Ok(None));
    let later = rotating.made([("rotation_years", Value::number(1))]);
    assert_eq!(rotating.observed(&later), Ok(Some(later.clone())));
    let change = [("rotation_years", Value::number(2))];
    let planned = rotating.planned(Some(&later), change.clone()).planned;
    assert_eq!(planned.get_i64("year"), later.get_i64("year").map(|year| year + 1));
    assert_eq!(rotating.changed(&later, change), planned);
    assert_eq!(
        rotating.replaced(&later, [("rfc3339", text(BASE)), ("rotation_years", Value::number(1))]),
        ["rfc3339"]
    );
}

#[test]
fn a_rotation_may_be_a_timestamp() {
    let rotating = kind("time_rotating");
    let until = [("rotation_rfc3339", text("2999-01-01T00:00:00.5+01:00"))];
    let made = rotating.made(until);
    assert_eq!((made.get_i64("year"), made.get_i64("unix")), (Some(2999), Some(32_472_140_400)));
    let change = [("rotation_hours", Value::number(1))];
    assert_ne!(rotating.changed(&made, change).get("rotation_rfc3339"), made.get("rotation_rfc3339"));
    assert_eq!(rotating.mistakes([]).len(), 1);
    assert_eq!(rotating.mistakes([("rotation_days", Value::number(0))]).len(), 1);
    for (id, until) in [
        ("2020-02-12T06:36:13Z,,1,,,", "2020-03-12T06:36:13Z"),
        ("2020-02-12T06:36:13Z,2020-02-13T06:36:13Z", "2020-02-13T06:36:13Z"),
    ] {
        assert_eq!(rotating.imported(id).unwrap().get_str("rotation_rfc3339"), Some(until));
    }
    for wrong in ["x", ",2020-02-13T06:36:13Z", "2020-02-12T06:36:13Z,", "2020-02-12T06:36:13Z,,,,,"] {
        assert!(rotating.imported(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_sleep_waits_for_what_it_is_told() {
    let sleep = kind("time_sleep");
    let pause = |text: &str, occasion| {
        let object = Value::object([("create_duration", Value::string(text))]);
        super::sleep::Sleep.pause(occasion, &object).map(|duration| duration.as_millis())
    };
    for (given, millis) in [("250ms", 250), ("1.5s", 1500), ("2m", 120_000), ("1h", 3_600_000), ("", 0)] {
        assert_eq!(pause(given, Occasion::Create), Ok(millis), "{given}");
        assert_eq!(pause(given, Occasion::Delete), Ok(0));
    }
    for wrong in ["1", "s", "-1s", "1d", "1 s", ".5s", "1.s", "1h30m", "1e3s", "99999999999999999999999h"] {
        assert!(pause(wrong, Occasion::Create).is_err(), "{wrong}");
        assert_eq!(sleep.mistakes([("create_duration", text(wrong))]).len(), 1, "{wrong}");
    }
    assert_eq!(sleep.mistakes([]).len(), 1);
    let made = sleep.made([("create_duration", text("0s")), ("triggers", map(&[("a", "1")]))]);
    let changed = sleep.changed(&made, [("destroy_duration", text("5s")), ("triggers", map(&[("a", "1")]))]);
    assert_eq!(changed.get("id"), made.get("id"));
    assert_eq!(sleep.imported("30s,").unwrap().get_str("create_duration"), Some("30s"));
    for wrong in ["30s", ",", "x,", "1s,2s,3s"] {
        assert!(sleep.imported(wrong).is_err(), "{wrong}");
    }
}
