//! Listing through a delegation: every page, only the scope, only where it is granted.

use crate::scene::*;
use assay_access::AccessError;
use assay_testkit::cloud::ObjectOptions;

async fn scene() -> Scene {
    Scene::with(|integration| {
        integration.may_list = true;
        "2026/".clone_into(&mut integration.scope[0].prefix);
    })
    .await
}

#[tokio::test]
async fn every_page_of_a_prefix_is_listed_once() {
    let scene = scene().await;
    for number in 0..1203 {
        scene.cloud.put_object(BUCKET, &format!("2026/é +{number:04}.jpg"), &b"x"[..], ObjectOptions::default());
    }
    scene.cloud.put_object(BUCKET, "2026/folder/", &b""[..], ObjectOptions::default());
    scene.cloud.put_object(BUCKET, "2025/old.jpg", &b"x"[..], ObjectOptions::default());
    let (mut keys, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = scene.access.list(&scene.integration, BUCKET, "2026/", after.as_deref()).await.unwrap();
        pages += 1;
        keys.extend(page.keys);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!((keys.len(), pages), (1204, 2), "1,203 and the scene's own, no folder's marker, nothing of 2025");
    assert_eq!(keys.iter().filter(|key| *key == "2026/é +0007.jpg").count(), 1);
}

#[tokio::test]
async fn what_is_not_granted_is_not_listed() {
    let mut scene = scene().await;
    let outside = scene.access.list(&scene.integration, BUCKET, "2025/", None).await;
    assert!(matches!(outside, Err(AccessError::OutsideScope)), "{outside:?}");
    scene.integration.may_list = false;
    let unasked = scene.access.list(&scene.integration, BUCKET, "2026/", None).await;
    assert!(matches!(unasked, Err(AccessError::ListingRefused { .. })), "{unasked:?}");
}
