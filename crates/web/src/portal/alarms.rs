//! The alarms of the packs in force: words that must not come in here, or that ask for something first.

use std::sync::Arc;

use bihuan_core::pack::model::{Alarm, AlarmAction, Pack};
use bihuan_store::tenant::scene::Scene;
use bihuan_text::Ear;

use crate::error::WebError;

/// An alarm that a message raised, with the pack it is of.
pub type Raised = (Arc<Pack>, Alarm);

/// The alarms of one scene, ready to listen.
#[derive(Debug)]
pub struct Alarms {
    ear: Ear,
    /// One for each group of words that the ear knows.
    all: Vec<Raised>,
}

impl Alarms {
    /// Makes the alarms of a scene ready.
    ///
    /// # Errors
    /// [`WebError::Internal`] where the words of the packs are too many to listen for.
    pub fn of(scene: &Scene) -> Result<Alarms, WebError> {
        let of_pack = |pack: &Arc<Pack>| {
            let alarms = pack.alarms.iter().cloned();
            alarms.map(|alarm| (Arc::clone(pack), alarm)).collect::<Vec<_>>()
        };
        let all: Vec<Raised> = scene.newest().flat_map(of_pack).collect();
        let ear = Ear::of(
            all.iter()
                .map(|(_, alarm)| alarm.words.iter().map(String::as_str)),
        );
        let ear = ear.map_err(|_too_many| WebError::internal("the packs have too many alarm words"))?;
        Ok(Alarms { ear, all })
    }

    /// Returns the alarms that a text raises: those that refuse it, or else those that warn first.
    pub fn raised_by(&self, said: &str) -> (Vec<Raised>, Vec<Raised>) {
        let raised = self.ear.hear(said).into_iter().map(|at| self.all[at].clone());
        raised.partition(|(_, alarm)| alarm.action == AlarmAction::Refuse)
    }
}
