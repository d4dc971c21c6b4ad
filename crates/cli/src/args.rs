//! The command line: verbs, and the settings that every verb takes.

use crate::tracing_setup::LogStyle;
use assay_contract::{IntegrationId, OrganizationId, TaskId};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

/// Looks inside assets that stay in the customer's own cloud storage: what is this file, how large, which codec, how long,
/// what does it look like? Nothing of it is kept.
#[derive(Debug, Parser)]
#[command(name = "assay", version, max_term_width = 100, arg_required_else_help = true)]
pub struct Arguments {
    #[command(flatten)]
    pub settings: SettingsArguments,
    #[command(subcommand)]
    pub verb: Verb,
}

/// Where the configuration comes from.
#[derive(Debug, Args)]
pub struct SettingsArguments {
    /// Configuration file, TOML; environment (ASSAY_STORE_URL …) goes over it, `--set` over both.
    #[arg(long, global = true, help_heading = "Settings", value_name = "FILE", env = "ASSAY_CONFIG")]
    pub config: Option<PathBuf>,
    /// One setting, e.g. `--set store.url=postgres://…`; may be repeated.
    #[arg(long = "set", global = true, help_heading = "Settings", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
    /// Folder of the embedded store, queue and shelf.
    #[arg(long, global = true, help_heading = "Settings", value_name = "DIR", default_value = "./assay-store")]
    pub folder: PathBuf,
    /// The organisation that this command speaks for.
    #[arg(long, global = true, help_heading = "Settings", value_name = "ID", default_value = "default", env = "ASSAY_ORGANIZATION")]
    pub organization: OrganizationId,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Look at files or addresses and print what they are.
    Inspect(Inspect),
    /// Everything in one process: queue, store, shelf and worker in one folder.
    ///
    /// SIGTERM or SIGINT drains: no new jobs are taken, and it ends when those at work are done. A second signal, more than two seconds after
    /// the first, ends it at once; what was at work comes again. Several may run in one folder: they share its work.
    Up(Up),
    /// A worker for the configured broker, store and shelf.
    ///
    /// SIGTERM or SIGINT drains: no new jobs are taken, and it ends when those at work are done, after `worker.drain_s` at the latest. A second
    /// signal, more than two seconds after the first, ends it at once; what was at work comes again.
    Worker(Worker),
    /// Queue assets: a manifest, addresses, or both.
    Submit(Submit),
    /// Follow a task until it is done.
    Watch(Watch),
    /// Register and check customers' delegations.
    Integration(Integration),
    /// Look at jobs that were given up, and queue them again.
    Dead(Dead),
    /// What a failure code or an issue means and what to do about it.
    Explain(Explain),
    /// Measure how many assets a second this machine, this network and this bucket give.
    Bench(Bench),
    /// Check, show or list the settings.
    Config(Config),
    /// Bring the store's schema up to date.
    Migrate,
    /// Print the JSON Schema of jobs or records.
    Schema(Schema),
}

impl Verb {
    /// Who reads this verb's log.
    pub const fn log_style(&self) -> LogStyle {
        match self {
            Self::Up(_) => LogStyle::Service,
            Self::Worker(worker) if !worker.plan => LogStyle::Service,
            _ => LogStyle::Command,
        }
    }
}

/// `assay inspect`
#[derive(Debug, Args)]
pub struct Inspect {
    /// Files, or addresses: https, and s3:// with an integration. A file's name may hold any byte.
    #[arg(value_name = "FILE|URI")]
    pub what: Vec<OsString>,
    /// One record a line, in the order of the arguments.
    #[arg(long)]
    pub json: bool,
    /// Write thumbnails and derivatives into this folder.
    #[arg(long, value_name = "DIR")]
    pub thumbnails: Option<PathBuf>,
    /// Write one page to look at, with a card and a picture for each record, and a storyboard for each video; it needs no other file.
    #[arg(long, value_name = "OUT")]
    pub html: Option<PathBuf>,
    /// Read more arguments from a file, one a line, or each ended by a NUL as `find -print0` writes them; `-` is standard input.
    #[arg(long, value_name = "FILE|-")]
    pub files_from: Option<PathBuf>,
    /// The integration that bucket addresses are read with.
    #[arg(long, value_name = "ID")]
    pub integration: Option<IntegrationId>,
    /// The profile to use.
    #[arg(long, default_value = "default")]
    pub profile: String,
}

