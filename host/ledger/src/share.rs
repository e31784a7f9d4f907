//! How much of what there is one owner may hold.

/// What one owner may hold of a resource.
///
/// Besides its own limit there is one rule for all: an owner may take what it holds nothing of, and otherwise no more than would be
/// left over for others. One owner alone gets half, two get a third each, and whoever comes next always finds something. The rule is
/// known from the buffers of switches: A. K. Choudhury and E. L. Hahne, "Dynamic queue length thresholds for shared-memory packet
/// switches", 1998, with a factor of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// The most that one owner may hold.
    pub most: u64,
}

impl Share {
    /// Whether an owner that holds `held` may take `amount` of the `free` ones.
    pub(crate) const fn allows(self, held: u64, amount: u64, free: u64) -> bool {
        let Some(left) = free.checked_sub(amount) else { return false };
        let after = held.saturating_add(amount);
        after <= self.most && (held == 0 || after <= left)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What so many owners come to that each take one after another as long as they may.
    fn taken(owners: usize, total: u64) -> Vec<u64> {
        let (mut held, share) = (vec![0; owners], Share { most: total });
        loop {
            let before: u64 = held.iter().sum();
            for at in 0..owners {
                let free = total - held.iter().sum::<u64>();
                if share.allows(held[at], 1, free) {
                    held[at] += 1;
                }
            }
            if held.iter().sum::<u64>() == before {
                return held;
            }
        }
    }

    proptest! {
        #[test]
        fn however_many_there_are_the_next_one_finds_something(owners in 1_usize..30, total in 64_u64..500) {
            let held = taken(owners, total);
            prop_assert!(held.iter().sum::<u64>() < total, "{:?}", held);
            let (least, most) = (held.iter().min().unwrap(), held.iter().max().unwrap());
            prop_assert!(most - least <= 1, "{:?}", held);
        }
    }

    #[test]
    fn one_alone_gets_half_and_never_more_than_its_own_limit() {
        assert_eq!(taken(1, 100), [50]);
        assert!(!Share { most: 10 }.allows(10, 1, 1000));
        assert!(!Share { most: 10 }.allows(0, 11, 1000));
        assert!(Share { most: 10 }.allows(0, 10, 10), "who holds nothing may take the last ones");
    }
}
