//! The rows of the attack matrix: each attack, and what must come of it in each column.
//!
//! A cell is [`B`], a breach, or what stopped the attack: an error's name, `filter` with the call that the seccomp filter
//! named, a signal, or the clock or limit of the worker's.

/// The attack succeeded.
pub(crate) const B: &str = "breach";

/// The attack succeeded, or the worker saw it and ended it.
const SEEN: &str = "breach or limit";

/// One attack.
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    /// The test decoder's command; `{…}` are the targets.
    pub(crate) command: &'static str,
    /// What the column without layers shows.
    pub(crate) control: Control,
    /// What must have happened before, on the same fork server.
    pub(crate) before: Option<&'static str>,
    /// Ends by a clock of the worker's.
    pub(crate) clock: Clock,
    /// None, user, limits, Landlock, seccomp, all: where the worker is root.
    as_root: Cells,
    /// And where it is not.
    as_user: Cells,
    /// The machine itself may refuse it, in every column.
    pub(crate) may_be_closed: bool,
}

pub(crate) type Cells = [&'static str; 6];

/// How an attack is seen to succeed.
#[derive(Clone, Copy)]
pub(crate) enum Control {
    /// By itself, with all layers off.
    Same,
    /// By another command, where the defence is no layer that could be left off.
    Other(&'static str),
    /// In the worker's own process, where the defence is that there is another one.
    InProcess,
}

#[derive(Clone, Copy)]
pub(crate) enum Clock {
    /// The attack ends by itself.
    Patient,
    /// The worker must give up soon.
    Brief,
    /// The kernel's count of CPU time where there is one, else the worker's clock.
    Cpu,
}

impl Attack {
    /// Its cells, none to all.
    pub(crate) fn cells(&self, is_root: bool) -> Cells {
        if is_root { self.as_root } else { self.as_user }
    }

    const fn by(self, control: Control) -> Self {
        Self { control, ..self }
    }

    const fn after(self, before: &'static str) -> Self {
        Self { before: Some(before), ..self }
    }

    const fn until(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    const fn but_as_user(self, as_user: Cells) -> Self {
        Self { as_user, ..self }
    }

    const fn where_open(self) -> Self {
        Self { may_be_closed: true, ..self }
    }
}

const fn attack(name: &'static str, command: &'static str, cells: Cells) -> Attack {
    Attack {
        name,
        command,
        control: Control::Same,
        before: None,
        clock: Clock::Patient,
        as_root: cells,
        as_user: cells,
        may_be_closed: false,
    }
}

const fn same(control: &'static str, held: &'static str) -> Cells {
    [control, held, held, held, held, held]
}

/// Every attack.
pub(crate) const ATTACKS: &[Attack] = &[
    // Ways to die and to hang: the defence is a process for each asset, and the worker's clocks.
    attack("segmentation fault", "segfault", same("worker: signal 11", "signal 11")).by(Control::InProcess),
    attack("abort", "abort", same("worker: signal 6", "signal 6")).by(Control::InProcess),
    attack("stack overflow", "overflow", same("worker: signal 6", "signal 6")).by(Control::InProcess),
    attack("loops for ever", "spin", ["worker: hangs", "stall", "cpu", "stall", "stall", "cpu"]).by(Control::InProcess).until(Clock::Cpu),
    attack("sleeps for ever", "sleep", same("worker: hangs", "stall")).by(Control::InProcess).until(Clock::Brief),
    attack("stops itself", "stop", same("worker: hangs", "stall")).by(Control::InProcess).until(Clock::Brief),
    // With the server's descriptors in it, a copy of its socket stays open.
    attack("closes its socket and lives on", "close", ["worker: hangs", "stall", "stall", "stall", "stall", "protocol"])
        .by(Control::InProcess)
        .until(Clock::Brief),
    // Too much.
    attack("memory by malloc", "eat-c 134217728", [B, B, "memory", B, B, "memory"]),
    attack("memory by Vec", "eat 134217728", [B, B, "memory", B, B, "memory"]),
    attack("memory in a memfd", "memfd", [B, B, "signal 25", B, "EACCES", "EACCES"]),
    // The kernel counts processes for each user, and root's not at all: there the limit holds only beside the user's layer.
    attack("64 processes", "fork-bomb 64", [B, B, B, B, "EPERM", "EPERM"]).but_as_user([B, B, "EAGAIN", B, "EPERM", "EPERM"]),
    // The worker looks at a child's threads, too: it is seen to succeed only where it ends before the worker has looked.
    attack("400 threads", "thread 400", [SEEN, SEEN, SEEN, SEEN, "EPERM", "EPERM"])
        .but_as_user([SEEN, SEEN, "EAGAIN", SEEN, "EPERM", "EPERM"]),
    // CAP_SYS_RESOURCE may; not every machine's root has it.
    attack("raises its own limits", "raise-limits", [B, B, "breach or EPERM", B, "EPERM", "EPERM"])
        .but_as_user([B, B, "EPERM", B, "EPERM", "EPERM"]),
    // Files.
    attack("reads /etc/passwd", "read /etc/passwd", [B, B, B, "EACCES", "EACCES", "EACCES"]),
    attack("reads a credential file (0600)", "read {secret}", [B, "EACCES", B, "EACCES", "EACCES", "EACCES"])
        .but_as_user([B, B, B, "EACCES", "EACCES", "EACCES"]),
    attack("writes a file", "write {folder}/left-behind", [B, B, "signal 25", "EACCES", "EACCES", "EACCES"]),
    attack("leaves a file in /dev/shm", "write {shm}", [B, B, "signal 25", "EACCES", "EACCES", "EACCES"]),
    attack("opens a descriptor again", "reopen", [B, B, B, "EACCES", "EACCES", "EACCES"]),
    // Seals hold with every layer off; what is left to say is which way there was to them.
    attack("changes its input", "change-input", [B, "EPERM", "signal 25", "no path", "no path", "no path"])
        .but_as_user([B, "EPERM", "EPERM", "no path", "no path", "no path"])
        .by(Control::Other("change-unsealed")),
    // Network.
    attack("connects by TCP", "tcp {tcp}", [B, B, B, "EACCES", "filter: socket", "filter: socket"]),
    attack("asks the metadata server", "tcp {metadata}", [B, B, B, "EACCES", "filter: socket", "filter: socket"]),
    attack("sends by UDP", "udp {udp}", [B, B, B, B, "filter: socket", "filter: socket"]),
    attack("connects to a socket by path", "unix {unix}", [B, B, B, B, "filter: socket", "filter: socket"]),
    attack("connects to an abstract socket", "abstract {abstract}", [B, B, B, "EPERM", "filter: socket", "filter: socket"]),
    attack("a socket with all signals blocked", "blocked", [B, B, B, B, "filter", "filter"]),
    // The worker.
    attack("traces the worker", "ptrace {worker}", [B, "EPERM", B, "EPERM", "filter", "filter"]),
    attack("reads the worker's memory", "peek {worker} {marker}", [B, "EPERM", B, "EPERM", "filter", "filter"]),
    attack("reads the worker's /proc/PID/mem", "mem {worker} {marker}", [B, "EACCES", B, "EACCES", "EACCES", "EACCES"]),
    attack("reads the worker's environment", "read /proc/{worker}/environ", [B, "EACCES", B, "EACCES", "EACCES", "EACCES"]),
    attack("signals the worker (kill)", "kill {worker}", [B, "EPERM", B, "EPERM", "filter: kill", "filter: kill"]).but_as_user([
        B,
        B,
        B,
        "EPERM",
        "filter: kill",
        "filter: kill",
    ]),
    attack("signals the worker (tgkill)", "tgkill {worker}", [B, "EPERM", B, "EPERM", "EPERM", "EPERM"])
        .but_as_user([B, B, B, "EPERM", "EPERM", "EPERM"]),
    attack("signals the worker (pidfd)", "pidfd {worker}", [B, "EPERM", B, "EPERM", "EPERM", "EPERM"])
        .but_as_user([B, B, B, "EPERM", "EPERM", "EPERM"]),
    attack("has the worker signalled (F_SETOWN)", "own {worker}", [B, B, B, B, "filter: fcntl", "filter: fcntl"]),
    attack("takes a descriptor of the worker's", "steal-descriptor {worker}", [B, "EPERM", B, "EPERM", "EPERM", "EPERM"]),
    // The kernel.
    attack("io_uring", "io-uring", [B, B, B, B, "filter", "filter"])
        // Its rings are locked memory, which root may have without limit.
        .but_as_user([B, B, "ENOMEM or breach", B, "filter", "filter"])
        .where_open(),
    attack("userfaultfd", "userfaultfd", [B, B, B, B, "filter", "filter"]).where_open(),
    attack("bpf", "bpf", [B, "EPERM", B, B, "filter", "filter"]).but_as_user([B, B, B, B, "filter", "filter"]).where_open(),
    attack("keyctl", "keyctl", [B, B, B, B, "filter", "filter"]).where_open(),
    attack("perf events", "perf", [B, B, B, B, "filter", "filter"]).where_open(),
    attack("a user namespace", "unshare", [B, B, B, B, "filter", "filter"]).where_open(),
    attack("runs a program", "exec", [B, B, B, "EACCES", "filter: execve", "filter: execve"]),
    attack("writes code and runs it", "write-exec", [B, "EACCES", B, B, "filter: mprotect", "filter: mprotect"]),
    attack("x32 call", "x32", [B, B, B, B, "filter: x32 getpid", "filter: x32 getpid"]).where_open(),
    attack("32-bit call", "int80", [B, B, B, B, "filter", "filter"]).where_open(),
    attack("clone3", "clone3", [B, B, B, B, "ENOSYS", "ENOSYS"]),
    attack("becomes dumpable again", "prctl", [B, B, B, B, "EPERM", "EPERM"]),
    // Another tenant.
    attack("finds another asset in its heap", "recall {backwards}", same(B, "no trace"))
        .after("remember {asset}")
        .by(Control::Other("remember-and-recall {backwards}")),
    // Lies: the defence is that the worker believes nothing; the control is that an honest word is taken.
    attack("claims a frame of 4 GB", "terabyte", same("taken", "protocol")).by(Control::Other("thumbnails grid")),
    attack("answers with garbage", "garbage", same("taken", "protocol")).by(Control::Other("thumbnails grid")),
    attack("speaks for its fork server", "control-frame", same("taken", "protocol")).by(Control::Other("thumbnails grid")),
    attack("answers without end", "flood", same("taken", "limit")).by(Control::Other("thumbnails grid")),
];
