/// The embedded standard library: each module's last name and its text.
const MODULES: &[(&str, &str)] = &[];

/// The text of `std.NAME`.
pub(super) fn text(name: &str) -> Option<&'static str> {
    MODULES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The modules of the standard library, as `http` for `std.http`.
pub fn names() -> impl Iterator<Item = &'static str> {
    MODULES.iter().map(|(name, _)| *name)
}
