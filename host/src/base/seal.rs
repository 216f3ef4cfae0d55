//! Values at rest that nobody may read but this host: XChaCha20-Poly1305 under a key of its own, derived from the host's
//! key with HKDF-SHA256.
use super::clock::Clock;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;

const NONCE: usize = 24;

/// A key that seals. Cheap to clone; shows nothing.
#[derive(Clone)]
pub struct SealKey(XChaCha20Poly1305);

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(hidden)")
    }
}

impl SealKey {
    /// `purpose` keeps what is sealed for one purpose from being opened for another.
    pub fn derive(host_key: &[u8], purpose: &str) -> SealKey {
        let mut key = [0u8; 32];
        // HKDF gives 32 bytes from any input; the error type exists for longer outputs.
        let expanded = Hkdf::<Sha256>::new(None, host_key).expand(purpose.as_bytes(), &mut key);
        match (expanded, XChaCha20Poly1305::new_from_slice(&key)) {
            (Ok(()), Ok(cipher)) => SealKey(cipher),
            _ => std::process::abort(),
        }
    }

    /// Nonce, ciphertext and tag. `bound`: where the value belongs; it opens nowhere else.
    pub fn seal(&self, clock: &Clock, plain: &[u8], bound: &[u8]) -> Option<Vec<u8>> {
        let mut nonce = [0u8; NONCE];
        clock.fill(&mut nonce);
        let sealed = self.0.encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: bound }).ok()?;
        Some([nonce.as_slice(), &sealed].concat())
    }

    /// `None` for anything that was not sealed with this key for this place.
    pub fn open(&self, sealed: &[u8], bound: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
        self.0.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: bound }).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_in_its_place_alone() {
        let (key, clock) = (SealKey::derive(b"host key", "secrets"), Clock::system());
        let sealed = key.seal(&clock, b"hush", b"ws/shop/key").unwrap();
        assert_eq!(key.open(&sealed, b"ws/shop/key").unwrap(), b"hush");
        assert_eq!(key.open(&sealed, b"ws/other/key"), None);
        assert_eq!(SealKey::derive(b"host key", "other").open(&sealed, b"ws/shop/key"), None);
        assert_eq!(SealKey::derive(b"other key", "secrets").open(&sealed, b"ws/shop/key"), None);
        assert!(!sealed.windows(4).any(|part| part == b"hush"));
        assert_ne!(key.seal(&clock, b"hush", b"ws/shop/key").unwrap(), sealed, "never the same twice");
        for cut in [0, 10, 24, sealed.len() - 1] {
            assert_eq!(key.open(&sealed[..cut], b"ws/shop/key"), None);
        }
        let mut damaged = sealed.clone();
        damaged[30] ^= 1;
        assert_eq!(key.open(&damaged, b"ws/shop/key"), None);
    }
}
