package dev.greenroom.registry.redis;

import static dev.greenroom.registry.RegistryFixtures.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.registry.RegistryFixtures;
import dev.greenroom.testkit.LoggedLines;
import dev.greenroom.testkit.RedisServer;
import org.junit.jupiter.api.Test;

final class RedisClusterIT {
    @Test
    void a_redis_in_cluster_mode_is_refused_by_name_and_never_written_to() {
        try (var redis = RedisServer.start("--cluster-enabled", "yes");
                var log = LoggedLines.of("dev.greenroom.registry.redis");
                var registry = new RedisRegistry(redis.settings(), RegistryFixtures.limits(5, 50))) {
            registry.start();

            await().until(registry::isCluster);

            assertThatExceptionOfType(RegistryUnavailableException.class).isThrownBy(() -> registry.acquire(request()));
            assertThat(registry.isConnected()).isFalse();
            await().until(() -> !log.withCode("REDIS_CLUSTER").isEmpty());
            assertThat(log.withCode("REDIS_CLUSTER").getFirst()).startsWith("WARN Redis Cluster cannot be used");
            assertThat(redis.cli("INFO", "commandstats")).doesNotContain("cmdstat_eval");
        }
    }
}
