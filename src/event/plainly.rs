use std::time::Duration;

/// A response as it came, of which nothing has been made.
pub struct Plainly<'a> {
    pub status: u16,
    /// By names in any case, in their order.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// Without any coding.
    pub body: &'a [u8],
    /// Until its last byte.
    pub total: Duration,
}

impl<'a> Plainly<'a> {
    /// The first one of a name.
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }
}
