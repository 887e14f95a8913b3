package dev.greenroom.registry.memory;

import dev.greenroom.registry.Registry.QueueEntry;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.session.BrowserType;
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

/// Who waits for a slot, in the order of arrival, and which proxies keep their places. Guarded by the lock
/// of [MemoryRegistry].
final class WaitQueue {
    private static final Duration KEPT = Duration.ofSeconds(3);
    private static final int MAX_WAITING = 100_000;

    private final Map<SessionId, QueuedRequest> waiters = new HashMap<>();
    private final TreeSet<QueuedRequest> order = new TreeSet<>(WaitQueue::order);

    /// Until when each proxy keeps its places. A place is here only while its proxy is.
    private final Map<String, Duration> keptUntil = new HashMap<>();

    private long arrivals;

    /// @param number tells apart who arrived in the same instant
    private record QueuedRequest(String proxy, SlotRequest request, Duration arrival, long number) {}

    private static int order(QueuedRequest one, QueuedRequest other) {
        var arrived = one.arrival().compareTo(other.arrival());
        return arrived == 0 ? Long.compare(one.number(), other.number()) : arrived;
    }

    /// A proxy that does not keep its places is given none.
    QueueEntry enroll(String proxy, SlotRequest request, Duration arrival, Duration now) {
        var known = waiters.get(request.session());
        if (known == null && waiters.size() >= MAX_WAITING) {
            return new QueueEntry.Full(MAX_WAITING);
        }
        var waiter = known == null
                ? new QueuedRequest(proxy, request, arrival, arrivals++)
                : new QueuedRequest(proxy, request, known.arrival(), known.number());
        if (isKept(proxy, now)) {
            put(waiter);
        }
        return new QueueEntry.Waiting(ahead(waiter));
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
    Optional<BrowserType> leave(SessionId session) {
        var waiter = waiters.remove(session);
        if (waiter == null) {
            return Optional.empty();
        }
        order.remove(waiter);
        return Optional.of(waiter.request().browser());
    }

    /// The wishes that are served before this one: of all who wait, unless it waits itself.
    List<SlotRequest> before(SlotRequest request) {
        var own = waiters.get(request.session());
        var earlier = own == null ? order : order.headSet(own);
        return wishes(earlier, request.browser());
    }

    List<SlotRequest> waiting(BrowserType browser) {
        return wishes(order, browser);
    }

    /// Drops places that nobody keeps any more.
    ///
    /// @return the browsers whose lines grew shorter
    Set<BrowserType> dropUnkept(Duration now) {
        if (!keptUntil.values().removeIf(until -> until.compareTo(now) <= 0) || order.isEmpty()) {
            return Set.of();
        }
        var unkept = order.stream()
                .filter(waiter -> !keptUntil.containsKey(waiter.proxy()))
                .map(QueuedRequest::request)
                .toList();
        unkept.forEach(request -> leave(request.session()));
        return unkept.stream().map(SlotRequest::browser).collect(Collectors.toSet());
    }

    private static List<SlotRequest> wishes(Collection<QueuedRequest> waiters, BrowserType browser) {
        if (waiters.isEmpty()) {
            return List.of();
        }
        return waiters.stream()
                .map(QueuedRequest::request)
                .filter(request -> request.browser() == browser)
                .toList();
    }

    private void put(QueuedRequest waiter) {
        leave(waiter.request().session());
        waiters.put(waiter.request().session(), waiter);
        order.add(waiter);
    }

    private int ahead(QueuedRequest waiter) {
        return Math.toIntExact(order.headSet(waiter).stream()
                .filter(other -> other.request().browser() == waiter.request().browser())
                .count());
    }
}
