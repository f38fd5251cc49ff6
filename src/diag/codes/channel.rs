use super::Code;

registry! {
    MISSING_EVENT = "e2e::channel::missing_event", "an event that was awaited on a channel didn't come in time";
    TOO_LATE = "e2e::channel::too_late", "an event came, but after its time";
    TOO_EARLY = "e2e::channel::too_early", "an event came, or a block was complete, before its time";
    OUT_OF_ORDER = "e2e::channel::out_of_order", "an event came before its turn";
    NOT_A_STREAM = "e2e::channel::not_a_stream", "a response that was to be an event stream has another type";
    WRONG_CHANNEL = "e2e::channel::wrong_channel", "an event came on another channel than the one it was awaited on";
    UNFITTING_EVENT = "e2e::channel::unfitting_event", "an event has the right name, but a condition doesn't hold";
    WRONG_EVENT = "e2e::channel::wrong_event", "an event came, and isn't as an expectation inside its item says";
    BATCHED_EVENTS = "e2e::channel::batched_events", "several events came in one frame that is read as one";
    MALFORMED_FRAME = "e2e::channel::malformed_frame", "a frame is malformed JSON where an event was awaited";
    FORBIDDEN_EVENT = "e2e::channel::forbidden_event", "an event came that must never come";
    TOO_MANY = "e2e::channel::too_many", "an event came more often than its stated count allows";
    UNEXPECTED_FRAME = "e2e::channel::unexpected_frame", "a frame came that no item of a strict block takes";
    GAP_TOO_LONG = "e2e::channel::gap_too_long", "too much time passed between two events";
    GAP_TOO_SHORT = "e2e::channel::gap_too_short", "too little time passed between two events";
    CLOSED_EARLY = "e2e::channel::closed_early", "a channel was closed while something was awaited on it";
    CUT_OFF = "e2e::channel::cut_off", "a channel's connection was lost without a proper end";
    NOT_CLOSED = "e2e::channel::not_closed", "a channel was to end, and was still open";
    WRONG_CLOSE_CODE = "e2e::channel::wrong_close_code", "a channel was closed with another code than was expected";
    WRONG_CLOSE_REASON = "e2e::channel::wrong_close_reason", "a channel was closed with another reason than was expected";
    NOT_CUT_OFF = "e2e::channel::not_cut_off", "a channel was to be cut off, and ended properly";
    NOT_SILENT = "e2e::channel::not_silent", "something came on a channel that was to be silent";
    NO_TRIGGER = "e2e::channel::no_trigger", "an `every … leads to …` saw no event of its first kind";
    UNANSWERED = "e2e::channel::unanswered", "an event wasn't followed by the one that it leads to";
    TOO_MANY_WAYS = "e2e::channel::too_many_ways", "a pattern can match in more ways at once than are followed";
    IMPOSSIBLE_BOUNDS = "e2e::channel::impossible_bounds", "a count or a time whose bounds exclude each other";
    PATTERN_TOO_LARGE = "e2e::channel::pattern_too_large", "a pattern with too many items once its loops are unrolled";
}
