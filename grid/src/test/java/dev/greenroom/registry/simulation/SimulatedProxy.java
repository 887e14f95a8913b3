package dev.greenroom.registry.simulation;

import dev.greenroom.registry.Registry.Acquisition.Granted;
import dev.greenroom.registry.Registry.HeldLease;
import dev.greenroom.registry.Registry.QueueWait;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/// A proxy: accepts clients, queues, dials, renews leases, and repeats releases until they are acknowledged.
final class SimulatedProxy {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration DIAL_DEADLINE = Duration.ofSeconds(2);
    private static final Duration RENEW_EVERY = Duration.ofSeconds(5);
    private static final Duration KEEP_EVERY = Duration.ofSeconds(1);
    private static final Duration NEVER = Duration.ofDays(1000);

    /// The places of a proxy that died are kept for 3 s; whoever is behind learns of it a second later.
    private static final Duration HELD_UP_BY_THE_DEAD = Duration.ofSeconds(4);

    private final String name;
    private final UnreliableRegistry registry;
    private final Function<WorkerId, SimulatedWorker> workers;
    private final Tally tally;
    private final Map<SessionId, Client> clients = new LinkedHashMap<>();
    private final Map<SessionId, Running> sessions = new LinkedHashMap<>();
    private final Set<SessionId> outbox = new LinkedHashSet<>();
    private final Set<SessionId> leaving = new LinkedHashSet<>();
    private Duration pausedUntil = Duration.ZERO;
    private Duration renewAt = Duration.ZERO;
    private Duration keepAt = Duration.ZERO;

    private record Running(SimulatedWorker worker, Duration endsAt) {}

    /// A client that waits for its session.
    static final class Client {
        private final SessionId session;
        private final Duration arrivedAt;
        private final Duration length;
        private final Set<WorkerId> tried = new LinkedHashSet<>();
        private Optional<Duration> tryAt;
        private boolean enrolled;
        private boolean failedOnce;
        private boolean delayed;
        private Duration slotFreeSince = NEVER;

        Client(SessionId session, Duration arrivedAt, Duration length) {
            this.session = session;
            this.arrivedAt = arrivedAt;
            this.length = length;
            this.tryAt = Optional.of(arrivedAt);
        }

        private SlotRequest request() {
            return new SlotRequest(session, BrowserType.CHROMIUM, Optional.empty(), tried);
        }
    }

    /// @param name that no other proxy had
    SimulatedProxy(String name, UnreliableRegistry registry, Function<WorkerId, SimulatedWorker> workers, Tally tally) {
        this.name = name;
        this.registry = registry;
        this.workers = workers;
        this.tally = tally;
    }

    void connect(Client client) {
        clients.put(client.session, client);
        tally.count("connects");
    }

    /// A hint: it may be this session's turn.
    void turn(SessionId session, Duration now) {
        Optional.ofNullable(clients.get(session)).ifPresent(client -> client.tryAt = Optional.of(now));
    }

    void pause(Duration until) {
        pausedUntil = until;
    }

    boolean isPaused(Duration now) {
        return pausedUntil.compareTo(now) > 0;
    }

    /// Dies with everything that it knows.
    void kill() {
        sessions.forEach((session, running) -> running.worker().hangUp(session));
        tally.add("connects cut off by a proxy's death", clients.size());
        tally.add("sessions lost with their proxy", sessions.size());
    }

    void workerHungUp(SessionId session) {
        if (sessions.remove(session) != null) {
            outbox.add(session);
        }
    }

    void closeAll() {
        sessions.forEach((session, running) -> {
            running.worker().hangUp(session);
            outbox.add(session);
        });
        sessions.clear();
    }

    /// @param withFreeSlot the workers that serve and have a free slot
    void step(Duration now, Set<WorkerId> withFreeSlot) {
        if (isPaused(now)) {
            clients.values().forEach(client -> {
                client.slotFreeSince = NEVER;
                client.delayed = true;
            });
            return;
        }
        endSessions(now);
        if (!outbox.isEmpty() && registry.attempt(to -> to.release(outbox))) {
            outbox.clear();
        }
        if (renewAt.compareTo(now) <= 0) {
            renew(now);
        }
        if (keepAt.compareTo(now) <= 0) {
            keepPlaces(now);
        }
        for (var client : List.copyOf(clients.values())) {
            serve(client, now);
            client.slotFreeSince = client.tried.containsAll(withFreeSlot) ? NEVER : min(client.slotFreeSince, now);
        }
    }

