//! Which assets are looked at: the same ones for the same seed.

use crate::args::{Bench, SettingsArguments};
use crate::assemble;
use crate::config;
use anyhow::Context;
use assay_contract::Integration;
use assay_contract::address::without_secrets;

/// Most keys that are listed below one prefix before some are drawn.
const LISTED: usize = 100_000;

/// Drawn assets.
pub struct Sample {
    /// Addresses, in the order in which they are looked at.
    pub addresses: Vec<String>,
    /// How many there were to draw from.
    pub found: usize,
    /// What they are read with.
    pub integration: Option<Integration>,
}

impl Sample {
    /// The address as it was given, of one as it stands in a record.
    pub fn signed(&self, public: &str) -> Option<String> {
        self.addresses.iter().find(|address| *address == public || without_secrets(address) == public).cloned()
    }
}

/// Gathers what was named and listed, and draws as many as were asked for.
pub async fn draw(settings: &SettingsArguments, arguments: &Bench) -> anyhow::Result<Sample> {
    let config = config::read(settings)?;
    let integration = match &arguments.integration {
        Some(id) => {
            let store = assemble::store(&config).await?;
            let found = store.integration(&settings.organization, id).await?;
            Some(found.with_context(|| {
                format!("organisation {} has no integration {id}; `assay integration list` shows those there are", settings.organization)
            })?)
        }
        None => None,
    };
    let mut addresses = arguments.what.clone();
    if let Some(integration) = &integration {
        let access = assemble::access(&config).await;
        for prefix in &arguments.prefixes {
            let rest = prefix.strip_prefix("s3://").with_context(|| format!("--prefix {prefix}: the form is s3://BUCKET/PREFIX"))?;
            let (bucket, below) = rest.split_once('/').unwrap_or((rest, ""));
            let mut after = None;
            loop {
                let page = access.list(integration, bucket, below, after.as_deref()).await.map_err(|error| error.failure())?;
                addresses.extend(page.keys.iter().filter(|key| !key.ends_with('/')).map(|key| format!("s3://{bucket}/{key}")));
                after = page.next;
                if after.is_none() || addresses.len() >= LISTED {
                    break;
                }
            }
        }
    }
    anyhow::ensure!(!addresses.is_empty(), "nothing to look at: name addresses, or --integration and --prefix s3://BUCKET/PREFIX");
    addresses.sort();
    addresses.dedup();
    let found = addresses.len();
    shuffle(&mut addresses, arguments.seed);
    addresses.truncate(arguments.sample);
    Ok(Sample { addresses, found, integration })
}

/// Fisher and Yates, by xorshift64*: the same order for the same seed on every machine.
fn shuffle(items: &mut [String], seed: u64) {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for last in (1..items.len()).rev() {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        let drawn = (u128::from(state.wrapping_mul(0x2545_f491_4f6c_dd1d)) * (last as u128 + 1)) >> 64;
        items.swap(last, usize::try_from(drawn).unwrap_or(0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_the_same_and_another_draws_otherwise() {
        let items: Vec<String> = (0..50).map(|number| number.to_string()).collect();
        let shuffled = |seed| {
            let mut items = items.clone();
            shuffle(&mut items, seed);
            items
        };
        assert_eq!(shuffled(7), shuffled(7));
        assert_ne!(shuffled(7), shuffled(8));
        let mut sorted = shuffled(7);
        sorted.sort_by_key(|item| item.parse::<u32>().unwrap());
        assert_eq!(sorted, items);
    }
}
