use super::*;
use crate::eval::tests::{check, error};
use evenkeel_model::json;

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
    let all: usize = FAMILIES.iter().map(|family| family.functions.len()).sum();
    assert_eq!(all, names().count());
}

#[test]
fn every_function_has_an_example_that_is_right() {
    assert!(examples::EXAMPLES.is_sorted_by_key(|(name, ..)| *name));
    assert_eq!(examples::EXAMPLES.len(), names().count());
    for name in names() {
        let (call, result) =
            lookup(name).unwrap().example().unwrap_or_else(|| panic!("{name} has no example"));
        assert!(call.contains(&format!("{name}(")), "{name}: {call}");
        if !result.is_empty() {
            check(call, result);
        }
    }
}

/// `UPDATE_DOCS=1` writes the page.
#[test]
#[allow(clippy::disallowed_methods, reason = "the page lies outside of the crate")]
fn the_reference_page_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/functions.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, page()).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(written, page(), "docs/reference/functions.md; UPDATE_DOCS=1 writes it anew");
}

/// Two calls, two places and two scopes differ; the same evaluated again does not.
#[test]
fn random_values_differ_from_call_to_call_and_not_from_run_to_run() {
    let text = "[uuid(), uuid(), [for i in range(2) : uuid()], bcrypt(\"x\", 4)]";
    let first = crate::eval::tests::eval_with_entropy(text, [1; 32]);
    assert_eq!(first, crate::eval::tests::eval_with_entropy(text, [1; 32]));
    let uuids = |value: &Value| {
        let flat = json::to_plain(value).to_string();
        flat.split('"').filter(|part| part.len() == 36).map(str::to_owned).collect::<Vec<_>>()
    };
    let mut all = uuids(&first);
    all.extend(uuids(&crate::eval::tests::eval_with_entropy(text, [2; 32])));
    assert_eq!(all.len(), 8);
    assert!(all.iter().all(|uuid| uuid.get(14..15) == Some("4")), "{all:?}");
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 8, "{all:?}");
}

/// The hash of "x" is the one that every other implementation gives for this salt.
#[test]
fn bcrypt_hashes_verify() {
    let value = crate::eval::tests::eval_with_entropy("bcrypt(\"x\")", [7; 32]);
    assert!(value.as_str().is_some_and(|hash| hash.starts_with("$2a$10$") && hash.len() == 60), "{value:?}");
    for wrong in ["bcrypt(\"x\", 31)", "bcrypt(\"x\", 4, 5)", &format!("bcrypt({:?})", "x".repeat(73))] {
        assert!(crate::eval::tests::eval_with_entropy(wrong, [7; 32]).is_unknown(), "{wrong}");
    }
}

/// Every bomb ends in a message, not in memory.
#[test]
fn what_only_exhausts_memory_is_refused() {
    for (text, expected) in [
        ("range(1000000)", "more than 1024 values"),
        ("format(\"%2000000000d\", 1)", "width and precision"),
        ("format(\"%.2000000000f\", 1)", "width and precision"),
        ("indent(2000000000, \"a\")", "number of spaces"),
        ("regex(\"(((a{1000}){1000}){1000}){1000}\", \"a\")", "expression too large"),
        ("regex(\"a{1001}\", \"a\")", "invalid repeat count"),
        ("setproduct(range(1000), range(1000), range(1000), range(1000))", "combinations"),
        ("cidrsubnets(\"10.0.0.0/8\", 33)", "more than 32 bits"),
        ("templatefile(\"loop.tmpl\", {})", "maximum recursion depth"),
        ("jsondecode(join(\"\", [for i in range(1000) : \"[\"]))", "recursion limit"),
        ("yamldecode(join(\"\", [for i in range(1000) : \"[\"]))", ""),
    ] {
        let found = error(text);
        assert!(found.contains(expected), "{text}: {found}");
    }
}

/// Nested quantifiers take time that doubles with each character where matching goes back.
#[test]
fn patterns_take_linear_time() {
    check("can(regex(\"^(a+)+$\", join(\"\", [for i in range(1000) : i == 999 ? \"b\" : \"a\"])))", "false");
    check("length(regexall(\"(x+x+)+y\", join(\"\", [for i in range(1000) : \"x\"])))", "0");
}

