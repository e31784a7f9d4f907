//! RADIUS packets (RFC 2865, section 3): requests written, replies read and believed.
//!
//! Not for: sending them, nor what attributes mean.

use hmac::{Hmac, Mac as _};
use md5::{Digest as _, Md5};
use subtle::ConstantTimeEq as _;
use vestibule_domain::{EnteredUser, Secret};

use super::settings::RadiusSettings;

/// Codes (RFC 2865, section 3).
const ACCESS_REQUEST: u8 = 1;
pub(super) const ACCESS_ACCEPT: u8 = 2;
pub(super) const ACCESS_REJECT: u8 = 3;
pub(super) const ACCESS_CHALLENGE: u8 = 11;

/// Attributes (RFC 2865, section 5; RFC 2869, section 5).
pub(super) const USER_NAME: u8 = 1;
const USER_PASSWORD: u8 = 2;
const SERVICE_TYPE: u8 = 6;
pub(super) const REPLY_MESSAGE: u8 = 18;
pub(super) const VENDOR_SPECIFIC: u8 = 26;
const CALLING_STATION_ID: u8 = 31;
const NAS_IDENTIFIER: u8 = 32;
const NAS_PORT_TYPE: u8 = 61;
const MESSAGE_AUTHENTICATOR: u8 = 80;

/// Service-Type `Login` and NAS-Port-Type `Virtual`: somebody asks for access, and not by a wire.
const LOGIN: u32 = 1;
const VIRTUAL: u32 = 5;

/// Code, identifier, length and authenticator.
const HEADER_BYTES: usize = 20;
const MAX_PACKET_BYTES: usize = 4096;
/// What one attribute carries at most.
pub(super) const MAX_VALUE_BYTES: usize = 253;
/// RFC 2865, section 5.2.
pub(super) const MAX_PASSWORD_BYTES: usize = 128;

/// A packet. The attributes stand in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// What kind of packet it is.
    pub code: u8,
    /// Which request it belongs to.
    pub identifier: u8,
    /// Random in a request, a proof in a reply.
    pub authenticator: [u8; 16],
    /// Codes with values of at most 253 bytes.
    pub attributes: Vec<(u8, Vec<u8>)>,
}

/// A request with the bytes that are sent, each time the same (RFC 5080, section 2.2.1).
pub(super) struct Request {
    identifier: u8,
    authenticator: [u8; 16],
    pub(super) bytes: Vec<u8>,
}

/// Why a reply is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Ignored {
    #[error("a malformed packet")]
    Malformed,
    #[error("an answer to another request")]
    OtherRequest,
    #[error("a wrong response authenticator: the shared secret differs, or somebody forges replies")]
    Authenticator,
    #[error("no message authenticator, which is required")]
    Unauthenticated,
    #[error("a wrong message authenticator")]
    MessageAuthenticator,
}

impl Packet {
    /// Asks whether this is the user's password. The name has to fit into a value.
    pub(super) fn request(
        user: &EnteredUser,
        password: &Secret,
        settings: &RadiusSettings,
        client_ip: Option<&str>,
    ) -> Request {
        let authenticator = rand::random();
        let identifier = rand::random();
        let secret = settings.secret.expose().as_bytes();
        let mut attributes = vec![
            (MESSAGE_AUTHENTICATOR, vec![0; 16]),
            (USER_NAME, user.as_str().as_bytes().to_vec()),
            (USER_PASSWORD, hide(password.expose().as_bytes(), secret, &authenticator)),
            (NAS_IDENTIFIER, settings.nas_identifier.as_bytes().to_vec()),
            (SERVICE_TYPE, LOGIN.to_be_bytes().to_vec()),
            (NAS_PORT_TYPE, VIRTUAL.to_be_bytes().to_vec()),
        ];
        if let Some(address) = client_ip.filter(|address| !address.is_empty()) {
            let address = address.as_bytes();
            attributes.push((CALLING_STATION_ID, address.get(..MAX_VALUE_BYTES).unwrap_or(address).to_vec()));
        }
        let mut packet = Self { code: ACCESS_REQUEST, identifier, authenticator, attributes };
        let signature = sign(&packet.encode(), secret);
        if let Some((_, value)) = packet.attributes.first_mut() {
            *value = signature.to_vec();
        }
        Request { identifier, authenticator, bytes: packet.encode() }
    }

    /// All values of an attribute, in their order.
    pub(crate) fn values(&self, code: u8) -> impl Iterator<Item = &[u8]> {
        self.attributes.iter().filter(move |(held, _)| *held == code).map(|(_, value)| value.as_slice())
    }

