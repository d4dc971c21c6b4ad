//! What both brokers promise: each statement is tested on RabbitMQ and on the embedded queue.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "support/stage.rs"]
mod stage;

#[path = "conformance/dead.rs"]
mod dead;
#[path = "conformance/lanes.rs"]
mod lanes;
#[path = "conformance/records.rs"]
mod records;
#[path = "conformance/settling.rs"]
mod settling;
#[path = "conformance/shutdown.rs"]
mod shutdown;

macro_rules! both {
    ($($room:ident: $($statement:ident)+;)+) => {
        mod rabbitmq {$($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $statement() {
                super::$room::$statement(&super::stage::Stage::rabbitmq()).await;
            }
        )+)+}
        mod embedded {$($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $statement() {
                super::$room::$statement(&super::stage::Stage::embedded()).await;
            }
        )+)+}
    };
}

both! {
    lanes:
        a_job_arrives_as_it_was_sent
        each_lane_keeps_its_order
        interactive_jobs_pass_a_full_batch_lane
        no_more_than_the_prefetch_is_out
        each_of_many_jobs_arrives_once_among_two_workers
        depths_tell_what_waits;
    settling:
        an_acknowledged_job_is_gone
        a_retried_job_comes_later_as_the_next_attempt
        each_rung_of_the_ladder_lasts_its_own_time
        a_postponed_job_costs_no_attempt
        a_given_back_job_comes_at_once_and_costs_no_attempt
        a_dropped_delivery_comes_again_and_must_run_alone
        an_outcome_ends_running_alone;
    shutdown:
        a_stopped_worker_leaves_the_rest_to_another
        what_is_out_can_be_settled_after_the_stop
        a_worker_that_ends_with_a_job_in_hand_loses_it_to_another
        a_dropped_stream_gives_everything_back
        a_closed_broker_says_so;
    dead:
        a_dead_letter_tells_its_cause
        a_requeued_dead_letter_has_all_its_attempts
        looking_at_dead_letters_takes_none_away
        an_unknown_dead_letter_is_said_to_be_unknown
        a_message_lost_too_often_is_abandoned_and_then_dead
        an_abandoned_message_that_is_given_its_record_is_not_requeued
        a_dead_letter_that_is_not_opened_stays
        an_abandoned_message_can_be_requeued;
    records:
        a_published_record_is_held_for_its_readers
        a_record_over_its_limit_is_refused;
}
