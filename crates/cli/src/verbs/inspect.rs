//! `assay inspect`: looks at files and addresses, on all cores, and prints one record each in the order of the arguments.

use crate::args::{Inspect, SettingsArguments};
use crate::assemble;
use crate::card::card;
use crate::config::{self, Config};
use crate::exit::{Exit, complain, say, say_beside, told};
use crate::gallery::{Gallery, Order};
use crate::output;
use crate::progress;
use crate::verbs::integration::no_integration;
use anyhow::Context;
use assay_access::{Access, Purpose};
use assay_contract::address::AddressError;
use assay_contract::address::{Reading, without_secrets};
use assay_contract::clock::{SharedClock, SystemClock};
use assay_contract::job::{Expected, Lane};
use assay_contract::profile::DerivativeName;
use assay_contract::record::{Record, Status, WorkerRef};
use assay_contract::storyboard::SHEET_FILE;
use assay_contract::{AssetAddress, Code, Failure, Integration, JobId, OrganizationId, Profile, SignedUrl};
use assay_fetch::{CancellationToken, FetchError, Fetched, Fetcher, Lesson, Signer, Want};
use assay_probe::examine::{Made, What};
use assay_sandbox::Sandbox;
use assay_worker::draft::{Draft, Times, derivative_name};
use assay_worker::stages::probe::look_with;
use assay_worker::stages::store::extension;
use async_trait::async_trait;
use futures::StreamExt;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What every inspection shares.
struct Bench {
    sandbox: Sandbox,
    fetcher: Fetcher,
    access: Option<(Access, Option<Integration>)>,
    clock: SharedClock,
    profile: Profile,
    organization: OrganizationId,
    pictures: Option<PathBuf>,
}

/// Bytes of a file's name that are in those of its pictures: no name has more than 255, and theirs say more.
const LONGEST_STEM: usize = 180;

/// What an inspection gives.
struct Inspected {
    record: Record,
    made: Vec<Made>,
    /// Partial where a picture could not be written.
    written: Exit,
}

/// What could not be brought in, and what it cost until then.
struct Unfetched {
    failure: Failure,
    /// Of bodies, over the network.
    bytes: u64,
    /// HTTP requests.
    requests: u32,
}

impl From<Failure> for Unfetched {
    fn from(failure: Failure) -> Self {
        Self { failure, bytes: 0, requests: 0 }
    }
}

impl From<FetchError> for Unfetched {
    fn from(error: FetchError) -> Self {
        Self { failure: error.failure(), bytes: error.bytes_fetched(), requests: error.requests() }
    }
}

/// Inspects everything, going on past what fails.
pub async fn run(settings: &SettingsArguments, arguments: Inspect) -> anyhow::Result<Exit> {
    let page = arguments.html.as_deref().map(output::page).transpose()?;
    let what = listed(&arguments)?;
    let config = config::read(settings)?;
    let bench = Bench::set_up(settings, &arguments, &config, &what).await?;
    let mut gallery = page.as_deref().map(|page| Gallery::create(page, Order::Given)).transpose()?;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut exit = Exit::Complete;
    // One more than there are cores: while one waits for its child's last words the cores stay busy.
    let mut records = futures::stream::iter((0usize..).zip(&what).map(|(place, what)| bench.inspect(place, what))).buffered(cores + 1);
    let bar = progress::of_files(what.len());
    let tell = if gallery.is_some() || arguments.thumbnails.is_some() { say_beside } else { say };
    while let Some(Inspected { record, made, written }) = records.next().await {
        if let Some(gallery) = &mut gallery {
            gallery.add(&record, &made)?;
        }
        tell(&if arguments.json { serde_json::to_string(&record)? } else { card(&record) })?;
        if let Some(bar) = &bar {
            bar.inc(1);
        }
        exit = exit.max(written).max(match record.status {
            Status::Complete => Exit::Complete,
            Status::Partial => Exit::Partial,
            Status::Failed => Exit::Failed,
        });
    }
    drop(records);
    gallery.map_or(Ok(()), Gallery::finish)?;
    Ok(exit)
}

