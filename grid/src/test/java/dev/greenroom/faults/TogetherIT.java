package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.testkit.FaultProxy.Weather;
import dev.greenroom.testkit.SlowNames;
import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Names that resolve slowly or not at all, alone and together with everything else.
@Timeout(90)
final class TogetherIT {
    private static final Duration CONVERGES = Duration.ofSeconds(30);

    private final FaultGrid grid = new FaultGrid(10, 1_000);

    @AfterEach
    void close() throws Exception {
        SlowNames.answer();
        grid.close();
    }

    /// Registers a worker whose name is looked up in vain. Java remembers such names for 10 s, so every
    /// test has its own.
    private void register(String host) {
        var key = "worker:chromium:slow";
        var endpoint = "ws://" + host + ":3131/playwright/chromium/slow";
        grid.redis().cli("HSET", key, "id", "slow", "browserType", "chromium", "wsEndpoint", endpoint);
        grid.redis().cli("HSET", key, "status", "available", "startedAt", "0", "lastHeartbeat", "0");
        grid.redis().cli("EXPIRE", key, "60");
        // The one that is nearest to its end is selected first.
        grid.redis().cli("HSET", "cluster:lifetime_connections", "chromium:slow", "100");
    }

    @Test
    void FR11_a_name_that_resolves_slowly_costs_a_client_little_more_than_a_second() throws Exception {
        grid.worker();
        var front = grid.front();
        register("alone." + SlowNames.DOMAIN);

        var asked = SlowNames.timesAsked();
        await("the slow worker is tried").atMost(Duration.ofSeconds(10)).until(() -> {
            var began = System.nanoTime();
            assertThat(FaultClient.status(front.port())).isEqualTo(101);
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofMillis(2_500));
            return SlowNames.timesAsked() > asked;
        });

        grid.redis().cli("DEL", "worker:chromium:slow");
        grid.assertQuiet();
    }

    @Test
    void FR21_slow_names_an_emptied_redis_and_a_restarted_proxy_together_are_over_within_thirty_seconds()
            throws Exception {
        var worker = grid.worker();
        var network = grid.networkBefore(grid.redis().port());
        network.weather(Weather.slow(Duration.ofMillis(10), Duration.ofMillis(20)));
        var leaving = grid.front();
        var staying = grid.front(Timing.proxy(), network.port(), InstantSource.system());
        var lost = leaving.session();
        var kept = staying.session();

        register("worker." + SlowNames.DOMAIN);
        grid.redis().kill();
        leaving.proxy().drain();
        leaving.close();
        grid.redis().startAgain();
        register("worker." + SlowNames.DOMAIN);
        var began = System.nanoTime();
        var fresh = grid.front();
        await("the new proxy serves").atMost(CONVERGES).until(() -> FaultClient.status(fresh.port()) == 101);
        await("the old one too").atMost(CONVERGES).until(() -> FaultClient.status(staying.port()) == 101);
        grid.awaitLeases(1, CONVERGES);

        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(CONVERGES);
        assertThat(lost.awaitClose().closeCode()).isEqualTo(1001);
        kept.assertEchoes();
        assertThat(FaultGrid.sockets(worker)).isEqualTo(1);
        fresh.session().leave();
        kept.leave();
        lost.close();
        grid.redis().cli("DEL", "worker:chromium:slow");
        grid.assertQuiet();
    }
}
