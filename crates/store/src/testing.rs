//! What this crate's own tests share.

use bihuan_core::id::{Entropy, TenantId};
use uuid::Uuid;

use crate::keys::{MasterKey, TenantKeys};

/// Counts upwards: bytes that never repeat within a test and are the same in each run.
#[derive(Default)]
pub(crate) struct Counter(u64);

impl Entropy for Counter {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            self.0 += 1;
            let mixed = self.0.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            chunk.copy_from_slice(&mixed.to_be_bytes()[..chunk.len()]);
        }
    }
}

/// The keys of tenant `number` under a master key that is always the same.
pub(crate) fn tenant_keys(number: u128) -> TenantKeys {
    let tenant = TenantId(Uuid::from_u128(number));
    let master = MasterKey::of_seed(1);
    let wrapped = master.found_tenant(tenant, &mut Counter::default());
    master.tenant_keys(tenant, &wrapped).unwrap()
}
