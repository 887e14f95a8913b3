package dev.greenroom.registry.redis;

import static dev.greenroom.registry.RegistryFixtures.beat;
import static dev.greenroom.registry.RegistryFixtures.continues;
import static dev.greenroom.registry.RegistryFixtures.request;
import static dev.greenroom.registry.RegistryFixtures.serving;
import static dev.greenroom.registry.RegistryFixtures.session;
import static dev.greenroom.registry.RegistryFixtures.worker;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.greenroom.registry.Registry.Acquisition.AllTaken;
import dev.greenroom.registry.Registry.Acquisition.Granted;
import dev.greenroom.registry.Registry.Acquisition.NoWorkers;
import dev.greenroom.registry.Registry.Heartbeat.HeartbeatReply.Continue;
import dev.greenroom.registry.Registry.Heartbeat.HeartbeatReply.Recycle;
import dev.greenroom.registry.Registry.Heartbeat.HeartbeatReply.Shutdown;
import dev.greenroom.registry.Registry.HeldLease;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.registry.RegistryFixtures;
import dev.greenroom.registry.SessionList.LiveSession;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.SessionId;
import dev.greenroom.testkit.LoggedLines;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// A Redis with lost or corrupted data.
@Tag("check")
final class RedisDamageIT {
    @RegisterExtension
    static final RedisTest redis = new RedisTest();

    private final RedisRegistry registry = redis.registry(2, 50);

    @AfterEach
    void takeTheLimitOff() {
        redis.cli("CONFIG", "SET", "maxmemory", "0");
    }

    @Test
    void FR4_after_a_flush_leases_counters_and_lifetime_are_restored_by_renewal_and_heartbeat() {
        registry.heartbeat(beat("a"));
        registry.release(List.of(grant().session()));
        var leases = List.of(grant().lease(), grant().lease());
        registry.heartbeat(beat("a"));

        redis.cli("FLUSHALL");
        var restored = registry.renew(leases);
        var reply = registry.heartbeat(beat("a"));

        assertThat(restored.restored()).hasSize(2);
        assertThat(reply).satisfies(continues(2, 3));
        assertThat(registry.acquire(request())).isInstanceOf(AllTaken.class);
        assertThat(active()).isEqualTo("2");
    }

    @Test
    void FR4_fencing_tokens_grow_although_redis_was_emptied() {
        registry.heartbeat(beat("a"));
        var before = grant().fence();

        redis.cli("FLUSHALL");
        registry.heartbeat(beat("a"));

        assertThat(grant().fence()).isGreaterThan(before);
    }

    @Test
    void FR5_leases_of_an_old_snapshot_are_reclaimed_at_first_use() {
        registry.heartbeat(beat("a"));
        grant();
        grant();
        redis.cli("SAVE");
        redis.server().kill();
        redis.server().startAgain();
        redis.awaitConnected(registry);
        redis.pass(RegistryFixtures.LEASE_TTL);

        registry.heartbeat(beat("a"));

        assertThat(registry.acquire(request())).isInstanceOf(Granted.class);
        assertThat(active()).isEqualTo("1");
        redis.server().folder().resolve("dump.rdb").toFile().delete();
    }

    @Test
    void FR13_a_release_works_when_redis_is_out_of_memory() {
        registry.heartbeat(beat("a"));
        var granted = grant();
        redis.cli("CONFIG", "SET", "maxmemory", "1");

        registry.release(List.of(granted.session()));

        assertThat(active()).isEqualTo("0");
    }

    @Test
    void FR13_renewal_and_heartbeat_work_and_a_connect_fails_cleanly_when_redis_is_out_of_memory() {
        registry.heartbeat(beat("a"));
        var granted = grant();
        redis.cli("CONFIG", "SET", "maxmemory", "1");

        assertThatExceptionOfType(RegistryUnavailableException.class)
                .isThrownBy(() -> registry.acquire(request()))
                .withMessageContaining("OOM");
        assertThat(registry.renew(List.of(granted.lease())).restored()).isEmpty();
        assertThat(registry.heartbeat(beat("a"))).satisfies(continues(1, 1));
        registry.deregister(worker("a"), "a-1");
        assertThat(redis.cli("EXISTS", "worker:chromium:a")).isEqualTo("0");
    }

    @Test
    void FR13_a_release_works_out_of_memory_on_servers_without_script_flags() {
        registry.heartbeat(beat("a"));
        var granted = grant();
        redis.cli("CONFIG", "SET", "maxmemory", "1");

        var body = RedisScript.RELEASE.text(false).body();
        redis.cli(
                "EVAL",
                body,
                "0",
                "2",
                "50",
                "15000",
                "60000,90000",
                granted.session().toString());

        assertThat(active()).isEqualTo("0");
    }

