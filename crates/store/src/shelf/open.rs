//! Opens a shelf by its address, on the `object_store` crate: a local folder, S3, Google Cloud Storage or Azure.

use super::{Part, Place, Shelf, ShelfError, ShelfUri, folder};
use assay_contract::{JobId, OrganizationId, Secret};
use async_trait::async_trait;
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{Attribute, ClientOptions, ObjectStore, ObjectStoreExt, PutOptions, RetryConfig};
use std::fs::DirBuilder;
use std::future::Future;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The longest that one call to a shelf, with its retries, may take.
const CALL_LIMIT: Duration = Duration::from_secs(30);

/// The most that [`Shelf::get`] reads: no thumbnail and no derivative comes near it.
const MAX_GET_BYTES: u64 = 64 << 20;

/// How a bucket is reached.
#[derive(Debug, Clone, Default)]
pub struct ShelfOptions {
    /// Another endpoint than the provider's own: `MinIO`, a private endpoint, a stand-in. Plain http works only with this.
    pub endpoint: Option<String>,
    /// The bucket's region (S3); `us-east-1` where it is not given.
    pub region: Option<String>,
    /// The worker's own keys. The customer's delegated access is read-only and never used here.
    pub keys: ShelfKeys,
}

/// The worker's own keys to the operator's bucket.
#[derive(Debug, Clone, Default)]
pub enum ShelfKeys {
    /// What the machine or the pod it runs on is given by its platform's metadata service.
    #[default]
    Platform,
    /// For `s3:`.
    Aws {
        /// Access key id.
        access_key_id: String,
        /// Secret access key.
        secret_access_key: Secret<String>,
        /// Session token of temporary keys.
        session_token: Option<Secret<String>>,
    },
    /// For `gs:`: a service account's key file, JSON.
    Google(Secret<String>),
    /// For `az:`: the storage account's access key.
    Azure(Secret<String>),
}

/// A shelf on any of the stores.
#[derive(Debug)]
pub struct OpenedShelf {
    store: Box<dyn ObjectStore>,
    /// Goes before every place; empty for a whole bucket and for a folder.
    prefix: String,
    /// Goes before prefix and place in a URI; ends with a slash.
    base: String,
    kind: Kind,
}

/// Where objects lie.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// Below this folder; a file can't say what it is.
    Folder(PathBuf),
    Bucket,
}

/// Opens `file:///FOLDER` (made readable by its owner only), `s3://BUCKET/PREFIX`, `gs://BUCKET/PREFIX` or
/// `az://ACCOUNT/CONTAINER/PREFIX`. Nothing is contacted yet: [`Shelf::healthy`] does.
pub fn open_shelf(url: &str, options: &ShelfOptions) -> Result<Box<dyn Shelf>, ShelfError> {
    let (scheme, rest) = url.split_once("://").ok_or(ShelfError::Address("the address has no scheme; give file, s3, gs or az"))?;
    let shelf = match scheme {
        "file" => local(rest)?,
        "s3" => {
            let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            bucket_shelf(Box::new(s3(bucket, options)?), format!("s3://{bucket}/"), prefix)?
        }
        "gs" => {
            let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            bucket_shelf(Box::new(google(bucket, options)?), format!("gs://{bucket}/"), prefix)?
        }
        "az" => {
            let (account, path) = rest.split_once('/').ok_or(ShelfError::Address("az:// needs ACCOUNT/CONTAINER"))?;
            let (container, prefix) = path.split_once('/').unwrap_or((path, ""));
            bucket_shelf(Box::new(azure(account, container, options)?), format!("az://{account}/{container}/"), prefix)?
        }
        _ => return Err(ShelfError::Address("the scheme is none of file, s3, gs, az")),
    };
    Ok(Box::new(shelf))
}

#[async_trait]
impl Shelf for OpenedShelf {
    async fn put(&self, place: &Place, bytes: Bytes, mime_type: &str, until: Instant) -> Result<ShelfUri, ShelfError> {
        let until = until.min(Instant::now() + CALL_LIMIT);
        let key = format!("{}{}", self.prefix, place.as_str());
        match &self.kind {
            // Not by the store: it gives a file a name before it is whole, and SIGKILL would leave it so.
            Kind::Folder(root) => {
                let path = root.join(&key);
                // Whoever waits here may give up; the thread goes on, and looks at the clock itself.
                bounded_until(until, blocking(move || folder::put(&path, &bytes, until))).await?;
            }
            Kind::Bucket => {
                let path = parsed(&key)?;
                let mut options = PutOptions::default();
                options.attributes.insert(Attribute::ContentType, mime_type.to_owned().into());
                bounded_until(until, async { self.store.put_opts(&path, bytes.into(), options).await.map_err(|e| refused(&e)) }).await?;
            }
        }
        Ok(ShelfUri::new(format!("{}{key}", self.base)))
    }

