//! Expressions with the answers that Terraform gave, from the conformance folder beside the
//! checkout. Where the folder is absent, the test says so and passes.

#![allow(clippy::disallowed_methods, reason = "a test may look for its data")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use evenkeel_lang::ast::{Body, Expr, ExprKind, ObjectItem};
use evenkeel_lang::eval::{PathKind, Scope, evaluate};
use evenkeel_lang::functions;
use evenkeel_lang::parse::{parse_expression, parse_file};
use evenkeel_model::convert::convert;
use evenkeel_model::ty::ObjectType;
use evenkeel_model::{
    Diagnostic, Diagnostics, InstanceKey, Marks, Number, ResourceMode, SourceRange, Type, Value, json,
};
use serde_json::Value as Json;

#[test]
fn functions() {
    run("functions.json", 1071);
}

#[test]
fn functions_of_opentofu() {
    run("functions_opentofu_only.json", 37);
}

#[test]
fn expressions() {
    run("expressions.json", 445);
}

/// Every function that Terraform lists is here, with the same parameters and results.
#[test]
fn signatures() {
    let Some(folder) = folder() else {
        println!("skipped: there is no conformance folder; set EVENKEEL_SHARED to its parent");
        return;
    };
    let text = std::fs::read_to_string(folder.join("samples/metadata_functions.json")).unwrap();
    let suite: Json = serde_json::from_str(&text).unwrap();
    let mut wrong = Vec::new();
    for (name, wanted) in suite["function_signatures"].as_object().unwrap() {
        let Some(function) = functions::lookup(name) else {
            wrong.push(format!("{name}: missing"));
            continue;
        };
        let parameter = |parameter: &functions::Parameter| {
            let ty = parameter.ty().to_json();
            // What these two are given is an expression and never null itself.
            let nullable = parameter.is_nullable() && !["can", "try"].contains(&function.name);
            (parameter.name.to_owned(), nullable, ty)
        };
        let recorded = |json: &Json| {
            let nullable = json.get("is_nullable").and_then(Json::as_bool).unwrap_or_default();
            (json["name"].as_str().unwrap().to_owned(), nullable, json["type"].clone())
        };
        let list = wanted.get("parameters").and_then(Json::as_array).cloned().unwrap_or_default();
        let found = (
            function.return_type().to_json(),
            function.parameters.iter().map(parameter).collect::<Vec<_>>(),
            function.variadic.as_ref().map(parameter),
        );
        let expected = (
            wanted["return_type"].clone(),
            list.iter().map(recorded).collect::<Vec<_>>(),
            wanted.get("variadic_parameter").map(recorded),
        );
        if found != expected {
            wrong.push(format!("{name}:\n  expected {expected:?}\n  found    {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What functions and operators do at their edges, recorded as the conformance cases were and with the
/// same context. Answers that differ on purpose are left out; docs/compatibility.md lists them.
#[test]
fn edges() {
    if folder().is_none() {
        println!("skipped: there is no conformance folder; set EVENKEEL_SHARED to its parent");
        return;
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recorded/edges.json");
    assert_eq!(run_file(Path::new(file)), (1895, 0), "all cases pass");
}

/// Cases recorded by whoever works on this, as the conformance folder's own recorder writes them.
#[test]
fn own_cases() {
    match std::env::var("EVENKEEL_CASES") {
        Ok(file) => drop(run_file(Path::new(&file))),
        Err(_) => println!("skipped: EVENKEEL_CASES names no file of cases"),
    }
}

/// Type constraints and values through a module's variable. Constraints with defaults of optional
/// attributes are configuration's business and not looked at here.
#[test]
fn type_conversions() {
    let Some(folder) = folder() else {
        println!("skipped: there is no conformance folder; set EVENKEEL_SHARED to its parent");
        return;
    };
    let text = std::fs::read_to_string(folder.join("type_conversions.json")).unwrap();
    let suite: Json = serde_json::from_str(&text).unwrap();
    let context = Context::load(&folder.join("context"));
    let (mut passed, mut failed) = (0, 0);
    for case in suite["cases"].as_array().unwrap() {
        let constraint = case["type_constraint"].as_str().unwrap_or_default();
        let given = case["value_expr"].as_str().unwrap_or_default();
        let (Some(constraint), _) = parse_expression("type", constraint) else { continue };
        if has_defaults(&constraint) {
            continue;
        }
        match check_conversion(case, &type_of(&constraint), given, &context) {
            Ok(()) => passed += 1,
            Err(why) => {
                failed += 1;
                println!("    {} <- {given}\n      {why}", case["type_constraint"]);
            }
        }
    }
    println!("type_conversions.json: {passed} passed, {failed} failed");
    // The 80 others have defaults, which configuration fills in and tests.
    assert_eq!((passed, failed), (821, 0), "all cases pass");
}

fn check_conversion(case: &Json, ty: &Type, given: &str, context: &Context) -> Result<(), String> {
    let (expr, problems) = parse_expression("value", given);
    let Some(expr) = expr else { return Err(format!("{problems:?}")) };
    let (value, problems) = evaluate(&expr, context);
    if problems.has_errors() {
        return Err(format!("{problems:?}"));
    }
    match (convert(&value, ty), case.get("error")) {
        (Err(_), Some(_)) => Ok(()),
        (Err(error), None) => Err(error.to_string()),
        (Ok(value), Some(error)) => Err(format!("expected the error {error}, got {value:?}")),
        (Ok(value), None) => compare(case, &value, context),
    }
}

fn has_defaults(constraint: &Expr) -> bool {
    match constraint.kind() {
        ExprKind::Call { name, arguments, .. } => {
            (&**name == "optional" && arguments.len() > 1) || arguments.iter().any(has_defaults)
        }
        ExprKind::Tuple(elements) => elements.iter().any(has_defaults),
        ExprKind::Object(items) => items.iter().any(|item| has_defaults(&item.value)),
        _ => false,
    }
}

fn folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("EVENKEEL_SHARED").map_or(beside, PathBuf::from);
    Some(shared.join("conformance")).filter(|folder| folder.is_dir())
}

/// Every case of a file passes; `count` says how many there are, so that none is lost.
fn run(file: &str, count: usize) {
    let Some(folder) = folder() else {
        println!("skipped: there is no conformance folder; set EVENKEEL_SHARED to its parent");
        return;
    };
    let (passed, failed) = run_file(&folder.join(file));
    assert_eq!((passed, failed), (count, 0), "{file}: all of {count} cases pass");
}

fn run_file(file: &Path) -> (usize, usize) {
    let Some(folder) = folder() else { return (0, 0) };
    let text = std::fs::read_to_string(file).unwrap();
    let suite: Json = serde_json::from_str(&text).unwrap();
    let context = Context::load(&folder.join("context"));
    let mut failures: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut passed = 0;
    for case in suite["cases"].as_array().unwrap() {
        match check(case, &context) {
            Ok(()) => passed += 1,
            Err(why) => {
                let group = case.get("function").or(case.get("category")).and_then(Json::as_str);
                failures.entry(group.unwrap_or("other").to_owned()).or_default().push(format!(
                    "{} {}\n      {why}",
                    case["id"].as_str().unwrap_or_default(),
                    case["expr"].as_str().unwrap_or_default()
                ));
            }
        }
    }
    let failed: usize = failures.values().map(Vec::len).sum();
    for (group, cases) in &failures {
        println!("{group}");
        for case in cases {
            println!("    {case}");
        }
    }
    println!("{}: {passed} passed, {failed} failed", file.display());
    (passed, failed)
}

fn check(case: &Json, context: &Context) -> Result<(), String> {
    let text = case["expr"].as_str().unwrap_or_default();
    let (expr, problems) = parse_case(text);
    let (value, problems) = match expr.filter(|_| !problems.has_errors()) {
        Some(expr) => context.evaluate(&expr),
        None => (Value::unknown(Type::Dynamic), problems),
    };
    // Where later versions answer differently, theirs is the answer.
    let expected = case.get("newer").unwrap_or(case);
    let fails = problems.has_errors();
    let first = problems.iter().next().map(|problem| format!("{}: {}", problem.summary, problem.detail));
    if case.get("quirk").is_some() {
        // Terraform recovered from a crash of its own; docs/compatibility.md says what happens here.
        return Ok(());
    }
    if let (Some(_), false) = (expected.get("not_serializable"), fails) {
        return same("not serializable", &true, &value.has_infinity());
    }
    if case.get("expected_not_converted").is_some() {
        // Whoever recorded it could not write the answer down: that there is one must do.
        return Ok(());
    }
    match (expected.get("error"), fails) {
        (Some(_), true) => return Ok(()),
        (Some(error), false) => return Err(format!("expected the error {error}, got {value:?}")),
        (None, true) => return Err(first.unwrap_or_default()),
        (None, false) => {}
    }
    if case.get("impure").is_some() && expected.get("unknown").is_none() {
        return Ok(());
    }
    compare(expected, &value, context)
}

/// The expression as it was evaluated: as the value of `v` in an object constructor, where newlines
/// end it.
fn parse_case(text: &str) -> (Option<Expr>, Diagnostics) {
    let wrapped = format!("value = {{\n    v = {text}\n  }}\n");
    let (body, problems) = parse_file("case.tf", wrapped.as_bytes());
    let object = body.attribute("value").map(|attribute| attribute.value.clone());
    let value = object.as_ref().and_then(|object| match object.kind() {
        ExprKind::Object(items) => items.first().map(|item| item.value.clone()),
        _ => None,
    });
    (value, problems)
}

fn compare(expected: &Json, value: &Value, context: &Context) -> Result<(), String> {
    if let Some(ty) = expected.get("type").filter(|ty| !ty.is_null()) {
        let found = value.ty().to_json();
        same("type", ty, &found)?;
    }
    let flag = |name: &str| expected.get(name).and_then(Json::as_bool).unwrap_or_default();
    same("sensitive", &flag("sensitive"), &value.is_sensitive())?;
    same("unknown", &flag("unknown"), &value.is_unknown())?;
    let (mut unknown, mut sensitive) = (BTreeSet::new(), BTreeSet::new());
    if value.is_known() {
        places(value, "", &mut |value| value.is_unknown(), &mut unknown);
    }
    if !value.is_sensitive() {
        places(value, "", &mut |value| value.marks().contains(Marks::SENSITIVE), &mut sensitive);
    }
    same("unknown parts", &trues(expected.get("unknown_parts")), &unknown)?;
    same("sensitive parts", &trues(expected.get("sensitive_parts")), &sensitive)?;
    if value.is_unknown() {
        return Ok(());
    }
    let exact = expected.get("value_exact_json").and_then(Json::as_str);
    let wanted = match exact {
        Some(exact) => serde_json::from_str(exact).map_err(|error| error.to_string())?,
        None => expected.get("value").cloned().unwrap_or(Json::Null),
    };
    let found = context.portable(value);
    if equal(&wanted, &found, exact.is_some()) {
        return Ok(());
    }
    Err(format!("expected {wanted}, got {found}"))
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, expected: &T, found: &T) -> Result<(), String> {
    if expected == found { Ok(()) } else { Err(format!("{what}: expected {expected:?}, got {found:?}")) }
}

fn equal(a: &Json, b: &Json, exact: bool) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => {
            let (a, b): (Result<Number, _>, Result<Number, _>) =
                (a.to_string().parse(), b.to_string().parse());
            match (a, b) {
                (Ok(a), Ok(b)) => a == b || (!exact && a.to_f64() == b.to_f64()),
                _ => false,
            }
        }
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b, exact))
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b, exact)))
        }
        (a, b) => a == b,
    }
}

