package dev.greenroom.proxy.access;

import dev.greenroom.config.TokenList.AccessToken;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.LongSupplier;

/// Counts the sessions and connects of each tenant at this proxy. Thread-safe.
final class TenantQuotas {
    private static final long NANOS_PER_MINUTE = 60_000_000_000L;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final LongSupplier nanoTime;

    /// By tenant name; bounded by the names that were ever in the token list.
    private final Map<String, TenantUsage> usages = new HashMap<>();

    TenantQuotas(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    private static final class TenantUsage {
        private int sessions;
        private long paidUntil;
    }

    /// Counts one connect.
    ///
    /// @return the seconds until the next connect is allowed; empty if this one is
    synchronized OptionalInt connect(AccessToken token) {
        if (token.limits().connectsPerMinute().isEmpty()) {
            return OptionalInt.empty();
        }
        var usage = usage(token);
        var now = nanoTime.getAsLong();
        var each = NANOS_PER_MINUTE / token.limits().connectsPerMinute().getAsInt();
        var from = usage.paidUntil - now < 0 ? now : usage.paidUntil;
        var over = from + each - now - NANOS_PER_MINUTE;
        if (over > 0) {
            return OptionalInt.of(Math.toIntExact(over / NANOS_PER_SECOND + 1));
        }
        usage.paidUntil = from + each;
        return OptionalInt.empty();
    }

    /// Counts one session, until [#removeSession].
    ///
    /// @return false if the tenant is at its limit
    synchronized boolean addSession(AccessToken token) {
        var usage = usage(token);
        var limit = token.limits().sessions();
        if (limit.isPresent() && usage.sessions >= limit.getAsInt()) {
            return false;
        }
        usage.sessions++;
        return true;
    }

    synchronized void removeSession(AccessToken token) {
        usage(token).sessions--;
    }

    private TenantUsage usage(AccessToken token) {
        return usages.computeIfAbsent(token.name(), _ -> {
            var usage = new TenantUsage();
            usage.paidUntil = nanoTime.getAsLong();
            return usage;
        });
    }
}
