//! The test decoder whose input, a line of text, tells it to panic, spin, eat memory, lie or attack; and the attacker of the self-test.

mod attack;
mod break_down;
mod lie;

use assay_contract::details::ImageDetails;
use assay_contract::exchange::{Refusal, Task};
use assay_contract::{AssetKind, Details, Facts, MediaAttributes};
use assay_kit::{Answer, Decoder, Input, Layer, Layers, Stop, Threads, rehearse};
use std::collections::BTreeMap;
use std::process::ExitCode;

/// Does what its input says.
struct Faulty {
    threads: Threads,
    /// Memory that it maps before its first asset, as large libraries do, MiB.
    ballast_mib: usize,
}

impl Decoder for Faulty {
    fn family(&self) -> &'static str {
        "faulty"
    }

    fn libraries(&self) -> BTreeMap<String, String> {
        BTreeMap::from([("misfortune".to_owned(), env!("CARGO_PKG_VERSION").to_owned())])
    }

    fn threads(&self) -> Threads {
        self.threads
    }

    fn warm(&self) {
        // Asked for and never touched: address space, as a library's code is.
        std::mem::forget(Vec::<u8>::with_capacity(self.ballast_mib << 20));
    }

    fn decode(&self, task: &Task, input: &mut Input, answer: &mut Answer) -> Result<(), Stop> {
        let mut text = [0; 4096];
        let length = input.read_at(0, &mut text).map_err(Stop::Gone)?;
        let line = text.get(..length).unwrap_or_default().split(|byte| *byte == b'\n').next().unwrap_or_default();
        let words: Vec<String> = String::from_utf8_lossy(line).split_whitespace().map(str::to_owned).collect();
        let number = |place: usize| words.get(place).and_then(|word| word.parse::<u64>().ok()).unwrap_or(0);
        let command = words.first().map_or("", String::as_str);
        if command == "facts" {
            let side = |place| u32::try_from(number(place)).unwrap_or(u32::MAX);
            return answer.facts(&facts(task, side(1), side(2)));
        }
        if let Some(outcome) = attack::try_it(command, &words, input) {
            return attack::confess(answer, &outcome);
        }
        if let Some(outcome) = lie::tell(command, &words, task, input, answer) {
            return outcome;
        }
        break_down::now(command, number(1), task, answer).unwrap_or_else(|| Err(Refusal::unsupported("no such command").into()))
    }
}

/// Facts of a picture that there is not.
fn facts(task: &Task, width: u32, height: u32) -> Facts {
    let mut media_attributes = MediaAttributes::new(AssetKind::Image, &task.mime_type, task.content_length);
    (media_attributes.width, media_attributes.height) = (Some(width), Some(height));
    let details = ImageDetails { stored_width: width, stored_height: height, ..ImageDetails::default() };
    Facts { media_attributes, details: Details::Image(Box::new(details)) }
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let threads = if words.iter().any(|word| word == "--threads") { Threads::UpToFour } else { Threads::One };
    let after = |name| words.iter().skip_while(|word| *word != name).nth(1);
    let ballast_mib = after("--ballast").and_then(|mib| mib.parse().ok()).unwrap_or(0);
    let faulty = Faulty { threads, ballast_mib };
    match after("--in-process") {
        Some(command) => in_process(&faulty, command),
        None => assay_kit::serve_with(&faulty, layers(&words)),
    }
}

/// Does it here and now, as a worker would that decodes in its own process: what a process for each asset is good for.
fn in_process(faulty: &Faulty, command: &str) -> ExitCode {
    let task = rehearse::task("image/x-faulty", None, command.len() as u64);
    let said = rehearse::rehearse(faulty, &task, command.as_bytes().to_vec());
    if said.refusal.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// `--threads` allows four of them, as `image` does. `--without seccomp` leaves a layer off; `--pretending seccomp` leaves it
/// off and claims it, so that only the self-test can notice.
fn layers(words: &[String]) -> Layers {
    let mut layers = Layers::ALL;
    for [how, which] in words.array_windows() {
        let layer = match how.as_str() {
            "--without" => Layer::Off,
            "--pretending" => Layer::Claimed,
            _ => continue,
        };
        match which.as_str() {
            "user" => layers.user = layer,
            "descriptors" => layers.descriptors = layer,
            "landlock" => layers.landlock = layer,
            "seccomp" => layers.seccomp = layer,
            "limits" => layers.limits = layer,
            _ => {}
        }
    }
    layers
}
