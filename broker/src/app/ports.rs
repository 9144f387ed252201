//! The ports of one broker, open: the world as it will see it.

use std::sync::Arc;

use crate::log::EventLog;
use crate::presence::Presence;
use crate::secrets::Secrets;
use crate::world::{Chance, Clock};

/// What a broker is put together from.
#[derive(Clone)]
pub struct Ports {
    /// The truth.
    pub log: Arc<dyn EventLog>,
    /// What must not be in it.
    pub secrets: Arc<dyn Secrets>,
    /// Who is there.
    pub presence: Arc<dyn Presence>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Random bits.
    pub chance: Arc<dyn Chance>,
}
