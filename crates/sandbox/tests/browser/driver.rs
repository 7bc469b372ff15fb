//! A real Chromium, driven over WebDriver.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

/// How the pages are looked at.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    /// In pixels of the page; the narrow ones emulate a phone.
    pub(crate) width: u32,
    /// The browser's `Accept-Language`.
    pub(crate) language: &'static str,
    pub(crate) scripts: bool,
}

pub(crate) const PHONE: Look = Look { width: 360, language: "fr-FR", scripts: true };
pub(crate) const DESKTOP: Look = Look { width: 1280, language: "en-GB", scripts: true };

pub(crate) struct Browser {
    pub(crate) client: Client,
    look: Look,
    /// Ends after the browser has been asked to close.
    _driver: Process,
}

impl Browser {
    /// Nothing, and a loud line, when this machine has no browser; with `NZIMBU_REQUIRE_BROWSER=1` a failure.
    pub(crate) async fn start(look: Look) -> Option<Browser> {
        let (Some(chromium), Some(chromedriver)) = (program("chromium"), program("chromedriver")) else {
            let required = std::env::var_os("NZIMBU_REQUIRE_BROWSER").is_some_and(|value| value == "1");
            assert!(
                !required,
                "chromium or chromedriver is missing, and NZIMBU_REQUIRE_BROWSER=1 demands them"
            );
            // Past the capture of the test harness, which would hide it.
            let line = b"\nNOT RUN: a browser test, because chromium or chromedriver is missing\n";
            let _ = std::io::stderr().write_all(line);
            return None;
        };
        let (driver, port) = Process::start(&chromedriver);
        let mut arguments = vec![
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--disable-gpu".to_owned(),
            format!("--user-data-dir={}", driver.profile.display()),
            format!("--lang={}", look.language),
        ];
        let mut options = json!({
            "binary": chromium,
            "prefs": {
                "intl.accept_languages": look.language,
                "profile.managed_default_content_settings.javascript": if look.scripts { 1 } else { 2 },
            },
        });
        if look.width < 600 {
            options["mobileEmulation"] = json!({
                "deviceMetrics": {"width": look.width, "height": 760, "pixelRatio": 2.0, "touch": true},
            });
        } else {
            arguments.push(format!("--window-size={},1000", look.width));
        }
        options["args"] = json!(arguments);
        let mut capabilities = serde_json::Map::new();
        capabilities.insert("goog:chromeOptions".to_owned(), options);
        // An alert that a page should never have shown is an error, not something to close quietly.
        capabilities.insert("unhandledPromptBehavior".to_owned(), json!("ignore"));
        // Nothing here takes long, and a browser that hangs must not hang the tests.
        capabilities.insert("timeouts".to_owned(), json!({"pageLoad": 20_000, "script": 10_000}));
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap();
        Some(Browser { client, look, _driver: driver })
    }

