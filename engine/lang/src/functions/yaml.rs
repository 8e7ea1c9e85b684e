//! YAML: `yamldecode` through a parser of events, `yamlencode` by hand, byte for byte as Terraform
//! writes it (long texts are folded at column 80).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use evenkeel_model::value::Kind;
use evenkeel_model::{Number, Type, Value};
use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};

use super::{CallError, Function, Parameter, Ty, failed, string, text};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "yamldecode",
        &[string("src")],
        Ty::Any,
        yamldecode,
        "The value that the YAML document stands for.",
    )
    .nullable(),
    Function::new(
        "yamlencode",
        &[Parameter::new("value", Ty::Any).null().unknown().dynamic()],
        Ty::String,
        yamlencode,
        "The value as a YAML document.",
    )
    .nullable(),
];

/// Aliases may make a document larger than it looks, up to this many values.
const VALUES_MAX: usize = 1_000_000;

/// Deeper documents are refused.
const DEPTH_MAX: usize = 128;

fn yamldecode(arguments: &[Value]) -> Result<Value, CallError> {
    let source = text(arguments, 0);
    check_source(source).or_else(failed)?;
    let open_end = (!source.ends_with('\n')).then(|| source.chars().count());
    let parser = Parser::new_from_str(source);
    let mut reader = Reader { parser, anchors: BTreeMap::new(), values: 0, open_end };
    reader.document().or_else(failed)
}

/// What the parser would let pass: characters that a document cannot have, and other versions.
fn check_source(source: &str) -> Result<(), String> {
    let body = source.strip_prefix('\u{feff}').unwrap_or(source);
    let allowed = |character: char| {
        matches!(character, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
            && character != '\u{feff}'
    };
    if !body.chars().all(allowed) {
        return Err("control characters are not allowed".into());
    }
    let directives = body.lines().take_while(|line| line.is_empty() || line.starts_with(['%', '#']));
    for directive in directives.filter(|line| line.starts_with('%')) {
        match directive.split_whitespace().collect::<Vec<_>>()[..] {
            ["%YAML", "1.1", ..] | ["%TAG", ..] => {}
            ["%YAML", ..] => return Err("found incompatible YAML document".into()),
            _ => return Err("found unknown directive name".into()),
        }
    }
    Ok(())
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    anchors: BTreeMap<usize, (Value, usize)>,
    values: usize,
    /// The length in characters of a text that does not end its last line.
    open_end: Option<usize>,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), String> {
        match self.parser.next_event() {
            Some(Ok(found)) => Ok(found),
            Some(Err(error)) => Err(error.to_string()),
            None => Err("unexpected end of the document".into()),
        }
    }

    fn document(&mut self) -> Result<Value, String> {
        let mut value = None;
        loop {
            match self.next()? {
                (Event::StreamEnd, span) => {
                    return value.ok_or_else(|| at(span, "missing start of document"));
                }
                (Event::DocumentStart(_), span) if value.is_some() => {
                    return Err(at(span, "unexpected extra content after value"));
                }
                (Event::DocumentStart(_) | Event::DocumentEnd | Event::StreamStart | Event::Nothing, _) => {}
                (event, span) => value = Some(self.value(event, span, 0)?),
            }
        }
    }

    fn count(&mut self, values: usize, span: Span) -> Result<(), String> {
        self.values = self.values.saturating_add(values);
        if self.values > VALUES_MAX {
            return Err(at(span, "too many values"));
        }
        Ok(())
    }

    fn value(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Value, String> {
        if depth > DEPTH_MAX {
            return Err(at(span, "nested too deeply"));
        }
        let before = self.values;
        self.count(1, span)?;
        let (value, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let text = self.block_text(text, style, span);
                (scalar(&text, style, tag.as_deref()).map_err(|why| at(span, &why))?, anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                check_tag(tag.as_deref(), "sequence", "seq").map_err(|why| at(span, &why))?;
                (self.sequence(depth)?, anchor)
            }
            Event::MappingStart(anchor, tag) => {
                check_tag(tag.as_deref(), "mapping", "map").map_err(|why| at(span, &why))?;
                (self.mapping(depth)?, anchor)
            }
            Event::Alias(anchor) => {
                let Some((value, size)) = self.anchors.get(&anchor).cloned() else {
                    return Err(at(span, "reference to an anchor that is not complete"));
                };
                self.count(size, span)?;
                return Ok(value);
            }
            _ => return Err(at(span, "did not find expected node content")),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, (value.clone(), self.values - before));
        }
        Ok(value)
    }

    /// The text of a scalar. The library ends the last line of a block even where the document does not.
    fn block_text(&self, text: Cow<'t, str>, style: ScalarStyle, span: Span) -> Cow<'t, str> {
        let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let at_end = self.open_end.is_some_and(|end| span.end.index() >= end);
        match text.strip_suffix('\n') {
            Some(open) if block && at_end => Cow::Owned(open.to_owned()),
            _ => text,
        }
    }

    fn sequence(&mut self, depth: usize) -> Result<Value, String> {
        let mut elements = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::tuple(elements)),
                (event, span) => elements.push(self.value(event, span, depth + 1)?),
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Value, String> {
        let mut own: BTreeMap<Arc<str>, Value> = BTreeMap::new();
        let mut merged: BTreeMap<Arc<str>, Value> = BTreeMap::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                merged.extend(own);
                return Ok(Kind::Object(Arc::new(merged)).into());
            }
            let merge = matches!(&event, Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<");
            let key = self.value(event, span, depth + 1)?;
            let (event, value_span) = self.next()?;
            let value = self.value(event, value_span, depth + 1)?;
            if merge {
                merge_into(&value, &mut merged).map_err(|why| at(value_span, &why))?;
                continue;
            }
            let key = evenkeel_model::convert::convert(&key, &Type::String).ok();
            match key.as_ref().and_then(Value::as_str) {
                Some(key) => own.insert(key.into(), value),
                None => return Err(at(span, "only string keys are allowed")),
            };
        }
    }
}

