package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.testkit.FakeWorker;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A worker that nobody but an operator knows of.
@Timeout(60)
final class ForeignWorkerIT {
    private final FaultGrid grid = new FaultGrid(2, 1_000);

    @AfterEach
    void close() throws Exception {
        grid.close();
    }

    @Test
    void FP17_a_worker_registered_by_hand_serves_sessions_through_a_proxy() throws Exception {
        var front = grid.front();
        var foreign = grid.closing(FakeWorker.start(FakeWorker.echo()));
        var endpoint = "ws://127.0.0.1:" + foreign.port() + "/playwright/chromium/abc123";
        assertThat(FaultClient.status(front.port())).as("without any worker").isEqualTo(503);

        var now = Long.toString(Instant.now().getEpochSecond());
        register(endpoint, now);
        var first = front.session();
        var second = front.session();

        first.assertEchoes();
        second.assertEchoes();
        assertThat(foreign.nextHead()).startsWith("GET /playwright/chromium/abc123 HTTP/1.1\r\n");
        assertThat(grid.redis().cli("HGET", "cluster:active_connections", "chromium:abc123"))
                .isEqualTo("2");
        assertThat(grid.redis().cli("HGET", "cluster:lifetime_connections", "chromium:abc123"))
                .isEqualTo("2");
        assertThat(FaultClient.status(front.port())).as("beyond its slots").isEqualTo(503);
        first.leave();
        second.leave();
        grid.assertQuiet();
    }

    /// With the documented keys and no other.
    private void register(String endpoint, String now) {
        var key = "worker:chromium:abc123";
        grid.redis()
                .cli(
                        "HSET",
                        key,
                        "id",
                        "abc123",
                        "browserType",
                        "chromium",
                        "wsEndpoint",
                        endpoint,
                        "endpoint",
                        endpoint);
        grid.redis().cli("HSET", key, "status", "available", "startedAt", now, "lastHeartbeat", now);
        grid.redis().cli("EXPIRE", key, "60");
        grid.redis().cli("HSET", "cluster:active_connections", "chromium:abc123", "0");
        grid.redis().cli("HSET", "cluster:lifetime_connections", "chromium:abc123", "0");
    }
}
