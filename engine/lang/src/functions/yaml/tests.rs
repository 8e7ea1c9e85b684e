use super::*;

fn encoded(value: Value) -> String {
    yamlencode(&[value]).unwrap().as_str().unwrap().to_owned()
}

#[test]
fn what_is_encoded_reads_back() {
    let text = |text: &str| Value::string(text);
    for value in [
        Value::object([(
            "a",
            Value::tuple([text("x"), Value::object([("b", Value::bool(true)), ("c", text("1"))])]),
        )]),
        Value::tuple([
            Value::tuple([Value::tuple([Value::number(1)])]),
            Value::empty_object(),
            Value::tuple([]),
        ]),
        Value::object([(
            "deep",
            Value::object([("er", Value::object([("k", Value::null(Type::Dynamic))]))]),
        )]),
        text("two\nlines"),
        text("two\nlines\n"),
        text(" first\n\n\n"),
        text("tab\there\nand \"quotes\" \\ \u{7f}"),
        Value::string("word ".repeat(60)),
        Value::string("a  b ".repeat(40)),
        Value::object([("k".repeat(200).as_str(), text("long key"))]),
        Value::object([("l", text("in\na mapping")), ("m", Value::tuple([text("in\na list"), text("x")]))]),
    ] {
        let yaml = encoded(value.clone());
        assert_eq!(yamldecode(&[text(&yaml)]), Ok(value), "{yaml}");
    }
}

#[test]
fn aliases_cannot_fill_the_memory() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for i in 1..10 {
        let list = vec![format!("*a{}", i - 1); 10].join(", ");
        bomb.push_str(&format!("a{i}: &a{i} [{list}]\n"));
    }
    assert!(yamldecode(&[Value::string(bomb)]).unwrap_err().message.contains("too many values"));
    let merged = yamldecode(&[Value::string("a: &a {j: 1, k: 2}\nb:\n  <<: *a\n  k: 3\n")]).unwrap();
    assert_eq!(merged.get("b").unwrap().get("k"), Some(&Value::number(3)));
    assert!(yamldecode(&[Value::string("[".repeat(5000))]).is_err());
}
