package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.Heartbeat;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import dev.greenroom.worker.RegisteredWorker;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Everybody comes back at once.
@Timeout(60)
final class HerdIT {
    private static final int WORKERS = 200;
    private static final int PER_REGISTRY = 20;

    /// A third of the default, as is the time after which a worker counts as dead.
    private static final Duration INTERVAL = Duration.ofSeconds(3);

    private static final Duration TTL = INTERVAL.multipliedBy(3);
    private static final Duration WINDOW = Duration.ofSeconds(1);
    private static final int WINDOWS = 4;
    private static final Duration BACK = Duration.ofSeconds(5);
    private static final Pattern CALLS = Pattern.compile("cmdstat_eval(?:sha)?:calls=(\\d+)");

    private final FaultGrid grid = new FaultGrid(5, 1_000);

    @AfterEach
    void close() throws Exception {
        grid.close();
    }

    private double scripts() {
        return CALLS.matcher(grid.redis().cli("INFO", "commandstats"))
                .results()
                .mapToLong(result -> Long.parseLong(result.group(1)))
                .sum();
    }

    /// The busiest of some windows, as scripts per second.
    private double peak() {
        var peak = 0.0;
        for (var n = 0; n < WINDOWS; n++) {
            var before = scripts();
            var began = System.nanoTime();
            await().pollDelay(WINDOW).until(() -> true);
            peak = Math.max(peak, (scripts() - before) * 1e9 / (System.nanoTime() - began));
        }
        return peak;
    }

    private static Heartbeat beat(int n) {
        return new Heartbeat(
                new WorkerId(BrowserType.CHROMIUM, "herd-" + n),
                "incarnation-" + n,
                new WorkerEndpoint("127.0.0.1", 3131, "/playwright/chromium/herd-" + n),
                WorkerStatus.AVAILABLE,
                Instant.EPOCH,
                new SupportedVersions.Any(),
                5,
                INTERVAL,
                TTL,
                "greenroom/test");
    }

    private List<Registry> populate() throws Exception {
        List<Registry> registries = new ArrayList<>();
        for (var n = 0; n < WORKERS; n++) {
            if (n % PER_REGISTRY == 0) {
                registries.add(grid.closing(grid.registry(grid.redis().port())));
            }
            grid.closing(RegisteredWorker.start(registries.getLast(), beat(n)));
        }
        return registries;
    }

    private int workers() {
        return Integer.parseInt(grid.redis().cli("ZCARD", "grid:workers:chromium"));
    }

    @Test
    void FP7_workers_that_register_again_after_redis_was_emptied_spread_their_heartbeats() throws Exception {
        var registries = populate();
        assertThat(registries).isNotEmpty();
        var steady = peak();

        grid.redis().kill();
        await().pollDelay(Duration.ofSeconds(3)).until(() -> true);
        grid.redis().startAgain();
        var herd = peak();

        assertThat(workers()).as("workers that are back").isEqualTo(WORKERS);
        assertThat(herd).as("scripts per second, against %.0f before", steady).isLessThan(3 * steady);
        await().atMost(BACK).until(() -> workers() == WORKERS);
    }
}