    private void endSessions(Duration now) {
        sessions.entrySet().removeIf(entry -> {
            var over = entry.getValue().endsAt().compareTo(now) <= 0;
            if (over) {
                entry.getValue().worker().hangUp(entry.getKey());
                outbox.add(entry.getKey());
                tally.count("sessions completed");
            }
            return over;
        });
    }

    private void renew(Duration now) {
        var leases = sessions.entrySet().stream()
                .map(entry ->
                        new HeldLease(entry.getKey(), entry.getValue().worker().id()))
                .toList();
        int restored = registry.callOr(to -> to.renew(leases).restored().size(), () -> -1);
        renewAt = restored < 0 ? now.plus(KEEP_EVERY) : now.plus(RENEW_EVERY);
        tally.add("leases restored", Math.max(0, restored));
    }

    private void keepPlaces(Duration now) {
        var enrolled = clients.values().stream()
                .filter(client -> client.enrolled)
                .map(client -> new QueueWait(client.request(), now.minus(client.arrivedAt)))
                .toList();
        keepAt = now.plus(KEEP_EVERY);
        if (!leaving.isEmpty() && registry.attempt(to -> to.dequeue(leaving))) {
            leaving.clear();
        }
        if (enrolled.isEmpty()) {
            return;
        }
        try {
            var checked = enrolled.stream().map(QueueWait::request).limit(50).toList();
            var kept = registry.call(to -> to.keepPlaces(name, checked));
            kept.onTurn().forEach(session -> {
                turn(session, now);
                if (!clients.containsKey(session)) {
                    leaving.add(session);
                }
            });
            if (kept.lapsed() || !kept.lost().isEmpty()) {
                registry.call(to -> {
                    to.restorePlaces(name, enrolled);
                    return kept;
                });
            }
        } catch (RegistryUnavailableException _) {
            tally.count("places refreshed late");
        }
    }

    private void serve(Client client, Duration now) {
        if (client.tryAt.isPresent() && client.tryAt.get().compareTo(now) <= 0) {
            client.tryAt = Optional.empty();
            tryToConnect(client, now);
        }
        if (clients.containsKey(client.session)
                && client.arrivedAt.plus(PATIENCE).compareTo(now) <= 0) {
            tally.count("connects refused: no slot in time");
            if (client.slotFreeSince.plus(HELD_UP_BY_THE_DEAD).compareTo(now) <= 0) {
                tally.count("connects refused although a slot was free for 4 s");
            }
            giveUp(client);
        }
    }

    private void tryToConnect(Client client, Duration now) {
        try {
            var answer = registry.call(to -> to.acquire(client.request()));
            client.failedOnce = false;
            if (answer instanceof Granted granted) {
                dial(client, granted, now);
            } else if (!client.enrolled) {
                // The room keeps its places before it takes the first one.
                if (clients.values().stream().noneMatch(other -> other.enrolled)) {
                    registry.call(to -> to.keepPlaces(name, List.of()));
                    keepAt = now.plus(KEEP_EVERY);
                }
                client.enrolled = true;
                registry.call(to -> to.enqueue(name, client.request(), now.minus(client.arrivedAt)));
                client.tryAt = Optional.of(now);
            }
        } catch (RegistryUnavailableException _) {
            // Every operation can be called again; so a lost message alone refuses nobody.
            if (client.failedOnce) {
                tally.count("connects refused: registry unavailable");
                giveUp(client);
            }
            client.failedOnce = true;
            client.enrolled = false;
            client.tryAt = Optional.of(now);
        }
    }

    private void dial(Client client, Granted granted, Duration now) {
        client.enrolled = false;
        var worker = workers.apply(granted.worker());
        if (worker.accept(client.session, this, now)) {
            clients.remove(client.session);
            sessions.put(client.session, new Running(worker, now.plus(client.length)));
            tally.count("connects served");
            if (!client.delayed) {
                tally.count("connects served without a pause");
                tally.add("wait ms", now.minus(client.arrivedAt).toMillis());
                tally.atLeast("longest wait ms", now.minus(client.arrivedAt).toMillis());
            }
            return;
        }
        tally.count("failed dials");
        client.tried.add(granted.worker());
        client.tryAt = Optional.of(worker.isPaused(now) ? now.plus(DIAL_DEADLINE) : now);
        registry.attempt(to -> to.suspect(granted.worker()));
    }

    private void giveUp(Client client) {
        clients.remove(client.session);
        outbox.add(client.session);
        if (!registry.attempt(to -> to.dequeue(List.of(client.session)))) {
            leaving.add(client.session);
        }
    }

    private static Duration min(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }
}
