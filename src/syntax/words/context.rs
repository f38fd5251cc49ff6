/// Where a statement is, which says what may begin it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    File,
    Environment,
    Service,
    Suite,
    Test,
    Flow,
    Request,
    Channel,
    Pattern,
    Together,
    Item,
    Load,
    Stages,
    Arrivals,
    Plan,
    Phase,
}

impl Context {
    /// All of them, the likeliest homes of a statement first.
    pub const ALL: &'static [Context] = &[
        Context::File,
        Context::Suite,
        Context::Test,
        Context::Request,
        Context::Flow,
        Context::Environment,
        Context::Service,
        Context::Channel,
        Context::Pattern,
        Context::Together,
        Context::Item,
        Context::Load,
        Context::Stages,
        Context::Arrivals,
        Context::Plan,
        Context::Phase,
    ];

    /// What the place is called.
    pub fn place(self) -> &'static str {
        match self {
            Context::File => "at the top level of a file",
            Context::Environment => "in an environment",
            Context::Service => "in a service",
            Context::Suite => "in a suite",
            Context::Test => "in a test",
            Context::Flow => "in a flow",
            Context::Request => "in a request",
            Context::Channel => "in a channel's block",
            Context::Pattern => "in a pattern",
            Context::Together => "in `expect within D { … }`",
            Context::Item => "in an event's block",
            Context::Load => "in a load",
            Context::Stages => "in the stages of a load",
            Context::Arrivals => "in the arrivals of a load",
            Context::Plan => "in a plan",
            Context::Phase => "in a phase",
        }
    }
}
