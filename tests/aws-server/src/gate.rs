//! What stands before every call: the count, the budget, and what goes wrong.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::random;
use crate::settings::{Budget, FaultKind, Faults, matches};

/// Calls of one action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// All that arrived.
    pub calls: u64,
    /// Those declined by a budget or a fault.
    pub throttled: u64,
    /// Those that went wrong by a fault in another way.
    pub faults: u64,
    /// Those that were answered with an error of the service.
    pub errors: u64,
    /// Those that would have found a budget empty even at the pace of a good client: the largest
    /// number of calls declined one after the other.
    pub declined_in_a_row: u64,
    #[serde(skip)]
    row: u64,
}

/// What is to happen to a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// How it goes wrong.
    pub fault: Option<FaultKind>,
    /// The code to answer with, where it is not the kind's own.
    pub code: Option<String>,
    /// The status to answer with, where it is not the kind's own.
    pub status: Option<u16>,
}

/// Counts, buckets and scripts.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    counts: BTreeMap<String, Count>,
    buckets: BTreeMap<String, Bucket>,
    scripted: BTreeMap<usize, u64>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at_ms: u64,
}

impl Gate {
    /// Lets a call pass, or says what happens to it instead.
    pub fn enter(&mut self, call: &Entering<'_>) -> Verdict {
        let count = self.counts.entry(call.action.to_owned()).or_default();
        count.calls += 1;
        let number = count.calls;
        let verdict = match self.has_token(call) {
            false => Verdict { fault: Some(FaultKind::Throttle), ..Verdict::default() },
            true => self.fault(call, number),
        };
        let count = self.counts.entry(call.action.to_owned()).or_default();
        match verdict.fault {
            Some(FaultKind::Throttle) => {
                count.throttled += 1;
                count.row += 1;
                count.declined_in_a_row = count.declined_in_a_row.max(count.row);
            }
            other => {
                count.faults += u64::from(other.is_some());
                count.row = 0;
            }
        }
        verdict
    }

    /// Takes note of an answer that is an error.
    pub fn failed(&mut self, action: &str) {
        self.counts.entry(action.to_owned()).or_default().errors += 1;
    }

    /// The calls so far.
    pub fn counts(&self) -> &BTreeMap<String, Count> {
        &self.counts
    }

    /// Forgets the calls so far.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    fn has_token(&mut self, call: &Entering<'_>) -> bool {
        let Some((index, budget)) =
            call.budgets.iter().enumerate().find(|(_, budget)| matches(&budget.action, call.action))
        else {
            return true;
        };
        let what = if budget.shared { "" } else { call.action };
        let key = format!("{}/{}/{index}/{what}", call.account, call.region);
        let bucket = self.buckets.entry(key).or_insert(Bucket { tokens: budget.burst, at_ms: call.now_ms });
        let passed_ms = call.now_ms.saturating_sub(bucket.at_ms) as f64;
        bucket.tokens = (bucket.tokens + passed_ms * budget.per_second / 1_000.0).min(budget.burst);
        bucket.at_ms = call.now_ms;
        let enough = bucket.tokens >= 1.0;
        if enough {
            bucket.tokens -= 1.0;
        }
        enough
    }

    fn fault(&mut self, call: &Entering<'_>, number: u64) -> Verdict {
        for (index, scripted) in call.faults.script.iter().enumerate() {
            if !matches(&scripted.action, call.action) {
                continue;
            }
            let seen = self.scripted.entry(index).or_default();
            *seen += 1;
            if *seen > scripted.skip && *seen <= scripted.skip + scripted.times {
                return Verdict {
                    fault: Some(scripted.fault),
                    code: scripted.code.clone(),
                    status: scripted.status,
                };
            }
        }
        Verdict { fault: self.chance(call, number), ..Verdict::default() }
    }

    /// Drawn from the seed, the action and how many calls of it there were: other actions between
    /// them change nothing.
    fn chance(&self, call: &Entering<'_>, number: u64) -> Option<FaultKind> {
        let actions = &call.faults.actions;
        let is_meant = actions.is_empty() || actions.iter().any(|pattern| matches(pattern, call.action));
        let number = number.to_string();
        if !is_meant || random::share(call.seed, &["fault", call.action, &number]) >= call.faults.rate {
            return None;
        }
        let kinds = match call.faults.kinds.as_slice() {
            [] => &FaultKind::ALL[..],
            kinds => kinds,
        };
        let which = random::draw(call.seed, &["kind", call.action, &number]) % kinds.len() as u64;
        usize::try_from(which).ok().and_then(|which| kinds.get(which)).copied()
    }
}

/// A call at the gate.
#[derive(Clone, Copy, Debug)]
pub struct Entering<'a> {
    /// Service and action.
    pub action: &'a str,
    /// Whose budget it uses.
    pub account: &'a str,
    /// Where.
    pub region: &'a str,
    /// When.
    pub now_ms: u64,
    /// Where chance comes from.
    pub seed: u64,
    /// What is allowed.
    pub budgets: &'a [Budget],
    /// What goes wrong.
    pub faults: &'a Faults,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Scripted;

    fn verdicts(
        gate: &mut Gate,
        faults: &Faults,
        budgets: &[Budget],
        times: &[u64],
    ) -> Vec<Option<FaultKind>> {
        let enter = |now_ms: &u64| {
            let call = Entering {
                action: "ec2:CreateVpc",
                account: "1",
                region: "r",
                now_ms: *now_ms,
                seed: 1,
                budgets,
                faults,
            };
            gate.enter(&call).fault
        };
        times.iter().map(enter).collect()
    }

    #[test]
    fn a_bucket_empties_and_fills() {
        let budget = Budget { action: "ec2:Create*".into(), burst: 2.0, per_second: 1.0, shared: false };
        let mut gate = Gate::default();
        let found = verdicts(&mut gate, &Faults::default(), &[budget], &[0, 0, 0, 500, 1_000, 1_000]);
        let declined = Some(FaultKind::Throttle);
        assert_eq!(found, [None, None, declined, declined, None, declined]);
        let count = gate.counts()["ec2:CreateVpc"];
        assert_eq!((count.calls, count.throttled, count.declined_in_a_row), (6, 3, 2));
    }

    #[test]
    fn a_script_comes_first_and_ends() {
        let scripted = Scripted {
            action: "ec2:*".into(),
            skip: 1,
            times: 2,
            fault: FaultKind::CloseAfter,
            code: None,
            status: None,
        };
        let faults = Faults { script: vec![scripted], ..Faults::default() };
        let found = verdicts(&mut Gate::default(), &faults, &[], &[0; 4]);
        assert_eq!(found, [None, Some(FaultKind::CloseAfter), Some(FaultKind::CloseAfter), None]);
    }

    #[test]
    fn chance_follows_from_the_seed() {
        let faults = Faults { rate: 0.3, ..Faults::default() };
        let one = verdicts(&mut Gate::default(), &faults, &[], &[0; 1_000]);
        assert_eq!(one, verdicts(&mut Gate::default(), &faults, &[], &[9; 1_000]));
        let wrong = one.iter().flatten().count();
        assert!((250..350).contains(&wrong), "{wrong}");
        assert!(FaultKind::ALL.iter().all(|kind| one.contains(&Some(*kind))));
    }
}
