//! A child that is taken over can't take the next asset, though it looks for it while that is surely sent.

use crate::columns::Column;
use crate::ground::{fork_servers, limits, run, signal, task};
use crate::matrix::short;
use assay_sandbox::{Blocks, Ended, Source};
use rustix::process::Signal;
use std::io;
use std::sync::Arc;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// Serves the attacker's command, and knows by its questions when the attack begins and when it is over: in between the fork
/// server stands still, so that nobody else takes what is sent.
struct Stage {
    server: u32,
    /// That it began, then whether it took something.
    news: UnboundedSender<bool>,
}

impl Blocks for Stage {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        into.fill(b'\n');
        match offset {
            0 => into.iter_mut().zip(b"take-next-job").for_each(|(to, from)| *to = *from),
            0x10_0000 => {
                signal(self.server, Signal::STOP);
                self.news.send(false).unwrap();
            }
            _ => {
                signal(self.server, Signal::CONT);
                self.news.send(offset == 0x30_0000).unwrap();
            }
        }
        Ok(into.len())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_asset_can_be_taken_only_where_the_servers_socket_lives_on_in_a_child() {
    for (column, is_taken) in [(Column::None, true), (Column::Seccomp, true), (Column::All, false)] {
        let (sandbox, _folder) = column.sandbox().await;
        let sandbox = Arc::new(sandbox);
        let (news, mut told) = unbounded_channel();
        let stage = Arc::new(Stage { server: fork_servers()[0], news });
        let attacker = tokio::spawn({
            let sandbox = sandbox.clone();
            async move { sandbox.decode("faulty", task(4 << 20, limits()), Source::Blocks(stage)).await }
        });
        told.recv().await.unwrap();
        let next = tokio::spawn({
            let sandbox = sandbox.clone();
            async move { run(&sandbox, "facts 10 20").await }
        });
        assert_eq!(told.recv().await.unwrap(), is_taken, "{}", column.name());
        if column == Column::All {
            assert_eq!(short(&attacker.await.unwrap().unwrap()), "no other socket");
            let next = next.await.unwrap();
            assert_eq!((next.ended, next.facts.unwrap().media_attributes.width), (Ended::Done, Some(10)));
        } else {
            // Its message is gone: it would wait until the server is given up, and that may wait for it as well.
            attacker.abort();
            next.abort();
            // Their ends come before the server's.
            let _ = (attacker.await, next.await);
        }
        drop(sandbox);
        crate::ground::eventually("this column's server is gone", || fork_servers().is_empty()).await;
    }
}
