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

/// The words for a rule.
pub fn word(rule: Rule) -> Word {
    known(rule).unwrap_or(Word::Statement)
}

/// As [`word`]; every rule has some.
fn known(rule: Rule) -> Option<Word> {
    use Word::{Continuation, End, Keyword, Sign, Statement, Thing};
    Some(match rule {
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
        Rule::method | Rule::given_method => Thing("a method such as `GET`"),
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
        Rule::matcher | Rule::matcher_start | Rule::compare => Thing(A_MATCHER),
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
        Rule::measure | Rule::statistic | Rule::statistic_name => {
            Thing("a measure such as `p95(time)` or `error rate`")
        }
        Rule::error_rate => Thing("`error rate`"),
        Rule::errors => Thing("`errors`"),
        Rule::error_kind => Thing("a kind of error such as `timeout` or `5xx`"),
        Rule::failures_of => Thing("`failures of never`"),
        Rule::throughput => Thing("`throughput`"),
        Rule::success => Thing("`success`"),
        Rule::measured => Thing("`time`, `time to first byte` or `connect CHANNEL`"),
        Rule::first_byte => Thing("`time to first byte`"),
        Rule::event_time => Thing("`time to event \"NAME\"`"),
        Rule::exchange_time => Thing("`time`"),
        Rule::connection => Thing("`connect CHANNEL`"),
        Rule::event_gap => Thing("`gap of event \"NAME\"`"),
        Rule::of_named => Thing("`of \"NAME\"`"),
        Rule::at_most_users => Thing("`using at most N users`"),
        Rule::user_hook => Thing("`before each user` or `after each user`"),
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
        | Rule::env_source => Statement,
        // Its last letter may be left out.
        Rule::k_suites => Keyword("suites"),
        Rule::k_of_users => Keyword("users"),
        _ if is_matcher(rule) => Thing(A_MATCHER),
        _ => match keyword(rule) {
            Some(keyword) => Keyword(keyword),
            None if is_statement(rule) => Statement,
            None => return None,
        },
    })
}

/// A rule for a matcher, in the user's words.
const A_MATCHER: &str = "a matcher such as `==`, `contains` or `is`";

// `keyword`, `is_matcher` and `is_statement`, made of the grammar by `build/words.rs`.
include!(concat!(env!("OUT_DIR"), "/words.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    /// A new one could be shown by no word.
    #[test]
    fn every_rule_has_its_word() {
        let without: Vec<&Rule> = Rule::all_rules().iter().filter(|rule| known(**rule).is_none()).collect();
        assert!(without.is_empty(), "{without:?}");
        assert_eq!(word(Rule::k_starts_with), Word::Keyword("starts with"));
        assert_eq!(word(Rule::k_hex), Word::Keyword("hex"));
    }
}
