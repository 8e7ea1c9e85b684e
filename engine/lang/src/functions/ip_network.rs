//! Arithmetic with IP network prefixes.
//!
//! Leading zeros in octets are accepted and mean nothing, as the language always had it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use evenkeel_model::number::Integer;
use evenkeel_model::{Type, Value};

use super::{CallError, Function, Ty, bad, failed, num, number, string, text, whole};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "cidrcontains",
        &[string("containing_prefix"), string("contained_ip_or_prefix")],
        Ty::Bool,
        cidrcontains,
        "Whether the prefix contains the address, or the whole of the other prefix.",
    ),
    Function::new(
        "cidrhost",
        &[string("prefix"), number("hostnum")],
        Ty::String,
        cidrhost,
        "The address of a host in the prefix, by its number; negative numbers count from the end.",
    ),
    Function::new(
        "cidrnetmask",
        &[string("prefix")],
        Ty::String,
        cidrnetmask,
        "The netmask of an IPv4 prefix.",
    ),
    Function::new(
        "cidrsubnet",
        &[string("prefix"), number("newbits"), number("netnum")],
        Ty::String,
        cidrsubnet,
        "The subnet of the prefix that is longer by newbits, by its number.",
    ),
    Function::new(
        "cidrsubnets",
        &[string("prefix")],
        Ty::ListString,
        cidrsubnets,
        "Consecutive subnets of the prefix, each longer by its newbits.",
    )
    .variadic(number("newbits")),
];

/// A network: the address as a number, the length of the prefix, and how many bits there are.
#[derive(Clone, Copy)]
struct Network {
    address: u128,
    length: u32,
    width: u32,
}

impl Network {
    fn host_mask(self) -> u128 {
        mask(self.width - self.length)
    }

    fn show_address(self, address: u128) -> String {
        show(address, self.width)
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", show(self.address, self.width), self.length)
    }
}

/// The lowest `bits` bits set.
fn mask(bits: u32) -> u128 {
    if bits >= 128 { u128::MAX } else { (1 << bits) - 1 }
}

fn show(address: u128, width: u32) -> String {
    match width {
        32 => Ipv4Addr::from(u32::try_from(address & mask(32)).unwrap_or_default()).to_string(),
        _ => {
            let address = Ipv6Addr::from(address);
            match address.to_ipv4_mapped() {
                Some(mapped) => mapped.to_string(),
                None => address.to_string(),
            }
        }
    }
}

fn parse(given: &str) -> Result<Network, CallError> {
    let invalid = || format!("invalid CIDR expression: invalid CIDR address: {given}");
    let Some((address, length)) = given.split_once('/') else { return failed(invalid()) };
    let digits = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
    let length: Option<u32> = length.parse().ok().filter(|_| digits);
    let (Some(address), Some(length)) = (parse_address(address), length) else { return failed(invalid()) };
    let (address, mut width, mut length) = match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)), 32, length),
        IpAddr::V6(address) => (u128::from(address), 128, length),
    };
    if length > width {
        return failed(invalid());
    }
    // An IPv4 address in IPv6 clothing is treated as what it is.
    let mut address = address;
    if width == 128 && address >> 32 == 0xffff && length >= 96 {
        (address, width, length) = (address & mask(32), 32, length - 96);
    }
    Ok(Network { address: address & !mask(width - length), length, width })
}

fn parse_address(given: &str) -> Option<IpAddr> {
    if given.contains(':') {
        return given.parse().ok();
    }
    let octets: Vec<u8> = given
        .split('.')
        .map(|octet| {
            let digits = !octet.is_empty() && octet.bytes().all(|byte| byte.is_ascii_digit());
            octet.parse::<u64>().ok().filter(|_| digits).and_then(|octet| u8::try_from(octet).ok())
        })
        .collect::<Option<_>>()?;
    let octets: [u8; 4] = octets.try_into().ok()?;
    Some(IpAddr::from(octets))
}

fn integer(arguments: &[Value], position: usize) -> Result<Integer, CallError> {
    match num(arguments, position).to_integer() {
        Some(integer) => Ok(integer),
        None => failed("value must be a whole number"),
    }
}

