//! `format` and `formatlist`: text from a pattern with verbs.

use std::fmt::Write;
use std::sync::Arc;

use evenkeel_model::convert::convert;
use evenkeel_model::number::Integer;
use evenkeel_model::value::{Kind, Refinements};
use evenkeel_model::{Number, Type, Value};
use unicode_segmentation::UnicodeSegmentation;

use super::{CallError, Function, Parameter, Ty, any, bad, failed, room, string, text};
use crate::eval::safe_prefix;

const ARGUMENTS: Parameter = any("args").null().unknown();

/// Widths and precisions beyond this only serve to exhaust memory.
const WIDTH_MAX: usize = 10_000;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "format",
        &[string("format")],
        Ty::Any,
        format_one,
        "The format with its verbs replaced by the arguments, as printf does.",
    )
    .variadic(ARGUMENTS)
    .returning(|_| Ok(Type::String)),
    Function::new(
        "formatlist",
        &[string("format")],
        Ty::Any,
        format_list,
        "The format applied to the elements of the lists, one by one.",
    )
    .variadic(ARGUMENTS)
    .returning(|_| Ok(Type::list(Type::String))),
];

fn format_one(arguments: &[Value]) -> Result<Value, CallError> {
    let (pattern, values) = (text(arguments, 0), arguments.get(1..).unwrap_or_default());
    if values.iter().all(Value::is_wholly_known) {
        return Ok(Value::string(render(pattern, values)?));
    }
    let prefix = pattern.split('%').next().map(safe_prefix).filter(|prefix| !prefix.is_empty());
    let refinements = Refinements { not_null: true, prefix: prefix.map(Arc::from), ..Refinements::default() };
    Ok(Kind::Unknown(Type::String, Some(Arc::new(refinements))).into())
}

/// What one argument of `formatlist` contributes.
enum Column<'a> {
    Each(&'a [Value]),
    Same(&'a Value),
    Unknown,
}

fn format_list(arguments: &[Value]) -> Result<Value, CallError> {
    let (pattern, values) = (text(arguments, 0), arguments.get(1..).unwrap_or_default());
    let mut rows: Option<(usize, usize)> = None;
    let mut columns = Vec::new();
    for (i, value) in values.iter().enumerate() {
        let sequence =
            matches!(value.ty(), Type::List(_) | Type::Set(_) | Type::Tuple(_)) && !value.is_null();
        if !sequence {
            columns.push(Column::Same(value));
            continue;
        }
        let partly = matches!(value.kind(), Kind::Set(..)) && !value.is_wholly_known();
        let length = match (value.as_elements(), value.ty()) {
            _ if partly => None,
            (Some(elements), _) => Some(elements.len()),
            (None, Type::Tuple(types)) => Some(types.len()),
            _ => None,
        };
        match (length, rows) {
            (Some(length), None) => rows = Some((length, i)),
            (Some(length), Some((expected, chooser))) if length != expected => {
                return bad(
                    i + 1,
                    format!(
                        "argument {} has length {length}, which is inconsistent with argument {} of length {expected}",
                        i + 1,
                        chooser + 1
                    ),
                );
            }
            _ => {}
        }
        columns.push(match value.as_elements() {
            Some(elements) if !partly => Column::Each(elements),
            _ => Column::Unknown,
        });
    }
    if columns.iter().any(|column| matches!(column, Column::Unknown)) {
        return Ok(Value::unknown(Type::list(Type::String)));
    }
    let count = rows.map_or(1, |(length, _)| length);
    let (mut lines, mut bytes) = (Vec::new(), 0);
    for row in 0..count {
        let line = format_row(pattern, &columns, row)?;
        bytes += line.as_str().map_or(0, str::len);
        room(bytes)?;
        lines.push(line);
    }
    Ok(Value::list(Type::String, lines))
}

fn format_row(pattern: &str, columns: &[Column], row: usize) -> Result<Value, CallError> {
    let values: Vec<Value> = columns
        .iter()
        .filter_map(|column| match column {
            Column::Each(elements) => elements.get(row).cloned(),
            Column::Same(value) => Some((*value).clone()),
            Column::Unknown => None,
        })
        .collect();
    if !values.iter().all(Value::is_wholly_known) {
        return Ok(Value::unknown_not_null(Type::String));
    }
    match render(pattern, &values) {
        Ok(text) => Ok(Value::string(text)),
        Err(error) => failed(format!("error on format iteration {row}: {}", error.message)),
    }
}

/// One verb: `%[flags][width][.precision][[argument]]letter`.
#[derive(Default)]
struct Verb<'p> {
    raw: &'p str,
    offset: usize,
    argument: usize,
    letter: char,
    zero: bool,
    sharp: bool,
    plus: bool,
    minus: bool,
    space: bool,
    width: usize,
    precision: Option<usize>,
}

