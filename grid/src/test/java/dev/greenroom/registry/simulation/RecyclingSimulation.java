package dev.greenroom.registry.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.registry.Registry.Acquisition.Granted;
import dev.greenroom.registry.Registry.Heartbeat;
import dev.greenroom.registry.Registry.Heartbeat.HeartbeatReply;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.RegistryFixtures;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.SessionLimit.RecycleMode;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.PriorityQueue;
import java.util.UUID;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// A grid without faults whose workers are recycled: how many serve at any time, and whether a client is refused.
/// Clients reconnect as soon as their session has ended.
public final class RecyclingSimulation {
    /// The rules of the simulated grid.
    public static final RegistryLimits LIMITS = RegistryFixtures.limits(5, 50);

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration ASK_AGAIN = Duration.ofMillis(200);
    private static final Duration RENEW_EVERY = Duration.ofSeconds(5);

    private final Scenario scenario;
    private final SubjectRegistry subject;
    private final RandomGenerator random;
    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparing(Event::at).thenComparingLong(Event::number));
    private final List<WorkerProcess> processes = new ArrayList<>();
    private final Map<WorkerId, Run> runs = new HashMap<>();
    private final Map<SessionId, Granted> sessions = new HashMap<>();
    private final List<Integer> lifetimes = new ArrayList<>();
    private Optional<Duration> lastTurn = Optional.empty();
    private Duration closestTurns = Duration.ofDays(1);
    private Duration now = Duration.ZERO;
    private long eventsSoFar;
    private int runsSoFar;
    private int served;
    private int refused;
    private int refusedByWorkers;
    private int mostOfOneProcess;
    private Duration longestWait = Duration.ZERO;
    private int fewestAvailable;
    private int highestLifetime;

    private record Event(Duration at, long number, Runnable happens) {}

    /// Which grid it is.
    ///
    /// @param saturating whether clients take all slots of all workers but one, all the time; else there is
    ///     one client for each worker
    /// @param longestRestart restarts take 1 s up to this
    public record Scenario(RecycleMode mode, int workers, boolean saturating, Duration longestRestart) {}

    /// What happened.
    ///
    /// @param fewestAvailable workers that took sessions, at the worst moment
    /// @param lifetimes of those that were recycled, in their order
    /// @param closestTurns the shortest time between two workers that were recycled
    /// @param highestLifetime of any worker at any time
    /// @param mostOfOneProcess sessions at once in one worker process, all of its runs together
    public record Outcome(
            int served,
            int refused,
            int refusedByWorkers,
            Duration longestWait,
            int fewestAvailable,
            List<Integer> lifetimes,
            Duration closestTurns,
            int highestLifetime,
            int mostOfOneProcess) {}

    /// A worker process: one run at a time takes sessions.
    private static final class WorkerProcess {
        private final List<Run> alive = new ArrayList<>();
        private boolean renewing;

        private int sessions() {
            return alive.stream().mapToInt(run -> run.sessions).sum();
        }

        private boolean isAvailable() {
            return alive.stream().anyMatch(run -> !run.draining);
        }
    }

    private final class Run {
        private final WorkerId id = RegistryFixtures.worker(String.format("run%05d", runsSoFar++));
        private final WorkerProcess process;
        private final Optional<WorkerId> replaces;
        private int sessions;
        private int lifetime;
        private boolean draining;
        private boolean gone;

        private Run(WorkerProcess process, Optional<WorkerId> replaces) {
            this.process = process;
            this.replaces = replaces;
            process.alive.add(this);
            runs.put(id, this);
        }

        private void beatRegularly() {
            if (!gone) {
                beat();
                after(RegistryFixtures.HEARTBEAT, this::beatRegularly);
            }
        }

        private void beat() {
            if (gone) {
                return;
            }
            var older = process.alive.stream()
                    .filter(other -> other != this)
                    .mapToInt(other -> other.sessions)
                    .sum();
            var reply = subject.registry()
                    .heartbeat(RegistryFixtures.beat(id, id.name())
                            .with(draining ? WorkerStatus.DRAINING : WorkerStatus.AVAILABLE)
                            .with(new Heartbeat.Load(
                                    OptionalInt.empty(),
                                    OptionalInt.empty(),
                                    draining ? 0 : older,
                                    0,
                                    WorkerRecord.BrowsersTaken.NONE))
                            .with(new Heartbeat.RecycleRequest(scenario.mode(), false, replaces)));
            if (reply instanceof HeartbeatReply.Recycle && !draining) {
                recycle();
            }
        }

        private void recycle() {
            if (scenario.mode() == RecycleMode.EXIT) {
                drain();
            } else if (!process.renewing) {
                process.renewing = true;
                after(restart(), () -> {
                    process.renewing = false;
                    new Run(process, Optional.of(id)).beatRegularly();
                    drain();
                });
            }
        }

        private void drain() {
            draining = true;
            lifetimes.add(lifetime);
            lastTurn.map(now::minus)
                    .filter(gap -> gap.compareTo(closestTurns) < 0)
                    .ifPresent(gap -> closestTurns = gap);
            lastTurn = Optional.of(now);
            count();
            beat();
            leaveWhenEmpty();
        }

        private void leaveWhenEmpty() {
            if (draining && sessions == 0 && !gone) {
                gone = true;
                process.alive.remove(this);
                runs.remove(id);
                subject.registry().deregister(id, id.name());
                if (scenario.mode() == RecycleMode.EXIT) {
                    after(restart(), () -> {
                        new Run(process, Optional.empty()).beatRegularly();
                        count();
                    });
                }
            }
        }

        private boolean accept() {
            if (draining || process.sessions() >= LIMITS.maxConcurrent().value()) {
                refusedByWorkers++;
                return false;
            }
            sessions++;
            lifetime++;
            highestLifetime = Math.max(highestLifetime, lifetime);
            mostOfOneProcess = Math.max(mostOfOneProcess, process.sessions());
            return true;
        }

        private void ended() {
            sessions--;
            leaveWhenEmpty();
            if (draining && scenario.mode() == RecycleMode.RENEW) {
                process.alive.getLast().beat();
            }
        }
    }

    /// @param subject an empty registry with [#LIMITS]
    public RecyclingSimulation(Scenario scenario, SubjectRegistry subject, long seed) {
        this.scenario = scenario;
        this.subject = subject;
        this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        this.fewestAvailable = scenario.workers();
        subject.listen(
                _ -> {},
                worker -> after(
                        Duration.ZERO,
                        () -> Optional.ofNullable(runs.get(worker)).ifPresent(Run::beat)));
    }

    /// What must hold in every grid.
    public static void assertNobodySuffered(Scenario scenario, Outcome outcome) {
        var away = scenario.mode() == RecycleMode.RENEW ? 0 : 1;
        assertThat(outcome.refused()).as("refused in %s", scenario).isZero();
        assertThat(outcome.refusedByWorkers())
                .as("sessions above a worker's own cap in %s", scenario)
                .isZero();
        assertThat(outcome.fewestAvailable())
                .as("workers that took sessions in %s", scenario)
                .isGreaterThanOrEqualTo(scenario.workers() - away);
        assertThat(outcome.mostOfOneProcess())
                .as("sessions of one process in %s", scenario)
                .isLessThanOrEqualTo(LIMITS.maxConcurrent().value());
        assertThat(outcome.lifetimes()).as("recycled in %s", scenario).isNotEmpty();
    }

    /// Runs it.
    public Outcome run(Duration time) {
        for (var n = 0; n < scenario.workers(); n++) {
            var process = new WorkerProcess();
            processes.add(process);
            new Run(process, Optional.empty()).beatRegularly();
        }
        var clients = scenario.saturating()
                ? (scenario.workers() - 1) * LIMITS.maxConcurrent().value()
                : scenario.workers();
        for (var n = 0; n < clients; n++) {
            after(millis(0, 3_000), this::comes);
        }
        after(RENEW_EVERY, this::renew);
        while (now.compareTo(time) < 0) {
            var next = events.remove();
            if (next.at().compareTo(now) > 0) {
                subject.pass(next.at().minus(now));
                now = next.at();
            }
            next.happens().run();
        }
        return new Outcome(
                served,
                refused,
                refusedByWorkers,
                longestWait,
                fewestAvailable,
                List.copyOf(lifetimes),
                closestTurns,
                highestLifetime,
                mostOfOneProcess);
    }

    private void comes() {
        connect(now);
    }

    private void connect(Duration since) {
        var session = new SessionId(new UUID(random.nextLong(), random.nextLong()));
        if (subject.registry().acquire(RegistryFixtures.request(session)) instanceof Granted granted) {
            var run = runs.get(granted.worker());
            if (run != null && run.accept()) {
                served++;
                longestWait = longestWait.compareTo(now.minus(since)) > 0 ? longestWait : now.minus(since);
                sessions.put(session, granted);
                after(scenario.saturating() ? millis(5_000, 25_000) : millis(1_000, 5_000), () -> ends(session, run));
                return;
            }
            subject.registry().release(List.of(session));
        }
        if (now.minus(since).compareTo(PATIENCE) >= 0) {
            refused++;
            after(ASK_AGAIN, this::comes);
        } else {
            after(ASK_AGAIN, () -> connect(since));
        }
    }

    private void ends(SessionId session, Run run) {
        sessions.remove(session);
        subject.registry().release(List.of(session));
        run.ended();
        comes();
    }

    private void renew() {
        subject.registry().renew(sessions.values().stream().map(Granted::lease).toList());
        after(RENEW_EVERY, this::renew);
    }

    private void count() {
        var available = processes.stream().filter(WorkerProcess::isAvailable).count();
        fewestAvailable = Math.min(fewestAvailable, (int) available);
    }

    private Duration restart() {
        return millis(1_000, (int) scenario.longestRestart().toMillis());
    }

    private Duration millis(int from, int to) {
        return Duration.ofMillis(from + random.nextInt(to - from + 1));
    }

    private void after(Duration time, Runnable happens) {
        events.add(new Event(now.plus(time), eventsSoFar++, happens));
    }
}
