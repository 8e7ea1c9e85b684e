//! "Did you mean ...?": the nearest of the names that exist.

/// Nobody mistypes names longer than this; comparing them would cost the square of their length.
const LENGTH_MAX: usize = 200;

/// The candidate that is near enough to a mistyped name to be worth suggesting.
pub fn did_you_mean<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .filter(|candidate| given.len() <= LENGTH_MAX && candidate.len().abs_diff(given.len()) < 3)
        .map(|candidate| (distance(given, candidate), candidate))
        .filter(|(distance, _)| *distance < 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's edit distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found() {
        assert_eq!(did_you_mean("lenght", ["length", "list"]), Some("length"));
        assert_eq!(did_you_mean("x", ["length"]), None);
        assert_eq!(did_you_mean("strat", ["start", "strata"]), Some("strata"));
        assert_eq!(distance("", "abc"), 3);
    }
}