/// What tags that are written out start with.
const CORE: &str = "tag:yaml.org,2002:";

/// A collection may be tagged as what it is, and as nothing else.
fn check_tag(tag: Option<&Tag>, what: &str, suffix: &str) -> Result<(), String> {
    match tag {
        None => Ok(()),
        Some(tag) if tag.is_yaml_core_schema() && tag.suffix == suffix => Ok(()),
        Some(tag) if tag.suffix.strip_prefix(CORE) == Some(suffix) => Ok(()),
        Some(tag) => Err(format!("can't interpret {what} as {tag}")),
    }
}

fn merge_into(value: &Value, merged: &mut BTreeMap<Arc<str>, Value>) -> Result<(), String> {
    let Some(entries) = value.as_entries() else {
        return Err(format!("cannot merge {} into mapping", value.ty().friendly_name()));
    };
    for (key, value) in entries {
        merged.entry(key.clone()).or_insert_with(|| value.clone());
    }
    Ok(())
}

fn at(span: Span, what: &str) -> String {
    format!("on line {}, column {}: {what}", span.start.line(), span.start.col() + 1)
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, String> {
    let quoted = style != ScalarStyle::Plain;
    let suffix = match tag {
        None => "",
        Some(tag) if tag.is_yaml_core_schema() => tag.suffix.as_str(),
        Some(tag) if tag.suffix.starts_with(CORE) => tag.suffix.get(CORE.len()..).unwrap_or_default(),
        Some(tag) => return Err(format!("unsupported tag \"{tag}\"")),
    };
    match suffix {
        "str" | "binary" => return Ok(Value::string(text)),
        "null" => return Ok(Value::null(Type::Dynamic)),
        "" | "bool" | "int" | "float" | "timestamp" => {}
        other => return Err(format!("unsupported tag \"!!{other}\"")),
    }
    if quoted {
        return Ok(Value::string(text));
    }
    let resolved = resolve(text)?;
    let fits = match suffix {
        "bool" => resolved.ty() == Type::Bool,
        "int" | "float" => resolved.ty() == Type::Number,
        _ => true,
    };
    if fits { Ok(resolved) } else { Err(format!("cannot parse {text:?} as !!{suffix}")) }
}

/// What a plain scalar means by its looks (YAML 1.1 as far as Terraform goes with it).
fn resolve(text: &str) -> Result<Value, String> {
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::null(Type::Dynamic),
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Value::bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Value::bool(false)
        }
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Kind::Number(Number::INFINITY).into(),
        "-.inf" | "-.Inf" | "-.INF" => Kind::Number(Number::NEGATIVE_INFINITY).into(),
        ".nan" | ".NaN" | ".NAN" => return Err("floating point NaN is not supported".into()),
        _ => number(text).map(Value::from).or_else(|| timestamp(text)).unwrap_or_else(|| Value::string(text)),
    })
}

