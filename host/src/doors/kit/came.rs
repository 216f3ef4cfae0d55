//! Where a request comes from: the address of its connection, or the one that a trusted proxy names.
//!
//! A header that names an address is written by whoever sends it. So it is read from its end, where the nearest proxy
//! wrote, and only as long as the one who wrote is trusted; what stands before the first stranger is that stranger's own
//! claim, and is not looked at. One header alone is read (`server.proxy_header`): a proxy that writes the one passes the
//! other on as it came.
use crate::base::error::Error;
use crate::doors::kit::Problem;
use crate::doors::kit::frame::Exchange;
use crate::features::audit::Origin;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Entries that are looked at; there are no longer chains of proxies.
const MOST_HOPS: usize = 32;

/// The other end of the connection, put on every request by the server.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// Who sent a request, as far as addresses say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    pub ip: IpAddr,
    /// No proxy stands between.
    pub straight: bool,
}

impl Address {
    /// From this machine itself, without a proxy that speaks for somebody else.
    pub fn is_own_machine(&self) -> bool {
        self.straight && self.ip.is_loopback()
    }

    /// What counts as one sender: of IPv6 a whole /64, which is what one subscriber has.
    pub fn block(&self) -> IpAddr {
        match self.ip {
            IpAddr::V4(_) => self.ip,
            IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).into(),
        }
    }
}

/// The proxies whose word counts, and the header that they write.
#[derive(Clone, Debug, Default)]
pub struct Proxies(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    trusted: Vec<IpNet>,
    forwarded: bool,
}

impl Proxies {
    /// `trusted`: networks, or single addresses. `forwarded`: they write `Forwarded` (RFC 7239) and not
    /// `X-Forwarded-For`.
    pub fn new(trusted: Vec<IpNet>, forwarded: bool) -> Proxies {
        Proxies(Arc::new(Inner { trusted, forwarded }))
    }

    fn trust(&self, ip: IpAddr) -> bool {
        self.0.trusted.iter().any(|net| net.contains(&ip))
    }

    /// Who sent a request that came over a connection from `peer`.
    pub fn sender(&self, peer: IpAddr, headers: &HeaderMap) -> Address {
        let (mut ip, mut straight) = (peer.to_canonical(), true);
        if self.0.trusted.is_empty() || !self.trust(ip) {
            return Address { ip, straight };
        }
        let name = if self.0.forwarded { header::FORWARDED } else { X_FORWARDED_FOR };
        // The lines of one header are one list; the last line was written last.
        let lines: Vec<&str> = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or_default()).collect();
        let entries = lines.iter().rev().flat_map(|line| line.rsplit(','));
        for entry in entries.take(MOST_HOPS) {
            // What cannot be read names nobody: who wrote it is the last one that is known.
            let Some(named) = self.entry(entry.trim()) else { break };
            (ip, straight) = (named.to_canonical(), false);
            if !self.trust(ip) {
                break;
            }
        }
        Address { ip, straight }
    }

    fn entry(&self, text: &str) -> Option<IpAddr> {
        if !self.0.forwarded {
            return node(text);
        }
        let mut pairs = text.split(';').filter_map(|pair| pair.split_once('='));
        node(pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?.1.trim().trim_matches('"'))
    }
}

/// "192.0.2.1", "192.0.2.1:8080", "2001:db8::1", "[2001:db8::1]:8080".
fn node(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
}

/// Where a request comes from, for the audit log and for whoever counts by address.
#[derive(Clone, Debug)]
pub struct Came {
    pub address: Address,
    pub origin: Origin,
}

