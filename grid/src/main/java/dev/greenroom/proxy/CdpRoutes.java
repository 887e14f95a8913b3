package dev.greenroom.proxy;

import dev.greenroom.proxy.client.CdpUse;
import dev.greenroom.session.CdpBrowserId;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/// Where the browsers of this proxy's CDP sessions are, for connections that join them. Thread-safe.
final class CdpRoutes {
    /// Sessions whose end is remembered, so that a late connection does not start a new one.
    private static final int MAX_ENDED = 10_000;

    private final Map<CdpBrowserId, CompletableFuture<Optional<CdpRoute>>> routes = new HashMap<>(); // guarded by this
    private final Map<CdpBrowserId, Boolean> ended = new LinkedHashMap<>() { // guarded by this
                @Override
                protected boolean removeEldestEntry(Map.Entry<CdpBrowserId, Boolean> eldest) {
                    return size() > MAX_ENDED;
                }
            };

    /// The worker that has a browser.
    record CdpRoute(WorkerId worker, WorkerEndpoint endpoint) {}

    /// What a connection may do.
    sealed interface CdpEntry {
        /// It is the first one: a session of its own begins.
        record First(OpenRoute route) implements CdpEntry {}

        /// It joins a session.
        ///
        /// @param route empty when that session did not begin after all
        record Joins(CompletableFuture<Optional<CdpRoute>> route) implements CdpEntry {}

        /// The session has ended, or there never was one.
        record Gone() implements CdpEntry {}
    }

    /// Decides about a connection. A session that begins has to be closed.
    synchronized CdpEntry enter(CdpUse use) {
        var id = use.browser();
        var known = routes.get(id);
        if (known != null) {
            return new CdpEntry.Joins(known);
        }
        if (use.joins() || ended.containsKey(id)) {
            return new CdpEntry.Gone();
        }
        var route = new OpenRoute(id);
        routes.put(id, route.place);
        return new CdpEntry.First(route);
    }

    /// A session that begins, from its first connection's request to its end.
    final class OpenRoute implements AutoCloseable {
        private final CdpBrowserId id;
        private final CompletableFuture<Optional<CdpRoute>> place = new CompletableFuture<>();

        private OpenRoute(CdpBrowserId id) {
            this.id = id;
        }

        /// The session has its browser.
        void found(CdpRoute route) {
            place.complete(Optional.of(route));
        }

        /// Ends it. A session that never began may be tried again.
        @Override
        public void close() {
            synchronized (CdpRoutes.this) {
                routes.remove(id);
                if (!place.complete(Optional.empty())) {
                    ended.put(id, true);
                }
            }
        }
    }
}
