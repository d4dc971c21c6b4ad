//! Runs any folder through `assay inspect`, with cut and altered copies of each file, and counts how it ended.

mod inspection;
mod tally;
mod variant;
mod verdict;

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use inspection::{Inspection, Seen};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use tally::Tally;
use variant::{Change, Variant};
use verdict::judge;

/// Says of each file what was not expected: an answer that is no record of this build, a crash of a decoder, a file that is
/// decoded without end, a worker that dies. Ends with 1 where there was any.
#[derive(Debug, Parser)]
struct Options {
    /// Folders and files; folders with all that is below them.
    #[arg(required = true)]
    what: Vec<PathBuf>,
    /// The binary `assay`; its decoders lie beside it. Without, it is looked for beside this program.
    #[arg(long)]
    assay: Option<PathBuf>,
    /// Copies of each file with altered bytes: the first with one, the second with two, and so on.
    #[arg(long, default_value_t = 0)]
    mutate: u32,
    /// The same seed alters the same bytes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Copies of each file that end early, per cent of its length.
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u8).range(0..100))]
    cut: Vec<u8>,
    /// Writes what was not expected into this folder, under the first digits of its digest.
    #[arg(long)]
    keep: Option<PathBuf>,
    /// Seconds without a record after which a file counts as decoded without end.
    #[arg(long, default_value_t = 120)]
    patience: u64,
}

/// Files that one `assay inspect` looks at.
const BATCH: usize = 64;

fn main() -> Result<ExitCode> {
    let tally = tried(&Options::parse())?;
    writeln!(std::io::stdout(), "{tally}")?;
    Ok(if tally.unexpected() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tried(options: &Options) -> Result<Tally> {
    let files = listed(&options.what)?;
    ensure!(!files.is_empty(), "there is no file in what was named");
    let inspection = Inspection { assay: assay(options.assay.as_deref())?, patience: Duration::from_secs(options.patience) };
    let mut tally = Tally::default();
    // All files with one change, then the next: what is found is found early.
    for change in Change::all(&options.cut, options.mutate, options.seed) {
        for batch in files.chunks(BATCH) {
            let variants = batch.iter().map(|file| Variant::of(file, change)).collect::<Result<Vec<_>>>()?;
            look(&inspection, &variants, options.keep.as_deref(), &mut tally)?;
        }
        eprint_line(&format!("{change}: {} files; {} outcomes so far, {} unexpected", files.len(), tally.all(), tally.unexpected()))?;
    }
    Ok(tally)
}

fn look(inspection: &Inspection, variants: &[Variant], keep: Option<&Path>, tally: &mut Tally) -> Result<()> {
    let mut left = variants;
    while !left.is_empty() {
        let seen = inspection.run(left)?;
        let count = seen.len();
        // One batch is not looked at for ever: each round ends at least one file.
        ensure!(count > 0, "`assay inspect` said nothing of {}", left.first().map_or_else(String::new, Variant::title));
        for (variant, seen) in left.iter().zip(seen) {
            let verdict = judge(&seen);
            tally.count(&verdict, variant);
            let Some(unexpected) = &verdict.unexpected else { continue };
            let again = match inspection.run(std::slice::from_ref(variant))?.pop() {
                Some(Seen::Record { log, line }) => format!("alone: {}", verdict::alone(&line, &log)),
                _ => "alone: the same".to_owned(),
            };
            eprint_line(&format!("{}\n    sha256 {}\n    {unexpected}\n    {again}", variant.title(), variant.sha256()))?;
            if let Some(folder) = keep {
                variant.keep(folder)?;
            }
        }
        left = left.get(count..).unwrap_or_default();
    }
    Ok(())
}

/// Every regular file of what was named, sorted.
fn listed(what: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let (mut left, mut files) = (what.to_vec(), Vec::new());
    while let Some(path) = left.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).with_context(|| format!("{} can't be listed", path.display()))?;
            left.extend(entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?);
        } else if path.is_file() {
            files.push(path);
        } else if !path.exists() {
            bail!("there is no {}", path.display());
        }
    }
    files.sort();
    Ok(files)
}

fn assay(named: Option<&Path>) -> Result<PathBuf> {
    let path = match named {
        Some(path) => path.to_owned(),
        None => std::env::current_exe()?.with_file_name("assay"),
    };
    ensure!(path.is_file(), "there is no {}; build it, or name it with --assay", path.display());
    Ok(path)
}

fn eprint_line(line: &str) -> Result<()> {
    Ok(writeln!(std::io::stderr(), "{line}")?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_testkit::fixtures;

    /// Two levels up from a test's own program lie the binaries.
    fn built() -> PathBuf {
        let assay = std::env::current_exe().unwrap().parent().unwrap().with_file_name("assay");
        assert!(assay.is_file(), "{} is missing: type `cargo build --workspace --bins`", assay.display());
        assay
    }

    fn options(what: Vec<PathBuf>) -> Options {
        Options { what, assay: Some(built()), mutate: 2, seed: 1, cut: vec![50], keep: None, patience: 120 }
    }

    #[test]
    fn every_fixture_whole_cut_and_altered_ends_in_a_code_of_the_table() {
        let tally = tried(&options(vec![fixtures::media(), fixtures::hostile()])).unwrap();
        assert_eq!(tally.unexpected(), 0, "{tally}");
        assert!(tally.all() > 400, "{tally}");
    }

    #[test]
    fn what_is_no_record_and_what_dies_is_unexpected() {
        let [babbling, dying] = ["/usr/bin/echo", "/usr/bin/false"].map(PathBuf::from);
        let whole =
            |assay| Options { mutate: 0, cut: Vec::new(), assay: Some(assay), ..options(vec![fixtures::media().join("qoi-rgb.qoi")]) };
        for (program, outcome) in [(babbling, "no record"), (dying, "worker death")] {
            let tally = tried(&whole(program)).unwrap();
            assert_eq!(tally.unexpected(), 1);
            assert!(tally.to_string().contains(outcome), "{tally}");
        }
    }
}
