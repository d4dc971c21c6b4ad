//! Sealed memory and served blocks: what a child may read, and what it can't do to it.

use crate::ground::{assert_healthy, death, held, limits, run, run_under, sandbox, sealed, task, unsealed};
use assay_contract::{Code, DecodeLimits};
use assay_sandbox::{Answered, Blocks, ChildDeath, ChildFailure, Ended, Sandbox, Source};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A spilled or remote asset: bytes, and how many were asked for.
struct Served {
    bytes: Vec<u8>,
    asked: AtomicU64,
    fails_at: u64,
}

impl Served {
    fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, asked: AtomicU64::new(0), fails_at: u64::MAX }
    }
}

impl Blocks for Served {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        if offset + into.len() as u64 > self.fails_at {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        self.asked.fetch_add(into.len() as u64, Ordering::Relaxed);
        let rest = &self.bytes[usize::try_from(offset).unwrap()..];
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

fn sum_command(bytes: usize) -> Vec<u8> {
    let mut text = b"sum\n".to_vec();
    text.resize(bytes, 3);
    text
}

fn sum_of(answered: &Answered) -> u64 {
    assert_eq!(answered.ended, Ended::Done, "{answered:?}");
    answered.issues.iter().find(|issue| issue.code == "sum").unwrap().message.parse().unwrap()
}

async fn serve(sandbox: &Sandbox, blocks: Arc<Served>, limits: DecodeLimits) -> Answered {
    let task = task(blocks.bytes.len(), limits);
    sandbox.decode("faulty", task, Source::Blocks(blocks)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_and_memory_give_the_same_answer() {
    let sandbox = sandbox().await;
    let text = sum_command(3 << 20);
    let want: u64 = text.iter().map(|byte| u64::from(*byte)).sum();
    let in_memory = sandbox.decode("faulty", task(text.len(), limits()), Source::Memory { fd: sealed(&text) }).await.unwrap();
    assert_eq!(sum_of(&in_memory), want);
    let served = Arc::new(Served::new(text));
    let in_blocks = serve(&sandbox, served.clone(), limits()).await;
    assert_eq!(sum_of(&in_blocks), want);
    assert_eq!(in_blocks.cost.block_bytes, served.asked.load(Ordering::Relaxed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_gets_no_more_blocks_than_it_may_cost() {
    let sandbox = sandbox().await;
    let command = b"ask 0 4194304".to_vec();
    let blocks = |length: usize| {
        let mut text = command.clone();
        text.push(b'\n');
        text.resize(length, b' ');
        Arc::new(Served::new(text))
    };
    // To read its command the child asks for a first block of 256 KiB; then for four megabytes.
    let short = DecodeLimits { block_bytes: (256 << 10) + (4 << 20) - 1, ..limits() };
    let answered = serve(&sandbox, blocks(8 << 20), short).await;
    assert_eq!(death(&answered).code(), Code::LimitExceeded);
    assert_eq!(death(&answered).limit().unwrap().name, "block_bytes");
    // A question past the end, by one byte.
    let answered = serve(&sandbox, blocks((4 << 20) - 1), limits()).await;
    assert!(matches!(death(&answered), ChildDeath::Protocol(why) if why.contains("that there are not")), "{answered:?}");
    assert_healthy(&sandbox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_that_cant_be_read_is_not_the_assets_fault() {
    let sandbox = sandbox().await;
    let mut served = Served::new(sum_command(2 << 20));
    served.fails_at = 1 << 20;
    let answered = serve(&sandbox, Arc::new(served), limits()).await;
    assert_eq!(answered.input_failure.as_ref().map(io::Error::kind), Some(io::ErrorKind::ConnectionReset));
    assert!(answered.issues.is_empty());
    assert_healthy(&sandbox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_input_that_could_still_change_is_refused() {
    let sandbox = sandbox().await;
    let source = Source::Memory { fd: unsealed(b"facts 1 1").into() };
    let refused = sandbox.decode("faulty", task(9, limits()), source).await;
    assert!(matches!(refused, Err(ChildFailure::Input(why)) if why.contains("sealed")));
    let source = Source::Memory { fd: sealed(b"facts 1 1") };
    let refused = sandbox.decode("faulty", task(10, limits()), source).await;
    assert!(matches!(refused, Err(ChildFailure::Input(why)) if why.contains("length")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_input_reaches_the_decoder() {
    let sandbox = sandbox().await;
    assert_eq!(run(&sandbox, "").await.ended, Ended::Refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_one_asset_is_found_in_the_child_of_the_next() {
    let sandbox = sandbox().await;
    for round in 0..4 {
        let marker = format!("secret{round}{}", "Q".repeat(40));
        let backwards: String = marker.chars().rev().collect();
        // The search finds what is there: in the very child that left it.
        let found = run(&sandbox, &format!("remember-and-recall {backwards}")).await;
        assert_eq!(found.issues[0].code, "breach", "{found:?}");
        run_under(&sandbox, &format!("remember {marker}"), limits()).await.unwrap();
        assert_eq!(held(&run(&sandbox, &format!("recall {backwards}")).await), "no trace");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_input_larger_than_the_memory_limit_can_be_mapped() {
    let sandbox = sandbox().await;
    let text = sum_command(48 << 20);
    let want: u64 = text.iter().map(|byte| u64::from(*byte)).sum();
    let small = DecodeLimits { memory_bytes: 16 << 20, ..limits() };
    let answered = sandbox.decode("faulty", task(text.len(), small), Source::Memory { fd: sealed(&text) }).await.unwrap();
    assert_eq!(sum_of(&answered), want);
}
