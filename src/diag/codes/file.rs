use super::Code;

registry! {
    FILE_TOO_LARGE = "e2e::file::too_large", "a spec file is larger than the tool reads";
    NOT_UTF8 = "e2e::file::not_utf8", "a spec file isn't UTF-8 text";
    NUL_IN_FILE = "e2e::file::nul", "a spec file holds a NUL character";
    FILE_UNREADABLE = "e2e::file::unreadable", "a file can't be read";
    PATH_NOT_FOUND = "e2e::file::not_found", "a path that was given doesn't exist";
    NO_SPECS = "e2e::file::no_specs", "a path that was given holds no spec";
    BAD_CONFIG = "e2e::file::bad_config", "`e2e.toml` isn't valid";
    UNKNOWN_CONFIG_KEY = "e2e::file::unknown_config_key", "`e2e.toml` has a key that isn't known";
}
