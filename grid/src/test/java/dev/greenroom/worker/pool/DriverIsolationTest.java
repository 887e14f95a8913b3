package dev.greenroom.worker.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.config.WorkerSections.PoolSettings;
import dev.greenroom.config.WorkerSections.PoolSettings.DriverIsolation;
import dev.greenroom.config.WorkerSections.PoolSettings.Isolation;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.LaunchOverrides;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.testkit.FakeDrivers;
import dev.greenroom.testkit.FakeDrivers.FakeDriver;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.pool.BrowserPool.TakeResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Which sessions have their browsers on the same driver, and how many drivers there are.
class DriverIsolationTest {
    private static final PlaywrightVersion OLD = new PlaywrightVersion(1, 40);
    private static final PlaywrightVersion NEW = new PlaywrightVersion(1, 62);
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Optional<String> ONE = Optional.of("one");
    private static final Optional<String> OTHER = Optional.of("other");
    private static final Optional<String> THIRD = Optional.of("third");
    private static final Optional<String> UNKNOWN = Optional.empty();

    private final FakeDrivers drivers = new FakeDrivers(OLD, NEW);
    private final List<BrowserPool> pools = new ArrayList<>();
    private final ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();

    @AfterEach
    void close() {
        pools.forEach(BrowserPool::close);
        clients.shutdownNow();
    }

    @Test
    void two_tenants_never_share_a_driver_and_one_does() throws Exception {
        var pool = pool(DriverIsolation.TENANT, 0);

        var first = driverOf(take(pool, ONE));
        var others = driverOf(take(pool, OTHER));
        var second = driverOf(take(pool, ONE));

        assertThat(others).isNotSameAs(first);
        assertThat(second).isNotSameAs(others);
        assertThat(drivers.started()).hasSize(second == first ? 2 : 3); // several drivers each, with many cores
    }

    @Test
    void warm_browsers_cost_one_driver_until_somebody_takes_one_and_then_they_are_his() throws Exception {
        var pool = pool(DriverIsolation.TENANT, 1);
        awaitWarm(pool, 1);
        assertThat(drivers.started()).hasSize(1);

        var first = take(pool, ONE);
        awaitWarm(pool, 1);
        var second = take(pool, OTHER);

        assertThat(first.warm()).isTrue();
        assertThat(second.warm()).as("it waits on the driver of another tenant").isFalse();
        assertThat(driverOf(second)).isNotSameAs(driverOf(first));
    }

    @Test
    void who_came_last_has_a_warm_browser_next_time() throws Exception {
        var pool = pool(DriverIsolation.TENANT, 1);
        take(pool, ONE).close();
        take(pool, OTHER).close();

        var latest = drivers.started().getLast();
        await().until(() -> latest.browsers().size() == 2 && pool.stats().warm() == 1);

        assertThat(take(pool, OTHER).warm()).isTrue();
    }

    @Test
    void a_session_of_an_unknown_tenant_is_alone_and_its_driver_ends_with_it() throws Exception {
        var pool = pool(DriverIsolation.TENANT, 2);
        awaitWarm(pool, 2);

        var alone = take(pool, UNKNOWN);
        var itsDriver = driverOf(alone);
        for (var tenant : List.of(UNKNOWN, ONE, UNKNOWN, OTHER)) {
            assertThat(driverOf(take(pool, tenant))).isNotSameAs(itsDriver);
        }
        assertThat(itsDriver.browsers())
                .as("that was warm beside it is of use to nobody")
                .filteredOn(browser -> browser.alive())
                .hasSize(1);
        alone.close();

        await().until(() -> !itsDriver.alive());
    }

    @Test
    void sessions_apart_have_each_their_driver_which_ends_with_them_and_a_warm_one_waits_for_the_next()
            throws Exception {
        var pool = pool(DriverIsolation.SESSION, 2);
        awaitWarm(pool, 2);
        assertThat(drivers.started()).hasSize(2);

        var first = take(pool, ONE);
        var second = take(pool, ONE);

        assertThat(first.warm() && second.warm()).isTrue();
        assertThat(driverOf(second)).isNotSameAs(driverOf(first));
        var ended = driverOf(first);
        first.close();
        await().until(() -> !ended.alive());
        assertThat(driverOf(second).alive()).isTrue();
        awaitWarm(pool, 2);
    }

