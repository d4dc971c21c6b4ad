//! Which region each bucket lies in, as learnt from the provider's own answers.

use crate::partition::{Partition, is_region};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Buckets that are remembered; past it the memory starts anew, which costs one redirect a bucket.
const MAX_BUCKETS: usize = 10_000;

/// A bounded memory of bucket regions. Bucket names are unique within a partition, so it is shared by all tenants.
#[derive(Debug, Default)]
pub struct Regions {
    learnt: Mutex<HashMap<(Partition, String), String>>,
}

impl Regions {
    /// Keeps what a provider answered; a text that is no region is ignored.
    pub fn learn(&self, bucket: &str, region: &str) {
        if !is_region(region) {
            return;
        }
        let mut learnt = self.learnt.lock().unwrap_or_else(PoisonError::into_inner);
        if learnt.len() >= MAX_BUCKETS {
            learnt.clear();
        }
        learnt.insert((Partition::of_region(region), bucket.to_owned()), region.to_owned());
    }

    /// The region of a bucket, where it was learnt.
    pub fn of(&self, partition: Partition, bucket: &str) -> Option<String> {
        let learnt = self.learnt.lock().unwrap_or_else(PoisonError::into_inner);
        learnt.get(&(partition, bucket.to_owned())).cloned()
    }
}
