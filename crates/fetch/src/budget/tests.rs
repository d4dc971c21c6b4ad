//! Fairness, the reserve, and that nothing leaks.

use super::*;
use std::task::Poll;

/// Polls a claim once: whether it was granted, or waits in the queue.
macro_rules! waits {
    ($claim:expr) => {{ matches!(futures_poll(&mut $claim), Poll::Pending) }};
}

fn futures_poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    let waker = std::task::Waker::noop();
    std::pin::Pin::new(future).poll(&mut std::task::Context::from_waker(waker))
}

fn granted<F: Future<Output = Option<Permit>> + Unpin>(claim: &mut F) -> Permit {
    match futures_poll(claim) {
        Poll::Ready(permit) => permit.unwrap(),
        Poll::Pending => panic!("the claim still waits"),
    }
}

#[tokio::test]
async fn what_could_never_be_granted_is_refused_at_once() {
    let budget = Budget::of_memory(800, 100);
    for (bytes, lane, could) in [
        (700, Lane::Batch, true),
        (701, Lane::Batch, false),
        (700, Lane::Interactive, true),
        // An eighth is left to small claims.
        (701, Lane::Interactive, false),
        (u64::MAX, Lane::Interactive, false),
    ] {
        assert_eq!(budget.claim(bytes, lane).await.is_some(), could, "{bytes} {lane}");
    }
    assert_eq!(budget.used(), 0);
}

#[tokio::test]
async fn a_small_claim_need_not_wait_for_large_ones() {
    let budget = Budget::of_memory(800, 0);
    let large = budget.claim(700, Lane::Batch).await.unwrap();
    let mut second = Box::pin(budget.claim(400, Lane::Batch));
    assert!(waits!(second));
    let small = budget.claim(100, Lane::Batch).await.unwrap();
    assert_eq!(budget.used(), 800);
    drop(large);
    let second = granted(&mut second);
    drop((small, second));
    assert_eq!((budget.used(), budget.waiting()), (0, 0));
}

#[tokio::test]
async fn a_large_claim_is_served_in_the_end() {
    let budget = Budget::of_memory(800, 0);
    let mut held: VecDeque<Permit> = VecDeque::new();
    for _ in 0..8 {
        held.push_back(budget.claim(100, Lane::Batch).await.unwrap());
    }
    let mut large = Box::pin(budget.claim(700, Lane::Batch));
    assert!(waits!(large));
    // Small ones come without end; each that ends lets one pass the large one, but only so often.
    let mut passed = 0;
    let served = loop {
        let mut small = Box::pin(budget.claim(100, Lane::Batch));
        held.pop_front();
        match futures_poll(&mut small) {
            Poll::Ready(permit) => {
                passed += 1;
                held.push_back(permit.unwrap());
            }
            Poll::Pending => {}
        }
        if let Poll::Ready(permit) = futures_poll(&mut large) {
            break permit.unwrap();
        }
        assert!(passed <= PATIENCE, "{passed} claims overtook the large one");
        assert!(!held.is_empty(), "the large one was never served");
    };
    assert_eq!(passed, PATIENCE);
    drop((served, held));
    assert_eq!(budget.used(), 0);
}

#[tokio::test]
async fn the_reserve_is_for_the_interactive_lane() {
    let budget = Budget::of_memory(800, 100);
    let batch: Vec<Permit> = {
        let mut held = Vec::new();
        for _ in 0..7 {
            held.push(budget.claim(100, Lane::Batch).await.unwrap());
        }
        held
    };
    let mut more = Box::pin(budget.claim(1, Lane::Batch));
    assert!(waits!(more));
    let interactive = budget.claim(100, Lane::Interactive).await.unwrap();
    assert_eq!(budget.used(), 800);
    drop(batch);
    drop(granted(&mut more));
    drop(interactive);
    assert_eq!(budget.used(), 0);
}

#[tokio::test]
async fn a_claim_that_is_given_up_leaves_no_trace() {
    let budget = Budget::of_memory(800, 0);
    let held = budget.claim(700, Lane::Batch).await.unwrap();
    let mut given_up = Box::pin(budget.claim(700, Lane::Batch));
    let mut behind = Box::pin(budget.claim(650, Lane::Batch));
    assert!(waits!(given_up) && waits!(behind));
    // Granted, but dropped before it was seen: its bytes go to the next.
    drop(held);
    drop(given_up);
    drop(granted(&mut behind));
    assert_eq!((budget.used(), budget.waiting()), (0, 0));
}

#[tokio::test]
async fn a_permit_gives_back_exactly_what_it_holds() {
    let budget = Budget::of_files(1000);
    let mut permit = budget.try_claim(300, Lane::Batch).unwrap();
    permit.absorb(budget.try_claim(700, Lane::Batch).unwrap());
    assert!(budget.try_claim(1, Lane::Batch).is_none());
    permit.shrink_to(250);
    assert_eq!(budget.used(), 250);
    permit.shrink_to(900);
    assert_eq!(budget.used(), 250);
    drop(permit);
    assert_eq!(budget.used(), 0);
    assert!(budget.try_claim(1000, Lane::Batch).is_some(), "what large claims held is given back too");
}