/// The paths at which a property holds; nothing below them is looked at.
fn places(value: &Value, at: &str, is: &mut impl FnMut(&Value) -> bool, out: &mut BTreeSet<String>) {
    if is(value) {
        out.insert(at.to_owned());
        return;
    }
    for (i, element) in value.as_elements().unwrap_or_default().iter().enumerate() {
        places(element, &format!("{at}/{i}"), is, out);
    }
    for (key, element) in value.as_entries().into_iter().flatten() {
        places(element, &format!("{at}/{key}"), is, out);
    }
}

fn trues(parts: Option<&Json>) -> BTreeSet<String> {
    fn walk(parts: &Json, at: &str, out: &mut BTreeSet<String>) {
        match parts {
            Json::Bool(true) => {
                out.insert(at.to_owned());
            }
            Json::Array(elements) => {
                elements.iter().enumerate().for_each(|(i, element)| walk(element, &format!("{at}/{i}"), out));
            }
            Json::Object(entries) => {
                entries.iter().for_each(|(key, element)| walk(element, &format!("{at}/{key}"), out));
            }
            _ => {}
        }
    }
    let mut out = BTreeSet::new();
    if let Some(parts) = parts {
        walk(parts, "", &mut out);
    }
    out
}

/// The outputs of a module before anything is known of them.
fn open_outputs((name, outputs): (&String, &Value)) -> (String, Value) {
    let names = outputs.as_entries().into_iter().flatten().map(|(name, _)| name.clone());
    (name.clone(), Value::object(names.map(|name| (name, Value::unknown(Type::Dynamic)))))
}

