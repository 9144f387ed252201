//! Standard input and output: results, remarks, questions, and passwords without an echo.

use std::fmt::Display;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::time::Duration;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::CliError;

/// A line of the result.
pub(super) fn say(line: impl Display) -> Result<(), CliError> {
    writeln!(io::stdout().lock(), "{line}").map_err(CliError::io("standard output"))
}

/// Text of the result, as it is.
pub(super) fn say_text(text: &str) -> Result<(), CliError> {
    io::stdout().lock().write_all(text.as_bytes()).map_err(CliError::io("standard output"))
}

/// A remark on the way.
pub(super) fn remark(line: impl Display) -> Result<(), CliError> {
    writeln!(io::stderr().lock(), "{line}").map_err(CliError::io("standard error"))
}

/// How often long work is remarked on.
const PATIENCE: Duration = Duration::from_secs(2);

/// Says on standard error what is being done, as long as it takes.
pub(super) async fn patiently<T>(
    doing: &str,
    work: impl Future<Output = Result<T, CliError>>,
) -> Result<T, CliError> {
    tokio::pin!(work);
    let mut waited = Duration::ZERO;
    loop {
        tokio::select! {
            done = &mut work => return done,
            () = tokio::time::sleep(PATIENCE) => {
                waited += PATIENCE;
                remark(format!("{doing}… {} s", waited.as_secs()))?;
            }
        }
    }
}

/// The end of a command that failed.
pub(super) fn complain(error: &CliError) {
    if writeln!(io::stderr().lock(), "deskbell: {error}").is_err() {
        // Nobody reads: the exit code has to do.
    }
}

/// Asks for a line, if somebody is there; `None` if not.
pub(super) fn ask(question: &str) -> Result<Option<String>, CliError> {
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    write!(io::stderr().lock(), "{question} ").map_err(CliError::io("standard error"))?;
    read_line().map(Some)
}

/// A new password: asked for twice without an echo, or one line of what is piped in.
pub(super) fn new_password() -> Result<String, CliError> {
    if !io::stdin().is_terminal() {
        return read_line();
    }
    let first = hidden("New password (at least 10 characters):")?;
    let second = hidden("Again:")?;
    if first == second {
        Ok(first)
    } else {
        Err(CliError::Refused("the two passwords differ: run the command again".into()))
    }
}

fn hidden(question: &str) -> Result<String, CliError> {
    write!(io::stderr().lock(), "{question} ").map_err(CliError::io("standard error"))?;
    let silence = Silence::begin().map_err(CliError::io("the terminal"))?;
    let line = read_line();
    drop(silence);
    remark("")?;
    line
}

fn read_line() -> Result<String, CliError> {
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line).map_err(CliError::io("standard input"))?;
    if read == 0 {
        return Err(CliError::Refused("standard input ended before an answer".into()));
    }
    line.truncate(line.trim_end_matches(['\n', '\r']).len());
    Ok(line)
}

/// The terminal echoes nothing as long as this lives.
struct Silence(Termios);

impl Silence {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
        Ok(Self(before))
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        if tcsetattr(io::stdin(), OptionalActions::Flush, &self.0).is_err() {
            // The terminal is gone: there is nothing to give back.
        }
    }
}
