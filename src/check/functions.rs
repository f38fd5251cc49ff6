/// What people of other languages write.
const HABITS: [(&str, &str); 12] = [
    ("lowercase", "lower"),
    ("to_lower", "lower"),
    ("uppercase", "upper"),
    ("to_upper", "upper"),
    ("len", "length"),
    ("size", "length"),
    ("count", "length"),
    ("strip", "trim"),
    ("timestamp", "now"),
    ("random", "random_int"),
    ("guid", "uuid"),
    ("urlencode", "url_encode"),
];

/// The function that is meant by a name of another language.
pub(super) fn meant_by(name: &str) -> Option<&'static str> {
    HABITS.iter().find(|(habit, _)| *habit == name).map(|(_, meant)| *meant)
}
