//! The only place with IO: runs the session over a socket.

use tokio::sync::{mpsc, watch};

use crate::client::Command;
use crate::event::{Event, Status};
use crate::options::Options;

/// The future that does a client's work; spawn [`Driver::run`] and forget it.
pub struct Driver {
    options: Options,
    commands: mpsc::Receiver<Command>,
    events: mpsc::Sender<Event>,
    status: watch::Sender<Status>,
}

impl Driver {
    pub(crate) fn new(
        options: Options,
        commands: mpsc::Receiver<Command>,
        events: mpsc::Sender<Event>,
        status: watch::Sender<Status>,
    ) -> Self {
        Self { options, commands, events, status }
    }

    /// Runs until the client is closed for good.
    pub async fn run(self) {
        let Self { options, commands, events, status } = self;
        drop((options, commands, events, status));
    }
}
