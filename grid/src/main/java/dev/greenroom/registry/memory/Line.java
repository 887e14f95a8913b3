package dev.greenroom.registry.memory;

import dev.greenroom.registry.Enrollment;
import dev.greenroom.registry.SlotRequest;
import dev.greenroom.session.Browser;
import dev.greenroom.session.SessionId;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// Who waits for a slot, in the order of arrival, and which proxies keep their places. Guarded by the lock of
/// [MemoryRegistry].
final class Line {
    private static final Duration KEPT = Duration.ofSeconds(3);
    private static final int MAX_WAITING = 100_000;

    private final Map<SessionId, Waiter> waiters = new HashMap<>();
    private final TreeSet<Waiter> order = new TreeSet<>(Line::order);

    /// Until when each proxy keeps its places. A place is here only while its proxy is.
    private final Map<String, Duration> keptUntil = new HashMap<>();

    private long arrivals;

    /// @param number tells apart who arrived in the same instant
    private record Waiter(String proxy, SlotRequest wish, Duration arrival, long number) {}

    private static int order(Waiter one, Waiter other) {
        var arrived = one.arrival().compareTo(other.arrival());
        return arrived == 0 ? Long.compare(one.number(), other.number()) : arrived;
    }

    /// A proxy that does not keep its places is given none.
    Enrollment enroll(String proxy, SlotRequest wish, Duration arrival, Duration now) {
        var known = waiters.get(wish.session());
        if (known == null && waiters.size() >= MAX_WAITING) {
            return new Enrollment.Full(MAX_WAITING);
        }
        var waiter = known == null
                ? new Waiter(proxy, wish, arrival, arrivals++)
                : new Waiter(proxy, wish, known.arrival(), known.number());
        if (isKept(proxy, now)) {
            put(waiter);
        }
        return new Enrollment.Waiting(ahead(waiter));
    }

    private boolean isKept(String proxy, Duration now) {
        var until = keptUntil.get(proxy);
        return until != null && until.compareTo(now) > 0;
    }

    /// Keeps all places of a proxy.
    ///
    /// @return whether nobody did up to now
    boolean keep(String proxy, Duration now) {
        var lapsed = !isKept(proxy, now);
        keptUntil.put(proxy, now.plus(KEPT));
        return lapsed;
    }

    int size() {
        return waiters.size();
    }

    boolean contains(SessionId session) {
        return waiters.containsKey(session);
    }

    /// Whether a session waits at a proxy.
    boolean isOf(SessionId session, String proxy) {
        var waiter = waiters.get(session);
        return waiter != null && waiter.proxy().equals(proxy);
    }

    /// Ends a wait.
    ///
    /// @return for what it was, if there was one
    Optional<Browser> leave(SessionId session) {
        var waiter = waiters.remove(session);
        if (waiter == null) {
            return Optional.empty();
        }
        order.remove(waiter);
        return Optional.of(waiter.wish().browser());
    }

    /// The wishes that are served before this one: of all who wait, unless it waits itself.
    List<SlotRequest> before(SlotRequest wish) {
        var own = waiters.get(wish.session());
        var earlier = own == null ? order : order.headSet(own);
        return wishes(earlier, wish.browser());
    }

    List<SlotRequest> waiting(Browser browser) {
        return wishes(order, browser);
    }

    /// Drops places that nobody keeps any more.
    ///
    /// @return the browsers whose lines grew shorter
    Set<Browser> dropUnkept(Duration now) {
        if (!keptUntil.values().removeIf(until -> until.compareTo(now) <= 0) || order.isEmpty()) {
            return Set.of();
        }
        var unkept = order.stream()
                .filter(waiter -> !keptUntil.containsKey(waiter.proxy()))
                .map(Waiter::wish)
                .toList();
        unkept.forEach(wish -> leave(wish.session()));
        return unkept.stream().map(SlotRequest::browser).collect(Collectors.toSet());
    }

    private static List<SlotRequest> wishes(Collection<Waiter> waiters, Browser browser) {
        if (waiters.isEmpty()) {
            return List.of();
        }
        return waiters.stream()
                .map(Waiter::wish)
                .filter(wish -> wish.browser() == browser)
                .toList();
    }

    private void put(Waiter waiter) {
        leave(waiter.wish().session());
        waiters.put(waiter.wish().session(), waiter);
        order.add(waiter);
    }

    private int ahead(Waiter waiter) {
        return Math.toIntExact(order.headSet(waiter).stream()
                .filter(other -> other.wish().browser() == waiter.wish().browser())
                .count());
    }
}
