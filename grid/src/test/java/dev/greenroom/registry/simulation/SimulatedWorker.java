package dev.greenroom.registry.simulation;

import dev.greenroom.registry.Registry.Heartbeat;
import dev.greenroom.registry.Registry.Heartbeat.HeartbeatReply;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.registry.RegistryFixtures;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A worker: sends heartbeats, serves up to its slot limit, follows orders, drains, dies, and comes back as its
/// next incarnation under the same id.
final class SimulatedWorker {
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final Duration RETRY_DUPLICATE = Duration.ofSeconds(5);
    private static final Duration DRAIN = Duration.ofSeconds(30);
    private static final Duration RESTART = Duration.ofSeconds(2);

    private final WorkerId id;
    private final int cap;
    private final UnreliableRegistry registry;
    private final Tally tally;
    private final Map<SessionId, SimulatedProxy> sockets = new LinkedHashMap<>();
    private State state = State.DOWN;
    private Duration nextAt = Duration.ZERO;
    private Duration pausedUntil = Duration.ZERO;
    private Duration drainUntil = Duration.ZERO;
    private boolean registered;
    private boolean disturbed;
    private int incarnation;
    private int lifetime;

    enum State {
        DOWN,
        UP,
        DRAINING
    }

    SimulatedWorker(WorkerId id, int cap, UnreliableRegistry registry, Tally tally) {
        this.id = id;
        this.cap = cap;
        this.registry = registry;
        this.tally = tally;
    }

    WorkerId id() {
        return id;
    }

    int sockets() {
        return sockets.size();
    }

    boolean isServing(Duration now) {
        return state == State.UP && registered && !isPaused(now);
    }

    /// Whether it recycles in the ordinary course of events, untouched by any fault since its order.
    boolean isRecyclingUndisturbed() {
        return state == State.DRAINING && !disturbed;
    }

    boolean isPaused(Duration now) {
        return pausedUntil.compareTo(now) > 0;
    }

    void step(Duration now) {
        if (isPaused(now) || (nextAt.compareTo(now) > 0 && state != State.DRAINING)) {
            return;
        }
        switch (state) {
            case DOWN -> start(now);
            case UP -> beat(now);
            case DRAINING -> drain(now);
        }
    }

    /// A dial from a proxy.
    ///
    /// @return whether the session runs here now
    boolean accept(SessionId session, SimulatedProxy proxy, Duration now) {
        if (state != State.UP || isPaused(now)) {
            return false;
        }
        if (sockets.size() >= cap) {
            tally.count("sessions refused by a worker's own slot limit");
            return false;
        }
        sockets.put(session, proxy);
        return true;
    }

    /// The other side of a socket is gone.
    void hangUp(SessionId session) {
        sockets.remove(session);
    }

    void kill(Duration now, Duration downtime) {
        loseSessions();
        state = State.DOWN;
        pausedUntil = Duration.ZERO;
        nextAt = now.plus(downtime);
    }

    void pause(Duration until) {
        pausedUntil = until;
        disturbed = true;
    }

    /// The registry forgot everything.
    void disturb() {
        disturbed = true;
        lifetime = 0;
    }

    /// There is an order waiting: asks for it now.
    void hurry(Duration now) {
        if (state == State.UP) {
            nextAt = now;
        }
    }

    private void start(Duration now) {
        incarnation++;
        registered = false;
        disturbed = false;
        lifetime = 0;
        state = State.UP;
        beat(now);
    }

    private void beat(Duration now) {
        try {
            var reply = registry.call(to -> to.heartbeat(heartbeat()));
            nextAt = now.plus(RegistryFixtures.HEARTBEAT);
            obey(reply, now);
        } catch (RegistryUnavailableException _) {
            nextAt = now.plus(RETRY);
        }
    }

    private void obey(HeartbeatReply reply, Duration now) {
        switch (reply) {
            case HeartbeatReply.Continue(var standing) -> {
                registered = true;
                Invariant.holds(standing.lifetime() >= lifetime, "I10, lifetime never falls", id, standing.lifetime());
                lifetime = standing.lifetime();
            }
            case HeartbeatReply.Shutdown _, HeartbeatReply.Recycle _ -> {
                registered = true;
                if (state == State.UP) {
                    state = State.DRAINING;
                    drainUntil = now.plus(DRAIN);
                    tally.count("workers recycled");
                    beat(now);
                }
            }
            case HeartbeatReply.Duplicate _ -> {
                Invariant.holds(!registered, "I4, a live worker is told that it is a duplicate", id, incarnation);
                nextAt = now.plus(RETRY_DUPLICATE);
            }
        }
    }

    private void drain(Duration now) {
        if (!sockets.isEmpty() && drainUntil.compareTo(now) > 0) {
            if (nextAt.compareTo(now) <= 0) {
                beat(now);
            }
            return;
        }
        tally.add("sessions ended by a drain", sockets.size());
        loseSessions();
        registry.attempt(to -> to.deregister(id, incarnation()));
        state = State.DOWN;
        nextAt = now.plus(RESTART);
    }

    private void loseSessions() {
        var lost = List.copyOf(sockets.entrySet());
        sockets.clear();
        lost.forEach(socket -> socket.getValue().workerHungUp(socket.getKey()));
    }

    private Heartbeat heartbeat() {
        var beat = RegistryFixtures.roomFor(cap, RegistryFixtures.beat(id, incarnation()));
        return state == State.DRAINING ? RegistryFixtures.draining(beat) : beat;
    }

    private String incarnation() {
        return id.name() + "-" + incarnation;
    }
}
