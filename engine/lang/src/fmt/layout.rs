//! Where lines begin and what is aligned.
//!
//! Each line has up to three cells: what leads, an assignment (from `=` on) and a comment at the
//! end. Assignments of neighbouring lines stand below each other, and so do comments.

use unicode_segmentation::UnicodeSegmentation;

use super::Piece;
use super::spacing::space_between;
use crate::parse::lex::TokenKind;

/// One line, in cells.
#[derive(Debug, Default)]
pub(super) struct Line<'a> {
    lead: Vec<Piece<'a>>,
    assign: Vec<Piece<'a>>,
    comment: Option<Piece<'a>>,
}

impl<'a> Line<'a> {
    /// All pieces in order.
    pub(super) fn pieces(&self) -> impl Iterator<Item = &Piece<'a>> {
        self.lead.iter().chain(&self.assign).chain(&self.comment)
    }
}

/// The pieces as lines, with the space before each decided.
pub(super) fn lay_out(pieces: Vec<Piece>) -> Vec<Line> {
    let (mut lines, end) = lines(pieces);
    indent(&mut lines);
    for line in &mut lines {
        space(&mut line.lead);
        space(&mut line.assign);
    }
    align(
        &mut lines,
        |line| (!line.assign.is_empty()).then(|| columns(&line.lead)),
        |line| line.assign.first_mut(),
    );
    align(
        &mut lines,
        |line| line.comment.is_some().then(|| columns(&line.lead) + columns(&line.assign)),
        |line| line.comment.as_mut(),
    );
    lines.push(Line { lead: end, ..Line::default() });
    lines
}

/// The lines, and the end of the file, which belongs to none: the space before it stays.
fn lines(pieces: Vec<Piece>) -> (Vec<Line>, Vec<Piece>) {
    let mut lines = Vec::new();
    let mut current = Vec::new();
    for piece in pieces {
        if piece.kind == TokenKind::Eof {
            lines.push(line(std::mem::take(&mut current)));
            return (lines, vec![piece]);
        }
        let last = piece.ends_line();
        current.push(piece);
        if last {
            lines.push(line(std::mem::take(&mut current)));
        }
    }
    (lines, current)
}

/// Splits a line into its cells.
fn line(mut lead: Vec<Piece>) -> Line {
    let commented = lead.len() > 1 && lead.last().is_some_and(|last| last.kind == TokenKind::Comment);
    let comment = if commented { lead.pop() } else { None };
    let assign = lead.iter().skip(1).position(|piece| piece.kind == TokenKind::Equal).map(|at| at + 1);
    let assign = assign.filter(|at| net_brackets(lead.iter().skip(*at)) == 0);
    let assign = assign.map(|at| lead.split_off(at)).unwrap_or_default();
    Line { lead, assign, comment }
}

fn net_brackets<'p, 'a: 'p>(pieces: impl Iterator<Item = &'p Piece<'a>>) -> isize {
    pieces.map(Piece::bracket_change).sum()
}

/// Two columns for each line that opened brackets which are still open, however many it opened.
fn indent(lines: &mut [Line]) {
    let mut open: Vec<isize> = Vec::new();
    for line in lines {
        let net = line_brackets(line);
        let Some(first) = line.lead.first_mut() else { continue };
        if first.kind == TokenKind::Newline {
            first.spaces = 0;
            continue;
        }
        if net < 0 {
            close(&mut open, -net);
        }
        first.spaces = 2 * open.len();
        if net > 0 {
            open.push(net);
        }
    }
}

/// What a line opens, less what it closes; of a heredoc in the leading cell nothing counts.
fn line_brackets(line: &Line) -> isize {
    let heredoc = line.lead.iter().position(|piece| piece.kind == TokenKind::OHeredoc);
    let lead = line.lead.iter().take(heredoc.unwrap_or(line.lead.len()));
    net_brackets(lead) + net_brackets(line.assign.iter())
}

fn close(open: &mut Vec<isize>, mut closed: isize) {
    while closed > 0
        && let Some(last) = open.last_mut()
    {
        if closed < *last {
            *last -= closed;
            return;
        }
        closed -= *last;
        open.pop();
    }
}

/// The spaces between the pieces of a cell.
fn space(cell: &mut [Piece]) {
    let kinds: Vec<(TokenKind, bool)> = cell.iter().map(|piece| (piece.kind, piece.text == "in")).collect();
    for (at, piece) in cell.iter_mut().enumerate().skip(1) {
        let before = at.checked_sub(2).and_then(|at| kinds.get(at)).map(|(kind, _)| *kind);
        let Some((subject, is_in)) = at.checked_sub(1).and_then(|at| kinds.get(at)) else { continue };
        piece.spaces = usize::from(space_between(before, *subject, *is_in, piece.kind));
    }
}

/// Puts a cell of neighbouring lines into the same column: one behind the widest.
fn align<'a>(
    lines: &mut [Line<'a>],
    width: impl Fn(&Line<'a>) -> Option<usize>,
    cell: impl for<'l> Fn(&'l mut Line<'a>) -> Option<&'l mut Piece<'a>>,
) {
    let widths: Vec<Option<usize>> = lines.iter().map(width).collect();
    let mut start = 0;
    for chain in widths.chunk_by(|a, b| a.is_some() == b.is_some()) {
        let widest = chain.iter().flatten().max().copied().unwrap_or_default();
        for (line, width) in lines.iter_mut().skip(start).zip(chain) {
            if let (Some(width), Some(piece)) = (width, cell(line)) {
                piece.spaces = widest - width + 1;
            }
        }
        start += chain.len();
    }
}

/// How many columns pieces take, the space before them included.
fn columns(cell: &[Piece]) -> usize {
    cell.iter().map(|piece| piece.spaces + graphemes(&piece.text)).sum()
}

fn graphemes(text: &str) -> usize {
    match text.is_ascii() && !text.contains('\r') {
        true => text.len(),
        false => text.graphemes(true).count(),
    }
}
