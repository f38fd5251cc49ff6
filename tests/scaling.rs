//! `docs/scaling.md`: its manifests are YAML, and their scripts do what they say.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use yaml_rust2::{Yaml, YamlLoader};

use super::harness::{DEMO, Test};
use super::literate::fences;

fn page() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/scaling.md")).unwrap()
}

/// The documents of the page's block of this name.
fn manifest(name: &str) -> Vec<Yaml> {
    let page = page();
    let found = fences(&page).into_iter().find(|fence| fence.lang == "yaml" && fence.name == name).unwrap();
    YamlLoader::load_from_str(&found.text).unwrap()
}

/// A folder with specs of a plan `release`, of which one test fails when it is said so.
fn specs(bad: bool) -> Test {
    let mut spec = DEMO.to_owned();
    for suite in 0..6 {
        let status = if bad && suite == 3 { 418 } else { 200 };
        spec += &format!(
            "suite \"S{suite}\" {{\n  test \"a\" {{ GET {{{{env.api}}}}/health {{ expect status {status} }} }}\n  \
             test \"b\" {{ GET {{{{env.api}}}}/health {{ expect status 200 }} }}\n}}\n"
        );
    }
    spec += "plan release { phase \"All\" { run everything not run; gate success > 95% } }\n";
    Test::new().file("specs/a.e2e", &spec)
}

/// Runs a script as the engine would: its exit code and what it said.
fn sh(folder: &Path, script: &str, variables: &BTreeMap<&str, String>) -> (i32, String) {
    let tool = Path::new(env!("CARGO_BIN_EXE_e2e-dsl")).parent().unwrap();
    let path = format!("{}:{}", tool.display(), std::env::var("PATH").unwrap());
    // The harness' command brings an environment without anything of this one's engine.
    let mut command = Test::new().command();
    let inherited: Vec<_> =
        command.get_envs().map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned))).collect();
    command = Command::new("sh");
    for (name, value) in inherited {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env_remove("GITHUB_STEP_SUMMARY").env("PATH", path).envs(variables);
    let output = command.args(["-ec", script]).current_dir(folder).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap(), said)
}