    @Test
    void FR14_scripts_that_redis_does_not_cache_any_more_are_sent_again() {
        registry.heartbeat(beat("a"));
        redis.cli("SCRIPT", "FLUSH");

        var granted = grant();
        redis.cli("SCRIPT", "FLUSH");
        registry.release(List.of(granted.session()));

        assertThat(active()).isEqualTo("0");
    }

    @Test
    void FR16_every_key_of_another_type_is_repaired() {
        for (var key : keysAfterUse()) {
            redis.cli("FLUSHALL");
            registry.heartbeat(beat("a"));
            var granted = grant();
            redis.cli("DEL", key);
            redis.cli("LPUSH", key, "operator");

            registry.renew(List.of(granted.lease()));
            registry.heartbeat(beat("a"));
            registry.acquire(request());
            registry.reap();
            registry.heartbeat(beat("a"));
            describe(granted);
            registry.sessions().end(granted.session());
            registry.sessions().page(10, Optional.empty());
            registry.release(List.of(granted.session()));
            registry.heartbeat(beat("a"));

            assertThat(registry.acquire(request())).as(key).isInstanceOf(Granted.class);
        }
    }

    @Test
    void FR16_counters_that_are_not_numbers_are_rewritten() {
        registry.heartbeat(beat("a"));
        var granted = grant();
        redis.cli("HSET", "cluster:active_connections", "chromium:a", "many");
        redis.cli("HSET", "cluster:lifetime_connections", "chromium:a", "-7");
        redis.cli("SET", "grid:fence", "no number");

        registry.release(List.of(granted.session()));
        registry.heartbeat(beat("a"));

        assertThat(active()).isEqualTo("0");
        assertThat(grant().worker()).isEqualTo(worker("a"));
    }

    @Test
    void FR16_sessions_that_lost_their_lease_expire() {
        registry.heartbeat(beat("a"));
        grant();
        grant();
        redis.cli("DEL", "grid:leases");

        registry.heartbeat(beat("a"));
        redis.pass(RegistryFixtures.LEASE_TTL);

        assertThat(registry.acquire(request())).isInstanceOf(Granted.class);
    }

    @Test
    void FR16_a_worker_whose_record_was_deleted_is_not_selected_until_its_next_heartbeat() {
        registry.heartbeat(beat("a"));
        redis.cli("DEL", "worker:chromium:a");

        var answer = registry.acquire(request());
        registry.heartbeat(beat("a"));

        assertThat(answer).isNotInstanceOf(Granted.class);
        assertThat(registry.acquire(request())).isInstanceOf(Granted.class);
    }

    @Test
    void FR18_an_order_whose_message_was_lost_is_found_at_the_next_heartbeat() {
        registry.heartbeat(beat("a"));

        redis.cli("SET", "worker:cmd:chromium:a", "shutdown", "EX", "60");

        assertThat(registry.heartbeat(beat("a"))).isNotInstanceOf(Continue.class);
    }

    @Test
    void FR18_an_order_that_was_given_after_a_flush_is_found_at_the_next_heartbeat() {
        registry.heartbeat(beat("a"));

        redis.cli("FLUSHALL");
        redis.cli("SET", "worker:cmd:chromium:a", "shutdown", "EX", "60");

        assertThat(registry.heartbeat(beat("a"))).isNotInstanceOf(Continue.class);
    }

    @Test
    void an_unknown_order_does_not_stop_a_worker_and_is_deleted_with_a_warning() {
        registry.heartbeat(beat("a"));
        redis.cli("SET", "worker:cmd:chromium:a", "shutdwon");
        registry.release(List.of(grant().session()));

        try (var lines = LoggedLines.of("dev.greenroom.registry.redis")) {
            assertThat(registry.heartbeat(beat("a"))).isInstanceOf(Continue.class);
            assertThat(lines.withCode("ORDER_UNKNOWN"))
                    .singleElement()
                    .asString()
                    .startsWith("WARN")
                    .contains("chromium:a", "shutdwon");
        }
        assertThat(redis.cli("EXISTS", "worker:cmd:chromium:a")).isEqualTo("0");
        assertThat(registry.acquire(request())).isInstanceOf(Granted.class);
    }

