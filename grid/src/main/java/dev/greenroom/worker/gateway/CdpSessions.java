package dev.greenroom.worker.gateway;

import dev.greenroom.net.relay.Relay;
import dev.greenroom.session.CdpBrowserId;
import dev.greenroom.session.SessionEnding;
import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.session.SessionEnding.Close;
import dev.greenroom.session.SessionId;
import dev.greenroom.worker.pool.PooledBrowser;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// The CDP sessions of a gateway, which more connections may join while they live. Safe for use by many
/// threads.
final class CdpSessions {
    /// Connections that have joined one session. Some clients open one for each tab.
    private static final int MAX_JOINED = 200;

    private static final int NORMAL_CLOSURE = 1000;

    private final Map<CdpBrowserId, JoinableSession> sessions = new ConcurrentHashMap<>();

    /// Lets connections join a session until the result is closed.
    ///
    /// @param tenant whose it is; empty when unknown
    JoinableSession open(CdpBrowserId id, SessionId session, Optional<String> tenant, PooledBrowser browser) {
        var opened = new JoinableSession(id, session, tenant, browser);
        sessions.put(id, opened);
        return opened;
    }

    /// The session with this browser, if it lives.
    Optional<JoinableSession> find(CdpBrowserId id) {
        return Optional.ofNullable(sessions.get(id));
    }

    /// The sessions of a tenant.
    List<JoinableSession> of(String tenant) {
        return sessions.values().stream()
                .filter(session -> session.tenant.filter(tenant::equals).isPresent())
                .toList();
    }

    /// A session and the connections that have joined it.
    final class JoinableSession implements AutoCloseable {
        private final CdpBrowserId id;
        private final SessionId session;
        private final Optional<String> tenant;
        private final PooledBrowser browser;
        private final Set<Relay> joined = new HashSet<>(); // guarded by this
        private SessionEnding ending = // guarded by this
                SessionEnding.of(Cause.CLIENT_CLOSED, new Close(NORMAL_CLOSURE, "the session has ended"));
        private boolean over; // guarded by this

        private JoinableSession(CdpBrowserId id, SessionId session, Optional<String> tenant, PooledBrowser browser) {
            this.id = id;
            this.session = session;
            this.tenant = tenant;
            this.browser = browser;
        }

        SessionId session() {
            return session;
        }

        PooledBrowser browser() {
            return browser;
        }

        synchronized boolean isFull() {
            return joined.size() >= MAX_JOINED;
        }

        /// Ends a relay together with the session.
        synchronized void add(Relay relay) {
            if (over) {
                relay.end(ending);
            } else {
                joined.add(relay);
            }
        }

        synchronized void remove(Relay relay) {
            joined.remove(relay);
        }

        /// Says how the session has ended. Where its client has left, the others are told that it is over.
        synchronized void endedBy(SessionEnding how) {
            if (how.cause() != Cause.CLIENT_CLOSED && how.cause() != Cause.CLIENT_LOST) {
                ending = how;
            }
        }

        @Override
        public synchronized void close() {
            sessions.remove(id, this);
            over = true;
            joined.forEach(relay -> relay.end(ending));
            joined.clear();
        }
    }
}
