package dev.greenroom.registry.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.VirtualClock;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.registry.memory.MemoryRegistry;
import dev.greenroom.registry.simulation.RecyclingSimulation.Outcome;
import dev.greenroom.registry.simulation.RecyclingSimulation.Scenario;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.SessionLimit.RecycleMode;
import dev.greenroom.session.WorkerId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// The registry in memory under faults. A failure names its seed.
final class SimulationTest {
    private static final int SEEDS = 1000;
    private static final int STEPS = 800;
    private static final Duration RECYCLING = Duration.ofMinutes(20);

    @Test
    void no_schedule_of_faults_breaks_an_invariant_and_the_outcome_is_the_committed_one() throws IOException {
        var tally = new Tally();

        for (var seed = 0; seed < SEEDS; seed++) {
            try {
                new Simulation(seed, new InMemory(Simulation.LIMITS), tally).run(STEPS);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
        }

        var recycled = recycled();
        var report = SimulationReport.of(SEEDS, STEPS, tally, recycled);
        assertThat(tally.of("connects refused although a slot was free for 4 s"))
                .as("I6: %s", report)
                .isLessThan(tally.of("connects") / 1000);
        assertThat(report).as("docs/simulation.md was written anew: commit it").isEqualTo(replaced(report));
    }

    /// Grids of several sizes, without faults.
    private static Map<Scenario, Outcome> recycled() {
        Map<Scenario, Outcome> outcomes = new LinkedHashMap<>();
        for (var mode : RecycleMode.values()) {
            for (var saturating : List.of(false, true)) {
                for (var workers : List.of(2, 3, 5, 10, 50)) {
                    for (var longestRestart : List.of(3, 60)) {
                        var scenario = new Scenario(mode, workers, saturating, Duration.ofSeconds(longestRestart));
                        outcomes.put(scenario, recycled(scenario));
                    }
                }
            }
        }
        return outcomes;
    }

    private static Outcome recycled(Scenario scenario) {
        var outcome = new RecyclingSimulation(scenario, new InMemory(RecyclingSimulation.LIMITS), 1).run(RECYCLING);
        RecyclingSimulation.assertNobodySuffered(scenario, outcome);
        return outcome;
    }

    /// Writes the report where it differs.
    ///
    /// @return what was there before
    private static String replaced(String report) throws IOException {
        var docs = Files.isDirectory(Path.of("../deploy")) ? Path.of("../docs") : Path.of("docs");
        var file = docs.resolve("simulation.md");
        var before = Files.exists(file) ? Files.readString(file) : "";
        if (!before.equals(report)) {
            Files.createDirectories(docs);
            Files.writeString(file, report);
        }
        return before;
    }

    static final class InMemory implements SubjectRegistry {
        private final VirtualClock clock = new VirtualClock();
        private final RegistryLimits limits;
        private Registry registry;

        InMemory(RegistryLimits limits) {
            this.limits = limits;
            this.registry = new MemoryRegistry(limits, clock, clock);
        }

        @Override
        public Registry registry() {
            return registry;
        }

        @Override
        public void listen(Consumer<SessionId> onTurn, Consumer<WorkerId> onOrder) {
            registry.onTurn(onTurn);
            registry.onOrder(onOrder);
        }

        @Override
        public void pass(Duration time) {
            clock.pass(time);
        }

        @Override
        public void wipe() {
            registry = new MemoryRegistry(limits, clock, clock);
        }

        @Override
        public void reap() {
            registry.reap();
        }

        @Override
        public List<WorkerRecord> workers() {
            return registry.workers();
        }
    }
}
