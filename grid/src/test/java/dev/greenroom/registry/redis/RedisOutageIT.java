package dev.greenroom.registry.redis;

import static dev.greenroom.registry.RegistryFixtures.beat;
import static dev.greenroom.registry.RegistryFixtures.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import dev.greenroom.registry.Registry.Acquisition.Granted;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.registry.RegistryFixtures;
import dev.greenroom.testkit.LoggedLines;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// All kinds of outages of Redis.
@Tag("check")
final class RedisOutageIT {
    private static final Duration BACK_WITHIN = Duration.ofSeconds(5);

    @RegisterExtension
    static final RedisTest redis = new RedisTest("--lua-time-limit", "100");

    private final RedisRegistry registry = redis.registry(5, 50);

    @AfterEach
    void letRedisRun() {
        redis.server().resume();
    }

    @Test
    void FR1_a_registry_starts_while_redis_is_down_and_works_once_redis_is_up() {
        redis.server().stop();
        var early = redis.started(RedisTest.settings(redis.server()));
        assertFails(early);

        redis.server().startAgain();

        assertServesAgain(early);
    }

    @Test
    void FR2_while_redis_is_down_an_operation_fails_at_once() {
        registry.heartbeat(beat("a"));
        redis.server().kill();

        var spent = timeOf(() -> {
            for (var n = 0; n < 100; n++) {
                assertFails(registry);
            }
        });

        assertThat(spent).isLessThan(Duration.ofSeconds(1));
        redis.server().startAgain();
        assertServesAgain(registry);
    }

    @Test
    void an_outage_under_load_does_not_flood_the_log() {
        registry.heartbeat(beat("a"));
        try (var lines = LoggedLines.of("dev.greenroom.registry")) {
            redis.server().kill();
            var until = System.nanoTime() + Duration.ofSeconds(3).toNanos();
            await().timeout(Duration.ofSeconds(10)).until(() -> {
                assertFails(registry);
                return System.nanoTime() > until;
            });
            redis.server().startAgain();
            assertServesAgain(registry);

            await().until(() -> !lines.withCode("REDIS_BACK").isEmpty());
            assertThat(lines.codesFrom(Level.INFO)).containsExactly("REDIS_LOST", "REDIS_BACK");
        }
    }

    @Test
    void FR7_a_frozen_redis_costs_less_than_a_second_in_total() {
        registry.heartbeat(beat("a"));
        redis.server().pause();

        var spent = timeOf(() -> {
            for (var n = 0; n < 100; n++) {
                assertFails(registry);
            }
        });

        assertThat(spent).isBetween(Duration.ofMillis(400), Duration.ofSeconds(1));
        redis.server().resume();
        assertServesAgain(registry);
    }

    @Test
    void FR7_fifty_calls_to_a_frozen_redis_all_fail_within_a_second() throws Exception {
        registry.heartbeat(beat("a"));
        redis.server().pause();
        var requests = Stream.generate(RegistryFixtures::request).limit(50).toList();
        var clients = requests.stream()
                .<Callable<Duration>>map(request -> () -> timeOf(() -> assertFails(registry, request)))
                .toList();

        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var spent : threads.invokeAll(clients)) {
                assertThat(spent.get()).isLessThan(Duration.ofSeconds(1));
            }
        }

        redis.server().resume();
        // What was on its way to Redis is granted when it wakes; who gave up waiting for it gives it back.
        await().ignoreExceptions()
                .untilAsserted(() -> registry.release(
                        requests.stream().map(SlotRequest::session).toList()));
        assertServesAgain(registry);
    }

    @Test
    void FR7_a_redis_that_pauses_its_clients_fails_within_the_deadline() {
        registry.heartbeat(beat("a"));
        redis.cli("CLIENT", "PAUSE", "1500", "ALL");

        var spent = timeOf(() -> assertFails(registry));

        assertThat(spent).isLessThan(Duration.ofMillis(900));
        assertServesAgain(registry);
    }

    @Test
    void FR7_a_redis_that_sleeps_fails_within_the_deadline() {
        registry.heartbeat(beat("a"));
        var sleeper = Thread.ofVirtual().start(() -> redis.cli("DEBUG", "SLEEP", "1.5"));
        await().untilAsserted(() -> assertFails(registry));

        var spent = timeOf(() -> assertFails(registry));

        assertThat(spent).isLessThan(Duration.ofMillis(900));
        assertServesAgain(registry);
        assertThat(sleeper).isNotNull();
    }

    @Test
    void FR12_a_redis_that_became_a_replica_is_not_used_until_there_is_a_master_again() {
        registry.heartbeat(beat("a"));
        redis.cli("REPLICAOF", "127.0.0.1", "1");

        assertFails(registry);
        await().until(() -> !registry.isConnected());
        redis.cli("REPLICAOF", "NO", "ONE");

        assertServesAgain(registry);
    }

    @Test
    void FR15_a_long_running_script_of_another_client_is_an_outage_that_ends_with_it() {
        registry.heartbeat(beat("a"));
        var loop = "local t = redis.call('TIME')[1] + 2; while tonumber(redis.call('TIME')[1]) < t do end";
        var script = Thread.ofVirtual().start(() -> redis.cli("EVAL", loop, "0"));
        await().untilAsserted(() -> assertFails(registry));

        var spent = timeOf(() -> assertFails(registry));

        assertThat(spent).isLessThan(Duration.ofMillis(900));
        assertServesAgain(registry);
        assertThat(script).isNotNull();
    }

    @Test
    void FR20_a_connection_that_was_cut_is_replaced() {
        registry.heartbeat(beat("a"));

        redis.cli("CLIENT", "KILL", "TYPE", "normal");

        assertServesAgain(registry);
    }

    private static void assertFails(RedisRegistry registry) {
        assertFails(registry, request());
    }

    private static void assertFails(RedisRegistry registry, SlotRequest request) {
        assertThatExceptionOfType(RegistryUnavailableException.class).isThrownBy(() -> registry.acquire(request));
    }

    private static void assertServesAgain(RedisRegistry registry) {
        await().atMost(BACK_WITHIN).ignoreExceptions().untilAsserted(() -> {
            registry.heartbeat(beat("a"));
            assertThat(registry.acquire(request())).isInstanceOf(Granted.class);
        });
    }

    private static Duration timeOf(Runnable work) {
        var startedAt = System.nanoTime();
        work.run();
        return Duration.ofNanos(System.nanoTime() - startedAt);
    }
}
