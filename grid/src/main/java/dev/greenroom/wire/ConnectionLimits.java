package dev.greenroom.wire;

import java.net.InetAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// How many connections a port takes at once. Safe for use by many threads.
public final class ConnectionLimits {
    /// Connections over the limit that are being refused at one time.
    static final int MAX_REFUSED_AT_ONCE = 64;

    private final int total;
    private final int perAddress;
    private final AtomicInteger open = new AtomicInteger();
    private final ConcurrentHashMap<InetAddress, Integer> byAddress = new ConcurrentHashMap<>();

    /// @param total in all, 1 or more
    /// @param perAddress from one address, 1 or more
    public ConnectionLimits(int total, int perAddress) {
        this.total = total;
        this.perAddress = perAddress;
    }

    /// Counts a connection, which has to be [#left] whatever the answer is.
    ///
    /// @return whether it is within the limits
    boolean entered(InetAddress address) {
        var here = byAddress.merge(address, 1, Integer::sum);
        return open.incrementAndGet() <= total && here <= perAddress;
    }

    /// Whether no more should be accepted for now, not even to be refused.
    boolean isCrowded() {
        return open.get() - MAX_REFUSED_AT_ONCE >= total;
    }

    void left(InetAddress address) {
        open.decrementAndGet();
        byAddress.computeIfPresent(address, (_, count) -> count == 1 ? null : count - 1);
    }
}
