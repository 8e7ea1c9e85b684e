//! What follows from the answer to a step's call. One pure function; the machine only carries the
//! verdict out.
//!
//! The rule behind every branch: an outcome that goes into the journal is true whatever happens
//! next. Where a call may or may not have happened, nothing is concluded until something was seen.

use evenkeel_model::{Diagnostic, Diagnostics, Timestamp, Value};
use evenkeel_plan::OnFailure;
use evenkeel_provider::{ErrorKind, Failed, ProviderError, check};
use evenkeel_state::OutcomeKind;

use crate::command::CallResult;
use crate::inquiry::{Answer, Look};
use crate::message;
use crate::options::MachineOptions;
use crate::work::{Doubt, Made, Next, Task, Work};

/// What to do with a step now.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// Call again, at this time.
    Again { next: Next, at: Timestamp },
    /// It did what was planned. Reads have no outcome, deletes no value.
    Done { outcome: Option<OutcomeKind>, value: Option<Value> },
    /// It did not; this is true instead.
    Failed { outcome: Option<OutcomeKind>, diagnostics: Diagnostics },
    /// It cannot be told what happened: the intent stays.
    Unresolved { diagnostics: Diagnostics },
}

/// When a call was asked and when it was answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) asked: Timestamp,
    pub(crate) now: Timestamp,
}

/// What follows from `result`.
pub(crate) fn decide(work: &mut Work, result: CallResult, span: Span, options: &MachineOptions) -> Verdict {
    match (result, &work.task) {
        (CallResult::Create(result), Task::Create { .. }) => created(work, result, span, options),
        (CallResult::Update(result), Task::Update { .. }) => updated(work, result, span, options),
        (CallResult::Delete(result), Task::Delete { .. }) => deleted(work, result, span, options),
        (CallResult::ReadData(result), Task::Read { .. }) => read(work, result, span, options),
        (CallResult::Find(result), Task::Create { .. }) => {
            let answer = judge(work, result, span, options);
            looked_for_created(work, answer, span, options)
        }
        (CallResult::Observe(result), Task::Update { .. }) => {
            let answer = judge(work, result, span, options);
            looked_at_updated(work, answer, span, options)
        }
        (CallResult::Observe(result), Task::Delete { .. }) => {
            let answer = judge(work, result, span, options);
            looked_at_deleted(work, answer)
        }
        _ => Verdict::Unresolved { diagnostics: message::wrong_answer(work).into() },
    }
}

/// What follows from the end of a command. The last one that belongs to a creation completes the object;
/// before that, and where one fails, it stays tainted.
pub(crate) fn provisioned(work: &Work, result: Result<(), String>) -> Verdict {
    let Task::Provision { run, made, .. } = &work.task else {
        return Verdict::Unresolved { diagnostics: message::wrong_answer(work).into() };
    };
    match result {
        Err(error) if run.on_failure == OnFailure::Fail => {
            let diagnostics = message::provisioner_failed(work, run, &error).into();
            Verdict::Failed { outcome: work.no_effect(), diagnostics }
        }
        Ok(()) | Err(_) => match made.clone() {
            Some(Made { value, object }) => {
                let outcome = Some(OutcomeKind::Present(Box::new(object)));
                Verdict::Done { outcome, value: Some(value) }
            }
            None => Verdict::Done { outcome: work.no_effect(), value: None },
        },
    }
}

fn created(work: &mut Work, result: Result<Value, Failed>, span: Span, options: &MachineOptions) -> Verdict {
    let failed = match result {
        Ok(value) => return settle(work, &value),
        Err(failed) => failed,
    };
    if let (Some(partial), Some(form)) = (&failed.partial, work.form()) {
        return fail(work, Some(form.tainted(partial)), &failed.error);
    }
    let error = failed.error;
    match error.kind {
        ErrorKind::Retry { after_ms } => retry(work, error, after_ms, span, options),
        ErrorKind::Unknown => doubt(work, error, span, options),
        // The name is taken, perhaps by what an earlier attempt of this very step made.
        ErrorKind::Conflict if work.doubt.is_some() => doubt(work, error, span, options),
        ErrorKind::Denied
        | ErrorKind::Invalid
        | ErrorKind::Gone
        | ErrorKind::Conflict
        | ErrorKind::Unreachable
        | ErrorKind::Other => fail(work, work.no_effect(), &error),
    }
}

