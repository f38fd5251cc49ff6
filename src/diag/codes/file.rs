use super::Code;

registry! {
    FILE_TOO_LARGE = "e2e::file::too_large", "a spec file is larger than the tool reads";
    NOT_UTF8 = "e2e::file::not_utf8", "a spec file isn't UTF-8 text";
    NUL_IN_FILE = "e2e::file::nul", "a spec file holds a NUL character";
    FILE_UNREADABLE = "e2e::file::unreadable", "a file can't be read";
}
