//! Puts the rooms together as the configuration says.

use crate::config::{Config, Hidden};
use anyhow::Context;
use assay_access::{Access, AccessConfig, WorkerIdentity};
use assay_broker::{Embedded, EmbeddedConfig, RabbitMq, RabbitMqConfig, SharedBroker};
use assay_contract::Secret;
use assay_contract::clock::SystemClock;
use assay_contract::record::WorkerRef;
use assay_fetch::{FetchConfig, Fetcher};
use assay_sandbox::{Sandbox, SandboxConfig};
use assay_store::{Shelf, ShelfKeys, ShelfOptions, Store, open_shelf};
use assay_worker::allowance::Allowance;
use assay_worker::plan::Wishes;
use assay_worker::slots::Slots;
use assay_worker::{Plan, Rooms, Settings};
use std::sync::Arc;
use std::time::Duration;

/// The decoder families of this version.
pub const FAMILIES: [&str; 6] = ["image", "media", "document", "geo", "dicom", "text"];

/// The store, for a verb that only reads or changes what is there: in a folder that was mistyped it must not make a new one.
pub async fn existing_store(config: &Config) -> anyhow::Result<Store> {
    let url = &config.store.url.as_ref().context("store.url is not set")?.0;
    there_is("store", url.expose().strip_prefix("sqlite:").filter(|path| !path.contains(":memory:")))?;
    store(config).await
}

/// The queue, likewise.
pub async fn existing_broker(config: &Config) -> anyhow::Result<SharedBroker> {
    let url = &config.broker.url.as_ref().context("broker.url is not set")?.0;
    there_is("queue", url.expose().strip_prefix("embedded:"))?;
    broker(config).await
}

/// `path` may begin with the two slashes of an address.
fn there_is(what: &str, path: Option<&str>) -> anyhow::Result<()> {
    let Some(path) = path.map(|path| path.strip_prefix("//").unwrap_or(path)) else { return Ok(()) };
    anyhow::ensure!(
        std::path::Path::new(path).exists(),
        "there is no {what} at {path}; name the folder that `assay up` and `assay submit` use: `--folder DIR`, ./assay-store unless said otherwise"
    );
    Ok(())
}

/// The store, migrated where it is ours alone; an embedded one is made where there is none.
pub async fn store(config: &Config) -> anyhow::Result<Store> {
    let url = &config.store.url.as_ref().context("store.url is not set")?.0;
    if let Some(path) = url.expose().strip_prefix("sqlite://")
        && let Some(folder) = std::path::Path::new(path).parent()
    {
        std::fs::create_dir_all(folder).with_context(|| format!("the folder {} can't be made", folder.display()))?;
    }
    let cannot = || no_store(url);
    let store = Store::open(url).await.with_context(cannot)?;
    let pending = store.migrations_pending().await.with_context(cannot)?;
    anyhow::ensure!(pending.is_empty(), "the store's schema is {} step(s) behind: run `assay migrate`", pending.len());
    Ok(store)
}

/// Names a store that can't be used, without its password.
pub fn no_store(url: &Secret<String>) -> String {
    format!("the store {} can't be used", withheld(url))
}

/// The shelf.
pub fn shelf(config: &Config) -> anyhow::Result<Arc<dyn Shelf>> {
    let section = &config.shelf;
    let keys = match (&section.access_key_id, &section.secret_access_key) {
        (Some(id), Some(secret)) => ShelfKeys::Aws { access_key_id: id.clone(), secret_access_key: secret.0.clone(), session_token: None },
        _ => ShelfKeys::Platform,
    };
    let options = ShelfOptions { endpoint: section.endpoint.clone(), region: section.region.clone(), keys };
    let url = section.url.as_deref().context("shelf.url is not set")?;
    Ok(Arc::from(open_shelf(url, &options)?))
}

