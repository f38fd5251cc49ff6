//! Which addresses and URLs can be those of a deployed system: what `require real` is judged by, when specs are checked and when they run.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is set aside for, so that no system on the public internet has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpecialUse {
    Loopback,
    Private,
    LinkLocal,
    /// Behind a carrier's address translation.
    Shared,
    Unspecified,
    Documentation,
    Benchmarking,
    Multicast,
    Broadcast,
    Reserved,
}

use SpecialUse::{
    Benchmarking, Broadcast, Documentation, LinkLocal, Loopback, Multicast, Private, Reserved, Shared, Unspecified,
};

/// A block of addresses: its first one, the length of its prefix in bits, its use, and where that is written.
type Block<A> = (A, u32, SpecialUse, &'static str);

/// The IPv4 Special-Purpose Address Registry (RFC 6890, section 2.2.2, and its updates), without what is globally reachable there, and
/// multicast. The first block that an address is in counts.
const BLOCKS_V4: [Block<Ipv4Addr>; 17] = [
    (Ipv4Addr::UNSPECIFIED, 32, Unspecified, "RFC 1122"),
    (Ipv4Addr::UNSPECIFIED, 8, Reserved, "RFC 791"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, Private, "RFC 1918"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, Shared, "RFC 6598"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, Loopback, "RFC 1122"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, LinkLocal, "RFC 3927"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, Private, "RFC 1918"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, Reserved, "RFC 6890"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, Documentation, "RFC 5737"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, Reserved, "RFC 7526"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, Private, "RFC 1918"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, Benchmarking, "RFC 2544"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, Documentation, "RFC 5737"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, Documentation, "RFC 5737"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, Multicast, "RFC 5771"),
    (Ipv4Addr::BROADCAST, 32, Broadcast, "RFC 919"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, Reserved, "RFC 1112"),
];

/// The IPv6 Special-Purpose Address Registry (RFC 6890, section 2.2.3, and its updates), the scopes of RFC 4291, and last what isn't
/// 2000::/3, the only block that is given out as global unicast. The protocol assignments of 2001::/23 are refused as a whole: none of
/// them is the address of a deployed system. The first block that an address is in counts.
const BLOCKS_V6: [Block<Ipv6Addr>; 17] = [
    (Ipv6Addr::UNSPECIFIED, 128, Unspecified, "RFC 4291"),
    (Ipv6Addr::LOCALHOST, 128, Loopback, "RFC 4291"),
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48, Private, "RFC 8215"),
    (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64, Reserved, "RFC 6666"),
    (Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0), 48, Benchmarking, "RFC 5180"),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, Reserved, "RFC 2928"),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, Documentation, "RFC 3849"),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, Documentation, "RFC 9637"),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, Private, "RFC 4193"),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, LinkLocal, "RFC 4291"),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10, Private, "RFC 3879"),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, Multicast, "RFC 4291"),
    (Ipv6Addr::UNSPECIFIED, 3, Reserved, "RFC 4291"),
    (Ipv6Addr::new(0x4000, 0, 0, 0, 0, 0, 0, 0), 2, Reserved, "RFC 4291"),
    (Ipv6Addr::new(0x8000, 0, 0, 0, 0, 0, 0, 0), 2, Reserved, "RFC 4291"),
    (Ipv6Addr::new(0xc000, 0, 0, 0, 0, 0, 0, 0), 3, Reserved, "RFC 4291"),
    (Ipv6Addr::new(0xe000, 0, 0, 0, 0, 0, 0, 0), 3, Reserved, "RFC 4291"),
];

impl SpecialUse {
    /// `an address of a private network`
    pub fn words(self) -> &'static str {
        match self {
            Loopback => "a loopback address, this machine itself",
            Private => "an address of a private network",
            LinkLocal => "a link-local address",
            Shared => "an address that carriers share among customers",
            Unspecified => "the unspecified address",
            Documentation => "an address for documentation",
            Benchmarking => "an address for benchmarks",
            Multicast => "a multicast address",
            Broadcast => "the broadcast address",
            Reserved => "a reserved address",
        }
    }
}

/// Why an address is none of the public internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotPublic {
    pub address: IpAddr,
    /// The IPv4 address in it that counts.
    pub carried: Option<Ipv4Addr>,
    pub special: SpecialUse,
    /// Where it is written: `RFC 1918`.
    pub source: &'static str,
}

