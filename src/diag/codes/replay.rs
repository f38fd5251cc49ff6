//! What a replay finds of a trace.

use super::Code;

registry! {
    DIVERGED = "e2e::replay::diverged", "a test that, judged again, asks for something else than what was recorded";
    UNDECIDED = "e2e::replay::undecided", "a test that can't be judged again from what was recorded of it";
    TRACE = "e2e::replay::trace", "a trace that can't be written or read";
}
