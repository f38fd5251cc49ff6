use super::Code;

registry! {
    UNKNOWN_MODULE = "e2e::check::unknown_module", "an import names a module that doesn't exist";
    IMPORT_NOT_FOUND = "e2e::check::import_not_found", "an import names a file that doesn't exist";
    IMPORT_OUTSIDE = "e2e::check::import_outside", "an import names a file outside the project";
    IMPORT_CYCLE = "e2e::check::import_cycle", "files import each other in a circle";
    UNKNOWN_IMPORT = "e2e::check::unknown_import", "a module doesn't declare a name that is imported from it";
    IMPORT_NEEDS_NAME = "e2e::check::import_needs_name", "an imported file's name can't be a name in a spec";

    UNKNOWN_NAME = "e2e::check::unknown_name", "nothing has this name here";
    DUPLICATE_NAME = "e2e::check::duplicate_name", "two declarations have one name";
    RESERVED_NAME = "e2e::check::reserved_name", "a name means something else already";
    SHADOWED_NAME = "e2e::check::shadowed_name", "a name hides one that is in scope already";
    UNUSED_NAME = "e2e::check::unused_name", "a value is named and never used";
    UNUSED_IMPORT = "e2e::check::unused_import", "an import is never used";
    UNUSED_DECLARATION = "e2e::check::unused_declaration", "a flow, shape or credential is never used";
    NOT_A_VALUE = "e2e::check::not_a_value", "a name stands for something that isn't a value";
    UNKNOWN_FIELD = "e2e::check::unknown_field", "a value has no field of this name";
    UNKNOWN_FUNCTION = "e2e::check::unknown_function", "no flow or function has this name";

    WRONG_ARGUMENTS = "e2e::check::wrong_arguments", "a call has too few or too many arguments";
    UNKNOWN_PARAMETER = "e2e::check::unknown_parameter", "a flow has no parameter of this name";
    MIXED_ARGUMENTS = "e2e::check::mixed_arguments", "a call mixes positional and named arguments";
    ARGUMENT_TYPE = "e2e::check::argument_type", "an argument has another type than its parameter";
    FLOW_IN_EXPRESSION = "e2e::check::flow_in_expression", "a flow is called inside an expression";
    NO_RESULT = "e2e::check::no_result", "the result of a flow that has none is used";
    RECURSIVE_FLOW = "e2e::check::recursive_flow", "a flow calls itself";
    CALLS_TOO_DEEP = "e2e::check::calls_too_deep", "flows call each other more deeply than can be run";
    MISSING_RETURN = "e2e::check::missing_return", "a flow promises a result and never returns one";
    RETURN_TYPE = "e2e::check::return_type", "a flow returns something else than it promises";
    UNREACHABLE = "e2e::check::unreachable", "a step can't be reached";
    CREDENTIAL_CALL = "e2e::check::credential_call", "a credential isn't obtained by a flow that gives it";
    CREDENTIAL_EXPIRY = "e2e::check::credential_expiry", "nothing says how long a credential lives";

    TYPE_MISMATCH = "e2e::check::type_mismatch", "values of types that are never equal are compared";
    LIST_COMPARED = "e2e::check::list_compared", "a list is compared with a single value";
    NOT_A_LIST = "e2e::check::not_a_list", "a list is needed where there is none";
    WRONG_MATCHER = "e2e::check::wrong_matcher", "a matcher can't be used on this subject";
    SUBJECT_NOT_HERE = "e2e::check::subject_not_here", "a subject doesn't exist where it is used";
    BAD_OPERANDS = "e2e::check::bad_operands", "an operator can't be used on these values";
    INVALID_JSONPATH = "e2e::check::invalid_jsonpath", "a JSONPath isn't valid";
    INVALID_REGEX = "e2e::check::invalid_regex", "a regex isn't valid";
    INVALID_XPATH = "e2e::check::invalid_xpath", "an XPath isn't valid";
    INVALID_SELECTOR = "e2e::check::invalid_selector", "a CSS selector isn't valid";
    INVALID_BYTES = "e2e::check::invalid_bytes", "bytes aren't written in hexadecimal or base64";

    UNKNOWN_TYPE = "e2e::check::unknown_type", "no type or shape has this name";
    DUPLICATE_FIELD = "e2e::check::duplicate_field", "an object or shape has a field twice";
    RECURSIVE_SHAPE = "e2e::check::recursive_shape", "no value can have a shape, since it holds itself";

    UNKNOWN_ENV_VALUE = "e2e::check::unknown_env_value", "an environment has no value of this name";
    NO_ENVIRONMENT = "e2e::check::no_environment", "a value of an environment is used and none is declared";
    UNDECLARED_ENVIRONMENT = "e2e::check::unknown_environment", "no environment has this name";
    DUPLICATE_ENVIRONMENT = "e2e::check::duplicate_environment", "two environments have one name";
    TWO_DEFAULTS = "e2e::check::two_defaults", "two environments are the default";
    DUPLICATE_ENV_VALUE = "e2e::check::duplicate_env_value", "an environment has a value or service twice";
    ENV_ORDER = "e2e::check::env_order", "a value of an environment is used above the line that gives it";
    UNKNOWN_TARGET = "e2e::check::unknown_target", "an environment's target isn't known";
    UNKNOWN_SERVICE = "e2e::check::unknown_service", "no environment declares this service";
    SERVICE_CYCLE = "e2e::check::service_cycle", "services depend on each other in a circle";
    UNREAL = "e2e::check::not_real", "`require real` forbids what a spec says";

    UNKNOWN_METHOD = "e2e::check::unknown_method", "a request's method isn't known";
    INVALID_URL = "e2e::check::invalid_url", "a URL can't be requested";
    INVALID_HEADER = "e2e::check::invalid_header", "a header's or cookie's name or value can't be sent";
    DUPLICATE_HEADER = "e2e::check::duplicate_header", "a request sets a header twice";
    DUPLICATE_PART = "e2e::check::duplicate_part", "a request says something twice";
    BODY_TWICE = "e2e::check::body_twice", "a request has two bodies";
    BODY_WITH_GET = "e2e::check::body_with_get", "a request has a body that its method doesn't use";
    UNKNOWN_HTTP_VERSION = "e2e::check::unknown_http_version", "a version of HTTP isn't supported";
    UNSAFE_RETRY = "e2e::check::unsafe_retry", "a request that may act twice is retried";
    SECRET_IN_CLEAR = "e2e::check::secret_in_clear", "a secret is written out in a spec";
    FILE_MISSING = "e2e::check::file_missing", "a file that a spec reads doesn't exist";
    INVALID_CSV = "e2e::check::invalid_csv", "a file isn't CSV";
    ENCODED_TWICE = "e2e::check::encoded_twice", "a value would be URL-encoded twice";
    NOT_INTERPOLATED = "e2e::check::not_interpolated", "a raw string holds what looks like an interpolation";
    STRAY_DOLLAR = "e2e::check::stray_dollar", "a dollar sign is before an interpolation";
    FILE_OUTSIDE = "e2e::check::file_outside", "a file that a spec reads lies outside the project";

    STATUS_OUT_OF_RANGE = "e2e::check::status_out_of_range", "a number is no HTTP status";
    EXPECTS_NOTHING = "e2e::check::expects_nothing", "a test expects nothing";
    NO_EXCHANGE = "e2e::check::no_exchange", "a test makes no network exchange";
    ALWAYS_HOLDS = "e2e::check::always_holds", "an expectation can't fail";
    NEVER_HOLDS = "e2e::check::never_holds", "an expectation can't hold";
    CONTRADICTION = "e2e::check::contradiction", "two expectations can't hold together";
    DUPLICATE_EXPECTATION = "e2e::check::duplicate_expectation", "the same is expected twice";
    FAILURE_MIXED = "e2e::check::failure_mixed", "an expected failure comes with expectations of a response";

    WAIT_TOO_LONG = "e2e::check::wait_too_long", "a wait is longer than the deadline around it";
    SETTLING_CUT_SHORT = "e2e::check::settling_cut_short", "a deadline leaves less time than a match settles";
    BAD_DURATION = "e2e::check::bad_duration", "a time limit is zero or negative";
    EMPTY_RANGE = "e2e::check::empty_range", "a range ends before it begins";
    BAD_COUNT = "e2e::check::bad_count", "a count isn't a whole number that makes sense here";

    UNKNOWN_CHANNEL = "e2e::check::unknown_channel", "no open channel has this name";
    CLOSED_CHANNEL = "e2e::check::channel_closed", "a channel is used after it was closed";
    CHANNEL_REOPENED = "e2e::check::channel_reopened", "a channel is opened while it is open";
    WRONG_CHANNEL_KIND = "e2e::check::wrong_channel_kind", "a channel of this kind can't do this";
    BAD_CLOSE_CODE = "e2e::check::bad_close_code", "a WebSocket can't be closed with this code";
    UNREACHABLE_ITEM = "e2e::check::unreachable_item", "an item of a pattern can't be reached";
    UNKNOWN_MARK = "e2e::check::unknown_mark", "no mark has this name";

    DUPLICATE_TITLE = "e2e::check::duplicate_title", "two suites, tests, loads or phases have one name";
    DUPLICATE_META = "e2e::check::duplicate_meta", "a suite or test says something about itself twice";
    MISPLACED = "e2e::check::misplaced", "a statement is in the wrong place";
    UNKNOWN_PRIORITY = "e2e::check::unknown_priority", "a priority isn't one of P0 to P4";
    DUPLICATE_TAG = "e2e::check::duplicate_tag", "a tag is given twice";
    BAD_MONEY = "e2e::check::bad_money", "what is at risk isn't an amount of money";
    EMPTY_SUITE = "e2e::check::empty_suite", "a suite has no tests";
    EMPTY_BLOCK = "e2e::check::empty_block", "a block has no steps";
    NEVER_RUNS = "e2e::check::never_runs", "steps are repeated over an empty list";
    WEAK_EVIDENCE = "e2e::check::weak_evidence", "an expectation passes on weak evidence, whatever comes";
    SKIPS_BY_SERVER = "e2e::check::skips_by_server", "whether a test is skipped depends on what a server said";
    ALWAYS_SKIPPED = "e2e::check::always_skipped", "whether a test is skipped is known beforehand";

    LOAD_SHAPE = "e2e::check::load_shape", "a load doesn't say what runs, how much of it, or for how long";
    UNKNOWN_STATISTIC = "e2e::check::unknown_statistic", "a statistic isn't known";
    NOT_MEASURED = "e2e::check::not_measured", "a threshold or gate measures what isn't there";
    IMPOSSIBLE_THRESHOLD = "e2e::check::impossible_threshold", "a threshold or gate can't hold";
    UNKNOWN_SUITE = "e2e::check::unknown_suite", "no suite has this name";
    UNKNOWN_LOAD = "e2e::check::unknown_load", "no load has this name";
    UNKNOWN_CREDENTIAL = "e2e::check::unknown_credential", "no credential has this name";
    SELECTS_NOTHING = "e2e::check::selects_nothing", "a phase selects none of the tests that were given";
    EMPTY_PHASE = "e2e::check::empty_phase", "a phase runs nothing";
}
