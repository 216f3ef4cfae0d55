//! The binary `inlay`; its verbs are in `cli`.
fn main() -> std::process::ExitCode {
    inlay_host::cli::run()
}
