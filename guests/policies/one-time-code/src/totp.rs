//! Time-based one-time codes: RFC 6238 on top of RFC 4226.
//!
//! Not for: who may use one when; a code is right or wrong here.

use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};

/// The hash below the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    Sha1,
    Sha256,
    Sha512,
}

/// How codes are made.
#[derive(Debug, Clone, Copy)]
pub struct Totp {
    pub algorithm: Algorithm,
    /// 6 to 8.
    pub digits: u32,
    /// Seconds for which a code is shown.
    pub period: u64,
    /// How many periods a device's clock may be ahead or behind.
    pub drift_steps: u64,
}

impl Totp {
    /// The time steps, of those within the drift, for which this is the code. The time it takes says nothing about the code.
    pub fn matching_steps(&self, secret: &[u8], code: &str, time: u64) -> Vec<u64> {
        let now = time / self.period;
        let steps = now.saturating_sub(self.drift_steps)..=now + self.drift_steps;
        let compared = steps.map(|step| (step, same(&self.code(secret, step), code)));
        compared.collect::<Vec<_>>().into_iter().filter(|(_, same)| *same).map(|(step, _)| step).collect()
    }

    /// The code of one time step (RFC 4226, section 5.3).
    pub fn code(&self, secret: &[u8], step: u64) -> String {
        let number = match self.algorithm {
            Algorithm::Sha1 => truncated::<Hmac<sha1::Sha1>>(secret, step),
            Algorithm::Sha256 => truncated::<Hmac<sha2::Sha256>>(secret, step),
            Algorithm::Sha512 => truncated::<Hmac<sha2::Sha512>>(secret, step),
        };
        let digits = self.digits as usize;
        format!("{:0digits$}", number % 10_u32.pow(self.digits))
    }
}

/// 31 bits of the MAC, from where its last four bits say.
fn truncated<M: Mac + KeyInit>(secret: &[u8], step: u64) -> u32 {
    let Ok(mac) = <M as KeyInit>::new_from_slice(secret) else {
        unreachable!("HMAC takes keys of any length (RFC 2104)")
    };
    let mac = mac.chain_update(step.to_be_bytes()).finalize().into_bytes();
    let offset = usize::from(mac[mac.len() - 1] & 0xf);
    let bits = mac.iter().skip(offset).take(4).fold(0_u32, |bits, octet| (bits << 8) | u32::from(*octet));
    bits & 0x7fff_ffff
}

/// Compares every octet, whatever the first ones were. Only the length shows, which is no secret.
fn same(one: &str, other: &str) -> bool {
    let difference = one.bytes().zip(other.bytes()).fold(0, |difference, (a, b)| difference | (a ^ b));
    one.len() == other.len() && std::hint::black_box(difference) == 0
}

#[cfg(test)]
mod tests {
    use super::{Algorithm, Totp};

    fn totp(algorithm: Algorithm, digits: u32) -> Totp {
        Totp { algorithm, digits, period: 30, drift_steps: 1 }
    }

    /// RFC 4226, appendix D.
    #[test]
    fn the_counters_of_rfc_4226_have_its_codes() {
        let codes =
            ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];
        for (step, code) in (0..).zip(codes) {
            assert_eq!(totp(Algorithm::Sha1, 6).code(b"12345678901234567890", step), code);
        }
    }

    /// RFC 6238, appendix B; its reference implementation repeats the digits up to the hash's length.
    #[test]
    fn the_times_of_rfc_6238_have_its_codes() {
        let secret: Vec<u8> = b"1234567890".iter().copied().cycle().take(64).collect();
        let vectors: [(u64, [&str; 3]); 6] = [
            (59, ["94287082", "46119246", "90693936"]),
            (1_111_111_109, ["07081804", "68084774", "25091201"]),
            (1_111_111_111, ["14050471", "67062674", "99943326"]),
            (1_234_567_890, ["89005924", "91819424", "93441116"]),
            (2_000_000_000, ["69279037", "90698825", "38618901"]),
            (20_000_000_000, ["65353130", "77737706", "47863826"]),
        ];
        for (time, codes) in vectors {
            for ((algorithm, key_bytes), code) in
                [(Algorithm::Sha1, 20), (Algorithm::Sha256, 32), (Algorithm::Sha512, 64)].into_iter().zip(codes)
            {
                assert_eq!(totp(algorithm, 8).code(&secret[..key_bytes], time / 30), code, "{algorithm:?} at {time}");
            }
        }
    }

    #[test]
    fn a_code_is_right_for_the_steps_within_the_drift() {
        let totp = totp(Algorithm::Sha1, 6);
        let secret = b"12345678901234567890";
        let steps = |code: &str, time| totp.matching_steps(secret, code, time);
        assert_eq!(steps("969429", 90), [3]);
        assert_eq!(steps("969429", 60), [3]);
        assert_eq!(steps("969429", 149), [3]);
        assert!(steps("969429", 59).is_empty() && steps("969429", 150).is_empty());
        assert_eq!(steps("755224", 0), [0]);
    }

    #[test]
    fn a_code_has_exactly_its_digits() {
        let steps = |code| totp(Algorithm::Sha1, 6).matching_steps(b"12345678901234567890", code, 90);
        for code in ["", "96942", "9694290", "0969429", "96942x", "９６９４２９"] {
            assert!(steps(code).is_empty(), "{code}");
        }
    }
}
