use super::Code;

registry! {
    UNCLOSED_STRING = "e2e::syntax::unclosed_string", "a quote has no partner";
    UNCLOSED_REGEX = "e2e::syntax::unclosed_regex", "a regex isn't closed on its line";
    UNCLOSED_BRACKET = "e2e::syntax::unclosed_bracket", "a bracket is never closed";
    UNOPENED_BRACKET = "e2e::syntax::unopened_bracket", "a closing bracket closes nothing";
    MISMATCHED_BRACKET = "e2e::syntax::mismatched_bracket", "a closing bracket is of another kind than the one it would close";
    MISSING_BRACE = "e2e::syntax::missing_brace", "a block isn't opened by `{` at the end of its line";
    UNCLOSED_INTERPOLATION = "e2e::syntax::unclosed_interpolation", "an interpolation's braces don't match";
    NESTED_TOO_DEEPLY = "e2e::syntax::nested_too_deeply", "brackets nest too deeply";
    EXPRESSION_TOO_LONG = "e2e::syntax::expression_too_long", "an expression has too many operators";
    SLASH_COMMENT = "e2e::syntax::slash_comment", "a comment is written with `//`";
    STRAY_DOC_COMMENT = "e2e::syntax::stray_doc_comment", "a doc comment belongs to no declaration";
    UNEXPECTED = "e2e::syntax::unexpected", "something else was expected here";
    UNKNOWN_STATEMENT = "e2e::syntax::unknown_statement", "no statement begins with this word here";
    UNKNOWN_UNIT = "e2e::syntax::unknown_unit", "a number has a unit that isn't known";
    NUMBER_OUT_OF_RANGE = "e2e::syntax::number_out_of_range", "a number is too large";
    UNKNOWN_ESCAPE = "e2e::syntax::unknown_escape", "a string has an escape that isn't known";
    INTERPOLATION_NOT_ALLOWED = "e2e::syntax::interpolation_not_allowed", "an interpolation stands where the text must be known before the run";
    MATCHER_IN_VALUE = "e2e::syntax::matcher_in_value", "a matcher stands in a value";
    MISSING_MATCHER = "e2e::syntax::missing_matcher", "nothing says what must hold of a subject";
    CALL_OF_A_VALUE = "e2e::syntax::call_of_a_value", "arguments follow something that can't be called";
    BRACE_BELOW = "e2e::syntax::brace_below", "a block's brace stands on a line of its own";
    MISSING_BLOCK = "e2e::syntax::missing_block", "a statement that needs a block has none";
    UNEXPECTED_BLOCK = "e2e::syntax::unexpected_block", "a statement that takes no block has one";
}
