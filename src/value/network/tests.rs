use proptest::prelude::*;

use super::*;

/// Blocks as the registries print them: IPv4 (RFC 6890 with RFC 7526, and RFC 5771 for multicast).
const V4: &str = "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24
    192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 255.255.255.255/32";
/// IPv6 inside of 2000::/3 (RFC 6890 with RFC 9637); outside of it nothing is public, but for what carries an IPv4 address.
const V6: &str = "2001::/23 2001:db8::/32 3fff::/20";
/// Where an IPv6 address carries an IPv4 one, and at which bit (RFC 4291, RFC 6052, RFC 3056).
const CARRIERS: [(&str, u32); 4] = [("::ffff:0:0/96", 96), ("::/96", 96), ("64:ff9b::/96", 96), ("2002::/16", 16)];

fn bits(text: &str) -> (u128, u32, u32) {
    let (first, length) = text.split_once('/').unwrap();
    match first.parse::<IpAddr>().unwrap() {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()), length.parse().unwrap(), 32),
        IpAddr::V6(v6) => (v6.to_bits(), length.parse().unwrap(), 128),
    }
}

/// Whether the block's first bits are the address's, counted one by one.
fn within(block: &str, address: u128) -> bool {
    let (first, length, width) = bits(block);
    (0..length).all(|bit| (first >> (width - 1 - bit)) & 1 == (address >> (width - 1 - bit)) & 1)
}

fn oracle(address: IpAddr) -> bool {
    let v4_is_special = |v4: u32| V4.split_whitespace().any(|block| within(block, u128::from(v4)));
    match address {
        IpAddr::V4(v4) => v4_is_special(v4.to_bits()),
        IpAddr::V6(v6) => {
            let v6 = v6.to_bits();
            if v6 <= 1 {
                return true;
            }
            if let Some((_, at)) = CARRIERS.iter().find(|(block, _)| within(block, v6)) {
                return v4_is_special((v6 >> (128 - at - 32)) as u32);
            }
            !within("2000::/3", v6) || V6.split_whitespace().any(|block| within(block, v6))
        }
    }
}

fn address() -> impl Strategy<Value = IpAddr> {
    let v4 = any::<u32>().prop_map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits)));
    let v6 = any::<u128>().prop_map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits)));
    // Near the edges of the blocks, where mistakes are.
    let blocks: Vec<&str> = V4.split_whitespace().chain(V6.split_whitespace()).collect();
    let more = ["2000::/3", "fc00::/7", "fe80::/10", "ff00::/8", "64:ff9b:1::/48", "100::/64", "5f00::/16"];
    let carriers = CARRIERS.iter().map(|(block, _)| *block);
    let blocks: Vec<&str> = blocks.into_iter().chain(more).chain(carriers).collect();
    let edge = (prop::sample::select(blocks), -2i128..3, any::<bool>()).prop_map(|(block, off, last)| {
        let (first, length, width) = bits(block);
        let size = if length == 0 { 0 } else { 1u128 << (width - length) };
        let at = if last { first.wrapping_add(size) } else { first }.wrapping_add_signed(off);
        match width {
            32 => IpAddr::V4(Ipv4Addr::from_bits(at as u32)),
            _ => IpAddr::V6(Ipv6Addr::from_bits(at)),
        }
    });
    let carried = (any::<u32>(), prop::sample::select(CARRIERS.to_vec())).prop_map(|(v4, (block, at))| {
        let (first, ..) = bits(block);
        IpAddr::V6(Ipv6Addr::from_bits(first | u128::from(v4) << (128 - at - 32)))
    });
    prop_oneof![v4, v6, edge, carried]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// The table says the same as the registries' blocks, counted bit by bit.
    #[test]
    fn the_classifier_agrees_with_the_registries(address in address()) {
        prop_assert_eq!(not_public(address).is_some(), oracle(address), "{}", address);
    }

    /// An IPv4 address stays what it is in every form of it.
    #[test]
    fn carried_addresses_are_judged_as_themselves(v4 in any::<u32>()) {
        let v4 = Ipv4Addr::from_bits(v4);
        let own = not_public(IpAddr::V4(v4)).map(|found| found.special);
        let [a, b] = [(v4.to_bits() >> 16) as u16, v4.to_bits() as u16];
        let forms = [v4.to_ipv6_mapped(), Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, a, b), Ipv6Addr::new(0x2002, a, b, 0, 0, 0, 0, 1)];
        for form in forms {
            prop_assert_eq!(not_public(IpAddr::V6(form)).map(|found| found.special), own, "{}", form);
        }
    }
}

