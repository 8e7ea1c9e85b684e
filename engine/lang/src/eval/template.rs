//! Templates: text with interpolations and directives.

use std::sync::Arc;

use evenkeel_model::convert::convert;
use evenkeel_model::value::{Kind, Refinements};
use evenkeel_model::{Marks, SourceRange, Type, Value};

use unicode_segmentation::UnicodeSegmentation;

use super::Evaluator;
use crate::ast::{Expr, TemplatePart};
use crate::functions::TEXT_BYTES_MAX;

const INVALID: &str = "Invalid template interpolation value";

/// A string being built: text as far as it is known, then only whether more was unknown.
#[derive(Default)]
pub(crate) struct Builder {
    text: String,
    too_long: bool,
    unknown: bool,
    marks: Marks,
}

impl Builder {
    /// Adds text, unless all of it becomes too long.
    fn push(&mut self, text: &str) {
        self.too_long |= self.text.len() + text.len() > TEXT_BYTES_MAX;
        if !self.too_long && !self.unknown {
            self.text.push_str(text);
        }
    }

    pub(crate) fn finish(self) -> Value {
        if !self.unknown {
            return Value::string(self.text).with_marks(self.marks);
        }
        let prefix = safe_prefix(&self.text);
        let prefix = (!prefix.is_empty()).then(|| Arc::from(prefix));
        let refinements = Refinements { not_null: true, prefix, ..Refinements::default() };
        Value::from(Kind::Unknown(Type::String, Some(Arc::new(refinements)))).with_marks(self.marks)
    }
}

/// The start of a text that stays as it is whatever follows: without its last character, unless
/// that is one which nothing combines with.
pub(crate) fn safe_prefix(text: &str) -> &str {
    const FINAL: &str = "-_:;/\\,.(){}[]|?!~ \t@#$%^&*+\"'";
    match text.graphemes(true).next_back() {
        Some(last) if !FINAL.contains(last) => text.strip_suffix(last).unwrap_or_default(),
        _ => text,
    }
}

impl Evaluator<'_> {
    #[inline(never)]
    pub(super) fn eval_template(&mut self, parts: &[TemplatePart], range: &SourceRange) -> Value {
        let mut builder = Builder::default();
        self.write_parts(parts, &mut builder);
        if builder.too_long {
            return self.too_large(range, &format!("The text would have more than {TEXT_BYTES_MAX} bytes."));
        }
        builder.finish()
    }

    pub(crate) fn write_parts(&mut self, parts: &[TemplatePart], builder: &mut Builder) {
        for part in parts {
            match part {
                TemplatePart::Text(text) => builder.push(text),
                TemplatePart::Interpolation(expr) => {
                    let value = self.eval(expr);
                    self.write_value(value, expr.range(), builder);
                }
                TemplatePart::If { condition, yes, no } => self.write_if(condition, yes, no, builder),
                TemplatePart::For { key_name, value_name, collection, body } => {
                    self.write_for(key_name.as_ref(), value_name, collection, body, builder);
                }
            }
        }
    }

    #[inline(never)]
    fn write_value(&mut self, value: Value, range: &SourceRange, builder: &mut Builder) {
        let (value, marks) = value.unmark();
        builder.marks = builder.marks.union(marks);
        if value.is_unknown() {
            builder.unknown = true;
            return;
        }
        if value.is_null() {
            let detail = "The expression result is null. Cannot include a null value in a string template.";
            self.fail(INVALID, detail, range);
            return;
        }
        match convert(&value, &Type::String) {
            Ok(text) => builder.push(text.as_str().unwrap_or_default()),
            Err(error) => {
                let detail = format!("Cannot include the given value in a string template: {error}.");
                self.fail(INVALID, detail, range);
            }
        }
    }

    #[inline(never)]
    fn write_if(
        &mut self,
        condition: &Expr,
        yes: &[TemplatePart],
        no: &[TemplatePart],
        builder: &mut Builder,
    ) {
        let value = self.eval(condition);
        let (value, marks) = value.unmark();
        builder.marks = builder.marks.union(marks);
        if value.is_null() {
            let detail = "The condition value is null. Conditions must either be true or false.";
            self.fail("Null condition", detail, condition.range());
            return;
        }
        if value.is_unknown() {
            builder.unknown = true;
            return;
        }
        match convert(&value, &Type::Bool) {
            Err(_) => {
                let detail = "The condition expression must be of type bool.";
                self.fail("Incorrect condition type", detail, condition.range());
            }
            Ok(value) => match value.as_bool() {
                Some(chosen) => self.write_parts(if chosen { yes } else { no }, builder),
                None => builder.unknown = true,
            },
        }
    }

    #[inline(never)]
    fn write_for(
        &mut self,
        key_name: Option<&Arc<str>>,
        value_name: &Arc<str>,
        collection: &Expr,
        body: &[TemplatePart],
        builder: &mut Builder,
    ) {
        let range = collection.range();
        let Some(collection) = self.iterate(collection, range, "a template 'for' directive") else {
            builder.unknown = true;
            return;
        };
        builder.marks = builder.marks.union(collection.marks);
        let Some(items) = collection.items else {
            builder.unknown = true;
            return;
        };
        for (key, value) in items {
            let key = key_name.map(|name| (name.clone(), key));
            self.with_names(key.into_iter().chain([(value_name.clone(), value)]), |inner| {
                inner.write_parts(body, builder);
            });
        }
    }
}
