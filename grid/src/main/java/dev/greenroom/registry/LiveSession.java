package dev.greenroom.registry;

import dev.greenroom.session.Browser;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// A session that is being relayed, as people are told of it.
///
/// @param proxy the proxy that relays it, as `<host>:<port>`
/// @param sinceLastCall how long ago its client last sent something of its own accord; empty while nobody has said so
public record LiveSession(
        SessionId session, WorkerId worker, String proxy, Client client, Optional<Duration> sinceLastCall) {

    /// One of whose calls nothing is known.
    public LiveSession(SessionId session, WorkerId worker, String proxy, Client client) {
        this(session, worker, proxy, client, Optional.empty());
    }

    /// Who has a session.
    ///
    /// @param version of Playwright; empty when the client names none
    /// @param remote the address of the client, or of what is in front of the proxy, without a port
    /// @param tenant the name of its token; empty where there are no tokens
    public record Client(Optional<PlaywrightVersion> version, String remote, String tenant) {}

    /// The type of its browser.
    public Browser browser() {
        return worker.browser();
    }

    /// When its client asked for it, on the clock of the proxy.
    public Instant startedAt() {
        return session.madeAt();
    }
}