#[test]
fn each_kind_is_known_by_its_name() {
    let cases = [
        ("127.0.0.1", Loopback),
        ("127.255.255.254", Loopback),
        ("::1", Loopback),
        ("::ffff:127.0.0.1", Loopback),
        ("10.1.2.3", Private),
        ("172.16.0.1", Private),
        ("172.31.255.255", Private),
        ("192.168.0.1", Private),
        ("fc00::1", Private),
        ("fdff::1", Private),
        ("fec0::1", Private),
        ("::ffff:10.0.0.1", Private),
        ("::10.0.0.1", Private),
        ("64:ff9b::10.0.0.1", Private),
        ("64:ff9b:1::808:808", Private),
        ("2002:0a00:0001::", Private),
        ("169.254.169.254", LinkLocal),
        ("fe80::1", LinkLocal),
        ("100.64.0.1", Shared),
        ("0.0.0.0", Unspecified),
        ("::", Unspecified),
        ("192.0.2.1", Documentation),
        ("203.0.113.9", Documentation),
        ("2001:db8::1", Documentation),
        ("3fff::1", Documentation),
        ("198.19.255.255", Benchmarking),
        ("2001:2::1", Benchmarking),
        ("224.0.0.1", Multicast),
        ("ff02::1", Multicast),
        ("255.255.255.255", Broadcast),
        ("240.0.0.1", Reserved),
        ("0.1.2.3", Reserved),
        ("5f00::1", Reserved),
        ("2001::1", Reserved),
    ];
    for (text, special) in cases {
        assert_eq!(not_public(text.parse().unwrap()).map(|found| found.special), Some(special), "{text}");
    }
    for public in ["9.9.9.9", "172.32.0.1", "100.128.0.1", "2620:fe::fe", "::ffff:9.9.9.9", "64:ff9b::909:909"] {
        assert_eq!(not_public(public.parse().unwrap()), None, "{public}");
    }
}

#[test]
fn urls_are_judged_as_a_client_reads_them() {
    let reported = |url: &str| not_real(url).map(|found| found.to_string());
    for this_machine in [
        "https://127.0.0.1:8443/x",
        "https://2130706433/",
        "https://0x7f.1",
        "https://0177.0.0.1/",
        "https://127.1",
        "https://１２７.0.0.1/",
        "wss://[::ffff:7f00:1]/ws",
        "https://user:pw@127.0.0.1/",
    ] {
        assert!(reported(this_machine).is_some_and(|reported| reported.contains("loopback")), "{this_machine}");
    }
    for name in ["https://localhost", "https://LOCALHOST.:8443/", "wss://api.localhost/ws"] {
        assert!(reported(name).is_some_and(|reported| reported.contains("this machine itself (RFC 6761)")), "{name}");
    }
    assert_eq!(
        reported("https://[64:ff9b::a00:1]/").as_deref(),
        Some("`64:ff9b::a00:1` stands for `10.0.0.1`, an address of a private network (RFC 1918)")
    );
    for plain in ["http://api.example.com", "HTTP://10.0.0.1", "ws://api.example.com/ws"] {
        assert!(reported(plain).is_some_and(|reported| reported.contains("plain text")), "{plain}");
    }
    assert!(reported("postgres://10.0.0.1/db").is_some());
    for real in
        ["https://api.example.com", "wss://9.9.9.9/ws", "https://localhost.example.com", "https://", "staging", ""]
    {
        assert_eq!(reported(real), None, "{real}");
    }
}

#[test]
fn a_url_is_judged_as_a_client_reads_it() {
    for url in [
        "http:example.com",
        "http:/example.com",
        "http:\\\\example.com",
        " http://example.com",
        "HTTP://example.com",
        "wS:example.com",
    ] {
        assert!(matches!(not_real(url), Some(NotReal::PlainText(_))), "{url}");
    }
    for url in [
        "https:127.0.0.1",
        "https:/127.0.0.1/",
        "\thttps://127.0.0.1",
        "https:\\127.0.0.1",
        "wss:10.0.0.1",
        "https://user@[::1]/",
    ] {
        assert!(matches!(not_real(url), Some(NotReal::Address(_))), "{url}");
    }
}
