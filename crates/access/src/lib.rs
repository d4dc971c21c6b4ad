//! Turns an integration and an asset's address into one short-lived signed URL; the only room that holds secrets.

pub mod access;
pub mod aws;
pub mod check;
pub mod config;
pub mod credentials;
pub mod delegation;
pub mod error;
pub mod external_id;
pub mod listing;
pub mod partition;
pub mod policy;
pub mod presign;
pub mod presigned;
pub mod regions;
pub mod scope;
pub mod sts;

pub use access::Access;
pub use check::{CheckLine, Outcome};
pub use config::{AccessConfig, WorkerIdentity};
pub use credentials::TokenRejection;
pub use delegation::{Delegation, Purpose};
pub use error::AccessError;
pub use external_id::new_external_id;
pub use listing::ListedPage;
pub use policy::{permission_policy, trust_policy};
