package dev.greenroom.proxy.access;

import dev.greenroom.config.TokenList.AccessToken;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.LongSupplier;

/// Limits wrong tokens per address: a burst of ten, then one every six seconds. Over the limit, no
/// token from that address is checked, except tokens that were valid from there before. So a client
/// behind the same NAT does not lock out the others. Thread-safe.
final class FailedTokenLimiter {
    static final int BURST = 10;
    static final int MAX_ADDRESSES = 10_000;

    private static final long NANOS_PER_ATTEMPT = 6_000_000_000L;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final int MAX_KNOWN = 100;
    private static final int V6_NETWORK_BYTES = 8;

    private final LongSupplier nanoTime;

    /// The most recently used addresses. IPv6 addresses count by their /64 network.
    private final Map<String, AddressHistory> addresses = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, AddressHistory> eldest) {
            return size() > MAX_ADDRESSES;
        }
    };

    FailedTokenLimiter(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /// @param paidUntil when all failures so far are forgiven, on the monotonic clock
    /// @param known digests of tokens that were valid from this address
    private record AddressHistory(long paidUntil, Set<String> known) {}

    /// Whether tokens from an address are checked.
    ///
    /// @return for how many seconds they are not; empty if they are
    synchronized OptionalInt blocked(InetAddress remote) {
        var address = addresses.get(key(remote));
        if (address == null) {
            return OptionalInt.empty();
        }
        var over = address.paidUntil() - nanoTime.getAsLong() - (BURST - 1) * NANOS_PER_ATTEMPT;
        return over <= 0 ? OptionalInt.empty() : OptionalInt.of(Math.toIntExact(over / NANOS_PER_SECOND + 1));
    }

    /// Whether this token was valid from this address before.
    synchronized boolean isKnown(InetAddress remote, AccessToken token) {
        var address = addresses.get(key(remote));
        return address != null && address.known().contains(token.digest());
    }

    synchronized void failed(InetAddress remote) {
        var now = nanoTime.getAsLong();
        addresses.compute(key(remote), (_, before) -> {
            var from = before == null || before.paidUntil() - now < 0 ? now : before.paidUntil();
            return new AddressHistory(from + NANOS_PER_ATTEMPT, before == null ? new HashSet<>() : before.known());
        });
    }

    synchronized void succeeded(InetAddress remote, AccessToken token) {
        var address =
                addresses.computeIfAbsent(key(remote), _ -> new AddressHistory(nanoTime.getAsLong(), new HashSet<>()));
        if (address.known().size() < MAX_KNOWN) {
            address.known().add(token.digest());
        }
    }

    private static String key(InetAddress remote) {
        var bytes = remote.getAddress();
        return HexFormat.of()
                .formatHex(remote instanceof Inet6Address ? Arrays.copyOf(bytes, V6_NETWORK_BYTES) : bytes);
    }
}
