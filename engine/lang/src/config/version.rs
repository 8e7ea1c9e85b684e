//! Versions and version constraints: `>= 1.2, < 2.0`, `~> 1.5`.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// The Terraform version whose language this is.
pub const FOLLOWED_VERSION: &str = "1.11.4";

/// A version: numbers, and for a pre-release a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    segments: Vec<u64>,
    prerelease: Option<String>,
}

/// How a version is compared with that of a constraint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Pessimistic,
}

/// Conditions that a version must all meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionConstraint {
    text: String,
    conditions: Vec<(Operator, Version)>,
}

/// Text that is no version or constraint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a version constraint; write for example \">= 1.2.0, < 2.0.0\" or \"~> 1.5\"")]
pub struct VersionError(String);

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let bad = || VersionError(text.chars().take(200).collect());
        let bare = text.strip_prefix('v').unwrap_or(text);
        let bare = bare.split_once('+').map_or(bare, |(version, _)| version);
        let (numbers, prerelease) = match bare.split_once('-') {
            Some((numbers, name)) => (numbers, Some(name)),
            None => (bare, None),
        };
        let name_ok = |name: &str| {
            !name.is_empty()
                && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '~'))
        };
        if prerelease.is_some_and(|name| !name_ok(name)) {
            return Err(bad());
        }
        let segments: Result<Vec<u64>, _> = numbers
            .split('.')
            .map(|segment| match segment.bytes().all(|b| b.is_ascii_digit()) {
                true => segment.parse().map_err(|_| bad()),
                false => Err(bad()),
            })
            .collect();
        Ok(Self { segments: segments?, prerelease: prerelease.map(str::to_owned) })
    }
}

impl Version {
    /// Whether this is a version before a release.
    pub fn is_prerelease(&self) -> bool {
        self.prerelease.is_some()
    }

    fn segment(&self, i: usize) -> u64 {
        self.segments.get(i).copied().unwrap_or_default()
    }

    fn compare_numbers(&self, other: &Self) -> Ordering {
        let length = self.segments.len().max(other.segments.len());
        (0..length)
            .map(|i| self.segment(i).cmp(&other.segment(i)))
            .find(|o| o.is_ne())
            .unwrap_or(Ordering::Equal)
    }

    /// Which of two versions is the newer one.
    pub fn compare(&self, other: &Self) -> Ordering {
        self.compare_numbers(other).then_with(|| match (&self.prerelease, &other.prerelease) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(a), Some(b)) => compare_prereleases(a, b),
        })
    }
}

/// Part by part; numbers by value and before names.
fn compare_prereleases(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => match (a.parse::<u64>(), b.parse::<u64>()) {
                (Ok(a), Ok(b)) => a.cmp(&b),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => a.cmp(b),
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}

impl FromStr for VersionConstraint {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let conditions: Result<Vec<_>, VersionError> = text.split(',').map(condition).collect();
        Ok(Self { text: text.to_owned(), conditions: conditions? })
    }
}

fn condition(text: &str) -> Result<(Operator, Version), VersionError> {
    let text = text.trim();
    let operators = [
        (">=", Operator::GreaterOrEqual),
        ("<=", Operator::LessOrEqual),
        ("!=", Operator::NotEqual),
        ("~>", Operator::Pessimistic),
        (">", Operator::Greater),
        ("<", Operator::Less),
        ("=", Operator::Equal),
    ];
    let (operator, version) = operators
        .iter()
        .find_map(|(sign, operator)| text.strip_prefix(sign).map(|rest| (*operator, rest)))
        .unwrap_or((Operator::Equal, text));
    Ok((operator, version.trim().parse().map_err(|_| VersionError(text.chars().take(200).collect()))?))
}

