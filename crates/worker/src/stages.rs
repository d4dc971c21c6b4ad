//! The steps of the road, in the order they are taken.

pub mod access;
pub mod claim;
pub mod fetch;
pub mod intake;
pub mod layer;
pub mod probe;
pub mod publish;
pub mod settle;
pub mod store;
