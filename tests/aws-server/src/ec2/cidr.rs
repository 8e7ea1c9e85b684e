//! Address blocks, as far as networks need them.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::fail::Fail;

/// An IPv4 block; host bits are cut off, as the service does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    first: u32,
    length: u32,
}

impl Block {
    /// Reads a block whose length is in a range.
    pub fn parse(text: &str, lengths: std::ops::RangeInclusive<u32>) -> Result<Self, Fail> {
        let malformed = || {
            Fail::value(format!(
                "Value ({text}) for parameter cidrBlock is invalid. This is not a valid CIDR block."
            ))
        };
        let (address, length) = text.split_once('/').ok_or_else(malformed)?;
        let address: Ipv4Addr = address.parse().map_err(|_| malformed())?;
        let length: u32 = length.parse().map_err(|_| malformed())?;
        if !lengths.contains(&length) {
            return Err(malformed());
        }
        Ok(Self { first: u32::from(address) & mask(length), length })
    }

    /// Whether another block is inside.
    pub fn contains(self, other: Self) -> bool {
        other.length >= self.length && other.first & mask(self.length) == self.first
    }

    /// Whether both have addresses in common.
    pub fn overlaps(self, other: Self) -> bool {
        self.contains(other) || other.contains(self)
    }

    /// Addresses that can be given away; the service keeps five.
    pub fn usable(self) -> i64 {
        (1_i64 << (32 - self.length.min(32))) - 5
    }

    /// The n-th address that can be given away.
    pub fn host(self, n: u32) -> Option<Ipv4Addr> {
        (i64::from(n) < self.usable()).then(|| Ipv4Addr::from(self.first + 4 + n))
    }

    /// Whether the address is inside.
    pub fn has(self, address: Ipv4Addr) -> bool {
        u32::from(address) & mask(self.length) == self.first
    }
}

impl std::fmt::Display for Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", Ipv4Addr::from(self.first), self.length)
    }
}

fn mask(length: u32) -> u32 {
    u32::MAX.checked_shl(32 - length.min(32)).unwrap_or(0)
}

/// Checks a block of either family, as rules and routes have them.
pub(super) fn check(text: &str) -> Result<(), Fail> {
    let v6 = |text: &str| {
        let (address, length) = text.split_once('/')?;
        let length: u8 = length.parse().ok().filter(|length| *length <= 128)?;
        address.parse::<Ipv6Addr>().ok().map(|_| length)
    };
    if Block::parse(text, 0..=32).is_ok() || v6(text).is_some() {
        return Ok(());
    }
    Err(Fail::value(format!("CIDR block {text} is malformed")))
}

/// Checks an IPv6 block, and writes it as the service does.
pub(super) fn v6(text: &str) -> Result<String, Fail> {
    check(text)?;
    let (address, length) = text.split_once('/').unwrap_or((text, "128"));
    Ok(address.parse::<Ipv6Addr>().map_or_else(|_| text.to_owned(), |address| format!("{address}/{length}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_cut_compared_and_counted() {
        let block = |text: &str| Block::parse(text, 0..=32).expect("a block");
        assert_eq!(block("10.0.3.7/16").to_string(), "10.0.0.0/16");
        assert!(block("10.0.0.0/16").contains(block("10.0.1.0/24")));
        assert!(!block("10.0.0.0/24").overlaps(block("10.0.1.0/24")));
        assert_eq!(block("10.0.0.0/24").usable(), 251);
        assert_eq!(block("10.0.0.0/28").host(0).map(|ip| ip.to_string()), Some("10.0.0.4".into()));
        assert_eq!(block("10.0.0.0/28").host(11), None);
        assert!(block("0.0.0.0/0").contains(block("255.0.0.0/8")));
        assert!(Block::parse("10.0.0.0/8", 16..=28).is_err());
        assert!(check("::/0").is_ok() && check("2001:db8::/129").is_err());
    }
}
