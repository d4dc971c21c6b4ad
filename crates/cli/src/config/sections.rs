//! The sections of the configuration and their defaults.

mod in_force;
mod reading;

use super::layers::Problems;
use anyhow::Context;
use assay_contract::{Profile, Secret};
use assay_worker::Plan;
use reading::{profiles, section};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::Table;

const SECTIONS: [&str; 7] = ["store", "shelf", "broker", "access", "fetch", "worker", "profiles"];

/// What is in force.
#[derive(Debug, Default)]
pub struct Config {
    /// `[store]`
    pub store: StoreSection,
    /// `[shelf]`
    pub shelf: ShelfSection,
    /// `[broker]`
    pub broker: BrokerSection,
    /// `[access]`
    pub access: AccessSection,
    /// `[fetch]`
    pub fetch: FetchSection,
    /// `[worker]`
    pub worker: WorkerSection,
    /// `[profiles.NAME]`; `default` is always there.
    pub profiles: BTreeMap<String, Profile>,
}

/// A secret in the file: never printed.
#[derive(Debug, Clone)]
pub struct Hidden(pub Secret<String>);

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        // The usual error repeats the value.
        let text = String::deserialize(from).map_err(|_| serde::de::Error::custom("a secret must be text in quotes"))?;
        Ok(Self(Secret::new(text)))
    }
}

impl JsonSchema for Hidden {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}

/// Records, rows, tasks, integrations.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StoreSection {
    /// `sqlite://PATH` or `postgres://…`; in the folder by default.
    pub url: Option<Hidden>,
}

/// Thumbnails and derivatives.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ShelfSection {
    /// `file:///DIR`, `s3://BUCKET/PREFIX`, `gs://…`, `az://…`; in the folder by default.
    pub url: Option<String>,
    /// Another endpoint than the provider's own, https or http.
    pub endpoint: Option<String>,
    /// The bucket's region.
    pub region: Option<String>,
    /// The operator's own key for S3; the platform's identity by default.
    pub access_key_id: Option<String>,
    /// The secret that belongs to that key.
    pub secret_access_key: Option<Hidden>,
}

/// The queue.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BrokerSection {
    /// `amqp[s]://…`; the embedded queue in the folder by default.
    pub url: Option<Hidden>,
    /// First word of all queue names.
    pub prefix: Option<String>,
}

/// Customers' clouds.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AccessSection {
    /// The AWS region that the worker runs in: where STS is asked, and where a bucket is looked for first.
    pub region: Option<String>,
    /// STS, where it is not AWS's own.
    pub sts_endpoint: Option<String>,
    /// S3, where it is not AWS's own; it alone may be http.
    pub s3_endpoint: Option<String>,
    /// The worker's own key; by default the platform's identity: role, profile or environment, as AWS's SDKs find it.
    pub access_key_id: Option<String>,
    /// The secret that belongs to that key.
    pub secret_access_key: Option<Hidden>,
}

/// Downloads.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FetchSection {
    /// Assets larger than this go to an encrypted temporary file, bytes.
    pub spill_above: Option<u64>,
    /// Folder of the encrypted temporary files.
    pub spill_folder: Option<PathBuf>,
    /// Most bytes in that folder at once.
    pub spill_budget: Option<u64>,
    /// Private networks that buckets may resolve into, a list of CIDRs; an address of a job never may.
    pub private_ranges: Vec<String>,
    /// Egress proxy, `http://HOST:PORT`; those of the environment are not used.
    pub proxy: Option<Hidden>,
}

/// The worker.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WorkerSection {
    /// Its id in records; made at start by default.
    pub id: Option<String>,
    /// Where it runs, for records.
    pub region: Option<String>,
    /// Folder of the decoders; beside `assay` by default.
    pub decoders: Option<PathBuf>,
    /// Address of `/livez`, `/readyz` and `/metrics`; none by default.
    pub listen: Option<std::net::SocketAddr>,
    /// Children at once in the batch lane; derived from processors and memory.
    pub decodes: Option<u16>,
    /// Downloads at once in the batch lane; derived from the children.
    pub fetches: Option<u16>,
    /// Children and downloads of the interactive lane, beyond those of the batch lane.
    pub interactive: Option<u16>,
    /// Bytes of assets in memory at once; derived from the memory.
    pub memory_budget: Option<u64>,
    /// Attempts before a transient failure is the answer.
    pub attempts: Option<u32>,
    /// A download's whole time, whatever the profile allows, seconds; a job has twice this.
    pub job_deadline_s: Option<u64>,
    /// How long a shutdown waits, seconds.
    pub drain_s: Option<u64>,
    /// How long a dead worker's claims hold, seconds.
    pub claim_lease_s: Option<u64>,
}