fn cidrcontains(arguments: &[Value]) -> Result<Value, CallError> {
    let (prefix, other) = (text(arguments, 0), text(arguments, 1));
    let containing = parse(prefix)?;
    let whole = if other.contains(':') { 128 } else { 32 };
    let as_prefix = if other.contains('/') { other.to_owned() } else { format!("{other}/{whole}") };
    let Ok(contained) = parse(&as_prefix) else {
        return failed(format!("invalid IP address or prefix: {other}"));
    };
    if contained.width != containing.width {
        return failed(format!("address family mismatch: {prefix} vs. {other}"));
    }
    let inside = contained.address & !containing.host_mask() == containing.address & !containing.host_mask();
    Ok(Value::bool(inside && contained.length >= containing.length))
}

fn cidrhost(arguments: &[Value]) -> Result<Value, CallError> {
    let host = integer(arguments, 1)?;
    let network = parse(text(arguments, 0))?;
    let bits = network.width - network.length;
    let size = Integer::from(1) << bits as usize;
    let negative = host < Integer::ZERO;
    let fits = if negative { &size + &host >= Integer::ZERO } else { host < size };
    if !fits {
        return failed(format!("prefix of {} does not accommodate a host numbered {host}", network.length));
    }
    let number = if negative { size + host } else { host };
    let number = u128::try_from(number).unwrap_or_default();
    Ok(Value::string(network.show_address(network.address | (number & network.host_mask()))))
}

fn cidrnetmask(arguments: &[Value]) -> Result<Value, CallError> {
    let given = text(arguments, 0);
    let network = parse(given)?;
    if network.width != 32 {
        return failed(format!("IPv6 addresses cannot have a netmask: {given}"));
    }
    Ok(Value::string(network.show_address(mask(32) & !network.host_mask())))
}

fn cidrsubnet(arguments: &[Value]) -> Result<Value, CallError> {
    let newbits = whole(arguments, 1)?;
    let number = integer(arguments, 2)?;
    let network = parse(text(arguments, 0))?;
    let length = i64::from(network.length) + newbits;
    let Some(length) = u32::try_from(length).ok().filter(|length| *length <= network.width) else {
        return failed(format!(
            "insufficient address space to extend prefix of {} by {newbits}",
            network.length
        ));
    };
    let magnitude = if number < Integer::ZERO { -number.clone() } else { number.clone() };
    // A prefix that gets shorter is not checked, as Terraform has it.
    if usize::try_from(newbits).is_ok_and(|bits| magnitude >= Integer::from(1) << bits) {
        return failed(format!(
            "prefix extension of {newbits} does not accommodate a subnet numbered {number}"
        ));
    }
    let place = u128::try_from(magnitude).unwrap_or_default();
    let place = place.checked_shl(network.width - length).unwrap_or_default() & mask(network.width);
    // Nor is a negative number: it is joined with the address as a number of any size, and the address
    // is the magnitude of what that gives.
    let address = match number < Integer::ZERO {
        true => (network.address | place.wrapping_neg()).wrapping_neg() & mask(network.width),
        false => network.address | place,
    };
    Ok(Value::string(Network { address, length, ..network }.to_string()))
}

fn cidrsubnets(arguments: &[Value]) -> Result<Value, CallError> {
    let network = parse(text(arguments, 0))?;
    let family = if network.width == 32 { 4 } else { 6 };
    let mut next = Some(network.address);
    let last = network.address | network.host_mask();
    let mut subnets = Vec::new();
    for position in 1..arguments.len() {
        let newbits = whole(arguments, position)?;
        if newbits < 1 {
            return bad(position, "must extend prefix by at least one bit");
        }
        if newbits > 32 {
            return bad(position, "may not extend prefix by more than 32 bits");
        }
        let length = network.length + u32::try_from(newbits).unwrap_or(u32::MAX);
        if length > network.width {
            return bad(
                position,
                format!("would extend prefix to {length} bits, which is too long for an IPv{family} address"),
            );
        }
        let block = mask(network.width - length);
        // Subnets are aligned to their size.
        let start = next.and_then(|next| next.checked_add(block)).map(|next| next & !block);
        let end = start.and_then(|start| start.checked_add(block)).filter(|end| *end <= last);
        let (Some(start), Some(end)) = (start, end) else {
            return bad(
                position,
                format!(
                    "not enough remaining address space for a subnet with a prefix of {length} bits after the ones before it"
                ),
            );
        };
        next = end.checked_add(1);
        subnets.push(Value::string(Network { address: start, length, ..network }.to_string()));
    }
    Ok(Value::list(Type::String, subnets))
}