fn render(pattern: &str, values: &[Value]) -> Result<String, CallError> {
    let mut out = String::new();
    let (mut next, mut highest) = (1, 0);
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let offset = pattern.len() - after.len() - 1;
        if let Some(after) = after.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let (verb, after) = parse_verb(pattern, offset, next)?;
        highest = highest.max(verb.argument);
        next = verb.argument + 1;
        write_verb(&verb, values, &mut out)?;
        room(out.len())?;
        rest = after;
    }
    out.push_str(rest);
    if highest >= values.len() {
        return Ok(out);
    }
    match highest {
        0 => bad(1, "too many arguments; no verbs in format string"),
        _ => bad(highest + 1, format!("too many arguments; only {highest} used by format string")),
    }
}

/// Reads the verb that starts at `offset`; gives it and the text after it.
fn parse_verb(pattern: &str, offset: usize, next: usize) -> Result<(Verb<'_>, &str), CallError> {
    let mut verb = Verb { offset, argument: next, ..Verb::default() };
    let mut rest = pattern.get(offset + 1..).unwrap_or_default();
    loop {
        match rest.bytes().next() {
            Some(b'0') => verb.zero = true,
            Some(b'#') => verb.sharp = true,
            Some(b'-') => verb.minus = true,
            Some(b'+') => verb.plus = true,
            Some(b' ') => verb.space = true,
            _ => break,
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    if let Some(width) = take_number(&mut rest) {
        verb.width = width;
    }
    if let Some(after) = rest.strip_prefix('.') {
        rest = after;
        verb.precision = Some(take_number(&mut rest).unwrap_or(0));
    }
    if verb.width > WIDTH_MAX || verb.precision.is_some_and(|precision| precision > WIDTH_MAX) {
        return failed(format!("width and precision may be at most {WIDTH_MAX} at offset {offset}"));
    }
    if let Some(after) = rest.strip_prefix('[') {
        let mut inside = after;
        match take_number(&mut inside) {
            Some(argument) if argument > 0 && !after.starts_with('0') && inside.starts_with(']') => {
                verb.argument = argument;
                rest = inside.get(1..).unwrap_or_default();
            }
            _ => {
                return unrecognized(
                    pattern,
                    if after.starts_with(|c: char| c.is_ascii_digit() && c != '0') { inside } else { after },
                );
            }
        }
    }
    match rest.chars().next() {
        Some(letter) if letter.is_ascii_alphabetic() => {
            verb.letter = letter;
            rest = rest.get(1..).unwrap_or_default();
            verb.raw = pattern.get(offset..pattern.len() - rest.len()).unwrap_or_default();
            Ok((verb, rest))
        }
        _ => unrecognized(pattern, rest),
    }
}

fn unrecognized<T>(pattern: &str, rest: &str) -> Result<T, CallError> {
    let at = pattern.len() - rest.len();
    match rest.chars().next() {
        Some(character) => failed(format!("unrecognized format character {character:?} at offset {at}")),
        None => failed(format!("invalid format string starting at offset {at}")),
    }
}

fn take_number(rest: &mut &str) -> Option<usize> {
    let end = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
    let digits = rest.get(..end).filter(|digits| !digits.is_empty())?;
    *rest = rest.get(end..).unwrap_or_default();
    Some(digits.parse().unwrap_or(usize::MAX))
}

fn write_verb(verb: &Verb, values: &[Value], out: &mut String) -> Result<(), CallError> {
    let Some(value) = values.get(verb.argument - 1) else {
        return failed(format!(
            "not enough arguments for {:?} at {}: need index {} but have {} total",
            verb.raw,
            verb.offset,
            verb.argument,
            values.len()
        ));
    };
    let unsupported =
        |why: &str| failed(format!("unsupported value for {:?} at {}: {why}", verb.raw, verb.offset));
    if verb.letter != 'v' && value.is_null() {
        return unsupported("null value cannot be formatted");
    }
    let as_type = |ty: Type| {
        convert(value, &ty).or_else(|error| {
            failed(format!("unsupported value for {:?} at {}: {error}", verb.raw, verb.offset))
        })
    };
    match verb.letter {
        'v' => out.push_str(&pad(verb, as_is(verb, value))),
        't' => {
            let value = as_type(Type::Bool)?;
            out.push_str(if value.as_bool() == Some(true) { "true" } else { "false" });
        }
        's' | 'q' => {
            let value = as_type(Type::String)?;
            out.push_str(&pad(verb, quoted(verb, value.as_str().unwrap_or_default())));
        }
        'b' | 'd' | 'o' | 'x' | 'X' => {
            let value = as_type(Type::Number)?;
            let Some(integer) = value.as_number().and_then(Number::to_integer) else {
                return unsupported("an integer is required");
            };
            let negative = integer < Integer::ZERO;
            let digits = radix(verb, &integer);
            out.push_str(&pad_number(verb, negative, &digits));
        }
        'e' | 'E' | 'f' | 'g' | 'G' => {
            let value = as_type(Type::Number)?;
            let number = value.as_number().cloned().unwrap_or(Number::ZERO);
            let digits = match number.is_infinite() {
                true => "Inf".to_owned(),
                false => float(verb, &number.abs()),
            };
            out.push_str(&pad_number(verb, number.has_minus(), &digits));
        }
        letter => {
            return failed(format!(
                "unsupported format verb {letter:?} in {:?} at offset {}",
                verb.raw, verb.offset
            ));
        }
    }
    Ok(())
}

fn as_is(verb: &Verb, value: &Value) -> String {
    match value.kind() {
        Kind::String(text) if !verb.sharp => text.to_string(),
        Kind::Number(number) if number.is_infinite() => number.to_string(),
        Kind::Number(number) if !verb.sharp => {
            let sign = if number.has_minus() { "-" } else { "" };
            format!("{sign}{}", general(&Decimal::of(&number.abs()), None, 'e'))
        }
        _ => super::encoding::to_json(value),
    }
}

fn quoted(verb: &Verb, text: &str) -> String {
    let text: String = match verb.precision {
        Some(precision) if precision > 0 => text.graphemes(true).take(precision).collect(),
        _ => text.to_owned(),
    };
    match verb.letter {
        'q' => super::encoding::to_json(&Value::string(text)),
        _ => text,
    }
}

fn pad(verb: &Verb, text: String) -> String {
    let missing = verb.width.saturating_sub(text.graphemes(true).count());
    let fill = if verb.zero { "0" } else { " " }.repeat(missing);
    if verb.minus { text + &fill } else { fill + &text }
}

fn pad_number(verb: &Verb, negative: bool, digits: &str) -> String {
    let sign = match () {
        () if negative => "-",
        () if verb.plus => "+",
        () if verb.space => " ",
        () => "",
    };
    let missing = verb.width.saturating_sub(sign.len() + digits.chars().count());
    match () {
        () if verb.minus => format!("{sign}{digits}{}", " ".repeat(missing)),
        () if verb.zero => format!("{sign}{}{digits}", "0".repeat(missing)),
        () => format!("{}{sign}{digits}", " ".repeat(missing)),
    }
}

/// The digits of an integer without its sign.
fn radix(verb: &Verb, integer: &Integer) -> String {
    let (base, prefix) = match verb.letter {
        'b' => (2, "0b"),
        'o' => (8, "0"),
        'x' => (16, "0x"),
        'X' => (16, "0X"),
        _ => (10, ""),
    };
    let mut digits = integer.in_radix(base).to_string();
    if let Some(rest) = digits.strip_prefix('-') {
        digits = rest.to_owned();
    }
    if verb.letter == 'X' {
        digits = digits.to_uppercase();
    }
    if let Some(precision) = verb.precision {
        digits = format!("{}{digits}", "0".repeat(precision.saturating_sub(digits.len())));
    }
    if verb.sharp { format!("{prefix}{digits}") } else { digits }
}

/// A number that is not negative, as digits with the place of the decimal point.
struct Decimal {
    digits: Vec<u8>,
    point: i64,
}

impl Decimal {
    fn of(number: &Number) -> Self {
        let text = number.to_string();
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|byte| byte - b'0').collect();
        let leading = digits.iter().take_while(|digit| **digit == 0).count();
        let mut digits = digits.get(leading..).unwrap_or_default().to_vec();
        while digits.last() == Some(&0) {
            digits.pop();
        }
        let point = if digits.is_empty() { 0 } else { whole.len() as i64 - leading as i64 };
        Self { digits, point }
    }

    /// Rounds half to even, keeping `count` digits.
    fn round(&mut self, count: i64) {
        let Ok(count) = usize::try_from(count) else {
            self.digits.clear();
            self.point = 0;
            return;
        };
        if count >= self.digits.len() {
            return;
        }
        let next = self.digits.get(count).copied().unwrap_or(0);
        let half = next == 5 && count + 1 == self.digits.len();
        let odd = count > 0 && self.digits.get(count - 1).is_some_and(|digit| digit % 2 == 1);
        let up = if half { odd } else { next >= 5 };
        self.digits.truncate(count);
        if up {
            self.increment();
        }
        while self.digits.last() == Some(&0) {
            self.digits.pop();
        }
        if self.digits.is_empty() {
            self.point = 0;
        }
    }

    fn increment(&mut self) {
        while let Some(last) = self.digits.pop() {
            if last < 9 {
                self.digits.push(last + 1);
                return;
            }
        }
        self.digits.push(1);
        self.point += 1;
    }

    fn digit(&self, place: i64) -> char {
        let digit = usize::try_from(place).ok().and_then(|place| self.digits.get(place)).copied();
        char::from(b'0' + digit.unwrap_or(0))
    }
}

fn float(verb: &Verb, number: &Number) -> String {
    let decimal = Decimal::of(number);
    match verb.letter {
        'f' => fixed(decimal, verb.precision.unwrap_or(6)),
        'e' | 'E' => scientific(decimal, Some(verb.precision.unwrap_or(6)), verb.letter),
        letter => general(&decimal, verb.precision, if letter == 'G' { 'E' } else { 'e' }),
    }
}

fn fixed(mut decimal: Decimal, places: usize) -> String {
    decimal.round(decimal.point + places as i64);
    let mut out: String = match decimal.point {
        point if point > 0 => (0..point).map(|place| decimal.digit(place)).collect(),
        _ => "0".into(),
    };
    if places > 0 {
        out.push('.');
        out.extend((0..places as i64).map(|place| decimal.digit(decimal.point + place)));
    }
    out
}

/// `places` digits after the point, or as many as there are.
fn scientific(mut decimal: Decimal, places: Option<usize>, letter: char) -> String {
    if let Some(places) = places {
        decimal.round(places as i64 + 1);
    }
    let places = places.unwrap_or(decimal.digits.len().saturating_sub(1));
    let mut out = String::from(decimal.digit(0));
    if places > 0 {
        out.push('.');
        out.extend((1..=places as i64).map(|place| decimal.digit(place)));
    }
    let exponent = if decimal.digits.is_empty() { 0 } else { decimal.point - 1 };
    let sign = if exponent < 0 { '-' } else { '+' };
    // Writing to a string cannot fail.
    let _ = write!(out, "{letter}{sign}{:02}", exponent.abs());
    out
}

/// Exponents from here on are written out as such where no precision is asked for.
const SHORTEST_LIMIT: i64 = 6;

/// The shorter of the two notations, as `%g` chooses it.
fn general(decimal: &Decimal, precision: Option<usize>, letter: char) -> String {
    let mut decimal = Decimal { digits: decimal.digits.clone(), point: decimal.point };
    let significant = precision.map(|precision| precision.max(1) as i64);
    if let Some(significant) = significant {
        decimal.round(significant);
    }
    let count = decimal.digits.len() as i64;
    let limit = match significant {
        None => SHORTEST_LIMIT,
        Some(significant) if significant > count && count >= decimal.point => count,
        Some(significant) => significant,
    };
    let exponent = decimal.point - 1;
    if !decimal.digits.is_empty() && (exponent < -4 || exponent >= limit) {
        return scientific(decimal, None, letter);
    }
    let places = (count - decimal.point).max(0);
    fixed(decimal, usize::try_from(places).unwrap_or(0))
}