/// One or two calls of every family; the expected side is an expression as well.
#[test]
fn functions_give_what_terraform_gives() {
    for (text, expected) in [
        // collection
        ("length(\"wé\")", "2"),
        ("merge({ a = 1 }, { a = 2, b = 3 })", "{ a = 2, b = 3 }"),
        ("concat([1], [\"a\"])", "[1, \"a\"]"),
        ("lookup({ a = 1 }, \"b\", 2)", "2"),
        ("flatten([[1, [2]], 3])", "[1, 2, 3]"),
        ("element([\"a\", \"b\"], 3)", "\"b\""),
        ("coalesce(null, \"\", \"x\")", "\"x\""),
        ("keys({ b = 1, a = 2 })", "[\"a\", \"b\"]"),
        ("zipmap([\"a\"], [1])", "{ a = 1 }"),
        ("slice([1, 2, 3], 1, 2)", "[2]"),
        ("one([])", "null"),
        ("contains([\"a\"], \"a\")", "true"),
        ("sort([\"b\", \"a\"])", "tolist([\"a\", \"b\"])"),
        ("distinct([1, 1, 2])", "tolist([1, 2])"),
        ("range(3, 0)", "tolist([3, 2, 1])"),
        ("transpose({ a = [\"x\", \"y\"] })", "tomap({ x = tolist([\"a\"]), y = tolist([\"a\"]) })"),
        ("matchkeys([1, 2], [\"a\", \"b\"], [\"b\"])", "tolist([2])"),
        ("chunklist([1, 2, 3], 2)", "tolist([tolist([1, 2]), tolist([3])])"),
        ("alltrue([true, null])", "false"),
        ("sum([1, 2.5])", "3.5"),
        // set
        ("setproduct([\"a\"], [1, 2])", "tolist([[\"a\", 1], [\"a\", 2]])"),
        ("setsubtract([\"a\", \"b\"], [\"b\"])", "toset([\"a\"])"),
        // string
        ("join(\",\", [1, true])", "\"1,true\""),
        ("split(\",\", \"a,b\")", "tolist([\"a\", \"b\"])"),
        ("replace(\"a1b2\", \"/[0-9]/\", \"<$0>\")", "\"a<1>b<2>\""),
        ("regex(\"(?P<k>[a-z]+)=\", \"x=1\")", "{ k = \"x\" }"),
        ("title(\"a b-c\")", "\"A B-C\""),
        ("substr(\"hello\", -3, 2)", "\"ll\""),
        ("format(\"%05.1f|%-4s|%q|%v\", 3.14159, \"ab\", \"c\", [1])", "\"003.1|ab  |\\\"c\\\"|[1]\""),
        ("format(\"%x %#o %e %g\", 255, 8, 12345, 1e-7)", "\"ff 010 1.234500e+04 1e-07\""),
        ("formatlist(\"%s-%d\", [\"a\", \"b\"], 1)", "tolist([\"a-1\", \"b-1\"])"),
        // numeric
        ("pow(2, 10)", "1024"),
        ("floor(-1.5)", "-2"),
        ("parseint(\"-ff\", 16)", "-255"),
        ("max(1, \"3\", 2)", "3"),
        ("min(1 / 0, 0)", "0"),
        ("tostring([1 / 0, -0, 1 / (-1 / 0)][1])", "\"-0\""),
        ("\"x${log(0, 10)}\"", "\"x-Inf\""),
        ("cidrsubnet(\"10.1.2.0/24\", 4, -1)", "\"0.0.0.16/28\""),
        // encoding and hash
        (
            "jsonencode({ b = 1.50, a = \"<x>\" })",
            "\"{\\\"a\\\":\\\"\\\\u003cx\\\\u003e\\\",\\\"b\\\":1.5}\"",
        ),
        ("jsondecode(\"[1, null]\")", "[1, null]"),
        ("base64decode(base64encode(\"é\"))", "\"é\""),
        ("urlencode(\"a b/ü\")", "\"a+b%2F%C3%BC\""),
        ("csvdecode(\"a,b\\n1,\\\"x\\n,y\\\"\\n\")", "tolist([{ a = \"1\", b = \"x\\n,y\" }])"),
        ("yamldecode(\"a: [1, yes]\\n\")", "{ a = [1, true] }"),
        ("yamlencode({ a = [\"x\"] })", "\"\\\"a\\\":\\n- \\\"x\\\"\\n\""),
        ("md5(\"\")", "\"d41d8cd98f00b204e9800998ecf8427e\""),
        ("base64sha256(\"test\")", "\"n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=\""),
        ("uuidv5(\"dns\", \"tada\")", "\"faa898db-9b9d-5b75-86a9-149e7bb8e3b8\""),
        // ip_network
        ("cidrsubnet(\"10.0.0.0/8\", 8, 255)", "\"10.255.0.0/16\""),
        (
            "cidrsubnets(\"10.0.0.0/16\", 4, 8, 4)",
            "tolist([\"10.0.0.0/20\", \"10.0.16.0/24\", \"10.0.32.0/20\"])",
        ),
        ("cidrhost(\"fd00::/64\", -1)", "\"fd00::ffff:ffff:ffff:ffff\""),
        ("cidrnetmask(\"10.0.0.0/12\")", "\"255.240.0.0\""),
        // date
        (
            "formatdate(\"EEE, DD MMM YYYY hh:mm:ss ZZZ\", \"2018-01-02T23:12:01-08:00\")",
            "\"Tue, 02 Jan 2018 23:12:01 -0800\"",
        ),
        ("timeadd(\"2024-02-28T23:30:00Z\", \"1h30m\")", "\"2024-02-29T01:00:00Z\""),
        ("timecmp(\"2017-11-22T01:00:00Z\", \"2017-11-22T00:00:00-01:00\")", "0"),
        // filesystem
        ("fileexists(\"t.tmpl\")", "true"),
        ("fileset(\".\", \"*.tmpl\")", "toset([\"t.tmpl\", \"loop.tmpl\"])"),
        ("basename(\"a/b.txt\")", "\"b.txt\""),
        ("abspath(\"a/../b\")", "\"/stack/b\""),
        // type_conversion
        ("tonumber(\"1.50\")", "1.5"),
        ("toset([\"b\", \"a\", \"b\"])", "toset([\"a\", \"b\"])"),
        ("issensitive(sensitive(1))", "true"),
        ("nonsensitive(sensitive(1))", "1"),
    ] {
        check(text, expected);
    }
}

