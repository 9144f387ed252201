//! The rules: what each command makes happen, or why not.

use super::command::{Command, Context, Refusal};
use super::event::ChatEvent;
use super::state::ChatState;

/// What happens if `command` is asked of `state`. No event means: nothing to do, and no error.
pub fn decide(
    state: &ChatState,
    command: Command,
    context: &Context,
) -> Result<Vec<ChatEvent>, Refusal> {
    let _ = (state, command, context);
    todo!()
}
