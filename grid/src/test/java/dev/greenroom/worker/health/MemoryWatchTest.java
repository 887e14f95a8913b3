package dev.greenroom.worker.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.config.ByteSize;
import dev.greenroom.config.WorkerSections.MemorySettings;
import dev.greenroom.config.WorkerSections.PoolSettings;
import dev.greenroom.config.WorkerSections.PoolSettings.DriverIsolation;
import dev.greenroom.config.WorkerSections.PoolSettings.Isolation;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.LaunchOverrides;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.testkit.FakeDrivers;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.driver.LaunchedBrowser;
import dev.greenroom.worker.health.MemoryWatch.MemoryUse;
import dev.greenroom.worker.pool.BrowserPool;
import dev.greenroom.worker.pool.BrowserPool.TakeResult;
import dev.greenroom.worker.pool.PooledBrowser;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.event.Level;

class MemoryWatchTest {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final long MEBI = 1L << 20;

    @TempDir
    private Path root;

    private final FakeDrivers drivers = new FakeDrivers(new PlaywrightVersion(1, 62));
    private final BrowserPool pool = new BrowserPool(
            new PoolSettings(Isolation.SESSION, 4, 1, PATIENCE, DriverIsolation.WORKER, 1, 0),
            new LaunchSpec(BrowserType.CHROMIUM, Path.of("/fake"), Optional.empty(), true, false, List.of(), PATIENCE),
            drivers,
            drivers,
            System::nanoTime);
    private final List<Long> outgrown = Collections.synchronizedList(new ArrayList<>());
    private FakeMachine machine;

    @BeforeEach
    void open() {
        machine = new FakeMachine(root).memory(1_000, 900);
    }

    @AfterEach
    void close() {
        pool.close();
    }

    @Test
    void a_worker_is_its_drivers_and_their_browsers_and_says_when_it_is_too_much() throws Exception {
        try (var watch = watch("100m");
                var browser = take()) {
            machine.process(drivers.started().getFirst().pid(), 0, 50 * 1024)
                    .process(browser.pid(), 1, 40 * 1024)
                    .closedProcess(5_000, browser.pid(), 30 * 1024)
                    .process(5_001, 1_000_000, 7);

            watch.start();

            await().until(() -> !outgrown.isEmpty());
            assertThat(outgrown).containsOnly(120 * MEBI);
            assertThat(watch.use()).isEqualTo(new MemoryUse(120 * MEBI, 120 * MEBI, 70 * MEBI, 70 * MEBI, 70 * MEBI));
            assertThat(browser.peakBytes()).isEqualTo(70 * MEBI);
        }
    }

    @Test
    void a_worker_within_its_limit_says_nothing() throws Exception {
        try (var watch = watch("200m");
                var browser = take()) {
            machine.process(drivers.started().getFirst().pid(), 0, 50 * 1024).process(browser.pid(), 1, 1024);

            watch.start();

            await().until(() -> watch.use().worker() == 51 * MEBI);
            assertThat(outgrown).isEmpty();
        }
    }

    @Test
    void fewer_browsers_are_kept_warm_while_memory_is_short_and_all_of_them_afterwards() {
        pool.start();
        awaitWarm(4);
        try (var watch = watch("1g")) {
            watch.applyPressure(0.90);
            awaitWarm(2);
            watch.applyPressure(0.85);
            watch.applyPressure(0.95);
            awaitWarm(1);
            watch.applyPressure(0.95);
            awaitWarm(0);
            watch.applyPressure(0.81);
            awaitWarm(0);

            watch.applyPressure(0.79);
            awaitWarm(1);
            watch.applyPressure(0.79);
            watch.applyPressure(0.79);
            watch.applyPressure(0.79);
            awaitWarm(4);
        }
    }

    private void awaitWarm(int count) {
        await().untilAsserted(() -> {
            assertThat(pool.stats().warm()).isEqualTo(count);
            assertThat(drivers.alive()).filteredOn(LaunchedBrowser::alive).hasSize(count);
        });
    }

    private MemoryWatch watch(String limit) {
        var bytes = Long.parseLong(limit.replaceAll("\\D", "")) * (limit.endsWith("g") ? 1024 : 1) * MEBI;
        var settings = new MemorySettings(Optional.of(new ByteSize(bytes)), 90);
        return new MemoryWatch(settings, pool, false, Level.INFO, outgrown::add, machine.pressure());
    }

    private PooledBrowser take() throws InterruptedException {
        var result = pool.take(Optional.empty(), LaunchOverrides.NONE, Optional.empty(), PATIENCE);
        assertThat(result).isInstanceOf(TakeResult.Taken.class);
        return ((TakeResult.Taken) result).browser();
    }
}
