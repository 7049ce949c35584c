//! Values that a child process must not take over in a `fork`, such as sockets, locks and caches.

use std::sync::OnceLock;

/// A value that belongs to the process that created it.
///
/// After a fork, the child creates a value of its own. It never accesses the value of its parent, not even a lock in
/// it: another thread of the parent may have held the lock during the fork, and the child would wait for it forever.
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

    /// Returns the value of this process. If it has none yet, `create` is called first.
    pub(crate) fn get(&self, create: impl Fn() -> T) -> &T {
        self.get_for(std::process::id(), create)
    }

    fn get_for(&self, pid: u32, create: impl Fn() -> T) -> &T {
        let mut own = self;
        while own.pid != pid {
            own = own.child.get_or_init(|| Box::new(Self::for_process(pid, create())));
        }
        &own.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_is_created_once_per_process() {
        let value = PerProcess::for_process(1, "parent");
        assert_eq!(value.get_for(1, || unreachable!()), &"parent");
        assert_eq!(value.get_for(2, || "child"), &"child");
        assert_eq!(value.get_for(2, || unreachable!()), &"child");
        assert_eq!(value.get_for(3, || "grandchild"), &"grandchild");
        assert_eq!(value.get_for(1, || unreachable!()), &"parent");
    }
}
