package dev.greenroom.proxy;

import dev.greenroom.session.CdpBrowserId;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/// Where the browsers of CDP sessions are, as far as this proxy knows from its own connections; the registry
/// knows the others. Thread-safe.
final class CdpRoutes {
    private final Map<CdpBrowserId, CompletableFuture<Optional<CdpRoute>>> routes = new HashMap<>(); // guarded by this

    /// The worker that has a browser.
    record CdpRoute(WorkerId worker, WorkerEndpoint endpoint) {}

    /// What this proxy knows of a browser.
    sealed interface CdpEntry {
        /// Nothing. Who asks finds out, and closes the route when the session has ended.
        record First(OpenRoute route) implements CdpEntry {}

        /// Where it is, or will be soon.
        ///
        /// @param route empty when that session did not begin after all
        record Known(CompletableFuture<Optional<CdpRoute>> route) implements CdpEntry {}
    }

    /// Looks a browser up. Of several connections at the same time, one is the first.
    synchronized CdpEntry enter(CdpBrowserId id) {
        var known = routes.get(id);
        if (known != null) {
            return new CdpEntry.Known(known);
        }
        var route = new OpenRoute(id);
        routes.put(id, route.place);
        return new CdpEntry.First(route);
    }

    /// The route to a browser, while a connection of this proxy uses it.
    final class OpenRoute implements AutoCloseable {
        private final CdpBrowserId id;
        private final CompletableFuture<Optional<CdpRoute>> place = new CompletableFuture<>();

        private OpenRoute(CdpBrowserId id) {
            this.id = id;
        }

        /// The browser is there.
        void found(CdpRoute route) {
            place.complete(Optional.of(route));
        }

        /// Ends it. A session that never began may be tried again.
        @Override
        public void close() {
            synchronized (CdpRoutes.this) {
                routes.remove(id);
                place.complete(Optional.empty());
            }
        }
    }
}
