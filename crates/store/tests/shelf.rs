//! One suite that a local folder and a bucket in S3 both pass.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that can't go on fails")]

use assay_contract::{Code, JobId, OrganizationId, Secret};
use assay_store::{Part, Place, Shelf, ShelfError, ShelfKeys, ShelfOptions, open_shelf};
use assay_testkit::cloud::StandInCloud;
use bytes::Bytes;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A shelf and what it stands on.
struct Bed {
    shelf: Box<dyn Shelf>,
    base: String,
    _folder: Option<TempDir>,
    _cloud: Option<StandInCloud>,
}

impl Bed {
    fn folder() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let base = format!("file://{}/shelf é 1", folder.path().display());
        let shelf = open_shelf(&base, &ShelfOptions::default()).unwrap();
        Self { shelf, base, _folder: Some(folder), _cloud: None }
    }

    async fn s3() -> Self {
        let cloud = StandInCloud::start().await;
        cloud.add_bucket("our-shelf", None, None);
        let base = "s3://our-shelf/assay/v1".to_owned();
        let shelf = open_shelf(&base, &options(&cloud, cloud.operator_identity())).unwrap();
        Self { shelf, base, _folder: None, _cloud: Some(cloud) }
    }
}

fn options(cloud: &StandInCloud, (access_key_id, secret_access_key): (String, Secret<String>)) -> ShelfOptions {
    let keys = ShelfKeys::Aws { access_key_id, secret_access_key, session_token: None };
    ShelfOptions { endpoint: Some(cloud.endpoint().to_owned()), region: None, keys }
}

/// By when any machine has put something.
fn soon() -> Instant {
    Instant::now() + Duration::from_mins(1)
}

fn names(organization: &str, job: &str) -> (OrganizationId, JobId) {
    (organization.parse().unwrap(), job.parse().unwrap())
}

fn grid(organization: &str, job: &str) -> Place {
    let (organization, job) = names(organization, job);
    Place::thumbnail(&organization, &job, Part::Asset, "grid", "webp").unwrap()
}

