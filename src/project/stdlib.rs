/// The embedded standard library: each module's last name and its text.
const MODULES: &[(&str, &str)] = &[
    ("agents", include_str!("../../stdlib/agents.e2e")),
    ("auth", include_str!("../../stdlib/auth.e2e")),
    ("graphql_ws", include_str!("../../stdlib/graphql_ws.e2e")),
    ("health", include_str!("../../stdlib/health.e2e")),
    ("http", include_str!("../../stdlib/http.e2e")),
    ("jsonrpc", include_str!("../../stdlib/jsonrpc.e2e")),
    ("socketio", include_str!("../../stdlib/socketio.e2e")),
    ("time", include_str!("../../stdlib/time.e2e")),
];

/// The text of `std.NAME`.
pub(super) fn text(name: &str) -> Option<&'static str> {
    MODULES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The modules of the standard library, as `http` for `std.http`.
pub fn names() -> impl Iterator<Item = &'static str> {
    MODULES.iter().map(|(name, _)| *name)
}
