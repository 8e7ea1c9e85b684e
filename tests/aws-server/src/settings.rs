//! How strict, slow and faulty the server is. All of it can be changed through the admin door.

use serde::{Deserialize, Serialize};

/// Everything that can be set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// From which identifiers and faults are drawn.
    pub seed: u64,
    /// How time passes.
    pub clock: Clock,
    /// How long changes take.
    pub delays: Delays,
    /// How late new objects show.
    pub consistency: Consistency,
    /// How many calls are allowed; the first that matches counts.
    pub budgets: Vec<Budget>,
    /// What goes wrong.
    pub faults: Faults,
}

/// How time passes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Clock {
    /// As fast as outside, times a factor.
    Scaled(f64),
    /// So many milliseconds with every call, and whatever the admin door adds.
    Virtual(u64),
}

impl Default for Clock {
    fn default() -> Self {
        Self::Scaled(1.0)
    }
}

/// How long changes take, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Delays {
    /// From `pending` to `running` or `available`.
    pub start_ms: u64,
    /// From `deleting`, `stopping` or `shutting-down` to the end of it.
    pub stop_ms: u64,
    /// How long what has ended (`terminated`, `deleted`) is still shown.
    pub linger_ms: u64,
}

/// How late new objects show. Until then they are not found by any other call, either.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Consistency {
    /// So many reads do not find it.
    pub reads: u32,
    /// So many milliseconds it is not found.
    pub ms: u64,
}

/// A bucket of tokens, one for each account, region and action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// The service and action, `*` for any text: `ec2:Describe*`.
    pub action: String,
    /// The size of the bucket.
    pub burst: f64,
    /// Tokens that come back in a second.
    pub per_second: f64,
    /// One bucket for all actions that match, and not one for each.
    #[serde(default)]
    pub shared: bool,
}

/// What goes wrong.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// The share of calls that go wrong, from 0 to 1.
    pub rate: f64,
    /// What may happen to them; anything if empty.
    pub kinds: Vec<FaultKind>,
    /// Only these actions; all if empty.
    pub actions: Vec<String>,
    /// Faults for certain calls, before chance has its say.
    pub script: Vec<Scripted>,
}

/// How a call goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Declined: too many requests.
    Throttle,
    /// An internal error, and nothing was done.
    ErrorBefore,
    /// An internal error, and it was done.
    ErrorAfter,
    /// The connection is closed, and nothing was done.
    CloseBefore,
    /// The connection is closed, and it was done.
    CloseAfter,
    /// Half of the answer comes, and it was done.
    CutAnswer,
}

impl FaultKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Throttle,
        Self::ErrorBefore,
        Self::ErrorAfter,
        Self::CloseBefore,
        Self::CloseAfter,
        Self::CutAnswer,
    ];
}

/// A fault for certain calls of an action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scripted {
    /// The service and action, `*` for any text.
    pub action: String,
    /// So many calls are let through first.
    #[serde(default)]
    pub skip: u64,
    /// So many calls go wrong.
    #[serde(default = "one")]
    pub times: u64,
    /// How.
    pub fault: FaultKind,
    /// Another code than the kind's own.
    #[serde(default)]
    pub code: Option<String>,
    /// Another status than the kind's own.
    #[serde(default)]
    pub status: Option<u16>,
}

const fn one() -> u64 {
    1
}

/// Whether a text matches a pattern in which `*` stands for any text and `?` for any character.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || Some(c) == text.get(t) => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, t) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("ec2:Describe*", "ec2:DescribeVpcs", true),
            ("ec2:Describe*", "ec2:CreateVpc", false),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abcdf", false),
            ("a?c", "abc", true),
            ("abc", "ab", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn settings_are_json() {
        let text = r#"{"seed": 7, "clock": {"virtual": 10}, "faults": {"rate": 0.3, "kinds": ["close_after"],
            "script": [{"action": "ec2:CreateVpc", "fault": "throttle"}]}}"#;
        let settings: Settings = serde_json::from_str(text).expect("it can be read");
        assert_eq!(settings.clock, Clock::Virtual(10));
        assert_eq!(settings.faults.script[0].times, 1);
        assert!(serde_json::from_str::<Settings>(r#"{"sed": 7}"#).is_err());
    }
}
