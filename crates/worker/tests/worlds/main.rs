//! The whole road with real parts: a customer's cloud that judges, real queues, real stores, real confined decoders.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a panic is how a test fails, in what the tests share too"
)]

mod customer;
mod door;
mod post;
mod worker;
mod world;

mod attachments;
mod broken;
mod ends;
mod floods;
mod handed;
mod lanes;
mod layers;
mod mishaps;
mod once;
mod order;
mod outage;
mod presigned;
mod same;
mod secrets;
mod shutdown;
mod suspension;