fn number(text: &str) -> Option<Kind> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let radix = [("0x", 16), ("0o", 8)]
        .into_iter()
        .find_map(|(prefix, radix)| Some((text.strip_prefix(prefix)?, radix)));
    if let Some((digits, radix)) = radix {
        let value = i64::from_str_radix(digits, radix).ok().filter(|_| !digits.starts_with(['-', '+']))?;
        return Some(Kind::Number(Number::from(value)));
    }
    if !digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') || digits == "." {
        return None;
    }
    text.parse().ok().map(Kind::Number)
}

/// Dates become timestamps, because that is how the language's own functions write them.
fn timestamp(text: &str) -> Option<Value> {
    let date = text.get(..10).filter(|date| {
        date.bytes()
            .enumerate()
            .all(|(i, byte)| if i == 4 || i == 7 { byte == b'-' } else { byte.is_ascii_digit() })
    })?;
    let rest = text.get(10..)?;
    let full = match rest.chars().next() {
        None => format!("{date}T00:00:00Z"),
        Some('T' | 't') => format!("{date}T{}", rest.get(1..)?),
        Some(' ') => format!("{date}T{}Z", rest.get(1..)?),
        Some(_) => return None,
    };
    super::date::normal(&full).map(Value::string)
}

fn yamlencode(arguments: &[Value]) -> Result<Value, CallError> {
    let Some(value) = arguments.first() else { return failed("a value is required") };
    if !value.is_wholly_known() {
        return Ok(Value::unknown(Type::String));
    }
    let mut writer = Writer { out: String::new(), open: false };
    writer.node(value, 0, Place::Root);
    if !writer.out.ends_with('\n') {
        writer.out.push('\n');
    }
    if writer.open {
        writer.out.push_str("...\n");
    }
    Ok(Value::string(writer.out))
}

/// What a node is written into; it decides where nested blocks start.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Element,
    Entry,
}

struct Writer {
    out: String,
    /// The document does not show by itself where it ends.
    open: bool,
}

const WIDTH: usize = 80;
const INDENT: usize = 2;

impl Writer {
    fn column(&self) -> usize {
        self.out.rsplit('\n').next().unwrap_or_default().chars().count()
    }

