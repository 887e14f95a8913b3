package dev.greenroom.registry.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.RegistryFixtures;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// One run of a grid: three proxies, four workers, clients and faults, all decided by a seed.
public final class Simulation {
    /// The rules of the simulated grid.
    public static final RegistryLimits LIMITS = RegistryFixtures.limits(3, 20);

    private static final int PROXIES = 3;
    private static final int WORKERS = 4;
    private static final int STEPS_TO_CALM = 400;
    private static final Duration CALM_STEP = Duration.ofMillis(500);
    private static final Duration FAULTS_OVER = Duration.ofSeconds(100);
    private static final Duration RECLAIMED = Duration.ofSeconds(17);

    private final SubjectRegistry subject;
    private final Tally tally;
    private final RandomGenerator random;
    private final UnreliableRegistry registry;
    private final Map<WorkerId, SimulatedWorker> workers;
    private final List<SimulatedProxy> proxies = new ArrayList<>();
    private Duration now = Duration.ZERO;
    private Duration cutUntil = Duration.ZERO;
    private boolean restoring;
    private int proxiesMade;
    private List<WorkerRecord> known = List.of();

    /// @param subject an empty registry with [#LIMITS]
    /// @param tally is added to
    public Simulation(long seed, SubjectRegistry subject, Tally tally) {
        this.subject = subject;
        this.tally = tally;
        this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        this.registry = new UnreliableRegistry(subject, random, tally);
        this.workers = IntStream.range(0, WORKERS)
                .mapToObj(n -> RegistryFixtures.worker("w" + n))
                .collect(Collectors.toMap(
                        Function.identity(),
                        id -> new SimulatedWorker(id, LIMITS.maxConcurrent().value(), registry, tally),
                        (first, _) -> first,
                        LinkedHashMap::new));
        for (var n = 0; n < PROXIES; n++) {
            proxies.add(newProxy());
        }
        listen();
    }

    /// Runs it.
    ///
    /// @throws AssertionError when an invariant does not hold
    public void run(int steps) {
        for (var step = 1; step <= steps; step++) {
            arrive();
            if (random.nextInt(100) < 3) {
                fault();
            }
            advance(Duration.ofMillis(20 + random.nextInt(400)));
            if (step % STEPS_TO_CALM == 0) {
                calm();
            }
        }
        leave();
    }

    private void listen() {
        subject.listen(
                session -> proxies.stream()
                        .filter(proxy -> !proxy.isPaused(now))
                        .forEach(proxy -> proxy.turn(session, now)),
                worker -> worker(worker).hurry(now));
    }

    private SimulatedProxy newProxy() {
        return new SimulatedProxy("p" + proxiesMade++, registry, this::worker, tally);
    }

    private SimulatedWorker worker(WorkerId id) {
        return Objects.requireNonNull(workers.get(id));
    }

    private void arrive() {
        // About as much as the grid can bear: at times a line forms, at times there is room.
        if (random.nextInt(100) < 35) {
            var session = new SessionId(new UUID(random.nextLong(), random.nextLong()));
            var length = Duration.ofMillis(500 + random.nextInt(12_000));
            any(proxies).connect(new SimulatedProxy.Client(session, now, length));
        }
    }

    private void fault() {
        var pause = Duration.ofSeconds(3 + random.nextInt(58));
        switch (random.nextInt(12)) {
            case 0, 1 -> {
                tally.count("workers killed");
                any(List.copyOf(workers.values())).kill(now, Duration.ofSeconds(1 + random.nextInt(40)));
            }
            case 2, 3 -> {
                tally.count("workers paused");
                any(List.copyOf(workers.values())).pause(now.plus(pause));
            }
            case 4, 5 -> {
                tally.count("proxies killed");
                var killed = random.nextInt(PROXIES);
                proxies.get(killed).kill();
                proxies.set(killed, newProxy());
            }
            case 6 -> {
                tally.count("proxies paused");
                any(proxies).pause(now.plus(pause));
                restoring = true;
            }
            case 7 -> {
                tally.count("registry cut off");
                cutUntil = now.plus(Duration.ofSeconds(1 + random.nextInt(20)));
                restoring = true;
            }
            case 8 -> wipe();
            default -> {}
        }
    }

    private void wipe() {
        tally.count("registry wiped");
        subject.wipe();
        listen();
        workers.values().forEach(SimulatedWorker::disturb);
        restoring = true;
    }

    private void advance(Duration time) {
        now = now.plus(time);
        subject.pass(time);
        registry.cut(cutUntil.compareTo(now) > 0);
        workers.values().forEach(worker -> worker.step(now));
        var withFreeSlot = cutUntil.compareTo(now) > 0 ? Set.<WorkerId>of() : withFreeSlot();
        proxies.forEach(proxy -> proxy.step(now, withFreeSlot));
        known = subject.workers();
        check();
        tally.count("steps");
    }

    private Set<WorkerId> withFreeSlot() {
        return known.stream()
                .filter(this::hasFreeSlot)
                .map(WorkerRecord::worker)
                .collect(Collectors.toSet());
    }

    private boolean hasFreeSlot(WorkerRecord record) {
        return !record.suspect()
                && record.status() == WorkerStatus.AVAILABLE
                && record.active() < record.maxConcurrent()
                && record.lifetime() < LIMITS.maxLifetime().value()
                && worker(record.worker()).isServing(now);
    }

    private void check() {
        for (var record : known) {
            var worker = worker(record.worker());
            var max = LIMITS.maxConcurrent().value();
            Invariant.holds(worker.sockets() <= max, "I2, sockets", worker.id(), worker.sockets());
            if (!restoring) {
                Invariant.holds(record.active() <= max, "I3, leases", worker.id(), record.active());
            }
        }
        var recycling = workers.values().stream()
                .filter(SimulatedWorker::isRecyclingUndisturbed)
                .count();
        Invariant.holds(recycling <= 1, "I10, workers that drain to be recycled", "the grid", recycling);
    }

    /// Faults end, nobody new comes; when leases had the time to expire, they equal the sockets.
    private void calm() {
        registry.lossless(true);
        cutUntil = now;
        passCalmly(FAULTS_OVER);
        passCalmly(RECLAIMED);
        subject.reap();
        for (var record : subject.workers()) {
            assertThat(record.active())
                    .as("I3, I11: leases of %s after a calm", record.worker())
                    .isEqualTo(worker(record.worker()).sockets());
        }
        assertThat(subject.workers()).as("workers after a calm").isNotEmpty();
        registry.lossless(false);
        restoring = false;
    }

    private void leave() {
        registry.lossless(true);
        cutUntil = now;
        passCalmly(FAULTS_OVER);
        proxies.forEach(SimulatedProxy::closeAll);
        passCalmly(RECLAIMED);
        subject.reap();
        assertThat(subject.workers().stream().mapToInt(WorkerRecord::active).sum())
                .as("I1: leases when all have left")
                .isZero();
    }

    private void passCalmly(Duration time) {
        for (var left = time; left.isPositive(); left = left.minus(CALM_STEP)) {
            advance(CALM_STEP);
        }
    }

    private <T> T any(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }
}
