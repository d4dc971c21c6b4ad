//! One thin function for each verb.

pub mod bench;
pub mod config;
pub mod dead;
pub mod explain;
pub mod inspect;
pub mod integration;
pub mod migrate;
pub mod schema;
pub mod submit;
pub mod up;
pub mod watch;
pub mod worker;
