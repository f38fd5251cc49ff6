use rayon::prelude::*;

/// With less text than this, in bytes, other threads would take longer to begin than the work takes.
const LITTLE: usize = 64 << 10;

/// What is made of each of several, in their order: on all cores where there are so many bytes of text to look at that it is worth it.
pub fn spread<'a, T: Sync, R: Send>(bytes: usize, all: &'a [T], make: impl Fn(&'a T) -> R + Sync + Send) -> Vec<R> {
    if all.len() < 2 || bytes < LITTLE {
        return all.iter().map(make).collect();
    }
    all.par_iter().map(make).collect()
}
