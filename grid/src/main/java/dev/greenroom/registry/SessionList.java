package dev.greenroom.registry;

import dev.greenroom.schedule.Subscription;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.ClientProtocol;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.SessionLabels;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// The live sessions of the whole grid: people list and end them.
///
/// A session is on the list from its grant, before its client is connected, until its lease is released or
/// expires. No slot depends on this list. The operations have the deadline of [Registry], can be called from
/// any proxy, and throw [RegistryUnavailableException] when the registry does not answer.
public interface SessionList {

    /// The most sessions on a page.
    int MAX_PAGE = 500;

    /// Adds sessions to the list again, or keeps them there for 10 more minutes. Sessions without a lease are
    /// skipped, so that an ended one does not come back.
    void describe(Collection<LiveSession> sessions);

    /// Records how long ago clients sent their last call; an earlier call than the one that is known is
    /// skipped, and so are sessions that are not on the list. For a session that is described again, this has to
    /// be repeated.
    void called(Map<SessionId, Duration> sinceLastCall);

    /// A page of the list, oldest first. The next page starts after [SessionPage#next].
    ///
    /// @param limit the most sessions on the page, 1 to [#MAX_PAGE]
    /// @param after where the page before ended; empty for the first one
    SessionPage page(int limit, Optional<SessionId> after);

    /// One session; empty when it is not on the list.
    Optional<LiveSession> find(SessionId session);

    /// Orders a session to end with [dev.greenroom.session.SessionEnding.Cause#OPERATOR], whichever proxy
    /// relays it. This takes less than a second. If the notification is lost, or the session is still being
    /// connected, the order is repeated when the lease is renewed. A session that has ended is not on the
    /// list any more.
    ///
    /// @return false when there is no such session
    boolean end(SessionId session);

    /// Calls back when any session of the grid has to end. The notification may be lost; [Registry#renew]
    /// repeats it. The listener must not block.
    Subscription onEnd(Consumer<SessionId> listener);

    /// Keeps what became of sessions: the oldest are forgotten first, in time and in number. One that is kept
    /// already is replaced.
    ///
    /// @param keep how long, over 0
    /// @param most how many in the whole grid, over 0
    void keepEnded(Collection<EndedSession> sessions, Duration keep, int most);

    /// A page of the sessions that have ended, the newest first. The next page starts after [EndedPage#next].
    ///
    /// @param limit the most sessions on the page, 1 to [#MAX_PAGE]
    /// @param after where the page before ended; empty for the first one
    EndedPage endedPage(int limit, Optional<SessionId> after);

    /// One session that has ended; empty when it is not kept, or runs.
    Optional<EndedSession> findEnded(SessionId session);

    /// Records where the browsers of CDP sessions are, or keeps that known for 10 more minutes: while a session
    /// has a lease, connections find its browser, and afterwards they are told that it is gone.
    void addBrowsers(Collection<CdpBrowser> browsers);

    /// Finds the browser of a CDP session.
    ///
    /// @param digest of its id
    FoundBrowser findBrowser(String digest);

    /// The browser of a CDP session.
    ///
    /// @param digest of its id, which is a secret itself
    record CdpBrowser(String digest, SessionId session, WorkerId worker) {}

    /// The result of [#findBrowser].
    sealed interface FoundBrowser {
        /// Nobody has used this id, for some minutes at least.
        record Unused() implements FoundBrowser {}

        /// Its session runs.
        record Running(WorkerId worker, WorkerEndpoint endpoint) implements FoundBrowser {}

        /// Its session has ended.
        record Ended() implements FoundBrowser {}
    }

    /// A part of the list.
    ///
    /// @param next the last session of this page; empty when this is the last page
    record SessionPage(List<LiveSession> sessions, Optional<SessionId> next) {}

    /// A part of the list of sessions that have ended.
    ///
    /// @param next the last session of this page; empty when this is the last page
    record EndedPage(List<EndedSession> sessions, Optional<SessionId> next) {}

    /// What became of a session.
    ///
    /// @param session as it was listed
    /// @param request the `X-Request-Id` that its client sent, or empty
    /// @param endedAt on the clock of its proxy
    /// @param ending the words of its [dev.greenroom.session.SessionEnding.Cause]
    /// @param closeReason the reason of the close frame, or empty
    /// @param queued how long its client waited for a slot
    /// @param connecting how long it then took until its worker had answered
    record EndedSession(
            LiveSession session,
            String request,
            Instant endedAt,
            String ending,
            String closeReason,
            Duration queued,
            Duration connecting,
            long bytesFromClient,
            long bytesFromWorker) {}

    /// A session that is being relayed.
    ///
    /// @param proxy the proxy that relays it, as `<host>:<port>`
    /// @param sinceLastCall how long ago its client sent its last call; empty while this is not known
    public record LiveSession(
            SessionId session, WorkerId worker, String proxy, Client client, Optional<Duration> sinceLastCall) {

        /// A session without a known last call.
        public LiveSession(SessionId session, WorkerId worker, String proxy, Client client) {
            this(session, worker, proxy, client, Optional.empty());
        }

        /// The client of a session.
        ///
        /// @param version of Playwright; empty when the client names none
        /// @param remote the address of the client, or of what is in front of the proxy, without a port
        /// @param tenant the name of its token; empty where there are no tokens
        /// @param protocol in which it drives its browser
        /// @param labels what it calls its session
        public record Client(
                Optional<PlaywrightVersion> version,
                String remote,
                String tenant,
                ClientProtocol protocol,
                SessionLabels labels) {
            /// A client of Playwright that gives its session no name.
            public Client(Optional<PlaywrightVersion> version, String remote, String tenant) {
                this(version, remote, tenant, ClientProtocol.PLAYWRIGHT, SessionLabels.NONE);
            }
        }

        /// The type of its browser.
        public BrowserType browser() {
            return worker.browser();
        }

        /// When its client requested it, on the clock of the proxy.
        public Instant startedAt() {
            return session.madeAt();
        }
    }
}
