//! What the attacks aim at: servers, files and a worker with a secret, all of them within reach of anybody.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use tempfile::TempDir;

/// Of the length that an attack reads.
static MARKER: &str = "worker's secret!";
/// Where clouds answer whoever asks with credentials.
const METADATA: &str = "169.254.169.254:80";

/// Targets that live as long as this does.
pub(crate) struct Targets {
    folder: TempDir,
    shm: PathBuf,
    places: Vec<(&'static str, String)>,
    contacts: Arc<AtomicUsize>,
}

impl Targets {
    /// Opens them. A metadata server only where this machine, or this network namespace, has its address.
    pub(crate) fn open() -> Self {
        let contacts = Arc::new(AtomicUsize::new(0));
        // Within reach of any user, like docker.sock where it is misplaced.
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        fs::write(path("secret"), "credentials").unwrap();
        fs::set_permissions(path("secret"), fs::Permissions::from_mode(0o600)).unwrap();

        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let unix = UnixListener::bind(path("socket")).unwrap();
        fs::set_permissions(path("socket"), fs::Permissions::from_mode(0o777)).unwrap();
        let name = format!("assay-attacked-{}", std::process::id());
        let hidden = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();

        let shm = PathBuf::from(format!("/dev/shm/assay-left-behind-{}", std::process::id()));
        let asset = format!("asset-{}-{}", std::process::id(), "Q".repeat(40));
        let mut places = vec![
            ("{folder}", folder.path().display().to_string()),
            ("{secret}", path("secret")),
            ("{unix}", path("socket")),
            ("{abstract}", name),
            ("{tcp}", tcp.local_addr().unwrap().to_string()),
            ("{udp}", udp.local_addr().unwrap().to_string()),
            ("{shm}", shm.display().to_string()),
            ("{worker}", std::process::id().to_string()),
            ("{marker}", format!("{:x}", MARKER.as_ptr().addr())),
            ("{backwards}", asset.chars().rev().collect()),
            ("{asset}", asset),
        ];
        if let Ok(metadata) = TcpListener::bind(METADATA) {
            places.push(("{metadata}", METADATA.to_owned()));
            serve(&contacts, move || metadata.accept().map(|(stream, _)| stream));
        }
        serve(&contacts, move || tcp.accept().map(|(stream, _)| stream));
        serve(&contacts, move || unix.accept().map(|(stream, _)| stream));
        serve(&contacts, move || hidden.accept().map(|(stream, _)| stream));
        let heard = contacts.clone();
        thread::spawn(move || {
            while udp.recv(&mut [0; 64]).is_ok() {
                heard.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { folder, shm, places, contacts }
    }

    /// A command with the targets in it; `None` where one of them is not here.
    pub(crate) fn aim(&self, command: &str) -> Option<String> {
        let aimed = self.places.iter().fold(command.to_owned(), |text, (name, place)| text.replace(name, place));
        (!aimed.contains('{')).then_some(aimed)
    }

    /// Connections and datagrams so far.
    pub(crate) fn contacts(&self) -> usize {
        self.contacts.load(Ordering::SeqCst)
    }

    /// Files that attacks left behind; they are taken away.
    pub(crate) fn left_behind(&self) -> usize {
        [self.folder.path().join("left-behind"), self.shm.clone()].iter().filter(|file| fs::remove_file(file).is_ok()).count()
    }
}

impl Drop for Targets {
    fn drop(&mut self) {
        self.left_behind();
    }
}

/// Answers whoever comes, and counts them.
fn serve<S: Read + Write>(contacts: &Arc<AtomicUsize>, accept: impl Fn() -> std::io::Result<S> + Send + 'static) {
    let contacts = contacts.clone();
    thread::spawn(move || {
        while let Ok(mut stream) = accept() {
            contacts.fetch_add(1, Ordering::SeqCst);
            // Whoever hangs up before has still been here.
            let _ = stream.read(&mut [0; 256]);
            let _ = stream.write_all(b"HTTP/1.0 200 OK\r\n\r\n{\"AccessKeyId\":\"ASIA\"}");
        }
    });
}
