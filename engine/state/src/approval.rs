//! Approvals of plans that the safety governor stops: each is for one plan, ends by itself, and holds once.

use evenkeel_model::Timestamp;

use crate::entry::Entry;

/// Whether the plan with this digest is approved now, as the entries of a journal say in their order.
pub fn holds<'e>(entries: impl IntoIterator<Item = &'e Entry>, digest: &str, now: Timestamp) -> bool {
    let mut until = None;
    for entry in entries {
        if let Entry::Approved { plan_digest, until: end } = entry
            && **plan_digest == *digest
        {
            until = Some(*end);
        }
        if let Entry::ApprovalUsed { plan_digest } = entry
            && **plan_digest == *digest
        {
            until = None;
        }
    }
    until.is_some_and(|until| now < until)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn approved(digest: &str, until: i64) -> Entry {
        Entry::Approved { plan_digest: digest.into(), until: Timestamp(until) }
    }

    #[test]
    fn an_approval_is_for_one_plan_and_once_and_ends() {
        let used = Entry::ApprovalUsed { plan_digest: "a".into() };
        let journal = [approved("a", 10)];
        assert!(holds(&journal, "a", Timestamp(9)));
        assert!(!holds(&journal, "a", Timestamp(10)), "it has ended");
        assert!(!holds(&journal, "b", Timestamp(9)), "it is for another plan");
        assert!(!holds(&[approved("a", 10), used.clone()], "a", Timestamp(9)), "it was used");
        assert!(
            holds(&[approved("a", 10), used, approved("a", 30)], "a", Timestamp(20)),
            "it was given anew"
        );
    }
}
