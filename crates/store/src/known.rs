//! Where many jobs stand, asked at once: a manifest may name a million.

use crate::error::StoreError;
use crate::rows::{RowProgress, row};
use crate::sql::Value;
use crate::store::{Store, tenant};
use assay_contract::{JobId, OrganizationId};

/// Jobs of one question.
const CHUNK: usize = 1_000;

impl Store {
    /// Where these jobs stand, in no order; those that this organisation does not have are left out.
    pub async fn rows_of(&self, organization: &OrganizationId, jobs: &[JobId]) -> Result<Vec<RowProgress>, StoreError> {
        let mut found = Vec::new();
        for chunk in jobs.chunks(CHUNK) {
            let mut values = vec![Value::from(tenant(organization))];
            values.extend(chunk.iter().map(|job| Value::from(job.as_str())));
            found.extend(self.pools.read_many(select(chunk.len()), values).await?);
        }
        found.iter().map(row).collect()
    }
}

fn select(jobs: usize) -> String {
    let places: Vec<String> = (2..jobs + 2).map(|place| format!("${place}")).collect();
    format!(
        "SELECT job_id, task_id, data_row_id, global_key, state, failure_code, changed_at_us FROM data_rows \
         WHERE organization_id = $1 AND job_id IN ({})",
        places.join(", ")
    )
}
