use crate::plan::Environment;

/// Which service an address belongs to, reported by where the services' probes go.
#[derive(Clone, Debug, Default)]
pub struct ServiceMap {
    services: Vec<(String, Base)>,
}

/// Where a service is: host and port, and the folder of its probe's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    pub authority: String,
    pub path: String,
}

impl Base {
    fn of(url: &str) -> Option<Self> {
        let parsed = url::Url::parse(url).ok()?;
        let path = parsed.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        Some(Self { authority: authority(url)?, path: format!("{path}/") })
    }
}

impl ServiceMap {
    pub fn new(services: Vec<(String, Base)>) -> Self {
        Self { services }
    }

    /// The services of an environment whose addresses are known.
    pub fn of_environment(environment: &Environment) -> Self {
        let based = |service: &crate::plan::Service| Some((service.name.clone(), Base::of(service.url.as_deref()?)?));
        Self { services: environment.services.iter().filter_map(based).collect() }
    }

    /// The service of a URL: at its host and port, the one whose probe's folder is the longest part of the path.
    pub fn of(&self, url: &str) -> Option<&str> {
        if self.services.is_empty() {
            return None;
        }
        self.of_parsed(&url::Url::parse(url).ok()?)
    }

    pub fn of_parsed(&self, url: &url::Url) -> Option<&str> {
        let authority = authority_of(url)?;
        let there = self.services.iter().filter(|(_, base)| base.authority == authority);
        let fits = there.clone().filter(|(_, base)| format!("{}/", url.path()).starts_with(&base.path));
        let best = fits.max_by_key(|(_, base)| base.path.len());
        // One service alone at an address has all of it.
        best.or_else(|| if there.clone().count() == 1 { there.clone().next() } else { None })
            .map(|(name, _)| name.as_str())
    }
}

/// Host and port of a URL. A WebSocket's address is that of the HTTP server which it is opened at.
pub(super) fn authority(url: &str) -> Option<String> {
    authority_of(&url::Url::parse(url).ok()?)
}

fn authority_of(url: &url::Url) -> Option<String> {
    let host = url.host_str()?;
    Some(url.port_or_known_default().map_or(host.to_owned(), |port| format!("{host}:{port}")))
}
