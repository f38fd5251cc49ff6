/// What `env` has where an environment says `target demo`, and whether it is secret: part of the language, so that specs can be checked
/// without the demo.
pub const DEMO_VALUES: &[(&str, bool)] = &[
    ("api", false),
    ("ws", false),
    ("auth", false),
    ("app", false),
    ("control", false),
    ("ada_password", true),
    ("grace_password", true),
    ("linus_password", true),
    ("admin_password", true),
    ("client_id", false),
    ("client_secret", true),
];
