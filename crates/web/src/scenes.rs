//! What is made ready once for each scene, and used as long as the scene is.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use bihuan_store::tenant::scene::Scene;

/// Something made of scenes: each of those in use has its own.
#[derive(Debug)]
pub struct OfScenes<T>(Mutex<Vec<(Weak<Scene>, Arc<T>)>>);

impl<T> Default for OfScenes<T> {
    fn default() -> Self {
        OfScenes(Mutex::default())
    }
}

impl<T> OfScenes<T> {
    /// Returns what was made of a scene; `make` makes it where nobody asked before.
    ///
    /// # Errors
    /// Those of `make`.
    pub fn of<E>(&self, scene: &Arc<Scene>, make: impl FnOnce(&Scene) -> Result<T, E>) -> Result<Arc<T>, E> {
        let mut ready = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A scene that is kept, even weakly, leaves its place in memory to no other.
        if let Some((_, made)) = ready.iter().find(|(of, _)| of.as_ptr() == Arc::as_ptr(scene)) {
            return Ok(Arc::clone(made));
        }
        let made = Arc::new(make(scene)?);
        ready.retain(|(of, _)| of.strong_count() > 0);
        ready.push((Arc::downgrade(scene), Arc::clone(&made)));
        Ok(made)
    }
}
