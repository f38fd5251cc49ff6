use crate::world::auth;

/// SHA-256 of a certificate, lower-case hexadecimal.
pub(super) fn fingerprint(certificate: &[u8]) -> String {
    use sha2::Digest as _;
    auth::hex(&sha2::Sha256::digest(certificate))
}