#[test]
fn wrong_arguments_are_named() {
    for (text, expected) in [
        ("tonumber(\"x\")", "cannot convert \"x\" to number"),
        ("cidrsubnet(\"10.0.0.0/33\", 1, 1)", "invalid CIDR address: 10.0.0.0/33"),
        ("cidrsubnet(\"10.0.0.0/31\", 2, 1)", "insufficient address space"),
        ("format(\"%d\", \"x\")", "unsupported value for \"%d\" at 0: a number is required"),
        ("format(\"%s\")", "not enough arguments"),
        ("regex(\"(\", \"x\")", "Invalid value for \"pattern\" parameter"),
        ("formatdate(\"Y\", \"2018-01-02T23:12:01Z\")", "year must either be"),
        ("timeadd(\"2018-01-32T00:00:00Z\", \"1h\")", "not a valid RFC3339 timestamp"),
        ("element([], 0)", "empty list"),
        ("merge([1])", "arguments must be maps or objects"),
        ("log(-1, 10)", "not a number"),
        ("jsonencode(1 / 0)", "cannot serialize infinity"),
        ("range(1 / 0)", "more than 1024 values"),
        ("pathexpand(\"~/x\")", "there is no home directory here"),
        ("range(0, 5000)", "more than 1024 values"),
        ("jsondecode(\"{\")", "Call to function \"jsondecode\" failed"),
    ] {
        let found = error(text);
        assert!(found.contains(expected), "{text}: {found}");
    }
}
