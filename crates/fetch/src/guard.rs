//! The guard against server-side request forgery: which URLs may be asked, and to which addresses a connection may go.
//!
//! Every connection passes [`Guard::addresses`], whether its host is a name or a literal address, and goes to one of the very addresses
//! that were judged; there is no second resolution that a hostile name server could answer differently.

mod address;
mod resolver;

pub use resolver::{Resolver, SystemResolver};

use assay_contract::signed_url::Origin;
use http::Uri;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Why the guard refused. It names no host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Neither https nor the operator's own bucket endpoint.
    #[error("only https is contacted")]
    NotHttps,
    /// `https://user:password@host`.
    #[error("the address holds a user name or password")]
    UserInfo,
    /// There is no host, or it is written in a way that programs read differently.
    #[error("the host is not written as a name or a plain address")]
    OddHost,
    /// A port of another service.
    #[error("the port is not one of https")]
    Port,
    /// Loopback, private, link-local, shared, metadata or otherwise not public.
    #[error("the host leads to an address that is not public")]
    NotPublic,
    /// A redirect to another host.
    #[error("it redirects to another host")]
    CrossHost,
    /// More redirects than are followed.
    #[error("it redirects too often")]
    TooManyRedirects,
}

/// Judges URLs and addresses.
#[derive(Debug)]
pub(crate) struct Guard {
    private_ranges: Vec<IpNet>,
    endpoint: Option<Uri>,
    resolver: Arc<dyn Resolver>,
}

impl Guard {
    pub(crate) fn new(private_ranges: Vec<IpNet>, endpoint: Option<Uri>, resolver: Arc<dyn Resolver>) -> Self {
        Self { private_ranges, endpoint, resolver }
    }

    /// Judges a URL before anything is resolved.
    pub(crate) fn admit(&self, uri: &Uri, origin: Origin) -> Result<(), Refusal> {
        let authority = uri.authority().ok_or(Refusal::OddHost)?;
        if authority.as_str().contains('@') {
            return Err(Refusal::UserInfo);
        }
        if origin == Origin::Bucket && self.is_endpoint(uri) {
            return Ok(());
        }
        if uri.scheme_str() != Some("https") {
            return Err(Refusal::NotHttps);
        }
        let port = uri.port_u16().unwrap_or(443);
        // Services that answer below 1024 are not asset hosts; a TLS greeting sent to one could still be read as a command.
        if port != 443 && (port < 1024 || origin == Origin::Bucket) {
            return Err(Refusal::Port);
        }
        match literal(uri)? {
            Some(ip) => self.judge(ip, origin),
            None => Ok(()),
        }
    }

    /// The addresses of a URL's host, all of them judged: one that is refused refuses the whole name.
    pub(crate) async fn addresses(&self, uri: &Uri, origin: Origin) -> Result<Vec<SocketAddr>, Unresolved> {
        self.admit(uri, origin)?;
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("http") { 80 } else { 443 });
        let found = match literal(uri)? {
            Some(ip) => vec![ip],
            None => self.resolver.addresses(uri.host().unwrap_or_default()).await.map_err(|_| Unresolved::NoAddress)?,
        };
        if found.is_empty() {
            return Err(Unresolved::NoAddress);
        }
        for ip in &found {
            self.judge(*ip, origin)?;
        }
        Ok(found.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
    }

    fn judge(&self, ip: IpAddr, origin: Origin) -> Result<(), Refusal> {
        if address::is_metadata(ip) {
            return Err(Refusal::NotPublic);
        }
        let listed = origin == Origin::Bucket && self.private_ranges.iter().any(|range| range.contains(&ip));
        if listed || address::is_public(ip) { Ok(()) } else { Err(Refusal::NotPublic) }
    }

    /// The endpoint itself, or a bucket's host below it.
    fn is_endpoint(&self, uri: &Uri) -> bool {
        let Some(endpoint) = &self.endpoint else { return false };
        let (Some(host), Some(ours)) = (uri.host(), endpoint.host()) else { return false };
        let (host, ours) = (host.to_ascii_lowercase(), ours.to_ascii_lowercase());
        uri.scheme() == endpoint.scheme()
            && uri.port_u16() == endpoint.port_u16()
            && (host == ours || host.strip_suffix(&ours).is_some_and(|bucket| bucket.ends_with('.')))
    }
}

/// Why a host has no addresses to connect to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unresolved {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("the host's name has no address")]
    NoAddress,
}

/// The address that a host spells out, if it does. Only the plain spellings are read; `0x7f.1`, `017700000001` and their like, which
/// some resolvers take for addresses, are refused (every name whose last label begins with a digit: no top-level domain does).
fn literal(uri: &Uri) -> Result<Option<IpAddr>, Refusal> {
    let host = uri.host().filter(|host| !host.is_empty()).ok_or(Refusal::OddHost)?;
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inner.parse().map(|ip| Some(IpAddr::V6(ip))).map_err(|_| Refusal::OddHost);
    }
    if let Ok(ip) = host.parse() {
        return Ok(Some(IpAddr::V4(ip)));
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    let numeric = name.rsplit('.').next().is_none_or(|label| label.is_empty() || label.starts_with(|c: char| c.is_ascii_digit()));
    if !plain || numeric { Err(Refusal::OddHost) } else { Ok(None) }
}

#[cfg(test)]
mod tests;
