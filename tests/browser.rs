//! `test_results.html` in a real browser, and archives beside those of one. Without Chromium the tests say that they are skipped, and why.

mod devtools;
mod fields;
mod har;
mod site;
mod values;

use devtools::{Browser, Page};
use e2e_dsl::report::model::Report;
use serde_json::{Value as Json, json};

use super::harness::{DEMO, Test};
use super::made;

/// A run to make reports of: a test that passes, with a channel, and one that fails.
const SPEC: &str = r#"
suite "Suite" {
  test "passed" {
    let name = "user-{{uuid()}}"
    POST {{env.auth}}/register { json { user: name, password: "pw-{{name}}" }; expect status 201 }
    POST {{env.auth}}/login { json { user: name, password: "pw-{{name}}" }; capture secret token = $.access_token }
    websocket chat {{env.ws}} { bearer token }
    expect on chat in order within 10s { event "connected" }
  }
  test "failed" { GET {{env.api}}/health { expect $.status == "ill"; expect $.nothing exists } }
}
"#;

/// One of a report's tests, and what it can be found by.
struct Case {
    outcome: &'static str,
    priority: String,
    tag: String,
    phase: &'static str,
    suite: String,
}

fn case(at: usize) -> Case {
    let outcome = match at % 20 {
        0 => "failed",
        1 => "skipped",
        2 => "flaky",
        _ => "passed",
    };
    Case {
        outcome,
        priority: format!("P{}", at % 3),
        tag: format!("tag{}", at % 7),
        phase: ["first half", "second half"][at % 2],
        suite: format!("Suite, {}", at % 10),
    }
}

/// The results of a real run, in the JSON form.
fn results() -> Json {
    let spec = format!("{DEMO}{SPEC}");
    Test::new().file("a.e2e", &spec).args(["run", "a.e2e"]).code(1).json()
}

/// A report of so many tests, made of copies of the two.
fn write_report(count: usize, folder: &tempfile::TempDir) -> String {
    let mut report = results();
    let (passed, failed) = (report["tests"][0].clone(), report["tests"][1].clone());
    let tests: Vec<Json> = (0..count)
        .map(|at| {
            let case = case(at);
            let mut test = if case.outcome == "failed" { failed.clone() } else { passed.clone() };
            test["id"] = format!("test {at}").into();
            test["name"] = format!("case number {at:04} of them").into();
            test["outcome"] = case.outcome.into();
            test["priority"] = case.priority.into();
            test["tags"] = json!([case.tag, "every"]);
            test["phase"] = case.phase.into();
            test["suite"] = case.suite.into();
            test
        })
        .collect();
    let of = |outcome: &str| (0..count).filter(|at| case(*at).outcome == outcome).count();
    for outcome in ["passed", "failed", "flaky", "skipped"] {
        report["summary"][outcome] = of(outcome).into();
    }
    report["summary"]["total"] = count.into();
    let failed = (0..count).filter(|at| case(*at).outcome == "failed").map(|at| format!("test {at}"));
    report["causes"][0]["tests"] = failed.collect::<Vec<_>>().into();
    report["tests"] = tests.into();
    let report = serde_json::from_value(report).unwrap();
    write("test_results.html", &report, folder)
}

/// Where the page can be opened.
fn write(name: &str, report: &Report, folder: &tempfile::TempDir) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, e2e_dsl::report::html::render(report)).unwrap();
    format!("file://{}", path.display())
}

fn browser() -> Option<Browser> {
    match devtools::find() {
        Ok(program) => Some(Browser::start(&program)),
        Err(reason) => {
            skipped(&reason);
            None
        }
    }
}

#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn skipped(reason: &str) {
    eprintln!("skipped: nothing is tested in a browser here: {reason}");
}

const COUNT: usize = 60;

fn count(fits: impl Fn(&Case) -> bool) -> usize {
    (0..COUNT).filter(|at| fits(&case(*at))).count()
}

