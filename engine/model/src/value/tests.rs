use super::*;

#[test]
fn sets_are_in_the_order_of_cty() {
    let numbers = Value::set(Type::Number, [10, 9, 1].map(Value::number));
    assert_eq!(numbers.as_elements(), Some(&[1, 9, 10].map(Value::number)[..]));
    let object = |a: i64| Value::object([("a", Value::number(a))]);
    let ty = object(1).ty();
    let objects = Value::set(ty.clone(), [object(9), object(10), Value::null(ty.clone()), object(9)]);
    // By the text that is hashed: "<10;>" comes before "<9;>"; null is last.
    assert_eq!(objects.as_elements(), Some(&[object(10), object(9), Value::null(ty)][..]));
}

#[test]
fn unknown_elements_of_a_set_stay_apart() {
    let unknown = || Value::unknown(Type::String);
    let set = Value::set(Type::String, [unknown(), Value::string("x"), unknown()]);
    assert_eq!(set.as_elements().map(<[Value]>::len), Some(3));
}

#[test]
fn refinements_that_leave_one_value_are_that_value() {
    let exactly = |length| Refinements {
        not_null: true,
        length_min: Some(length),
        length_max: Some(length),
        ..Refinements::default()
    };
    let list = Value::unknown_refined(Type::list(Type::String), exactly(2));
    assert_eq!(list.as_elements().map(<[Value]>::len), Some(2));
    assert!(Value::unknown_refined(Type::set(Type::String), exactly(2)).is_unknown());
    let bound = Some((Number::from(3), true));
    let number = Refinements { not_null: true, min: bound.clone(), max: bound, ..Refinements::default() };
    assert_eq!(Value::unknown_refined(Type::Number, number), Value::number(3));
}

#[test]
fn what_is_inside_is_summed_up() {
    let secret = Value::string("x").sensitive();
    let inner = Value::object([("secret", secret), ("unknown", Value::unknown(Type::String))]);
    let outer = Value::tuple([inner.clone(), inner.clone(), Value::string("0123456789abcdef")]);
    assert_eq!(outer.marks(), Marks::NONE);
    assert_eq!(outer.all_marks(), Marks::SENSITIVE);
    assert!(!outer.is_wholly_known() && !outer.has_infinity());
    // Shared parts count each time, and sixteen bytes of text as one more.
    assert_eq!(outer.measure(9, 3), Some(9));
    assert_eq!((outer.measure(8, 3), outer.measure(9, 2)), (None, None));

    let (clear, marks) = outer.unmark_deep();
    assert_eq!((clear.all_marks(), marks), (Marks::NONE, Marks::SENSITIVE));
    let known = inner.with_attribute("unknown", Value::string("y"));
    assert!(known.is_wholly_known() && known.all_marks() == Marks::SENSITIVE);
    assert_eq!(Value::string("y").with_marks_of(&known).all_marks(), Marks::SENSITIVE);
}
