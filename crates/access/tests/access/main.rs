//! `access` against the stand-in cloud, which really judges signatures, tokens and policies.

mod checking;
mod credentials;
mod scene;
mod secrets;
mod signing;