#[test]
fn the_html_report_works_in_a_browser() {
    let Some(mut browser) = browser() else { return };
    let folder = tempfile::tempdir().unwrap();
    let url = write_report(COUNT, &folder);
    searches_and_filters(&mut browser.page(), &url);
    is_used_by_keyboard(&mut browser.page(), &url);
    let full = write("full.html", &made::full(), &folder);
    for url in [&url, &full] {
        can_be_read_in_any_colors_and_width(&mut browser.page(), url);
    }
    let hostile = write("hostile.html", &made::hostile(), &folder);
    is_not_led_astray(&mut browser.page(), &hostile);
    needs_no_script_to_be_read(&mut browser.page(), &url);
}

/// How many tests are shown, as the page says and as it is.
fn shown(page: &mut Page<'_>) -> usize {
    let there = page.value("[...document.querySelectorAll('.test')].filter(test => test.checkVisibility()).length");
    let there = usize::try_from(there.as_u64().unwrap()).unwrap();
    let said = page.value("document.getElementById('shown').textContent");
    let said = said.as_str().unwrap().split(' ').next().unwrap().parse();
    assert_eq!(said, Ok(there), "what is said and what is shown");
    there
}

fn click(page: &mut Page<'_>, selector: &str) {
    page.value(&format!("document.querySelector({}).click()", json!(selector)));
}

fn choose(page: &mut Page<'_>, name: &str, value: &str) {
    page.value(&format!(
        "{{ const list = document.querySelector('select[data-name={name}]'); list.value = {}; \
         list.dispatchEvent(new Event('change')); }}",
        json!(value)
    ));
}

fn searches_and_filters(page: &mut Page<'_>, url: &str) {
    page.open(url);
    assert_eq!(shown(page), COUNT);
    page.value("document.getElementById('search').focus()");
    page.write("NUMBER 0007");
    assert_eq!(shown(page), 1);
    page.press("Escape");
    assert_eq!(shown(page), COUNT);
    // What failed is found by what is said of it.
    page.press("/");
    page.write("e2e::expect::missing");
    assert_eq!(shown(page), count(|case| case.outcome == "failed"));
    page.press("Escape");

    // Each filter alone; values of one filter add up.
    click(page, ".chip[data-value=failed]");
    assert_eq!(shown(page), count(|case| case.outcome == "failed"));
    click(page, ".chip[data-value=flaky]");
    assert_eq!(shown(page), count(|case| ["failed", "flaky"].contains(&case.outcome)));
    page.press("Escape");
    click(page, ".chip[data-value=P1]");
    assert_eq!(shown(page), count(|case| case.priority == "P1"));
    page.press("Escape");
    choose(page, "tag", "tag3");
    assert_eq!(shown(page), count(|case| case.tag == "tag3"));
    choose(page, "tag", "every");
    assert_eq!(shown(page), COUNT);
    page.press("Escape");
    choose(page, "phase", "second half");
    assert_eq!(shown(page), count(|case| case.phase == "second half"));
    page.press("Escape");
    choose(page, "suite", "Suite, 4");
    assert_eq!(shown(page), count(|case| case.suite == "Suite, 4"));
    page.press("Escape");

    // All at once, from the address, too.
    let fits = |case: &Case| case.phase == "first half" && case.priority == "P0" && case.outcome == "passed";
    click(page, ".chip[data-value=passed]");
    click(page, ".chip[data-value=P0]");
    choose(page, "phase", "first half");
    page.press("/");
    page.write("case");
    assert_eq!(shown(page), count(fits));
    let hash = page.value("location.hash");
    page.reload();
    assert_eq!(page.value("location.hash"), hash);
    assert_eq!(shown(page), count(fits));
    assert_eq!(page.value("document.querySelector('.chip[data-value=P0]').getAttribute('aria-pressed')"), "true");
    assert_eq!(page.value("document.getElementById('search').value"), "case");
    page.open(&format!("{url}#suite=Suite%2C+4&outcome=passed,flaky"));
    assert_eq!(shown(page), count(|case| case.suite == "Suite, 4" && ["passed", "flaky"].contains(&case.outcome)));

    // Nothing fits, and the way back.
    page.open(&format!("{url}#q=nothing-has-this-name"));
    assert_eq!(shown(page), 0);
    click(page, "#none-clear");
    assert_eq!(shown(page), COUNT);
    // A link to a test shows it, whatever was filtered; a cause shows its tests.
    click(page, ".chip[data-value=failed]");
    page.value("location.hash = 't3'");
    page.until("document.activeElement.closest('#t3[open]') && document.querySelector('#t3 .exchanges')");
    assert_eq!(shown(page), COUNT);
    click(page, "a[href='#cause=1']");
    page.until("location.hash === '#cause=1' && document.querySelectorAll('.test[hidden]').length > 0");
    assert_eq!(shown(page), count(|case| case.outcome == "failed"));

    let document = url.to_owned();
    for request in page.requests() {
        let request = request.split('#').next().unwrap();
        assert!(request == document || request == "about:blank" || request == "data:,", "asks for {request}");
    }
    assert!(page.requests().len() >= 4, "requests aren't seen: {:?}", page.requests());
    assert_eq!(page.complaints(), Vec::<&Json>::new());
}

