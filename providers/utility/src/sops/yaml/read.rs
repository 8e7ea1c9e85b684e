//! Values from the events of the parser, with the place of each.

use std::collections::BTreeSet;
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};

use super::super::cipher::is_sealed;
use super::super::format::METADATA;
use super::super::layout::Comment;
use super::super::node::{Branch, Node, Scalar};
use super::super::problem::{Problem, invalid};
use super::super::unseal::{DEPTH_MAX, VALUES_MAX, check_path};
use super::scalar::resolve;

/// By how much sops indents.
const INDENT: usize = 4;

/// What tags that are written out start with.
const CORE: &str = "tag:yaml.org,2002:";

/// A text that was read.
#[derive(Debug, Default)]
pub(super) struct File {
    /// Its documents, with their metadata.
    pub(super) documents: Vec<Branch>,
    /// The place of each value.
    pub(super) places: Vec<Place>,
    /// Comments that look sealed.
    pub(super) comments: Vec<Comment>,
    /// Where metadata stands.
    pub(super) cuts: Vec<Range<usize>>,
}

/// Where a value stands.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Its text.
    pub(super) range: Range<usize>,
    /// The column of the key or the dash before it, from 0.
    pub(super) parent: usize,
    /// The column in which lines of their own would start.
    pub(super) indent: usize,
    /// Whether it is inside of brackets.
    pub(super) flow: bool,
    /// The byte of the dash before it, if it is an element of a list.
    pub(super) dash: Option<usize>,
}

/// Reads all documents of a text.
pub(super) fn file(text: &str) -> Result<File, Problem> {
    let offsets = text.char_indices().map(|(byte, _)| byte).chain([text.len()]).collect();
    let mut reader = Reader {
        text,
        offsets,
        parser: Parser::new_from_str(text),
        file: File::default(),
        path: Vec::new(),
        marks: text.contains("#ENC[").then(Vec::new),
        flow: 0,
    };
    reader.documents()?;
    reader.comments();
    Ok(reader.file)
}

struct Reader<'t> {
    text: &'t str,
    /// The byte of each character: the parser counts characters.
    offsets: Vec<usize>,
    parser: Parser<'t, StrInput<'t>>,
    file: File,
    path: Vec<String>,
    /// Where which keys lead to, as long as there may be a sealed comment between two of these places.
    marks: Option<Vec<(usize, Vec<String>)>>,
    flow: usize,
}

/// What a value belongs to: a key in this column, or a list.
#[derive(Clone, Copy)]
enum Parent {
    Key(usize),
    List,
}

impl<'t> Reader<'t> {
    /// The words of the parser may quote the text, so that only the place is told.
    fn next(&mut self) -> Result<(Event<'t>, Span), Problem> {
        match self.parser.next_event() {
            Some(Ok(found)) => Ok(found),
            Some(Err(error)) => {
                let (line, column) = (error.marker().line(), error.marker().col() + 1);
                invalid(format!("it is not valid YAML (line {line}, column {column})"))
            }
            None => invalid("it is not valid YAML: it ends too early"),
        }
    }