    @Test
    void a_worker_is_recycled_in_its_turn_despite_an_unknown_order() {
        registry.heartbeat(beat("a"));
        for (var n = 0; n < 50; n++) {
            redis.cli("SET", "worker:cmd:chromium:a", "later");
            registry.release(List.of(grant().session()));
        }

        assertThat(redis.cli("GET", "worker:cmd:chromium:a")).isEqualTo("shutdown");
        assertThat(registry.heartbeat(beat("a"))).isInstanceOf(Recycle.class);
    }

    @Test
    void an_order_without_an_expiry_expires_like_any_other() {
        registry.heartbeat(beat("a"));
        redis.cli("SET", "worker:cmd:chromium:a", "shutdown");

        assertThat(registry.heartbeat(beat("a"))).isInstanceOf(Shutdown.class);
        assertThat(Integer.parseInt(redis.cli("TTL", "worker:cmd:chromium:a"))).isBetween(1, 60);
    }

    @Test
    void a_schema_of_a_later_release_is_refused() {
        redis.cli("SET", "grid:schema", "2");

        for (var attempt = 0; attempt < 2; attempt++) {
            assertThatExceptionOfType(RegistryUnavailableException.class)
                    .isThrownBy(() -> registry.acquire(request()))
                    .withMessageContaining("GRIDSCHEMA");
        }
    }

