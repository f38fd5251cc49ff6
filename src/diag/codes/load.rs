use super::Code;

registry! {
    THRESHOLD = "e2e::load::threshold", "a threshold of a load doesn't hold";
    LOAD_FAILURES = "e2e::load::failures", "something failed in a load, and no threshold says how much may";
    RATE_NOT_KEPT = "e2e::load::rate_not_kept", "the machine couldn't begin arrivals at the rate that a load says";
}
