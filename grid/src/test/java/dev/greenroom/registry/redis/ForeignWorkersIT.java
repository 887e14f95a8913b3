package dev.greenroom.registry.redis;

import static dev.greenroom.registry.RegistryFixtures.beat;
import static dev.greenroom.registry.RegistryFixtures.continues;
import static dev.greenroom.registry.RegistryFixtures.request;
import static dev.greenroom.registry.RegistryFixtures.session;
import static dev.greenroom.registry.RegistryFixtures.worker;
import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.registry.Registry.Acquisition;
import dev.greenroom.registry.Registry.Acquisition.AllTaken;
import dev.greenroom.registry.Registry.Acquisition.Granted;
import dev.greenroom.registry.Registry.Acquisition.NoWorkers;
import dev.greenroom.registry.RegistryFixtures;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Foreign workers, which use only the documented keys and commands.
@Tag("check")
final class ForeignWorkersIT {
    @RegisterExtension
    static final RedisTest redis = new RedisTest();

    private final RedisRegistry registry = redis.registry(5, 50);

    @Test
    void FP17_a_worker_registered_by_hand_with_the_documented_keys_is_selected() {
        register("abc123", "available");

        var granted = (Granted) registry.acquire(request());

        assertThat(granted.worker()).isEqualTo(worker("abc123"));
        assertThat(granted.endpoint().url()).isEqualTo("ws://10.0.0.7:3131/playwright/chromium/abc123");
        assertThat(redis.cli("HGET", "cluster:active_connections", "chromium:abc123"))
                .isEqualTo("1");
        assertThat(redis.cli("HGET", "cluster:lifetime_connections", "chromium:abc123"))
                .isEqualTo("1");
    }

    @Test
    void FP17_a_new_worker_is_found_before_a_request_is_told_that_all_slots_are_taken() {
        registry.heartbeat(RegistryFixtures.roomFor(1, beat("a")));
        registry.acquire(request());
        register("abc123", "available");

        var granted = (Granted) registry.acquire(request());

        assertThat(granted.worker()).isEqualTo(worker("abc123"));
    }

    @Test
    void FP17_an_active_count_written_by_hand_is_honoured() {
        register("abc123", "available");
        redis.cli("HSET", "cluster:active_connections", "chromium:abc123", "4");

        var fifth = registry.acquire(request());
        var sixth = registry.acquire(request());

        assertThat(fifth).isInstanceOf(Granted.class);
        assertThat(sixth).isInstanceOf(AllTaken.class);
        assertThat(redis.cli("HGET", "cluster:active_connections", "chromium:abc123"))
                .isEqualTo("5");
        assertThat(redis.record(worker("abc123"), RegistryFixtures.limits(5, 50))
                        .active())
                .isEqualTo(5);
    }

    @Test
    void FP17_only_a_foreign_worker_deletes_its_own_record() {
        register("abc123", "available");
        registry.acquire(request());

        assertThat(registry.deregister(worker("abc123"))).isFalse();

        assertThat(registry.acquire(request())).isInstanceOf(Granted.class);
    }

    @Test
    void FP17_a_release_lowers_the_active_count_that_a_foreign_worker_writes_too() {
        register("abc123", "available");
        redis.cli("HSET", "cluster:active_connections", "chromium:abc123", "2");
        var granted = registry.acquire(request());

        registry.release(List.of(((Granted) granted).session()));

        assertThat(redis.cli("HGET", "cluster:active_connections", "chromium:abc123"))
                .isEqualTo("2");
    }

    @Test
    void FP17_a_draining_foreign_worker_gets_no_sessions() {
        register("abc123", "draining");

        assertThat(registry.acquire(request())).isInstanceOf(AllTaken.class);
        assertThat(redis.record(worker("abc123"), RegistryFixtures.limits(5, 50)))
                .returns(WorkerStatus.DRAINING, WorkerRecord::status);
    }

    @Test
    void FP17_a_foreign_worker_at_its_limit_finds_the_documented_command() {
        register("abc123", "available");
        redis.cli("HSET", "cluster:lifetime_connections", "chromium:abc123", "49");

        registry.acquire(request());

        assertThat(redis.cli("GET", "worker:cmd:chromium:abc123")).isEqualTo("shutdown");
        assertThat(Integer.parseInt(redis.cli("TTL", "worker:cmd:chromium:abc123")))
                .isBetween(50, 60);
    }

    @Test
    void FP17_the_reaper_repeats_the_expired_command_of_a_foreign_worker() {
        register("abc123", "available");
        redis.cli("HSET", "cluster:lifetime_connections", "chromium:abc123", "49");
        registry.acquire(request());
        redis.cli("DEL", "worker:cmd:chromium:abc123");

        registry.reap();

        assertThat(redis.cli("GET", "worker:cmd:chromium:abc123")).isEqualTo("shutdown");
    }

    @Test
    void FP17_a_foreign_worker_whose_key_expires_is_gone() {
        register("abc123", "available");
        registry.acquire(request());

        redis.pass(RegistryFixtures.WORKER_TTL);

        assertThat(registry.acquire(request())).isInstanceOf(NoWorkers.class);
    }