impl Config {
    /// Reads the sections; every problem is told, not only the first. What is wrong is as if it had not been said.
    pub fn from_table(table: &Table, folder: &Path, problems: &mut Problems) -> Self {
        for name in table.keys().filter(|name| !SECTIONS.contains(&name.as_str())) {
            problems.0.push(format!("[{name}]: there is no such section; there are {}", SECTIONS.join(", ")));
        }
        let mut config = Self {
            store: section(table, "store", problems),
            shelf: section(table, "shelf", problems),
            broker: section(table, "broker", problems),
            access: section(table, "access", problems),
            fetch: section(table, "fetch", problems),
            worker: section(table, "worker", problems),
            profiles: profiles(table, problems),
        };
        config.fill_in(folder, problems);
        config.check(problems);
        config
    }

    /// A profile by its name; the error names those there are.
    pub fn profile(&self, name: &str) -> anyhow::Result<&Profile> {
        let known = || self.profiles.keys().cloned().collect::<Vec<_>>().join(", ");
        self.profiles.get(name).with_context(|| format!("there is no profile {name:?} in the configuration; there are: {}", known()))
    }

    /// Every setting but the profiles, by name.
    pub fn in_force(&self, plan: &Plan) -> Vec<(&'static str, String)> {
        in_force::in_force(self, plan)
    }

    /// What was not said lies in the folder.
    fn fill_in(&mut self, folder: &Path, problems: &mut Problems) {
        let folder = match std::path::absolute(folder) {
            Ok(folder) => folder,
            Err(error) => return problems.0.push(format!("--folder: {error}")),
        };
        self.store.url.get_or_insert_with(|| Hidden(Secret::new(format!("sqlite://{}", folder.join("assay.db").display()))));
        self.shelf.url.get_or_insert_with(|| format!("file://{}", folder.join("shelf").display()));
        self.broker.url.get_or_insert_with(|| Hidden(Secret::new(format!("embedded://{}", folder.join("queue.db").display()))));
    }

