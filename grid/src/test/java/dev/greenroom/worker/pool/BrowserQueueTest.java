package dev.greenroom.worker.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.session.BrowserType;
import dev.greenroom.session.ClientProtocol;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.testkit.FakeClock;
import dev.greenroom.testkit.FakeDrivers;
import dev.greenroom.worker.driver.Driver.LaunchResult;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.driver.LaunchSpec.OnConnect;
import dev.greenroom.worker.driver.LaunchedBrowser;
import dev.greenroom.worker.store.DriverSource.DriverPackage;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Launches for clients that have come wait in the same queue as all others.
class BrowserQueueTest {
    private static final PlaywrightVersion VERSION = new PlaywrightVersion(1, 62);
    private static final DriverPackage DRIVER = new DriverPackage(VERSION, "1.62.0", Path.of("/fake"));
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final FakeClock clock = new FakeClock(Instant.EPOCH);
    private final FakeDrivers drivers = new FakeDrivers(VERSION);
    private final List<String> failures = new ArrayList<>();
    private final DriverSupervisors driverSupervisors =
            new DriverSupervisors(1, false, drivers, drivers, clock::nanos, failures::add);
    private final BrowserQueue queue = new BrowserQueue(
            driverSupervisors,
            drivers,
            new WarmDemand(0, clock::nanos, () -> 0),
            spec(PATIENCE, false),
            1,
            clock::nanos);
    private final ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();

    @AfterEach
    void close() {
        clients.shutdownNow();
    }

    @Test
    void a_launch_for_a_client_that_has_come_waits_until_others_are_done() throws Exception {
        var first = onConnect(PATIENCE);
        var second = onConnect(PATIENCE);
        assertThat(first.awaitLaunch(PATIENCE)).isEmpty();

        var turn = clients.submit(() -> second.awaitLaunch(PATIENCE));

        await().during(Duration.ofMillis(100)).until(() -> !turn.isDone());
        clock.advance(Duration.ofMillis(300));
        first.launchEnded(true);
        assertThat(turn.get(20, TimeUnit.SECONDS)).isEmpty();
        await().until(() -> queue.stats(0, 0).launches() == 1);
        assertThat(queue.stats(0, 0).launching()).isEqualTo(Duration.ofMillis(300));
    }

    @Test
    void a_session_waits_for_a_client_that_has_come_before() throws Exception {
        var browser = onConnect(PATIENCE);
        assertThat(browser.awaitLaunch(PATIENCE)).isEmpty();

        var session = queue.request(DRIVER, new DriverOwner.Everybody());

        await().during(Duration.ofMillis(100)).until(() -> !session.isDone());
        browser.launchEnded(false);
        assertThat(session.get(20, TimeUnit.SECONDS).result()).isInstanceOf(LaunchResult.Launched.class);
        assertThat(queue.stats(0, 0).launchFailures()).isEqualTo(1);
    }

    @Test
    void a_client_that_waits_too_long_for_its_turn_is_told_why() throws Exception {
        assertThat(onConnect(PATIENCE).awaitLaunch(PATIENCE)).isEmpty();

        var refusal = onConnect(Duration.ofMillis(50)).awaitLaunch(PATIENCE);

        assertThat(refusal).contains("too many browsers are being launched");
    }

    @Test
    void a_launch_that_nobody_hears_of_again_gives_its_turn_up_in_time() throws Exception {
        assertThat(onConnect(PATIENCE).awaitLaunch(Duration.ofMillis(50))).isEmpty();

        assertThat(onConnect(PATIENCE).awaitLaunch(PATIENCE)).isEmpty();
    }

    @Test
    void a_client_that_leaves_gives_its_turn_up() throws Exception {
        var left = onConnect(PATIENCE);
        assertThat(left.awaitLaunch(PATIENCE)).isEmpty();

        left.close();

        assertThat(onConnect(PATIENCE).awaitLaunch(PATIENCE)).isEmpty();
        assertThat(queue.stats(0, 0).launchFailures()).isZero();
    }

    @Test
    void launches_that_fail_raise_the_alarm_but_not_those_of_a_clients_own_making() throws Exception {
        drivers.failLaunches(1);
        queue.take(DRIVER, Optional.empty(), Deadline.in(PATIENCE, clock::nanos));
        drivers.failLaunches(1);
        queue.onConnect(DRIVER, new DriverOwner.Everybody(), spec(PATIENCE, true), Deadline.in(PATIENCE, clock::nanos));

        assertThat(failures).containsExactly("made to fail");
    }

    private LaunchedBrowser onConnect(Duration patience) throws InterruptedException {
        var result = queue.onConnect(
                DRIVER, new DriverOwner.Everybody(), spec(patience, true), Deadline.in(PATIENCE, clock::nanos));
        assertThat(result).isInstanceOf(LaunchResult.Launched.class);
        return ((LaunchResult.Launched) result).browser();
    }

    private static LaunchSpec spec(Duration timeout, boolean onConnect) {
        return new LaunchSpec(
                BrowserType.CHROMIUM,
                Path.of("/fake"),
                Optional.empty(),
                true,
                false,
                List.of(),
                List.of(),
                timeout,
                false,
                false,
                onConnect
                        ? Optional.of(new OnConnect(false, Optional.empty(), Duration.ZERO, Map.of()))
                        : Optional.empty(),
                ClientProtocol.PLAYWRIGHT);
    }
}
