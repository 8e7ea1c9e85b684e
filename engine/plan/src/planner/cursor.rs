//! Looking things up in a map by keys that mostly come in the map's own order.

use std::collections::BTreeMap;
use std::collections::btree_map::Range;
use std::iter::Peekable;

/// Goes along a map. A key that comes in order costs one comparison, any other one a search.
pub(super) struct Cursor<'a, K, V> {
    map: &'a BTreeMap<K, V>,
    ahead: Peekable<Range<'a, K, V>>,
}

impl<'a, K: Ord, V> Cursor<'a, K, V> {
    /// Starts at a key, or at the next one there is.
    pub(super) fn at(map: &'a BTreeMap<K, V>, first: &K) -> Self {
        Self { map, ahead: map.range(first..).peekable() }
    }

    /// The value of a key.
    pub(super) fn get(&mut self, key: &K) -> Option<&'a V> {
        while self.ahead.next_if(|(known, _)| *known < key).is_some() {}
        match self.ahead.peek() {
            Some((known, value)) if *known == key => Some(value),
            // It is not there, or it stands before the ones that were asked for already.
            _ => self.map.get(key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_any_order() {
        let map: BTreeMap<u32, u32> = (0..100).step_by(2).map(|key| (key, key * 10)).collect();
        for order in [[10, 12, 13, 14, 98, 99], [98, 14, 99, 12, 13, 10], [12, 12, 0, 98, 0, 98]] {
            let mut cursor = Cursor::at(&map, &11);
            for key in order {
                assert_eq!(cursor.get(&key), map.get(&key), "{key} of {order:?}");
            }
        }
    }
}
