package dev.greenroom.proxy.queue;

import dev.greenroom.session.Tenant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// Divides this proxy's places among tenants, so that none is crowded out. Safe for use by many threads.
///
/// A tenant with neighbours takes another place only while it has fewer than are still free: whoever comes
/// always finds some. And it has at most [#IN_LINE] clients in the line of all proxies, the others wait
/// here until one of them is served: so a newcomer is behind that many of each tenant and proxy, not behind
/// all of them.
final class TenantShares {
    /// Enough to fill slots that become free together within a few round trips.
    static final int IN_LINE = 16;

    private final int limit;
    private final Map<String, Share> shares = new HashMap<>();
    private int taken;

    /// @param limit places of all tenants
    TenantShares(int limit) {
        this.limit = limit;
    }

    /// What one tenant has.
    private static final class Share {
        private final Semaphore inLine = new Semaphore(IN_LINE, true);
        private int places;
    }

    /// Takes a place; empty when there is none for this tenant. It is given up by closing it.
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

    private synchronized void giveUp(TenantPlace place) {
        taken--;
        if (--place.share.places == 0) {
            shares.remove(place.tenant.name());
        }
    }

    /// One client's place. Used by one thread.
    final class TenantPlace implements AutoCloseable {
        private final Tenant tenant;
        private final Share share;
        private boolean holdsTurn;

        private TenantPlace(Tenant tenant, Share share) {
            this.tenant = tenant;
            this.share = share;
        }

        /// Waits until this client may stand in the line of all proxies.
        ///
        /// @return false when that took too long
        boolean awaitLine(long atMostNanos) throws InterruptedException {
            if (tenant.hasNeighbours()) {
                holdsTurn = share.inLine.tryAcquire(Math.max(0, atMostNanos), TimeUnit.NANOSECONDS);
                return holdsTurn;
            }
            return true;
        }

        @Override
        public void close() {
            if (holdsTurn) {
                share.inLine.release();
            }
            giveUp(this);
        }
    }
}
