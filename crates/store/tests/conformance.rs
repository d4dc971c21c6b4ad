//! One suite that the embedded store and PostgreSQL both pass.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that can't go on fails")]

#[path = "conformance/bed.rs"]
mod bed;
#[path = "conformance/claims.rs"]
mod claims;
#[path = "conformance/current.rs"]
mod current;
#[path = "conformance/durable.rs"]
mod durable;
#[path = "conformance/integrations.rs"]
mod integrations;
#[path = "conformance/records.rs"]
mod records;
#[path = "conformance/reopen.rs"]
mod reopen;
#[path = "conformance/tasks.rs"]
mod tasks;

/// Every case, once for each database.
macro_rules! suite {
    ($($room:ident :: $case:ident,)*) => {
        mod sqlite { $(
            #[tokio::test]
            async fn $case() { crate::$room::$case(crate::bed::Bed::sqlite().await).await; }
        )* }
        mod postgres { $(
            #[tokio::test]
            async fn $case() { crate::$room::$case(crate::bed::Bed::postgres().await).await; }
        )* }
    };
}

suite! {
    claims::a_job_is_claimed_once,
    claims::a_redelivery_finds_its_record,
    claims::a_claim_is_taken_over_only_after_its_lease,
    claims::a_stale_claim_is_refused,
    claims::an_extended_claim_is_kept,
    claims::a_released_claim_is_free_at_once,
    claims::of_many_workers_one_gets_the_job,
    claims::an_attachment_is_claimed_apart,
    claims::a_row_ends_when_each_of_its_parts_has_a_record,
    claims::jobs_pulled_about_by_many_workers_end_with_one_record_each,
    records::a_second_put_returns_the_first_record,
    records::a_record_of_another_job_is_refused,
    records::a_record_over_256_kib_is_refused,
    records::odd_text_comes_back_as_it_was,
    records::what_was_not_published_is_found,
    records::a_record_that_cannot_be_read_hides_no_other,
    records::a_tasks_records_come_in_pages,
    records::tenants_do_not_meet,
    reopen::a_failed_job_that_is_opened_again_gets_another_record,
    reopen::only_what_failed_is_opened_again,
    reopen::a_worker_of_an_earlier_round_is_refused,
    current::generations_count_the_records_of_a_row,
    current::records_that_end_at_once_get_generations_of_their_own,
    current::a_failure_never_replaces_current_facts,
    current::an_older_version_never_replaces_current_facts,
    current::attachments_have_facts_of_their_own,
    current::a_row_without_a_name_counts_by_its_job,
    tasks::withdrawn_rows_are_unknown_again_and_those_that_were_begun_stay,
    tasks::a_tasks_progress_follows_its_rows,
    tasks::a_task_is_complete_only_with_all_expected_rows,
    tasks::a_task_whose_rows_all_failed_has_failed,
    tasks::a_cancelled_task_cancels_what_has_not_ended,
    tasks::a_cancelled_job_ends_as_cancelled,
    tasks::a_job_is_queued_once,
    tasks::many_jobs_are_asked_for_at_once,
    tasks::thousands_of_rows_are_queued_and_paged,
    tasks::a_refused_attachment_makes_the_row_partial,
    tasks::a_paused_task_says_so,
    tasks::a_row_that_is_tried_again_says_why,
    integrations::an_integration_comes_back_as_it_was,
    integrations::there_is_one_default,
    integrations::a_suspension_holds_rows_until_it_is_lifted,
    integrations::a_removed_integration_is_gone,
    durable::what_was_stored_survives_a_crash,
    durable::a_put_that_was_cut_off_anywhere_can_be_asked_again,
    durable::migrations_are_applied_once,
}
