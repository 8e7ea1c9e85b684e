//! What a VPN connection tells of its tunnels: the document that is meant for the customer's device.

use std::net::IpAddr;

use aws_smithy_xml::decode::{Document, ScopedDecoder, try_data};
use evenkeel_model::Value;

/// One tunnel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tunnel {
    pub address: String,
    pub bgp_asn: String,
    pub bgp_holdtime: i64,
    pub cgw_inside_address: String,
    pub vgw_inside_address: String,
    pub preshared_key: String,
}

/// The tunnels, in the order in which configuration has them; none where the document cannot be read.
pub(super) fn tunnels(document: &str, known: &Value) -> Vec<Tunnel> {
    let mut tunnels = parse(document).unwrap_or_default();
    order(&mut tunnels, known);
    tunnels
}

/// The service tells the two in any order: what is known of the first one decides, or else the address.
fn order(tunnels: &mut [Tunnel], known: &Value) {
    let text = |name: &str| known.get_str(name).filter(|text| !text.is_empty());
    let [first, second] = tunnels else { return };
    let block = || text("tunnel1_inside_cidr").or_else(|| text("tunnel1_inside_ipv6_cidr"));
    let swapped = match (text("tunnel1_preshared_key"), block()) {
        (Some(key), _) => first.preshared_key != key && second.preshared_key == key,
        (None, Some(block)) => {
            !is_in(&first.vgw_inside_address, block) && is_in(&second.vgw_inside_address, block)
        }
        (None, None) => first.address > second.address,
    };
    if swapped {
        std::mem::swap(first, second);
    }
}

/// Whether an address is in a block.
fn is_in(address: &str, block: &str) -> bool {
    let bits = |address: &str| match address.parse().ok()? {
        IpAddr::V4(address) => Some((u128::from(u32::from(address)) << 96, 32)),
        IpAddr::V6(address) => Some((u128::from(address), 128)),
    };
    let inside = || {
        let (network, length) = block.split_once('/')?;
        let ((network, size), (address, same)) = (bits(network)?, bits(address)?);
        let length: u32 = length.parse().ok()?;
        let mask = u128::MAX.checked_shl(128_u32.checked_sub(length)?).unwrap_or(0);
        Some(size == same && network & mask == address & mask)
    };
    inside().unwrap_or_default()
}

fn parse(document: &str) -> Option<Vec<Tunnel>> {
    let mut document = Document::new(document);
    let mut root = document.root_element().ok()?;
    let mut tunnels = Vec::new();
    while let Some(mut element) = root.next_tag() {
        if element.start_el().local() == "ipsec_tunnel" {
            tunnels.push(tunnel(&mut element));
        }
    }
    Some(tunnels)
}

fn tunnel(scope: &mut ScopedDecoder<'_, '_>) -> Tunnel {
    let mut tunnel = Tunnel::default();
    while let Some(mut side) = scope.next_tag() {
        let name = side.start_el().local().to_owned();
        while let Some(mut part) = side.next_tag() {
            let part_name = part.start_el().local().to_owned();
            match (name.as_str(), part_name.as_str()) {
                ("customer_gateway", "tunnel_inside_address") => {
                    tunnel.cgw_inside_address = child(&mut part, "ip_address");
                }
                ("vpn_gateway", "tunnel_outside_address") => tunnel.address = child(&mut part, "ip_address"),
                ("vpn_gateway", "tunnel_inside_address") => {
                    tunnel.vgw_inside_address = child(&mut part, "ip_address");
                }
                ("vpn_gateway", "bgp") => bgp(&mut part, &mut tunnel),
                ("ike", "pre_shared_key") => tunnel.preshared_key = data(&mut part),
                _ => {}
            }
        }
    }
    tunnel
}

fn bgp(scope: &mut ScopedDecoder<'_, '_>, tunnel: &mut Tunnel) {
    while let Some(mut element) = scope.next_tag() {
        match element.start_el().local().to_owned().as_str() {
            "asn" => tunnel.bgp_asn = data(&mut element),
            "hold_time" => tunnel.bgp_holdtime = data(&mut element).parse().unwrap_or_default(),
            _ => {}
        }
    }
}

fn child(scope: &mut ScopedDecoder<'_, '_>, name: &str) -> String {
    let mut found = String::new();
    while let Some(mut element) = scope.next_tag() {
        if element.start_el().local() == name {
            found = data(&mut element);
        }
    }
    found
}

fn data(element: &mut ScopedDecoder<'_, '_>) -> String {
    try_data(element).map(|text| text.trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(address: &str, inside: &str, key: &str) -> String {
        format!(
            "<ipsec_tunnel><customer_gateway><tunnel_inside_address><ip_address>1.1.1.1</ip_address>\
             </tunnel_inside_address></customer_gateway><vpn_gateway><tunnel_outside_address><ip_address>{address}\
             </ip_address></tunnel_outside_address><tunnel_inside_address><ip_address>{inside}</ip_address>\
             </tunnel_inside_address><bgp><asn>7224</asn><hold_time>30</hold_time></bgp></vpn_gateway>\
             <ike><pre_shared_key>{key}</pre_shared_key></ike></ipsec_tunnel>"
        )
    }

    fn both() -> String {
        let tunnels = [one("52.2.0.2", "169.254.6.1", "b"), one("52.2.0.1", "169.254.7.1", "a")];
        format!("<vpn_connection id=\"vpn-1\"><type>ipsec.1</type>{}</vpn_connection>", tunnels.concat())
    }

    fn addresses(known: &[(&str, &str)]) -> Vec<String> {
        let known =
            Value::object(known.iter().map(|(name, text)| (*name, Value::string(text))).collect::<Vec<_>>());
        tunnels(&both(), &known).into_iter().map(|tunnel| tunnel.address).collect()
    }

    #[test]
    fn tunnels_are_ordered_by_what_is_known_of_the_first() {
        assert_eq!(addresses(&[]), ["52.2.0.1", "52.2.0.2"]);
        assert_eq!(addresses(&[("tunnel1_preshared_key", "b")]), ["52.2.0.2", "52.2.0.1"]);
        assert_eq!(addresses(&[("tunnel1_inside_cidr", "169.254.6.0/30")]), ["52.2.0.2", "52.2.0.1"]);
        assert_eq!(addresses(&[("tunnel1_inside_cidr", "169.254.7.0/30")]), ["52.2.0.1", "52.2.0.2"]);
    }

    #[test]
    fn a_tunnel_is_read_and_nothing_is_made_of_what_is_none() {
        let found = tunnels(&both(), &Value::empty_object());
        let first = found.first().expect("there are two");
        assert_eq!(
            (first.bgp_asn.as_str(), first.bgp_holdtime, first.preshared_key.as_str()),
            ("7224", 30, "a")
        );
        assert_eq!(
            (first.cgw_inside_address.as_str(), first.vgw_inside_address.as_str()),
            ("1.1.1.1", "169.254.7.1")
        );
        assert!(tunnels("", &Value::empty_object()).is_empty());
        assert!(tunnels("<a", &Value::empty_object()).is_empty());
    }
}