/// The queue; an embedded one is made where there is none.
pub async fn broker(config: &Config) -> anyhow::Result<SharedBroker> {
    let url = &config.broker.url.as_ref().context("broker.url is not set")?.0;
    if let Some(path) = url.expose().strip_prefix("embedded://") {
        if let Some(folder) = std::path::Path::new(path).parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("the folder {} can't be made", folder.display()))?;
        }
        return Ok(Arc::new(
            Embedded::open(EmbeddedConfig::at(path)).await.with_context(|| format!("the embedded queue {path} can't be opened"))?,
        ));
    }
    let mut settings = RabbitMqConfig::at(url.clone());
    if let Some(prefix) = &config.broker.prefix {
        settings.prefix.clone_from(prefix);
    }
    Ok(Arc::new(RabbitMq::connect(settings).await.with_context(|| format!("the broker can't be reached: {}", withheld(url)))?))
}

/// Customers' clouds.
pub async fn access(config: &Config) -> Access {
    let section = &config.access;
    let identity = match (&section.access_key_id, &section.secret_access_key) {
        (Some(id), Some(secret)) => WorkerIdentity::Static { access_key_id: id.clone(), secret_access_key: secret.0.clone() },
        _ => WorkerIdentity::Ambient,
    };
    Access::new(AccessConfig {
        identity,
        sts_endpoint: section.sts_endpoint.clone(),
        s3_endpoint: section.s3_endpoint.clone(),
        region: section.region.clone(),
        ..AccessConfig::default()
    })
    .await
}

/// Downloads, within the plan's budget.
pub fn fetcher(config: &Config, plan: &Plan) -> anyhow::Result<Fetcher> {
    let (section, defaults) = (&config.fetch, FetchConfig::default());
    let settings = FetchConfig {
        spill_above: section.spill_above.unwrap_or(defaults.spill_above),
        spill_folder: section.spill_folder.clone().unwrap_or(defaults.spill_folder.clone()),
        memory_budget: plan.memory_budget,
        spill_budget: section.spill_budget.unwrap_or(defaults.spill_budget),
        interactive_reserve: plan.interactive_reserve,
        private_ranges: section.private_ranges.iter().filter_map(|range| range.parse().ok()).collect(),
        bucket_endpoint: config.access.s3_endpoint.clone(),
        proxy: section.proxy.as_ref().map(|proxy| proxy.0.clone()),
        ..defaults
    };
    Fetcher::new(settings).context("downloads can't be set up")
}

/// Slots and budgets of this container.
pub fn plan(config: &Config) -> anyhow::Result<Plan> {
    let wishes = Wishes {
        decodes: config.worker.decodes,
        fetches: config.worker.fetches,
        interactive: config.worker.interactive,
        memory_budget: config.worker.memory_budget,
        child_bytes: config
            .profiles
            .values()
            .map(|profile| profile.decode.memory_bytes.saturating_add(profile.decode.answer_bytes()))
            .max()
            .unwrap_or(0),
    };
    Plan::derive(Allowance::of_this_process(), wishes).context("the worker would not fit")
}

/// The decoders.
pub async fn sandbox(config: &Config, max_children: usize) -> anyhow::Result<Sandbox> {
    room_for_children(config, rustix::process::getrlimit(rustix::process::Resource::As).current)?;
    let settings = match &config.worker.decoders {
        Some(folder) => SandboxConfig {
            decoders_folder: folder.clone(),
            families: FAMILIES.iter().map(|family| (*family).to_owned()).collect(),
            max_children,
        },
        None => SandboxConfig::beside_executable(&FAMILIES, max_children)?,
    };
    Sandbox::start(settings).await.context("the sandbox can't be started")
}

/// Address space that a decoder takes for its programs and libraries and the stacks of its threads, at most (measured: 0.9 GB).
const OF_LIBRARIES: u64 = 1 << 30;

/// A child inherits the bound of whoever starts us (`ulimit -v`): within it a sound asset would be told as one that needs too much.
fn room_for_children(config: &Config, address_space: Option<u64>) -> anyhow::Result<()> {
    let Some(bound) = address_space else { return Ok(()) };
    let asked = config.profiles.values().map(|profile| profile.decode.memory_bytes).max().unwrap_or(0).saturating_add(OF_LIBRARIES);
    anyhow::ensure!(
        bound >= asked,
        "this process may have {bound} bytes of address space (RLIMIT_AS, `ulimit -v`), and a decoder needs up to {asked}: raise it, or \
         lower the `memory_bytes` of the profiles"
    );
    Ok(())
}

