//! Marked secrets are planted everywhere one can be, and searched for in everything that is printed.

use crate::scene::*;
use assay_access::{Access, AccessConfig, AccessError, WorkerIdentity};
use assay_contract::{AssetAddress, Secret};
use assay_testkit::cloud::ObjectOptions;

const MARK: &str = "PLANTED-SECRET";

#[tokio::test]
async fn no_error_or_debug_output_holds_a_secret_key_or_url() {
    let scene = Scene::new().await;
    scene.cloud.put_object(BUCKET, MARK, &b"x"[..], ObjectOptions::default());
    let config = AccessConfig {
        identity: WorkerIdentity::Static { access_key_id: "AKIANOBODY".to_owned(), secret_access_key: Secret::new(MARK.to_owned()) },
        sts_endpoint: Some(scene.cloud.endpoint().to_owned()),
        ..AccessConfig::default()
    };
    let marked = Access::new(config.clone()).await;
    let key = address(&format!("s3://{BUCKET}/{MARK}"));
    let outside = address(&format!("s3://other/{MARK}"));
    let dots = address(&format!("s3://{BUCKET}/{MARK}/../x"));
    let url = AssetAddress::Https(format!("https://cdn.example/{MARK}/../x?sig={MARK}"));

    let mut printed = format!("{config:?} {marked:?}");
    let mut errors: Vec<AccessError> = Vec::new();
    for asset in [&key, &outside, &dots, &url] {
        for (access, integration) in [(&marked, Some(&scene.integration)), (&scene.access, Some(&scene.integration)), (&marked, None)] {
            match access.sign(integration, asset, QUARTER_HOUR, &purpose("org_acme")).await {
                Ok(signed) => {
                    let token = signed.url.expose().split("X-Amz-Security-Token=").nth(1).unwrap().split('&').next().unwrap().to_owned();
                    printed.extend([format!("{signed:?} {:?} {:?}", scene.access, asset)]);
                    assert!(!printed.contains(&token));
                }
                Err(error) => errors.push(error),
            }
        }
        for line in
            marked.check(&scene.integration, Some(asset)).await.into_iter().chain(scene.access.check(&scene.integration, Some(asset)).await)
        {
            printed.extend([format!("{line:?}")]);
        }
    }
    assert!(errors.len() >= 10);
    for error in &errors {
        printed.extend([format!("{error} {error:?} {} {:?}", error.failure(), error.failure())]);
        printed.push_str(&serde_json::to_string(&error.failure()).unwrap());
    }
    assert!(!printed.contains(MARK), "{printed}");
    let (_, secret) = scene.cloud.worker_identity();
    assert!(!printed.contains(secret.expose().as_str()));
}
