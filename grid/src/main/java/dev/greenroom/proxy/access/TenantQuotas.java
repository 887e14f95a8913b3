package dev.greenroom.proxy.access;

import dev.greenroom.config.TokenList.AccessToken;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.LongSupplier;

/// What each tenant uses of this proxy. Safe for use by many threads.
final class TenantQuotas {
    private static final long NANOS_PER_MINUTE = 60_000_000_000L;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final LongSupplier nanoTime;

    /// By the name of the tenant; bounded by the names that were ever in the list.
    private final Map<String, TenantUsage> uses = new HashMap<>();

    TenantQuotas(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    private static final class TenantUsage {
        private int sessions;
        private long paidUntil;
    }

    /// Counts one upgrade.
    ///
    /// @return seconds until the next is allowed, which this one then was not; empty when it was
    synchronized OptionalInt connect(AccessToken token) {
        if (token.limits().connectsPerMinute().isEmpty()) {
            return OptionalInt.empty();
        }
        var use = use(token);
        var now = nanoTime.getAsLong();
        var each = NANOS_PER_MINUTE / token.limits().connectsPerMinute().getAsInt();
        var from = use.paidUntil - now < 0 ? now : use.paidUntil;
        var over = from + each - now - NANOS_PER_MINUTE;
        if (over > 0) {
            return OptionalInt.of(Math.toIntExact(over / NANOS_PER_SECOND + 1));
        }
        use.paidUntil = from + each;
        return OptionalInt.empty();
    }

    /// Counts one session, until [#leave].
    ///
    /// @return false when the tenant has all that it may have
    synchronized boolean enter(AccessToken token) {
        var use = use(token);
        var limit = token.limits().sessions();
        if (limit.isPresent() && use.sessions >= limit.getAsInt()) {
            return false;
        }
        use.sessions++;
        return true;
    }

    synchronized void leave(AccessToken token) {
        use(token).sessions--;
    }

    private TenantUsage use(AccessToken token) {
        return uses.computeIfAbsent(token.name(), _ -> {
            var use = new TenantUsage();
            use.paidUntil = nanoTime.getAsLong();
            return use;
        });
    }
}
