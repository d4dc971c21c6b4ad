//! The demo: Assay's real job on real files, from a customer's role to records, thumbnails and nothing left behind.

#![allow(
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "the demo speaks to a person, indexes JSON values (which never panics), and starts the processes it shows"
)]

mod cast;
mod proof;
mod table;

use anyhow::{Context, Result, ensure};
use cast::{Assay, Cloud, Step};
use clap::Parser;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Runs the demo and leaves a folder with records, thumbnails and a gallery.
#[derive(Debug, Parser)]
struct Options {
    /// Folder of `assay`, its decoders and `stand-in-cloud`.
    #[arg(long)]
    binaries: PathBuf,
    /// What the customer's bucket holds.
    #[arg(long)]
    fixtures: PathBuf,
    /// Where everything is left; made anew.
    #[arg(long, default_value = "demo-out")]
    out: PathBuf,
}

const BUCKET: &str = "acme-media";
const ROLE: &str = "arn:aws:iam::222222222222:role/assay-reads-media";
const REVOKED_ROLE: &str = "arn:aws:iam::222222222222:role/assay-reads-archive";
/// The file that is broken on purpose.
const BROKEN: &str = "hostile/truncated-no-moov.mp4";

fn main() -> Result<()> {
    let options = Options::parse();
    proof::adopt_orphans()?;
    let out = fresh_folder(&options.out)?;
    let mut step = Step::default();

    step.begin("A cloud that judges: STS and S3 in one process, with the fixtures in a customer's bucket");
    let bucket = stock(&options.fixtures, &out)?;
    let cloud = Cloud::start(&options.binaries, BUCKET, &bucket, &out)?;
    println!("  {} objects in s3://{BUCKET}, readable by nobody yet", count(&bucket)?);

    step.begin("`assay up`: queue, store, shelf and worker in one process, after it attacked its own sandbox");
    let assay = Assay::start(&options.binaries, &cloud, &out)?;
    println!("  {}", assay.posture()?);

    step.begin("`assay integration add`: makes the external id and the policies that the customer pastes");
    let added = assay.add_integration("int_acme", ROLE, BUCKET)?;
    cloud.customer_pastes(ROLE, &added)?;
    let revoked = assay.add_integration("int_archive", REVOKED_ROLE, BUCKET)?;
    cloud.customer_pastes(REVOKED_ROLE, &revoked)?;
    cloud.customer_revokes(REVOKED_ROLE)?;
    println!("  int_acme     its role trusts us, with our external id, and may read s3://{BUCKET}");
    println!("  int_archive  the same, and the customer has taken it back since");

    step.begin("`assay integration check int_acme`: assumes the role for real, and is refused without the external id");
    assay.show(&["integration", "check", "int_acme", "--sample", &format!("s3://{BUCKET}/media/jpeg-baseline.jpg")])?;

    step.begin("`assay submit`: a data row for each fixture, two of them made to fail");
    let manifest = manifest(&bucket, &out)?;
    let task = assay.submit(&manifest)?;
    let page = out.join("gallery.html");
    let records = assay.watch(&task, &page)?;

    step.begin("What is known now");
    table::print(&records);

    step.begin("Two failures on purpose, and what their owners are told");
    table::print_failures(&records);

    step.begin("What is left of the assets");
    proof::while_it_runs(&assay)?;
    assay.end()?;
    proof::afterwards(&bucket, &out)?;

    std::fs::write(out.join("records.jsonl"), lines(&records))?;
    println!("\nLeft for you in {}:", options.out.display());
    println!("  {}  one record a line", shown(&out.join("records.jsonl"), &options.out));
    println!(
        "  {}    thumbnails, waveforms and storyboards, as an operator's bucket would hold them",
        shown(&out.join("assay/shelf"), &options.out)
    );
    judge(&records)?;
    println!("\nThe gallery: a card for each record, to be opened in a browser. Move the pointer over a video.");
    println!("  {}", page.display());
    Ok(())
}

/// Nothing of an earlier run may be mistaken for this one's.
fn fresh_folder(out: &Path) -> Result<PathBuf> {
    if out.exists() {
        ensure!(
            out.join("records.jsonl").exists() || out.read_dir()?.next().is_none() || out.join(".assay-demo").exists(),
            "{} is not a demo's folder; name another with --out",
            out.display()
        );
        std::fs::remove_dir_all(out).with_context(|| format!("{} can't be removed", out.display()))?;
    }
    std::fs::create_dir_all(out).with_context(|| format!("{} can't be made", out.display()))?;
    std::fs::write(out.join(".assay-demo"), "")?;
    Ok(std::fs::canonicalize(out)?)
}

/// The customer's bucket: all media, and one hostile file.
fn stock(fixtures: &Path, out: &Path) -> Result<PathBuf> {
    let bucket = out.join("customer-bucket");
    for folder in ["media", "hostile"] {
        std::fs::create_dir_all(bucket.join(folder))?;
    }
    for entry in std::fs::read_dir(fixtures.join("media")).with_context(|| format!("{} holds no fixtures", fixtures.display()))? {
        let entry = entry?;
        std::fs::copy(entry.path(), bucket.join("media").join(entry.file_name()))?;
    }
    std::fs::copy(fixtures.join(BROKEN), bucket.join(BROKEN)).with_context(|| format!("the fixture {BROKEN} is missing"))?;
    Ok(bucket)
}

fn count(bucket: &Path) -> Result<usize> {
    Ok(std::fs::read_dir(bucket.join("media"))?.count() + std::fs::read_dir(bucket.join("hostile"))?.count())
}

fn manifest(bucket: &Path, out: &Path) -> Result<PathBuf> {
    let mut names: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(bucket.join("media"))? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    let mut rows: Vec<Value> = names
        .iter()
        .map(|name| json!({ "uri": format!("s3://{BUCKET}/media/{name}"), "global_key": name, "integration": "int_acme" }))
        .collect();
    rows.push(json!({ "uri": format!("s3://{BUCKET}/{BROKEN}"), "global_key": "broken-on-purpose.mp4", "integration": "int_acme" }));
    rows.push(json!({ "uri": format!("s3://{BUCKET}/media/jpeg-baseline.jpg"), "global_key": "role-taken-back.jpg", "integration": "int_archive" }));
    let path = out.join("manifest.jsonl");
    std::fs::write(&path, lines(&rows))?;
    println!("  {} data rows", rows.len());
    Ok(path)
}

/// JSON Lines.
fn lines(values: &[Value]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n") + "\n"
}

fn shown(path: &Path, out: &Path) -> String {
    let canonical = std::fs::canonicalize(out).unwrap_or_default();
    path.strip_prefix(canonical).unwrap_or(path).display().to_string()
}

/// The demo is a test as well: anything but the two failures on purpose makes it fail.
fn judge(records: &[Value]) -> Result<()> {
    let failed: Vec<(&str, &str)> = records
        .iter()
        .filter(|record| record["status"] == "failed")
        .map(|record| (record["global_key"].as_str().unwrap_or("?"), record["failure"]["code"].as_str().unwrap_or("?")))
        .collect();
    let mut sorted = failed.clone();
    sorted.sort_unstable();
    ensure!(
        sorted == [("broken-on-purpose.mp4", "corrupt-asset"), ("role-taken-back.jpg", "role-refused")],
        "other failures than the two on purpose: {failed:?}"
    );
    Ok(())
}