/// The arguments and the lines of `--files-from`, in that order. Empty lines name nothing.
fn listed(arguments: &Inspect) -> anyhow::Result<Vec<OsString>> {
    let mut what = arguments.what.clone();
    if let Some(list) = &arguments.files_from {
        let mut names = Vec::new();
        if list == Path::new("-") {
            std::io::stdin().lock().read_to_end(&mut names).context("the list can't be read")?;
        } else {
            names = std::fs::read(list).with_context(|| format!("the list {} can't be read", list.display()))?;
        }
        // No name holds a NUL: where there is one, each name ends in one, as `find -print0` writes them, and may hold anything else.
        let listed: Vec<OsString> = if names.contains(&0) {
            names.split(|byte| *byte == 0).map(|name| OsString::from_vec(name.to_vec())).collect()
        } else {
            names.split(|byte| *byte == b'\n').map(|line| name(line.to_vec())).collect()
        };
        what.extend(listed.into_iter().filter(|name| !name.is_empty()));
    }
    anyhow::ensure!(!what.is_empty(), "nothing to inspect: name a file or an address");
    Ok(what)
}

/// What a line of a list names. One that was written elsewhere ends in a carriage return, which hardly any name does.
fn name(line: Vec<u8>) -> OsString {
    let whole = OsString::from_vec(line);
    match whole.as_encoded_bytes().strip_suffix(b"\r") {
        Some(bare) if !Path::new(&whole).exists() => OsString::from_vec(bare.to_vec()),
        _ => whole,
    }
}

/// Whatever begins like an address is one, of whatever scheme, unless there is such a file; whatever else there is, is a file's name.
fn address(what: &OsStr) -> Option<&str> {
    let text = what.to_str()?;
    let (scheme, _) = text.split_once("://")?;
    // <https://www.rfc-editor.org/rfc/rfc3986#section-3.1>
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    (is_scheme && !Path::new(text).exists()).then_some(text)
}

impl Bench {
    async fn set_up(settings: &SettingsArguments, arguments: &Inspect, config: &Config, what: &[OsString]) -> anyhow::Result<Self> {
        let mut profile = config.profile(&arguments.profile)?.clone();
        if arguments.html.is_some() {
            // A page is looked at: a video is shown by more than one frame, which costs more than most profiles want to spend.
            let shown = [DerivativeName::Storyboard, DerivativeName::StoryboardCues];
            profile.derivatives.retain(|name| !shown.contains(name));
            profile.derivatives.extend(shown);
        }
        let plan = assemble::plan(config)?;
        let access = if what.iter().any(|what| address(what).is_some()) {
            let integration = match &arguments.integration {
                Some(id) => {
                    let store = assemble::existing_store(config).await?;
                    let found = store.integration(&settings.organization, id).await?;
                    Some(found.with_context(|| no_integration(&settings.organization, id))?)
                }
                None => None,
            };
            Some((assemble::access(config).await, integration))
        } else {
            None
        };
        if let Some(folder) = &arguments.thumbnails {
            output::pictures(folder)?;
        }
        Ok(Self {
            sandbox: assemble::sandbox(config, usize::from(plan.slots.decodes) + 1).await?,
            fetcher: assemble::fetcher(config, &plan)?,
            access,
            clock: SystemClock::shared(),
            profile,
            organization: settings.organization.clone(),
            pictures: arguments.thumbnails.clone(),
        })
    }

    async fn inspect(&self, place: usize, what: &OsStr) -> Inspected {
        let (started_at, began) = (self.clock.now(), Instant::now());
        let mut times = Times::default();
        let (uri, fetched) = self.bring(what).await;
        times.fetch = began.elapsed();
        let looking = Instant::now();
        let draft = match fetched {
            Ok(fetched) => look_with(&self.sandbox, &self.clock, &self.profile, None, uri, fetched).await,
            Err(Unfetched { failure, bytes, requests }) => Draft::without_bytes(failure, uri, bytes, requests),
        };
        times.decode = looking.elapsed();
        times.total = began.elapsed();
        let made = draft.examined().made.clone();
        let (places, written) = self.write_pictures(place, what, &made);
        let draft = draft.timed(started_at, times);
        let record = draft.into_record(None, &self.profile.revision(), WorkerRef::default(), 1, &places, self.clock.now());
        Inspected { record, made, written }
    }

