//! How many files and sockets this process may have open: each RTP port pair is two.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The most that can be open once the limit is raised; `None` if there is none.
pub fn most() -> Option<u64> {
    getrlimit(Resource::Nofile).maximum
}

/// Raises the limit to the most that there may be. Shells and service managers begin with 1,024, which programs that wait with
/// `select` cannot exceed; this one can.
pub fn raise() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum
        && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
    {
        tracing::warn!("the limit of open files stays at {current:?}: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_to_the_most() {
        raise();
        assert_eq!(getrlimit(Resource::Nofile).current, most());
    }
}
