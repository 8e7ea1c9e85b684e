//! INI: sections of names and values. What stands before the first section is in the one named `DEFAULT`.

use std::collections::BTreeSet;
use std::ops::Range;

use super::format::METADATA;
use super::layout::{Comment, Layout};
use super::node::{Branch, Leaf, Node, Scalar, get};
use super::problem::{Problem, invalid};
use super::unseal::VALUES_MAX;
use super::{NO_METADATA, cipher, nested, text_of};

/// The section that needs no heading.
const DEFAULT: &str = "DEFAULT";

/// Sections, metadata and places of a sealed file.
pub(super) fn read_sealed(text: &str) -> Result<(Branch, Node, Layout), Problem> {
    let mut reader = Reader::new(text);
    reader.read()?;
    let Reader { sections, mut layout, comments, .. } = reader;
    layout.comments = comments;
    let Some(Node::Map(metadata)) = get(&sections, METADATA) else { return invalid(NO_METADATA) };
    let flat = metadata
        .iter()
        .map(|(key, node)| (key.clone(), node.as_text().unwrap_or_default().replace("\\n", "\n")));
    let metadata = nested::nested(flat.collect())?;
    Ok((sections.into_iter().filter(|(name, _)| name != METADATA).collect(), metadata, layout))
}

/// The values of a file in clear; those of the first section without its name.
pub(super) fn read(text: &str) -> Result<Branch, Problem> {
    let mut reader = Reader::new(text);
    reader.read()?;
    let (default, named): (Branch, Branch) =
        reader.sections.into_iter().partition(|(name, _)| name == DEFAULT);
    let plain = default.into_iter().flat_map(|(_, node)| match node {
        Node::Map(branch) => branch,
        Node::Leaf(_) | Node::List(_) => Branch::new(),
    });
    Ok(plain.chain(named).collect())
}

/// A value in its line, in quotes where it needs some.
pub(super) fn written(leaf: &Leaf) -> String {
    let text = text_of(&leaf.value);
    match () {
        () if text.contains(['\n', '`']) => format!("\"\"\"{text}\"\"\""),
        () if text.contains(['#', ';']) => format!("`{text}`"),
        () if text.trim().len() != text.len() => format!("\"{text}\""),
        () => text,
    }
}