/// Everything a worker needs. The sandbox is attacked first: where an attack succeeds there is no worker.
pub async fn rooms(config: Config, plan: &Plan) -> anyhow::Result<Rooms> {
    let children = usize::from(plan.slots.decodes) + usize::from(plan.slots.interactive);
    let sandbox = sandbox(&config, children).await?;
    sandbox.self_test().await.context("the sandbox failed its own test; this worker refuses to work")?;
    Ok(Rooms {
        broker: broker(&config).await?,
        store: store(&config).await?,
        shelf: shelf(&config)?,
        access: access(&config).await,
        fetcher: fetcher(&config, plan)?,
        sandbox,
        clock: SystemClock::shared(),
        slots: Slots::new(plan.slots),
        settings: settings(config),
    })
}

fn settings(config: Config) -> Settings {
    let (section, defaults) = (config.worker, Settings::default());
    let seconds = |wish: Option<u64>, fallback: Duration| wish.map_or(fallback, Duration::from_secs);
    Settings {
        worker: WorkerRef { id: section.id.unwrap_or_else(worker_id), region: section.region },
        profiles: config.profiles,
        attempts: section.attempts.unwrap_or(defaults.attempts),
        job_deadline: seconds(section.job_deadline_s, defaults.job_deadline),
        url_lifetime: defaults.url_lifetime,
        claim_lease: seconds(section.claim_lease_s, defaults.claim_lease),
        drain: seconds(section.drain_s, defaults.drain),
    }
}

/// Made anew at each start: a restarted worker must not be taken for the one that held its claims.
fn worker_id() -> String {
    format!("worker-{}", assay_contract::JobId::generate())
}

/// Says where jobs come from and where answers go: settings that were not found are seen here.
pub fn tell_places(config: &Config) {
    let hidden = |url: Option<&Hidden>| url.map(|url| withheld(&url.0)).unwrap_or_default();
    let shelf = config.shelf.url.clone().map(|url| withheld(&Secret::new(url))).unwrap_or_default();
    tracing::info!(broker = hidden(config.broker.url.as_ref()), store = hidden(config.store.url.as_ref()), shelf, "works with");
}

/// An address as it may be shown: without user, password and parameters.
pub fn withheld(secret: &Secret<String>) -> String {
    let text = secret.expose();
    let Some((scheme, rest)) = text.split_once("://") else { return "(withheld)".to_owned() };
    // A password that should have been percent-encoded: nobody can say where it ends.
    if rest.split_once('?').is_some_and(|(_, parameters)| parameters.contains('@')) {
        return format!("{scheme}://(withheld)");
    }
    // PostgreSQL takes a password among the parameters as well.
    let (rest, parameters) = rest.split_once('?').map_or((rest, ""), |(rest, _)| (rest, "?(withheld)"));
    match rest.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://(withheld)@{host}{parameters}"),
        None => format!("{scheme}://{rest}{parameters}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_of_address_space_that_no_decoder_can_work_in_is_told() {
        let config = Config::default();
        room_for_children(&config, None).unwrap();
        room_for_children(&config, Some(4 << 30)).unwrap();
        let refused = room_for_children(&config, Some(512 << 20)).unwrap_err();
        assert!(refused.to_string().contains("536870912") && refused.to_string().contains("ulimit -v"), "{refused}");
    }

    #[test]
    fn no_part_of_an_address_that_may_hold_a_password_is_shown() {
        for (address, shown) in [
            ("postgres://assay:geheim@db/assay", "postgres://(withheld)@db/assay"),
            ("postgres://db/assay?user=a&password=geheim", "postgres://db/assay?(withheld)"),
            ("postgres://assay:gehe?im@db/assay", "postgres://(withheld)"),
            ("sqlite:///srv/assay.db", "sqlite:///srv/assay.db"),
            ("geheim", "(withheld)"),
        ] {
            assert_eq!(withheld(&Secret::new(address.to_owned())), shown);
        }
    }
}
