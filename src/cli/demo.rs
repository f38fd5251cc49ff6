use super::args::Demo;
use super::exit::Exit;
use super::output::{Color, Output};
use crate::demo::{DemoOptions, Fault, Ports};
use crate::diag::{Diagnostic, closest, codes};
use crate::source::Span;

pub fn main(args: &Demo, color: Color) -> Exit {
    let output = Output::new(color);
    if args.list_faults {
        let lines: Vec<String> =
            Fault::ALL.iter().map(|fault| format!("{}\t{}\n", fault.name(), fault.describe())).collect();
        output.print_table(&lines.concat());
        return Exit::Ok;
    }
    let fault = match args.fault.as_deref().map(fault_named).transpose() {
        Ok(fault) => fault,
        Err(diagnostic) => {
            output.usage(&diagnostic);
            return Exit::Diagnostics;
        }
    };
    let ports = Ports { api: args.api_port, auth: args.auth_port, app: args.app_port, control: args.control_port };
    let served = tokio::runtime::Runtime::new().and_then(|runtime| runtime.block_on(serve(fault, ports, &output)));
    match served {
        Ok(()) => Exit::Ok,
        Err(error) => {
            let message = format!("the demo system can't be started: {error}");
            let help = "is one of its ports in use? without `--…-port` the system chooses free ones";
            output.usage(&Diagnostic::error(&codes::DEMO_FAILED, Span::nowhere(), message).with_help(help));
            Exit::Diagnostics
        }
    }
}

async fn serve(fault: Option<Fault>, ports: Ports, output: &Output) -> std::io::Result<()> {
    let demo =
        crate::demo::start(DemoOptions { fault, ports, cold: fault == Some(Fault::SlowStart), passing: false }).await?;
    let mut text = String::from("the demo system is up; stop it with Ctrl-C\n\n");
    // These secrets are the demo's own, published in its documentation, and needed to try it by hand.
    for (name, value, _) in demo.values() {
        text.push_str(&format!("  {name:<16} {value}\n"));
    }
    if let Some(fault) = fault {
        text.push_str(&format!("\nbroken on purpose: {} ({})\n", fault.name(), fault.describe()));
    }
    output.print(&text);
    tokio::signal::ctrl_c().await?;
    demo.stop().await;
    Ok(())
}

/// The fault that is meant.
pub(super) fn fault_named(name: &str) -> Result<Fault, Box<Diagnostic>> {
    // Names are written with hyphens; spaces and underscores are what people type.
    let normal = name.trim().to_lowercase().replace([' ', '_'], "-");
    normal.parse::<Fault>().map_err(|_| {
        let help = match closest(&normal, Fault::ALL.iter().map(|fault| fault.name())) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`e2e-dsl demo --list-faults` names them".to_owned(),
        };
        Box::new(
            Diagnostic::error(&codes::UNKNOWN_FAULT, Span::nowhere(), format!("the demo system has no fault `{name}`"))
                .with_help(help),
        )
    })
}
