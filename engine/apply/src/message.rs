//! The machines' diagnostics: fixed summaries, and details that say what to do. Text of a provider
//! passes through [`redact`] first.

use evenkeel_model::{Diagnostic, InstanceAddress};
use evenkeel_plan::LocalExec;
use evenkeel_provider::ProviderError;
use evenkeel_provider::check::Violation;
use evenkeel_state::{Intent, ProviderConfigAddress};

use crate::command::AppendFailure;
use crate::report::Activity;
use crate::work::Work;
use evenkeel_model::redact;

/// A step's call did not succeed.
pub(crate) fn failed(work: &Work, error: &ProviderError) -> Diagnostic {
    let summary = match work.subject.activity {
        Activity::Create => "Creation failed",
        Activity::Update => "Modification failed",
        Activity::Delete => "Destruction failed",
        Activity::Read => "Reading the data source failed",
        Activity::Provision => "Provisioning failed",
        Activity::Recover => "Recovery failed",
    };
    Diagnostic::error(summary, clean(work, &error.to_string())).about(work.address())
}

/// A provisioner's command failed. What must not be shown is not part of `error`.
pub(crate) fn provisioner_failed(work: &Work, run: &LocalExec, error: &str) -> Diagnostic {
    let detail = match run.withheld {
        None => format!("Error running command '{}': {error}", run.command),
        Some(why) => format!(
            "Error running the command, which is not shown because it has {} values: {error}",
            why.as_str()
        ),
    };
    let diagnostic = Diagnostic::error("local-exec provisioner error", clean(work, &detail));
    diagnostic.at(run.range.clone()).about(work.address())
}

/// What an interrupted call made was found, and is not yet what was planned.
pub(crate) fn incomplete(work: &Work, error: &ProviderError) -> Diagnostic {
    let detail = format!(
        "The answer to the call was lost ({}). The object was found afterwards and is managed now, but it \
         is not yet as planned. Plan and apply again to complete it.",
        clean(work, &error.to_string())
    );
    Diagnostic::error("Interrupted change is incomplete", detail).about(work.address())
}

/// It cannot be told whether the call had an effect.
pub(crate) fn unresolved(work: &Work, error: &ProviderError) -> Diagnostic {
    let detail = format!(
        "It is not known whether the object was created, and looking for it failed: {} The journal \
         remembers the attempt, and the next run looks again before it changes anything.",
        sentence(clean(work, &error.to_string()))
    );
    Diagnostic::error("Outcome unknown", detail).about(work.address())
}

/// The provider broke its promise.
pub(crate) fn inconsistent(work: &Work, violations: &[Violation]) -> Diagnostic {
    let list: Vec<String> = violations.iter().take(10).map(|violation| format!("  - {violation}")).collect();
    let detail = format!(
        "Provider {} answered with an object that breaks what it had planned:\n{}\nThis is a mistake of the \
         provider, which should be reported to its developers. The object is recorded as the provider \
         described it; plan again to see what is left to do.",
        work.provider,
        list.join("\n")
    );
    Diagnostic::error("Provider produced inconsistent result after apply", clean(work, &detail))
        .about(work.address())
}

/// The shell answered one kind of call with another.
pub(crate) fn wrong_answer(work: &Work) -> Diagnostic {
    let detail = "The answer does not belong to the call that was made, so nothing can be concluded from it. \
                  This is a mistake of Evenkeel, which should be reported.";
    Diagnostic::error("Unexpected answer", detail).about(work.address())
}

/// The planner did not give what a step needs.
pub(crate) fn unusable_step(address: &InstanceAddress) -> Diagnostic {
    let detail = "The plan does not hold what this step needs, so it was not attempted. This is a mistake of \
                  Evenkeel, which should be reported.";
    Diagnostic::error("Unusable step", detail).about(address)
}

/// Steps wait for each other, or for steps that the plan does not have.
pub(crate) fn stalled(address: &InstanceAddress) -> Diagnostic {
    let detail = "This step waits for one that cannot come before it, so it was not attempted. This is a \
                  mistake of Evenkeel, which should be reported.";
    Diagnostic::error("Plan cannot be completed", detail).about(address)
}

/// Nothing more can be written.
pub(crate) fn append_failed(failure: &AppendFailure) -> Diagnostic {
    match failure {
        AppendFailure::LeaseLost => Diagnostic::error(
            "Lease lost",
            "Another process holds this stack now, because this one did not renew its lease in time. This \
             run stopped at once and writes nothing more. What became of the calls that were running is \
             found out by the next run before it changes anything.",
        ),
        AppendFailure::Store(text) => Diagnostic::error(
            "State could not be saved",
            format!(
                "{} The run stopped, because nothing may be changed in the cloud that cannot be written \
                 down. Make the store writable and run again: what became of the calls that were running \
                 is found out first.",
                sentence(redact::message(text, []))
            ),
        ),
    }
}

/// The user did not want to wait.
pub(crate) fn aborted() -> Diagnostic {
    Diagnostic::error(
        "Run aborted",
        "Calls were still running when the run was told to stop at once. The journal remembers them, and the \
         next run finds out what became of them before it changes anything.",
    )
}

/// The user stopped the run.
pub(crate) fn interrupted() -> Diagnostic {
    Diagnostic::error(
        "Run interrupted",
        "The run was asked to stop. Calls that were running were finished and written down; the rest was not \
         attempted.",
    )
}

/// A dead run's object cannot be asked for.
pub(crate) fn recovery_blocked(intent: &Intent, detail: &str) -> Diagnostic {
    let detail = format!(
        "Run {} stopped before it was known whether its {} had happened, and that cannot be found out now: \
         {} Nothing is planned until it is; put that right and run again.",
        intent.run,
        intent.action.as_str(),
        sentence(redact::message(detail, []))
    );
    Diagnostic::error("Unresolved change of an interrupted run", detail).about(&intent.address)
}

/// The provider block that made a call is not configured any more.
pub(crate) fn no_provider_config(provider: &ProviderConfigAddress) -> String {
    format!(
        "the call was made through {provider}, which is not configured now. Restore the provider block it was \
         made with"
    )
}

/// The resource type is not supported any more.
pub(crate) fn no_type(provider: &ProviderConfigAddress, kind: &str) -> String {
    format!("{provider} does not support the resource type \"{kind}\" in the version that was recorded")
}

/// A provider's text without what must not be shown.
fn clean(work: &Work, text: &str) -> String {
    redact::message(text, &work.secrets)
}

/// The text, ending as a sentence does.
pub(crate) fn sentence(mut text: String) -> String {
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}
