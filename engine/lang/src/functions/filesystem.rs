//! Files of the revision, templates in them, and arithmetic with paths. Nothing outside the scope's
//! snapshot can be read.

use std::sync::Arc;

use evenkeel_model::convert::convert;
use evenkeel_model::{Type, Value};

use super::glob::Glob;
use super::{CallError, Function, Parameter, Ty, any, bad, failed, string, text};
use crate::ast::ExprKind;
use crate::eval::Evaluator;

const PATH: Parameter = string("path");
const VARS: Parameter = any("vars").marked();

pub(super) static FUNCTIONS: &[Function] = &[
    Function::scoped(
        "abspath",
        &[PATH],
        Ty::String,
        abspath,
        "The path made absolute, without anything superfluous.",
    ),
    Function::new("basename", &[PATH], Ty::String, basename, "The last part of the path."),
    Function::new("dirname", &[PATH], Ty::String, dirname, "The path without its last part."),
    Function::scoped("file", &[PATH], Ty::String, file, "The contents of the file as text."),
    Function::scoped("filebase64", &[PATH], Ty::String, filebase64, "The contents of the file in Base64."),
    Function::scoped("fileexists", &[PATH], Ty::Bool, fileexists, "Whether there is a file at the path."),
    Function::scoped(
        "fileset",
        &[PATH, string("pattern")],
        Ty::SetString,
        fileset,
        "The files below the path that match the pattern.",
    ),
    Function::scoped(
        "pathexpand",
        &[PATH],
        Ty::String,
        pathexpand,
        "The path with a leading ~ replaced by the home directory of the person who runs it.",
    ),
    Function::scoped(
        "templatefile",
        &[PATH, VARS],
        Ty::Any,
        templatefile,
        "The template in the file, rendered with the variables.",
    )
    .nullable(),
    Function::scoped(
        "templatestring",
        &[string("template"), any("vars")],
        Ty::String,
        templatestring,
        "The template in the text, rendered with the variables.",
    ),
];

/// The path without `.`, empty and `..` parts where they can be resolved.
fn clean(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(last) if *last != ".." => {
                    parts.pop();
                }
                None if absolute => {}
                _ => parts.push(part),
            },
            part => parts.push(part),
        }
    }
    match (absolute, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".into(),
        (false, false) => parts.join("/"),
    }
}

fn abspath(arguments: &[Value], evaluator: &mut Evaluator) -> Result<Value, CallError> {
    let path = text(arguments, 0);
    if path.starts_with('/') {
        return Ok(Value::string(clean(path)));
    }
    let range = evenkeel_model::SourceRange {
        filename: "".into(),
        start: Default::default(),
        end: Default::default(),
    };
    let cwd =
        evaluator.scope.path(crate::eval::PathKind::Cwd, &range).or_else(|error| failed(error.detail))?;
    match cwd.as_str() {
        Some(cwd) => Ok(Value::string(clean(&format!("{cwd}/{path}")))),
        None => Ok(Value::unknown(Type::String)),
    }
}

fn basename(arguments: &[Value]) -> Result<Value, CallError> {
    let path = text(arguments, 0);
    Ok(Value::string(match path.trim_end_matches('/') {
        "" if path.is_empty() => ".",
        "" => "/",
        trimmed => trimmed.rsplit('/').next().unwrap_or(trimmed),
    }))
}

fn dirname(arguments: &[Value]) -> Result<Value, CallError> {
    let path = text(arguments, 0);
    Ok(Value::string(match path.rfind('/') {
        Some(last) => clean(path.get(..=last).unwrap_or_default()),
        None => ".".into(),
    }))
}

fn pathexpand(arguments: &[Value], evaluator: &mut Evaluator) -> Result<Value, CallError> {
    let path = text(arguments, 0);
    let Some(rest) = path.strip_prefix('~') else { return Ok(Value::string(path)) };
    if !rest.is_empty() && !rest.starts_with(['/', '\\']) {
        return failed("cannot expand user-specific home dir");
    }
    match evaluator.scope.home() {
        Some(home) => Ok(Value::string(clean(&format!("{home}/{rest}")))),
        None => bad(
            0,
            "there is no home directory here: what a revision means does not depend on who evaluates it; write the path out or make it a variable",
        ),
    }
}

/// The contents of the file that the first argument names.
pub(super) fn contents(arguments: &[Value], evaluator: &mut Evaluator) -> Result<Arc<[u8]>, CallError> {
    let path = text(arguments, 0);
    evaluator.scope.file(path).or_else(|why| {
        bad(0, format!("no file exists at {path:?}: {why}; this function works only with files that are distributed as part of the configuration source code"))
    })
}

fn as_text(arguments: &[Value], evaluator: &mut Evaluator) -> Result<String, CallError> {
    let bytes = contents(arguments, evaluator)?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => failed(format!(
            "contents of {:?} are not valid UTF-8; use the filebase64 function to obtain the Base64 encoded contents or the other file functions (e.g. filemd5, filesha256) to obtain file hashing results instead",
            text(arguments, 0)
        )),
    }
}