macro_rules! suite {
    ($($case:ident,)*) => {
        mod folder { $(#[tokio::test] async fn $case() { super::$case(super::Bed::folder()).await; })* }
        mod s3 { $(#[tokio::test] async fn $case() { super::$case(super::Bed::s3().await).await; })* }
    };
}

suite! {
    what_is_put_is_found_by_its_address,
    putting_twice_is_the_same_as_once,
    what_is_missing_is_said_to_be_missing,
    an_address_elsewhere_is_refused,
    a_jobs_things_are_removed_and_no_others,
    what_no_record_names_is_removed_from_its_part_alone,
    what_would_be_put_too_late_is_not_put,
    a_shelf_that_answers_is_healthy,
}

async fn what_is_put_is_found_by_its_address(bed: Bed) {
    let odd = grid("org:a@b", "01J-x_y.z:w@v");
    let uri = bed.shelf.put(&odd, Bytes::from_static(b"picture"), "image/webp", soon()).await.unwrap();
    assert_eq!(uri.as_str(), format!("{}/org:a@b/thumbnails/01J-x_y.z:w@v/grid.webp", bed.base));
    assert_eq!(bed.shelf.get(uri.as_str()).await.unwrap(), "picture");
    let (organization, job) = names("org_acme", "j1");
    let empty = Place::derivative(&organization, &job, Part::Attachment(2), "waveform", "json").unwrap();
    let uri = bed.shelf.put(&empty, Bytes::new(), "application/json", soon()).await.unwrap();
    assert_eq!(bed.shelf.get(uri.as_str()).await.unwrap(), "");
}

async fn putting_twice_is_the_same_as_once(bed: Bed) {
    let place = grid("org_acme", "j1");
    let first = bed.shelf.put(&place, Bytes::from_static(b"a long first picture"), "image/webp", soon()).await.unwrap();
    let second = bed.shelf.put(&place, Bytes::from_static(b"second"), "image/webp", soon()).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(bed.shelf.get(second.as_str()).await.unwrap(), "second");
    let (organization, job) = names("org_acme", "j1");
    assert_eq!(bed.shelf.remove_job(&organization, &job).await.unwrap(), 1);
}

async fn what_is_missing_is_said_to_be_missing(bed: Bed) {
    let missing = bed.shelf.get(&format!("{}/org_acme/thumbnails/j1/grid.webp", bed.base)).await;
    assert!(matches!(missing, Err(ShelfError::Missing)), "{missing:?}");
}

async fn an_address_elsewhere_is_refused(bed: Bed) {
    for uri in ["s3://acme-raw/street.jpg", "file:///etc/passwd", "https://example.com/a", "", &format!("{}/../../etc/passwd", bed.base)] {
        let refused = bed.shelf.get(uri).await;
        assert!(matches!(refused, Err(ShelfError::Elsewhere)), "{uri}: {refused:?}");
    }
}

async fn a_jobs_things_are_removed_and_no_others(bed: Bed) {
    let (organization, job) = names("org_acme", "j1");
    let of_job = [
        grid("org_acme", "j1"),
        Place::thumbnail(&organization, &job, Part::Attachment(0), "grid", "webp").unwrap(),
        Place::derivative(&organization, &job, Part::Asset, "waveform", "json").unwrap(),
    ];
    let others = [grid("org_acme", "j10"), grid("org_other", "j1")];
    for place in of_job.iter().chain(&others) {
        bed.shelf.put(place, Bytes::from_static(b"x"), "image/webp", soon()).await.unwrap();
    }
    assert_eq!(bed.shelf.remove_job(&organization, &job).await.unwrap(), 3);
    assert_eq!(bed.shelf.remove_job(&organization, &job).await.unwrap(), 0);
    for place in &others {
        assert_eq!(bed.shelf.get(&format!("{}/{}", bed.base, place.as_str())).await.unwrap(), "x");
    }
}

async fn what_no_record_names_is_removed_from_its_part_alone(bed: Bed) {
    let (organization, job) = names("org:a@b", "01J-x_y.z:w@v");
    let derivative = |part, name: &str| Place::derivative(&organization, &job, part, name, "json").unwrap();
    let (asset, attached, other) = (Part::Asset, Part::Attachment(1), Part::Attachment(10));
    let named = Place::thumbnail(&organization, &job, asset, "grid", "webp").unwrap();
    let stray = [Place::thumbnail(&organization, &job, asset, "preview", "jpg").unwrap(), derivative(asset, "waveform")];
    let others = [derivative(attached, "waveform"), derivative(other, "waveform"), grid("org:a@b", "01J-x_y.z:w@v2")];
    let mut uris = Vec::new();
    for place in [&named].into_iter().chain(&stray).chain(&others) {
        uris.push(bed.shelf.put(place, Bytes::from_static(b"x"), "image/webp", soon()).await.unwrap());
    }
    let keep_only = async |part, named: &[&str]| {
        let unnamed = bed.shelf.unnamed(&organization, &job, part, named).await.unwrap();
        assert_eq!(bed.shelf.remove(&unnamed).await.unwrap(), unnamed.len() as u64);
        // A second worker may have found the same.
        assert_eq!(bed.shelf.remove(&unnamed).await.unwrap(), unnamed.len() as u64);
        unnamed.len()
    };
    assert_eq!(keep_only(asset, &[uris[0].as_str()]).await, 2);
    assert_eq!(keep_only(asset, &[uris[0].as_str()]).await, 0);
    assert_eq!(keep_only(attached, &[]).await, 1);
    for (uri, stands) in uris.iter().zip([true, false, false, false, true, true]) {
        assert_eq!(bed.shelf.get(uri.as_str()).await.is_ok(), stands, "{uri}");
    }
}

async fn what_would_be_put_too_late_is_not_put(bed: Bed) {
    let place = grid("org_acme", "j1");
    let late = bed.shelf.put(&place, Bytes::from_static(b"late"), "image/webp", Instant::now()).await.unwrap_err();
    assert!(matches!(late, ShelfError::Slow { .. }), "{late:?}");
    let (organization, job) = names("org_acme", "j1");
    assert_eq!(bed.shelf.unnamed(&organization, &job, Part::Asset, &[]).await.unwrap(), []);
}

async fn a_shelf_that_answers_is_healthy(bed: Bed) {
    bed.shelf.healthy().await.unwrap();
    bed.shelf.put(&grid("org_acme", "j1"), Bytes::from_static(b"x"), "image/webp", soon()).await.unwrap();
    bed.shelf.healthy().await.unwrap();
}

#[tokio::test]
async fn a_folder_is_entered_by_its_owner_only() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("new/shelf");
    open_shelf(&format!("file://{}", path.display()), &ShelfOptions::default()).unwrap();
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn a_folder_that_was_taken_away_is_not_healthy() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("shelf");
    let shelf = open_shelf(&format!("file://{}", path.display()), &ShelfOptions::default()).unwrap();
    std::fs::remove_dir(&path).unwrap();
    std::fs::write(&path, "a file in its place").unwrap();
    let failed = shelf.put(&grid("org_acme", "j1"), Bytes::from_static(b"x"), "image/webp", soon()).await.unwrap_err();
    assert_eq!(failed.failure().code, Code::StoreUnavailable);
    shelf.healthy().await.unwrap_err();
}

#[tokio::test]
async fn keys_that_the_bucket_refuses_are_our_own_outage() {
    let cloud = StandInCloud::start().await;
    cloud.add_bucket("our-shelf", None, None);
    // The worker's own identity may assume roles, and nothing else.
    let shelf = open_shelf("s3://our-shelf", &options(&cloud, cloud.worker_identity())).unwrap();
    let refused = shelf.put(&grid("org_acme", "j1"), Bytes::from_static(b"x"), "image/webp", soon()).await.unwrap_err();
    assert!(matches!(refused, ShelfError::Refused), "{refused:?}");
    assert_eq!(refused.failure().code, Code::StoreUnavailable);
    assert!(matches!(shelf.healthy().await, Err(ShelfError::Refused)));
    assert_eq!(cloud.keys("our-shelf"), Vec::<String>::new());
}

#[tokio::test]
async fn an_error_never_shows_a_key_or_an_address() {
    let planted = "planted-Pa55";
    let keys = ShelfKeys::Aws {
        access_key_id: planted.to_owned(),
        secret_access_key: Secret::new(planted.to_owned()),
        session_token: Some(Secret::new(planted.to_owned())),
    };
    // Nobody listens there.
    let options = ShelfOptions { endpoint: Some("http://127.0.0.1:1".to_owned()), region: None, keys };
    let shelf = open_shelf(&format!("s3://bucket/{planted}"), &options).unwrap();
    let error = shelf.put(&grid(planted, "j1"), Bytes::new(), "image/webp", soon()).await.unwrap_err();
    let said = format!("{error} {error:?} {:?}", error.failure());
    assert!(!said.contains(planted), "{said}");
    assert!(matches!(error, ShelfError::Unavailable), "{error:?}");
}

#[test]
fn an_address_that_is_no_shelf_is_refused() {
    let google = ShelfOptions { keys: ShelfKeys::Google(Secret::new("{}".to_owned())), ..ShelfOptions::default() };
    for url in ["", "shelf", "ftp://host/x", "file://relative", "az://account", "s3://bucket/a//b"] {
        assert!(matches!(open_shelf(url, &ShelfOptions::default()), Err(ShelfError::Address(_))), "{url}");
    }
    assert!(matches!(open_shelf("s3://bucket", &google), Err(ShelfError::Address(_))));
}

/// Where this test executable is run again, to be killed: the folder to put into.
const PUT_INTO: &str = "ASSAY_TEST_PUT_INTO";

/// Not a test of its own: what the next one kills.
#[tokio::test]
#[allow(clippy::disallowed_methods, reason = "a test's own switch, not configuration")]
async fn puts_until_it_is_killed() {
    let Ok(folder) = std::env::var(PUT_INTO) else { return };
    let shelf = open_shelf(&folder, &ShelfOptions::default()).unwrap();
    shelf.put(&grid("org_acme", "j1"), Bytes::from_static(b"whole"), "image/webp", soon()).await.unwrap();
    let _ = shelf.put(&grid("org_acme", "j1"), vec![7; 4 << 20].into(), "image/webp", soon()).await;
    panic!("it was to be killed");
}

/// The kernel kills whoever writes past the file size that the shell allows (setrlimit(2)): in the middle of the picture, always.
#[test]
#[allow(clippy::disallowed_methods, reason = "what is tested here is a process")]
fn a_kill_in_the_middle_of_a_picture_leaves_nothing_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let script = "ulimit -c 0; ulimit -f 1024; exec \"$0\" --exact puts_until_it_is_killed --nocapture";
    let executable = std::env::current_exe().unwrap();
    let shelf = format!("file://{}/shelf", folder.path().display());
    let ended = std::process::Command::new("sh").args(["-c", script]).arg(executable).env(PUT_INTO, shelf).output().unwrap();
    assert_eq!(ended.status.signal(), Some(25), "SIGXFSZ: {ended:?}");
    let thumbnails = folder.path().join("shelf/org_acme/thumbnails");
    let files: Vec<_> = std::fs::read_dir(thumbnails.join("j1")).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["grid.webp"]);
    assert_eq!(std::fs::read(thumbnails.join("j1/grid.webp")).unwrap(), b"whole");
}

/// Where this test executable is run again behind a proxy: the bucket's endpoint, and the keys to it.
const PUT_TO: [&str; 3] = ["ASSAY_TEST_ENDPOINT", "ASSAY_TEST_KEY_ID", "ASSAY_TEST_KEY"];

/// Not a test of its own: what the next one runs in another environment.
#[tokio::test]
#[allow(clippy::disallowed_methods, reason = "a test's own switch, not configuration")]
async fn puts_in_another_environment() {
    let [Ok(endpoint), Ok(access_key_id), Ok(key)] = PUT_TO.map(std::env::var) else { return };
    let keys = ShelfKeys::Aws { access_key_id, secret_access_key: Secret::new(key), session_token: None };
    let shelf = open_shelf("s3://our-shelf", &ShelfOptions { endpoint: Some(endpoint), region: None, keys }).unwrap();
    shelf.put(&grid("org_acme", "j1"), Bytes::from_static(b"x"), "image/webp", soon()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::disallowed_methods, reason = "what is tested here is a process")]
async fn a_proxy_of_the_environment_sees_nothing() {
    let cloud = StandInCloud::start().await;
    cloud.add_bucket("our-shelf", None, None);
    let (id, key) = cloud.operator_identity();
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    for endpoint in [cloud.endpoint().to_owned(), cloud.endpoint().replace("127.0.0.1", "localhost")] {
        let mut child = tokio::process::Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "puts_in_another_environment", "--nocapture"]).kill_on_drop(true);
        child.env_remove("NO_PROXY").env_remove("no_proxy");
        child.envs(["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"].map(|name| (name, &address)));
        child.envs(PUT_TO.into_iter().zip([endpoint.as_str(), id.as_str(), key.expose().as_str()]));
        let output = tokio::select! {
            output = child.output() => output.unwrap(),
            () = asked(&proxy) => panic!("the proxy was asked for {endpoint}"),
        };
        assert!(output.status.success(), "{endpoint}: {}", String::from_utf8_lossy(&output.stdout));
    }
    assert_eq!(cloud.keys("our-shelf"), ["org_acme/thumbnails/j1/grid.webp"]);
}

/// Returns when somebody connects.
async fn asked(proxy: &std::net::TcpListener) {
    let proxy = tokio::net::TcpListener::from_std(proxy.try_clone().unwrap()).unwrap();
    drop(proxy.accept().await.unwrap());
}
