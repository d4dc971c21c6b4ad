//! Where the fixtures of this repository lie.
