package dev.greenroom.registry.memory;

import dev.greenroom.registry.Registry.Heartbeat;
import dev.greenroom.registry.Registry.Heartbeat.HeartbeatReply.Standing;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.registry.WorkerRecord.EffectiveLimit;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.schedule.Backoff;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.SessionLimit.RecycleMode;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/// One run of a worker. Guarded by the lock of [MemoryRegistry]; all times are those of its monotonic clock.
/// `common.lua` and `heartbeat.lua` do the same in Redis.
final class WorkerEntry {
    private static final Duration FIRST_EJECTION = Duration.ofSeconds(5);
    private static final Duration LONGEST_EJECTION = Duration.ofSeconds(60);

    private final RegistryLimits limits;
    private final Set<SessionId> sessions;
    private final Backoff ejections = new Backoff(FIRST_EJECTION, LONGEST_EJECTION);
    private Heartbeat last;
    private Instant lastAt;
    private Deadlines until;
    private Optional<Duration> dueSince = Optional.empty();
    private int occupied;
    private int lifetime;
    private boolean replaced;

    /// When each state ends; [Duration#ZERO] for one that does not hold.
    private record Deadlines(Duration alive, Duration suspect, Duration ordered) {}

    /// @param sessions of an earlier run of the same id that still hold leases
    WorkerEntry(RegistryLimits limits, Heartbeat first, Instant at, Duration now, Set<SessionId> sessions) {
        this.limits = limits;
        this.last = first;
        this.lastAt = at;
        this.sessions = new HashSet<>(sessions);
        this.lifetime = sessions.size();
        this.until = new Deadlines(now.plus(first.ttl()), Duration.ZERO, Duration.ZERO);
    }

    void beat(Heartbeat heartbeat, Instant at, Duration now) {
        last = replaced ? heartbeat.with(WorkerStatus.DRAINING) : heartbeat;
        lastAt = at;
        occupied = heartbeat.load().occupied();
        until = new Deadlines(now.plus(heartbeat.ttl()), until.suspect(), until.ordered());
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

    /// The worker counts as dead until its next heartbeat.
    void expire(Duration now) {
        until = new Deadlines(now, Duration.ZERO, Duration.ZERO);
    }

    /// When it died, or will die without another heartbeat.
    Duration aliveUntil() {
        return until.alive();
    }

    boolean hasBeenDeadFor(Duration time, Duration now) {
        return until.alive().plus(time).compareTo(now) <= 0;
    }

    boolean isSuspect(Duration now) {
        return until.suspect().compareTo(now) > 0;
    }

    /// Whether it was ordered to drain and exit, and has not started to.
    boolean isOrdered(Duration now) {
        return until.ordered().compareTo(now) > 0;
    }

    boolean isAvailable() {
        return last.status() == WorkerStatus.AVAILABLE;
    }

    boolean renewsItself() {
        return last.recycling().mode() == RecycleMode.RENEW;
    }

    /// Whether it has to be recycled when its turn comes. Until then it serves, as the last choice.
    boolean isDue() {
        return sessionsLeft() <= 0 || last.recycling().outgrown();
    }

    /// Records since when it is due.
    void updateDue(Duration now) {
        if (!isDue()) {
            dueSince = Optional.empty();
        } else if (dueSince.isEmpty()) {
            dueSince = Optional.of(now);
        }
    }

    /// Since when it is due; [Duration#ZERO] when it is not.
    Duration dueSince() {
        return dueSince.orElse(Duration.ZERO);
    }

    /// All other workers that are due are recycled before it.
    void moveToEnd(Duration now) {
        dueSince = Optional.of(now);
    }

    int active() {
        return sessions.size();
    }

    int lifetime() {
        return lifetime;
    }

    EffectiveLimit slotLimit() {
        return EffectiveLimit.of(last.load().slots(), limits.maxConcurrent());
    }

    EffectiveLimit lifetimeLimit() {
        return EffectiveLimit.of(last.load().lifetime(), limits.maxLifetime());
    }

    /// Sessions that it may serve until it is due; negative when it is overdue.
    int sessionsLeft() {
        return lifetimeLimit().value() - lifetime;
    }

    int slots() {
        return replaced ? active() : Math.max(0, slotLimit().value() - occupied);
    }

    /// Whether it can serve, slots apart.
    boolean isInService(Duration now) {
        return isAlive(now) && isAvailable() && !isSuspect(now) && !isOrdered(now);
    }

    boolean hasFreeSlot(Duration now) {
        return isInService(now) && active() < slots();
    }

    void grant(SessionId session) {
        sessions.add(session);
        lifetime++;
    }

    void restore(SessionId session) {
        sessions.add(session);
        lifetime = Math.max(lifetime, sessions.size());
    }

    /// The next run of its process has registered: this one gets no more sessions.
    void replaced() {
        replaced = true;
        last = last.with(WorkerStatus.DRAINING);
    }

    /// The previous run has that many sessions; some may not have reached it yet.
    void reserveForPreviousRun(int active) {
        occupied = Math.max(occupied, active);
    }

    void eject(Duration now) {
        until = new Deadlines(until.alive(), now.plus(ejections.failed()), until.ordered());
    }

    void endEjection() {
        until = new Deadlines(until.alive(), Duration.ZERO, until.ordered());
    }

    void clearSuspicion() {
        ejections.succeeded();
        endEjection();
    }

    void orderShutdown(Duration now) {
        until = new Deadlines(until.alive(), until.suspect(), now.plus(limits.shutdownCommandTtl()));
    }

    void clearShutdownOrder() {
        until = new Deadlines(until.alive(), until.suspect(), Duration.ZERO);
    }

    Standing standing() {
        return new Standing(active(), lifetime, slots(), lifetimeLimit().value());
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
                slots(),
                slotLimit(),
                lifetimeLimit(),
                occupied,
                last.load().hungDrivers(),
                last.load().browsersTaken(),
                last.interval(),
                isSuspect(now),
                last.software());
    }
}
