//! Values from the events of the parser, with limits on what aliases make of them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::value::Kind;
use evenkeel_model::{Type, Value};
use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};

use super::scalar::scalar;

/// Aliases may make a document larger than it looks, up to this many values.
pub(super) const VALUES_MAX: usize = 1_000_000;

/// Deeper documents are refused.
pub(super) const DEPTH_MAX: usize = 128;

/// What the parser would let pass: characters that a document cannot have, and other versions.
pub(super) fn check_source(source: &str) -> Result<(), String> {
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

pub(super) struct Reader<'t> {
    pub(super) parser: Parser<'t, StrInput<'t>>,
    pub(super) anchors: BTreeMap<usize, (Value, usize)>,
    pub(super) values: usize,
    /// The length in characters of a text that does not end its last line.
    pub(super) open_end: Option<usize>,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), String> {
        match self.parser.next_event() {
            Some(Ok(found)) => Ok(found),
            Some(Err(error)) => Err(error.to_string()),
            None => Err("unexpected end of the document".into()),
        }
    }

    pub(super) fn document(&mut self) -> Result<Value, String> {
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
                return Ok(Kind::Object(merged.into()).into());
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
pub(super) const CORE: &str = "tag:yaml.org,2002:";

/// A collection may be tagged as what it is, and as nothing else.
pub(super) fn check_tag(tag: Option<&Tag>, what: &str, suffix: &str) -> Result<(), String> {
    match tag {
        None => Ok(()),
        Some(tag) if tag.is_yaml_core_schema() && tag.suffix == suffix => Ok(()),
        Some(tag) if tag.suffix.strip_prefix(CORE) == Some(suffix) => Ok(()),
        Some(tag) => Err(format!("can't interpret {what} as {tag}")),
    }
}

pub(super) fn merge_into(value: &Value, merged: &mut BTreeMap<Arc<str>, Value>) -> Result<(), String> {
    let Some(entries) = value.as_entries() else {
        return Err(format!("cannot merge {} into mapping", value.ty().friendly_name()));
    };
    for (key, value) in entries {
        merged.entry(key.clone()).or_insert_with(|| value.clone());
    }
    Ok(())
}

pub(super) fn at(span: Span, what: &str) -> String {
    format!("on line {}, column {}: {what}", span.start.line(), span.start.col() + 1)
}
