use super::*;

#[test]
fn primitives_convert_both_ways() {
    assert_eq!(convert(&Value::string("12"), &Type::Number).unwrap(), Value::number(12));
    assert_eq!(convert(&Value::number(12), &Type::String).unwrap(), Value::string("12"));
    assert_eq!(convert(&Value::string("true"), &Type::Bool).unwrap(), Value::bool(true));
    assert!(convert(&Value::string("x"), &Type::Number).is_err());
    assert!(convert(&Value::number(1), &Type::Bool).is_err());
}

#[test]
fn tuples_become_collections() {
    let tuple = Value::tuple([Value::string("b"), Value::number(1), Value::string("b")]);
    assert_eq!(
        convert(&tuple, &Type::set(Type::String)).unwrap(),
        Value::set(Type::String, [Value::string("1"), Value::string("b")])
    );
    assert_eq!(
        convert(&tuple, &Type::list(Type::Dynamic)).unwrap(),
        Value::list(Type::String, [Value::string("b"), Value::string("1"), Value::string("b")])
    );
}

#[test]
fn errors_name_the_place() {
    let value = Value::object([("a", Value::tuple([Value::string("x")]))]);
    let ty = Type::object([("a", Type::list(Type::Number))]);
    assert_eq!(convert(&value, &ty).unwrap_err().to_string(), "attribute \"a[0]\": a number is required");
    let ty = Type::object([("a", Type::Dynamic), ("b", Type::Bool)]);
    assert_eq!(convert(&value, &ty).unwrap_err().to_string(), "attribute \"b\" is required");
}

#[test]
fn unification_follows_cty() {
    let object = |names: &[&str]| Type::object(names.iter().map(|name| (*name, Type::Number)));
    let tuple = |types: &[Type]| Type::tuple(types.iter().cloned());
    let cases = [
        (vec![Type::Number, Type::Bool], None),
        (vec![Type::Number, Type::Bool, Type::String], Some(Type::String)),
        (vec![Type::Dynamic, Type::String], Some(Type::String)),
        (vec![Type::Dynamic, Type::list(Type::String)], Some(Type::Dynamic)),
        (vec![object(&["a"]), object(&["b"])], Some(Type::map(Type::Number))),
        (vec![object(&["a"]), tuple(&[])], None),
        (vec![tuple(&[Type::Number]), tuple(&[])], Some(Type::list(Type::Number))),
        (vec![tuple(&[Type::Number]), Type::list(Type::String)], Some(Type::list(Type::String))),
        (vec![Type::set(Type::String), Type::list(Type::String)], Some(Type::list(Type::String))),
        (vec![Type::map(Type::String), object(&[])], Some(Type::map(Type::String))),
    ];
    for (types, expected) in cases {
        assert_eq!(unify(&types), expected, "{types:?}");
    }
}

/// Converting twice at each level would take time that doubles with each.
#[test]
fn deep_types_convert_in_no_time() {
    let nested = |inner: Type| (0..60).fold(inner, |ty, _| Type::list(ty));
    let value = (0..60).fold(Value::number(1), |value, _| Value::tuple([value]));
    for inner in [Type::String, Type::Dynamic] {
        assert!(convert(&value, &nested(inner)).is_ok());
    }
    let null = (0..60).fold(Value::null(Type::Dynamic), |value, _| Value::tuple([value]));
    assert!(convert(&null, &nested(Type::Dynamic)).is_ok());
}

#[test]
fn marks_survive() {
    let value = Value::number(1).sensitive();
    assert!(convert(&value, &Type::String).unwrap().is_sensitive());
}
