//! The engines' own ways to look after a store, behind the port that commands use.

use std::path::PathBuf;

use futures_util::future::{self, BoxFuture};

use super::StoreCare;
use super::wire::Verified;
use crate::log::memory::MemoryLog;
use crate::log::redis::RedisLog;
use crate::log::sqlite::SqliteLog;
use crate::log::{LogError, Report};

impl From<Report> for Verified {
    fn from(report: Report) -> Self {
        let Report { records, streams, live: _, damage } = report;
        Self { records, streams, damage }
    }
}

impl StoreCare for SqliteLog {
    fn backup(&self, file: PathBuf) -> BoxFuture<'static, Result<Verified, LogError>> {
        let report = Self::backup(self, file);
        Box::pin(async move { report.await.map(Verified::from) })
    }

    fn verify(&self) -> BoxFuture<'static, Result<Verified, LogError>> {
        let report = Self::verify(self);
        Box::pin(async move { report.await.map(Verified::from) })
    }
}

impl StoreCare for RedisLog {
    fn backup(&self, _: PathBuf) -> BoxFuture<'static, Result<Verified, LogError>> {
        let what = "store.engine is \"redis\": copy the store with `deskbell log copy`, or keep \
                    copies of the server's own file";
        Box::pin(future::ready(Err(LogError::Unavailable(what.into()))))
    }

    fn verify(&self) -> BoxFuture<'static, Result<Verified, LogError>> {
        let reading = Self::verify(self);
        Box::pin(async move { reading.await.map(Verified::from) })
    }
}

impl StoreCare for MemoryLog {
    fn backup(&self, _: PathBuf) -> BoxFuture<'static, Result<Verified, LogError>> {
        kept_nowhere()
    }

    fn verify(&self) -> BoxFuture<'static, Result<Verified, LogError>> {
        kept_nowhere()
    }
}

fn kept_nowhere() -> BoxFuture<'static, Result<Verified, LogError>> {
    let what = "store.engine is \"memory\", which keeps nothing on any disk";
    Box::pin(future::ready(Err(LogError::Unavailable(what.into()))))
}
