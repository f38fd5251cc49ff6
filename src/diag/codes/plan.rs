use super::Code;

registry! {
    UNRESOLVED = "e2e::plan::unresolved", "a name can't be resolved when the plan is made";
    FILE_NOT_READ = "e2e::plan::file", "a file that a spec names can't be read";
    BAD_SCHEMA = "e2e::plan::schema", "a file is no usable JSON Schema";
    CASES_UNKNOWN = "e2e::plan::cases_unknown", "the cases of a parametrised test can't be known before it runs";
    NO_CASES = "e2e::plan::no_cases", "a parametrised test has no cases";
    MISSING_VARIABLES = "e2e::plan::missing_variables", "environment variables that the environment declares are not set";
    UNKNOWN_ENVIRONMENT = "e2e::plan::unknown_environment", "no environment has the name that was asked for";
    UNKNOWN_OVERRIDE = "e2e::plan::unknown_override", "`--set` names a value that the environment doesn't have";
    NOTHING_SELECTED = "e2e::plan::nothing_selected", "the filters select no test";
    UNKNOWN_TAG = "e2e::plan::unknown_tag", "no test has the tag that was asked for";
    PRIORITY_OF_NONE = "e2e::plan::unknown_priority", "no test has the priority that was asked for";
    NOTHING_ON_LINE = "e2e::plan::nothing_on_line", "a line that was asked for holds no test and is in no suite";
    WHICH_ENVIRONMENT = "e2e::plan::which_environment", "several environments are declared, and nothing says which one is meant";
    UNKNOWN_PLAN = "e2e::plan::unknown_plan", "no plan has the name that was asked for";
    PLAN_ELSEWHERE = "e2e::plan::elsewhere", "the plan isn't meant for the environment that was asked for";
    PLAN_LIMIT = "e2e::plan::limit", "a limit of a plan or of a probe can't be known before the run, or isn't of the kind that is measured";
    VALUE_REQUIRED = "e2e::plan::value_required", "a plan requires a value of the environment that is empty";
    ENVIRONMENT_NOT_REAL = "e2e::plan::not_real", "values of an environment that its `require real` forbids";
    UNMASKABLE = "e2e::plan::unmaskable", "a secret is too short, or too ordinary a word, to be masked";
    SECRET_IN_NAME = "e2e::plan::secret_in_name", "the name of a test or suite holds a secret";
    PROXY = "e2e::plan::proxy", "a proxy is named by the process's variables, where `require real` is said";
    BAD_ENV_FILE = "e2e::plan::env_file", "a line of an `--env-file` isn't `NAME=VALUE`";
}