fn file(arguments: &[Value], evaluator: &mut Evaluator) -> Result<Value, CallError> {
    Ok(Value::string(as_text(arguments, evaluator)?))
}

fn filebase64(arguments: &[Value], evaluator: &mut Evaluator) -> Result<Value, CallError> {
    use base64::Engine;
    let bytes = contents(arguments, evaluator)?;
    Ok(Value::string(base64::engine::general_purpose::STANDARD.encode(bytes)))
}

fn fileexists(arguments: &[Value], evaluator: &mut Evaluator) -> Result<Value, CallError> {
    let path = text(arguments, 0);
    if !path.is_empty() && evaluator.scope.file(path).is_ok() {
        return Ok(Value::bool(true));
    }
    match evaluator.scope.files_below(path) {
        Ok(files) if !files.is_empty() => failed(format!("{:?} is a directory, not a file", clean(path))),
        _ => Ok(Value::bool(false)),
    }
}

fn fileset(arguments: &[Value], evaluator: &mut Evaluator) -> Result<Value, CallError> {
    let pattern = text(arguments, 1);
    let Some(glob) = Glob::new(&clean(pattern.trim_start_matches('/'))) else {
        return failed(format!("failed to glob pattern {pattern:?}: syntax error in pattern"));
    };
    let files = evaluator.scope.files_below(text(arguments, 0)).unwrap_or_default();
    let matching = files.into_iter().filter(|file| glob.matches(file)).map(Value::string);
    Ok(Value::set(Type::String, matching))
}

fn templatefile(arguments: &[Value], evaluator: &mut Evaluator) -> Result<Value, CallError> {
    let source = as_text(arguments, evaluator)?;
    let source = source.strip_prefix('\u{feff}').unwrap_or(&source);
    render(text(arguments, 0), source, arguments, evaluator)
}

fn templatestring(arguments: &[Value], evaluator: &mut Evaluator) -> Result<Value, CallError> {
    let source = text(arguments, 0).to_owned();
    let rendered = render("<templatestring argument>", &source, arguments, evaluator)?;
    convert(&rendered, &Type::String).or_else(|error| failed(error.to_string()))
}

/// Templates in templates in templates ... end here.
const TEMPLATES_MAX: u32 = 16;

fn render(
    name: &str,
    source: &str,
    arguments: &[Value],
    evaluator: &mut Evaluator,
) -> Result<Value, CallError> {
    if evaluator.templates >= TEMPLATES_MAX {
        return failed(TOO_DEEP);
    }
    let Some(vars) = arguments.get(1) else { return failed("template variables are required") };
    if vars.is_unknown() {
        return Ok(Value::unknown(Type::Dynamic));
    }
    let Some(entries) = vars.as_entries() else { return bad(1, "invalid vars value: must be a map") };
    if let Some(wrong) = entries.keys().find(|name| !is_identifier(name)) {
        return bad(
            1,
            format!(
                "invalid template variable name {wrong:?}: must start with a letter, followed by zero or more letters, digits, and underscores"
            ),
        );
    }
    let names =
        entries.iter().map(|(name, value)| (name.clone(), value.clone().with_marks(vars.marks()))).collect();
    evaluator.reads_template(source.len());
    let (template, problems) = crate::parse::parse_template(name, source);
    let Some(template) = template.filter(|_| !problems.has_errors()) else {
        return failed(describe(name, &problems));
    };
    let mut inner = evaluator.closed(names);
    let value = inner.eval(&template);
    let problems = inner.finish();
    if evaluator.takes_over(&problems) {
        return Ok(Value::unknown(Type::Dynamic));
    }
    if problems.has_errors() {
        return failed(describe(name, &problems));
    }
    if value.is_null() && !matches!(template.kind(), ExprKind::Literal(_)) {
        return failed(format!(
            "{name}: Template result is null; the result of the template is null, which is not a valid result for a template"
        ));
    }
    Ok(value)
}

const TOO_DEEP: &str =
    "maximum recursion depth reached: a template includes itself, or templates are nested too deeply";

/// As many problems of one template are told: those of templates in templates multiply.
const PROBLEMS_MAX: usize = 5;

/// What is wrong inside a template; what holds for all templates around it is said once.
fn describe(name: &str, problems: &evenkeel_model::Diagnostics) -> String {
    if problems.iter().any(|problem| problem.detail.contains(TOO_DEEP)) {
        return format!("{name}: {TOO_DEEP}");
    }
    let lines: Vec<String> = problems
        .iter()
        .take(PROBLEMS_MAX)
        .map(|problem| {
            let at =
                problem.range.as_ref().map(|range| format!(":{},{}", range.start.line, range.start.column));
            format!("{name}{}: {}; {}", at.unwrap_or_default(), problem.summary, problem.detail)
        })
        .collect();
    lines.join("\n").trim_end_matches('.').to_owned()
}

pub(super) fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && characters.all(|character| character.is_alphanumeric() || matches!(character, '_' | '-'))
}
