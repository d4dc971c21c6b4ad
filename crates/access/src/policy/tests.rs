//! The policies, read as IAM would.