impl<S: Send + Sync> FromRequestParts<S> for Came {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Came, Problem> {
        let exchange =
            parts.extensions.get::<Exchange>().ok_or_else(|| Error::internal("a request without a frame"))?;
        Ok(exchange.came())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn sender(trusted: &[&str], forwarded: bool, peer: &str, lines: &[&'static str]) -> (String, bool) {
        let proxies = Proxies::new(trusted.iter().map(|net| net.parse().unwrap()).collect(), forwarded);
        let mut headers = HeaderMap::new();
        // The header that is not read always lies.
        let (name, other) =
            if forwarded { (header::FORWARDED, X_FORWARDED_FOR) } else { (X_FORWARDED_FOR, header::FORWARDED) };
        headers.insert(other, HeaderValue::from_static("for=203.0.113.66, 203.0.113.66"));
        for line in lines {
            headers.append(name.clone(), HeaderValue::from_static(line));
        }
        let address = proxies.sender(peer.parse().unwrap(), &headers);
        (address.ip.to_string(), address.straight)
    }

    #[test]
    fn a_forged_address_is_not_believed() {
        let proxies = &["10.0.0.0/8", "2001:db8:1::/48", "127.0.0.1/32"][..];
        for (trusted, peer, lines, expected, straight) in [
            (&[][..], "198.51.100.1", &["1.1.1.1"][..], "198.51.100.1", true),
            (&[], "127.0.0.1", &["1.1.1.1"], "127.0.0.1", true),
            (proxies, "198.51.100.1", &["1.1.1.1"], "198.51.100.1", true),
            (proxies, "10.0.0.1", &[], "10.0.0.1", true),
            (proxies, "10.0.0.1", &["198.51.100.7"], "198.51.100.7", false),
            (proxies, "10.0.0.1", &["1.1.1.1, 198.51.100.7"], "198.51.100.7", false),
            (proxies, "10.0.0.1", &["127.0.0.1, 198.51.100.7"], "198.51.100.7", false),
            (proxies, "10.0.0.1", &["1.1.1.1", "198.51.100.7, 10.2.3.4"], "198.51.100.7", false),
            (proxies, "10.0.0.1", &["198.51.100.7", "10.2.3.4"], "198.51.100.7", false),
            (proxies, "10.0.0.1", &["1.1.1.1, nonsense"], "10.0.0.1", true),
            (proxies, "10.0.0.1", &["1.1.1.1, nonsense, 10.9.9.9"], "10.9.9.9", false),
            (proxies, "10.0.0.1", &["10.4.4.4"], "10.4.4.4", false),
            (proxies, "10.0.0.1", &["198.51.100.7:4711"], "198.51.100.7", false),
            (proxies, "::ffff:10.0.0.1", &["[2001:db8::7]:443"], "2001:db8::7", false),
            (proxies, "2001:db8:1::5", &["2001:db8::7"], "2001:db8::7", false),
            (proxies, "::ffff:198.51.100.1", &["1.1.1.1"], "198.51.100.1", true),
            (proxies, "127.0.0.1", &["127.0.0.1"], "127.0.0.1", false),
        ] {
            assert_eq!(sender(trusted, false, peer, lines), (expected.to_owned(), straight), "{peer} {lines:?}");
        }
    }

    #[test]
    fn the_standard_header_is_read_where_proxies_write_it() {
        for (lines, expected) in [
            (&["for=198.51.100.7;proto=https;by=10.0.0.1"][..], "198.51.100.7"),
            (&["proto=https; For=\"[2001:db8::7]:4711\""], "2001:db8::7"),
            (&["for=1.1.1.1, for=198.51.100.7"], "198.51.100.7"),
            (&["for=1.1.1.1, for=_hidden"], "10.0.0.1"),
            (&["for=1.1.1.1, proto=https"], "10.0.0.1"),
            (&["for=198.51.100.7", "for=10.1.1.1"], "198.51.100.7"),
        ] {
            assert_eq!(sender(&["10.0.0.0/8"], true, "10.0.0.1", lines).0, expected, "{lines:?}");
        }
    }

    #[test]
    fn a_sender_is_an_address_or_a_subscribers_network() {
        let block = |ip: &str| Address { ip: ip.parse().unwrap(), straight: true }.block().to_string();
        assert_eq!(block("198.51.100.7"), "198.51.100.7");
        assert_eq!(block("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        let own = |ip: &str, straight| Address { ip: ip.parse().unwrap(), straight }.is_own_machine();
        assert!(own("127.0.0.1", true) && own("::1", true));
        assert!(!own("127.0.0.1", false) && !own("10.0.0.1", true));
    }
}
