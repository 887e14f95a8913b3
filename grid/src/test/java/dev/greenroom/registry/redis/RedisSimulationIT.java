package dev.greenroom.registry.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.registry.simulation.RecyclingSimulation;
import dev.greenroom.registry.simulation.Simulation;
import dev.greenroom.registry.simulation.SubjectRegistry;
import dev.greenroom.registry.simulation.Tally;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.SessionLimit.RecycleMode;
import dev.greenroom.session.WorkerId;
import io.lettuce.core.RedisClient;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/// The registry in Redis under the same faults as the one in memory. A longer run:
/// `-Dgreenroom.simulation.seeds=40
/// -Dgreenroom.simulation.steps=3000`. A failure names its seed.
@Tag("check")
final class RedisSimulationIT {
    private static final int SEEDS = Integer.getInteger("greenroom.simulation.seeds", 4);
    private static final int STEPS = Integer.getInteger("greenroom.simulation.steps", 400);

    @RegisterExtension
    static final RedisTest redis = new RedisTest();

    @Test
    @Timeout(1800)
    void no_schedule_of_faults_breaks_an_invariant() {
        var tally = new Tally();

        try (var client = RedisClient.create(redis.server().url());
                var connection = client.connect()) {
            for (var seed = 0; seed < SEEDS; seed++) {
                connection.sync().flushall();
                try (var registry = redis.uncached(Simulation.LIMITS)) {
                    new Simulation(seed, new InRedis(registry, connection.sync()), tally).run(STEPS);
                } catch (AssertionError | RuntimeException e) {
                    throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
                }
            }
        }

        assertThat(tally.of("connects served")).isPositive();
        assertThat(tally.of("connects refused although a slot was free for 4 s"))
                .as("I6: one in a thousand, or one where there were fewer: a slow machine may time a call out")
                .isLessThanOrEqualTo(Math.max(1, tally.of("connects") / 1000));
    }

    @Test
    void workers_are_recycled_one_at_a_time_and_nobody_is_refused() {
        try (var client = RedisClient.create(redis.server().url());
                var connection = client.connect()) {
            for (var mode : RecycleMode.values()) {
                connection.sync().flushall();
                var scenario = new RecyclingSimulation.Scenario(mode, 3, true, Duration.ofSeconds(20));
                try (var registry = redis.uncached(RecyclingSimulation.LIMITS)) {
                    var outcome = new RecyclingSimulation(scenario, new InRedis(registry, connection.sync()), 1)
                            .run(Duration.ofMinutes(5));

                    RecyclingSimulation.assertNobodySuffered(scenario, outcome);
                }
            }
        }
    }

    private static final class InRedis implements SubjectRegistry {
        private static final String ORDERS = "worker:cmd:";

        private final RedisRegistry registry;
        private final RedisCommands<String, String> commands;
        private Consumer<WorkerId> onOrder = worker -> {};

        InRedis(RedisRegistry registry, RedisCommands<String, String> commands) {
            this.registry = registry;
            this.commands = commands;
        }

        @Override
        public RedisRegistry registry() {
            return registry;
        }

        /// Notifications would come on another thread, at a time that no seed decides. Proxies do without; orders are
        /// delivered when time passes, since a worker that was ordered to shut down gets no more sessions.
        @Override
        public void listen(Consumer<SessionId> onTurn, Consumer<WorkerId> onOrder) {
            this.onOrder = onOrder;
        }

        @Override
        public void pass(Duration time) {
            commands.eval(RedisTime.SHIFT, ScriptOutputType.STATUS, new String[0], Long.toString(time.toMillis()));
            commands.keys(ORDERS + "*").stream()
                    .sorted()
                    .flatMap(key -> WorkerId.of(key.substring(ORDERS.length())).stream())
                    .forEach(onOrder);
        }

        @Override
        public void wipe() {
            commands.flushall();
        }

        @Override
        public void reap() {
            insist(registry::reap);
        }

        @Override
        public List<WorkerRecord> workers() {
            return insist(registry::workers);
        }

        /// What the simulation itself asks has to be answered, also on a machine that is short of time.
        private static <T> T insist(Callable<T> question) {
            return await().pollInSameThread()
                    .pollDelay(Duration.ZERO)
                    .ignoreException(RegistryUnavailableException.class)
                    .until(question, _ -> true);
        }
    }
}
