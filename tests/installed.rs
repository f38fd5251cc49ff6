//! What npm installs below the target folder for tests that ask another's program.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The longest that a fresh machine may take to install it.
const INSTALLING: Duration = Duration::from_secs(60);

/// The folder in which what `package.json` of `sources` asks for is installed, or why it isn't.
pub fn npm(name: &str, sources: &Path) -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let package = std::fs::read_to_string(sources.join("package.json")).unwrap();
    std::fs::create_dir_all(&folder).unwrap();
    let complete = folder.join("installed.json");
    if std::fs::read_to_string(&complete).is_ok_and(|installed| installed == package) {
        return Ok(folder);
    }
    std::fs::write(folder.join("package.json"), &package).unwrap();
    let npm = Command::new("npm")
        .args(["install", "--silent", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-timeout=20000"])
        .current_dir(&folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("npm can't be started ({error})"))?;
    let id = npm.id();
    let (ended, is_ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || ended.send(npm.wait_with_output()));
    match is_ended.recv_timeout(INSTALLING) {
        Ok(Ok(output)) if output.status.success() => {}
        Ok(_) => return Err("npm couldn't install it".to_owned()),
        Err(_) => {
            let _ = Command::new("kill").arg(id.to_string()).status();
            return Err(format!("npm took more than {} s to install it", INSTALLING.as_secs()));
        }
    }
    std::fs::write(complete, package).unwrap();
    Ok(folder)
}
