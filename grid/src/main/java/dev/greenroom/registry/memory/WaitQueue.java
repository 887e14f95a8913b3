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

/// The sessions that wait for a slot, in the order of arrival, and the proxies that refresh their places.
/// Guarded by the lock of [MemoryRegistry].
final class WaitQueue {
    private static final Duration VALID_FOR = Duration.ofSeconds(3);
    private static final int MAX_WAITING = 100_000;

    private final Map<SessionId, QueuedRequest> sessions = new HashMap<>();
    private final TreeSet<QueuedRequest> order = new TreeSet<>(WaitQueue::order);

    /// Until when the places of each proxy are valid.
    private final Map<String, Duration> validUntil = new HashMap<>();

    private long arrivals;

    /// @param number orders sessions that arrived in the same instant
    private record QueuedRequest(String proxy, SlotRequest request, Duration arrival, long number) {}

    private static int order(QueuedRequest one, QueuedRequest other) {
        var arrived = one.arrival().compareTo(other.arrival());
        return arrived == 0 ? Long.compare(one.number(), other.number()) : arrived;
    }

    /// Adds a session, unless its proxy does not refresh its places.
    QueueEntry enqueue(String proxy, SlotRequest request, Duration arrival, Duration now) {
        var known = sessions.get(request.session());
        if (known == null && sessions.size() >= MAX_WAITING) {
            return new QueueEntry.Full(MAX_WAITING);
        }
        var queued = known == null
                ? new QueuedRequest(proxy, request, arrival, arrivals++)
                : new QueuedRequest(proxy, request, known.arrival(), known.number());
        if (isAlive(proxy, now)) {
            put(queued);
        }
        return new QueueEntry.Waiting(ahead(queued));
    }

    private boolean isAlive(String proxy, Duration now) {
        var until = validUntil.get(proxy);
        return until != null && until.compareTo(now) > 0;
    }

    /// Refreshes all places of a proxy.
    ///
    /// @return whether they were not valid any more
    boolean refresh(String proxy, Duration now) {
        var lapsed = !isAlive(proxy, now);
        validUntil.put(proxy, now.plus(VALID_FOR));
        return lapsed;
    }

    int size() {
        return sessions.size();
    }

    boolean contains(SessionId session) {
        return sessions.containsKey(session);
    }

    /// Whether a session waits at a proxy.
    boolean isOf(SessionId session, String proxy) {
        var queued = sessions.get(session);
        return queued != null && queued.proxy().equals(proxy);
    }

    /// Removes a session.
    ///
    /// @return its browser type; empty if it was not in the queue
    Optional<BrowserType> remove(SessionId session) {
        var queued = sessions.remove(session);
        if (queued == null) {
            return Optional.empty();
        }
        order.remove(queued);
        return Optional.of(queued.request().browser());
    }

    /// The requests that are served before this one: the whole queue, unless this one is queued.
    List<SlotRequest> before(SlotRequest request) {
        var own = sessions.get(request.session());
        var earlier = own == null ? order : order.headSet(own);
        return requests(earlier, request.browser());
    }

    List<SlotRequest> waiting(BrowserType browser) {
        return requests(order, browser);
    }

    /// Removes the places of proxies that do not refresh them any more.
    ///
    /// @return the browser types whose queues became shorter
    Set<BrowserType> dropExpired(Duration now) {
        if (!validUntil.values().removeIf(until -> until.compareTo(now) <= 0) || order.isEmpty()) {
            return Set.of();
        }
        var expired = order.stream()
                .filter(queued -> !validUntil.containsKey(queued.proxy()))
                .map(QueuedRequest::request)
                .toList();
        expired.forEach(request -> remove(request.session()));
        return expired.stream().map(SlotRequest::browser).collect(Collectors.toSet());
    }

    private static List<SlotRequest> requests(Collection<QueuedRequest> sessions, BrowserType browser) {
        if (sessions.isEmpty()) {
            return List.of();
        }
        return sessions.stream()
                .map(QueuedRequest::request)
                .filter(request -> request.browser() == browser)
                .toList();
    }

    private void put(QueuedRequest queued) {
        remove(queued.request().session());
        sessions.put(queued.request().session(), queued);
        order.add(queued);
    }

    private int ahead(QueuedRequest queued) {
        return Math.toIntExact(order.headSet(queued).stream()
                .filter(other -> other.request().browser() == queued.request().browser())
                .count());
    }
}
