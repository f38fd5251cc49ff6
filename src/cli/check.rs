use super::args::{Check, CheckFormat, Deny};
use super::exit::Exit;
use super::output::{Color, Output};
use crate::diag::Diagnostic;
use crate::project::{Files, Options, Project};
use crate::report::{checked, github};

pub fn main(args: &Check, color: Color) -> Exit {
    let output = Output::new(color);
    let project = crate::project::load(
        &Files::disk(),
        &Options { paths: args.paths.clone(), outlines: true, ..Options::default() },
    );
    let diagnostics = crate::check::listed(&project);
    let errors = diagnostics.iter().filter(|one| one.is_error()).count();
    let warnings = diagnostics.len() - errors;
    match args.format {
        CheckFormat::Text => text(&diagnostics, errors, warnings, &project, &output),
        CheckFormat::Json => output.print_json(&checked::json(&diagnostics, project.roots.len(), &project.sources)),
        CheckFormat::Sarif => output.print_json(&checked::sarif(&diagnostics, &project.sources)),
        CheckFormat::Github => {
            let lines: Vec<String> =
                diagnostics.iter().map(|one| github::annotation(one, &project.sources) + "\n").collect();
            output.print(&lines.concat());
        }
    }
    // The process ends here: taking thousands of trees apart would only cost time.
    std::mem::forget(project);
    if errors > 0 || (warnings > 0 && args.deny == Some(Deny::Warnings)) { Exit::Diagnostics } else { Exit::Ok }
}

fn text(diagnostics: &[Diagnostic], errors: usize, warnings: usize, project: &Project, output: &Output) {
    output.diagnostics(diagnostics, &project.sources);
    let files = project.roots.len();
    let counted =
        |number: usize, noun: &str| if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") };
    let verdict = match (errors, warnings) {
        (0, 0) => "no problems".to_owned(),
        (0, warnings) => counted(warnings, "warning"),
        (errors, 0) => counted(errors, "error"),
        (errors, warnings) => format!("{}, {}", counted(errors, "error"), counted(warnings, "warning")),
    };
    output.error(&format!("{verdict} in {}\n", counted(files, "file")));
}