    async fn get(&self, uri: &str) -> Result<Bytes, ShelfError> {
        let path = self.key(uri)?;
        bounded(async {
            let found = self.store.get(&path).await.map_err(|e| refused(&e))?;
            if found.meta.size > MAX_GET_BYTES {
                return Err(ShelfError::TooLarge { bytes: found.meta.size });
            }
            found.bytes().await.map_err(|e| refused(&e))
        })
        .await
    }

    async fn remove_job(&self, organization: &OrganizationId, job: &JobId) -> Result<u64, ShelfError> {
        let mut removed = 0;
        for folder in Place::folders(organization, job) {
            let path = parsed(&format!("{}{folder}", self.prefix))?;
            removed += bounded(async {
                let found: Vec<_> =
                    self.store.list(Some(&path)).map_ok(|object| object.location).try_collect().await.map_err(|e| refused(&e))?;
                self.delete(&found).await
            })
            .await?;
        }
        Ok(removed)
    }

    async fn unnamed(&self, organization: &OrganizationId, job: &JobId, part: Part, named: &[&str]) -> Result<Vec<ShelfUri>, ShelfError> {
        let mut all = Vec::new();
        for folder in Place::folders_of(organization, job, part) {
            let path = parsed(&format!("{}{folder}", self.prefix))?;
            // Not what lies deeper: an asset's folder holds those of its attachments.
            let found = bounded(async { self.store.list_with_delimiter(Some(&path)).await.map_err(|e| refused(&e)) }).await?;
            let uris = found.objects.iter().map(|object| format!("{}{}", self.base, object.location));
            all.extend(uris.filter(|uri| !named.contains(&uri.as_str())).map(ShelfUri::new));
        }
        Ok(all)
    }

    async fn remove(&self, unnamed: &[ShelfUri]) -> Result<u64, ShelfError> {
        let keys = unnamed.iter().map(|uri| self.key(uri.as_str())).collect::<Result<Vec<_>, _>>()?;
        bounded(self.delete(&keys)).await
    }

    async fn healthy(&self) -> Result<(), ShelfError> {
        if let Kind::Folder(root) = &self.kind {
            let root = root.clone();
            return bounded(blocking(move || folder::takes_bytes(&root))).await;
        }
        // No organisation can be called so: an id never begins with a dot. A list would not tell refused keys from an outage.
        let path = parsed(&format!("{}.assay/health", self.prefix))?;
        bounded(async { self.store.put(&path, "ok".into()).await.map(drop).map_err(|e| refused(&e)) }).await
    }
}

impl OpenedShelf {
    /// Where an address lies in the store.
    fn key(&self, uri: &str) -> Result<Path, ShelfError> {
        let key = uri.strip_prefix(&self.base).filter(|key| key.starts_with(&self.prefix)).ok_or(ShelfError::Elsewhere)?;
        Path::parse(key).map_err(|_| ShelfError::Elsewhere)
    }

    /// Deletes objects; how many. One that is gone already counts.
    async fn delete(&self, objects: &[Path]) -> Result<u64, ShelfError> {
        for object in objects {
            match self.store.delete(object).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(e) => return Err(refused(&e)),
            }
        }
        Ok(objects.len() as u64)
    }
}

fn parsed(key: &str) -> Result<Path, ShelfError> {
    Path::parse(key).map_err(|_| ShelfError::Address("a place does not fit the store"))
}

/// Work on files, off the async threads. Its error holds a path: only its kind is kept.
async fn blocking(work: impl FnOnce() -> io::Result<()> + Send + 'static) -> Result<(), ShelfError> {
    let done = tokio::task::spawn_blocking(work).await.map_err(io::Error::other).flatten();
    done.map_err(|error| {
        tracing::trace!(%error, "the shelf's folder refused a call");
        ShelfError::Unavailable
    })
}

fn local(path: &str) -> Result<OpenedShelf, ShelfError> {
    if !path.starts_with('/') {
        return Err(ShelfError::Address("file:// needs a whole path: file:///FOLDER"));
    }
    let path = path.trim_end_matches('/');
    // Nobody else can enter it, whatever mode the files inside have.
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(ShelfError::Folder)?;
    let store = LocalFileSystem::new_with_prefix(path).map_err(|e| refused(&e))?.with_fsync(true);
    Ok(OpenedShelf { store: Box::new(store), prefix: String::new(), base: format!("file://{path}/"), kind: Kind::Folder(path.into()) })
}

fn bucket_shelf(store: Box<dyn ObjectStore>, base: String, prefix: &str) -> Result<OpenedShelf, ShelfError> {
    let prefix = prefix.trim_matches('/');
    Path::parse(prefix).map_err(|_| ShelfError::Address("the prefix holds characters that a shelf can't have"))?;
    let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
    Ok(OpenedShelf { store, prefix, base, kind: Kind::Bucket })
}

