//! Laws of numbers, conversion and unification, on random values.

use std::sync::Arc;

use evenkeel_model::convert::{can_convert, convert, unify};
use evenkeel_model::{Number, Type, Value, json};
use proptest::prelude::*;

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        "-?[0-9]{1,40}(\\.[0-9]{1,40})?".prop_map(|text| text.parse().expect("a number")),
        ("-?[1-9]\\.[0-9]{1,20}", -300_i32..300)
            .prop_map(|(text, exponent)| format!("{text}e{exponent}").parse().expect("a number")),
        any::<f64>()
            .prop_filter("finite", |value| value.is_finite())
            .prop_map(|value| Number::from_f64(value).expect("a number")),
    ]
}

fn ty() -> impl Strategy<Value = Type> {
    let leaf = prop_oneof![Just(Type::Bool), Just(Type::Number), Just(Type::String)];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(Type::list),
            inner.clone().prop_map(Type::set),
            inner.clone().prop_map(Type::map),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Type::tuple),
            prop::collection::btree_map("[a-c]", inner, 0..3).prop_map(Type::object),
        ]
    })
}

/// A value of a type; some of them null, unknown or sensitive.
fn value_of(ty: &Type) -> BoxedStrategy<Value> {
    let known: BoxedStrategy<Value> = match ty {
        Type::Dynamic => Just(Value::null(Type::Dynamic)).boxed(),
        Type::Bool => any::<bool>().prop_map(Value::bool).boxed(),
        Type::Number => number().prop_map(Value::number).boxed(),
        Type::String => prop_oneof!["[a-z1]{0,4}", Just("true".to_owned()), Just("12.50".to_owned())]
            .prop_map(Value::string)
            .boxed(),
        Type::List(element) => {
            let element = (**element).clone();
            elements(&element).prop_map(move |all| Value::list(element.clone(), all)).boxed()
        }
        Type::Set(element) => {
            let element = (**element).clone();
            elements(&element).prop_map(move |all| Value::set(element.clone(), all)).boxed()
        }
        Type::Map(element) => {
            let element = (**element).clone();
            prop::collection::btree_map("[a-c]", value_of(&element), 0..3)
                .prop_map(move |all| Value::map(element.clone(), all))
                .boxed()
        }
        Type::Tuple(types) => {
            let parts: Vec<_> = types.iter().map(value_of).collect();
            parts.prop_map(Value::tuple).boxed()
        }
        Type::Object(object) => {
            let names: Vec<Arc<str>> = object.attributes.keys().cloned().collect();
            let parts: Vec<_> = object.attributes.values().map(value_of).collect();
            parts.prop_map(move |all| Value::object(names.iter().cloned().zip(all))).boxed()
        }
    };
    let (null, unknown) = (Value::null(ty.clone()), Value::unknown(ty.clone()));
    prop_oneof![
        8 => known.clone(),
        1 => known.prop_map(Value::sensitive),
        1 => Just(null),
        1 => Just(unknown),
    ]
    .boxed()
}

fn elements(ty: &Type) -> BoxedStrategy<Vec<Value>> {
    prop::collection::vec(value_of(ty), 0..3).boxed()
}

fn value() -> impl Strategy<Value = Value> {
    ty().prop_flat_map(|ty| value_of(&ty))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn numbers_read_back_as_they_are_written(number in number()) {
        prop_assert_eq!(number.to_string().parse::<Number>(), Ok(number));
    }

    #[test]
    fn arithmetic_has_its_laws(a in number(), b in number()) {
        prop_assert_eq!(a.add(&b), b.add(&a));
        prop_assert_eq!(a.mul(&b), b.mul(&a));
        prop_assert_eq!(a.sub(&a), Some(Number::ZERO));
        prop_assert_eq!(&a.neg().neg(), &a);
        prop_assert!(a.floor() <= a && a <= a.ceil());
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        prop_assert_eq!(a == b, a.cmp(&b).is_eq());
    }

    #[test]
    fn converting_twice_changes_nothing((value, ty) in (value(), ty())) {
        if let Ok(once) = convert(&value, &ty) {
            prop_assert_eq!(&convert(&once, &ty), &Ok(once.clone()));
            prop_assert_eq!(once.ty(), ty);
            // Attributes that the type does not have are left out, and their marks with them.
            prop_assert!(value.all_marks().contains(once.all_marks()));
            prop_assert!(once.marks().contains(value.marks()));
            prop_assert_eq!(once.is_null(), value.is_null());
        }
    }

    #[test]
    fn a_value_converts_to_its_own_type(value in value()) {
        let converted = convert(&value, &value.ty());
        prop_assert_eq!(converted, Ok(value));
    }

    /// What types rule out, no value can do; a bool or a number always becomes text.
    #[test]
    fn values_follow_their_types((value, ty) in (value(), ty())) {
        if convert(&value, &ty).is_ok() && !value.is_null() {
            prop_assert!(can_convert(&value.ty(), &ty));
        }
        if matches!(value.ty(), Type::Bool | Type::Number) {
            prop_assert!(convert(&value, &Type::String).is_ok());
        }
    }

    /// An unknown value converts where its type can, and then is of that type.
    #[test]
    fn unknown_values_convert_by_type((from, to) in (ty(), ty())) {
        let converted = convert(&Value::unknown(from.clone()), &to);
        prop_assert_eq!(converted.is_ok(), can_convert(&from, &to));
        if let Ok(converted) = converted {
            prop_assert_eq!(converted.ty(), to);
        }
    }

    #[test]
    fn unification_does_not_depend_on_the_order((a, b) in (ty(), ty())) {
        let (ab, ba) = (unify(&[a.clone(), b.clone()]), unify(&[b.clone(), a.clone()]));
        prop_assert_eq!(&ab, &ba);
        prop_assert_eq!(unify(&[a.clone(), a.clone()]), Some(a.clone()));
        if let Some(ty) = ab {
            prop_assert!(can_convert(&a, &ty) && can_convert(&b, &ty), "{} {} -> {}", a, b, ty);
        }
    }

    /// The order in which elements come, and how often, makes no set another one.
    #[test]
    fn sets_are_what_is_in_them(all in ty().prop_flat_map(|ty| (Just(ty.clone()), elements(&ty)))) {
        let (ty, elements) = all;
        let known: Vec<Value> = elements.into_iter().filter(Value::is_wholly_known).collect();
        let once = Value::set(ty.clone(), known.clone());
        let twice = Value::set(ty, known.iter().rev().chain(&known).cloned());
        prop_assert_eq!(once, twice);
    }

    /// Nothing is lost between a plan's file and what reads it.
    #[test]
    fn encoded_values_read_back(value in value()) {
        prop_assert_eq!(json::decode(&json::encode(&value), &value.ty()), Ok(value.clone()));
        prop_assert_eq!(json::decode(&json::encode_open(&value), &Type::Dynamic), Ok(value));
    }
}
