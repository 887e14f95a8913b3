package dev.greenroom.registry;

import dev.greenroom.session.SessionId;
import dev.greenroom.session.Subscription;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// The sessions that run in the whole grid: listed for people, and ended when they say so.
///
/// A session is in the list from its grant, before its client is connected, until its lease is released or expires.
/// Nothing about slots depends on this list. Its operations keep the deadline of [Registry], may be called from any
/// proxy, and throw [RegistryUnavailableException] when the registry does not answer.
public interface SessionList {

    /// The most sessions on a page.
    int MAX_PAGE = 500;

    /// Puts sessions on the list again, or keeps them there for 10 minutes more. Sessions that hold no lease are
    /// passed over, so that one that has ended does not come back.
    void describe(Collection<LiveSession> sessions);

    /// Says how long ago clients sent their last call. Sessions that are not on the list are passed over; one that is
    /// described anew has to be said again.
    void called(Map<SessionId, Duration> sinceLastCall);

    /// A page of the list, oldest first. The next page begins after [Page#next].
    ///
    /// @param limit the most sessions on the page, 1 to [#MAX_PAGE]
    /// @param after where the page before ended; empty for the first one
    Page page(int limit, Optional<SessionId> after);

    /// One session; empty when it is not on the list.
    Optional<LiveSession> find(SessionId session);

    /// Orders a session to end with [dev.greenroom.session.Ending.Cause#OPERATOR], whichever proxy relays it. That
    /// takes less than a second. When the word is lost on its way, or the session is still being connected, it is
    /// said again when its lease is renewed. A session that has ended is gone from the list.
    ///
    /// @return false when there is no such session
    boolean end(SessionId session);

    /// Calls back, as a hint that may be lost, when any session of the grid has to end. The listener must not block.
    /// [Registry#renew] says it again.
    Subscription onEnd(Consumer<SessionId> listener);

    /// A part of the list.
    ///
    /// @param next where the next page begins; empty when this is the last one
    record Page(List<LiveSession> sessions, Optional<SessionId> next) {}
}
