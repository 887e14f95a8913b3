package dev.greenroom.worker.gateway;

import dev.greenroom.net.relay.Hold;
import dev.greenroom.net.relay.Relay;
import dev.greenroom.net.relay.RelayStarter.SharedActivity;
import dev.greenroom.session.CdpBrowserId;
import dev.greenroom.session.CdpBrowserId.CdpLimits;
import dev.greenroom.session.SessionEnding;
import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.session.SessionEnding.Close;
import dev.greenroom.session.SessionId;
import dev.greenroom.worker.pool.PooledBrowser;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The CDP sessions of a gateway, which more connections may join while they live. Safe for use by many
/// threads.
final class CdpSessions {
    /// Connections that have joined one session. Some clients open one for each tab.
    private static final int MAX_JOINED = 200;

    /// How long the proxy of a session may take to hold it, once its client has left.
    private static final Duration HOLD_TIMEOUT = Duration.ofSeconds(5);

    private static final int NORMAL_CLOSURE = 1000;

    private final Map<CdpBrowserId, JoinableSession> sessions = new ConcurrentHashMap<>();
    private volatile boolean draining;

    /// Lets connections join a session until the result is closed.
    ///
    /// @param tenant whose it is; empty when unknown
    JoinableSession open(
            CdpBrowserId id, SessionId session, Optional<String> tenant, CdpLimits limits, PooledBrowser browser) {
        var opened = new JoinableSession(id, session, tenant, limits, browser);
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

    /// From now on, no browser is kept for a client that is away.
    void drain() {
        draining = true;
        sessions.values().forEach(JoinableSession::changed);
    }

    /// Ends the sessions whose first client has left already.
    void endKept(SessionEnding why) {
        sessions.values().forEach(session -> session.end(why));
    }

    /// A session and the connections that have joined it.
    final class JoinableSession implements AutoCloseable {
        private final CdpBrowserId id;
        private final SessionId session;
        private final Optional<String> tenant;
        private final CdpLimits limits;
        private final PooledBrowser browser;
        private final SharedActivity activity;
        private final Set<Relay> joined = new HashSet<>(); // guarded by this, as are all that follow
        private SessionEnding ending =
                SessionEnding.of(Cause.CLIENT_CLOSED, new Close(NORMAL_CLOSURE, "the session has ended"));
        private @Nullable Hold hold;
        private @Nullable SessionEnding ended;
        private Duration keptFor = Duration.ZERO;
        private long idleSinceNanos;
        private boolean slotWanted;
        private boolean over;

        private JoinableSession(
                CdpBrowserId id, SessionId session, Optional<String> tenant, CdpLimits limits, PooledBrowser browser) {
            this.id = id;
            this.session = session;
            this.tenant = tenant;
            this.limits = limits;
            this.browser = browser;
            this.activity = new SharedActivity(limits.idle());
        }

        SessionId session() {
            return session;
        }

        PooledBrowser browser() {
            return browser;
        }

        /// When any of its clients has sent a message.
        SharedActivity activity() {
            return activity;
        }

        synchronized boolean isFull() {
            return joined.size() >= MAX_JOINED;
        }

        /// Ends a relay together with the session.
        synchronized void add(Relay relay) {
            if (over) {
                relay.end(ending);
                return;
            }
            joined.add(relay);
            say(Hold.Word.IN_USE);
            notifyAll();
        }

        /// @param how it ended
        /// @param ofPage whether it was for a page, and not for the browser
        synchronized void remove(Relay relay, SessionEnding how, boolean ofPage) {
            joined.remove(relay);
            if (!ofPage) {
                keptFor = limits.after(how);
            }
            if (how.isBrowserClosed()) {
                ended = how;
            }
            if (joined.isEmpty()) {
                idleSinceNanos = System.nanoTime();
                slotWanted = false;
                say(Hold.Word.IDLE);
            }
            notifyAll();
        }

        /// The connection by which its proxy holds it while its first client is away.
        synchronized void heldBy(Hold its) {
            if (over || hold != null) {
                its.close();
                return;
            }
            hold = its;
            say(joined.isEmpty() ? Hold.Word.IDLE : Hold.Word.IN_USE);
            notifyAll();
        }

        /// A client waits for its slot.
        synchronized void slotWanted() {
            slotWanted = true;
            notifyAll();
        }

        private void say(Hold.Word word) {
            var its = hold;
            if (its != null) {
                its.say(word);
            }
        }

        private synchronized void changed() {
            notifyAll();
        }

        /// Ends the session, if its first client has left already.
        synchronized void end(SessionEnding why) {
            if (ended == null) {
                ended = why;
            }
            notifyAll();
        }

        /// Keeps the session after its first client has left, for as long as its limits say: while somebody is
        /// connected to the browser, for some time after that, and only while its proxy holds it. Blocks until
        /// then.
        ///
        /// @param first how its first connection ended
        /// @return how the session ended
        synchronized SessionEnding keep(SessionEnding first) throws InterruptedException {
            keptFor = limits.after(first);
            if (first.cause() == Cause.CLIENT_LOST || keptFor.isZero()) {
                // The proxy itself was lost, or the client wants nothing kept.
                return first;
            }
            idleSinceNanos = System.nanoTime();
            var heldUntil = idleSinceNanos + HOLD_TIMEOUT.toNanos();
            while (ended == null) {
                var now = System.nanoTime();
                var left = Long.MAX_VALUE;
                if (joined.isEmpty()) {
                    left = idleSinceNanos + keptFor.toNanos() - now;
                    if (draining || (slotWanted && limits.isOnlyGrace())) {
                        left = 0;
                    }
                }
                if (hold == null) {
                    left = Math.min(left, heldUntil - now);
                }
                if (left <= 0) {
                    return first;
                }
                // At least a millisecond: a wait of 0 would be for ever.
                wait(Math.max(1, TimeUnit.NANOSECONDS.toMillis(left)));
            }
            return ended;
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
            say(Hold.Word.ENDED);
            if (hold != null) {
                hold.close();
            }
        }
    }
}
