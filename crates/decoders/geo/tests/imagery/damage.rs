//! Cut and flipped files: an answer each time, in the asset's own codes.

use super::{folder, looked_at};
use assay_contract::Code;
use assay_kit::rehearse::Rehearsed;

/// What a damaged file may end as; a panic or an abort ends the test itself.
fn assert_sober(said: &Rehearsed, what: &str) {
    match &said.refusal {
        Some(refusal) => {
            assert!(matches!(refusal.code, Code::CorruptAsset | Code::UnsupportedFormat | Code::EmptyAsset), "{what}: {refusal:?}");
        }
        None => assert!(said.facts.is_some(), "{what}: neither facts nor a refusal"),
    }
}

fn fixtures() -> Vec<(String, Vec<u8>)> {
    let ours = |name: &str| ["geo-", "nitf-", "nsif-"].iter().any(|prefix| name.starts_with(prefix));
    let mut found: Vec<_> = std::fs::read_dir(folder().join("media"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.path()))
        .filter(|(name, _)| ours(name))
        .map(|(name, path)| (name, std::fs::read(path).unwrap()))
        .collect();
    found.sort();
    assert!(found.len() >= 20);
    found
}

#[test]
fn every_fixture_cut_anywhere_gets_an_answer() {
    for (name, whole) in fixtures() {
        for part in 1..8 {
            let length = whole.len() * part / 8;
            assert_sober(&looked_at(whole[..length].to_vec()), &format!("{name} cut to {length}"));
        }
    }
}

#[test]
fn every_fixture_with_flipped_bytes_gets_an_answer() {
    for (name, whole) in fixtures() {
        for seed in 1..6_u32 {
            let (mut bytes, mut state) = (whole.clone(), seed);
            for _ in 0..20 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                // Half of the flips go where the structure is.
                let reach = if state & 1 == 0 { bytes.len() } else { bytes.len().min(2048) };
                let place = (state >> 8) as usize % reach;
                bytes[place] ^= state.to_le_bytes()[3] | 1;
            }
            // Another magic number is another asset.
            bytes[..9].copy_from_slice(&whole[..9]);
            assert_sober(&looked_at(bytes), &format!("{name} with seed {seed}"));
        }
    }
}
