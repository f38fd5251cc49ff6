use super::Code;

registry! {
    MISSING_EVENT = "e2e::channel::missing_event", "an event didn't come in time";
    TOO_LATE = "e2e::channel::too_late", "an event came, and too late";
    TOO_EARLY = "e2e::channel::too_early", "an event came before its time";
    FORBIDDEN = "e2e::channel::forbidden", "something came that must never come";
    TOO_MANY = "e2e::channel::too_many", "an event came more often than was stated";
    UNEXPECTED_FRAME = "e2e::channel::unexpected_frame", "a strict expectation met a frame that none of its items takes";
    GAP = "e2e::channel::gap", "the time between two frames broke a bound";
    ENDED_EARLY = "e2e::channel::ended_early", "the channel ended while something was awaited on it";
    WRONG_EVENT = "e2e::channel::wrong_event", "an event came whose content isn't as expected";
    NOT_SILENT = "e2e::channel::not_silent", "a frame came where silence was expected";
    NOT_CLOSED = "e2e::channel::not_closed", "the channel wasn't closed in time";
    WRONG_CLOSE = "e2e::channel::wrong_close", "the channel ended in another way than was expected";
    NO_REPLY = "e2e::channel::no_reply", "an event didn't lead to the one that must follow it";
    TOO_COMPLEX = "e2e::channel::too_complex", "a pattern has more ways to match than are followed";
}
