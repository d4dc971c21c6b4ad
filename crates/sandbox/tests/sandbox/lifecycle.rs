//! Starting, closing, restarting, cancelling.

use crate::ground::{assert_healthy, sandbox};
use assay_contract::record::Posture;

#[tokio::test(flavor = "multi_thread")]
async fn an_asset_gets_facts_from_a_child_of_its_own() {
    let sandbox = sandbox().await;
    assert_healthy(&sandbox).await;
    assert_eq!(sandbox.posture(), Posture::Full);
    assert_eq!(sandbox.libraries("faulty").get("misfortune").map(String::as_str), Some("0.1.0"));
    sandbox.close().await;
}
