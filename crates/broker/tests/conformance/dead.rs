//! The dead letter: what a worker gave up, and what the broker gave up.

use crate::stage::{PLENTY, Stage, id, next, submit, until};
use assay_broker::{Broker, BrokerError, DeadCause, DeadLetter, DeadLetterId, DeadOrigin, Redelivered, RetryDelay, SharedBroker};
use assay_contract::Code;
use assay_contract::job::Lane;

/// One dead letter of lane interactive on its second attempt.
async fn with_a_dead_letter(stage: &Stage) -> (SharedBroker, DeadLetter) {
    let broker = stage.open().await;
    submit(&*broker, Lane::Interactive, ["a".to_owned()]).await;
    let mut deliveries = broker.consume(PLENTY).await.unwrap();
    next(&mut deliveries).await.retry(RetryDelay::Short).await.unwrap();
    next(&mut deliveries).await.dead(DeadCause::from(Code::ProviderUnavailable)).await.unwrap();
    let letter = only(&*broker).await;
    (broker, letter)
}

/// The one dead letter, when it is there.
async fn only(broker: &dyn Broker) -> DeadLetter {
    until("there is a dead letter", async || broker.dead(10).await.unwrap().len() == 1).await;
    broker.dead(10).await.unwrap().remove(0)
}

pub(crate) async fn a_dead_letter_tells_its_cause(stage: &Stage) {
    let (broker, letter) = with_a_dead_letter(stage).await;
    assert_eq!((letter.message_id.as_deref(), letter.lane, letter.attempts), (Some("a"), Lane::Interactive, 2));
    assert_eq!(letter.origin, DeadOrigin::Worker(DeadCause::from(Code::ProviderUnavailable)));
    assert_eq!(letter.job().unwrap().job_id.as_str(), "a");
    assert!(letter.died_at.is_some());
    assert!(!format!("{letter:?}").contains("planted-signature"));
    let found = broker.dead_letter(&letter.id).await.unwrap().unwrap();
    assert_eq!(found.message_id, letter.message_id);
}

pub(crate) async fn a_requeued_dead_letter_has_all_its_attempts(stage: &Stage) {
    let (broker, letter) = with_a_dead_letter(stage).await;
    broker.requeue(&letter.id).await.unwrap();
    let mut deliveries = broker.consume(PLENTY).await.unwrap();
    let delivery = next(&mut deliveries).await;
    assert_eq!((id(&delivery).as_str(), delivery.attempt(), delivery.lane()), ("a", 1, Lane::Interactive));
    assert_eq!(delivery.redelivered(), Redelivered::First);
    delivery.acknowledge().await.unwrap();
    until("the dead letter is empty", async || broker.dead(10).await.unwrap().is_empty()).await;
    assert!(matches!(broker.requeue(&letter.id).await, Err(BrokerError::NoSuchDeadLetter(_))));
}

pub(crate) async fn looking_at_dead_letters_takes_none_away(stage: &Stage) {
    let broker = stage.open().await;
    submit(&*broker, Lane::Batch, (0..5).map(|n| format!("b{n}"))).await;
    let mut deliveries = broker.consume(PLENTY).await.unwrap();
    for _ in 0..5 {
        next(&mut deliveries).await.dead(DeadCause::from(Code::JobUnreadable)).await.unwrap();
    }
    // More often than RabbitMQ's default delivery limit would bear.
    for _ in 0..25 {
        until("five are there", async || broker.dead(10).await.unwrap().len() == 5).await;
    }
    assert_eq!(broker.dead(3).await.unwrap().len(), 3);
    until("five are counted", async || broker.depths().await.unwrap().dead == 5).await;
}

pub(crate) async fn an_unknown_dead_letter_is_said_to_be_unknown(stage: &Stage) {
    let broker = stage.open().await;
    let id = DeadLetterId::new("nobody");
    assert!(broker.dead_letter(&id).await.unwrap().is_none());
    let error = broker.requeue(&id).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no dead letter nobody");
}

/// A message that was lost until the broker gave it up.
async fn with_an_abandoned_message(stage: &Stage) -> SharedBroker {
    let broker = stage.open().await;
    submit(&*broker, Lane::Interactive, ["a".to_owned()]).await;
    let mut deliveries = broker.consume(PLENTY).await.unwrap();
    // The limit of two is passed by the third loss.
    for _ in 0..3 {
        drop(next(&mut deliveries).await);
    }
    broker
}

pub(crate) async fn a_message_lost_too_often_is_abandoned_and_then_dead(stage: &Stage) {
    let broker = with_an_abandoned_message(stage).await;
    let letter = only(&*broker).await;
    assert_eq!((&letter.origin, letter.lane, letter.attempts), (&DeadOrigin::Broker, Lane::Interactive, 0));
    let mut abandoned = broker.abandoned().await.unwrap();
    let delivery = next(&mut abandoned).await;
    assert_eq!((id(&delivery).as_str(), delivery.lane()), ("a", Lane::Interactive));
    delivery.dead(DeadCause::from(Code::DecoderCrashed)).await.unwrap();
    let letter = only(&*broker).await;
    assert_eq!(letter.origin, DeadOrigin::Worker(DeadCause::from(Code::DecoderCrashed)));
    assert_eq!(letter.lane, Lane::Interactive);
}

pub(crate) async fn an_abandoned_message_that_is_given_its_record_is_not_requeued(stage: &Stage) {
    let broker = with_an_abandoned_message(stage).await;
    let letter = only(&*broker).await;
    let mut abandoned = broker.abandoned().await.unwrap();
    let delivery = next(&mut abandoned).await;
    let opening = Box::pin(async { panic!("what is refused is not opened") });
    let refused = broker.requeue_opened(&letter.id, opening).await.unwrap_err();
    assert!(matches!(refused, BrokerError::DeadLetterHeld(_) | BrokerError::NoSuchDeadLetter(_)), "{refused:?}");
    delivery.dead(DeadCause::from(Code::DecoderCrashed)).await.unwrap();
    let letter = only(&*broker).await;
    assert_eq!(letter.origin, DeadOrigin::Worker(DeadCause::from(Code::DecoderCrashed)));
    broker.requeue(&letter.id).await.unwrap();
}

pub(crate) async fn a_dead_letter_that_is_not_opened_stays(stage: &Stage) {
    let (broker, letter) = with_a_dead_letter(stage).await;
    let refused = broker.requeue_opened(&letter.id, Box::pin(async { Err("the store is away".into()) })).await.unwrap_err();
    assert!(matches!(refused, BrokerError::NotOpened(_)), "{refused:?}");
    assert_eq!(only(&*broker).await.id, letter.id);
    let mut is_open = false;
    let opening = async {
        is_open = true;
        Ok(())
    };
    broker.requeue_opened(&letter.id, Box::pin(opening)).await.unwrap();
    assert!(is_open);
    let mut deliveries = broker.consume(PLENTY).await.unwrap();
    assert_eq!(id(&next(&mut deliveries).await), "a");
}

pub(crate) async fn an_abandoned_message_can_be_requeued(stage: &Stage) {
    let broker = with_an_abandoned_message(stage).await;
    let letter = only(&*broker).await;
    broker.requeue(&letter.id).await.unwrap();
    let mut deliveries = broker.consume(PLENTY).await.unwrap();
    let delivery = next(&mut deliveries).await;
    assert_eq!((id(&delivery).as_str(), delivery.redelivered(), delivery.lane()), ("a", Redelivered::First, Lane::Interactive));
}
