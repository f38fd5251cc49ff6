(() => {
  "use strict";
  const $ = id => document.getElementById(id);
  const index = JSON.parse($("index").textContent);
  const tests = [...document.querySelectorAll(".test")], suites = [...document.querySelectorAll(".suite")];
  const search = $("search"), shown = $("shown"), keys = $("keys");
  const chips = [...document.querySelectorAll(".chip")], selects = [...document.querySelectorAll("select[data-name]")];
  // The suite of each test, and what the search looks in.
  const home = tests.map(test => suites.indexOf(test.closest(".suite")));
  const words = index.map(one => [one.q, one.s, one.f, one.p, ...one.t].join(" ").toLowerCase());
  const value = { outcome: one => [one.o], priority: one => [one.p], tag: one => one.t, phase: one => [one.f], suite: one => [one.s], cause: one => one.c.map(String) };
  const bad = new Set(["failed", "errored", "timed_out", "vacuous", "diverged", "undecided"]);
  // Which values of each filter are wanted; none is all. Values of one filter add up, filters narrow each other.
  let wanted = {};

  const fits = (one, at, terms) =>
    Object.entries(wanted).every(([name, values]) => value[name](one).some(has => values.includes(has))) && terms.every(term => words[at].includes(term));
  const apply = () => {
    const terms = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const left = suites.map(() => 0);
    let count = 0;
    index.forEach((one, at) => {
      const fit = fits(one, at, terms);
      if (tests[at].hidden === fit) tests[at].hidden = !fit;
      count += fit; left[home[at]] += fit;
    });
    suites.forEach((suite, at) => { suite.hidden = !left[at]; });
    shown.textContent = count === tests.length ? tests.length + (tests.length === 1 ? " test" : " tests") : count + " of " + tests.length + " tests";
    $("none").hidden = count > 0 || !tests.length;
    $("clear").hidden = !terms.length && !Object.keys(wanted).length;
    for (const chip of chips) chip.setAttribute("aria-pressed", String((wanted[chip.dataset.name] || []).includes(chip.dataset.value)));
    for (const select of selects) {
      select.value = (wanted[select.dataset.name] || [""])[0];
      select.classList.toggle("on", select.value !== "");
    }
  };

  // The state is in the address, so that a link shows the same.
  const write = () => {
    const state = new URLSearchParams();
    if (search.value.trim()) state.set("q", search.value.trim());
    for (const [name, values] of Object.entries(wanted)) state.set(name, values.join(","));
    const text = state.toString().replaceAll("%2C", ",");
    history.replaceState(null, "", location.href.split("#")[0] + (text ? "#" + text : ""));
  };
  const change = () => { apply(); write(); };
  const clear = () => { search.value = ""; wanted = {}; change(); };
  const list = (name, text) => {
    // A name may hold a comma; outcomes, priorities and causes don't.
    return name === "outcome" || name === "priority" || name === "cause" ? text.split(",") : [text];
  };
  const read = first => {
    const hash = location.hash.slice(1);
    if (/^t\d+$/.test(hash)) return reveal($(hash));
    if (!hash.includes("=")) return;
    const state = new URLSearchParams(hash);
    wanted = {};
    for (const name of Object.keys(value)) if (state.get(name)) wanted[name] = list(name, state.get(name));
    search.value = state.get("q") || "";
    apply();
    if (!first) { $("tests").focus({ preventScroll: true }); $("tests").scrollIntoView(); }
  };
  const reveal = test => {
    if (!test) return;
    if (test.hidden) { search.value = ""; wanted = {}; apply(); }
    test.open = true;
    go(test);
  };

  // What tests show beyond their first lines is put into the page when they are opened.
  const unpacked = {};
  const unpack = list => {
    const bytes = Uint8Array.from(atob($("more" + list).textContent), c => c.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
  };
  const fill = async test => {
    const inside = test.querySelector(".inside[data-more]");
    if (!inside || !window.DecompressionStream) return;
    const [list, place] = inside.dataset.more.split(" ");
    inside.removeAttribute("data-more");
    const markup = (await (unpacked[list] ||= unpack(list)))[place];
    const brief = inside.querySelector(".brief");
    if (brief) brief.remove();
    inside.insertAdjacentHTML("beforeend", markup);
  };
  document.addEventListener("toggle", event => { if (event.target.matches(".test") && event.target.open) fill(event.target); }, true);

  const visible = () => tests.filter(test => !test.hidden);
  const current = () => document.activeElement && document.activeElement.closest(".test");
  const go = test => {
    const summary = test.firstElementChild;
    summary.focus({ preventScroll: true });
    summary.scrollIntoView({ block: "nearest" });
  };
  const step = by => {
    const all = visible(), at = all.indexOf(current());
    // Without a test that is chosen it begins with the first one in view.
    const top = search.form.offsetHeight;
    const next = at < 0 ? all.find(test => test.getBoundingClientRect().bottom > top) : all[at + by];
    if (next) go(next);
  };
  const failure = () => {
    const all = visible(), at = all.indexOf(current());
    const after = [...all.slice(at + 1), ...all.slice(0, at + 1)].find(test => test.matches(".bad"));
    if (after) { after.open = true; go(after); }
  };
  const help = () => keys.showModal();

  search.addEventListener("input", change);
  search.form.addEventListener("submit", event => event.preventDefault());
  for (const chip of chips) chip.addEventListener("click", () => {
    const { name, value } = chip.dataset, old = wanted[name] || [];
    const values = old.includes(value) ? old.filter(one => one !== value) : [...old, value];
    if (values.length) wanted[name] = values; else delete wanted[name];
    change();
  });
  for (const select of selects) select.addEventListener("change", () => {
    if (select.value) wanted[select.dataset.name] = [select.value]; else delete wanted[select.dataset.name];
    change();
  });
  $("clear").addEventListener("click", () => { clear(); search.focus(); });
  $("none-clear").addEventListener("click", () => { clear(); search.focus(); });
  $("help").addEventListener("click", help);
  if ($("expand")) $("expand").addEventListener("click", () => { for (const test of visible()) if (test.matches(".bad")) test.open = true; });
  $("collapse").addEventListener("click", () => { for (const test of tests) test.open = false; });
  addEventListener("hashchange", () => read(false));

  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || keys.open) return;
    const typing = event.target.matches("input, select, textarea");
    if (event.key === "Escape") { clear(); search.blur(); event.preventDefault(); return; }
    if (typing) return;
    const act = { "/": () => { search.focus(); search.select(); }, j: () => step(1), k: () => step(-1), f: failure, "?": help }[event.key];
    if (act) { event.preventDefault(); act(); }
  });

  // What is scrolled to stays clear of the bar, however many lines it has.
  new ResizeObserver(() => {
    const sticks = getComputedStyle(search.form).position === "sticky";
    document.documentElement.style.setProperty("--bar", (sticks ? search.form.offsetHeight : 0) + "px");
  }).observe(search.form);
  document.documentElement.classList.add("js");
  search.form.hidden = false;
  apply();
  read(true);
  performance.mark("ready");
})();
