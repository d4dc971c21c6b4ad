//! The pipeline on one screen, concurrency, erasure, shutdown, health, telemetry.
//!
//! Read [`pipeline`] first: it is the whole road of a job. Each of [`stages`] is one step of it.

pub mod pipeline;

pub mod draft;
pub mod halt;
pub mod part;
pub mod rooms;
pub mod stages;

pub mod allowance;
pub mod crew;
pub mod health;
pub mod outage;
pub mod plan;
pub mod slots;
pub mod sweep;
pub mod telemetry;

pub use crew::Crew;
pub use draft::Draft;
pub use halt::Halt;
pub use plan::{Plan, PlanError};
pub use rooms::{Rooms, Settings};
