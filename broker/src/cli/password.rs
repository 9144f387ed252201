//! A password on its way from a terminal to the store: it is hashed here and goes no further.

use super::desk::Desk;
use super::{CliError, terminal};
use crate::admin::wire::SetPasswordHash;
use crate::secrets::password::Passwords;
use crate::world::SystemChance;

/// Asks for a new password and sets it.
pub(super) async fn set(desk: &mut Desk, user: &str) -> Result<(), CliError> {
    let password = terminal::new_password()?;
    let phc = Passwords::default().hash(password, &SystemChance).await?;
    desk.put(&format!("/users/{user}/password"), &SetPasswordHash { phc }).await?;
    terminal::say(format!("the password of {user} is set"))
}
