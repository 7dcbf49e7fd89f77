//! Where posts may go: an administrator of a city names addresses, and whoever runs the program says how far these
//! reach. What lies behind the house's walls is not reached unless it is named here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::str::FromStr;

use axum::http::Uri;

/// The longest address, in characters.
pub const ADDRESS_CHARS: usize = 500;

/// How far posts reach.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Networks that are not the open internet's and may be reached, such as the administration's own.
    pub networks: Vec<Network>,
    /// Whether posts may go by plain HTTP to others than the machine itself.
    pub plain: bool,
    /// Certificates (PEM) of who vouches for receivers, beside those that the machine trusts.
    pub authorities: Option<PathBuf>,
}

/// Some addresses: those that begin alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    begin: u128,
    bits: u32,
}

/// An address that posts go to, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Whether by TLS.
    pub tls: bool,
    /// Name or address of the host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// What the request's `Host` says.
    pub authority: String,
    /// Path and query.
    pub path: String,
}

/// Why posts do not go to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Barred {
    /// It is none.
    Malformed,
    /// It is plain HTTP.
    Plain,
    /// It is not the open internet's.
    Private,
}

impl Barred {
    /// Returns the key of the message that says so.
    pub fn key(self) -> &'static str {
        match self {
            Barred::Malformed => "webhook-bad-address",
            Barred::Plain => "webhook-plain-address",
            Barred::Private => "webhook-private-address",
        }
    }
}

impl Rules {
    /// Takes an address apart, as far as it can be judged before its name is looked up.
    ///
    /// # Errors
    /// [`Barred`] if posts do not go there.
    pub fn target(&self, address: &str) -> Result<Target, Barred> {
        let uri: Uri = address.parse().map_err(|_malformed| Barred::Malformed)?;
        let authority = uri.authority().ok_or(Barred::Malformed)?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _other => return Err(Barred::Malformed),
        };
        let named = authority.host();
        let host = named.trim_start_matches('[').trim_end_matches(']');
        let odd = authority.as_str().contains('@') || address.contains('#') || host.is_empty();
        if odd || address.chars().count() > ADDRESS_CHARS {
            return Err(Barred::Malformed);
        }
        let ip: Option<IpAddr> = host.parse().ok();
        let is_here = ip.map_or(host == "localhost", |ip| ip.to_canonical().is_loopback());
        if !tls && !self.plain && !is_here {
            return Err(Barred::Plain);
        }
        if ip.is_some_and(|ip| !self.reaches(ip)) {
            return Err(Barred::Private);
        }
        let port = match authority.port_u16() {
            Some(0) => return Err(Barred::Malformed),
            Some(port) => port,
            None if tls => 443,
            None => 80,
        };
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Ok(Target {
            tls,
            host: host.to_owned(),
            port,
            authority: authority.as_str().to_owned(),
            path: path.to_owned(),
        })
    }

    /// Whether posts may go to an address that a name stands for.
    pub fn lets_through(&self, ip: IpAddr, tls: bool) -> bool {
        let by_this_way = tls || self.plain || ip.to_canonical().is_loopback();
        by_this_way && self.reaches(ip)
    }

    fn reaches(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        is_public(ip) || self.networks.iter().any(|network| network.contains(ip))
    }
}

