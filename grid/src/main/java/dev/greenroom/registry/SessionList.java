package dev.greenroom.registry;

import dev.greenroom.schedule.Subscription;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// The sessions that run in the whole grid: listed for people, and ended when they say so.
///
/// A session is in the list from its grant, before its client is connected, until its lease is released or
/// expires. Nothing about slots depends on this list. Its operations keep the deadline of [Registry], may
/// be called from any proxy, and throw [RegistryUnavailableException] when the registry does not answer.
public interface SessionList {

    /// The most sessions on a page.
    int MAX_PAGE = 500;

    /// Puts sessions on the list again, or keeps them there for 10 minutes more. Sessions that hold no
    /// lease are passed over, so that one that has ended does not come back.
    void describe(Collection<LiveSession> sessions);

    /// Says how long ago clients sent their last call. Sessions that are not on the list are passed over;
    /// one that is described anew has to be said again.
    void called(Map<SessionId, Duration> sinceLastCall);

    /// A page of the list, oldest first. The next page begins after [Page#next].
    ///
    /// @param limit the most sessions on the page, 1 to [#MAX_PAGE]
    /// @param after where the page before ended; empty for the first one
    SessionPage page(int limit, Optional<SessionId> after);

    /// One session; empty when it is not on the list.
    Optional<LiveSession> find(SessionId session);

    /// Orders a session to end with [dev.greenroom.session.SessionEnding.Cause#OPERATOR], whichever proxy
    /// relays it. That takes less than a second. When the word is lost on its way, or the session is still
    /// being connected, it is said again when its lease is renewed. A session that has ended is gone from
    /// the list.
    ///
    /// @return false when there is no such session
    boolean end(SessionId session);

    /// Calls back, as a hint that may be lost, when any session of the grid has to end. The listener must
    /// not block. [Registry#renew] says it again.
    Subscription onEnd(Consumer<SessionId> listener);

    /// A part of the list.
    ///
    /// @param next where the next page begins; empty when this is the last one
    record SessionPage(List<LiveSession> sessions, Optional<SessionId> next) {}

    /// A session that is being relayed, as people are told of it.
    ///
    /// @param proxy the proxy that relays it, as `<host>:<port>`
    /// @param sinceLastCall how long ago its client last sent something of its own accord; empty while
    ///     nobody has said so
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
        public BrowserType browser() {
            return worker.browser();
        }

        /// When its client asked for it, on the clock of the proxy.
        public Instant startedAt() {
            return session.madeAt();
        }
    }
}
