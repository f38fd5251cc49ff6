//! What reports say of loads, in each of their forms.

use std::net::TcpListener;

use super::harness::{DEMO, Done, Test};

/// A run whose reports are `r.json`, `r.html`, `r.xml`, `r.tap` and `r.md`.
fn reported(spec: &str, code: i32) -> Done {
    let names = ["json=r.json", "html=r.html", "junit=r.xml", "tap=r.tap", "markdown=r.md", "github"];
    let args = names.iter().flat_map(|name| ["--report", name]);
    let args = ["run", "a.e2e"].into_iter().chain(args);
    Test::new().file("a.e2e", &format!("{DEMO}{spec}")).args(args).code(code)
}

/// The cells of a row of a table, in HTML.
fn html_row(html: &str, first: &str) -> Vec<String> {
    let html = scraper::Html::parse_document(html);
    let select = |selector: &str| scraper::Selector::parse(selector).unwrap();
    let cells = |row: scraper::ElementRef<'_>| -> Vec<String> {
        row.select(&select("td, th")).map(|cell| cell.text().collect::<String>().trim().to_owned()).collect()
    };
    let rows = select("article.load tr");
    html.select(&rows).map(cells).find(|row| row.first().is_some_and(|cell| cell == first)).unwrap_or_default()
}

#[test]
fn what_was_refused_has_no_time_in_any_report() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let spec = format!(
        "load \"refused\" {{\n  users 1 hold 1s\n  think 20ms\n  scenario {{ GET http://{free}/a {{ expect failure is refused }} }}\n  \
         threshold iterations > 0\n}}\n"
    );
    let done = reported(&spec, 0);
    let row = |text: &str, mark: &str| -> Vec<String> {
        let line = text.lines().find(|line| line.trim_start().starts_with(mark));
        let line = line.unwrap_or_else(|| panic!("no row with {mark}\n{text}"));
        line.replace('\\', "").split(['|', ' ']).filter(|cell| !cell.is_empty()).map(str::to_owned).collect()
    };
    let none = ["-"; 4].map(str::to_owned);
    assert_eq!(row(&done.out, "GET /a")[4..8], none, "{}", done.out);
    assert_eq!(row(&done.read("r.md"), "| `GET /a`")[4..8], none);
    assert_eq!(html_row(&done.read("r.html"), "GET /a")[3..7], none);
    for (name, count) in [("r.tap", "    requests: "), ("r.xml", "[[PROPERTY|load_requests=")] {
        let text = done.read(name);
        assert!(text.contains(count), "{name}:\n{text}");
        for time in ["p50_ms", "p95_ms", "p99_ms", "max_ms"] {
            assert!(!text.contains(time), "{name} has {time}:\n{text}");
        }
    }
}

/// What has failed is called what it is, wherever something is said of how many there are.
#[test]
fn loads_are_not_called_tests() {
    const TEST: &str = "suite \"S\" { test \"t\" { GET {{env.gone}}/a { expect status 200 } } }\n";
    const LOAD: &str = "load \"NAME\" { users 1 hold 300ms; think 20ms; at risk $2K MRR \"it\"\n  \
         scenario { GET {{env.gone}}/a { expect status 200 } }\n  threshold error rate < 1% }\n";
    const PLAN: &str = "plan all { phase \"All\" { run everything not run; gate success > 90%; gate flaky < 5% } }\n";
    let load = |name: &str| LOAD.replace("NAME", name);
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let environment = format!("environment local default {{ gone = \"http://{free}\" }}\n");
    for (spec, cause, bad, gate, risk) in [
        (
            TEST.to_owned() + &load("a"),
            "1 test and 1 load",
            "2 of 2 tests and loads did not pass",
            "0 of 2 tests and loads",
            "$2K",
        ),
        (load("a") + &load("b"), "2 loads", "2 of 2 loads did not pass", "0 of 2 loads", "$4K"),
    ] {
        let names = ["html=r.html", "junit=r.xml", "tap=r.tap", "markdown=r.md", "github"];
        let args = names.iter().flat_map(|name| ["--report", name]);
        let args = ["run", "a.e2e", "--plan", "all"].into_iter().chain(args);
        let done = Test::new().file("a.e2e", &format!("{environment}{spec}{PLAN}")).args(args).code(1);
        let number = if cause.starts_with('1') { "    1 " } else { "    2 " };
        assert!(done.out.contains(&format!("{number}{}: ", &cause[2..])), "{cause}\n{}", done.out);
        for words in [bad, gate, &format!("{risk} MRR")] {
            assert!(done.out.contains(words), "{words}\n{}", done.out);
        }
        assert!(done.read("r.md").contains(&format!("- **{cause}**: ")), "{}", done.read("r.md"));
        assert!(done.read("r.html").contains(&format!(">{cause}</span>")), "{cause}");
        for name in ["r.xml", "r.tap"] {
            let text = done.read(name);
            assert!(text.contains(gate), "{name} lacks {gate}:\n{text}");
        }
    }
}