fn is_used_by_keyboard(page: &mut Page<'_>, url: &str) {
    let focused = "document.activeElement.closest('.test')?.querySelector('.name').textContent";
    page.open(url);
    page.press("/");
    page.until("document.activeElement.id === 'search'");
    // Letters that are keys elsewhere are letters here.
    page.write("jkf?/");
    assert_eq!(page.value("document.getElementById('search').value"), "jkf?/");
    page.press("Escape");
    page.until("document.getElementById('search').value === '' && document.activeElement === document.body");
    assert_eq!(shown(page), COUNT);

    let names = page.value("[...document.querySelectorAll('.name')].slice(0, 3).map(name => name.textContent)");
    for key in ["j", "j", "j", "k"] {
        page.press(key);
    }
    assert_eq!(page.value(focused), names[1]);
    assert_ne!(page.value("getComputedStyle(document.activeElement).outlineStyle"), "none");
    let is_open = "document.activeElement.closest('.test').open";
    let before = page.value(is_open) == true;
    page.press("Enter");
    page.until(&format!("{is_open} === {}", !before));
    page.press("Enter");
    page.until(&format!("{is_open} === {before}"));

    click(page, "#collapse");
    page.until("!document.querySelector('.test[open]')");
    page.press("f");
    page.until("document.activeElement.closest('.test.bad')?.open");
    let first = page.value(focused);
    page.press("f");
    page.until(&format!("({focused}) !== {first}"));
    assert_eq!(page.value("document.activeElement.closest('.test').className"), "test failed bad");
    // What is focused can be seen, the bar above it or not.
    page.until(
        "(at => document.activeElement.contains(document.elementFromPoint(at.x + 20, at.y + 12)))\
         (document.activeElement.getBoundingClientRect())",
    );

    page.press("?");
    page.until("document.getElementById('keys').open");
    page.press("Escape");
    page.until("!document.getElementById('keys').open");
    click(page, "#expand");
    page.until("!document.querySelector('.test.bad:not([open])')");
    // Everything that can be clicked can be reached.
    let unreachable =
        "[...document.querySelectorAll('a, button, input, select, summary')].filter(one => one.tabIndex < 0).length";
    assert_eq!(page.value(unreachable), 0);
    assert_eq!(page.complaints(), Vec::<&Json>::new());
}

/// The least contrast of a text to what is behind it (WCAG 2.2, 1.4.3), and that text.
const CONTRAST: &str = r"(() => {
  const parse = color => color.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => (c /= 255) <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, at) => sum + c * [.2126, .7152, .0722][at], 0);
  const behind = element => {
    for (; element; element = element.parentElement) {
      const color = parse(getComputedStyle(element).backgroundColor);
      if (color.length < 4 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let least = [99, 'no text'], seen = 0;
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility() || element.closest('script, option')) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(parse(element.closest('svg') ? style.fill : style.color)), light(behind(element))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < least[0]) least = [ratio, walker.currentNode.data.trim() + ' in ' + element.outerHTML.slice(0, 80)];
    seen += 1;
  }
  return { ratio: least[0], text: least[1], seen };
})()";

