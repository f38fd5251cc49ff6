use super::Code;

registry! {
    STATUS = "e2e::expect::status", "the status isn't the one that was expected";
    TIME = "e2e::expect::time", "a response took longer than was expected";
    HEADER = "e2e::expect::header", "a header isn't as expected";
    COOKIE = "e2e::expect::cookie", "a cookie isn't as expected";
    BODY = "e2e::expect::body", "the body isn't as expected";
    VALUE = "e2e::expect::value", "a value in the response isn't the one that was expected";
    MISSING = "e2e::expect::missing", "what was looked for isn't in the response";
    TYPE = "e2e::expect::type", "a value isn't of the type or shape that was expected";
    ELEMENT = "e2e::expect::element", "elements of a list aren't as expected";
    NOT_JSON = "e2e::expect::not_json", "a JSONPath is asked of a body that isn't JSON";
    TWICE = "e2e::expect::twice", "a member that is read occurs twice in its object";
    LONE_SURROGATE = "e2e::expect::lone_surrogate", "a string that is read holds half of a surrogate pair, so it is no text";
    NOT_TEXT = "e2e::expect::not_text", "a body isn't text in the charset that it should be in";
    SCHEMA = "e2e::expect::schema", "a value doesn't match its JSON Schema";
    CERTIFICATE = "e2e::expect::certificate", "the server's certificate isn't as expected";
    EXCHANGE = "e2e::expect::exchange", "a property of the exchange isn't as expected";
    CAPTURE_MISSING = "e2e::expect::capture_missing", "what was to be captured isn't there";
    NO_BRANCH = "e2e::expect::no_branch", "no branch of an `either` holds";
    NO_FAILURE = "e2e::expect::no_failure", "an exchange succeeded that was expected to fail";
    OTHER_FAILURE = "e2e::expect::other_failure", "an exchange failed in another way than was expected";
    UNSUITABLE = "e2e::expect::unsuitable", "an expectation can't be asked of the value that came";
}