    @Test
    void a_server_that_may_evict_keys_is_a_finding() {
        redis.cli("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
        var fresh = redis.registry(2, 50);
        redis.cli("CONFIG", "SET", "maxmemory-policy", "noeviction");

        assertThat(fresh.findings()).singleElement().asString().contains("noeviction");
        assertThat(registry.findings()).isEmpty();
    }

    @Test
    void FP6_late_releases_change_nothing() {
        registry.heartbeat(beat("a"));
        var old = grant();
        registry.release(List.of(old.session()));
        registry.deregister(worker("a"), "a-1");
        registry.heartbeat(beat("a"));
        grant();

        registry.release(List.of(old.session(), session()));

        assertThat(active()).isEqualTo("1");
    }

    /// What somebody who may write to Redis does to each number there; `V` is the number.
    private static final List<String> ATTACKS = List.of(
            "SET grid:fence V",
            "SET grid:schema V",
            "HSET grid:limits of x maxConcurrent V maxLifetime 50 recycleWait 90000 at 0",
            "HSET grid:limits of x maxConcurrent 2 maxLifetime V recycleWait 90000 at 0",
            "HSET grid:limits of x maxConcurrent 2 maxLifetime 50 recycleWait V at 0",
            "HSET grid:limits of x maxConcurrent 1 maxLifetime 50 recycleWait 90000 at V",
            "HSET grid:scan keptAt V scannedAt V length V taken V",
            "HSET grid:scan keys V counted V sweep:grid:sid V sweep:cluster:active_connections V",
            "HSET cluster:active_connections chromium:a V chromium:b V",
            "HSET cluster:lifetime_connections chromium:a V chromium:b V",
            "HSET grid:strikes chromium:a V",
            "HSET worker:chromium:a activeConnections V lifetimeConnections V maxConcurrent V maxLifetime V occupied V",
            "HSET worker:chromium:a startedAt V lastHeartbeat V heartbeatInterval V outgrown V",
            "HSET grid:recycle:chromium holder chromium:a mode exit started x since V",
            "HSET grid:recycle:chromium holder chromium:ghost mode renew started x since V",
            "HSET grid:session:SESSION lastCallAt V startedAt V",
            "SET grid:tick:chromium V",
            "SET grid:tick:chromium:again V",
            "SET grid:tick:chromium:list V",
            "ZADD grid:leases V chromium:a|SESSION V chromium:a|ghost V ghost; SADD grid:sess:chromium:a ghost other",
            "ZADD grid:workers:chromium V chromium:a V chromium:ghost V ghost",
            "ZADD grid:idx:chromium V chromium:a V chromium:ghost V ghost",
            "ZADD grid:due:chromium V chromium:a V chromium:ghost V ghost",
            "ZADD grid:suspect V chromium:a V chromium:ghost V ghost",
            "SADD grid:foreign:chromium V chromium:V",
            "ZADD grid:sessions V SESSION V ghost",
            "ZADD grid:ending V ghost",
            "ZADD grid:queue-proxies V ghost; HSET grid:wish:chromium one ||ghost two ||ghost; ZADD"
                    + " grid:queue:chromium V one V two",
            "PEXPIRE worker:chromium:a V; PEXPIRE grid:recycle:chromium V");

    private static final List<String> NUMBERS =
            List.of("9223372036854775807", "-1", "1e308", "inf", "0.5", "99999999999999999999999", "nan", "words");

    @Test
    void no_number_that_somebody_damages_costs_a_session_and_each_heals() {
        List<String> failures = new ArrayList<>();
        for (var attack : ATTACKS) {
            for (var number : NUMBERS) {
                try {
                    surviveDamage(attack, number);
                } catch (AssertionError | RuntimeException e) {
                    failures.add(attack + " with " + number + ": " + e);
                }
            }
        }
        assertThat(failures).isEmpty();
    }

    private void surviveDamage(String attack, String number) {
        // The registry of a worker remembers its lifetime.
        registry.deregister(worker("a"), "a-1");
        registry.deregister(worker("b"), "b-1");
        redis.cli("FLUSHALL");
        registry.heartbeat(beat("a"));
        registry.heartbeat(beat("b"));
        var granted = grant();
        describe(granted);
        redis.cli("DEL", "grid:tick:chromium", "grid:tick:firefox", "grid:tick:webkit");
        damage(attack.replace("SESSION", granted.session().toString()), number);

        assertThat(registry.acquire(request())).as("at once").isInstanceOf(Granted.class);
        useEverything(granted);
        redis.pass(RegistryFixtures.LEASE_TTL);
        useEverything(granted);
        registry.release(List.of(granted.session()));

        var sessions =
                Stream.generate(() -> registry.acquire(request())).limit(4).toList();
        assertThat(sessions).as("with the slots of both workers").allMatch(Granted.class::isInstance);
        assertThat(registry.workers())
                .allSatisfy(worker -> assertThat(worker.slotLimit().value()).isEqualTo(2));
    }

    private void useEverything(Granted granted) {
        registry.renew(List.of(granted.lease()));
        registry.reap();
        registry.heartbeat(beat("a"));
        registry.heartbeat(beat("b"));
        registry.probe();
        registry.workers();
        describe(granted);
        registry.sessions().page(10, Optional.empty());
        registry.keepPlaces("one", List.of());
        registry.enqueue("one", request(granted.session()), Duration.ZERO);
        registry.dequeue(List.of(granted.session()));
        registry.suspect(worker("b"));
        registry.clearSuspicion(worker("b"));
    }

    /// A command that Redis itself refuses, because it takes no such number there, does no damage.
    private static void damage(String attack, String number) {
        for (var command : attack.split("; ", -1)) {
            redis.cli(command.replaceAll("\\bV\\b", number).split(" ", -1));
        }
    }

    /// Where somebody who may write to Redis puts a text `V` of a megabyte.
    private static final List<String> TEXTS = List.of(
            "redis.call('HSET', 'worker:chromium:a', 'wsEndpoint', V)",
            "redis.call('HSET', 'worker:chromium:a', 'status', V, 'startedAt', V, 'lastHeartbeat', V)",
            "redis.call('HSET', 'worker:chromium:a', 'software', V, 'heartbeatInterval', V, 'playwrightVersions', V)",
            "redis.call('HSET', 'worker:chromium:' .. V, 'browserType', 'chromium', 'wsEndpoint', 'ws://x:1/')"
                    + " redis.call('ZADD', 'grid:workers:chromium', '1e14', 'chromium:' .. V)",
            "redis.call('HSET', 'grid:session:SESSION', 'proxy', V, 'playwright', V, 'remote', V, 'tenant', V)",
            "redis.call('ZADD', 'grid:sessions', 0, V) redis.call('HSET', 'grid:sid', V, 'chromium:a')"
                    + " redis.call('HSET', 'grid:session:' .. V, 'worker', 'chromium:a')",
            "redis.call('HSET', 'grid:sid', 'SESSION', V) redis.call('HSET', 'grid:session:SESSION', 'worker', V)",
            "redis.call('ZADD', 'grid:queue:chromium', 1, V) redis.call('HSET', 'grid:wish:chromium', V, '||one')",
            "redis.call('HSET', 'grid:scan', 'damaged', V)");

    @Test
    void no_text_that_somebody_makes_long_reaches_a_proxy_or_a_worker_and_each_heals() {
        for (var attack : TEXTS) {
            registry.deregister(worker("a"), "a-1");
            redis.cli("FLUSHALL");
            registry.heartbeat(beat("a"));
            registry.keepPlaces("one", List.of());
            var granted = grant();
            describe(granted);
            var before = bytesSent();
            redis.cli(
                    "EVAL",
                    "local V = string.rep('1', 1048576) "
                            + attack.replace("SESSION", granted.session().toString()),
                    "0");

            registry.workers();
            registry.sessions().page(10, Optional.empty());
            registry.keepPlaces("one", List.of());
            registry.acquire(request());
            registry.heartbeat(beat("a"));
            registry.reap();

            assertThat(bytesSent() - before).as(attack).isLessThan(1 << 19);
            registry.release(List.of(granted.session()));
            redis.pass(RegistryFixtures.LEASE_TTL);
            registry.heartbeat(beat("a"));
            assertThat(registry.acquire(request())).as(attack).isInstanceOf(Granted.class);
        }
    }

    private static long bytesSent() {
        return redis.cli("INFO", "stats")
                .lines()
                .filter(line -> line.startsWith("total_net_output_bytes:"))
                .mapToLong(line ->
                        Long.parseLong(line.substring(line.indexOf(':') + 1).strip()))
                .sum();
    }

    @Test
    void numbers_that_were_damaged_are_reported_once_by_their_keys() {
        registry.heartbeat(beat("a"));
        grant();
        damage(
                "SET grid:fence V; HSET grid:limits of x at V; ZADD grid:leases V chromium:a|ghost",
                "9223372036854775807");
        redis.pass(Duration.ofSeconds(1));
        grant();

        try (var lines = LoggedLines.of("dev.greenroom.registry.redis")) {
            registry.reap();
            registry.reap();

            assertThat(lines.withCode("REDIS_NUMBERS_REPAIRED"))
                    .singleElement()
                    .asString()
                    .startsWith("WARN")
                    .contains("grid:fence", "grid:limits", "grid:leases");
        }
        assertThat(Long.parseLong(redis.cli("GET", "grid:fence"))).isLessThan(1L << 53);
    }

    private List<String> keysAfterUse() {
        registry.heartbeat(beat("a"));
        registry.heartbeat(RegistryFixtures.serving(beat("b"), "1.62"));
        var held = Stream.of(grant(), grant())
                .map(Granted::lease)
                .map(HeldLease::session)
                .toList();
        registry.suspect(worker("a"));
        registry.reap();
        describe(new Granted(held.getLast(), worker("a"), beat("a").endpoint(), 0));
        registry.sessions().end(held.getLast());
        registry.keepPlaces("one", List.of());
        registry.enqueue("one", request(), Duration.ZERO);
        registry.release(List.<SessionId>of(held.getFirst()));
        await().until(() -> redis.cli("KEYS", "grid:tick:*").isEmpty());
        return redis.cli("KEYS", "*").lines().toList();
    }

    private void describe(Granted granted) {
        registry.sessions()
                .describe(List.of(new LiveSession(
                        granted.session(),
                        granted.worker(),
                        "p:1",
                        new LiveSession.Client(Optional.empty(), "192.0.2.7", ""))));
    }

    private Granted grant() {
        var answer = registry.acquire(request());
        assertThat(answer).isNotInstanceOf(NoWorkers.class).isInstanceOf(Granted.class);
        return (Granted) answer;
    }

    private static String active() {
        return redis.cli("HGET", "cluster:active_connections", "chromium:a");
    }

    @Test
    void derived_keys_expire_in_an_abandoned_redis() {
        registry.heartbeat(beat("a"));
        registry.sessions().describe(List.of());
        grant();
        var listed = listed();
        registry.acquire(listed);
        registry.sessions().end(listed.session());
        registry.enqueue("proxy", request(), Duration.ZERO);
        registry.suspect(worker("a"));
        redis.pass(Duration.ofSeconds(61));
        registry.heartbeat(beat("a"));

        var forEver = redis.cli("KEYS", "*")
                .lines()
                .filter(key -> redis.cli("TTL", key).equals("-1"))
                .toList();

        assertThat(forEver).containsExactlyInAnyOrder("cluster:active_connections", "cluster:lifetime_connections");
    }

    private static SlotRequest listed() {
        var client = new LiveSession.Client(Optional.empty(), "192.0.2.7", "");
        var requester = Optional.of(new SlotRequest.Requester("proxy", client));
        return new SlotRequest(session(), BrowserType.CHROMIUM, Optional.empty(), Set.of(), requester);
    }

    @Test
    void a_set_of_versions_that_no_worker_supports_any_more_is_removed() {
        for (var n = 0; n < 5; n++) {
            var worker = serving(beat("w" + n), "1.6" + n);
            registry.heartbeat(worker);
            registry.deregister(worker.worker(), worker.incarnation());
        }

        assertThat(redis.cli("SMEMBERS", "grid:offers:chromium")).isEmpty();
    }
}
