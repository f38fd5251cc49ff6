//! How many files and sockets this process may have open: a load has one for each of its users at least, and the limit that a shell gives is a small one.

/// Raises the limit as far as the system lets this process.
#[cfg(target_os = "linux")]
pub fn raise() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        // Where it can't be raised, opening one too many says so.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    }
}

#[cfg(not(target_os = "linux"))]
pub fn raise() {}
