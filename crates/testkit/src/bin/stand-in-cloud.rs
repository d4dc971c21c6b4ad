//! The stand-in cloud as a process, for the demo: a folder as a customer's bucket behind roles.

use anyhow::{Context, Result, bail};
use assay_testkit::cloud::{ObjectOptions, Role, StandInCloud, WORKER_PRINCIPAL};
use clap::Parser;
use std::io::Write;
use std::path::{Path, PathBuf};

/// STS and S3 on loopback, objects in memory. Prints its endpoint and keys as one JSON line, and serves until it is ended.
///
/// Roles can be added and revoked while it runs: `POST ENDPOINT/_admin` with `authorization: Bearer ADMIN_TOKEN` and
/// {"command":"add-role","arn":…,"trust":…,"permissions":…} or {"command":"revoke","arn":…}.
#[derive(Debug, Parser)]
struct Options {
    /// Port on loopback; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Bucket that holds the folder's files.
    #[arg(long, requires = "folder")]
    bucket: Option<String>,
    /// Folder whose files are loaded, with their paths in it as keys.
    #[arg(long, requires = "bucket")]
    folder: Option<PathBuf>,
    /// ARN of a role that may read and list the bucket.
    #[arg(long, requires = "external_id")]
    role: Option<String>,
    /// External id that the role's trust policy asks for.
    #[arg(long, requires = "role")]
    external_id: Option<String>,
    /// File to write the JSON line to as well, once the cloud can be used.
    #[arg(long)]
    ready_file: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let cloud =
        StandInCloud::start_on(options.port).await.with_context(|| format!("port {} of loopback can not be taken", options.port))?;
    if let (Some(bucket), Some(folder)) = (&options.bucket, &options.folder) {
        cloud.add_bucket(bucket, None, None);
        load(&cloud, bucket, folder, folder)?;
    }
    if let (Some(role), Some(external_id)) = (&options.role, &options.external_id) {
        cloud.add_role(Role::reading(role, external_id, options.bucket.as_deref().unwrap_or("*")));
    }
    let (access_key_id, secret) = cloud.worker_identity();
    let line = serde_json::json!({
        "endpoint": cloud.endpoint(),
        "admin_token": cloud.admin_token().expose(),
        "principal": WORKER_PRINCIPAL,
        "access_key_id": access_key_id,
        "secret_access_key": secret.expose(),
    });
    writeln!(std::io::stdout(), "{line}")?;
    if let Some(path) = &options.ready_file {
        // Written beside and renamed, so that whoever waits for it never reads half of it.
        let partial = path.with_extension("partial");
        std::fs::write(&partial, format!("{line}\n"))
            .and_then(|()| std::fs::rename(&partial, path))
            .context("the ready file can not be written")?;
    }
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        stopped = tokio::signal::ctrl_c() => stopped?,
    }
    Ok(())
}

fn load(cloud: &StandInCloud, bucket: &str, root: &Path, folder: &Path) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("{} can not be listed", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            load(cloud, bucket, root, &path)?;
            continue;
        }
        let Some(key) = path.strip_prefix(root)?.to_str() else { bail!("{} is not UTF-8", path.display()) };
        let bytes = std::fs::read(&path).with_context(|| format!("{} can not be read", path.display()))?;
        cloud.put_object(bucket, key, bytes, ObjectOptions::default());
    }
    Ok(())
}
