//! Chromium through chromedriver's plain HTTP (WebDriver), with JavaScript on or off.
use super::{Folder, in_ci, scratch};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// The member under which WebDriver hands out elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

pub struct Browser {
    driver: Child,
    http: reqwest::Client,
    session: String,
    _profile: Folder,
}

impl Browser {
    /// `None`, with one line that says why, where no browser is installed; in CI that is a failure.
    pub async fn start(javascript: bool) -> Option<Browser> {
        let (Some(chromium), Some(driver)) =
            (find(&["chromium", "google-chrome", "chromium-browser"]), find(&["chromedriver"]))
        else {
            assert!(!in_ci(), "chromium and chromedriver are needed in CI");
            eprintln!("LEFT OUT: no chromium and chromedriver here (Debian: apt-get install chromium chromium-driver)");
            return None;
        };
        let profile = Folder::new("chromium");
        let mut driver = Command::new(driver)
            .arg("--port=0")
            .current_dir(profile.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let lines = BufReader::new(driver.stdout.take().expect("stdout")).lines();
        let port = lines.map_while(Result::ok).find_map(|line| {
            line.split_once("successfully on port ").map(|(_, port)| port.trim_end_matches('.').trim().to_owned())
        });
        let url = format!("http://127.0.0.1:{}", port.expect("chromedriver names its port"));
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(std::time::Duration::from_secs(120))
            .build()
            .expect("a client");
        let mut browser = Browser { driver, http, session: format!("{url}/session"), _profile: profile };
        let made = browser.call("", Some(capabilities(&chromium, browser._profile.path(), javascript))).await;
        browser.session = format!("{url}/session/{}", made["sessionId"].as_str().expect("a session"));
        Some(browser)
    }

    async fn call(&self, path: &str, body: Option<Value>) -> Value {
        self.try_call(path, body).await.unwrap_or_else(|why| panic!("{path}: {why}"))
    }

    async fn try_call(&self, path: &str, body: Option<Value>) -> Result<Value, String> {
        let url = format!("{}{path}", self.session);
        let request = match &body {
            Some(body) => self.http.post(url).json(body),
            None => self.http.get(url),
        };
        let answer: Value =
            request.send().await.expect("chromedriver answers").json().await.expect("JSON of chromedriver");
        let value = answer["value"].clone();
        if value.get("error").is_some() { Err(value["message"].to_string()) } else { Ok(value) }
    }

    async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.call("/goog/cdp/execute", Some(json!({"cmd": command, "params": parameters}))).await
    }

    pub async fn open(&self, url: &str) {
        self.call("/url", Some(json!({"url": url}))).await;
    }

    pub async fn address(&self) -> String {
        self.call("/url", None).await.as_str().unwrap_or_default().to_owned()
    }

    /// What a person would read in the first element that `css` finds.
    pub async fn text(&self, css: &str) -> String {
        let text = self.once_there("css selector", css, "text", None).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// What a person would read there, once it holds these words: a click has left the old page for a moment yet.
    pub async fn shows(&self, css: &str, words: &str) -> String {
        let mut text = String::new();
        for _ in 0..100 {
            text = self.text(css).await;
            if text.contains(words) {
                return text;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("{css} does not show {words:?} but {text}");
    }

    /// Clicks the first button that carries this label.
    pub async fn click_button(&self, label: &str) {
        let by_label = format!("//button[normalize-space(.)='{label}'] | //input[@type='submit'][@value='{label}']");
        self.once_there("xpath", &by_label, "click", Some(json!({}))).await;
    }

    pub async fn click(&self, css: &str) {
        self.once_there("css selector", css, "click", Some(json!({}))).await;
    }

    pub async fn type_into(&self, css: &str, text: &str) {
        self.once_there("css selector", css, "value", Some(json!({"text": text}))).await;
    }

    /// Does something with the first element that is found. A click may still be changing the page: the element may not be
    /// there yet, or go while it is looked at, so it is looked for again for some seconds.
    async fn once_there(&self, using: &str, value: &str, what: &str, body: Option<Value>) -> Value {
        let mut last = String::new();
        for _ in 0..100 {
            let found = self.try_call("/element", Some(json!({"using": using, "value": value}))).await;
            let done = match &found {
                Ok(element) => self.try_call(&format!("/element/{}/{what}", id(element)), body.clone()).await,
                Err(why) => Err(why.clone()),
            };
            match done {
                Ok(answer) => return answer,
                Err(why) if why.contains("stale element") || why.contains("no such element") => last = why,
                Err(why) => panic!("{value}: {why}"),
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("{value} never stands still: {last}");
    }

    /// "light" or "dark", as the person's system would say.
    pub async fn prefer(&self, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.devtools("Emulation.setEmulatedMedia", json!({"features": features})).await;
    }

    /// Width of the window in CSS pixels, as of a phone or a screen.
    pub async fn width(&self, pixels: u32) {
        let metrics = json!({"width": pixels, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Runs a script, where JavaScript is on.
    pub async fn run(&self, script: &str) -> Value {
        self.call("/execute/sync", Some(json!({"script": script, "args": []}))).await
    }

    /// Saves the whole page to `target/screenshots/NAME.png`, for people to look at.
    pub async fn screenshot(&self, name: &str) -> PathBuf {
        use base64::Engine;
        let shot =
            self.devtools("Page.captureScreenshot", json!({"format": "png", "captureBeyondViewport": true})).await;
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(shot["data"].as_str().expect("a picture"))
            .expect("base64");
        let folder = scratch().parent().expect("target/tmp is in target").join("screenshots");
        std::fs::create_dir_all(&folder).expect("target/screenshots");
        let path = folder.join(format!("{name}.png"));
        std::fs::write(&path, bytes).expect("a picture in target/screenshots");
        path
    }

    /// Ends the browser; without it chromedriver would leave it behind.
    pub async fn close(self) {
        let _ = self.http.delete(&self.session).send().await;
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // A test that failed has not closed its session: chromedriver ends its browser on SIGTERM, not on SIGKILL.
        if let Some(pid) = i32::try_from(self.driver.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let _ = self.driver.wait();
    }
}

fn id(element: &Value) -> String {
    element[ELEMENT].as_str().unwrap_or_else(|| panic!("no element in {element}")).to_owned()
}

fn find(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    names
        .iter()
        .find_map(|name| std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file()))
}

fn capabilities(chromium: &std::path::Path, profile: &std::path::Path, javascript: bool) -> Value {
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1100,900",
        &format!("--user-data-dir={}", profile.join("profile").display()),
    ];
    let preferences =
        if javascript { json!({}) } else { json!({"profile.managed_default_content_settings.javascript": 2}) };
    let options = json!({"binary": chromium, "args": arguments, "prefs": preferences});
    json!({"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}})
}
