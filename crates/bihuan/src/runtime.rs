//! Runs what waits on the store from commands that do not serve.

use std::future::Future;

use anyhow::Context as _;

use crate::failure::Failure;

/// Runs a future to its end on threads of its own.
///
/// # Errors
/// [`Failure::Internal`] if the operating system gives no threads.
pub fn run<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the operating system gives no threads")
        .map_err(Failure::Internal)?;
    Ok(runtime.block_on(future))
}
