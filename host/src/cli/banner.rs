//! What a person reads when the host has started.
use super::print;
use crate::app::Failure;
use crate::base::secret::Secret;
use crate::features::accounts::AccountInfo;
use crate::settings::Settings;
use std::net::SocketAddr;
use std::time::Duration;

/// Prints, to stdout and not to the log, the links to open and how to act as admin. `address` is the one in fact
/// listened on. Errors: stdout cannot be written; nothing to stop for.
pub fn banner(address: SocketAddr, settings: &Settings, credential: Option<&Secret<String>>) -> Result<(), Failure> {
    print(&text(address, settings, credential, &program()))
}

/// Prints how the owner of an account sets a new password; whoever runs the host passes it on. Never to the log.
pub fn print_reset(account: &AccountInfo, token: &Secret<String>, life: Duration) {
    let text = reset_text(account, token, life);
    if let Err(error) = print(&text) {
        tracing::warn!(%error, user = %account.id, "the reset of a password cannot be printed");
    }
}

pub(super) fn reset_text(account: &AccountInfo, token: &Secret<String>, life: Duration) -> String {
    format!(
        "\nA new password for {email} ({id}), within {minutes} minutes:
    curl -H 'Content-Type: application/json' -d '{{\"token\": \"{token}\", \"password\": \"…\"}}' .../auth/password/reset",
        email = account.email,
        id = account.id,
        minutes = life.as_secs() / 60,
        token = token.reveal(),
    )
}

fn text(address: SocketAddr, settings: &Settings, credential: Option<&Secret<String>>, program: &str) -> String {
    let here = match address {
        any if any.ip().is_unspecified() => format!("http://localhost:{}", any.port()),
        one => format!("http://{one}"),
    };
    let base = settings.server.public_url.as_deref().unwrap_or(&here);
    let demo = if settings.demo.enabled { format!("  Demo shop   {base}/demo\n") } else { String::new() };
    let playground = if settings.dev.enabled { format!("  Playground  {base}/playground\n") } else { String::new() };
    let same_secret = if settings.auth.secret.is_some() { " (where auth.secret is set to the same)" } else { "" };
    let dir = shell_word(&settings.data.dir.to_string_lossy());
    let owner = match credential {
        Some(credential) => set_up(base, credential.reveal()),
        None => format!("  Sign in:\n    POST {base}/auth/signin {{\"email\": …, \"password\": …}}\n"),
    };
    format!(
        "Inlay {version} listens on {address}

  Start here  {base}/
{playground}{demo}  API         {base}/docs
  A widget    {base}/api/widget/products

{owner}  Admin, at any time{same_secret}:
    {program} token create --role admin --expires 1h --data {dir}

  Ctrl-C stops.
",
        version = env!("CARGO_PKG_VERSION"),
    )
}

/// What a host says that has no account yet.
fn set_up(base: &str, credential: &str) -> String {
    format!(
        "  This host has no owner yet. For one hour this credential makes the first account, which becomes the owner; until
  there is one it acts as admin:
    {credential}

    curl -H 'Authorization: Bearer {credential}' -H 'Content-Type: application/json' \\
      -d '{{\"email\": \"you@example.com\", \"password\": \"…\"}}' {base}/auth/signup
    curl -H 'Authorization: Bearer {credential}' {base}/api/admin/plugins
"
    )
}

/// How this program was called, so that the printed command can be typed as it stands: `cargo run` starts a binary that
/// is not in the path.
fn program() -> String {
    std::env::args().next().filter(|name| !name.is_empty()).map_or_else(|| "inlay".to_owned(), |name| shell_word(&name))
}

fn shell_word(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-./~:@%+,=".contains(&b);
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_links_and_the_commands_can_be_used_as_they_stand() {
        let mut settings = Settings::for_data_dir(Path::new("/my data")).unwrap();
        let credential = Secret::new("adm_x".to_owned());
        let shown =
            |settings: &Settings, address: &str| text(address.parse().unwrap(), settings, Some(&credential), "./inlay");
        let first = shown(&settings, "127.0.0.1:4000");
        for part in [
            "http://127.0.0.1:4000/\n",
            "http://127.0.0.1:4000/demo\n",
            "http://127.0.0.1:4000/docs\n",
            "http://127.0.0.1:4000/api/widget/products\n",
            "curl -H 'Authorization: Bearer adm_x' http://127.0.0.1:4000/api/admin/plugins\n",
            "http://127.0.0.1:4000/auth/signup\n",
            "./inlay token create --role admin --expires 1h --data '/my data'\n",
        ] {
            assert!(first.contains(part), "{part} is not in\n{first}");
        }
        assert!(shown(&settings, "0.0.0.0:80").contains("http://localhost:80/"));
        assert!(shown(&settings, "[::1]:80").contains("http://[::1]:80/"));
        let later = text("127.0.0.1:4000".parse().unwrap(), &settings, None, "./inlay");
        assert!(!later.contains("adm_") && !later.contains("signup") && later.contains("/auth/signin"), "{later}");
        settings.demo.enabled = false;
        settings.server.public_url = Some("https://inlay.example.com".into());
        let behind_proxy = shown(&settings, "0.0.0.0:80");
        assert!(behind_proxy.contains("https://inlay.example.com/docs") && !behind_proxy.contains("/demo"));
    }
}
