package dev.greenroom.registry.memory;

import dev.greenroom.registry.Enrollment;
import dev.greenroom.registry.Place;
import dev.greenroom.registry.SlotRequest;
import dev.greenroom.registry.Wait;
import dev.greenroom.session.Browser;
import dev.greenroom.session.SessionId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// Who waits for a slot, in the order of arrival. Guarded by the lock of [MemoryRegistry].
final class Line {
    private static final Duration KEPT = Duration.ofSeconds(3);
    private static final int MAX_WAITING = 100_000;

    private final Map<SessionId, Waiter> waiters = new HashMap<>();
    private final TreeSet<Waiter> order = new TreeSet<>(Line::order);
    private long arrivals;

    /// @param number tells apart who arrived in the same instant
    private record Waiter(SlotRequest wish, Duration arrival, long number, Duration keptUntil) {}

    private static int order(Waiter one, Waiter other) {
        var arrived = one.arrival().compareTo(other.arrival());
        return arrived == 0 ? Long.compare(one.number(), other.number()) : arrived;
    }

    Enrollment enroll(SlotRequest wish, Duration arrival, Duration now) {
        dropUnkept(now);
        var known = waiters.get(wish.session());
        if (known == null && waiters.size() >= MAX_WAITING) {
            return new Enrollment.Full(MAX_WAITING);
        }
        var waiter = known == null
                ? new Waiter(wish, arrival, arrivals++, now.plus(KEPT))
                : new Waiter(wish, known.arrival(), known.number(), now.plus(KEPT));
        put(waiter);
        return new Enrollment.Waiting(ahead(waiter));
    }

    /// Keeps places, and gives back those that were lost.
    void keep(Collection<Wait> waits, Duration now) {
        for (var wait : waits) {
            var known = waiters.get(wait.wish().session());
            if (known != null) {
                put(new Waiter(known.wish(), known.arrival(), known.number(), now.plus(KEPT)));
            } else if (waiters.size() < MAX_WAITING) {
                put(new Waiter(wait.wish(), now.minus(wait.waited()), arrivals++, now.plus(KEPT)));
            }
        }
    }

    /// The places there are; their turn is not known here.
    List<Place> places(Collection<Wait> waits) {
        List<Place> places = new ArrayList<>();
        for (var wait : waits) {
            var session = wait.wish().session();
            var known = waiters.get(session);
            if (known != null) {
                places.add(new Place(session, ahead(known), false));
            }
        }
        return places;
    }

    /// Ends a wait.
    ///
    /// @return whether there was one
    boolean leave(SessionId session) {
        var waiter = waiters.remove(session);
        return waiter != null && order.remove(waiter);
    }

    /// The wishes that are served before this one: of all who wait, unless it waits itself.
    List<SlotRequest> before(SlotRequest wish, Duration now) {
        var own = waiters.get(wish.session());
        var earlier = own == null ? order : order.headSet(own);
        return wishes(earlier, wish.browser(), now);
    }

    List<SlotRequest> waiting(Browser browser, Duration now) {
        return wishes(order, browser, now);
    }

    /// Drops places that nobody keeps any more.
    ///
    /// @return the browsers whose lines grew shorter
    Set<Browser> dropUnkept(Duration now) {
        if (order.isEmpty()) {
            return Set.of();
        }
        var unkept = order.stream()
                .filter(waiter -> waiter.keptUntil().compareTo(now) <= 0)
                .map(Waiter::wish)
                .toList();
        unkept.forEach(wish -> leave(wish.session()));
        return unkept.stream().map(SlotRequest::browser).collect(Collectors.toSet());
    }

    private static List<SlotRequest> wishes(Collection<Waiter> waiters, Browser browser, Duration now) {
        if (waiters.isEmpty()) {
            return List.of();
        }
        return waiters.stream()
                .filter(waiter -> waiter.keptUntil().compareTo(now) > 0)
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
