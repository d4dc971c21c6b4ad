//! Every setting as it is in force, for `config show`.

use super::{AccessSection, BrokerSection, Config, FetchSection, Hidden, ShelfSection, StoreSection, WorkerSection};
use crate::assemble::withheld;
use assay_fetch::FetchConfig;
use assay_worker::{Plan, Settings};
use std::fmt::Display;

/// Every setting but the profiles, with the default that stands in for it; secrets are withheld. One that is added and not shown does
/// not compile.
pub(super) fn in_force(config: &Config, plan: &Plan) -> Vec<(&'static str, String)> {
    let Config { store, shelf, broker, access, fetch, worker, profiles: _ } = config;
    let (jobs, downloads) = (Settings::default(), FetchConfig::default());
    let StoreSection { url: store_url } = store;
    let ShelfSection { url: shelf_url, endpoint, region: shelf_region, access_key_id: shelf_key, secret_access_key: shelf_secret } = shelf;
    let BrokerSection { url: broker_url, prefix } = broker;
    let AccessSection { region, sts_endpoint, s3_endpoint, access_key_id, secret_access_key } = access;
    let FetchSection { spill_above, spill_folder, spill_budget, private_ranges, proxy } = fetch;
    let WorkerSection {
        id,
        region: worker_region,
        decoders,
        listen,
        decodes: _,
        fetches: _,
        interactive: _,
        memory_budget: _,
        attempts,
        job_deadline_s,
        drain_s,
        claim_lease_s,
    } = worker;
    vec![
        ("store.url", address(store_url.as_ref())),
        ("shelf.url", shelf_url.clone().map_or_else(unset, |url| withheld(&url.into()))),
        ("shelf.endpoint", or(endpoint.as_ref(), "the provider's own")),
        ("shelf.region", or(shelf_region.as_ref(), "not set")),
        ("shelf.access_key_id", or(shelf_key.as_ref(), "the platform's identity")),
        ("shelf.secret_access_key", secret(shelf_secret.as_ref())),
        ("broker.url", address(broker_url.as_ref())),
        ("broker.prefix", or(prefix.as_ref(), "assay")),
        ("access.region", or(region.as_ref(), "the platform's")),
        ("access.sts_endpoint", or(sts_endpoint.as_ref(), "AWS's own")),
        ("access.s3_endpoint", or(s3_endpoint.as_ref(), "AWS's own")),
        ("access.access_key_id", or(access_key_id.as_ref(), "the platform's identity")),
        ("access.secret_access_key", secret(secret_access_key.as_ref())),
        ("fetch.spill_above", or(spill_above.as_ref(), downloads.spill_above)),
        (
            "fetch.spill_folder",
            spill_folder.as_ref().map_or_else(|| default(downloads.spill_folder.display()), |folder| folder.display().to_string()),
        ),
        ("fetch.spill_budget", or(spill_budget.as_ref(), downloads.spill_budget)),
        ("fetch.private_ranges", if private_ranges.is_empty() { default("none") } else { private_ranges.join(" ") }),
        ("fetch.proxy", proxy.as_ref().map_or_else(|| default("none"), |proxy| withheld(&proxy.0))),
        ("worker.id", or(id.as_ref(), "made at start")),
        ("worker.region", or(worker_region.as_ref(), "not set")),
        ("worker.decoders", decoders.as_ref().map_or_else(|| default("beside this binary"), |folder| folder.display().to_string())),
        ("worker.listen", or(listen.as_ref(), "no pages")),
        ("worker.decodes", plan.slots.decodes.to_string()),
        ("worker.fetches", plan.slots.fetches.to_string()),
        ("worker.interactive", plan.slots.interactive.to_string()),
        ("worker.memory_budget", plan.memory_budget.to_string()),
        ("worker.attempts", or(attempts.as_ref(), jobs.attempts)),
        ("worker.job_deadline_s", or(job_deadline_s.as_ref(), jobs.job_deadline.as_secs())),
        ("worker.drain_s", or(drain_s.as_ref(), jobs.drain.as_secs())),
        ("worker.claim_lease_s", or(claim_lease_s.as_ref(), jobs.claim_lease.as_secs())),
    ]
}

fn or(said: Option<&impl Display>, otherwise: impl Display) -> String {
    said.map_or_else(|| default(otherwise), ToString::to_string)
}

fn default(value: impl Display) -> String {
    format!("{value}  (default)")
}

fn unset() -> String {
    default("not set")
}

fn secret(secret: Option<&Hidden>) -> String {
    secret.map_or_else(unset, |_| "(withheld)".to_owned())
}

fn address(url: Option<&Hidden>) -> String {
    url.map_or_else(unset, |url| withheld(&url.0))
}