    @Test
    void all_share_where_they_may() throws Exception {
        var pool = pool(DriverIsolation.WORKER, 0);

        for (var tenant : List.of(ONE, OTHER, UNKNOWN)) {
            take(pool, tenant);
        }

        assertThat(drivers.started()).hasSize(1);
    }

    @Test
    void a_shared_browser_is_shared_by_one_tenant_and_by_no_session_of_an_unknown_one() throws Exception {
        var pool = new BrowserPool(
                new PoolSettings(Isolation.SHARED, 1, 1, PATIENCE, DriverIsolation.TENANT, 0, 0),
                spec(),
                drivers,
                drivers,
                System::nanoTime);
        start(pool);
        awaitWarm(pool, 1);

        var first = take(pool, ONE);
        var second = take(pool, ONE);
        var others = take(pool, OTHER);
        var unknown = take(pool, UNKNOWN);

        assertThat(first.warm()).as("launched before it came").isTrue();
        assertThat(second.pid()).isEqualTo(first.pid());
        assertThat(List.of(first.pid(), others.pid(), unknown.pid())).doesNotHaveDuplicates();
        assertThat(List.of(driverOf(first), driverOf(others), driverOf(unknown)))
                .doesNotHaveDuplicates();
    }

    @Test
    void a_session_does_not_overtake_another_tenants_for_whom_a_browser_is_being_launched() throws Exception {
        drivers.holdLaunches();
        var pool = pool(DriverIsolation.TENANT, 1);
        await().until(() -> drivers.launching() == 1);
        var first = client(pool, ONE);
        var second = client(pool, OTHER);
        await().until(() -> drivers.launching() == 2);

        drivers.letLaunch(1);

        assertThat(first.get(20, TimeUnit.SECONDS).warm())
                .as("the one that was being launched to be warm")
                .isTrue();
        assertThat(second).isNotDone();
        drivers.letLaunch(1);
        assertThat(driverOf(second.get(20, TimeUnit.SECONDS))).isNotSameAs(driverOf(first.get()));
    }

    @Test
    void a_launch_whose_session_has_given_up_is_no_other_tenant_s() throws Exception {
        drivers.holdLaunches();
        var pool = pool(DriverIsolation.TENANT, 0);
        assertThat(pool.take(Optional.of(NEW), LaunchOverrides.NONE, ONE, Duration.ofMillis(50)))
                .isInstanceOf(TakeResult.LaunchFailed.class);
        assertThat(drivers.launching()).isEqualTo(1);

        var other = client(pool, OTHER);

        await().until(() -> drivers.launching() == 2);
        drivers.letLaunch(2);
        assertThat(driverOf(other.get(20, TimeUnit.SECONDS)))
                .isSameAs(drivers.started().getLast());
    }

    @Test
    void at_the_limit_the_driver_that_was_not_used_for_longest_ends_for_a_newcomer() throws Exception {
        var pool = pool(DriverIsolation.TENANT, 0, 2);
        take(pool, ONE).close();
        take(pool, OTHER).close();
        var kept = take(pool, OTHER);

        take(pool, THIRD);

        assertThat(drivers.started()).hasSize(3);
        assertThat(drivers.started().getFirst().alive()).isFalse();
        assertThat(driverOf(kept).alive()).isTrue();
    }

    @Test
    void one_connect_of_each_version_leaves_no_more_drivers_than_there_may_be() throws Exception {
        var pool = pool(DriverIsolation.TENANT, 0, 1);

        take(pool, ONE, OLD).close();
        take(pool, ONE, NEW).close();
        take(pool, ONE, OLD);

        assertThat(pool.stats().drivers()).containsExactly(Map.entry(OLD, 1));
        assertThat(drivers.started()).hasSize(3);
    }

    @Test
    void a_warm_browser_of_another_tenant_gives_way_at_the_limit() throws Exception {
        var pool = pool(DriverIsolation.TENANT, 1, 1);
        take(pool, ONE).close();
        awaitWarm(pool, 1);

        var newcomer = take(pool, OTHER);

        assertThat(driverOf(newcomer).alive()).isTrue();
        await().until(() -> !drivers.started().getFirst().alive());
        assertThat(drivers.started().getFirst().browsers()).noneMatch(browser -> browser.alive());
    }

