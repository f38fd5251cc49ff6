use super::Code;

registry! {
    BAD_SET = "e2e::cli::set", "`--set` isn't `env.NAME=VALUE`";
    BAD_ARGUMENT_FILE = "e2e::cli::file", "a file that the command line names can't be read or written";
    BAD_REPORT = "e2e::cli::report", "`--report` names no format, or no place";
    BAD_RESULTS = "e2e::cli::results", "a file is no report of a run, or one that can't be read";
    UNKNOWN_FAULT = "e2e::cli::fault", "the demo system has no fault of this name";
    NO_DEMO = "e2e::cli::no_demo", "a fault is asked for, and the run doesn't use the demo system";
    UNKNOWN_CODE = "e2e::cli::unknown_code", "no diagnostic has this code";
    JOURNAL = "e2e::cli::journal", "a journal can't be written, read, or gone on with";
    SHARD = "e2e::cli::shard", "which shard this is isn't clear";
    START_AT = "e2e::cli::start_at", "a run can't begin at the instant that it is to begin at";
    MERGE = "e2e::cli::merge", "the files given are not the shards of one run";
    DEMO_FAILED = "e2e::cli::demo_failed", "the demo system can't be started";
}