    @Test
    void FP17_a_native_worker_that_takes_over_a_foreign_name_counts_its_own_leases() {
        register("abc123", "available");
        redis.cli("HSET", "cluster:active_connections", "chromium:abc123", "3");
        registry.acquire(request());

        var reply = registry.heartbeat(beat("abc123"));

        assertThat(reply).satisfies(continues(1, 1));
    }

    @Test
    void FW8_a_record_without_an_expiry_gets_one() {
        redis.cli(
                "HSET",
                "worker:chromium:abc123",
                "id",
                "abc123",
                "browserType",
                "chromium",
                "wsEndpoint",
                "ws://10.0.0.7:3131/x",
                "status",
                "available");

        registry.acquire(request());

        assertThat(Integer.parseInt(redis.cli("TTL", "worker:chromium:abc123"))).isBetween(50, 60);
    }

    @Test
    void a_record_with_an_invalid_endpoint_is_skipped() {
        register("abc123", "available");
        redis.cli("HSET", "worker:chromium:abc123", "wsEndpoint", "http://169.254.169.254/latest");
        registry.heartbeat(beat("a"));
        redis.cli("HSET", "cluster:lifetime_connections", "chromium:abc123", "20");

        var granted = (Granted) registry.acquire(request());

        assertThat(granted.worker()).isEqualTo(worker("a"));
        assertThat(redis.cli("SCARD", "grid:sess:chromium:abc123")).isEqualTo("0");
    }

    @Test
    void a_record_under_an_invalid_name_is_skipped() {
        redis.cli(
                "HSET",
                "worker:chromium:a:b",
                "browserType",
                "chromium",
                "wsEndpoint",
                "ws://h:1/",
                "status",
                "available");
        redis.cli(
                "HSET",
                "worker:chromium:a b",
                "browserType",
                "chromium",
                "wsEndpoint",
                "ws://h:1/",
                "status",
                "available");

        assertThat(registry.acquire(request())).isInstanceOf(NoWorkers.class);
    }

    @Test
    void the_documented_commands_show_the_real_state_of_native_workers() {
        registry.heartbeat(beat("a"));
        Acquisition first = registry.acquire(request());
        registry.acquire(request());
        registry.release(List.of(((Granted) first).session()));
        registry.release(List.of(session()));

        assertThat(redis.cli("HGETALL", "cluster:active_connections")).isEqualTo("chromium:a\n1");
        assertThat(redis.cli("HGETALL", "cluster:lifetime_connections")).isEqualTo("chromium:a\n2");
        assertThat(redis.cli("HGET", "worker:chromium:a", "status")).isEqualTo("available");
        assertThat(redis.cli("HGET", "worker:chromium:a", "activeConnections")).isEqualTo("1");
        assertThat(redis.cli("HGET", "worker:chromium:a", "lifetimeConnections"))
                .isEqualTo("2");
        assertThat(redis.cli("HGET", "worker:chromium:a", "wsEndpoint"))
                .isEqualTo("ws://127.0.0.1:3131/playwright/chromium/a");
        assertThat(redis.cli("KEYS", "worker:*:*")).isEqualTo("worker:chromium:a");
        assertThat(Integer.parseInt(redis.cli("TTL", "worker:chromium:a"))).isBetween(25, 30);
    }

    @Test
    void all_keys_are_scanned_rarely_while_there_are_many_and_no_worker_is_foreign() {
        redis.cli("EVAL", "for n = 1, 5000 do redis.call('SET', 'other:' .. n, n) end", "0");
        registry.heartbeat(beat("a"));
        var often = scans(12);
        var rarely = scans(20);
        register("abc123", "available");
        redis.pass(Duration.ofSeconds(1));

        var granted = (Granted) registry.acquire(request(session(), worker("a")));

        assertThat(often).as("until all have been seen once").isGreaterThanOrEqualTo(5);
        assertThat(rarely).isBetween(1, 3);
        assertThat(granted.worker()).as("named in the counters").isEqualTo(worker("abc123"));
    }

    /// In how many of so many seconds some keys were looked through.
    private int scans(int seconds) {
        var scans = 0;
        for (var second = 0; second < seconds; second++) {
            redis.pass(Duration.ofMillis(1100));
            var before = redis.cli("HMGET", "grid:scan", "keys", "taken", "length");
            registry.reap();
            scans += redis.cli("HMGET", "grid:scan", "keys", "taken", "length").equals(before) ? 0 : 1;
        }
        return scans;
    }

    private static void register(String name, String status) {
        var endpoint = "ws://10.0.0.7:3131/playwright/chromium/" + name;
        redis.cli(
                "HSET",
                "worker:chromium:" + name,
                "id",
                name,
                "browserType",
                "chromium",
                "wsEndpoint",
                endpoint,
                "endpoint",
                endpoint,
                "status",
                status,
                "startedAt",
                "1699999000",
                "lastHeartbeat",
                "1699999999");
        redis.cli("EXPIRE", "worker:chromium:" + name, "30");
        redis.cli("HSET", "cluster:active_connections", "chromium:" + name, "0");
        redis.cli("HSET", "cluster:lifetime_connections", "chromium:" + name, "0");
    }
}
