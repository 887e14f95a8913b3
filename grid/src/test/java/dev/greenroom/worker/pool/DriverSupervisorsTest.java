package dev.greenroom.worker.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.testkit.FakeClock;
import dev.greenroom.testkit.FakeDrivers;
import dev.greenroom.worker.driver.Driver.LaunchResult;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.driver.LaunchedBrowser;
import dev.greenroom.worker.store.DriverSource.DriverPackage;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class DriverSupervisorsTest {
    private static final PlaywrightVersion VERSION = new PlaywrightVersion(1, 62);
    private static final DriverPackage DRIVER = new DriverPackage(VERSION, "1.62.0", Path.of("/fake"));
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration LONG = Duration.ofMinutes(6);

    private final FakeClock clock = new FakeClock(Instant.EPOCH);
    private final FakeDrivers drivers = new FakeDrivers(VERSION);
    private final DriverSupervisors driverSupervisors =
            new DriverSupervisors(1, false, drivers, drivers, clock::nanos, _ -> {});

    @Test
    void a_driver_that_nobody_uses_is_ended_and_started_again_when_somebody_does() throws Exception {
        launch().close();

        clock.advance(LONG);
        driverSupervisors.endIdle(_ -> true);

        assertThat(drivers.started().getFirst().alive()).isFalse();
        assertThat(launch().alive()).isTrue();
        assertThat(drivers.started()).hasSize(2);
    }

    @Test
    void browsers_are_spread_over_as_many_drivers_as_there_may_be() throws Exception {
        var two = new DriverSupervisors(2, false, drivers, drivers, clock::nanos, _ -> {});

        launch(two);
        var second = launch(two);
        launch(two);
        second.close();
        launch(two);

        assertThat(drivers.started()).hasSize(2);
        assertThat(drivers.alive()).hasSize(3);
        drivers.started().getLast().die();
        assertThat(drivers.alive()).hasSize(2);
    }

    @Test
    void a_driver_that_does_not_answer_gets_no_more_browsers_and_another_one_takes_its_place() throws Exception {
        var old = launch();
        drivers.started().getFirst().silent(true);

        var fresh = launch();

        assertThat(drivers.started()).hasSize(2);
        assertThat(driverSupervisors.hung()).isOne();
        assertThat(old.usable()).isFalse();
        assertThat(fresh.usable()).isTrue();
        drivers.started().getFirst().silent(false);
        assertThat(driverSupervisors.hung()).isZero();
        assertThat(old.usable()).isTrue();
    }

    @Test
    void a_driver_that_was_replaced_is_ended_when_its_last_browser_is() throws Exception {
        var old = launch();
        drivers.started().getFirst().silent(true);
        launch();
        drivers.started().getFirst().silent(false);

        driverSupervisors.endIdle(_ -> true);
        assertThat(drivers.started().getFirst().alive()).isTrue();
        old.close();
        clock.advance(Duration.ofSeconds(1));
        driverSupervisors.endIdle(_ -> true);

        assertThat(drivers.started().getFirst().alive()).isFalse();
        assertThat(drivers.started().getLast().alive()).isTrue();
    }

    @Test
    void a_driver_with_a_browser_is_kept_however_long_it_lives() throws Exception {
        var browser = launch();

        clock.advance(LONG);
        driverSupervisors.endIdle(_ -> true);

        assertThat(browser.alive()).isTrue();
        assertThat(drivers.started().getFirst().alive()).isTrue();
    }

    @Test
    void a_driver_that_was_used_a_moment_ago_is_kept() throws Exception {
        launch();
        clock.advance(LONG);
        launch().close();
        drivers.browsers().forEach(LaunchedBrowser::close);

        driverSupervisors.endIdle(_ -> true);

        assertThat(drivers.started().getFirst().alive()).isTrue();
    }

    @Test
    void after_closing_nothing_is_launched() throws Exception {
        launch();

        driverSupervisors.close();

        assertThat(drivers.alive()).isEmpty();
        assertThat(driverSupervisors.place(DRIVER, Optional.empty())).isEmpty();
    }

    @Test
    void a_driver_that_is_being_started_when_all_end_is_ended_too() throws Exception {
        drivers.holdStarts();
        var start =
                driverSupervisors.place(DRIVER, Optional.empty()).orElseThrow().driver();
        await().until(() -> drivers.starting() == 1);

        driverSupervisors.close();

        assertThat(start).isCompletedExceptionally();
        assertThat(drivers.starting()).isZero();
        assertThat(drivers.started()).isEmpty();
    }

    @Test
    void a_launch_that_comes_after_the_end_starts_no_driver() throws Exception {
        var driverSupervisor = driverSupervisors.place(DRIVER, Optional.empty()).orElseThrow();

        driverSupervisors.close();

        assertThat(driverSupervisor.driver()).isCompletedExceptionally();
        assertThat(drivers.startsBegun()).isZero();
    }

    private LaunchedBrowser launch() throws Exception {
        return launch(driverSupervisors);
    }

    private static LaunchedBrowser launch(DriverSupervisors from) throws Exception {
        var driverSupervisor = from.place(DRIVER, Optional.empty()).orElseThrow();
        driverSupervisor.expectLaunch();
        var driver = driverSupervisor.driver().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        var result = driverSupervisor.launch(driver, spec(), PATIENCE);
        assertThat(result).isInstanceOf(LaunchResult.Launched.class);
        return ((LaunchResult.Launched) result).browser();
    }

    private static LaunchSpec spec() {
        return new LaunchSpec(
                BrowserType.CHROMIUM, Path.of("/fake"), Optional.empty(), true, false, List.of(), PATIENCE);
    }
}
