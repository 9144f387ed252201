//! What the kernel knows of a process: its CPU time, its memory, its file limit.
//!
//! Linux only, from `/proc`, so that the server under test need not cooperate.

use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// `/proc` counts CPU time in ticks of 10 ms: a constant of the kernel's interface on Linux.
const TICK: Duration = Duration::from_millis(10);

/// User and system time of process `pid`, all its threads together.
pub(crate) fn cpu_time(pid: u32) -> Result<Duration> {
    let stat = read(pid, "stat")?;
    // The command name may hold spaces; all after its closing parenthesis is numbers.
    let (_, numbers) = stat.rsplit_once(')').context("an unknown form of /proc/PID/stat")?;
    let mut fields = numbers.split_whitespace().skip(11);
    let mut ticks = || -> Result<u32> {
        Ok(fields.next().context("an unknown form of /proc/PID/stat")?.parse()?)
    };
    Ok(TICK * (ticks()? + ticks()?))
}

/// Resident memory of `pid`, now and at its peak, in bytes.
pub(crate) fn memory_bytes(pid: u32) -> Result<(u64, u64)> {
    let status = read(pid, "status")?;
    let field = |name: &str| -> Result<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|rest| rest.split_whitespace().next());
        Ok(number.with_context(|| format!("no {name} in /proc/PID/status"))?.parse::<u64>()? * 1024)
    };
    Ok((field("VmRSS:")?, field("VmHWM:")?))
}

/// Fails, saying what to raise, if `connections` do not fit under the open file limit.
pub(crate) fn check_open_files(connections: usize) -> Result<()> {
    const RESERVE: usize = 200;
    let limits = read(std::process::id(), "limits")?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|rest| rest.split_whitespace().next());
    let soft = soft.context("no open file limit in /proc/PID/limits")?;
    let enough =
        soft.parse().map_or(soft == "unlimited", |limit: usize| limit >= connections + RESERVE);
    ensure!(
        enough,
        "{connections} connections do not fit under the limit of {soft} open files: raise it with \
         `ulimit -n {}` (or LimitNOFILE) for this tool and for the server",
        connections + RESERVE
    );
    Ok(())
}

fn read(pid: u32, file: &str) -> Result<String> {
    std::fs::read_to_string(format!("/proc/{pid}/{file}"))
        .with_context(|| format!("process {pid} is not there (this tool needs Linux's /proc)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_works_uses_cpu_time_and_memory() {
        let pid = std::process::id();
        let before = cpu_time(pid).unwrap();
        let mut spins = 0_u64;
        while cpu_time(pid).unwrap() < before + TICK * 2 {
            spins += 1;
        }
        assert!(spins > 0);
        let (resident, peak) = memory_bytes(pid).unwrap();
        assert!(resident > 100_000 && peak >= resident);
    }

    #[test]
    fn more_connections_than_files_are_refused_with_the_number_to_raise() {
        let refused = check_open_files(2_000_000_000).unwrap_err().to_string();
        assert!(refused.contains("ulimit -n 2000000200"), "{refused}");
        check_open_files(10).unwrap();
    }
}