/// A script with what the engine sets for it.
type Job = (String, BTreeMap<&'static str, String>);

/// Shards whose jobs succeed whatever their tests say, and a merge that says what the run is worth.
fn tried(shards: &dyn Fn(&Path) -> Vec<Job>, merge: &dyn Fn(&Path) -> String) {
    for bad in [false, true] {
        let test = specs(bad);
        let folder = test.path("");
        for (index, (script, variables)) in (1..).zip(shards(&folder)) {
            let (code, said) = sh(&folder, &script, &variables);
            assert_eq!(code, 0, "{script}\n{variables:?}\n{said}");
            assert!(said.contains(&format!("shard {index}/4: ")), "{said}");
        }
        let (code, said) = sh(&folder, &merge(&folder), &BTreeMap::new());
        assert_eq!(code, i32::from(bad), "{said}");
        assert!(said.contains(if bad { "(11 of 12 tests)" } else { "(12 of 12 tests)" }), "{said}");
        assert!(said.contains(if bad { "NOT READY  12 tests" } else { "READY  12 tests" }), "{said}");
    }
}

fn text(yaml: &Yaml) -> String {
    yaml.as_str().unwrap().to_owned()
}

#[test]
fn every_engine_lets_its_shards_begin_together() {
    let at = jiff::Timestamp::now().checked_sub(jiff::SignedDuration::from_mins(1)).unwrap().to_string();
    let variables = [("CI_NODE_INDEX", "1"), ("JOB_COMPLETION_INDEX", "0"), ("E2E_SHARD_TOTAL", "4")];
    let script = |name: &str| {
        let one = manifest(name);
        match name {
            "kubernetes" => text(&one[1]["spec"]["template"]["spec"]["containers"][0]["command"][2])
                .replace("=/results", "=results"),
            "github" => text(&one[0]["jobs"]["shard"]["steps"][1]["run"]).replace("${{ matrix.shard }}", "1"),
            _ => text(&one[0]["shards"]["script"][0]),
        }
    };
    for name in ["kubernetes", "github", "gitlab"] {
        let test = specs(false);
        let mut variables: BTreeMap<&str, String> = variables.map(|(name, value)| (name, value.to_owned())).into();
        // It is handed on: one that is past is refused, and that is no failed test.
        variables.insert("START_AT", at.clone());
        let (code, said) = sh(&test.path(""), &script(name), &variables);
        assert!(code != 0 && said.contains("e2e::cli::start_at"), "{name}: {code}\n{said}");
    }
    let rules = &manifest("kubernetes")[1]["spec"]["podFailurePolicy"]["rules"];
    let codes: Vec<i64> = rules[1]["onExitCodes"]["values"].as_vec().unwrap().iter().filter_map(Yaml::as_i64).collect();
    assert_eq!((text(&rules[0]["action"]).as_str(), text(&rules[1]["action"]).as_str()), ("Ignore", "FailIndex"));
    assert_eq!(codes, [2, 3, 4]);
}

#[test]
fn the_manifest_of_kubernetes_runs_shards_and_merges_them() {
    let documents = manifest("kubernetes");
    assert_eq!(
        documents.iter().map(|one| text(&one["kind"])).collect::<Vec<_>>(),
        ["PersistentVolumeClaim", "Job", "Job"]
    );
    let job = |index: usize| documents[index]["spec"]["template"]["spec"]["containers"][0].clone();
    let script = |index: usize, folder: &Path| {
        let command = &job(index)["command"];
        assert_eq!((text(&command[0]).as_str(), text(&command[1]).as_str()), ("sh", "-ec"));
        assert_eq!(text(&job(index)["volumeMounts"][0]["mountPath"]), "/results");
        text(&command[2]).replace("results=/results", &format!("results={}", folder.join("results").display()))
    };
    let completions = documents[1]["spec"]["completions"].as_i64().unwrap();
    assert_eq!(text(&job(1)["env"][0]["name"]), "E2E_SHARD_TOTAL");
    assert_eq!(text(&job(1)["env"][0]["value"]), completions.to_string());
    let shards = |folder: &Path| {
        let pod = |index: i64| {
            BTreeMap::from([("JOB_COMPLETION_INDEX", index.to_string()), ("E2E_SHARD_TOTAL", completions.to_string())])
        };
        (0..completions).map(|index| (script(1, folder), pod(index))).collect()
    };
    tried(&shards, &|folder| script(2, folder));
}

#[test]
fn the_workflow_of_github_runs_shards_and_merges_them() {
    let workflow = manifest("github").remove(0);
    let runs = |job: &str| {
        let steps = workflow["jobs"][job]["steps"].as_vec().unwrap().clone();
        steps.iter().find_map(|step| step["run"].as_str().map(str::to_owned)).unwrap()
    };
    let shards = |_: &Path| {
        let matrix = workflow["jobs"]["shard"]["strategy"]["matrix"]["shard"].as_vec().unwrap();
        let script = |index: &Yaml| runs("shard").replace("${{ matrix.shard }}", &index.as_i64().unwrap().to_string());
        matrix.iter().map(|index| (script(index), BTreeMap::new())).collect()
    };
    tried(&shards, &|_| runs("merge"));
}

#[test]
fn the_pipeline_of_gitlab_runs_shards_and_merges_them() {
    let pipeline = manifest("gitlab").remove(0);
    let script = |job: &str| text(&pipeline[job]["script"][0]);
    let shards = |_: &Path| {
        let total = pipeline["shards"]["parallel"].as_i64().unwrap();
        let job = |index: i64| {
            BTreeMap::from([
                ("GITLAB_CI", "true".to_owned()),
                ("CI_NODE_INDEX", index.to_string()),
                ("CI_NODE_TOTAL", total.to_string()),
            ])
        };
        (1..=total).map(|index| (script("shards"), job(index))).collect()
    };
    tried(&shards, &|_| script("verdict"));
}
