//! Values that must not cross a `fork`: sockets, locks, caches.

use std::sync::OnceLock;

/// A value that belongs to the process that made it. The child of a fork gets one of its own and never touches its
/// parent's, not even a lock of it: another thread may have held that when the fork took place.
#[derive(Debug)]
pub(crate) struct PerProcess<T> {
    pid: u32,
    value: T,
    child: OnceLock<Box<PerProcess<T>>>,
}

impl<T> PerProcess<T> {
    pub(crate) fn new(value: T) -> Self {
        Self::for_process(std::process::id(), value)
    }

    fn for_process(pid: u32, value: T) -> Self {
        Self { pid, value, child: OnceLock::new() }
    }

    /// This process's value, made by `make` where it has none yet.
    pub(crate) fn get(&self, make: impl Fn() -> T) -> &T {
        self.get_for(std::process::id(), make)
    }

    fn get_for(&self, pid: u32, make: impl Fn() -> T) -> &T {
        let mut own = self;
        while own.pid != pid {
            own = own.child.get_or_init(|| Box::new(Self::for_process(pid, make())));
        }
        &own.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_process_has_its_own_and_makes_it_once() {
        let value = PerProcess::for_process(1, "parent");
        assert_eq!(value.get_for(1, || unreachable!()), &"parent");
        assert_eq!(value.get_for(2, || "child"), &"child");
        assert_eq!(value.get_for(2, || unreachable!()), &"child");
        assert_eq!(value.get_for(3, || "grandchild"), &"grandchild");
        assert_eq!(value.get_for(1, || unreachable!()), &"parent");
    }
}
