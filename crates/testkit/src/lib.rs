//! Stand-in cloud, private servers and fixtures for tests; never shipped, but for the stand-in cloud that the demo runs.

pub mod cloud;
pub mod fixtures;
pub mod kin;
pub mod postgres;
pub mod rabbitmq;
pub mod wire;