    fn new_line(&mut self, indent: usize) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        self.out.push_str(&" ".repeat(indent));
    }

    /// Writes a value; `indent` is that of the block it stands in.
    fn node(&mut self, value: &Value, indent: usize, place: Place) {
        self.open = false;
        match value.kind() {
            Kind::String(text) => {
                self.space(place);
                self.text(text, if place == Place::Root { INDENT } else { indent + INDENT });
            }
            Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => {
                self.sequence(elements, indent, place);
            }
            Kind::Map(_, entries) | Kind::Object(entries) => self.mapping(entries, indent, place),
            Kind::Null(_) | Kind::Unknown(..) => self.plain("null", place),
            Kind::Bool(value) => self.plain(if *value { "true" } else { "false" }, place),
            Kind::Number(number) => self.plain(&number.to_string(), place),
        }
    }

    fn space(&mut self, place: Place) {
        if place != Place::Root {
            self.out.push(' ');
        }
    }

    fn plain(&mut self, text: &str, place: Place) {
        self.space(place);
        self.out.push_str(text);
        self.open = place == Place::Root;
    }

    fn sequence(&mut self, elements: &[Value], indent: usize, place: Place) {
        if elements.is_empty() {
            self.space(place);
            self.out.push_str("[]");
            return;
        }
        // A sequence in a mapping is not indented further.
        let inner = if place == Place::Element { indent + INDENT } else { indent };
        for (i, element) in elements.iter().enumerate() {
            match place {
                Place::Element if i == 0 => self.out.push(' '),
                _ => self.new_line(inner),
            }
            self.out.push('-');
            self.node(element, inner, Place::Element);
        }
    }

    fn mapping(&mut self, entries: &BTreeMap<Arc<str>, Value>, indent: usize, place: Place) {
        if entries.is_empty() {
            self.space(place);
            self.out.push_str("{}");
            return;
        }
        let inner = if place == Place::Root { indent } else { indent + INDENT };
        for (i, (key, value)) in entries.iter().enumerate() {
            match place {
                Place::Element if i == 0 => self.out.push(' '),
                _ => self.new_line(inner),
            }
            self.key(key, inner);
            self.node(value, inner, Place::Entry);
        }
    }

    fn key(&mut self, key: &str, indent: usize) {
        const KEY_MAX: usize = 128;
        if key.len() <= KEY_MAX && !key.contains('\n') {
            self.quoted(key, None);
        } else {
            self.out.push_str("? ");
            self.text(key, indent + INDENT);
            self.new_line(indent);
        }
        self.out.push(':');
    }

    fn text(&mut self, text: &str, indent: usize) {
        let literal = text.contains('\n')
            && !text.contains(" \n")
            && !text.ends_with(' ')
            && text.chars().all(|character| character == '\n' || !is_special(character));
        if literal {
            self.literal(text, indent);
        } else {
            self.quoted(text, Some(indent));
        }
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.out.push('|');
        if text.starts_with([' ', '\n']) {
            // Writing to a string cannot fail.
            let _ = write!(self.out, "{INDENT}");
        }
        match (text.strip_suffix('\n'), text) {
            (None, _) => self.out.push('-'),
            (Some(body), _) if body.is_empty() || body.ends_with('\n') => self.out.push('+'),
            (Some(_), _) => {}
        }
        self.out.push('\n');
        for line in text.split_inclusive('\n') {
            if line != "\n" {
                self.out.push_str(&" ".repeat(indent));
            }
            self.out.push_str(line);
        }
    }

    /// Text in double quotes; folded at spaces beyond the width where an indent is given.
    fn quoted(&mut self, text: &str, indent: Option<usize>) {
        self.out.push('"');
        let characters: Vec<char> = text.chars().collect();
        let mut after_space = false;
        let mut column = self.column();
        for (i, character) in characters.iter().copied().enumerate() {
            let inside = i > 0 && i + 1 < characters.len();
            match (character, indent) {
                (' ', Some(indent)) if inside && !after_space && column > WIDTH => {
                    self.out.push('\n');
                    self.out.push_str(&" ".repeat(indent));
                    column = indent;
                    if characters.get(i + 1) == Some(&' ') {
                        self.out.push('\\');
                    }
                }
                _ => {
                    let length = self.out.len();
                    self.character(character);
                    let written = self.out.get(length..).unwrap_or_default();
                    column += written.chars().count();
                }
            }
            after_space = character == ' ';
        }
        self.out.push('"');
    }

    fn character(&mut self, character: char) {
        let escape = match character {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\0' => "\\0",
            '\u{7}' => "\\a",
            '\u{8}' => "\\b",
            '\t' => "\\t",
            '\n' => "\\n",
            '\u{b}' => "\\v",
            '\u{c}' => "\\f",
            '\r' => "\\r",
            '\u{1b}' => "\\e",
            '\u{85}' => "\\N",
            '\u{2028}' => "\\L",
            '\u{2029}' => "\\P",
            other if !is_special(other) => {
                self.out.push(other);
                return;
            }
            other => {
                // Writing to a string cannot fail.
                let _ = match u32::from(other) {
                    code @ 0..=0xff => write!(self.out, "\\x{code:02X}"),
                    code @ 0x100..=0xffff => write!(self.out, "\\u{code:04X}"),
                    code => write!(self.out, "\\U{code:08X}"),
                };
                return;
            }
        };
        self.out.push_str(escape);
    }
}

/// Characters that cannot stand in a document as they are.
fn is_special(character: char) -> bool {
    !matches!(character, ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
        || matches!(character, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
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
            Value::object([
                ("l", text("in\na mapping")),
                ("m", Value::tuple([text("in\na list"), text("x")])),
            ]),
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
}