impl VersionConstraint {
    /// Whether a version meets all conditions. A pre-release meets only conditions that name a
    /// pre-release of the same version.
    pub fn allows(&self, version: &Version) -> bool {
        self.conditions.iter().all(|(operator, wanted)| {
            let order = version.compare(wanted);
            let prerelease_ok = match (&version.prerelease, &wanted.prerelease) {
                (Some(_), None) => false,
                (Some(_), Some(_)) => version.compare_numbers(wanted).is_eq(),
                (None, _) => true,
            };
            match operator {
                Operator::Equal => order.is_eq(),
                Operator::NotEqual => order.is_ne(),
                Operator::Greater => prerelease_ok && order.is_gt(),
                Operator::GreaterOrEqual => prerelease_ok && order.is_ge(),
                Operator::Less => prerelease_ok && order.is_lt(),
                Operator::LessOrEqual => prerelease_ok && order.is_le(),
                Operator::Pessimistic => prerelease_ok && order.is_ge() && same_series(version, wanted),
            }
        })
    }
}

impl VersionConstraint {
    /// Whether any condition names a version before a release.
    pub fn names_prerelease(&self) -> bool {
        self.conditions.iter().any(|(_, version)| version.is_prerelease())
    }

    /// Whether a registry's version may be chosen. One before a release is only chosen where exactly
    /// it is asked for.
    pub fn selects(&self, version: &Version) -> bool {
        let exactly = |(operator, wanted): &(Operator, Version)| {
            *operator == Operator::Equal && version.compare(wanted).is_eq()
        };
        self.allows(version) && (!version.is_prerelease() || self.conditions.iter().any(exactly))
    }

    /// The constraint as written, in one spelling: `~> 1.5, < 1.9`.
    pub fn normal(&self) -> String {
        let conditions = self.text.split(',').map(|condition| {
            let condition = condition.trim();
            let (operator, version) =
                condition.split_at(condition.find(|c: char| !"<>=!~".contains(c)).unwrap_or(0));
            match operator {
                "" => version.trim().to_owned(),
                operator => format!("{operator} {}", version.trim()),
            }
        });
        conditions.collect::<Vec<_>>().join(", ")
    }
}

/// Whether all numbers but the last of `wanted` are the same.
fn same_series(version: &Version, wanted: &Version) -> bool {
    (0..wanted.segments.len().saturating_sub(1)).all(|i| version.segment(i) == wanted.segment(i))
}

impl fmt::Display for VersionConstraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints() {
        for (constraint, version, expected) in [
            (">= 1.2, < 2.0", "1.11.4", true),
            (">= 1.2, < 1.11", "1.11.4", false),
            ("~> 1.5", "1.11.4", true),
            ("~> 1.5", "2.0.0", false),
            ("~> 1.11.0", "1.11.4", true),
            ("~> 1.10.0", "1.11.4", false),
            ("1.11.4", "1.11.4", true),
            ("= 1.11", "1.11.0", true),
            ("!= 1.11.4", "1.11.4", false),
            ("> 1.0", "1.1.0-beta1", false),
            (">= 1.1.0-alpha", "1.1.0-beta1", true),
            ("< 1.0.0", "1.0.0-rc1", false),
            ("v1.2.3", "1.2.3", true),
        ] {
            let constraint: VersionConstraint = constraint.parse().unwrap();
            assert_eq!(constraint.allows(&version.parse().unwrap()), expected, "{constraint} {version}");
        }
        for (constraint, version, expected) in [
            (">= 1.0", "1.1.0", true),
            ("~> 1.1.0-beta", "1.1.0-beta", false),
            (">= 1.1.0-alpha", "1.1.0-beta", false),
            ("1.1.0-beta", "1.1.0-beta", true),
            ("= 1.1.0-beta, != 1.1.0-beta", "1.1.0-beta", false),
        ] {
            let constraint: VersionConstraint = constraint.parse().unwrap();
            assert_eq!(constraint.selects(&version.parse().unwrap()), expected, "{constraint} {version}");
        }
        assert_eq!(" ~>1.5 ,<  1.9,1.6".parse::<VersionConstraint>().unwrap().normal(), "~> 1.5, < 1.9, 1.6");
        for text in ["", "x", ">=", "1..2", ">= 1.x", "~ 1"] {
            assert!(text.parse::<VersionConstraint>().is_err(), "{text}");
        }
    }
}