    async fn bring(&self, what: &OsStr) -> (String, Result<Fetched, Unfetched>) {
        let Some(what) = address(what) else {
            let fetched = self.fetcher.open_local(Path::new(what), &self.profile.fetch, None).await;
            return (format!("file:{}", what.to_string_lossy()), fetched.map_err(|error| of_file(error.failure(), Path::new(what)).into()));
        };
        let Some((access, integration)) = &self.access else { return (without_secrets(what), Err(Failure::new(Code::Internal).into())) };
        let reading = if integration.is_some() { Reading::Delegated } else { Reading::AsSigned };
        let address = match AssetAddress::parse(what, reading) {
            Ok(address) => address,
            Err(error) => {
                let code = if error == AddressError::NotHttps { Code::AddressRefused } else { Code::AddressUnreadable };
                return (without_secrets(what), Err(Failure::new(code).because(error).into()));
            }
        };
        let want = Want {
            limits: self.profile.fetch.clone(),
            kind: None,
            expected: Expected::default(),
            lane: Lane::Interactive,
            may_list: integration.as_ref().is_some_and(|integration| integration.may_list),
            deadline: Instant::now() + Duration::from_millis(self.profile.fetch.total_ms),
            cancel: CancellationToken::new(),
        };
        let uri = address.public();
        let purpose = Purpose { job_id: JobId::generate(), organization_id: self.organization.clone() };
        let signer = Pen { access, integration: integration.as_ref(), address, purpose };
        (uri, self.fetcher.fetch(&signer, want).await.map_err(Unfetched::from))
    }

    /// `DIR/0007-photo.preview.jpg`; the number keeps files of one name apart. A storyboard has a folder, where its cues find the sheet
    /// by the name that they give it, as they do on a shelf: `DIR/0007-film.storyboard/storyboard.webp`. One that can't be written is told.
    fn write_pictures(&self, place: usize, what: &OsStr, made: &[Made]) -> (BTreeMap<String, String>, Exit) {
        let (mut places, mut written) = (BTreeMap::new(), Exit::Complete);
        let Some(folder) = &self.pictures else { return (places, written) };
        let stem: String = what
            .to_string_lossy()
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .split('?')
            .next()
            .unwrap_or_default()
            .chars()
            .filter(|c| !c.is_control())
            .take(80)
            .scan(0, |bytes, c| {
                *bytes += c.len_utf8();
                (*bytes <= LONGEST_STEM).then_some(c)
            })
            .collect();
        for one in made {
            let (name, extension) = match &one.what {
                What::Thumbnail { name, format, .. } => (name.clone(), format.extension()),
                What::Derivative(which) => (derivative_name(*which), extension(*which)),
            };
            let storyboard = format!("{place:04}-{stem}.storyboard");
            let (own_folder, file) = match &one.what {
                What::Derivative(DerivativeName::Storyboard) => (Some(storyboard.as_str()), SHEET_FILE.to_owned()),
                What::Derivative(DerivativeName::StoryboardCues) => (Some(storyboard.as_str()), format!("{name}.{extension}")),
                What::Thumbnail { .. } | What::Derivative(_) => (None, format!("{place:04}-{stem}.{name}.{extension}")),
            };
            match output::picture(folder, own_folder, &file, &one.bytes) {
                Ok(path) => {
                    places.insert(name, format!("file:{}", path.display()));
                }
                Err(error) => {
                    complain(&told(&error));
                    written = Exit::Partial;
                }
            }
        }
        (places, written)
    }
}

/// A local file's failure in words that fit one: the table's sentences speak of buckets and rows.
fn of_file(failure: Failure, path: &Path) -> Failure {
    let message = match failure.code {
        Code::NotFound if path == Path::new("-") => {
            "Standard input can't be inspected: an asset is read at several offsets. Save it to a file."
        }
        Code::NotFound => "There is no file of this name.",
        Code::Forbidden | Code::MissingOrForbidden => "The file can't be read: its permissions forbid it.",
        _ if path.is_dir() => "This is a folder. Name files, or list them with --files-from.",
        Code::AddressUnreadable if path.metadata().is_err() => {
            "This name can't be followed: it is too long, or a link that leads in circles."
        }
        Code::AddressUnreadable => "This is no regular file.",
        Code::AssetChanged => "The file changed while it was read, or does not tell its length, as those of /proc: inspect a copy of it.",
        _ => return failure,
    };
    Failure { message: message.to_owned(), ..failure }
}

/// Signs for an inspection.
struct Pen<'a> {
    access: &'a Access,
    integration: Option<&'a Integration>,
    address: AssetAddress,
    purpose: Purpose,
}

#[async_trait]
impl Signer for Pen<'_> {
    async fn sign(&self) -> Result<SignedUrl, Failure> {
        self.access.sign(self.integration, &self.address, Duration::from_mins(15), &self.purpose).await.map_err(|error| error.failure())
    }

    async fn learn(&self, lesson: &Lesson) {
        if let (Lesson::Region(region), AssetAddress::S3 { bucket, .. }) = (lesson, &self.address) {
            self.access.region_learned(bucket, region);
        }
    }
}
