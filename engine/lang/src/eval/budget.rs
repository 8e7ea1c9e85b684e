//! What one evaluation may cost, counted and never timed, so that the same configuration is refused
//! everywhere or nowhere.
//!
//! Values share their parts: thirty locals, each with ten references to the one before, take little
//! memory and stand for more than can be printed. So what goes into a tuple or object is measured as
//! if it were copied, and everything that walks over values later may walk freely.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use evenkeel_model::{Diagnostics, SourceRange, Type, Value};

use super::Evaluator;
use crate::ast::{Expr, ExprKind};

const TOO_LARGE: &str = "Evaluation too large";

/// How many expressions are evaluated, each time counted.
const STEPS_MAX: u64 = 10_000_000;

/// How many values are put together, and how many times sixteen bytes of text are written.
const SIZE_MAX: u64 = 5_000_000;

/// How deep values may be nested in one another.
const VALUE_DEPTH_MAX: u32 = 400;

/// What all evaluations of a plan may take together: what repeats a million times may not take long each time.
pub const STEPS_IN_ALL_MAX: u64 = 1_000_000_000;

/// What the evaluations that share a scope have taken together.
#[derive(Debug)]
pub struct Effort {
    steps: AtomicU64,
    steps_max: u64,
}

impl Effort {
    /// So many steps may be taken.
    pub fn of(steps_max: u64) -> Self {
        Self { steps: AtomicU64::new(0), steps_max }
    }

    fn add(&self, steps: u64) {
        self.steps.fetch_add(steps, Ordering::Relaxed);
    }

    fn is_used_up(&self) -> bool {
        self.steps.load(Ordering::Relaxed) >= self.steps_max
    }
}

/// What was spent. Evaluations inside an evaluation (templates) share it.
#[derive(Clone, Default)]
pub(super) struct Budget(Rc<Spent>);

#[derive(Default)]
struct Spent {
    steps: Cell<u64>,
    size: Cell<u64>,
    exceeded: Cell<bool>,
    /// All evaluations together had taken too many steps before this one began.
    late: Cell<bool>,
}

impl Budget {
    /// What is left for one evaluation.
    pub(super) fn of(effort: Option<&Effort>) -> Self {
        let budget = Self::default();
        budget.0.late.set(effort.is_some_and(Effort::is_used_up));
        budget
    }

    /// Counts what was spent among the rest, once it is over.
    pub(super) fn settle(&self, effort: Option<&Effort>) {
        if let Some(effort) = effort {
            effort.add(self.0.steps.get());
        }
    }

    /// Counts one expression; false when there were too many.
    pub(super) fn step(&self) -> bool {
        self.work(1)
    }

    fn work(&self, steps: u64) -> bool {
        let steps = self.0.steps.get().saturating_add(steps);
        self.0.steps.set(steps);
        steps <= STEPS_MAX && !self.0.exceeded.get() && !self.0.late.get()
    }

    fn left(&self) -> u64 {
        SIZE_MAX.saturating_sub(self.0.size.get())
    }

    fn spend(&self, size: u64) -> bool {
        self.0.size.set(self.0.size.get().saturating_add(size));
        self.0.size.get() <= SIZE_MAX
    }
}

impl Evaluator<'_> {
    /// Reports once that the evaluation is too large, where neither `try` nor a branch hides it;
    /// everything after that is unknown at once.
    #[inline(never)]
    pub(super) fn too_large(&mut self, range: &SourceRange, why: &str) -> Value {
        if !self.budget.0.exceeded.replace(true) {
            let detail = format!("{why} Work with less at a time, or pass on only what is needed.");
            self.references.error(TOO_LARGE, detail, Some(range.clone()));
        }
        Value::unknown(Type::Dynamic)
    }

    /// Counts a template that is about to be read: that takes time by its length.
    pub(crate) fn reads_template(&self, bytes: usize) {
        self.budget.work(100 + bytes as u64 / 8);
    }

    /// Whether a template was too large to evaluate, which is then told here, where no `try` hides it.
    pub(crate) fn takes_over(&mut self, inside: &Diagnostics) -> bool {
        let found = inside.iter().find(|problem| problem.summary == TOO_LARGE);
        self.references.0.extend(found.cloned());
        found.is_some()
    }

    #[inline(never)]
    pub(super) fn too_many_steps(&mut self, expr: &Expr) -> Value {
        let why = self.too_many();
        self.too_large(expr.range(), &why)
    }

    fn too_many(&self) -> String {
        match self.budget.0.late.get() {
            true => "All values of the configuration together take too many steps.".to_owned(),
            false => format!("More than {STEPS_MAX} steps would be taken for this one value."),
        }
    }

    /// A part of a tuple or object: counted with everything inside, unless it was written there and
    /// has been counted part by part.
    pub(super) fn part(&mut self, value: Value, expr: &Expr) -> Value {
        match expr.kind() {
            ExprKind::Tuple(_) | ExprKind::Object(_) | ExprKind::For(_) => {
                self.charged(value, 1, expr.range())
            }
            _ => self.produced(value, expr.range()),
        }
    }

    /// The result of a function: measured, but not counted, for it may be of passing use. Large ones
    /// take time, though.
    pub(super) fn returned(&mut self, value: Value, range: &SourceRange) -> Value {
        match value.measure(SIZE_MAX, VALUE_DEPTH_MAX) {
            Some(size) if self.budget.work(size / 64) => value,
            Some(_) => {
                let why = self.too_many();
                self.too_large(range, &why)
            }
            None => self.too_large(range, &too_many_values()),
        }
    }

    /// A value that was put into another one: counted with everything inside.
    fn produced(&mut self, value: Value, range: &SourceRange) -> Value {
        if self.budget.0.exceeded.get() {
            return Value::unknown(Type::Dynamic);
        }
        match value.measure(self.budget.left(), VALUE_DEPTH_MAX) {
            Some(size) => self.charged(value, size, range),
            None => self.too_large(range, &too_many_values()),
        }
    }

    fn charged(&mut self, value: Value, size: u64, range: &SourceRange) -> Value {
        match self.budget.spend(size) {
            true => value,
            false => self.too_large(range, &too_many_values()),
        }
    }
}

fn too_many_values() -> String {
    format!("It would hold more than {SIZE_MAX} values, or nest them in more than {VALUE_DEPTH_MAX} levels.")
}
