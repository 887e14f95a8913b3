package dev.greenroom.proxy.access;

import dev.greenroom.net.server.HttpListener.ConnectionLimits;
import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.LongSupplier;

/// Counts wrong tokens per address: a burst of ten, then one every six seconds. Whoever sends more of them
/// is told to wait. Right tokens are never held up, since behind a load balancer all clients have one
/// address. Thread-safe.
final class FailedTokenLimiter {
    static final int BURST = 10;
    static final int MAX_ADDRESSES = 10_000;

    private static final long NANOS_PER_ATTEMPT = 6_000_000_000L;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final LongSupplier nanoTime;

    /// When all wrong tokens of an address are forgiven, on the monotonic clock; for the most recent
    /// addresses.
    private final Map<InetAddress, Long> paidUntil = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<InetAddress, Long> eldest) {
            return size() > MAX_ADDRESSES;
        }
    };

    FailedTokenLimiter(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /// Counts one wrong token, unless its address has sent too many.
    ///
    /// @return the seconds until the next one is counted, if it has
    synchronized OptionalInt failed(InetAddress remote) {
        var now = nanoTime.getAsLong();
        var address = ConnectionLimits.addressToCount(remote);
        var known = paidUntil.get(address);
        var from = known == null || known - now < 0 ? now : known;
        var over = from - now - (BURST - 1) * NANOS_PER_ATTEMPT;
        if (over > 0) {
            return OptionalInt.of(Math.toIntExact(over / NANOS_PER_SECOND + 1));
        }
        paidUntil.put(address, from + NANOS_PER_ATTEMPT);
        return OptionalInt.empty();
    }
}
