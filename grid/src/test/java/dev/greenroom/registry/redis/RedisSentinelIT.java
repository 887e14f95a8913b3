package dev.greenroom.registry.redis;

import static dev.greenroom.registry.RegistryFixtures.beat;
import static dev.greenroom.registry.RegistryFixtures.continues;
import static dev.greenroom.registry.RegistryFixtures.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.config.RedisSettings;
import dev.greenroom.config.Secret;
import dev.greenroom.registry.Registry.Acquisition.AllTaken;
import dev.greenroom.registry.Registry.Acquisition.Granted;
import dev.greenroom.registry.RegistryFixtures;
import dev.greenroom.testkit.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Redis behind Sentinel.
@Tag("check")
final class RedisSentinelIT {

    @Test
    void FR6_after_a_failover_that_lost_writes_the_registry_follows_and_leases_are_restored() throws Exception {
        try (var master = RedisServer.start();
                var replica = RedisServer.start("--replicaof", "127.0.0.1", Integer.toString(master.port()));
                var sentinel = RedisServer.startSentinel("grid", master);
                var registry = new RedisRegistry(settings(sentinel), RegistryFixtures.limits(1, 100))) {
            Set<Integer> reached = ConcurrentHashMap.newKeySet();
            registry.onReached(address -> reached.add(address.getPort()));
            registry.start();
            assertThat(registry.awaitConnection(Duration.ofSeconds(10))).isTrue();
            registry.heartbeat(beat("a"));
            await().until(() -> replica.cli("EXISTS", "worker:chromium:a").equals("1"));
            await().until(() -> sentinel.cli("SENTINEL", "REPLICAS", "grid").contains("master-link-status\nok"));
            replica.cli("REPLICAOF", "127.0.0.1", "1");
            var granted = (Granted) registry.acquire(request());

            replica.cli("REPLICAOF", "127.0.0.1", Integer.toString(master.port()));
            master.kill();
            await().atMost(Duration.ofSeconds(30))
                    .ignoreExceptions()
                    .until(() -> registry.renew(List.of(granted.lease())) != null);

            assertThat(replica.cli("ROLE")).startsWith("master");
            assertThat(reached).contains(sentinel.port(), master.port(), replica.port());
            assertThat(registry.heartbeat(beat("a"))).satisfies(continues(1, 1));
            assertThat(registry.acquire(request())).isInstanceOf(AllTaken.class);
        }
    }

    private static RedisSettings settings(RedisServer sentinel) {
        return new RedisSettings(
                Optional.of(new Secret("redis-sentinel://127.0.0.1:" + sentinel.port() + "#grid")),
                Optional.empty(),
                6379,
                Optional.empty(),
                Optional.empty());
    }
}