fn updated(work: &mut Work, result: Result<Value, Failed>, span: Span, options: &MachineOptions) -> Verdict {
    let Failed { error, partial } = match result {
        Ok(value) => return settle(work, &value),
        Err(failed) => failed,
    };
    if let ErrorKind::Retry { after_ms } = error.kind {
        return retry(work, error, after_ms, span, options);
    }
    if let (Some(partial), Some(form)) = (&partial, work.form()) {
        return fail(work, Some(form.seen(partial)), &error);
    }
    match error.kind {
        ErrorKind::Unknown => doubt(work, error, span, options),
        ErrorKind::Gone => fail(work, Some(OutcomeKind::Absent), &error),
        ErrorKind::Retry { .. }
        | ErrorKind::Denied
        | ErrorKind::Invalid
        | ErrorKind::Conflict
        | ErrorKind::Unreachable
        | ErrorKind::Other => fail(work, work.no_effect(), &error),
    }
}

fn deleted(work: &mut Work, result: Result<(), Failed>, span: Span, options: &MachineOptions) -> Verdict {
    let gone = Verdict::Done { outcome: Some(OutcomeKind::Absent), value: None };
    let Err(Failed { error, partial }) = result else { return gone };
    match error.kind {
        ErrorKind::Gone => gone,
        ErrorKind::Retry { after_ms } => retry(work, error, after_ms, span, options),
        // Deleting again is the quickest way to be sure: what is gone already is a success, while
        // a look may show an old picture. Only when that does not help, a look has the last word.
        ErrorKind::Unknown if work.attempts < options.attempts_max => {
            let at = span.now.plus_ms(options.backoff_ms(work.attempts));
            Verdict::Again { next: Next::Call, at }
        }
        ErrorKind::Unknown => doubt(work, error, span, options),
        ErrorKind::Denied
        | ErrorKind::Invalid
        | ErrorKind::Conflict
        | ErrorKind::Unreachable
        | ErrorKind::Other => {
            let seen = work.form().zip(partial.as_ref()).map(|(form, partial)| form.present(partial));
            fail(work, seen.or(work.no_effect()), &error)
        }
    }
}

fn read(
    work: &mut Work,
    result: Result<Value, ProviderError>,
    span: Span,
    options: &MachineOptions,
) -> Verdict {
    match result {
        Ok(value) => Verdict::Done { outcome: None, value: Some(value) },
        Err(error) => match error.kind {
            ErrorKind::Retry { after_ms } => retry(work, error, after_ms, span, options),
            ErrorKind::Unknown => retry(work, error, 0, span, options),
            ErrorKind::Denied
            | ErrorKind::Invalid
            | ErrorKind::Gone
            | ErrorKind::Conflict
            | ErrorKind::Unreachable
            | ErrorKind::Other => fail(work, None, &error),
        },
    }
}

fn looked_for_created(work: &mut Work, answer: Answer, span: Span, options: &MachineOptions) -> Verdict {
    match answer {
        Answer::Present(value) => settle_as_found(work, &value),
        Answer::AskAgain(at) => Verdict::Again { next: Next::Look, at },
        Answer::GivenUp(error) => {
            Verdict::Unresolved { diagnostics: message::unresolved(work, &error).into() }
        }
        Answer::Absent => match &work.doubt {
            Some(Doubt { error, .. }) if error.kind != ErrorKind::Unknown => {
                fail(work, work.no_effect(), &error.clone())
            }
            Some(Doubt { error, .. }) if work.attempts >= options.attempts_max => {
                fail(work, work.no_effect(), &error.clone())
            }
            _ => Verdict::Again { next: Next::Call, at: span.now },
        },
    }
}

fn looked_at_updated(work: &mut Work, answer: Answer, span: Span, options: &MachineOptions) -> Verdict {
    let error = doubtful_error(work);
    match answer {
        Answer::Present(value) if matches_plan(work, &value) => settle_as_found(work, &value),
        Answer::Present(value) => match look(work, span).again(options) {
            Some(at) => Verdict::Again { next: Next::Look, at },
            None => fail(work, work.form().map(|form| form.seen(&value)), &error),
        },
        Answer::AskAgain(at) => Verdict::Again { next: Next::Look, at },
        Answer::Absent => fail(work, Some(OutcomeKind::Absent), &error),
        // State remembers the object as it was; the next plan looks at it anyway.
        Answer::GivenUp(_) => fail(work, work.no_effect(), &error),
    }
}

