use std::fmt;
use std::sync::Arc;

/// A list that grows at its end. Copies share what they have in common, so that a copy costs nothing and an addition is never a copy.
pub struct Chain<T> {
    last: Option<Arc<Link<T>>>,
    len: usize,
}

struct Link<T> {
    value: T,
    before: Option<Arc<Link<T>>>,
}

impl<T> Chain<T> {
    pub const fn new() -> Self {
        Self { last: None, len: 0 }
    }

    pub fn push(&mut self, value: T) {
        self.last = Some(Arc::new(Link { value, before: self.last.take() }));
        self.len += 1;
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The newest.
    pub fn last(&self) -> Option<&T> {
        self.last.as_deref().map(|link| &link.value)
    }

    /// From the newest to the oldest.
    pub fn newest_first(&self) -> impl Iterator<Item = &T> {
        let mut next = self.last.as_deref();
        std::iter::from_fn(move || {
            let link = next?;
            next = link.before.as_deref();
            Some(&link.value)
        })
    }

    /// From number `from` on, counted from 0, oldest first.
    pub fn since(&self, from: usize) -> Vec<&T> {
        let mut list: Vec<&T> = self.newest_first().take(self.len.saturating_sub(from)).collect();
        list.reverse();
        list
    }
}

impl<T> Default for Chain<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for Chain<T> {
    fn clone(&self) -> Self {
        Self { last: self.last.clone(), len: self.len }
    }
}

impl<T: fmt::Debug> fmt::Debug for Chain<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.since(0)).finish()
    }
}

impl<T: PartialEq> PartialEq for Chain<T> {
    fn eq(&self, other: &Self) -> bool {
        let (mut a, mut b) = (&self.last, &other.last);
        if self.len != other.len {
            return false;
        }
        while let (Some(one), Some(two)) = (a, b) {
            // What is before here they have in common.
            if Arc::ptr_eq(one, two) {
                return true;
            }
            if one.value != two.value {
                return false;
            }
            (a, b) = (&one.before, &two.before);
        }
        true
    }
}

/// Link by link: a list of a hundred thousand must not be dropped by recursion.
impl<T> Drop for Link<T> {
    fn drop(&mut self) {
        let mut next = self.before.take();
        while let Some(mut link) = next.and_then(Arc::into_inner) {
            next = link.before.take();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_go_their_own_ways_from_where_they_parted() {
        let mut one = Chain::new();
        one.push(1);
        one.push(2);
        let mut two = one.clone();
        assert_eq!(one, two);
        one.push(3);
        assert_ne!(one, two);
        two.push(4);
        assert_ne!(one, two);
        assert_eq!((one.since(0), two.since(1), two.last()), (vec![&1, &2, &3], vec![&2, &4], Some(&4)));
        assert_eq!(one.since(7), Vec::<&i32>::new());
    }

    #[test]
    fn a_million_links_are_let_go_without_recursion() {
        let mut long = Chain::new();
        (0..1_000_000).for_each(|number| long.push(number));
        let short = long.clone();
        drop(long);
        assert_eq!(short.len(), 1_000_000);
    }
}
