/// Why a body can't be asked: what is wrong, and what fixes it.
#[derive(Clone, Debug)]
pub(super) struct Unsuitable {
    pub reason: String,
    pub help: &'static str,
}

pub(super) fn given_up() -> Unsuitable {
    Unsuitable {
        reason: "the response wasn't looked through to its end, since the time was over".to_owned(),
        help: "give the test more time, or ask for less",
    }
}