/// `assay up`
#[derive(Debug, Args)]
pub struct Up {
    /// End when the queue is empty and nothing is at work.
    #[arg(long)]
    pub until_idle: bool,
}

/// `assay worker`
#[derive(Debug, Args)]
pub struct Worker {
    /// Print slots and budgets, and end.
    #[arg(long)]
    pub plan: bool,
}

/// `assay submit`
#[derive(Debug, Args)]
pub struct Submit {
    /// Manifests (their names end in `.jsonl`: a job, or a row with `uri` or `row_data`, on each line) or addresses.
    #[arg(required_unless_present = "prefixes", value_name = "MANIFEST.jsonl|URI")]
    pub what: Vec<String>,
    /// Everything below this part of a bucket, listed through the integration; may be repeated.
    #[arg(long = "prefix", value_name = "s3://BUCKET/PREFIX", requires = "integration")]
    pub prefixes: Vec<String>,
    /// The integration to read with, for rows that name none.
    #[arg(long, value_name = "ID")]
    pub integration: Option<IntegrationId>,
    /// How urgent.
    #[arg(long, value_enum, default_value_t = LaneArgument::Batch)]
    pub lane: LaneArgument,
    /// The profile to use, for rows that name none.
    #[arg(long, default_value = "default")]
    pub profile: String,
    /// What the task is called.
    #[arg(long, default_value = "submitted")]
    pub name: String,
    /// Queue the rest where rows are refused; without it one bad row queues nothing.
    #[arg(long)]
    pub skip_refused: bool,
    /// Go on with a submission that broke off: of jobs that were submitted before, those that still wait are sent again, each done once
    /// all the same, and the others passed over; without it a known `job_id` is refused.
    #[arg(long)]
    pub again: bool,
    /// Follow the task until it is done.
    #[arg(long)]
    pub watch: bool,
    /// Print the task as JSON; with `--watch`, each record after it, one a line.
    #[arg(long)]
    pub json: bool,
}

/// A lane, as an argument.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum LaneArgument {
    /// Somebody waits.
    Interactive,
    /// Nobody waits.
    Batch,
}

/// `assay watch`
#[derive(Debug, Args)]
pub struct Watch {
    /// The task, as `submit` printed it.
    pub task: TaskId,
    /// Print nothing until the task is done, then each record as JSON, one a line.
    #[arg(long)]
    pub json: bool,
    /// When the task is done, write one page to look at, with the pictures that lie on the shelf; it needs no other file.
    #[arg(long, value_name = "OUT")]
    pub html: Option<PathBuf>,
}

/// `assay integration`
#[derive(Debug, Args)]
pub struct Integration {
    #[command(subcommand)]
    pub verb: IntegrationVerb,
}

/// What to do with integrations.
#[derive(Debug, Subcommand)]
pub enum IntegrationVerb {
    /// Register one, and print the policies that the customer pastes.
    Add(AddIntegration),
    /// List those of the organisation.
    List {
        /// Print each as JSON, one a line.
        #[arg(long)]
        json: bool,
    },
    /// Show one: its settings, and again the policies that the customer pastes.
    Show {
        /// The integration.
        id: IntegrationId,
        /// ARN of the role that the workers run as, for the trust policy; by default that of this machine.
        #[arg(long, value_name = "ARN")]
        worker_role: Option<String>,
        /// As JSON: `external_id`, `trust_policy`, `permission_policy`.
        #[arg(long)]
        json: bool,
    },
    /// Try one for real: role, external id, one object.
    Check {
        /// The integration.
        id: IntegrationId,
        /// The object to read one byte of.
        #[arg(long, value_name = "URI")]
        sample: Option<String>,
        /// Print each as JSON, one a line.
        #[arg(long)]
        json: bool,
    },
    /// Make one the organisation's default.
    Default {
        /// The integration.
        id: IntegrationId,
    },
    /// Remove one.
    Remove {
        /// The integration.
        id: IntegrationId,
    },
}

