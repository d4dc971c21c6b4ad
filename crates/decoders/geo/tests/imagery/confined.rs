//! The same in a confined child: no file can be opened there, and the registry of coordinate systems is one.

use super::fixture;
use assay_contract::details::Details;
use assay_contract::exchange::{InputKind, Task};
use assay_contract::profile::Profile;
use assay_kit::rehearse;
use assay_sandbox::{Answered, Blocks, Ended, Sandbox, SandboxConfig, Source};
use std::io;
use std::path::Path;
use std::sync::Arc;

struct Held(Vec<u8>);

impl Blocks for Held {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let start = usize::try_from(offset).unwrap().min(self.0.len());
        let count = into.len().min(self.0.len() - start);
        into[..count].copy_from_slice(&self.0[start..start + count]);
        Ok(count)
    }
}

async fn sandbox() -> Sandbox {
    let decoders_folder = Path::new(env!("CARGO_BIN_EXE_assay-geo")).parent().unwrap().to_owned();
    Sandbox::start(SandboxConfig { decoders_folder, families: vec!["geo".into()], max_children: 1 }).await.unwrap()
}

async fn answered(sandbox: &Sandbox, name: &str) -> Answered {
    let bytes = fixture(name);
    let task =
        Task { limits: Profile::standard().decode, input: InputKind::Blocks, ..rehearse::task("image/tiff", None, bytes.len() as u64) };
    sandbox.decode("geo", task, Source::Blocks(Arc::new(Held(bytes)))).await.unwrap()
}

#[tokio::test]
async fn a_confined_child_knows_every_code_and_every_way_to_degrees() {
    let sandbox = sandbox().await;
    // Systems that the server looked up before, and others that only a child asks for.
    for (name, code) in [
        ("geo-utm.tif", 32633),
        ("geo-bigtiff.tif", 2056),
        ("geo-antimeridian.tif", 3832),
        ("geo-polar.tif", 3413),
        ("geo-float-nodata.tif", 32719),
        ("nitf-two-segments.ntf", 4326),
    ] {
        let answered = answered(&sandbox, &format!("media/{name}")).await;
        assert_eq!(answered.ended, Ended::Done, "{name}: {:?}", answered.refusal);
        let facts = answered.facts.unwrap();
        assert_eq!(facts.media_attributes.epsg, Some(code), "{name}");
        let unconfined = super::said(&format!("media/{name}")).facts.unwrap();
        assert_eq!(facts, unconfined, "{name}");
        assert!(facts.media_attributes.bounds.is_some());
        assert_eq!(answered.thumbnails.len(), 2, "{name}");
    }
    sandbox.close().await;
}

#[tokio::test]
async fn what_leads_elsewhere_leads_nowhere_and_every_hostile_file_leaves_its_child_sober() {
    let sandbox = sandbox().await;
    let mut names: Vec<_> = std::fs::read_dir(super::folder().join("hostile"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("geo-") || name.starts_with("nitf-"))
        .collect();
    names.sort();
    assert!(names.len() >= 10);
    for name in names {
        let answered = answered(&sandbox, &format!("hostile/{name}")).await;
        assert!(!matches!(answered.ended, Ended::Died(_)), "{name}: {:?}", answered.ended);
        if let Some(Details::TiledImagery(details)) = answered.facts.map(|facts| facts.details) {
            assert!(details.overviews.is_empty(), "{name}");
        }
    }
    sandbox.close().await;
}