    pub(crate) async fn open(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    pub(crate) async fn close(self) {
        self.client.close().await.unwrap();
    }

    /// The control with this visible text.
    pub(crate) async fn button(&self, text: &str) -> Element {
        let path = format!("//button[normalize-space()=\"{text}\"] | //a[normalize-space()=\"{text}\"]");
        self.client
            .wait()
            .at_most(PATIENCE)
            .for_element(Locator::XPath(&path))
            .await
            .unwrap_or_else(|error| panic!("no button {text:?}: {error}"))
    }

    pub(crate) async fn press(&self, text: &str) {
        self.button(text).await.click().await.unwrap();
    }

    /// Presses, and waits until the page that was there is gone.
    pub(crate) async fn leave(&self, text: &str) {
        let button = self.button(text).await;
        button.click().await.unwrap();
        let start = Instant::now();
        while button.tag_name().await.is_ok() {
            assert!(start.elapsed() < PATIENCE, "{text:?} leads nowhere");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The input with this label.
    pub(crate) async fn input(&self, label: &str) -> Element {
        let path = format!(
            "//input[@id=//label[normalize-space()=\"{label}\"]/@for] | \
             //label[normalize-space()=\"{label}\"]//input | //select[@id=//label[normalize-space()=\"{label}\"]/@for]"
        );
        self.client
            .wait()
            .at_most(PATIENCE)
            .for_element(Locator::XPath(&path))
            .await
            .unwrap_or_else(|error| panic!("no input {label:?}: {error}"))
    }

    pub(crate) async fn fill(&self, label: &str, text: &str) {
        let input = self.input(label).await;
        input.clear().await.unwrap();
        input.send_keys(text).await.unwrap();
    }

    pub(crate) async fn choose(&self, label: &str) {
        self.input(label).await.click().await.unwrap();
    }

    pub(crate) async fn text(&self) -> String {
        let body = self.client.find(Locator::Css("body")).await.unwrap();
        body.text().await.unwrap().replace('\u{a0}', " ")
    }

    /// Waits until the page says this.
    pub(crate) async fn reads(&self, text: &str) {
        let start = Instant::now();
        loop {
            // While the browser changes pages there may be no body to ask.
            let seen = match self.client.find(Locator::Css("body")).await {
                Ok(body) => body.text().await.unwrap_or_default().replace('\u{a0}', " "),
                Err(_) => String::new(),
            };
            if seen.contains(text) {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "waited in vain for {text:?}; the page reads:\n{seen}");
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    pub(crate) async fn keys(&self, keys: &[char]) {
        let mut actions = KeyActions::new("keyboard".to_owned());
        for key in keys {
            actions = actions.then(KeyAction::Down { value: *key }).then(KeyAction::Up { value: *key });
        }
        self.client.perform_actions(actions).await.unwrap();
    }

    /// What has the keyboard's focus, by its text, value or id.
    pub(crate) async fn focus(&self) -> String {
        let script = "const e = document.activeElement; \
                      return e.id || (e.value && e.name ? `${e.name}=${e.value}` : '') || e.textContent.trim();";
        self.client.execute(script, vec![]).await.unwrap().as_str().unwrap().to_owned()
    }

    /// What has to hold on every page; and a picture where `NZIMBU_SCREENSHOTS` names a directory.
    pub(crate) async fn inspect(&self, name: &str) {
        if self.look.scripts {
            let problems = self.client.execute(AUDIT, vec![]).await.unwrap();
            assert_eq!(problems, json!([]), "{name}");
        }
        let banner = self.client.find(Locator::Css("header.banner")).await.unwrap().text().await.unwrap();
        assert!(banner == "SANDBOX – no real money" || banner == "SANDBOX – aucun argent réel", "{banner}");
        if let Some(folder) = std::env::var_os("NZIMBU_SCREENSHOTS") {
            let file = Path::new(&folder).join(format!("{name}-{}.png", self.look.width));
            std::fs::write(file, self.full_picture().await).unwrap();
        }
    }

    pub(crate) async fn script(&self, script: &str) -> Value {
        self.client.execute(script, vec![]).await.unwrap()
    }

    async fn full_picture(&self) -> Vec<u8> {
        self.client.screenshot().await.unwrap()
    }
}

/// Waits until there are so many windows, and goes to the one that is not `known`.
pub(crate) async fn other_window(browser: &Browser, known: &fantoccini::wd::WindowHandle) {
    let start = Instant::now();
    loop {
        let windows = browser.client.windows().await.unwrap();
        if let Some(other) = windows.into_iter().find(|window| window != known) {
            browser.client.switch_to_window(other).await.unwrap();
            return;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain for a second window");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

/// The driver with the browser's profile; both are gone when this is dropped.
struct Process {
    child: Child,
    profile: PathBuf,
}

impl Process {
    /// The driver takes a free port of one address family and ends when the other family has it taken, so it is
    /// started anew a few times.
    fn start(chromedriver: &Path) -> (Process, u16) {
        (0..5).find_map(|_| Process::try_start(chromedriver)).expect("chromedriver does not start")
    }

    fn try_start(chromedriver: &Path) -> Option<(Process, u16)> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let profile = std::env::temp_dir().join(format!("nzimbu-browser-{}-{number}", std::process::id()));
        let mut child = Command::new(chromedriver)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // From here on it is ended, whatever happens.
        let process = Process { child, profile };
        let port = lines.find_map(|line| {
            line.ok()?.split_once("started successfully on port ")?.1.trim_end_matches('.').parse().ok()
        })?;
        // The driver must be able to go on writing.
        std::thread::spawn(move || lines.for_each(drop));
        Some((process, port))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

fn program(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

const PATIENCE: Duration = Duration::from_secs(10);

/// Lists what a page lacks: names of controls, landmarks, contrast (WCAG 2.2 AA), room on the screen.
const AUDIT: &str = r"
const problems = [];
const one = (selector) => {
  const count = document.querySelectorAll(selector).length;
  if (count !== 1) problems.push(`${count} of ${selector}`);
};
['main', 'header', 'footer', 'h1', 'title', 'meta[name=robots][content*=noindex]'].forEach(one);
if (!['fr', 'en'].includes(document.documentElement.lang)) problems.push('no language');
if (document.querySelector('style, [style], script:not([src]), [onclick], [onload], [onerror]')) {
  problems.push('inline style or script');
}
const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
if (new Set(ids).size !== ids.length) problems.push('an id occurs twice');
for (const e of document.querySelectorAll('input:not([type=hidden]), select, textarea')) {
  if (e.labels.length === 0) problems.push(`no label: ${e.name}`);
}
for (const e of document.querySelectorAll('button, a')) {
  if (e.textContent.trim() === '') problems.push('a control without a name');
}
for (const e of document.querySelectorAll('[aria-describedby], [aria-labelledby]')) {
  const wanted = `${e.getAttribute('aria-describedby') || ''} ${e.getAttribute('aria-labelledby') || ''}`;
  for (const id of wanted.split(/\s+/).filter(Boolean)) {
    if (!document.getElementById(id)) problems.push(`no element ${id}`);
  }
}
if (document.documentElement.scrollWidth > window.innerWidth) {
  problems.push(`${document.documentElement.scrollWidth} pixels wide on ${window.innerWidth}`);
}
for (const e of document.querySelectorAll('button, .choices label')) {
  const box = e.getBoundingClientRect();
  if (box.width > 0 && box.height < 24) problems.push(`small target: ${e.textContent.trim()}`);
}
const parse = (text) => (text.match(/[\d.]+/g) || []).map(Number);
const ground = (e) => {
  for (; e; e = e.parentElement) {
    const [r, g, b, a = 1] = parse(getComputedStyle(e).backgroundColor);
    if (a > 0) return [r, g, b];
  }
  return [255, 255, 255];
};
const light = (color) => {
  const [r, g, b] = color.map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const e = texts.currentNode.parentElement;
  if (!texts.currentNode.data.trim() || e.closest('script, noscript, option') || !e.checkVisibility()) continue;
  const style = getComputedStyle(e);
  const [a, b] = [light(parse(style.color).slice(0, 3)), light(ground(e))].sort((x, y) => y - x);
  const ratio = (a + 0.05) / (b + 0.05);
  const large = parseFloat(style.fontSize) >= 24;
  if (ratio < (large ? 3 : 4.5)) problems.push(`contrast ${ratio.toFixed(2)}: ${texts.currentNode.data.trim()}`);
}
return [...new Set(problems)];
";

/// So that a sequence of keys can be written down.
pub(crate) const TAB: char = '\u{e004}';
pub(crate) const ENTER: char = '\u{e007}';
pub(crate) const SPACE: char = ' ';
