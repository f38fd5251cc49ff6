//! For each fault, the tests that notice it: their names say what broke.

use e2e_dsl::demo::Fault;

/// What a run of the shipped specs shows of a fault.
pub enum Red {
    /// These tests fail, and no others.
    Only(&'static [&'static str]),
    /// So much depends on what is broken that many fail: these among them, and not those.
    Widely { red: &'static [&'static str], green: &'static [&'static str] },
}

use Red::{Only, Widely};

pub fn of(fault: Fault) -> Red {
    match fault {
        Fault::DatabaseDown => Widely {
            red: &[
                "a service can be reached and says that it is healthy",
                "the backend's database is up",
                "the auth service's database is up",
                "the backend has come through all seven phases of its start-up",
                "a thread can be created and read back",
                "an instance is ready within two seconds of its start",
            ],
            green: &["a service is alive, whatever it depends on"],
        },
        Fault::SlowStart => Only(&["an instance is ready within two seconds of its start"]),
        Fault::SlowResponses => Only(&[
            "creating, reading and listing threads takes less than two seconds each",
            "ten threads can be created at once in less than two seconds",
            "the threads API holds twenty users",
            "agents answer ten users at once",
        ]),
        Fault::StartupIncomplete => Widely {
            red: &[
                "the backend has come through all seven phases of its start-up",
                "the backend is ready for requests",
                "an instance is complete only when all seven phases of its start-up are",
                "an agent run reports its events in order, each with its run and its thread",
                "a run that is asked for over HTTP is accepted and then completed",
            ],
            green: &[
                "a service can be reached and says that it is healthy",
                "a thread can be created and read back",
                "a message that is sent is kept",
                "an answer is streamed to its end",
                "a ping is answered with what it carried",
            ],
        },
        Fault::Websocket1011 => Widely {
            red: &[
                "a run's answer answers what was asked",
                "an agent run reports its events in order, each with its run and its thread",
                "all sockets of a user get the events of a run",
                "a new customer signs up, asks the agent, reads the answer and logs out",
                "agents answer ten users at once",
            ],
            green: &[
                "the threads API holds twenty users",
                "a ping is answered with what it carried",
                "an agent thinks aloud in well-formed events",
                "an answer is streamed to its end",
                "a thread's life is reported in its order",
                "a thread can be created and read back",
            ],
        },
        Fault::EventsDropped => Only(&[
            "a tool's completion carries the id of the call that it completes",
            "each tool that is started is completed, in this order",
            "a new customer signs up, asks the agent, reads the answer and logs out",
            "a tool that fails once is tried again, and the run succeeds",
            "an agent run reports its events in order, each with its run and its thread",
        ]),
        Fault::EventsDoubled => Only(&[
            "a new customer signs up, asks the agent, reads the answer and logs out",
            "each event of a run comes once",
        ]),
        Fault::EventsReordered => Only(&[
            "a tool's completion carries the id of the call that it completes",
            "each tool that is started is completed, in this order",
            "a new customer signs up, asks the agent, reads the answer and logs out",
            "a tool that fails once is tried again, and the run succeeds",
            "an agent run reports its events in order, each with its run and its thread",
        ]),
        Fault::EventsLate => Only(&[
            "an agent run over HTTP is done within two seconds",
            "an agent's answer is on screen within two seconds",
        ]),
        Fault::EventsLeaked => Only(&["a colleague in the same team gets none of a user's events"]),
        Fault::TokensExpire => Widely {
            red: &[
                "a token lives as long as the answer promises",
                "a session can be refreshed, and the new token works",
                "one token is known to all services",
                "a thread can be created and read back",
            ],
            green: &[
                "a wrong password and an unknown user are refused alike",
                "a service can be reached and says that it is healthy",
                "a socket isn't opened without a token",
                "an expired token is refused",
                "a client with a wrong secret gets no token",
                "the app's first page is served, with its navigation",
            ],
        },
        Fault::EventsMiscorrelated => Only(&[
            "a tool's completion carries the id of the call that it completes",
            "a new customer signs up, asks the agent, reads the answer and logs out",
            "an agent run reports its events in order, each with its run and its thread",
        ]),
        Fault::MalformedEvent => Only(&[
            "an agent thinks aloud in well-formed events",
            "a new customer signs up, asks the agent, reads the answer and logs out",
            "an agent run reports its events in order, each with its run and its thread",
            "each event of a run comes once",
        ]),
        Fault::AnswerEmpty => Only(&[
            "runs in two threads go on at once and don't mix",
            "a run's answer answers what was asked",
            "a customer asks twice in one conversation and gets two answers",
            "a new customer signs up, asks the agent, reads the answer and logs out",
            "a thread whose run failed can be used again",
            "a question over the WebSocket and its answer are both kept, in this order",
            "an agent run reports its events in order, each with its run and its thread",
        ]),
        Fault::CancelIgnored => Only(&[
            "a run can be cancelled over HTTP, once",
            "a run that is cancelled stops",
            "a customer changes their mind while the agent works",
            "a thread whose run was cancelled can be used again",
        ]),
        Fault::RetryMissing => Only(&["a tool that fails once is tried again, and the run succeeds"]),
        Fault::ToolsMissing => Only(&["agents' tools are listed with what they take"]),
        Fault::ErrorSwallowed => Only(&["a message that isn't valid gets an error by name, and the socket lives on"]),
        Fault::PongMissing => {
            Only(&["a ping over the WebSocket comes back within a second", "a ping is answered with what it carried"])
        }
        Fault::LifecycleMissing => Only(&[
            "a customer works on two devices at once",
            "a new thread is announced",
            "a renamed thread is announced by its new name",
            "a run and its thread are reported on one feed",
            "a thread's life is reported in its order",
            "what a client missed while it was away is sent again, marked as such",
            "a thread's events are numbered without a gap",
        ]),
        Fault::ReplayMissing => Only(&[
            "a run goes on while no one listens, and its events can be had later",
            "what a client missed while it was away is sent again, marked as such",
            "a thread's events are numbered without a gap",
        ]),
        Fault::FilterBroken => Only(&[
            "runs in two threads go on at once and don't mix",
            "a socket with a thread is not notified of another thread's life",
            "a socket with a thread gets that thread's events only",
        ]),
        Fault::StreamBuffered => Only(&["chunks come when they are made, not all at the end"]),
        Fault::StreamCut => Only(&[
            "a stream goes on where it was left",
            "an answer is streamed to its end",
            "chunks are numbered from one, and their ids say the same",
            "chunks come when they are made, not all at the end",
            "the same answer comes as lines of JSON",
            "the whole text is the sum of its chunks",
        ]),
        Fault::WrongContentType => Only(&["a list of threads is sent as JSON, oldest first"]),
        Fault::ValidationOff => Only(&[
            "a message that isn't valid is refused and leaves nothing behind",
            "a path that climbs out of the API is refused",
            "a thread that isn't valid is refused, and the field is named",
            "an id that can't be one is refused as invalid, not looked up",
            "a thread id that can't be one is refused at the handshake",
        ]),
        Fault::PaginationBroken => Only(&[
            "long conversations come page by page",
            "a list comes page by page, no thread twice and none left out",
        ]),
        Fault::MessagesLost => Only(&[
            "a customer asks twice in one conversation and gets two answers",
            "a new customer signs up, asks the agent, reads the answer and logs out",
            "a returning customer finds the conversation again",
            "a message that is sent is kept",
            "a question over the WebSocket and its answer are both kept, in this order",
            "any text arrives as it was written",
            "long conversations come page by page",
            "messages come back in the order in which they were sent",
        ]),
        Fault::DeleteIncomplete => Only(&[
            "a customer tidies up: archives, deletes, and finds both gone from the list",
            "a deleted thread can't be read any more",
            "all threads of a user can be deleted at once",
        ]),
        Fault::IdempotencyBroken => Only(&[
            "a POST repeated with its Idempotency-Key creates one thread",
            "an Idempotency-Key can't be used for another thread",
        ]),
        Fault::EtagIgnored => Only(&[
            "a change doesn't overwrite another one: If-Match is kept",
            "an unchanged thread isn't sent again to who has its ETag",
        ]),
        Fault::DataLostOnRestart => Only(&["threads outlive a restart"]),
        Fault::InternalsShown => Only(&["errors reveal nothing of the inside of the system"]),
        Fault::AuthDown => Widely {
            red: &[
                "a service can be reached and says that it is healthy",
                "a registered user logs in and is who they say",
                "the app knows how its dependencies are",
                "a client gets a token for the scopes it asks for",
            ],
            green: &[
                "the backend's database is up",
                "the backend is ready for requests",
                "a service is alive, whatever it depends on",
            ],
        },
        Fault::RefreshBroken => Only(&[
            "a refresh token is good for one use, and its theft ends the session",
            "a session can be refreshed, and the new token works",
        ]),
        Fault::RefreshReuseAccepted => Only(&["a refresh token is good for one use, and its theft ends the session"]),
        Fault::PasswordUnchecked => Only(&["a wrong password and an unknown user are refused alike"]),
        Fault::ExpiredTokenAccepted => {
            Only(&["an expired token is refused", "an open socket is closed with 4401 when its token expires"])
        }
        Fault::RevokedTokenAccepted => Only(&[
            "a token is worth nothing after logout",
            "a new customer signs up, asks the agent, reads the answer and logs out",
            "a token is active until it is revoked",
        ]),
        Fault::ScopeUnchecked => Only(&["a client can read threads and nothing more without the scope"]),
        Fault::RolesUnchecked => Only(&["only an administrator may list all users"]),
        Fault::IsolationBroken => Only(&[
            "another user's messages can be neither read nor added to",
            "another user's thread looks like one that doesn't exist",
        ]),
        Fault::CookieExposed => Only(&["the session cookie can't be read by scripts nor sent from elsewhere"]),
        Fault::CorsMissing => Only(&[
            "an answer to the app's origin can be read with credentials",
            "the app's own origin may call the API from a page",
        ]),
        Fault::RateLimitOff => Only(&[
            "searches are limited: who asks too often learns when to come back",
            "the limit on searches holds however often they are asked for",
        ]),
        Fault::RequestIdLost => {
            Only(&["an error carries the id of its request", "each answer can be found again by its request id"])
        }
        Fault::SecurityHeadersMissing => Only(&["each page says what the browser may load, frame and guess"]),
        Fault::AssetsUncached => Only(&["the app's scripts are kept by browsers for a year"]),
        Fault::FrontendDependencyUnknown => Only(&["the app knows how its dependencies are"]),
        Fault::CacheDown => {
            Only(&["a service can be reached and says that it is healthy", "the backend's cache is up"])
        }
        Fault::HealthLies => Only(&["the backend's database is up"]),
        Fault::DiscoveryStale => Only(&[
            "service discovery gives the address that this environment uses",
            "service discovery lists every service, each of which answers",
        ]),
    }
}
