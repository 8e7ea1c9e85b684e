//! Lays two sequences side by side: element by element where nothing came or went, by their longest
//! common subsequence otherwise.

use std::collections::BTreeSet;

/// Beyond this many comparisons the middle counts as replaced whole: a diff that takes seconds
/// helps nobody.
const COMPARISONS_MAX: usize = 4_000_000;

/// The places of elements that belong together: both for one that stays or is changed in place, one
/// for an element that comes or goes. Of as many elements as before, each is compared with the one that
/// was in its place, unless only their order is another one. Otherwise unequal neighbours between two
/// common elements are paired when `pairable` says of both that their inner difference is worth showing.
pub(super) fn pairs<T: Ord>(
    old: &[T],
    new: &[T],
    same: impl Fn(&T, &T) -> bool,
    pairable: impl Fn(&T) -> bool,
) -> Vec<(Option<usize>, Option<usize>)> {
    if old.len() == new.len() && !is_reordered(old, new) {
        return (0..old.len()).map(|place| (Some(place), Some(place))).collect();
    }
    let common = earliest(&common(old, new, &same), old, new, &same);
    let mut out = Vec::with_capacity(old.len().max(new.len()));
    let (mut i, mut j) = (0, 0);
    for (next_i, next_j) in common.into_iter().chain([(old.len(), new.len())]) {
        while i < next_i {
            let pair = j < next_j && pairable(&old[i]) && pairable(&new[j]);
            out.push((Some(i), pair.then_some(j)));
            i += 1;
            j += usize::from(pair);
        }
        while j < next_j {
            out.push((None, Some(j)));
            j += 1;
        }
        if i < old.len() && j < new.len() {
            out.push((Some(i), Some(j)));
            (i, j) = (i + 1, j + 1);
        }
    }
    out
}

/// Whether everything that was there still is.
fn is_reordered<T: Ord>(old: &[T], new: &[T]) -> bool {
    let new: BTreeSet<&T> = new.iter().collect();
    old.iter().all(|element| new.contains(element))
}

/// The same elements where they stand first on either side: of equal ones the first stays.
fn earliest<T>(
    common: &[(usize, usize)],
    old: &[T],
    new: &[T],
    same: &impl Fn(&T, &T) -> bool,
) -> Vec<(usize, usize)> {
    let (mut i, mut j) = (0, 0);
    let first = |all: &[T], from: usize, last: usize, wanted: &T| {
        (from..last).find(|place| same(&all[*place], wanted)).unwrap_or(last)
    };
    let mut out = Vec::with_capacity(common.len());
    for &(last_i, last_j) in common {
        let wanted = &old[last_i];
        let found = (first(old, i, last_i, wanted), first(new, j, last_j, wanted));
        out.push(found);
        (i, j) = (found.0 + 1, found.1 + 1);
    }
    out
}

/// The places of a longest common subsequence.
fn common<T>(old: &[T], new: &[T], same: &impl Fn(&T, &T) -> bool) -> Vec<(usize, usize)> {
    let start = old.iter().zip(new).take_while(|(a, b)| same(a, b)).count();
    let (old_rest, new_rest) = (&old[start..], &new[start..]);
    let end = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| same(a, b)).count();
    let (rows, columns) = (old_rest.len() - end, new_rest.len() - end);
    let mut found: Vec<(usize, usize)> = (0..start).map(|i| (i, i)).collect();
    if rows.saturating_mul(columns) <= COMPARISONS_MAX {
        let middle = middle(&old_rest[..rows], &new_rest[..columns], same);
        found.extend(middle.into_iter().map(|(i, j)| (start + i, start + j)));
    }
    found.extend((0..end).map(|k| (start + rows + k, start + columns + k)));
    found
}

/// The textbook table; `lengths[i][j]` is the longest common subsequence of what follows.
fn middle<T>(old: &[T], new: &[T], same: &impl Fn(&T, &T) -> bool) -> Vec<(usize, usize)> {
    let mut lengths = vec![vec![0_u32; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            lengths[i][j] = match same(&old[i], &new[j]) {
                true => lengths[i + 1][j + 1] + 1,
                false => lengths[i + 1][j].max(lengths[i][j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut found = Vec::new();
    while i < old.len() && j < new.len() {
        if same(&old[i], &new[j]) {
            found.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if lengths[i + 1][j] >= lengths[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(old: &str, new: &str, expected: &str) {
        let (old, new): (Vec<char>, Vec<char>) = (old.chars().collect(), new.chars().collect());
        let pairs = pairs(&old, &new, |a, b| a == b, |c| c.is_ascii_uppercase());
        let text: Vec<String> = pairs
            .into_iter()
            .map(|(i, j)| match (i, j) {
                (Some(i), Some(j)) if old[i] == new[j] => old[i].to_string(),
                (Some(i), Some(j)) => format!("~{}{}", old[i], new[j]),
                (Some(i), None) => format!("-{}", old[i]),
                (None, Some(j)) => format!("+{}", new[j]),
                (None, None) => unreachable!("a pair has at least one side"),
            })
            .collect();
        assert_eq!(text.join(" "), expected);
    }

    #[test]
    fn common_elements_stay_and_the_others_come_and_go() {
        check("", "", "");
        check("abc", "abc", "a b c");
        check("abcd", "bcdea", "-a b c d +e +a");
        check("abc", "cab", "+c a b -c");
        check("aa", "za", "+z a -a");
        check("xay", "a", "-x a -y");
        check("", "ab", "+a +b");
    }

    #[test]
    fn as_many_as_before_are_compared_one_by_one() {
        check("abc", "axc", "a ~bx c");
        check("abcd", "bcde", "~ab ~bc ~cd ~de");
        check("aBc", "aDc", "a ~BD c");
    }

    #[test]
    fn objects_between_common_elements_are_paired() {
        check("aBcd", "aDc", "a ~BD c -d");
        check("AB", "C", "~AC -B");
        check("A", "BC", "~AB +C");
    }
}
