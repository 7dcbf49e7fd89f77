//! The thread that drives the sockets of all sessions on a server.

use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::StoreError;

/// The thread. Whoever has a session holds on to it: without it nothing is sent or received.
#[derive(Debug)]
pub(super) struct Driver {
    handle: Handle,
    runtime: Option<Runtime>,
}

impl Driver {
    pub(super) fn start() -> Result<Driver, StoreError> {
        let mut builder = Builder::new_multi_thread();
        builder
            .worker_threads(1)
            .thread_name("store-sockets")
            .enable_all();
        let runtime = builder.build()?;
        Ok(Driver {
            handle: runtime.handle().clone(),
            runtime: Some(runtime),
        })
    }

    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Waiting for it is not allowed on an async thread, and there is nothing to wait for.
            runtime.shutdown_background();
        }
    }
}
