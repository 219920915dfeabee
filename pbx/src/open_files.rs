//! How many files and sockets this process may have open: each RTP port pair is two.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// More than two for each port that there is.
const ENOUGH: u64 = 131_072;

/// The most that can be open once the limit is raised; `None` if there is none.
pub fn most() -> Option<u64> {
    getrlimit(Resource::Nofile).maximum
}

/// Raises the limit as far as may be needed. Shells and service managers begin with 1,024, which programs that wait with `select`
/// cannot exceed; this one can. No further than 131,072, for programs that flows run have the same limit, and some close all
/// that they might have open, one by one.
pub fn raise() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(ENOUGH, |most| most.min(ENOUGH));
    if current.is_some_and(|current| current < wanted)
        && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum })
    {
        tracing::warn!("the limit of open files stays at {current:?}: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_as_far_as_may_be_needed() {
        raise();
        let current = getrlimit(Resource::Nofile).current;
        assert!(current.is_none_or(|current| current >= most().map_or(ENOUGH, |most| most.min(ENOUGH))));
    }
}
