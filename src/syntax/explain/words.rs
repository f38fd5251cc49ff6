use crate::syntax::grammar::Rule;

/// What a rule stands for, in the user's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// A keyword, or a phrase of them.
    Keyword(&'static str),
    /// A sign of its own.
    Sign(&'static str),
    /// A kind of thing, with its article.
    Thing(&'static str),
    /// What might go on with something that is complete: worth no mention.
    Continuation,
    /// The end of the statement.
    End,
    /// A whole statement, or a part of a token: it isn't expected where a statement is known.
    Statement,
}

/// The words for a rule. Every rule has its arm, so that a new one can't be shown by its name.
pub fn word(rule: Rule) -> Word {
    use Word::{Continuation, End, Keyword, Sign, Statement, Thing};
    match rule {
        Rule::EOI => End,
        Rule::dotdot
        | Rule::plus
        | Rule::minus
        | Rule::star
        | Rule::slash
        | Rule::member
        | Rule::index
        | Rule::arguments
        | Rule::question
        | Rule::k_and
        | Rule::k_or => Continuation,
        Rule::comma => Sign(","),
        Rule::colon => Sign(":"),
        Rule::dot => Sign("."),
        Rule::lparen => Sign("("),
        Rule::rparen => Sign(")"),
        Rule::lbracket => Sign("["),
        Rule::rbracket => Sign("]"),
        Rule::lbrace => Sign("{"),
        Rule::rbrace => Sign("}"),
        Rule::assign => Sign("="),
        Rule::arrow => Sign("->"),
        Rule::plus_minus => Sign("±"),
        Rule::name | Rule::word | Rule::names => Thing("a name"),
        Rule::path => Thing("a name of a module"),
        Rule::tag | Rule::tag_list => Thing("a tag"),
        Rule::method => Thing("a method such as `GET`"),
        Rule::field_name
        | Rule::bare_field
        | Rule::key
        | Rule::pair
        | Rule::subject_field
        | Rule::cookie_name
        | Rule::entry
        | Rule::partial_entry
        | Rule::multipart_field => Thing("the name of a field"),
        Rule::field | Rule::shape_field => Thing("a field such as `id: uuid`"),
        Rule::string | Rule::strings | Rule::multi | Rule::multi_raw | Rule::quoted | Rule::raw => {
            Thing("a string in quotes")
        }
        Rule::interpolation => Thing("an interpolation"),
        Rule::quantity | Rule::version => Thing("a number"),
        Rule::money => Thing("an amount such as `$120K`"),
        Rule::jsonpath | Rule::jp_key | Rule::jp_text | Rule::jp_name | Rule::jp_brackets => {
            Thing("a JSONPath such as `$.id`")
        }
        Rule::regex | Rule::regex_class => Thing("a regex such as `/^a/`"),
        Rule::url | Rule::bare_url => Thing("a URL"),
        Rule::logic
        | Rule::logic_term
        | Rule::operand
        | Rule::sum
        | Rule::term
        | Rule::postfix
        | Rule::primary
        | Rule::paren
        | Rule::list
        | Rule::object
        | Rule::argument
        | Rule::bare
        | Rule::frame_value
        | Rule::file_value
        | Rule::hex_value
        | Rule::response_value
        | Rule::interpolated
        | Rule::reserved => Thing("a value"),
        Rule::expectation
        | Rule::bare_subject
        | Rule::subject
        | Rule::captured
        | Rule::subject_before_regex
        | Rule::word_subject
        | Rule::hex_subject
        | Rule::header_subject
        | Rule::headers_subject
        | Rule::cookie_subject
        | Rule::certificate_subject
        | Rule::xpath_subject
        | Rule::css_subject => Thing("what to look at, such as `status` or `$.id`"),
        Rule::matcher
        | Rule::matcher_start
        | Rule::compare
        | Rule::m_in
        | Rule::m_contains
        | Rule::m_starts_with
        | Rule::m_ends_with
        | Rule::m_matches
        | Rule::m_equals
        | Rule::m_is
        | Rule::m_exists
        | Rule::m_has_length
        | Rule::m_close_to
        | Rule::m_each
        | Rule::m_some
        | Rule::m_none
        | Rule::m_not
        | Rule::m_after => Thing("a matcher such as `==`, `contains` or `is`"),
        Rule::comparison
        | Rule::op_equal
        | Rule::op_not_equal
        | Rule::op_less
        | Rule::op_less_equal
        | Rule::op_greater
        | Rule::op_greater_equal => Thing("a comparison such as `<`"),
        Rule::sorted => Thing("`sorted`"),
        Rule::checked_type
        | Rule::type_expr
        | Rule::type_atom
        | Rule::type_list
        | Rule::type_object
        | Rule::literal_type
        | Rule::type_name => Thing("a type or a shape"),
        Rule::partial | Rule::partial_object | Rule::partial_list | Rule::partial_any => {
            Thing("a value, `any`, a comparison or a regex")
        }
        Rule::import_names => Thing("names in parentheses"),
        Rule::for_each | Rule::for_each_stmt => Thing("`for each NAME in LIST`"),
        Rule::or_none => Thing("`or none`"),
        Rule::param => Thing("a parameter"),
        Rule::env_secret => Thing("`secret(\"NAME\")`"),
        Rule::env_variable => Thing("`variable(\"NAME\")`"),
        Rule::failure | Rule::expect_failure => Thing("a failure such as `timeout` or `refused`"),
        Rule::retry_on => Thing("a status, or a failure such as `timeout`"),
        Rule::part_type => Thing("`type \"…\"`"),
        Rule::part_name => Thing("`name \"…\"`"),
        Rule::frame_body => Thing("`json`, `text`, `binary`, `hex` or `base64`"),
        Rule::on_channel | Rule::view => Thing("`on CHANNEL`"),
        Rule::pattern_head | Rule::nested => Thing("`in order`, `in any order` or a block"),
        Rule::time_limit | Rule::within | Rule::connect_within => Thing("`within` and a duration"),
        Rule::every_item => Thing("`every`"),
        Rule::never_item | Rule::never => Thing("`never`"),
        Rule::leads_to | Rule::leads_to_tail => Thing("`leads to`"),
        Rule::settle => Thing("`settle` and a duration"),
        Rule::taken_for => Thing("`for` and a duration"),
        Rule::never_tail => Thing("`for` and a duration"),
        Rule::event_item | Rule::event_what | Rule::item => Thing("an event, such as `event \"name\"`"),
        Rule::count => Thing("a count such as `once` or `3 times`"),
        Rule::item_bounds | Rule::item_tail | Rule::response_tail => Thing("a count, or `within` and a duration"),
        Rule::silence => Thing("`silence for D`"),
        Rule::closed => Thing("`closed`"),
        Rule::ended => Thing("`ended`"),
        Rule::cut_off => Thing("`cut off`"),
        Rule::threshold_abort => Thing("`abort`"),
        Rule::threshold_over => Thing("`over last`"),
        Rule::measure | Rule::statistic => Thing("a measure such as `p95(time)` or `error rate`"),
        Rule::measured => Thing("`time`, `time to first byte` or `connect CHANNEL`"),
        Rule::phrase | Rule::service_down | Rule::credential_fails | Rule::slow | Rule::failures | Rule::abort_when => {
            Thing("a condition such as `service NAME is down`")
        }
        Rule::hook => Thing("`before all`, `before each`, `after each` or `after all`"),
        Rule::at_risk => Thing("`at risk`"),
        Rule::depends_on => Thing("`depends on`"),
        Rule::runs_on => Thing("`runs on`"),
        Rule::side_by_side => Thing("`tests side by side`"),
        Rule::no_cookies => Thing("`no cookies`"),
        Rule::follow_redirects => Thing("`follow redirects`"),
        Rule::accept_invalid_certificate => Thing("`accept invalid certificate`"),
        Rule::skip_when => Thing("`skip when`"),
        Rule::reply_to => Thing("`reply to`"),
        Rule::reply_with => Thing("`with`"),
        Rule::retry_infrastructure => Thing("`retry infrastructure`"),
        Rule::require_real => Thing("`require real`"),
        Rule::require_env => Thing("`require env`"),
        Rule::renew_credentials => Thing("`renew credentials`"),
        Rule::abort_on_failure => Thing("`abort on any failure`"),
        Rule::or_branch => Thing("`or`"),
        Rule::k_true => Keyword("true"),
        Rule::k_false => Keyword("false"),
        Rule::k_null => Keyword("null"),
        Rule::k_file => Keyword("file"),
        Rule::k_hex => Keyword("hex"),
        Rule::k_not => Keyword("not"),
        Rule::k_status => Keyword("status"),
        Rule::k_time => Keyword("time"),
        Rule::k_size => Keyword("size"),
        Rule::k_url => Keyword("url"),
        Rule::k_body => Keyword("body"),
        Rule::k_body_text => Keyword("body text"),
        Rule::k_text => Keyword("text"),
        Rule::k_data => Keyword("data"),
        Rule::k_id => Keyword("id"),
        Rule::k_redirects => Keyword("redirects"),
        Rule::k_attempts => Keyword("attempts"),
        Rule::k_time_to_first_byte => Keyword("time to first byte"),
        Rule::k_http_version => Keyword("http version"),
        Rule::k_header_word => Keyword("header"),
        Rule::k_headers => Keyword("headers"),
        Rule::k_cookie_word => Keyword("cookie"),
        Rule::k_certificate => Keyword("certificate"),
        Rule::k_xpath => Keyword("xpath"),
        Rule::k_css => Keyword("css"),
        Rule::k_in => Keyword("in"),
        Rule::k_contains => Keyword("contains"),
        Rule::k_starts_with => Keyword("starts with"),
        Rule::k_ends_with => Keyword("ends with"),
        Rule::k_matches => Keyword("matches"),
        Rule::k_schema_file => Keyword("schema file"),
        Rule::k_equals => Keyword("equals"),
        Rule::k_is => Keyword("is"),
        Rule::k_empty => Keyword("empty"),
        Rule::k_unique => Keyword("unique"),
        Rule::k_sorted => Keyword("sorted"),
        Rule::k_by => Keyword("by"),
        Rule::k_descending => Keyword("descending"),
        Rule::k_ascending => Keyword("ascending"),
        Rule::k_exists => Keyword("exists"),
        Rule::k_has_length => Keyword("has length"),
        Rule::k_close_to => Keyword("close to"),
        Rule::k_each => Keyword("each"),
        Rule::k_some => Keyword("some"),
        Rule::k_none => Keyword("none"),
        Rule::k_after => Keyword("after"),
        Rule::k_any => Keyword("any"),
        Rule::k_import => Keyword("import"),
        Rule::k_as => Keyword("as"),
        Rule::k_environment => Keyword("environment"),
        Rule::k_default => Keyword("default"),
        Rule::k_secret => Keyword("secret"),
        Rule::k_variable => Keyword("variable"),
        Rule::k_require => Keyword("require"),
        Rule::k_real => Keyword("real"),
        Rule::k_target => Keyword("target"),
        Rule::k_service => Keyword("service"),
        Rule::k_probe => Keyword("probe"),
        Rule::k_depends_on => Keyword("depends on"),
        Rule::k_nothing => Keyword("nothing"),
        Rule::k_suite => Keyword("suite"),
        Rule::k_test => Keyword("test"),
        Rule::k_for_each => Keyword("for each"),
        Rule::k_before_all => Keyword("before all"),
        Rule::k_before_each => Keyword("before each"),
        Rule::k_after_each => Keyword("after each"),
        Rule::k_after_all => Keyword("after all"),
        Rule::k_priority => Keyword("priority"),
        Rule::k_tags => Keyword("tags"),
        Rule::k_owner => Keyword("owner"),
        Rule::k_at_risk => Keyword("at risk"),
        Rule::k_needs => Keyword("needs"),
        Rule::k_timeout => Keyword("timeout"),
        Rule::k_retries => Keyword("retries"),
        Rule::k_runs_on => Keyword("runs on"),
        Rule::k_locks => Keyword("locks"),
        Rule::k_side_by_side => Keyword("tests side by side"),
        Rule::k_shape => Keyword("shape"),
        Rule::k_flow => Keyword("flow"),
        Rule::k_credential => Keyword("credential"),
        Rule::k_refresh_before => Keyword("refresh before"),
        Rule::k_let => Keyword("let"),
        Rule::k_capture => Keyword("capture"),
        Rule::k_collect => Keyword("collect"),
        Rule::k_call => Keyword("call"),
        Rule::k_request => Keyword("request"),
        Rule::k_expect => Keyword("expect"),
        Rule::k_failure_is => Keyword("failure is"),
        Rule::k_wait => Keyword("wait"),
        Rule::k_parallel => Keyword("parallel"),
        Rule::k_repeat => Keyword("repeat"),
        Rule::k_times => Keyword("times"),
        Rule::k_eventually => Keyword("eventually"),
        Rule::k_within => Keyword("within"),
        Rule::k_every => Keyword("every"),
        Rule::k_skip_when => Keyword("skip when"),
        Rule::k_because => Keyword("because"),
        Rule::k_mark => Keyword("mark"),
        Rule::k_return => Keyword("return"),
        Rule::k_expires_in => Keyword("expires in"),
        Rule::k_header => Keyword("header"),
        Rule::k_query => Keyword("query"),
        Rule::k_cookie => Keyword("cookie"),
        Rule::k_no_cookies => Keyword("no cookies"),
        Rule::k_bearer => Keyword("bearer"),
        Rule::k_invalid => Keyword("invalid"),
        Rule::k_basic => Keyword("basic"),
        Rule::k_digest => Keyword("digest"),
        Rule::k_json => Keyword("json"),
        Rule::k_body_part => Keyword("body"),
        Rule::k_form => Keyword("form"),
        Rule::k_multipart => Keyword("multipart"),
        Rule::k_type => Keyword("type"),
        Rule::k_name => Keyword("name"),
        Rule::k_graphql => Keyword("graphql"),
        Rule::k_with => Keyword("with"),
        Rule::k_retry => Keyword("retry"),
        Rule::k_unsafe => Keyword("unsafe"),
        Rule::k_doubling_up_to => Keyword("doubling up to"),
        Rule::k_on => Keyword("on"),
        Rule::k_once => Keyword("once"),
        Rule::k_twice => Keyword("twice"),
        Rule::k_follow_redirects => Keyword("follow redirects"),
        Rule::k_up_to => Keyword("up to"),
        Rule::k_http => Keyword("http"),
        Rule::k_accept_invalid_certificate => Keyword("accept invalid certificate"),
        Rule::k_compressed => Keyword("compressed"),
        Rule::k_either => Keyword("either"),
        Rule::k_websocket => Keyword("websocket"),
        Rule::k_sse => Keyword("sse"),
        Rule::k_ndjson => Keyword("ndjson"),
        Rule::k_subprotocol => Keyword("subprotocol"),
        Rule::k_events => Keyword("events"),
        Rule::k_payload => Keyword("payload"),
        Rule::k_connect => Keyword("connect"),
        Rule::k_reply_to => Keyword("reply to"),
        Rule::k_send => Keyword("send"),
        Rule::k_text_body => Keyword("text"),
        Rule::k_binary => Keyword("binary"),
        Rule::k_hex_body => Keyword("hex"),
        Rule::k_base64 => Keyword("base64"),
        Rule::k_close => Keyword("close"),
        Rule::k_reason => Keyword("reason"),
        Rule::k_drop => Keyword("drop"),
        Rule::k_reconnect => Keyword("reconnect"),
        Rule::k_ping => Keyword("ping"),
        Rule::k_expect_pong_within => Keyword("expect pong within"),
        Rule::k_where => Keyword("where"),
        Rule::k_since => Keyword("since"),
        Rule::k_in_order_strictly => Keyword("in order strictly"),
        Rule::k_in_order => Keyword("in order"),
        Rule::k_in_any_order_strictly => Keyword("in any order strictly"),
        Rule::k_in_any_order => Keyword("in any order"),
        Rule::k_settle => Keyword("settle"),
        Rule::k_or_closed => Keyword("or closed"),
        Rule::k_to => Keyword("to"),
        Rule::k_leads_to => Keyword("leads to"),
        Rule::k_never => Keyword("never"),
        Rule::k_for => Keyword("for"),
        Rule::k_silence => Keyword("silence"),
        Rule::k_closed => Keyword("closed"),
        Rule::k_ended => Keyword("ended"),
        Rule::k_cut_off => Keyword("cut off"),
        Rule::k_event => Keyword("event"),
        Rule::k_frame_text => Keyword("frame text"),
        Rule::k_frame_binary => Keyword("frame binary"),
        Rule::k_frame => Keyword("frame"),
        Rule::k_comment => Keyword("comment"),
        Rule::k_optional => Keyword("optional"),
        Rule::k_at_least => Keyword("at least"),
        Rule::k_at_most => Keyword("at most"),
        Rule::k_gap => Keyword("gap"),
        Rule::k_load => Keyword("load"),
        Rule::k_users => Keyword("users"),
        Rule::k_ramp => Keyword("ramp"),
        Rule::k_hold => Keyword("hold"),
        Rule::k_rate => Keyword("rate"),
        Rule::k_using_at_most => Keyword("using at most"),
        Rule::k_scenario => Keyword("scenario"),
        Rule::k_weight => Keyword("weight"),
        Rule::k_data_part => Keyword("data"),
        Rule::k_next => Keyword("next"),
        Rule::k_threshold => Keyword("threshold"),
        Rule::k_abort => Keyword("abort"),
        Rule::k_over_last => Keyword("over last"),
        Rule::k_time_word => Keyword("time"),
        Rule::k_of => Keyword("of"),
        Rule::k_error_rate => Keyword("error rate"),
        Rule::k_throughput => Keyword("throughput"),
        Rule::k_success => Keyword("success"),
        Rule::k_flaky => Keyword("flaky"),
        Rule::k_failures_of => Keyword("failures of"),
        Rule::k_plan => Keyword("plan"),
        Rule::k_env => Keyword("env"),
        Rule::k_retry_infrastructure => Keyword("retry infrastructure"),
        Rule::k_phase => Keyword("phase"),
        Rule::k_run => Keyword("run"),
        Rule::k_everything_not_run => Keyword("everything not run"),
        Rule::k_suites => Keyword("suites"),
        Rule::k_loads => Keyword("load"),
        Rule::k_budget => Keyword("budget"),
        Rule::k_gate => Keyword("gate"),
        Rule::k_abort_on_any_failure => Keyword("abort on any failure"),
        Rule::k_renew_credentials => Keyword("renew credentials"),
        Rule::k_pause => Keyword("pause"),
        Rule::k_before => Keyword("before"),
        Rule::k_abort_when => Keyword("abort when"),
        Rule::k_is_down => Keyword("is down"),
        Rule::k_cannot_be_obtained => Keyword("cannot be obtained"),
        Rule::k_every_websocket_fails => Keyword("every websocket fails"),
        Rule::k_requests_in_a_row => Keyword("requests in a row"),
        Rule::k_failures => Keyword("failures"),
        Rule::WHITESPACE
        | Rule::ident_char
        | Rule::ident_start
        | Rule::sp
        | Rule::eow
        | Rule::escape
        | Rule::inner_string
        | Rule::exponent
        | Rule::escape_in_line
        | Rule::special_value
        | Rule::import
        | Rule::environment
        | Rule::env_value
        | Rule::env_source
        | Rule::target
        | Rule::service
        | Rule::probe
        | Rule::suite
        | Rule::test
        | Rule::priority
        | Rule::tags
        | Rule::owner
        | Rule::needs
        | Rule::timeout
        | Rule::retries
        | Rule::locks
        | Rule::shape
        | Rule::flow
        | Rule::credential
        | Rule::let_stmt
        | Rule::capture
        | Rule::call
        | Rule::request
        | Rule::expect
        | Rule::wait
        | Rule::parallel
        | Rule::repeat
        | Rule::eventually
        | Rule::mark
        | Rule::return_stmt
        | Rule::header
        | Rule::query
        | Rule::cookie
        | Rule::bearer
        | Rule::basic
        | Rule::digest
        | Rule::json
        | Rule::body
        | Rule::form
        | Rule::multipart
        | Rule::graphql
        | Rule::retry
        | Rule::http_version
        | Rule::compressed
        | Rule::either
        | Rule::websocket
        | Rule::stream
        | Rule::subprotocol
        | Rule::events
        | Rule::payload
        | Rule::send
        | Rule::close
        | Rule::drop
        | Rule::reconnect
        | Rule::ping
        | Rule::expect_on
        | Rule::expect_together
        | Rule::gap
        | Rule::repeat_items
        | Rule::condition
        | Rule::load
        | Rule::users
        | Rule::rate
        | Rule::scenario
        | Rule::data
        | Rule::threshold
        | Rule::plan
        | Rule::phase
        | Rule::run
        | Rule::budget
        | Rule::gate
        | Rule::pause => Statement,
    }
}
