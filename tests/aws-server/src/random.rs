//! Numbers that look like chance and follow from a seed.

/// A number that follows from a seed and texts.
pub fn draw(seed: u64, parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    mix(bytes.fold(mix(seed), |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)))
}

/// The same from 0 up to 1.
pub fn share(seed: u64, parts: &[&str]) -> f64 {
    (draw(seed, parts) >> 11) as f64 / (1_u64 << 53) as f64
}

/// The finaliser of splitmix64: every bit of the input has its say in every bit of the result.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_spread_and_repeatable() {
        let mean = (0..1_000).map(|n| share(1, &["x", &n.to_string()])).sum::<f64>() / 1_000.0;
        assert!((0.45..0.55).contains(&mean), "{mean}");
        assert_eq!(draw(1, &["a"]), draw(1, &["a"]));
        assert_ne!(draw(1, &["a", "b"]), draw(1, &["ab", ""]));
    }
}
