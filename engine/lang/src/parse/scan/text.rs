//! Text: quoted strings, heredocs, template files, and the sequences and directives in them.

use super::{Open, OpenDirective, Scanner, is_identifier_char};
use crate::parse::error::Problem;
use crate::parse::template;

impl<'a> Scanner<'a> {
    pub(super) fn open_heredoc(&mut self) -> Result<(), Problem> {
        let indent = usize::from(self.peek(2) == b'-');
        let from = self.at + 2 + indent;
        let rest = self.text.get(from..).unwrap_or_default();
        let end = rest
            .char_indices()
            .find(|(i, c)| !is_identifier_char(*c, *i == 0))
            .map_or(rest.len(), |(i, _)| i);
        let marker = rest.get(..end).unwrap_or_default();
        let after = rest.get(end..).unwrap_or_default();
        let newline = if after.starts_with("\r\n") { 2 } else { usize::from(after.starts_with('\n')) };
        if marker.is_empty() || newline == 0 {
            return Err(Problem::new(
                "Invalid expression",
                "A heredoc begins with << or <<-, a name, and a newline. Nothing else may follow the name.",
            )
            .at(self.at..from + end));
        }
        let start = self.at;
        let length = 2 + indent + end + newline;
        self.push(Open::Heredoc { marker, line_start: true }, length)?;
        // The parser looks for the end only after a line of content.
        if let Some(closing) = self.closing_marker(marker) {
            self.patches.push((start..start + 2, b'"'));
            self.patches.push((start + 2..closing, b' '));
        }
        Ok(())
    }

    /// Where the closing marker on this line ends, if this line is one.
    fn closing_marker(&self, marker: &str) -> Option<usize> {
        let rest = self.text.get(self.at..)?;
        let line = rest.get(..rest.find('\n').unwrap_or(rest.len()))?;
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        (line.trim() == marker && line.get(indent..)?.starts_with(marker))
            .then_some(self.at + indent + marker.len())
    }

    pub(super) fn heredoc(&mut self, marker: &'a str, line_start: bool) -> Result<(), Problem> {
        if line_start {
            if let Some(end) = self.closing_marker(marker) {
                self.end_template()?;
                self.at = end;
                return Ok(());
            }
            self.hide_false_marker(marker);
        }
        if let Some((Open::Heredoc { line_start, .. }, _)) = self.open.last_mut() {
            *line_start = false;
        }
        self.template_text(true)
    }

