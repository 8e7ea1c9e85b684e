use super::*;

#[test]
fn every_function_is_described() {
    for name in names() {
        let function = lookup(name).unwrap();
        assert!(function.description.ends_with('.'), "{name}");
        assert!(function.signature().starts_with(name), "{}", function.signature());
    }
    assert_eq!(lookup("join").unwrap().signature(), "join(separator string, lists list(string)...) string");
    assert!(lookup("core::upper").is_some());
}

#[test]
fn names_are_unique() {
    let all: usize = FAMILIES.iter().map(|family| family.len()).sum();
    assert_eq!(all, names().count());
}