/// `` `10.0.0.1` is an address of a private network (RFC 1918) ``
impl fmt::Display for NotPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.carried {
            Some(carried) => write!(f, "`{}` stands for `{carried}`, {}", self.address, self.special.words())?,
            None => write!(f, "`{}` is {}", self.address, self.special.words())?,
        }
        write!(f, " ({})", self.source)
    }
}

/// Why an address can't be that of a system on the public internet; `None` when it can.
pub fn not_public(address: IpAddr) -> Option<NotPublic> {
    let reported = |carried, (special, source)| NotPublic { address, carried, special, source };
    match address {
        IpAddr::V4(v4) => of_v4(v4).map(|found| reported(None, found)),
        IpAddr::V6(v6) => match carried(v6) {
            Some(v4) => of_v4(v4).map(|found| reported(Some(v4), found)),
            None => of_v6(v6).map(|found| reported(None, found)),
        },
    }
}

fn of_v4(address: Ipv4Addr) -> Option<(SpecialUse, &'static str)> {
    let within = |first: Ipv4Addr, length: u32| (first.to_bits() ^ address.to_bits()).leading_zeros() >= length;
    let found = BLOCKS_V4.iter().find(|(first, length, ..)| within(*first, *length));
    found.map(|(_, _, special, source)| (*special, *source))
}

fn of_v6(address: Ipv6Addr) -> Option<(SpecialUse, &'static str)> {
    let within = |first: Ipv6Addr, length: u32| (first.to_bits() ^ address.to_bits()).leading_zeros() >= length;
    let found = BLOCKS_V6.iter().find(|(first, length, ..)| within(*first, *length));
    found.map(|(_, _, special, source)| (*special, *source))
}

/// The IPv4 address that an IPv6 address leads to: IPv4-mapped and IPv4-compatible (RFC 4291, section 2.5.5), NAT64 (RFC 6052, section
/// 2.1) and 6to4 (RFC 3056, section 2).
fn carried(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let join = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match address.segments() {
        // The unspecified and the loopback address look like compatible ones.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(join(high, low)),
        [0x2002, high, low, ..] => Some(join(high, low)),
        _ => None,
    }
}

/// Why a URL can't be that of a real system, as far as the URL itself says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotReal {
    /// Its scheme: `http`, `ws`.
    PlainText(String),
    Address(NotPublic),
    /// `localhost` and the names below it are this machine, whatever a resolver says (RFC 6761, section 6.3).
    ThisMachine(String),
}

impl fmt::Display for NotReal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotReal::PlainText(scheme) => write!(f, "`{scheme}://` is plain text, so nothing proves who answers"),
            NotReal::Address(address) => address.fmt(f),
            NotReal::ThisMachine(host) => write!(f, "`{host}` is this machine itself (RFC 6761)"),
        }
    }
}

/// Why a URL can't be that of a real system. Its host is read as a client reads it, so that `https://0x7f.1` is 127.0.0.1 (WHATWG URL,
/// section 3.5). `None` for what may be real, and for what is no URL with a host.
pub fn not_real(url: &str) -> Option<NotReal> {
    // A client sees a scheme in `http:example.com` and behind a space, too; one that is written is one, whatever else the URL lacks.
    let parsed = url::Url::parse(url);
    let written = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    let schemes = parsed.iter().map(url::Url::scheme).chain(written.as_deref());
    if let Some(plain) = schemes.into_iter().find(|scheme| ["http", "ws"].contains(scheme)) {
        return Some(NotReal::PlainText(plain.to_owned()));
    }
    let parsed = parsed.ok()?;
    let address = match parsed.host()? {
        url::Host::Ipv4(address) => IpAddr::V4(address),
        url::Host::Ipv6(address) => IpAddr::V6(address),
        url::Host::Domain(name) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            if name == "localhost" || name.ends_with(".localhost") {
                return Some(NotReal::ThisMachine(name));
            }
            // Of schemes that aren't the web's, the host is left as it is written.
            name.parse().ok()?
        }
    };
    not_public(address).map(NotReal::Address)
}

#[cfg(test)]
mod tests;
