//! A shard: one thread with one single-threaded runtime, which owns sockets *and* the actors that
//! serve them, so that a message meets no other thread on its way.
//!
//! N identical shards, one per core. Work reaches a shard as a closure. Not here: what runs on it.

use std::io;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Something to run on a shard's thread.
pub type Job = Box<dyn FnOnce() + Send>;

/// Jobs that may wait for a shard; more means that it hangs, and who brings one is told so.
const JOBS_MAX: usize = 16_384;

/// The handle of a shard.
#[derive(Debug, Clone)]
pub struct Shard {
    jobs: mpsc::Sender<Job>,
}

/// The shard takes no more work: it hangs, or is going down.
#[derive(Debug, thiserror::Error)]
#[error("the shard takes no more work")]
pub struct ShardFull;

impl Shard {
    /// Starts a thread for it. It ends when the last handle is dropped.
    pub fn start(name: &str) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel(JOBS_MAX);
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build_local(tokio::runtime::LocalOptions::default());
            match runtime {
                Ok(runtime) => runtime.block_on(run(queue)),
                Err(error) => tracing::error!(%error, "a shard has no runtime"),
            }
        })?;
        Ok(Self { jobs })
    }

    /// Uses the current thread's runtime instead: for a simulation, which has one thread.
    pub fn here() -> (Self, JoinHandle<()>) {
        let (jobs, queue) = mpsc::channel(JOBS_MAX);
        (Self { jobs }, tokio::task::spawn_local(run(queue)))
    }

    /// Runs `job` there, soon.
    pub fn run(&self, job: impl FnOnce() + Send + 'static) -> Result<(), ShardFull> {
        self.jobs.try_send(Box::new(job)).map_err(|_| ShardFull)
    }
}

async fn run(mut jobs: mpsc::Receiver<Job>) {
    while let Some(job) = jobs.recv().await {
        job();
    }
}
