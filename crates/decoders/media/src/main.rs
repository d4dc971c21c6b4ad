//! The executable that looks at video and audio for a worker.

fn main() {}