fn looked_at_deleted(work: &Work, answer: Answer) -> Verdict {
    match answer {
        Answer::Absent => Verdict::Done { outcome: Some(OutcomeKind::Absent), value: None },
        Answer::AskAgain(at) => Verdict::Again { next: Next::Look, at },
        Answer::Present(_) | Answer::GivenUp(_) => fail(work, work.no_effect(), &doubtful_error(work)),
    }
}

/// The same call again, later, unless that was tried often enough.
fn retry(work: &Work, error: ProviderError, after_ms: u64, span: Span, options: &MachineOptions) -> Verdict {
    if work.attempts >= options.attempts_max {
        return fail(work, work.no_effect(), &error);
    }
    let wait = options.backoff_ms(work.attempts).max(i64::try_from(after_ms).unwrap_or(i64::MAX));
    Verdict::Again { next: Next::Call, at: span.now.plus_ms(wait) }
}

/// It may have happened: look at once, and believe an absence only later.
fn doubt(work: &mut Work, error: ProviderError, span: Span, options: &MachineOptions) -> Verdict {
    work.doubt = Some(Doubt { believe_after: span.now.plus_ms(options.visibility_ms), error });
    work.looks = 0;
    work.looks_failed = 0;
    Verdict::Again { next: Next::Look, at: span.now }
}

fn judge(
    work: &mut Work,
    result: Result<Option<Value>, ProviderError>,
    span: Span,
    options: &MachineOptions,
) -> Answer {
    let failed = result.is_err();
    let answer = look(work, span).judge(result, options);
    work.looks_failed = if failed { work.looks_failed.saturating_add(1) } else { 0 };
    answer
}

fn look(work: &Work, span: Span) -> Look {
    let believe_after = work.doubt.as_ref().map_or(span.now, |doubt| doubt.believe_after);
    Look { asked: span.asked, now: span.now, believe_after, looks: work.looks, failed: work.looks_failed }
}

fn doubtful_error(work: &Work) -> ProviderError {
    let error = work.doubt.as_ref().map(|doubt| doubt.error.clone());
    error.unwrap_or_else(|| ProviderError::new(ErrorKind::Unknown, "applying", "the answer was lost"))
}

/// The provider says it is done: what it gave must be what was planned.
fn settle(work: &Work, value: &Value) -> Verdict {
    let (Some(planned), Some(form)) = (work.planned(), work.form()) else {
        return Verdict::Unresolved { diagnostics: message::wrong_answer(work).into() };
    };
    let violations = check::applied(planned, value);
    if violations.is_empty() {
        return Verdict::Done { outcome: Some(form.present(value)), value: Some(form.marked(value)) };
    }
    let outcome = match &work.task {
        Task::Create { .. } => form.tainted(value),
        Task::Update { .. } | Task::Delete { .. } | Task::Read { .. } | Task::Provision { .. } => {
            form.seen(value)
        }
    };
    let diagnostics = message::inconsistent(work, &violations).into();
    Verdict::Failed { outcome: Some(outcome), diagnostics }
}

/// What was found in the cloud is stored as it is. Where it is not what was planned, the step has
/// failed though nothing is wrong with the object: the next plan completes it.
fn settle_as_found(work: &Work, value: &Value) -> Verdict {
    let Some(form) = work.form() else {
        return Verdict::Unresolved { diagnostics: message::wrong_answer(work).into() };
    };
    if matches_plan(work, value) {
        return Verdict::Done { outcome: Some(form.present(value)), value: Some(form.marked(value)) };
    }
    Verdict::Failed {
        outcome: Some(form.seen(value)),
        diagnostics: message::incomplete(work, &doubtful_error(work)).into(),
    }
}

fn matches_plan(work: &Work, value: &Value) -> bool {
    work.planned().is_some_and(|planned| check::applied(planned, value).is_empty())
}

fn fail(work: &Work, outcome: Option<OutcomeKind>, error: &ProviderError) -> Verdict {
    let diagnostic: Diagnostic = message::failed(work, error);
    Verdict::Failed { outcome, diagnostics: diagnostic.into() }
}