    @Test
    void while_all_drivers_are_in_use_a_newcomer_waits_and_nobody_behind_it_is_served_before() throws Exception {
        var pool = pool(DriverIsolation.TENANT, 0, 1);
        var holding = take(pool, ONE);
        var newcomer = client(pool, OTHER);
        var behind = client(pool, ONE);

        await().during(Duration.ofMillis(100)).until(() -> !newcomer.isDone() && !behind.isDone());
        holding.close();

        var served = newcomer.get(20, TimeUnit.SECONDS);
        assertThat(behind).isNotDone();
        served.close();
        assertThat(driverOf(behind.get(20, TimeUnit.SECONDS)).alive()).isTrue();
    }

    @Test
    void who_gets_no_driver_in_time_is_told_so_also_with_options_of_its_own() throws Exception {
        var pool = pool(DriverIsolation.TENANT, 0, 1);
        take(pool, ONE);
        var slow = new LaunchOverrides(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Optional.of(Duration.ofMillis(50)),
                Optional.empty(),
                Map.of());

        for (var overrides : List.of(LaunchOverrides.NONE, slow)) {
            assertThat(pool.take(Optional.of(NEW), overrides, OTHER, Duration.ofMillis(50)))
                    .isEqualTo(new TakeResult.NoDriver());
        }
        assertThat(take(pool, ONE).pid()).isPositive();
    }

    @Test
    void the_death_of_a_tenants_driver_is_felt_by_its_own_sessions_only() throws Exception {
        var pool = pool(DriverIsolation.TENANT, 0);
        var one = take(pool, ONE);
        var other = take(pool, OTHER);

        driverOf(one).die();

        assertThat(other.launched().alive()).isTrue();
        assertThat(one.launched().alive()).isFalse();
        assertThat(take(pool, OTHER).pid()).isPositive();
    }

    private BrowserPool pool(DriverIsolation isolation, int warm) {
        return pool(isolation, warm, 0);
    }

    private BrowserPool pool(DriverIsolation isolation, int warm, int maxDrivers) {
        var hosts = isolation == DriverIsolation.WORKER ? 1 : 0;
        var settings = new PoolSettings(Isolation.SESSION, warm, 1, PATIENCE, isolation, hosts, maxDrivers);
        return start(new BrowserPool(settings, spec(), drivers, drivers, System::nanoTime));
    }

    private BrowserPool start(BrowserPool pool) {
        pools.add(pool);
        pool.expectSessions(5);
        pool.start();
        return pool;
    }

    private static LaunchSpec spec() {
        return new LaunchSpec(
                BrowserType.CHROMIUM, Path.of("/fake"), Optional.empty(), true, false, List.of(), PATIENCE);
    }

    private static void awaitWarm(BrowserPool pool, int count) {
        await().until(() -> pool.stats().warm() == count);
    }

    /// Waits for a browser on a thread of its own; returns when it does.
    private Future<PooledBrowser> client(BrowserPool pool, Optional<String> tenant) {
        var thread = new AtomicReference<Thread>();
        var taking = clients.submit(() -> {
            thread.set(Thread.currentThread());
            return take(pool, tenant);
        });
        await().until(() -> thread.get() != null && thread.get().getState() == Thread.State.TIMED_WAITING);
        return taking;
    }

    private FakeDriver driverOf(PooledBrowser browser) {
        return drivers.started().stream()
                .filter(driver -> driver.browsers().contains(browser.launched()))
                .findFirst()
                .orElseThrow();
    }

    private static PooledBrowser take(BrowserPool pool, Optional<String> tenant) throws InterruptedException {
        return take(pool, tenant, NEW);
    }

    private static PooledBrowser take(BrowserPool pool, Optional<String> tenant, PlaywrightVersion version)
            throws InterruptedException {
        var result = pool.take(Optional.of(version), LaunchOverrides.NONE, tenant, PATIENCE);
        assertThat(result).isInstanceOf(TakeResult.Taken.class);
        return ((TakeResult.Taken) result).browser();
    }
}
