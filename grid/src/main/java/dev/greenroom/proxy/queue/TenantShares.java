package dev.greenroom.proxy.queue;

import dev.greenroom.session.Tenant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// Divides the queue of this proxy among tenants, so that no tenant takes all of it. Thread-safe.
///
/// In a grid with several tenants, a tenant gets another place only while it has fewer places than are
/// free. So every tenant finds some. It also has at most [#MAX_IN_GRID_QUEUE] clients in the queue of
/// the grid; the others wait here until one of those is served. So a new client is behind that many
/// clients of each tenant and proxy, not behind all of them.
final class TenantShares {
    /// Enough to use slots that become free at the same time within a few round trips.
    static final int MAX_IN_GRID_QUEUE = 16;

    private final int limit;
    private final Map<String, Share> shares = new HashMap<>();
    private int taken;

    /// @param limit the places of all tenants together
    TenantShares(int limit) {
        this.limit = limit;
    }

    /// The places of one tenant.
    private static final class Share {
        private final Semaphore inGridQueue = new Semaphore(MAX_IN_GRID_QUEUE, true);
        private int places;
    }

    /// Takes a place, until the result is closed; empty if there is none for this tenant.
    synchronized Optional<TenantPlace> take(Tenant tenant) {
        var own = shares.containsKey(tenant.name()) ? shares.get(tenant.name()).places : 0;
        var full = taken >= limit
                || own >= tenant.queue().orElse(limit)
                || (tenant.hasNeighbours() && own >= limit - taken);
        if (full) {
            return Optional.empty();
        }
        taken++;
        var share = shares.computeIfAbsent(tenant.name(), _ -> new Share());
        share.places++;
        return Optional.of(new TenantPlace(tenant, share));
    }

    private synchronized void release(TenantPlace place) {
        taken--;
        if (--place.share.places == 0) {
            shares.remove(place.tenant.name());
        }
    }

    /// One client's place. Used by one thread.
    final class TenantPlace implements AutoCloseable {
        private final Tenant tenant;
        private final Share share;
        private boolean inGrid;

        private TenantPlace(Tenant tenant, Share share) {
            this.tenant = tenant;
            this.share = share;
        }

        /// Waits until the tenant may have another client in the queue of the grid.
        ///
        /// @return false if that took too long
        boolean awaitShare(long timeoutNanos) throws InterruptedException {
            if (tenant.hasNeighbours()) {
                inGrid = share.inGridQueue.tryAcquire(Math.max(0, timeoutNanos), TimeUnit.NANOSECONDS);
                return inGrid;
            }
            return true;
        }

        @Override
        public void close() {
            if (inGrid) {
                share.inGridQueue.release();
            }
            release(this);
        }
    }
}
