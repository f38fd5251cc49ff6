use super::types::Ty;

/// A function of the language: what it takes and gives.
pub(super) struct Function {
    pub name: &'static str,
    pub params: &'static [Ty],
    pub result: Ty,
}

const TEXT: &[Ty] = &[Ty::String];
const ANY: &[Ty] = &[Ty::Unknown];

const fn function(name: &'static str, params: &'static [Ty], result: Ty) -> Function {
    Function { name, params, result }
}

const FUNCTIONS: [Function; 16] = [
    function("uuid", &[], Ty::String),
    function("now", &[], Ty::String),
    function("random_int", &[Ty::Number, Ty::Number], Ty::Number),
    function("json", ANY, Ty::Unknown),
    function("jwt", TEXT, Ty::Object(None)),
    function("base64", ANY, Ty::String),
    function("base64_decode", TEXT, Ty::Unknown),
    function("url_encode", ANY, Ty::String),
    function("sha256", ANY, Ty::String),
    function("hmac_sha256", &[Ty::Unknown, Ty::Unknown], Ty::String),
    // A list, and what stands between its elements.
    function("join", &[Ty::Unknown, Ty::String], Ty::String),
    // The result is a list of strings.
    function("split", &[Ty::String, Ty::String], Ty::Unknown),
    function("length", ANY, Ty::Number),
    function("lower", TEXT, Ty::String),
    function("upper", TEXT, Ty::String),
    function("trim", TEXT, Ty::String),
];

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

pub(super) fn named(name: &str) -> Option<Function> {
    FUNCTIONS.into_iter().find(|function| function.name == name)
}

pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.into_iter().map(|function| function.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_of_the_plan_is_known_with_its_arguments() {
        let of_plan = crate::plan::Function::ALL.map(|function| (function.name(), function.arity()));
        let mut known: Vec<_> = FUNCTIONS.into_iter().map(|function| (function.name, function.params.len())).collect();
        let mut of_plan = of_plan.to_vec();
        of_plan.sort_unstable();
        known.sort_unstable();
        assert_eq!(known, of_plan);
    }
}