    /// Reads a packet; nothing if it is malformed. What follows its length is padding (RFC 2865, section 3).
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (header, rest) = bytes.split_first_chunk::<HEADER_BYTES>()?;
        let [code, identifier, high, low, authenticator @ ..] = *header;
        let length = usize::from(u16::from_be_bytes([high, low]));
        if !(HEADER_BYTES..=MAX_PACKET_BYTES).contains(&length) {
            return None;
        }
        let mut rest = rest.get(..length - HEADER_BYTES)?;
        let mut attributes = Vec::new();
        while let [code, length, after @ ..] = rest {
            let (value, later) = after.split_at_checked(usize::from(*length).checked_sub(2)?)?;
            attributes.push((*code, value.to_vec()));
            rest = later;
        }
        rest.is_empty().then_some(Self { code, identifier, authenticator, attributes })
    }

    /// The packet's bytes. Values have at most 253 bytes each.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![self.code, self.identifier, 0, 0];
        bytes.extend_from_slice(&self.authenticator);
        for (code, value) in &self.attributes {
            let length = u8::try_from(value.len() + 2).unwrap_or(u8::MAX);
            bytes.extend_from_slice(&[*code, length]);
            bytes.extend_from_slice(value);
        }
        let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes();
        if let Some(place) = bytes.get_mut(2..4) {
            place.copy_from_slice(&length);
        }
        bytes
    }
}

impl Request {
    /// Believes a reply to this request, or says why it is ignored: whoever forges one must not end the wait for the real one.
    pub(super) fn believe(&self, bytes: &[u8], settings: &RadiusSettings) -> Result<Packet, Ignored> {
        let reply = Packet::parse(bytes).ok_or(Ignored::Malformed)?;
        let is_answer = matches!(reply.code, ACCESS_ACCEPT | ACCESS_REJECT | ACCESS_CHALLENGE);
        if reply.identifier != self.identifier || !is_answer {
            return Err(Ignored::OtherRequest);
        }
        let secret = settings.secret.expose().as_bytes();
        // Both are computed with the request's authenticator in place (RFC 2865, section 3; RFC 2869, section 5.14).
        let asked = Packet { authenticator: self.authenticator, ..reply.clone() };
        let expected = Md5::new().chain_update(asked.encode()).chain_update(secret).finalize();
        if !bool::from(expected.as_slice().ct_eq(&reply.authenticator)) {
            return Err(Ignored::Authenticator);
        }
        let signatures: Vec<_> = asked.values(MESSAGE_AUTHENTICATOR).collect();
        match signatures.as_slice() {
            [] if settings.require_message_authenticator => Err(Ignored::Unauthenticated),
            [] => Ok(reply),
            [signature] if asked.is_signed(signature, secret) => Ok(reply),
            _ => Err(Ignored::MessageAuthenticator),
        }
    }
}

impl Packet {
    fn is_signed(&self, signature: &[u8], secret: &[u8]) -> bool {
        let mut unsigned = self.clone();
        for (code, value) in &mut unsigned.attributes {
            if *code == MESSAGE_AUTHENTICATOR {
                value.fill(0);
            }
        }
        bool::from(sign(&unsigned.encode(), secret).as_slice().ct_eq(signature))
    }
}

/// The Message-Authenticator of a packet whose own is zeros.
fn sign(packet: &[u8], secret: &[u8]) -> [u8; 16] {
    // HMAC takes keys of any length (RFC 2104, section 3).
    Hmac::<Md5>::new_from_slice(secret).map_or([0; 16], |hmac| hmac.chain_update(packet).finalize().into_bytes().into())
}

/// User-Password as it travels (RFC 2865, section 5.2).
fn hide(password: &[u8], secret: &[u8], authenticator: &[u8; 16]) -> Vec<u8> {
    let mut hidden: Vec<u8> = Vec::new();
    let mut last = authenticator.to_vec();
    for chunk in password.chunks(16) {
        let mask = Md5::new().chain_update(secret).chain_update(&last).finalize();
        let padded = chunk.iter().copied().chain(std::iter::repeat(0));
        last = padded.zip(mask).map(|(byte, mask)| byte ^ mask).collect();
        hidden.extend_from_slice(&last);
    }
    hidden
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// RFC 2865, section 7.1: the user `nemo` telnets with the password `arctangent`.
    #[test]
    fn a_password_is_hidden_as_in_the_rfcs_example() {
        let authenticator =
            [0x0f, 0x40, 0x3f, 0x94, 0x73, 0x97, 0x80, 0x57, 0xbd, 0x83, 0xd5, 0xcb, 0x98, 0xf4, 0x22, 0x7a];
        let expected = [0x0d, 0xbe, 0x70, 0x8d, 0x93, 0xd4, 0x13, 0xce, 0x31, 0x96, 0xe4, 0x3f, 0x78, 0x2a, 0x0a, 0xee];
        assert_eq!(hide(b"arctangent", b"xyzzy5461", &authenticator), expected);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            code: u8,
            identifier: u8,
            authenticator: [u8; 16],
            attributes in vec((any::<u8>(), vec(any::<u8>(), 0..=253)), 0..12),
        ) {
            let packet = Packet { code, identifier, authenticator, attributes };
            prop_assert_eq!(Packet::parse(&packet.encode()), Some(packet));
        }

        #[test]
        fn no_bytes_break_the_reader(bytes in vec(any::<u8>(), 0..200), length: u8) {
            let _ = Packet::parse(&bytes);
            let mut framed = vec![2, 1, 0, length];
            framed.extend_from_slice(&bytes);
            let _ = Packet::parse(&framed);
        }
    }
}
