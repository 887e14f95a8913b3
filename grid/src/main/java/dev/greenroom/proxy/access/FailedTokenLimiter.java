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

/// Wrong tokens by address. Ten may come in a row, then one in six seconds. Beyond that, a token is not
/// looked at, except for those that were shown from that address before: a neighbour behind the same
/// address does not lock out who is known. Safe for use by many threads.
final class FailedTokenLimiter {
    static final int IN_A_ROW = 10;
    static final int MAX_ADDRESSES = 10_000;

    private static final long NANOS_PER_ATTEMPT = 6_000_000_000L;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final int MAX_KNOWN = 100;
    private static final int V6_NETWORK_BYTES = 8;

    private final LongSupplier nanoTime;

    /// Those that were heard of last, by address or, for IPv6, network of 64 bits.
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

    /// @param paidUntil the time at which all failures so far will have been made good
    private record AddressHistory(long paidUntil, Set<String> known) {}

    /// Whether a token that was shown from an address may be looked at.
    ///
    /// @return for how many seconds not; empty when it may
    synchronized OptionalInt blocked(InetAddress remote) {
        var address = addresses.get(key(remote));
        if (address == null) {
            return OptionalInt.empty();
        }
        var over = address.paidUntil() - nanoTime.getAsLong() - (IN_A_ROW - 1) * NANOS_PER_ATTEMPT;
        return over <= 0 ? OptionalInt.empty() : OptionalInt.of(Math.toIntExact(over / NANOS_PER_SECOND + 1));
    }

    /// Whether this token was shown from this address before.
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