    fn documents(&mut self) -> Result<(), Problem> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(()),
                (Event::MappingStart(anchor, tag), span) => {
                    check(anchor, tag.as_deref(), "map", span)?;
                    let Node::Map(branch) = self.mapping(span, 0)? else { continue };
                    self.file.documents.push(branch);
                }
                (Event::Scalar(text, ScalarStyle::Plain, 0, None), _)
                    if resolve(&text) == Some(Scalar::Null) =>
                {
                    self.file.documents.push(Branch::new());
                }
                (Event::Scalar(..) | Event::SequenceStart(..) | Event::Alias(_), span) => {
                    return invalid(at(span, "the document is no mapping"));
                }
                _ => {}
            }
        }
    }

    fn byte(&self, index: usize) -> usize {
        self.offsets.get(index).copied().unwrap_or(self.text.len())
    }

    fn starts_with(&self, span: Span, bracket: char) -> bool {
        self.text.get(self.byte(span.start.index())..).is_some_and(|rest| rest.starts_with(bracket))
    }

    fn value(&mut self, event: Event<'t>, span: Span, parent: Parent, depth: usize) -> Result<Node, Problem> {
        if depth > DEPTH_MAX {
            return invalid(at(span, "it is nested too deeply"));
        }
        if self.file.places.len() >= VALUES_MAX {
            return invalid(at(span, "it has too many values"));
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = typed(&text, style, anchor, tag.as_deref(), span)?;
                let place = self.place(span, parent);
                self.mark(place.range.start);
                self.file.places.push(place);
                Ok(Node::leaf(value, self.file.places.len() - 1))
            }
            Event::SequenceStart(anchor, tag) => {
                check(anchor, tag.as_deref(), "seq", span)?;
                self.sequence(span, depth)
            }
            Event::MappingStart(anchor, tag) => {
                check(anchor, tag.as_deref(), "map", span)?;
                self.mapping(span, depth)
            }
            Event::Alias(_) => invalid(at(span, "it has an alias; sops writes none")),
            _ => invalid(at(span, "a value is missing")),
        }
    }

    fn sequence(&mut self, span: Span, depth: usize) -> Result<Node, Problem> {
        let flow = usize::from(self.starts_with(span, '['));
        self.flow += flow;
        let mut elements = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => break,
                (event, span) => elements.push(self.value(event, span, Parent::List, depth + 1)?),
            }
        }
        self.flow -= flow;
        Ok(Node::List(elements))
    }

    fn mapping(&mut self, span: Span, depth: usize) -> Result<Node, Problem> {
        let flow = usize::from(self.starts_with(span, '{'));
        self.flow += flow;
        let (mut branch, mut seen) = (Branch::new(), BTreeSet::new());
        loop {
            let (event, span) = self.next()?;
            let Event::Scalar(text, style, anchor, tag) = event else {
                match event {
                    Event::MappingEnd => break,
                    _ => return invalid(at(span, "a key is no text")),
                }
            };
            let Scalar::Text(key) = typed(&text, style, anchor, tag.as_deref(), span)? else {
                return invalid(at(span, "a key is no text"));
            };
            if !seen.insert(key.clone()) {
                return invalid(at(span, "a key stands there for the second time"));
            }
            let start = self.byte(span.start.index());
            self.path.push(key.clone());
            check_path(&self.path)?;
            self.mark(start);
            let (event, value_span) = self.next()?;
            let node = self.value(event, value_span, Parent::Key(span.start.col()), depth + 1)?;
            self.path.pop();
            if depth == 0 && key == METADATA {
                self.cut(start, span)?;
            }
            branch.push((key, node));
        }
        self.flow -= flow;
        Ok(Node::Map(branch))
    }

    /// Leaves metadata out of the text: the lines from its key to its last value.
    fn cut(&mut self, start: usize, span: Span) -> Result<(), Problem> {
        if self.flow > 0 {
            return invalid(at(span, "metadata inside of brackets is not supported"));
        }
        let last = self.file.places.last().map_or(start, |place| place.range.end).max(start);
        let before = self.text.get(..start).unwrap_or_default();
        let from = before.rfind('\n').map_or(0, |end| end + 1);
        let whole = self.text.get(..last).is_some_and(|text| text.ends_with('\n'));
        let rest = self.text.get(last..).unwrap_or_default();
        let to = if whole { last } else { rest.find('\n').map_or(self.text.len(), |end| last + end + 1) };
        self.file.cuts.push(from..to);
        Ok(())
    }

    fn place(&self, span: Span, parent: Parent) -> Place {
        let start = self.byte(span.start.index());
        let text = self.text.get(start..self.byte(span.end.index())).unwrap_or_default();
        let range = start..start + text.trim_end_matches([' ', '\t', '\r', '\n']).len();
        let (parent, indent, dash) = match parent {
            Parent::Key(column) => (column, INDENT * (column / INDENT + 1), None),
            Parent::List => {
                let dash = self.dash_before(start);
                let column = dash.map_or(span.start.col().saturating_sub(2), |(column, _)| column);
                (column, column + 2, dash.map(|(_, byte)| byte))
            }
        };
        Place { range, parent, indent, flow: self.flow > 0, dash }
    }

    /// The column and the byte of the dash that starts an element.
    fn dash_before(&self, start: usize) -> Option<(usize, usize)> {
        let before = self.text.get(..start)?;
        let line = before.rfind('\n').map_or(0, |end| end + 1);
        let lead = before.get(line..)?.trim_end().strip_suffix('-')?;
        Some((lead.chars().count(), line + lead.len()))
    }

    fn mark(&mut self, start: usize) {
        if let Some(marks) = &mut self.marks {
            marks.push((start, self.path.clone()));
        }
    }

    /// Finds what looks like sealed comments. A comment is sealed for the mapping that it belongs to, which is one of
    /// those that its neighbours stand in.
    fn comments(&mut self) {
        let marks = self.marks.take().unwrap_or_default();
        let mut from = 0;
        for line in self.text.split_inclusive('\n') {
            let start = from;
            from += line.len();
            let Some(sign) = line.find("#ENC[") else { continue };
            let sealed = line.get(sign + 1..).unwrap_or_default().trim_end();
            if !is_sealed(sealed) || self.file.comments.len() >= VALUES_MAX {
                continue;
            }
            let range = start + sign + 1..start + sign + 1 + sealed.len();
            let next = marks.partition_point(|(start, _)| *start < range.start);
            let around = [next.checked_sub(1), Some(next)].into_iter().flatten();
            let around = around.filter_map(|position| marks.get(position));
            let paths = around.map(|(_, path)| path.clone()).collect();
            let lead = line.get(..sign).unwrap_or_default();
            let blank = lead.len() - lead.trim_start().len();
            let before = (blank < lead.len() && !lead.trim_start().starts_with('-')).then_some(start + blank);
            self.file.comments.push(Comment { range, paths, before });
        }
    }
}

fn typed(
    text: &str,
    style: ScalarStyle,
    anchor: usize,
    tag: Option<&Tag>,
    span: Span,
) -> Result<Scalar, Problem> {
    let is_text = check(anchor, tag, "str", span)? || style != ScalarStyle::Plain;
    match is_text {
        true => Ok(Scalar::Text(text.to_owned())),
        false => resolve(text).map_or_else(|| invalid(at(span, "a number is too large")), Ok),
    }
}

/// Whether there is the tag that is allowed; another one, or an anchor, is refused.
fn check(anchor: usize, tag: Option<&Tag>, allowed: &str, span: Span) -> Result<bool, Problem> {
    if anchor > 0 {
        return invalid(at(span, "it has an anchor; sops writes none"));
    }
    match tag {
        None => Ok(false),
        Some(tag) if tag.is_yaml_core_schema() && tag.suffix == allowed => Ok(true),
        Some(tag) if tag.suffix.strip_prefix(CORE) == Some(allowed) => Ok(true),
        Some(_) => invalid(at(span, "it has a tag that is not supported")),
    }
}

fn at(span: Span, what: &str) -> String {
    format!("on line {}, column {}: {what}", span.start.line(), span.start.col() + 1)
}
