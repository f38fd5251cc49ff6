use super::Code;

registry! {}