/// What the expressions refer to: the context folder, as its configuration describes it.
#[derive(Clone)]
struct Context {
    folder: PathBuf,
    variables: BTreeMap<String, Value>,
    locals: BTreeMap<String, Value>,
    modules: BTreeMap<String, Value>,
}

impl Context {
    fn load(folder: &Path) -> Self {
        let folder = folder.canonicalize().unwrap();
        let mut context = Self {
            folder: folder.clone(),
            variables: BTreeMap::new(),
            locals: BTreeMap::new(),
            modules: BTreeMap::new(),
        };
        let main = read(&folder.join("context.tf"));
        for block in main.blocks.iter().filter(|block| &*block.kind == "variable") {
            let name = block.labels[0].to_string();
            let value = context.variable_value(&name, &block.body);
            context.variables.insert(name, value);
        }
        for block in main.blocks.iter().filter(|block| &*block.kind == "locals") {
            for attribute in block.body.attributes.iter() {
                let (value, problems) = evaluate(&attribute.value, &context);
                assert!(!problems.has_errors(), "{problems:?}");
                context.locals.insert(attribute.name.to_string(), value);
            }
        }
        for name in ["nul", "emp"] {
            let body = read(&folder.join(name).join("main.tf"));
            let outputs: Vec<(String, Value)> = body
                .blocks
                .iter()
                .filter(|block| &*block.kind == "variable")
                .map(|block| (block.labels[0].to_string(), context.variable_value("", &block.body)))
                .collect();
            context.modules.insert(name.into(), Value::object(outputs));
        }
        let mut unknown = Vec::new();
        for entry in std::fs::read_dir(folder.join("unk")).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                let body = read(&path.join("main.tf"));
                let ty = type_of(&body.blocks[0].body.attribute("type").unwrap().value);
                unknown.push((path.file_name().unwrap().to_string_lossy().into_owned(), Value::unknown(ty)));
            }
        }
        context.modules.insert("unk".into(), Value::object(unknown));
        context
    }

    /// As Terraform does it: first with outputs of modules unknown, to find what is wrong whatever
    /// they are, then with what they are.
    fn evaluate(&self, expr: &Expr) -> (Value, Diagnostics) {
        let validation = Self { modules: self.modules.iter().map(open_outputs).collect(), ..self.clone() };
        let (value, problems) = evaluate(expr, &validation);
        if problems.has_errors() { (value, problems) } else { evaluate(expr, self) }
    }

    fn variable_value(&self, name: &str, body: &Body) -> Value {
        let default = match name {
            // Defaults of optional attributes are configuration's business; here they are filled in.
            "obj" => parse_expression("obj", r#"{ name = "ann", age = 33, tags = { env = "dev" }, nested = { x = 1, y = 9 }, opt = "dflt", optnul = null }"#).0,
            "objmap" => parse_expression("objmap", r#"{ small = { size = 1, tags = [] }, large = { size = 10, tags = ["big", "bold"] } }"#).0,
            _ => body.attribute("default").map(|attribute| attribute.value.clone()),
        };
        let (value, problems) = evaluate(&default.unwrap(), self);
        assert!(!problems.has_errors(), "{problems:?}");
        let ty = body.attribute("type").map_or(Type::Dynamic, |attribute| type_of(&attribute.value));
        let value = convert(&value, &ty).unwrap();
        match body.attribute("sensitive") {
            Some(_) => value.sensitive(),
            None => value,
        }
    }

    /// Plain JSON with unknown parts as recorded (absent from objects) and our folder left out.
    fn portable(&self, value: &Value) -> Json {
        match value.as_entries() {
            Some(entries) => Json::Object(
                entries
                    .iter()
                    .filter(|(_, value)| value.is_known())
                    .map(|(key, value)| (key.to_string(), self.portable(value)))
                    .collect(),
            ),
            None => match (value.as_elements(), value.as_str()) {
                (Some(elements), _) => {
                    Json::Array(elements.iter().map(|element| self.portable(element)).collect())
                }
                (None, Some(text)) => Json::from(text.replace(&*self.folder.to_string_lossy(), "${CWD}")),
                (None, None) => json::to_plain(value),
            },
        }
    }

    fn data(&self, name: &str) -> Option<Value> {
        let instance = |input: Value, output: Value| {
            Value::object([
                ("id", Value::unknown_not_null(Type::String)),
                ("input", input),
                ("output", output),
                ("triggers_replace", Value::null(Type::Dynamic)),
            ])
        };
        let with = |input: &str| instance(Value::string(input), Value::unknown(Type::String));
        match name {
            "seed" => Some(instance(Value::null(Type::Dynamic), Value::null(Type::Dynamic))),
            "many" => Some(Value::tuple([with("m0"), with("m1")])),
            "each" => Some(Value::object([("a", with("ea")), ("b", with("eb"))])),
            _ => None,
        }
    }
}

fn read(path: &Path) -> Body {
    let (body, problems) = parse_file("context.tf", &std::fs::read(path).unwrap());
    assert!(!problems.has_errors(), "{path:?}: {problems:?}");
    body
}

/// The type that a type constraint without defaults stands for.
fn type_of(expr: &Expr) -> Type {
    match expr.kind() {
        ExprKind::Name(name) => match &**name {
            "string" => Type::String,
            "number" => Type::Number,
            "bool" => Type::Bool,
            "any" => Type::Dynamic,
            other => panic!("{other} is no type"),
        },
        ExprKind::Call { name, arguments, .. } => match (&**name, arguments[0].kind()) {
            ("list", _) => Type::list(type_of(&arguments[0])),
            ("set", _) => Type::set(type_of(&arguments[0])),
            ("map", _) => Type::map(type_of(&arguments[0])),
            ("optional", _) => type_of(&arguments[0]),
            ("tuple", ExprKind::Tuple(elements)) => Type::tuple(elements.iter().map(type_of)),
            ("object", ExprKind::Object(items)) => object_type(items),
            (other, _) => panic!("{other} is no type constructor"),
        },
        other => panic!("{other:?} is no type"),
    }
}

fn object_type(items: &[ObjectItem]) -> Type {
    let mut object = ObjectType::default();
    for item in items {
        let ExprKind::Literal(key) = item.key.kind() else { panic!("{:?}", item.key) };
        let name: Arc<str> = key.as_str().unwrap().into();
        if matches!(item.value.kind(), ExprKind::Call { name, .. } if &**name == "optional") {
            object.optional.insert(name.clone());
        }
        object.attributes.insert(name, type_of(&item.value));
    }
    Type::Object(Arc::new(object))
}

fn undeclared(what: String, range: &SourceRange) -> Diagnostic {
    Diagnostic::error("Reference to undeclared name", what).at(range.clone())
}

impl Scope for Context {
    fn variable(&self, name: &str, range: &SourceRange) -> Result<Value, Diagnostic> {
        self.variables.get(name).cloned().ok_or_else(|| undeclared(format!("var.{name}"), range))
    }

    fn local(&self, name: &str, range: &SourceRange) -> Result<Value, Diagnostic> {
        self.locals.get(name).cloned().ok_or_else(|| undeclared(format!("local.{name}"), range))
    }

    fn resource(
        &self,
        mode: ResourceMode,
        kind: &str,
        name: &str,
        range: &SourceRange,
    ) -> Result<Value, Diagnostic> {
        let found =
            (mode == ResourceMode::Managed && kind == "terraform_data").then(|| self.data(name)).flatten();
        found.ok_or_else(|| undeclared(format!("{kind}.{name}"), range))
    }

    fn resource_instance(
        &self,
        mode: ResourceMode,
        kind: &str,
        name: &str,
        key: &InstanceKey,
        range: &SourceRange,
    ) -> Result<Option<Value>, Diagnostic> {
        let whole = self.resource(mode, kind, name, range)?;
        Ok(match key {
            InstanceKey::Int(index) if name == "many" => {
                whole.as_elements().and_then(|all| all.get(*index as usize)).cloned()
            }
            InstanceKey::String(key) if name == "each" => whole.get(key).cloned(),
            _ => None,
        })
    }

    fn module(&self, name: &str, range: &SourceRange) -> Result<Value, Diagnostic> {
        self.modules.get(name).cloned().ok_or_else(|| undeclared(format!("module.{name}"), range))
    }

    fn module_output(
        &self,
        name: &str,
        key: Option<&InstanceKey>,
        output: &str,
        range: &SourceRange,
    ) -> Result<Option<Value>, Diagnostic> {
        let whole = self.module(name, range)?;
        match (key, whole.get(output)) {
            (None, None) => Err(undeclared(format!("module.{name}.{output}"), range)),
            (None, Some(value)) => Ok(Some(value.clone())),
            (Some(_), _) => Ok(None),
        }
    }

    fn each_key(&self, range: &SourceRange) -> Result<Value, Diagnostic> {
        Err(undeclared("each.key".into(), range))
    }

    fn each_value(&self, range: &SourceRange) -> Result<Value, Diagnostic> {
        Err(undeclared("each.value".into(), range))
    }

    fn count_index(&self, range: &SourceRange) -> Result<Value, Diagnostic> {
        Err(undeclared("count.index".into(), range))
    }

    fn path(&self, kind: PathKind, _: &SourceRange) -> Result<Value, Diagnostic> {
        Ok(Value::string(match kind {
            PathKind::Module | PathKind::Root => ".".into(),
            PathKind::Cwd => self.folder.to_string_lossy(),
        }))
    }

    fn terraform(&self, name: &str, range: &SourceRange) -> Result<Value, Diagnostic> {
        match name {
            "workspace" => Ok(Value::string("default")),
            _ => Err(undeclared(format!("terraform.{name}"), range)),
        }
    }

    fn self_value(&self, range: &SourceRange) -> Result<Value, Diagnostic> {
        Err(undeclared("self".into(), range))
    }

    fn file(&self, path: &str) -> Result<Arc<[u8]>, String> {
        std::fs::read(self.folder.join(path)).map(Arc::from).map_err(|error| error.to_string())
    }

    fn files_below(&self, directory: &str) -> Result<Vec<String>, String> {
        fn walk(folder: &Path, prefix: &str, out: &mut Vec<String>) -> std::io::Result<()> {
            for entry in std::fs::read_dir(folder)? {
                let entry = entry?;
                let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
                if entry.path().is_dir() {
                    walk(&entry.path(), &format!("{name}/"), out)?;
                } else {
                    out.push(name);
                }
            }
            Ok(())
        }
        let mut out = Vec::new();
        walk(&self.folder.join(directory), "", &mut out).map_err(|error| error.to_string())?;
        out.sort();
        Ok(out)
    }

    fn plan_time(&self) -> Option<String> {
        Some("2026-11-21T01:20:40Z".into())
    }

    fn home(&self) -> Option<String> {
        Some("/home/conform".into())
    }
}
