package dev.greenroom.worker.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.config.WorkerSections.PoolSettings;
import dev.greenroom.config.WorkerSections.PoolSettings.DriverIsolation;
import dev.greenroom.config.WorkerSections.PoolSettings.Isolation;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.LaunchOverrides;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.testkit.FakeDrivers;
import dev.greenroom.worker.driver.Driver.DriverDeath;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.pool.BrowserPool.TakeResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// When a pool says that its worker had better end.
class FailureThresholdTest {
    private static final PlaywrightVersion OLD = new PlaywrightVersion(1, 40);
    private static final PlaywrightVersion NEW = new PlaywrightVersion(1, 62);
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final FakeDrivers drivers = new FakeDrivers(OLD, NEW);
    private final CompletableFuture<String> cause = new CompletableFuture<>();
    private final BrowserPool pool = new BrowserPool(
            new PoolSettings(Isolation.SESSION, 0, 1, PATIENCE, DriverIsolation.WORKER, 1, 0),
            new LaunchSpec(BrowserType.CHROMIUM, Path.of("/fake"), Optional.empty(), true, false, List.of(), PATIENCE),
            drivers,
            drivers,
            System::nanoTime);

    @BeforeEach
    void start() {
        pool.onFatal(cause::complete);
        pool.start();
    }

    @AfterEach
    void close() {
        pool.close();
    }

    @Test
    void an_old_version_with_which_no_browser_comes_up_is_no_reason_to_end() throws Exception {
        drivers.failLaunches(4);
        for (int attempt = 0; attempt < 4; attempt++) {
            pool.take(Optional.of(OLD), LaunchOverrides.NONE, Optional.empty(), PATIENCE);
        }

        assertThat(cause).isNotDone();
    }

    @Test
    void three_deaths_of_drivers_within_a_minute_are_fatal() throws Exception {
        for (int death = 0; death < 3; death++) {
            pool.take(Optional.of(NEW), LaunchOverrides.NONE, Optional.empty(), PATIENCE);
            drivers.started().getLast().die();
        }

        assertThat(cause.get(20, TimeUnit.SECONDS)).contains("3 times within 60 s", "killed by the test");
    }

    @Test
    void drivers_that_sessions_kill_are_no_reason_to_end_however_many_they_are() throws Exception {
        for (int death = 0; death < 4; death++) {
            pool.take(Optional.of(NEW), LaunchOverrides.NONE, Optional.empty(), PATIENCE);
            drivers.started().getLast().die(new DriverDeath(Cause.DRIVER_HUNG, "hung by a session", true));
        }
        pool.take(Optional.of(NEW), LaunchOverrides.NONE, Optional.empty(), PATIENCE);

        assertThat(cause).isNotDone();
    }

    @Test
    void three_failed_launches_within_a_minute_are_fatal() throws Exception {
        drivers.failLaunches(3);
        for (int attempt = 0; attempt < 3; attempt++) {
            pool.take(Optional.of(NEW), LaunchOverrides.NONE, Optional.empty(), PATIENCE);
        }

        assertThat(cause.get(20, TimeUnit.SECONDS)).contains("3 times within 60 s", "made to fail");
    }

    @Test
    void an_old_version_whose_driver_does_not_start_is_no_reason_to_end() throws Exception {
        drivers.failStarts(4);
        for (int attempt = 0; attempt < 3; attempt++) {
            assertThat(pool.take(Optional.of(OLD), LaunchOverrides.NONE, Optional.empty(), PATIENCE))
                    .isInstanceOf(TakeResult.LaunchFailed.class);
        }

        assertThat(cause).isNotDone();
    }
}
