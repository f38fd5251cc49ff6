use super::Code;

registry! {
    UNBOUND = "e2e::run::unbound", "a name has no value yet when it is used";
    NO_SUCH_PART = "e2e::run::no_such_part", "a field or an element that isn't there";
    BAD_VALUE = "e2e::run::bad_value", "a value of the wrong kind for what is done with it";
    BAD_ARGUMENT = "e2e::run::bad_argument", "a function can't work with what it was given";
    NO_ELEMENT = "e2e::run::no_element", "a loop over a list or a number that turned out to be empty or 0";
    CREDENTIAL_FAILED = "e2e::run::credential_failed", "a credential can't be obtained";
    LIMIT_REACHED = "e2e::run::limit_reached", "a time limit around several steps was reached";
    NEVER_HELD = "e2e::run::never_held", "the steps of an `eventually` never all held within its time";
    VACUOUS = "e2e::run::vacuous", "a test that ended without proving anything";
    CHANNEL_ENDED = "e2e::run::channel_closed", "something was sent on a channel that has ended";
    CHANNEL_NOT_OPEN = "e2e::run::channel_not_open", "a channel is used that was never opened";
    NO_PONG = "e2e::run::no_pong", "a ping wasn't answered in time";
    INTERNAL = "e2e::run::internal", "the tool itself failed while it ran a test";
    PLAIN_TEXT = "e2e::run::plain_text", "a request that isn't encrypted, where `require real` is said";
    PRIVATE_PEER = "e2e::run::private_peer", "a peer without a public address, where `require real` is said";
    UNVERIFIED_CERTIFICATE = "e2e::run::unverified_certificate", "a certificate that isn't verified, where `require real` is said";
}
