//! Logs: to stderr, for people on a terminal, as JSON for programs. What is logged where is the doors' and rooms'
//! business; none of them logs a token, a password or the text of a message.
use crate::settings::{Log, LogFormat};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

/// Parts of others that say much at the levels we like; a level given for one of them in `log.level` wins.
const QUIET: &str = "sqlx=warn,hyper=warn,hyper_util=warn,wasmtime=warn,cranelift_codegen=warn,wasmtime_wasi=warn,";

/// Starts logging for the whole process. The second and later calls change nothing, which tests rely on.
pub fn init(log: &Log) {
    let json = match log.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !std::io::stderr().is_terminal(),
    };
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    if subscriber(log, json, colours, std::io::stderr).try_init().is_ok() {
        std::panic::set_hook(Box::new(log_panic));
    }
}

fn subscriber<W>(log: &Log, json: bool, colours: bool, writer: W) -> Box<dyn tracing::Subscriber + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::new(format!("{QUIET}{}", log.level));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    if json {
        // One flat object per line; the spans' fields (the request id among them) stand in "span" and "spans".
        Box::new(builder.json().flatten_event(true).with_current_span(true).with_span_list(false).finish())
    } else {
        Box::new(builder.with_ansi(colours).finish())
    }
}

/// A panic is our mistake; its line goes where the other lines go, in their format.
fn log_panic(info: &std::panic::PanicHookInfo<'_>) {
    let at = info.location().map(ToString::to_string).unwrap_or_default();
    let message = info.payload_as_str().unwrap_or("a panic without a text");
    tracing::error!(at, thread = std::thread::current().name(), "panic: {message}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);
    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn lines(level: &str, json: bool) -> String {
        let buffer = Buffer::default();
        let log = Log { level: level.into(), format: LogFormat::Auto };
        let writer = buffer.clone();
        tracing::subscriber::with_default(subscriber(&log, json, false, move || writer.clone()), || {
            let _span = tracing::info_span!("request", request_id = "req_1").entered();
            tracing::info!(duration_ms = 3, "answered");
            tracing::debug!("a detail");
            tracing::info!(target: "sqlx::query", "select 1");
        });
        String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn json_lines_carry_fields_and_the_request() {
        let text = lines("info", true);
        assert_eq!(text.lines().count(), 1, "{text}");
        let line: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
        assert_eq!((&line["message"], &line["duration_ms"]), (&"answered".into(), &3.into()));
        assert_eq!(line["span"]["request_id"], "req_1");
        assert_eq!(line["level"], "INFO");
        assert!(line["timestamp"].is_string());
    }

    #[test]
    fn text_lines_obey_the_level() {
        let text = lines("debug", false);
        assert!(
            text.contains("answered duration_ms=3") && text.contains("a detail") && text.contains("req_1"),
            "{text}"
        );
        assert!(!text.contains("select 1"), "{text}");
        assert!(lines("info,sqlx=info", false).contains("select 1"));
        assert_eq!(lines("off", false), "");
    }
}
