//! What the program says of itself: completions and the reference in `docs/CLI.md`.

use std::fmt::Write as _;

use clap::{Args, Command};
use clap_complete::Shell;

use crate::failure::Failure;

/// Which shell to print completions for.
#[derive(Args)]
pub struct Completions {
    /// The shell.
    shell: Shell,
}

/// Prints completions for a shell.
pub fn completions(wanted: &Completions, mut program: Command) -> Result<(), Failure> {
    clap_complete::generate(wanted.shell, &mut program, "bihuan", &mut std::io::stdout());
    Ok(())
}

/// Prints the reference of every command.
pub fn markdown(program: Command) -> Result<(), Failure> {
    print!("{}", reference_of(program));
    Ok(())
}

fn reference_of(program: Command) -> String {
    let mut text = String::from("# Commands\n\nMade by `bihuan reference`.\n");
    describe(program.term_width(100), "", &mut text);
    text
}

fn describe(mut command: Command, before: &str, text: &mut String) {
    let name = format!("{before}{}", command.get_name());
    let children: Vec<Command> = command.get_subcommands().cloned().collect();
    if children.is_empty() {
        let help = command.bin_name(name.clone()).render_help();
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n## `{name}`\n\n```text\n{}\n```\n",
            help.to_string().trim_end()
        );
    } else {
        command = command.bin_name(name.clone());
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let _ = write!(text, "\n## `{name}`\n\n{about}\n");
    }
    for child in children {
        describe(child.term_width(100), &format!("{name} "), text);
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::command::Cli;

    #[test]
    fn the_reference_in_the_docs_is_what_the_program_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/CLI.md");
        let written = std::fs::read_to_string(path).expect("docs/CLI.md is there");
        assert!(
            written == reference_of(Cli::command()),
            "run: cargo run -p bihuan -- reference > docs/CLI.md"
        );
    }

    #[test]
    fn the_commands_fit_together() {
        Cli::command().debug_assert();
    }
}