impl Network {
    /// Whether an address is one of them.
    pub fn contains(self, ip: IpAddr) -> bool {
        let differing = self.begin ^ bits_of(ip);
        self.bits == 0 || differing >> (128 - self.bits) == 0
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Network, String> {
        let wrong = || format!("{text:?} is no network: write it as 10.0.0.0/8 or fd00::/8");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u32>().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let ip: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if ip.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most {
            return Err(wrong());
        }
        let bits = bits + 128 - most;
        let begin = bits_of(ip);
        Ok(Network { begin, bits })
    }
}

/// Returns an address as a number; one of the old form as the new form writes it.
fn bits_of(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// Whether an address is one of the open internet.
///
/// Source: the IANA registries of special-purpose addresses (RFC 6890 and its updates).
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = match a {
        0 | 10 | 127 | 224.. => true,
        100 => (64..128).contains(&b),
        169 => b == 254,
        172 => (16..32).contains(&b),
        192 => b == 168 || b == 0 && (c == 0 || c == 2) || b == 88 && c == 99,
        198 => b == 18 || b == 19 || b == 51 && c == 100,
        203 => b == 0 && c == 113,
        _other => false,
    };
    !special
}

/// Of the new form only what is handed out as global is; what carries an address of the old form inside could lead
/// anywhere.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, ..] = ip.segments();
    let special = match (a, b) {
        (0x2001, 0..=0x01ff | 0x0db8) | (0x2002 | 0x3fff, _) => true,
        _other => false,
    };
    a & 0xe000 == 0x2000 && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn what_lies_behind_walls_is_not_reached_unless_it_is_named() {
        let open = Rules::default();
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.9.9",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "::ffff:10.0.0.1",
            "fd00::1",
            "fe80::1",
            "ff02::1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "2001:db8::1",
            "2001::1",
        ] {
            assert!(!open.lets_through(ip(private), true), "{private}");
        }
        for public in [
            "8.8.8.8",
            "114.114.114.114",
            "172.32.0.1",
            "100.128.0.1",
            "2400:3200::1",
            "2001:4860:4860::8888",
        ] {
            assert!(open.lets_through(ip(public), true), "{public}");
            assert!(!open.lets_through(ip(public), false), "{public} by plain HTTP");
        }
        let own = Rules {
            networks: vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()],
            ..Rules::default()
        };
        for (address, named) in [
            ("10.9.9.9", true),
            ("::ffff:10.9.9.9", true),
            ("fd12::1", true),
            ("11.0.0.1", true),
            ("127.0.0.1", false),
            ("192.168.0.1", false),
            ("fe80::1", false),
        ] {
            assert_eq!(own.lets_through(ip(address), true), named, "{address}");
        }
    }

    #[test]
    fn networks_are_read_with_and_without_their_length() {
        let one: Network = "192.168.7.1".parse().unwrap();
        assert!(one.contains(ip("192.168.7.1")) && !one.contains(ip("192.168.7.2")));
        let all: Network = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains(ip("10.0.0.1")) && !all.contains(ip("fd00::1")));
        let everything: Network = "::/0".parse().unwrap();
        assert!(everything.contains(ip("10.0.0.1")) && everything.contains(ip("fd00::1")));
        for wrong in [
            "",
            "10.0.0.0/33",
            "fd00::/129",
            "ten/8",
            "10.0.0.0/x",
            "10.0.0.0/-1",
        ] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn addresses_are_judged_before_they_are_looked_up() {
        let open = Rules::default();
        let target = open.target("https://board.example.org:8443/in?x=1").unwrap();
        assert_eq!((target.tls, target.port), (true, 8443));
        assert_eq!(
            (target.host.as_str(), target.path.as_str()),
            ("board.example.org", "/in?x=1")
        );
        assert_eq!(open.target("https://board.example.org").unwrap().path, "/");
        for (address, why) in [
            ("", Barred::Malformed),
            ("board.example.org", Barred::Malformed),
            ("ftp://board.example.org/", Barred::Malformed),
            ("https://", Barred::Malformed),
            ("https://user:word@board.example.org/", Barred::Malformed),
            ("https://board.example.org/#top", Barred::Malformed),
            ("https://board.example.org:0/", Barred::Malformed),
            ("https://board.example.org/ x", Barred::Malformed),
            ("http://board.example.org/", Barred::Plain),
            ("http://localhost.example.org/", Barred::Plain),
            ("https://10.0.0.1/", Barred::Private),
            ("https://[::1]/", Barred::Private),
            ("https://[::ffff:192.168.0.1]:8443/", Barred::Private),
            ("http://127.0.0.1/", Barred::Private),
        ] {
            assert_eq!(open.target(address), Err(why), "{address}");
        }
        let here = Rules {
            networks: vec!["127.0.0.0/8".parse().unwrap()],
            ..Rules::default()
        };
        assert_eq!(here.target("http://127.0.0.1:9/").unwrap().port, 9);
        assert_eq!(here.target("http://10.0.0.1/"), Err(Barred::Plain));
    }
}
