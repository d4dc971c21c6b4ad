//! Every word and every byte format that crosses a process: job, record, failure table, limits, frames, secrets; no I/O.

pub mod address;
pub mod clock;
pub mod details;
pub mod digest;
pub mod exchange;
pub mod facts;
pub mod failure;
pub mod frame;
pub mod frame_index;
pub mod id;
pub mod integration;
pub mod job;
pub mod kind;
pub mod limits;
pub mod manifest;
pub mod media_attributes;
pub mod profile;
pub mod record;
pub mod schema;
pub mod secret;
pub mod signed_url;

pub use address::AssetAddress;
pub use clock::Clock;
pub use details::Details;
pub use facts::Facts;
pub use failure::{Code, Failure};
pub use id::{DataRowId, DatasetId, IntegrationId, JobId, OrganizationId, TaskId};
pub use integration::Integration;
pub use job::Job;
pub use kind::{AssetKind, MediaType};
pub use limits::DecodeLimits;
pub use media_attributes::MediaAttributes;
pub use profile::Profile;
pub use record::Record;
pub use secret::Secret;
pub use signed_url::SignedUrl;
