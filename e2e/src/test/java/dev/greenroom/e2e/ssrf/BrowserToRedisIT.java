package dev.greenroom.e2e.ssrf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.testkit.RedisServer;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("S8")
class BrowserToRedisIT {
    @Test
    @Timeout(180)
    void a_page_that_speaks_to_redis_has_no_command_executed() {
        try (var redis = RedisServer.start();
                var grid = UpGrid.start(Map.of())) {
            var before = connections(redis);

            NodeClient.of("1.62.0").run("to-redis.mjs", grid.url(), Map.of("port", redis.port()));

            assertThat(connections(redis)).as("the page did reach Redis").isGreaterThan(before + 3);
            assertThat(redis.cli("KEYS", "*")).isBlank();
            assertThat(redis.cli("INFO", "commandstats")).doesNotContain("cmdstat_set:", "cmdstat_eval:");
        }
    }

    private static int connections(RedisServer redis) {
        return redis.cli("INFO", "stats")
                .lines()
                .filter(line -> line.startsWith("total_connections_received:"))
                .mapToInt(line -> Integer.parseInt(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }
}