/// `assay integration add`
#[derive(Debug, Args)]
pub struct AddIntegration {
    /// Its name.
    pub id: IntegrationId,
    /// ARN of the customer's role. Without one yet, `arn:aws:iam::000000000000:role/temporary` reserves the external id.
    #[arg(long, value_name = "ARN")]
    pub role_arn: String,
    /// A bucket, or a part of one, that it covers: `s3://bucket/prefix/`; may be repeated.
    #[arg(long = "covers", required = true, value_name = "s3://BUCKET[/PREFIX]")]
    pub covers: Vec<String>,
    /// The bucket's region, where it is known.
    #[arg(long)]
    pub region: Option<String>,
    /// Account that must own the buckets.
    #[arg(long, value_name = "ACCOUNT")]
    pub bucket_owner: Option<String>,
    /// The customer also grants listing, so that a missing key can be told from a forbidden one.
    #[arg(long)]
    pub may_list: bool,
    /// ARN of the role that the workers run as, for the trust policy; by default that of this machine.
    #[arg(long, value_name = "ARN")]
    pub worker_role: Option<String>,
    /// As JSON: `external_id`, `trust_policy`, `permission_policy`.
    #[arg(long)]
    pub json: bool,
}

/// `assay dead`
#[derive(Debug, Args)]
pub struct Dead {
    #[command(subcommand)]
    pub verb: DeadVerb,
}

/// What to do with dead letters.
#[derive(Debug, Subcommand)]
pub enum DeadVerb {
    /// List dead letters, the oldest first.
    List {
        /// At most this many.
        #[arg(long, default_value_t = 50)]
        limit: usize,
        /// Print each as JSON, one a line.
        #[arg(long)]
        json: bool,
    },
    /// Show one.
    Show {
        /// Its id.
        id: String,
    },
    /// Queue again, with all attempts.
    Requeue {
        /// Their ids.
        #[arg(required = true)]
        ids: Vec<String>,
    },
}

/// `assay explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// A failure code, or an issue of a record; all of them without one.
    pub code: Option<String>,
}

/// `assay bench`
#[derive(Debug, Args)]
pub struct Bench {
    /// Addresses: https, and s3:// with an integration.
    #[arg(required_unless_present = "prefixes", value_name = "URI")]
    pub what: Vec<String>,
    /// Everything below this part of a bucket; may be repeated.
    #[arg(long = "prefix", value_name = "s3://BUCKET/PREFIX", requires = "integration")]
    pub prefixes: Vec<String>,
    /// The integration to read with.
    #[arg(long, value_name = "ID")]
    pub integration: Option<IntegrationId>,
    /// How many assets to draw; each is looked at once before anything is measured.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub sample: usize,
    /// How many jobs to measure of each kind.
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub jobs: usize,
    /// What decides which assets are drawn.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// The profile to use.
    #[arg(long, default_value = "default")]
    pub profile: String,
    /// The figures as one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// `assay config`
#[derive(Debug, Args)]
pub struct Config {
    #[command(subcommand)]
    pub verb: ConfigVerb,
}

/// What to do with the configuration.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum ConfigVerb {
    /// Report all problems at once.
    Check,
    /// Print what is in force, secrets withheld.
    Show,
    /// List every setting there is: its key, its default and what it means.
    List {
        /// Print each as JSON, one a line.
        #[arg(long)]
        json: bool,
    },
}

/// `assay schema`
#[derive(Debug, Args)]
pub struct Schema {
    /// The message that is described.
    #[arg(value_enum)]
    pub which: SchemaArgument,
}

/// A message.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum SchemaArgument {
    /// `assay.job/1`
    Job,
    /// `assay.record/1`
    Record,
}