struct Reader<'t> {
    text: &'t str,
    position: usize,
    sections: Branch,
    layout: Layout,
    comments: Vec<Comment>,
    /// Comments that stand before what they belong to.
    waiting: Vec<Range<usize>>,
    /// The names that were read, with their sections.
    seen: BTreeSet<(String, String)>,
    headings: usize,
    /// Where metadata starts, while it is read.
    cut: Option<usize>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        let position = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self {
            text,
            position,
            sections: vec![(DEFAULT.into(), Node::Map(Branch::new()))],
            layout: Layout::default(),
            comments: Vec::new(),
            waiting: Vec::new(),
            seen: BTreeSet::new(),
            headings: 0,
            cut: None,
        }
    }

    fn read(&mut self) -> Result<(), Problem> {
        while let Some(line) = self.next_line() {
            let text = self.text.get(line.clone()).unwrap_or_default();
            match text.chars().next() {
                None => {}
                Some('#' | ';') => self.waiting.push(line),
                Some('[') => self.heading(text, line)?,
                Some(_) => self.variable(text, line)?,
            }
        }
        let end = self.text.len();
        self.layout.cuts.extend(self.cut.take().map(|start| start..end));
        Ok(())
    }

    /// The next line without what is blank around it.
    fn next_line(&mut self) -> Option<Range<usize>> {
        let rest = self.text.get(self.position..).filter(|rest| !rest.is_empty())?;
        let length = rest.find('\n').unwrap_or(rest.len());
        let line = rest.get(..length).unwrap_or_default();
        let start = self.position + (line.len() - line.trim_start().len());
        self.position += (length + 1).min(rest.len());
        Some(start..start + line.trim().len())
    }

    fn heading(&mut self, text: &str, line: Range<usize>) -> Result<(), Problem> {
        let Some((name, _)) = text.get(1..).and_then(|rest| rest.rsplit_once(']')) else {
            return invalid("a heading of a section in it has no end");
        };
        self.headings += 1;
        if self.headings > VALUES_MAX {
            return invalid("it has too many sections");
        }
        let start = self.waiting.first().map_or(line.start, |comment| comment.start);
        self.layout.cuts.extend(self.cut.take().map(|from| from..start));
        if name == METADATA {
            // The empty line between sections goes with the one that follows it.
            let before = self.text.get(..start).unwrap_or_default();
            self.cut = Some(if before.ends_with("\n\n") { start - 1 } else { start });
        }
        self.place_comments(name);
        if get(&self.sections, name).is_none() {
            self.sections.push((name.to_owned(), Node::Map(Branch::new())));
        } else if let Some(found) = self.sections.iter().position(|(section, _)| section == name) {
            // Sections of one name are one section; what is read goes to the last.
            let section = self.sections.remove(found);
            self.sections.push(section);
        }
        Ok(())
    }

    fn place_comments(&mut self, section: &str) {
        for range in std::mem::take(&mut self.waiting) {
            let text = self.text.get(range.clone()).unwrap_or_default();
            let sealed = text.trim_start_matches([';', '#', ' ']);
            if cipher::is_sealed(sealed) {
                let range = range.end - sealed.len()..range.end;
                self.comments.push(Comment { range, paths: vec![vec![section.to_owned()]], before: None });
            }
        }
    }

    fn variable(&mut self, text: &str, line: Range<usize>) -> Result<(), Problem> {
        let (name, offset) = name_of(text)?;
        let rest = text.get(offset..).unwrap_or_default();
        let start = line.start + offset + (rest.len() - rest.trim_start().len());
        let value = self.value(rest.trim(), start)?;
        let id = self.layout.values.len();
        if id >= VALUES_MAX {
            return invalid("it has too many values");
        }
        self.layout.values.push(start..line.end.max(start));
        let Some((section, Node::Map(_))) = self.sections.last() else { return Ok(()) };
        let section = section.clone();
        self.place_comments(&section);
        if let Some((_, Node::Map(branch))) = self.sections.last_mut() {
            if !self.seen.insert((section, name.clone())) {
                branch.retain(|(key, _)| *key != name);
            }
            branch.push((name, Node::leaf(Scalar::Text(value), id)));
        }
        Ok(())
    }

    fn value(&mut self, line: &str, start: usize) -> Result<String, Problem> {
        for quote in ["\"\"\"", "`"] {
            let Some(rest) = line.strip_prefix(quote).filter(|rest| !rest.is_empty() || quote == "`") else {
                continue;
            };
            return match rest.rfind(quote) {
                Some(end) => Ok(rest.get(..end).unwrap_or_default().to_owned()),
                None => self.lines_until(quote, start + quote.len()),
            };
        }
        if let Some(line) = line.strip_suffix('\\') {
            return Ok(self.continued(line));
        }
        let line = line.find(['#', ';']).and_then(|end| line.get(..end)).unwrap_or(line).trim();
        let inner = ['\'', '"'].into_iter().find_map(|quote| {
            let inner = line.strip_prefix(quote)?.strip_suffix(quote)?;
            (!inner.contains(quote)).then_some(inner)
        });
        Ok(inner.unwrap_or(line).to_owned())
    }

    /// Text up to a quote in a later line.
    fn lines_until(&mut self, quote: &str, start: usize) -> Result<String, Problem> {
        let later = self.text.get(self.position..).unwrap_or_default();
        let Some(found) = later.find(quote) else { return invalid("a value in it has no closing quote") };
        // The last quote of a line closes.
        let line = later.get(found..).unwrap_or_default();
        let line = line.split('\n').next().unwrap_or_default();
        let end = self.position + found + line.rfind(quote).unwrap_or(0);
        let value = self.text.get(start..end).unwrap_or_default().to_owned();
        self.position = end;
        self.next_line();
        Ok(value)
    }

    /// Text that goes on in the next lines.
    fn continued(&mut self, line: &str) -> String {
        let mut value = line.to_owned();
        while let Some(range) = self.next_line() {
            let next = self.text.get(range).unwrap_or_default();
            match next.strip_suffix('\\') {
                Some(more) => value.push_str(more),
                None => {
                    value.push_str(next);
                    break;
                }
            }
        }
        value
    }
}

/// The name at the start of a line, and where its value starts.
fn name_of(line: &str) -> Result<(String, usize), Problem> {
    let no_sign = || Problem::invalid("a line of it is neither a heading nor a comment nor a variable");
    for quote in ["\"\"\"", "\"", "`"] {
        let Some(rest) = line.strip_prefix(quote) else { continue };
        let end = rest.find(quote).ok_or_else(no_sign)?;
        let after = rest.get(end..).unwrap_or_default();
        let sign = after.find(['=', ':']).ok_or_else(no_sign)?;
        return Ok((rest.get(..end).unwrap_or_default().trim().to_owned(), quote.len() + end + sign + 1));
    }
    match line.find(['=', ':']) {
        Some(sign) if sign > 0 => Ok((line.get(..sign).unwrap_or_default().trim().to_owned(), sign + 1)),
        Some(_) | None => Err(no_sign()),
    }
}
