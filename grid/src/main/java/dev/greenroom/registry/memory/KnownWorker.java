package dev.greenroom.registry.memory;

import dev.greenroom.registry.Heartbeat;
import dev.greenroom.registry.RegistryLimits;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.registry.WorkerStatus;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;

/// What is known of one incarnation of a worker. Guarded by the lock of [MemoryRegistry]; all times are those of its
/// monotonic clock.
final class KnownWorker {
    private static final Duration FIRST_EJECTION = Duration.ofSeconds(5);
    private static final Duration LONGEST_EJECTION = Duration.ofSeconds(60);
    private static final int MAX_STRIKES = 8;

    private final RegistryLimits limits;
    private final Set<SessionId> sessions;
    private Heartbeat last;
    private Instant lastAt;
    private Instants until;
    private int lifetime;
    private int strikes;

    /// Until when something holds; [Duration#ZERO] for what does not.
    private record Instants(Duration alive, Duration suspect, Duration ordered) {}

    /// @param sessions of an earlier incarnation of the same id that still hold leases
    KnownWorker(RegistryLimits limits, Heartbeat first, Instant at, Duration now, Set<SessionId> sessions) {
        this.limits = limits;
        this.last = first;
        this.lastAt = at;
        this.sessions = new HashSet<>(sessions);
        this.lifetime = sessions.size();
        this.until = new Instants(now.plus(first.ttl()), Duration.ZERO, Duration.ZERO);
    }

    void beat(Heartbeat heartbeat, Instant at, Duration now) {
        last = heartbeat;
        lastAt = at;
        until = new Instants(now.plus(heartbeat.ttl()), until.suspect(), until.ordered());
    }

    WorkerId id() {
        return last.worker();
    }

    Heartbeat last() {
        return last;
    }

    Set<SessionId> sessions() {
        return sessions;
    }

    boolean isAlive(Duration now) {
        return until.alive().compareTo(now) > 0;
    }

    boolean hasBeenDeadFor(Duration time, Duration now) {
        return until.alive().plus(time).compareTo(now) <= 0;
    }

    boolean isSuspect(Duration now) {
        return until.suspect().compareTo(now) > 0;
    }

    boolean isOrdered(Duration now) {
        return until.ordered().compareTo(now) > 0;
    }

    boolean isAvailable() {
        return last.status() == WorkerStatus.AVAILABLE;
    }

    boolean isSpent() {
        return lifetime >= limits.maxLifetime();
    }

    int active() {
        return sessions.size();
    }

    int lifetime() {
        return lifetime;
    }

    int cap() {
        return Math.min(last.maxConcurrent(), limits.maxConcurrent());
    }

    /// Whether it could serve, had it a free slot.
    boolean isInService(Duration now) {
        return isAlive(now) && isAvailable() && !isSpent() && !isSuspect(now);
    }

    boolean hasFreeSlot(Duration now) {
        return isInService(now) && !isOrdered(now) && active() < cap();
    }

    void grant(SessionId session) {
        sessions.add(session);
        lifetime++;
    }

    void restore(SessionId session) {
        sessions.add(session);
        lifetime = Math.max(lifetime, sessions.size());
    }

    void eject(Duration now) {
        var ejection = FIRST_EJECTION.multipliedBy(1L << strikes);
        strikes = Math.min(strikes + 1, MAX_STRIKES);
        until = new Instants(
                until.alive(),
                now.plus(ejection.compareTo(LONGEST_EJECTION) < 0 ? ejection : LONGEST_EJECTION),
                until.ordered());
    }

    void forgive() {
        until = new Instants(until.alive(), Duration.ZERO, until.ordered());
    }

    void trust() {
        strikes = 0;
        forgive();
    }

    void order(Duration now) {
        until = new Instants(until.alive(), until.suspect(), now.plus(limits.shutdownCommandTtl()));
    }

    void obey() {
        until = new Instants(until.alive(), until.suspect(), Duration.ZERO);
    }

    WorkerRecord record(Duration now) {
        return new WorkerRecord(
                id(),
                last.endpoint(),
                last.status(),
                last.startedAt(),
                lastAt,
                last.versions(),
                active(),
                lifetime,
                cap(),
                last.interval(),
                isSuspect(now),
                last.software());
    }
}