    /// A line that only begins with the marker does not end the heredoc, but the parser thinks so.
    fn hide_false_marker(&mut self, marker: &str) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let content = rest.trim_start_matches([' ', '\t']);
        let start = self.at + rest.len() - content.len();
        if content.starts_with(marker)
            && !content[marker.len()..].starts_with(|c| is_identifier_char(c, false))
        {
            let with = if marker.starts_with('_') { b'x' } else { b'_' };
            self.patches.push((start..self.token_end(start), with));
        }
    }

    /// Literal text without quotes, up to the end of the line or the next sequence.
    pub(super) fn template_text(&mut self, heredoc: bool) -> Result<(), Problem> {
        while self.at < self.bytes.len() {
            match self.peek(0) {
                b'\n' => {
                    self.at += 1;
                    if heredoc && let Some((Open::Heredoc { line_start, .. }, _)) = self.open.last_mut() {
                        *line_start = true;
                    }
                    return Ok(());
                }
                b'$' | b'%' => {
                    if self.sequence()? {
                        return Ok(());
                    }
                }
                _ => self.at += 1,
            }
        }
        Ok(())
    }

    pub(super) fn quoted(&mut self) -> Result<(), Problem> {
        while self.at < self.bytes.len() {
            match self.peek(0) {
                b'"' => {
                    self.end_template()?;
                    self.at += 1;
                    return Ok(());
                }
                b'\\' if !matches!(self.peek(1), b'\n' | b'\r' | 0) => self.escape()?,
                b'\n' | b'\r' => {
                    return Err(Problem::new(
                        "Invalid multi-line string",
                        "A quoted string ends on the line where it begins. Write \\n for a newline, or use a \
                         heredoc for text of several lines.",
                    )
                    .at(self.at..self.at + 1));
                }
                b'\\' => self.at += 1,
                b'$' | b'%' => {
                    if self.sequence()? {
                        return Ok(());
                    }
                }
                _ => self.at += 1,
            }
        }
        Ok(())
    }

    /// A backslash and what it selects. A code that is no character is hidden from the parser, which
    /// refuses it where the language writes the replacement character.
    fn escape(&mut self) -> Result<(), Problem> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        match template::unescape(rest) {
            Ok((c, length)) => {
                if c == char::REPLACEMENT_CHARACTER {
                    self.patches.push((self.at..self.at + length, b'x'));
                }
                self.at += length;
                Ok(())
            }
            Err(length) => {
                let escape = rest.get(..length).unwrap_or_default();
                Err(template::invalid_escape(escape).at(self.at..self.at + length))
            }
        }
    }

    /// At `$` or `%` in text: enters `${` and `%{`, steps over everything else.
    fn sequence(&mut self) -> Result<bool, Problem> {
        let byte = self.peek(0);
        if self.peek(1) == byte && self.peek(2) == b'{' {
            self.at += 3;
            return Ok(false);
        }
        if self.peek(1) != b'{' {
            self.at += 1;
            return Ok(false);
        }
        let length = if self.peek(2) == b'~' { 3 } else { 2 };
        if byte == b'$' {
            self.push(Open::Interpolation, length)?;
        } else {
            let at = self.at;
            self.push(Open::Directive, length)?;
            self.directive(at)?;
        }
        Ok(true)
    }

    fn directive(&mut self, at: usize) -> Result<(), Problem> {
        while matches!(self.peek(0), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
        let start = self.at;
        while self.peek(0).is_ascii_alphanumeric() || matches!(self.peek(0), b'_' | b'-') {
            self.at += 1;
        }
        let keyword = self.text.get(start..self.at).unwrap_or_default();
        // The directive itself is open, too.
        let depth = self.open.len() - 1;
        match keyword {
            "if" | "for" => {
                self.directives.push(OpenDirective { depth, is_if: keyword == "if", has_else: false, at });
                Ok(())
            }
            "else" | "endif" | "endfor" => self.end_directive(keyword, depth, at),
            "" => Err(Problem::new(
                "Invalid template directive",
                "One of the keywords if, else, endif, for, endfor is expected after %{. Write %%{ for a literal %{.",
            )
            .at(start..self.token_end(start))),
            _ => Err(Problem::new(
                "Invalid template control keyword",
                format!(
                    "\"{keyword}\" is not a template keyword; these are if, else, endif, for and endfor. Write %%{{ \
                     for a literal %{{."
                ),
            )
            .at(start..self.at)),
        }
    }

    fn end_directive(&mut self, keyword: &str, depth: usize, at: usize) -> Result<(), Problem> {
        let range = at..self.at;
        let problem =
            |detail: &str| Problem::new(format!("Unexpected {keyword} directive"), detail).at(range.clone());
        let Some(directive) = self.directives.last_mut().filter(|directive| directive.depth == depth) else {
            return Err(problem("There is no directive before it that it belongs to."));
        };
        match (keyword, directive.is_if) {
            ("else", true) if !directive.has_else => directive.has_else = true,
            ("else", true) => return Err(problem("There is an else directive for this if already.")),
            ("else", false) => return Err(problem("A for directive has no else.")),
            ("endif", true) | ("endfor", false) => {
                self.directives.pop();
            }
            (_, true) => {
                return Err(problem("The directive that is open here is an if; it ends with endif."));
            }
            (_, false) => {
                return Err(problem("The directive that is open here is a for; it ends with endfor."));
            }
        }
        Ok(())
    }

    /// The end of a quoted string or heredoc.
    fn end_template(&mut self) -> Result<(), Problem> {
        self.open.pop();
        match self.directives.last() {
            Some(directive) if directive.depth > self.open.len() => Err(self.unended(directive, self.at)),
            _ => Ok(()),
        }
    }

    pub(super) fn unended(&self, directive: &OpenDirective, end: usize) -> Problem {
        let (name, ending) = if directive.is_if { ("if", "endif") } else { ("for", "endfor") };
        Problem::new(
            "Unexpected end of template",
            format!("The {name} directive that begins here is not ended by an {ending} directive."),
        )
        .at(directive.at..(directive.at + 2).min(end.max(directive.at)))
    }
}
