//! A private PostgreSQL on loopback: its own folder, port and password, gone when it is dropped.

use anyhow::{Context, Result, anyhow, bail};
use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Names a server that is there already: an address whose user may create databases.
pub const GIVEN: &str = "ASSAY_TEST_POSTGRES";

/// Where Debian installs each version's programs.
const VERSIONS: &str = "/usr/lib/postgresql";

/// How long a server may take until it answers; on a busy machine it takes seconds.
const START_LIMIT: Duration = Duration::from_mins(1);

/// A cluster of our own, without fsync: for tests only. Stopped and removed on drop.
#[derive(Debug)]
pub struct PrivatePostgres {
    programs: Programs,
    url: String,
    port: u16,
    server: Mutex<Child>,
    folder: TempDir,
}

/// The server that tests share: one that was given, or one of our own for as long as anybody holds it.
#[derive(Debug, Clone)]
pub enum SharedPostgres {
    /// Named by [`GIVEN`].
    Given {
        /// Its address.
        url: String,
    },
    /// Started here.
    Own(Arc<PrivatePostgres>),
}

/// Starts a cluster; takes about two seconds.
pub fn start() -> Result<PrivatePostgres> {
    let programs = Programs::find()?;
    let folder = tempfile::Builder::new().prefix("assay-postgres-").tempdir()?;
    programs.own(folder.path())?;
    let cluster = folder.path().join("cluster");
    let password = random_hex()?;
    let secret = folder.path().join("password");
    fs::write(&secret, &password)?;
    programs.own(&secret)?;
    let initdb = ["--auth=scram-sha-256", "--username=assay", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"];
    programs.run("initdb", &initdb, &[("--pwfile", &secret), ("--pgdata", &cluster)])?;
    // A port that was free may be taken before the server has it: try another.
    let mut last = anyhow!("no port was tried");
    for _ in 0..5 {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        match serve(&programs, folder.path(), port) {
            Ok(server) => {
                let url = format!("postgres://assay:{password}@127.0.0.1:{port}/postgres");
                return Ok(PrivatePostgres { programs, url, port, server: Mutex::new(server), folder });
            }
            Err(e) => last = e,
        }
    }
    Err(last)
}

/// Starts the server as a child of ours, so that we reap it, and waits until it answers.
fn serve(programs: &Programs, folder: &Path, port: u16) -> Result<Child> {
    let log = folder.join("log");
    let written = fs::File::create(&log)?;
    let mut command = programs.command("postgres");
    command.arg("-D").arg(folder.join("cluster")).arg("-p").arg(port.to_string());
    let sockets = format!("unix_socket_directories={}", folder.display());
    let settings =
        ["listen_addresses=127.0.0.1", &sockets, "fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200"];
    for setting in settings {
        command.arg("-c").arg(setting);
    }
    let mut server = command.stdout(written.try_clone()?).stderr(written).spawn().context("postgres could not be started")?;
    let patience = Instant::now() + START_LIMIT;
    let port = port.to_string();
    loop {
        if let Some(status) = server.try_wait()? {
            bail!("postgres ended with {status}: {}", fs::read_to_string(&log).unwrap_or_default());
        }
        if programs.run("pg_isready", &["--quiet", "--host", "127.0.0.1", "--port", &port], &[]).is_ok() {
            return Ok(server);
        }
        if Instant::now() > patience {
            server.kill()?;
            server.wait()?;
            bail!("postgres did not answer in {START_LIMIT:?}: {}", fs::read_to_string(&log).unwrap_or_default());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The server named by [`GIVEN`], else one of our own, started once and shared by all who hold it at the same time.
pub fn shared() -> Result<SharedPostgres> {
    static OWN: Mutex<Weak<PrivatePostgres>> = Mutex::new(Weak::new());
    #[allow(clippy::disallowed_methods, reason = "tests are told by the environment which server to use")]
    if let Ok(url) = std::env::var(GIVEN) {
        return Ok(SharedPostgres::Given { url });
    }
    let mut own = OWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(running) = own.upgrade() {
        return Ok(SharedPostgres::Own(running));
    }
    let started = Arc::new(start()?);
    *own = Arc::downgrade(&started);
    Ok(SharedPostgres::Own(started))
}

impl PrivatePostgres {
    /// The address of its maintenance database, whose user may do everything.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Makes an empty database; its address.
    pub fn create_database(&self) -> Result<String> {
        create_database(&self.programs, &self.url)
    }

    /// Stops the server at once, as a crash would, and starts it again on the same port: what was committed is still there.
    pub fn restart(&self) -> Result<()> {
        let mut server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        self.stop(&mut server)?;
        *server = serve(&self.programs, self.folder.path(), self.port)?;
        Ok(())
    }

    /// Immediate mode: every server process ends without a checkpoint.
    fn stop(&self, server: &mut Child) -> Result<()> {
        let cluster = self.folder.path().join("cluster");
        self.programs.run("pg_ctl", &["stop", "--no-wait", "--silent", "--mode=immediate"], &[("--pgdata", &cluster)])?;
        server.wait()?;
        Ok(())
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        let mut server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = self.stop(&mut server) {
            tracing::warn!(%error, "a private PostgreSQL could not be stopped");
        }
    }
}

impl SharedPostgres {
    /// The address of its maintenance database.
    pub fn url(&self) -> &str {
        match self {
            Self::Given { url } => url,
            Self::Own(own) => own.url(),
        }
    }

    /// Makes an empty database; its address. On a given server it stays: its name begins with `assay_test_`.
    pub fn create_database(&self) -> Result<String> {
        create_database(&Programs::find()?, self.url())
    }
}

fn create_database(programs: &Programs, admin: &str) -> Result<String> {
    let name = format!("assay_test_{}", random_hex()?);
    programs.run("psql", &["--no-psqlrc", "--quiet", "--dbname", admin, "--command", &format!("CREATE DATABASE {name}")], &[])?;
    let (query_free, query) = admin.split_once('?').map_or((admin, None), |(address, query)| (address, Some(query)));
    let (server, _maintenance) = query_free.rsplit_once('/').context("the server's address names no database")?;
    Ok(match query {
        Some(query) => format!("{server}/{name}?{query}"),
        None => format!("{server}/{name}"),
    })
}

/// PostgreSQL's programs, and the user as whom they run: the server refuses root.
#[derive(Debug)]
struct Programs {
    folder: PathBuf,
    user: Option<(u32, u32)>,
}

impl Programs {
    fn find() -> Result<Self> {
        let version = |path: &Path| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
        let newest = fs::read_dir(VERSIONS)
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.join("bin/initdb").exists())
            .max_by_key(|path| version(path))
            .context("PostgreSQL is not installed; type: apt-get install --yes postgresql-15")?;
        let user = if fs::metadata("/proc/self")?.uid() == 0 { Some(postgres_user()?) } else { None };
        Ok(Self { folder: newest.join("bin"), user })
    }

    fn own(&self, path: &Path) -> Result<()> {
        match self.user {
            Some((uid, gid)) => Ok(chown(path, Some(uid), Some(gid))?),
            None => Ok(()),
        }
    }

    /// Runs one program to its end; an error has what it wrote.
    fn run(&self, program: &str, arguments: &[&str], paths: &[(&str, &PathBuf)]) -> Result<()> {
        let mut command = self.command(program);
        command.args(arguments);
        for (option, path) in paths {
            command.arg(option).arg(path);
        }
        let said = tempfile::tempfile()?;
        let status = command
            .stdout(said.try_clone()?)
            .stderr(said.try_clone()?)
            .status()
            .with_context(|| format!("{program} could not be started"))?;
        if status.success() {
            return Ok(());
        }
        let mut text = String::new();
        std::io::Seek::rewind(&mut &said)?;
        (&said).read_to_string(&mut text)?;
        bail!("{program} ended with {status}: {}", text.trim())
    }

    /// One of the programs, with an environment of our own.
    fn command(&self, program: &str) -> Command {
        let path = self.folder.join(program);
        #[allow(clippy::disallowed_methods, reason = "the test kit starts the servers that tests need")]
        let mut command = match self.user {
            Some((uid, gid)) => {
                let mut command = Command::new("setpriv");
                command.arg(format!("--reuid={uid}")).arg(format!("--regid={gid}")).arg("--clear-groups").arg("--").arg(path);
                command
            }
            None => Command::new(path),
        };
        command.current_dir("/").env_clear().env("LC_ALL", "C").env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
        command
    }
}

/// User and group of `postgres`, which its Debian package makes.
fn postgres_user() -> Result<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd")?;
    let line = users
        .lines()
        .find(|line| line.starts_with("postgres:"))
        .context("there is no user postgres, as whom the server could run instead of root; type: apt-get install --yes postgresql-15")?;
    let mut fields = line.split(':').skip(2);
    let mut number = || fields.next().and_then(|field| field.parse().ok()).context("the user postgres has no number");
    Ok((number()?, number()?))
}

fn random_hex() -> Result<String> {
    let mut bytes = [0; 16];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(format!("{:032x}", u128::from_le_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpStream;

    #[test]
    fn nothing_is_left_of_a_private_server() {
        let server = start().unwrap();
        let (folder, url) = (server.folder.path().to_owned(), server.create_database().unwrap());
        let port = url.rsplit_once(':').unwrap().1.split('/').next().unwrap().parse::<u16>().unwrap();
        assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());
        server.restart().unwrap();
        drop(server);
        assert!(!folder.exists());
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    }
}
