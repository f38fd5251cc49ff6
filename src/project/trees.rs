use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::ModuleId;
use crate::syntax::ast;

/// Whole trees of modules of which the project has only outlines, kept from when they are checked until they are laid out, so that they aren't parsed
/// twice. No more of them than texts of so many bytes have.
#[derive(Debug, Default)]
pub(super) struct Trees(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// Of texts, in bytes.
    room: usize,
    trees: HashMap<ModuleId, Arc<ast::File>>,
}

impl Trees {
    /// A tree takes about fifteen times as much memory as its text.
    pub const ROOM: usize = 512 << 10;

    pub fn with_room(bytes: usize) -> Self {
        Self(Mutex::new(Kept { room: bytes, trees: HashMap::new() }))
    }

    /// `size` is that of its text, in bytes.
    pub fn keep(&self, module: ModuleId, tree: &Arc<ast::File>, size: usize) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(left) = kept.room.checked_sub(size) {
            kept.room = left;
            kept.trees.insert(module, tree.clone());
        }
    }

    pub fn get(&self, module: ModuleId) -> Option<Arc<ast::File>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).trees.get(&module).cloned()
    }

    pub fn take(&self, module: ModuleId) -> Option<Arc<ast::File>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).trees.remove(&module)
    }
}