fn can_be_read_in_any_colors_and_width(page: &mut Page<'_>, url: &str) {
    let mut bodies = Vec::new();
    for scheme in ["light", "dark"] {
        page.colors(scheme);
        page.open(url);
        open_all(page);
        let least = page.value(CONTRAST);
        assert!(least["ratio"].as_f64().unwrap() >= 4.5, "{scheme}: {least}");
        assert!(least["seen"].as_u64().unwrap() > 150, "{scheme}: {least}");
        let body = page.value("(style => [style.backgroundColor, style.color])(getComputedStyle(document.body))");
        bodies.push(body);
        for width in [1280, 768, 390] {
            fits(page, width);
        }
    }
    assert_ne!(bodies[0][0], bodies[1][0]);
    assert_ne!(bodies[0][1], bodies[1][1]);
    assert_eq!(page.complaints(), Vec::<&Json>::new());
}

/// Nothing reaches beyond the page's right side.
fn fits(page: &mut Page<'_>, width: u32) {
    page.width(width);
    let over = page.value("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    assert_eq!(over, 0, "the page is wider than {width} pixels");
}

/// What servers write stays text, also in what the script puts into the page.
fn is_not_led_astray(page: &mut Page<'_>, url: &str) {
    page.open(url);
    open_all(page);
    fits(page, 390);
    assert_eq!(page.value("document.querySelectorAll('script:not([type]), img, iframe').length"), 1);
    assert_eq!(page.value("document.querySelector('.test').textContent.includes('<script>alert(1)</script>')"), true);
    assert_eq!(page.complaints(), Vec::<&Json>::new());
}

fn open_all(page: &mut Page<'_>) {
    page.value("for (const one of document.querySelectorAll('details')) one.open = true");
    page.until("!document.querySelector('.test [data-more], .test .brief')");
}

fn needs_no_script_to_be_read(page: &mut Page<'_>, url: &str) {
    page.call("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
    page.open(url);
    assert_eq!(page.value("document.documentElement.className"), "", "the script has run");
    let seen =
        |what: &str| format!("[...document.querySelectorAll('{what}')].filter(one => one.checkVisibility()).length");
    let failed = count(|case| case.outcome == "failed");
    for (what, least) in
        [("h1", 1), (".test", COUNT), (".bad .diagnostic pre", failed), (".bad .exchanges svg", failed)]
    {
        let found = page.value(&seen(what));
        assert!(found.as_u64().unwrap() >= least as u64, "{what}: {found}");
    }
    assert_eq!(page.value(&seen(".tools")), 0, "what needs a script is shown without one");
    // A test that passed shows its steps.
    page.value("document.getElementById('t3').open = true");
    let steps = page.value("document.querySelector('#t3 .brief').textContent");
    assert!(steps.as_str().unwrap().contains("/login · websocket ws://"), "{steps}");
}

/// From the start of the navigation to the end of parsing and of the page's script, in milliseconds; the best of some loads, since
/// other tests run beside this one.
#[test]
fn a_report_of_2000_tests_is_ready_within_a_second() {
    const READY_MS: f64 = 1000.0;
    const LOADS: usize = 10;
    let Some(mut browser) = browser() else { return };
    let folder = tempfile::tempdir().unwrap();
    let url = write_report(2000, &folder);
    let mut page = browser.page();
    let mut best = f64::MAX;
    for _ in 0..LOADS {
        page.open(&url);
        let took = page.value(
            "Math.max(performance.timing.domInteractive - performance.timing.navigationStart, \
             performance.getEntriesByName('ready')[0].startTime)",
        );
        best = best.min(took.as_f64().unwrap());
        if best < READY_MS {
            break;
        }
    }
    assert!(best < READY_MS, "{best} ms at best");
    assert_eq!(shown(&mut page), 2000);
    // A search is answered at once: before the next event is taken.
    page.press("/");
    page.write("number 1999");
    assert_eq!(shown(&mut page), 1);
}