fn s3(bucket: &str, options: &ShelfOptions) -> Result<impl ObjectStore + use<>, ShelfError> {
    // Never `from_env`: the environment is read in one place, and the worker's identity is not guessed.
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_region(options.region.as_deref().unwrap_or("us-east-1"))
        // A job has a handful of objects, and not every store that speaks S3 has DeleteObjects.
        .with_disable_bulk_delete(true)
        .with_client_options(client(options))
        .with_retry(retry());
    if let Some(endpoint) = &options.endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    builder = match &options.keys {
        ShelfKeys::Platform => builder,
        ShelfKeys::Aws { access_key_id, secret_access_key, session_token } => {
            let builder = builder.with_access_key_id(access_key_id).with_secret_access_key(secret_access_key.expose());
            match session_token {
                Some(token) => builder.with_token(token.expose()),
                None => builder,
            }
        }
        ShelfKeys::Google(_) | ShelfKeys::Azure(_) => return Err(ShelfError::Address("the keys are another provider's")),
    };
    builder.build().map_err(|_| ShelfError::Address("the bucket, region or endpoint is unusable"))
}

fn google(bucket: &str, options: &ShelfOptions) -> Result<impl ObjectStore + use<>, ShelfError> {
    let mut builder = GoogleCloudStorageBuilder::new().with_bucket_name(bucket).with_client_options(client(options)).with_retry(retry());
    if let Some(endpoint) = &options.endpoint {
        builder = builder.with_base_url(endpoint);
    }
    builder = match &options.keys {
        ShelfKeys::Platform => builder,
        ShelfKeys::Google(key) => builder.with_service_account_key(key.expose()),
        ShelfKeys::Aws { .. } | ShelfKeys::Azure(_) => return Err(ShelfError::Address("the keys are another provider's")),
    };
    builder.build().map_err(|_| ShelfError::Address("the bucket or the service account's key is unusable"))
}

fn azure(account: &str, container: &str, options: &ShelfOptions) -> Result<impl ObjectStore + use<>, ShelfError> {
    let mut builder = MicrosoftAzureBuilder::new()
        .with_account(account)
        .with_container_name(container)
        .with_client_options(client(options))
        .with_retry(retry());
    if let Some(endpoint) = &options.endpoint {
        builder = builder.with_endpoint(endpoint.clone());
    }
    builder = match &options.keys {
        ShelfKeys::Platform => builder,
        ShelfKeys::Azure(key) => builder.with_access_key(key.expose()),
        ShelfKeys::Aws { .. } | ShelfKeys::Google(_) => return Err(ShelfError::Address("the keys are another provider's")),
    };
    builder.build().map_err(|_| ShelfError::Address("the account, container or key is unusable"))
}

/// Hosts that are reached without a proxy: all, by name and by address.
const ALL_HOSTS: &str = "*,0.0.0.0/0,::/0";

/// Plain http only where the operator named an endpoint that says so. No proxy: without one of its own, the client would take those of
/// the environment; so it has one, which is asked for no host.
fn client(options: &ShelfOptions) -> ClientOptions {
    let plain = options.endpoint.as_deref().is_some_and(|endpoint| endpoint.starts_with("http://"));
    ClientOptions::new()
        .with_allow_http(plain)
        .with_timeout(CALL_LIMIT)
        .with_connect_timeout(CALL_LIMIT / 6)
        .with_proxy_url("http://no-proxy.invalid")
        .with_proxy_excludes(ALL_HOSTS)
}

fn retry() -> RetryConfig {
    RetryConfig { max_retries: 3, retry_timeout: CALL_LIMIT / 2, ..RetryConfig::default() }
}

/// The store's own text holds paths and URLs: only its meaning is kept.
fn refused(error: &object_store::Error) -> ShelfError {
    tracing::trace!(%error, "the shelf refused a call");
    match error {
        object_store::Error::NotFound { .. } => ShelfError::Missing,
        object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => ShelfError::Refused,
        _ => ShelfError::Unavailable,
    }
}

async fn bounded<T>(work: impl Future<Output = Result<T, ShelfError>>) -> Result<T, ShelfError> {
    bounded_until(Instant::now() + CALL_LIMIT, work).await
}

async fn bounded_until<T>(until: Instant, work: impl Future<Output = Result<T, ShelfError>>) -> Result<T, ShelfError> {
    let began = Instant::now();
    let late = || ShelfError::Slow { seconds: began.elapsed().as_secs() };
    // A time-out lets work begin whose time was over before.
    if began >= until {
        return Err(late());
    }
    tokio::time::timeout_at(until.into(), work).await.unwrap_or_else(|_elapsed| Err(late()))
}
