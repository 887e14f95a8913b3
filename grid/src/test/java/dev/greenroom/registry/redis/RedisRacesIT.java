package dev.greenroom.registry.redis;

import static dev.greenroom.registry.RegistryFixtures.beat;
import static dev.greenroom.registry.RegistryFixtures.continues;
import static dev.greenroom.registry.RegistryFixtures.request;
import static dev.greenroom.registry.RegistryFixtures.roomFor;
import static dev.greenroom.registry.RegistryFixtures.session;
import static dev.greenroom.registry.RegistryFixtures.worker;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import dev.greenroom.registry.Registry.Acquisition.Granted;
import dev.greenroom.registry.Registry.Heartbeat;
import dev.greenroom.registry.Registry.Heartbeat.HeartbeatReply.Continue;
import dev.greenroom.registry.Registry.Heartbeat.HeartbeatReply.Duplicate;
import dev.greenroom.registry.Registry.Heartbeat.HeartbeatReply.Recycle;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.registry.RegistryFixtures;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Concurrent, late and repeated calls of proxies and workers.
@Tag("check")
final class RedisRacesIT {
    private static final int CUTS = 16;
    private static final int SESSIONS_PER_CUT = 20;

    @RegisterExtension
    static final RedisTest redis = new RedisTest();

    private final RedisRegistry one = redis.registry(5, 100_000);
    private final RedisRegistry two = redis.registry(5, 100_000);

    @Test
    void FP3_of_two_proxies_that_race_for_the_last_slot_one_wins() throws Exception {
        one.heartbeat(roomFor(1, beat("a")));
        for (var round = 0; round < 50; round++) {
            var winners = atOnce(64, n -> n % 2 == 0 ? one.acquire(request()) : two.acquire(request())).stream()
                    .filter(Granted.class::isInstance)
                    .map(Granted.class::cast)
                    .toList();

            assertThat(winners).hasSize(1);
            two.release(List.of(winners.getFirst().session()));
        }
    }

    @Test
    void FP4_a_grant_whose_reply_was_lost_is_repeated_or_released_by_its_session() {
        one.heartbeat(roomFor(1, beat("a")));
        var session = session();
        one.acquire(request(session));

        var again = (Granted) two.acquire(request(session));
        one.release(List.of(session));

        assertThat(again.worker()).isEqualTo(worker("a"));
        assertThat(two.acquire(request())).isInstanceOf(Granted.class);
    }

    @Test
    void FP5_operations_that_are_retried_after_lost_replies_leak_no_slot() throws Exception {
        one.heartbeat(beat("a"));
        one.heartbeat(beat("b"));
        var sessionsDone = new Semaphore(0);
        var cutter = Thread.ofVirtual().start(() -> {
            for (var cut = 0; cut < CUTS; cut++) {
                sessionsDone.acquireUninterruptibly(SESSIONS_PER_CUT);
                redis.cli("CLIENT", "KILL", "TYPE", "normal");
            }
        });

        var served = atOnce(CUTS, _ -> {
            var count = 0;
            for (var n = 0; n < SESSIONS_PER_CUT; n++) {
                var session = session();
                count += insist(() -> one.acquire(request(session))) instanceof Granted ? 1 : 0;
                insist(() -> {
                    one.release(List.of(session));
                    return session;
                });
                sessionsDone.release();
            }
            return count;
        });
        cutter.join();

        assertThat(served.stream().mapToInt(Integer::intValue).sum()).isPositive();
        assertThat(redis.cli("ZCARD", "grid:leases")).isEqualTo("0");
        assertThat(redis.cli("HLEN", "grid:sid")).isEqualTo("0");
        assertThat(redis.cli("HVALS", "cluster:active_connections")).isEqualTo("0\n0");
    }