    fn check(&self, problems: &mut Problems) {
        for (name, key, secret) in [
            ("shelf", &self.shelf.access_key_id, &self.shelf.secret_access_key),
            ("access", &self.access.access_key_id, &self.access.secret_access_key),
        ] {
            if key.is_some() != secret.is_some() {
                problems.0.push(format!("[{name}]: access_key_id and secret_access_key go together"));
            }
        }
        let url = |hidden: &Option<Hidden>| hidden.as_ref().map(|hidden| hidden.0.expose().clone());
        for (name, url, schemes) in [
            ("store.url", url(&self.store.url), ["sqlite:", "postgres://", "postgresql://"].as_slice()),
            ("broker.url", url(&self.broker.url), &["embedded://", "amqp://", "amqps://"]),
            ("shelf.url", self.shelf.url.clone(), &["file://", "s3://", "gs://", "az://"]),
            ("shelf.endpoint", self.shelf.endpoint.clone(), &["https://", "http://"]),
            ("access.s3_endpoint", self.access.s3_endpoint.clone(), &["https://", "http://"]),
            ("access.sts_endpoint", self.access.sts_endpoint.clone(), &["https://", "http://"]),
            ("fetch.proxy", url(&self.fetch.proxy), &["http://"]),
        ] {
            // The value may be a secret: only the name is repeated.
            if url.is_some_and(|url| !schemes.iter().any(|scheme| url.starts_with(scheme))) {
                problems.0.push(format!("{name} begins with none of {}", schemes.join(" ")));
            }
        }
        if let Some((scheme, place)) = self.shelf.url.as_deref().and_then(|url| url.split_once("://"))
            && scheme != "file"
            && place.split('/').next().is_none_or(str::is_empty)
        {
            problems.0.push(format!("shelf.url: the bucket is missing; the form is {scheme}://BUCKET/PREFIX"));
        }
        for range in &self.fetch.private_ranges {
            if let Err(error) = range.parse::<assay_fetch::IpNet>() {
                problems.0.push(format!("fetch.private_ranges: {range:?}: {error}"));
            }
        }
        if self.worker.attempts == Some(0) {
            problems.0.push("worker.attempts is 0; at least 1 is needed".to_owned());
        }
        if self.worker.claim_lease_s.is_some_and(|seconds| !reading::CLAIM_LEASE_S.contains(&seconds)) {
            let (least, most) = reading::CLAIM_LEASE_S.into_inner();
            problems.0.push(format!("worker.claim_lease_s must be {least} to {most}: no job could be claimed for any other time"));
        }
        // Twice this a delivery may be out, and RabbitMQ takes a message back after 30 minutes without an acknowledgement.
        if self.worker.job_deadline_s.is_some_and(|seconds| !(1..=600).contains(&seconds)) {
            problems.0.push("worker.job_deadline_s must be 1 to 600, so that a job ends well before the broker takes it back".to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, Problems> {
        let mut problems = Problems::default();
        let config = Config::from_table(&text.parse().unwrap(), Path::new("/srv/assay"), &mut problems);
        if problems.0.is_empty() { Ok(config) } else { Err(problems) }
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let error =
            read("[stor]\n[store]\nurll = 1\n[worker]\nattempts = 0\n[access]\naccess_key_id = \"a\"\n[fetch]\nprivate_ranges = [\"10\"]")
                .unwrap_err();
        assert_eq!(error.0.len(), 5, "{error}");
        assert!(error.0[0].contains("[stor]") && error.0[1].contains("urll"), "{error}");
    }

    #[test]
    fn each_problem_says_at_which_key_it_is_and_repeats_no_value() {
        let error = read(
            "[worker]\ndecodes = \"geheim\"\nattempts = -1\nlisten = \"geheim\"\nfetchs = 3\n[shelf]\nendpoint = 12345\nregion = true\n\
             [profiles.small]\nthumbnails = \"geheim\"\n[profiles.small.decode]\npixels = \"geheim\"\npixel = 5\n",
        )
        .unwrap_err();
        let places = [
            "[shelf] endpoint: ",
            "[shelf] region: ",
            "[worker] attempts: ",
            "[worker] decodes: invalid type: string, expected a whole number from 0 to 65535",
            "[worker] fetchs: unknown field `fetchs`",
            "[worker] listen: invalid address; the form is ",
            "[profiles.small] decode.pixel: unknown",
            "[profiles.small] decode.pixels: invalid type",
            "[profiles.small] thumbnails: ",
        ];
        assert_eq!(error.0.len(), places.len(), "{error}");
        for (problem, place) in error.0.iter().zip(places) {
            assert!(problem.starts_with(place), "{place:?} is not how this begins: {problem}");
        }
        assert!(["geheim", "12345", "-1"].iter().all(|value| !error.to_string().contains(value)), "{error}");
    }

    #[test]
    fn each_thumbnail_of_each_profile_is_looked_at() {
        let thumbnail = |fields: &str| format!("[[profiles.small.thumbnails]]\n{fields}\n");
        let sound = "name = \"grid\"\nmax_px = 64\nformat = \"webp\"\nquality = 80";
        assert_eq!(read(&thumbnail(sound)).unwrap().profiles["small"].thumbnails.len(), 1);
        let text = [
            thumbnail("name = \"a\"\nmax_px = \"geheim\"\nformat = \"gif\"\nquality = 80"),
            thumbnail(sound),
            thumbnail("name = \"b\"\nmax_px = 5\nquality = 80"),
            "[profiles.other]\nthumbnials = 3\n[profiles.other.decode]\ncpu_ms = \"geheim\"\n".to_owned(),
        ];
        let error = read(&text.concat()).unwrap_err();
        let places = [
            "[profiles.other] decode.cpu_ms: ",
            "[profiles.other] thumbnials: ",
            "[profiles.small] thumbnails[1].format: ",
            "[profiles.small] thumbnails[1].max_px: ",
            "[profiles.small] thumbnails[3]: missing field `format`",
        ];
        assert_eq!(error.0.len(), places.len(), "{error}");
        for (problem, place) in error.0.iter().zip(places) {
            assert!(problem.starts_with(place) && !problem.contains("geheim"), "{place:?} is not how this begins: {problem}");
        }
        let twice = [thumbnail(sound), thumbnail(&sound.replace("80", "0")), thumbnail(&sound.replace("64", "0"))].concat();
        let error = read(&twice).unwrap_err();
        assert_eq!(error.0.len(), 4, "two names that were there before, a quality and a size of 0: {error}");
    }

    #[test]
    fn a_limit_by_which_no_asset_could_be_decoded_is_a_problem() {
        let error =
            read("[profiles.small.decode]\nmemory_bytes = 1\ncpu_ms = 0\nstall_ms = 0\ntotal_ms = 1\npixels = 0\nside_px = 0").unwrap_err();
        assert_eq!(error.0.len(), 6, "{error}");
        assert!(error.to_string().contains("decode.memory_bytes is 1; at least 67108864 is needed"), "{error}");
    }

    #[test]
    fn what_would_end_each_job_or_none_is_a_problem() {
        let sound = |seconds| read(&format!("[worker]\nclaim_lease_s = {seconds}")).is_ok();
        assert_eq!([0, 1, 3_600, 3_601, i64::MAX].map(sound), [false, true, true, false, false]);
        let error = read("[profiles.small.fetch]\nstall_ms = 0\ntotal_ms = 99").unwrap_err();
        assert_eq!(error.0.len(), 2, "{error}");
        assert!(error.to_string().contains("[profiles.small] fetch.stall_ms is 0; at least 100 is needed"), "{error}");
    }

    #[test]
    fn a_thumbnail_has_a_name_that_a_shelf_takes_and_nothing_else_has() {
        let named = |name: &str| {
            read(&format!("[[profiles.small.thumbnails]]\nname = \"{name}\"\nmax_px = 64\nformat = \"webp\"\nquality = 80")).is_ok()
        };
        for name in ["grid", "Poster_2-x", &"n".repeat(64)] {
            assert!(named(name), "{name}");
        }
        for name in ["", "../grid", "a/b", "a.b", "é", &"n".repeat(65), "waveform", "frame-index", "storyboard"] {
            assert!(!named(name), "{name}");
        }
    }

    #[test]
    fn a_shelf_needs_a_bucket() {
        for url in ["s3://", "s3:///prefix", "gs://", "az://"] {
            let error = read(&format!("[shelf]\nurl = \"{url}\"")).unwrap_err();
            assert!(error.to_string().contains("shelf.url: the bucket is missing"), "{error}");
        }
        assert!(read("[shelf]\nurl = \"s3://bucket\"").is_ok());
    }

    #[test]
    fn an_address_of_no_known_scheme_is_a_problem_that_does_not_repeat_it() {
        let error = read("[store]\nurl = \"mysql://u:geheim@h/d\"\n[access]\ns3_endpoint = \"nonsense\"").unwrap_err();
        assert_eq!(error.0.len(), 2, "{error}");
        assert!(error.0[0].starts_with("store.url begins with none of sqlite:") && !error.to_string().contains("geheim"), "{error}");
    }

    #[test]
    fn a_profile_says_only_what_differs() {
        let config = read("[profiles.small.decode]\npixels = 5\n[profiles.default.fetch]\nimage_bytes = 7").unwrap();
        assert_eq!((config.profiles["small"].decode.pixels, config.profiles["small"].thumbnails.len()), (5, 2));
        assert_eq!(config.profiles["default"].fetch.image_bytes, 7);
        assert!(read("[profiles.small.decode]\npixel = 5").is_err());
    }

    #[test]
    fn without_a_word_everything_lies_in_the_folder() {
        let config = read("").unwrap();
        assert_eq!(config.store.url.unwrap().0.expose(), "sqlite:///srv/assay/assay.db");
        assert_eq!(config.shelf.url.as_deref(), Some("file:///srv/assay/shelf"));
    }
}
