//! Which IP addresses are public, by the registries of special addresses
//! (<https://www.iana.org/assignments/iana-ipv4-special-registry>, <https://www.iana.org/assignments/iana-ipv6-special-registry>).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address of the public Internet, and no way round to another: an IPv6 address that carries an IPv4 one is refused whatever it carries.
pub(crate) fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

/// Where clouds hand out credentials and configuration; refused even inside a range that the operator lists.
pub(crate) fn is_metadata(ip: IpAddr) -> bool {
    const V4: [Ipv4Addr; 6] = [
        // EC2, GCE, Azure, and most others.
        Ipv4Addr::new(169, 254, 169, 254),
        // ECS tasks, EKS pod identity.
        Ipv4Addr::new(169, 254, 170, 2),
        Ipv4Addr::new(169, 254, 170, 23),
        // Azure's WireServer: a public address that only its machines reach.
        Ipv4Addr::new(168, 63, 129, 16),
        // Alibaba, Oracle.
        Ipv4Addr::new(100, 100, 100, 200),
        Ipv4Addr::new(192, 0, 0, 192),
    ];
    const V6: [Ipv6Addr; 3] = [
        // EC2, EKS pod identity.
        Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
        Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),
        // GCE.
        Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
    ];
    match ip.to_canonical() {
        IpAddr::V4(ip) => V4.contains(&ip),
        IpAddr::V6(ip) => V6.contains(&ip),
    }
}

/// Networks that are not the public Internet, with their prefix lengths.
const SPECIAL_V4: [(Ipv4Addr, u32); 20] = [
    // This network, private, loopback, link-local.
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    // Shared by carriers (RFC 6598).
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    // Protocol assignments.
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    // Documentation.
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(233, 252, 0, 0), 24),
    // AS112, AMT, the former 6to4 relays.
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 52, 193, 0), 24),
    (Ipv4Addr::new(192, 175, 48, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    // Benchmarks.
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    // Multicast, reserved, broadcast.
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
    (Ipv4Addr::BROADCAST, 32),
];

fn is_public_v4(ip: Ipv4Addr) -> bool {
    !SPECIAL_V4.iter().any(|(network, prefix)| (ip.to_bits() ^ network.to_bits()).leading_zeros() >= *prefix)
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    // Only 2000::/3 is given out for the Internet: that leaves out unspecified, loopback, IPv4-mapped and -compatible,
    // NAT64 (64:ff9b::/96, 64:ff9b:1::/48), discard-only, unique local, link-local, site-local and multicast.
    let [first, second, ..] = ip.segments();
    let global = first & 0xe000 == 0x2000;
    let special = match first {
        // Protocol assignments with Teredo, benchmarks and ORCHID (2001::/23), documentation.
        0x2001 => second < 0x0200 || second == 0x0db8,
        // 6to4, the former 6bone.
        0x2002 | 0x3ffe => true,
        // Documentation (RFC 9637).
        0x3fff => second < 0x1000,
        _ => false,
    };
    global && !special
}