    @Test
    void FW5_a_worker_that_returns_after_being_reaped_has_its_live_leases() {
        one.heartbeat(beat("a"));
        var lease = ((Granted) one.acquire(request())).lease();
        redis.pass(RegistryFixtures.WORKER_TTL.plusSeconds(1));
        two.renew(List.of(lease));
        two.reap();

        var reply = one.heartbeat(RegistryFixtures.draining(beat("a")));

        assertThat(reply).satisfies(continues(1, 1));
        assertThat(redis.cli("HGET", "worker:chromium:a", "status")).isEqualTo("draining");
        assertThat(redis.cli("HGET", "cluster:active_connections", "chromium:a"))
                .isEqualTo("1");
    }

    @Test
    void FW10_a_second_live_incarnation_is_refused_and_the_first_is_left_alone() {
        one.heartbeat(beat("a"));

        var second = two.heartbeat(beat(worker("a"), "clone"));

        assertThat(second).isInstanceOf(Duplicate.class);
        assertThat(redis.cli("HGET", "worker:chromium:a", "incarnation")).isEqualTo("a-1");
    }

    @Test
    void FW15_a_lost_command_is_repeated_within_two_heartbeats() {
        var strict = redis.registry(5, 1);
        strict.heartbeat(beat("a"));
        strict.acquire(request());
        redis.cli("DEL", "worker:cmd:chromium:a");

        var first = strict.heartbeat(beat("a"));
        var second = strict.heartbeat(beat("a"));

        assertThat(List.of(first, second)).hasAtLeastOneElementOfType(Recycle.class);
    }

    @Test
    void FW17_a_worker_that_would_be_dead_between_two_heartbeats_is_refused() {
        var heartbeat = beat("a");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Heartbeat(
                        heartbeat.worker(),
                        heartbeat.incarnation(),
                        heartbeat.endpoint(),
                        heartbeat.status(),
                        heartbeat.startedAt(),
                        heartbeat.versions(),
                        5,
                        Duration.ofSeconds(30),
                        Duration.ofSeconds(30),
                        heartbeat.software()))
                .withMessageContaining("ttl");
    }

    /// Real time, once: everything else moves the server's.
    @Test
    void a_lease_expires_on_the_clock_of_redis() {
        var quick = redis.registry(new RegistryLimits(1, 100, Duration.ofMillis(300), Duration.ofSeconds(60)));
        quick.heartbeat(beat("a"));
        quick.acquire(request());

        await().atMost(Duration.ofSeconds(3)).until(() -> quick.acquire(request()) instanceof Granted);
    }

    @Test
    void of_proxies_with_different_limits_the_first_one_applies_until_it_is_gone() {
        var other = redis.registry(7, 100_000);
        var heartbeat = beat("a").with(Heartbeat.Load.NONE);
        one.heartbeat(heartbeat);
        one.acquire(request());

        redis.pass(Duration.ofSeconds(2));
        other.acquire(request());
        var both = one.heartbeat(heartbeat);
        redis.pass(Duration.ofSeconds(11));
        other.acquire(request());
        var onlyTheOther = one.heartbeat(heartbeat);

        assertThat(both)
                .isInstanceOfSatisfying(
                        Continue.class,
                        reply -> assertThat(reply.standing().slots()).isEqualTo(5));
        assertThat(onlyTheOther)
                .isInstanceOfSatisfying(
                        Continue.class,
                        reply -> assertThat(reply.standing().slots()).isEqualTo(7));
    }

    private static <T> T insist(Callable<T> operation) {
        return await().atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(5))
                .pollDelay(Duration.ZERO)
                .ignoreException(RegistryUnavailableException.class)
                .until(operation, _ -> true);
    }

    private interface Task<T> {
        T run(int number);
    }

    private static <T> List<T> atOnce(int threads, Task<T> task) throws InterruptedException, ExecutionException {
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<T>> futures = IntStream.range(0, threads)
                    .mapToObj(n -> executor.submit(() -> task.run(n)))
                    .toList();
            var results = new ArrayList<T>();
            for (var future : futures) {
                results.add(future.get());
            }
            return results;
        }
    }
}
