package dev.greenroom.worker.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.config.PoolSettings;
import dev.greenroom.config.PoolSettings.Isolation;
import dev.greenroom.session.Browser;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.testkit.FakeDrivers;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.driver.LaunchedBrowser;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BrowserPoolTest {
    private static final PlaywrightVersion OLD = new PlaywrightVersion(1, 40);
    private static final PlaywrightVersion NEW = new PlaywrightVersion(1, 62);
    private static final PlaywrightVersion MISSING = new PlaywrightVersion(9, 9);
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final FakeDrivers drivers = new FakeDrivers(OLD, NEW);
    private final List<BrowserPool> pools = new ArrayList<>();
    private final ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();

    @AfterEach
    void close() {
        pools.forEach(BrowserPool::close);
        clients.shutdownNow();
    }

    @Test
    void a_warm_browser_is_taken_and_replaced() throws Exception {
        var pool = started(2);
        awaitWarm(pool, 2);

        var taken = take(pool, Optional.of(NEW));

        assertThat(taken.warm()).isTrue();
        assertThat(taken.pid())
                .isEqualTo(drivers.browsers().getFirst().address().pid());
        awaitWarm(pool, 2);
        assertThat(drivers.alive()).hasSize(3);
    }

    @Test
    void a_session_that_was_given_the_only_browser_connects_before_the_next_is_launched() throws Exception {
        assertThat(untilTheNextLaunch(1)).isGreaterThanOrEqualTo(Refill.AFTER_TAKE);
    }

    @Test
    void a_session_opens_its_first_page_before_the_next_is_launched_while_another_browser_waits() throws Exception {
        assertThat(untilTheNextLaunch(2)).isGreaterThanOrEqualTo(Refill.AFTER_TAKE_OF_SEVERAL);
    }

    private Duration untilTheNextLaunch(int warm) throws Exception {
        var pool = started(warm);
        awaitWarm(pool, warm);
        drivers.holdLaunches();

        var began = System.nanoTime();
        take(pool, Optional.of(NEW));
        await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(1)).until(() -> drivers.launching() == 1);
        var took = Duration.ofNanos(System.nanoTime() - began);
        drivers.letLaunch(1);
        return took;
    }

    @Test
    void a_browser_is_destroyed_after_use_and_never_given_again() throws Exception {
        var pool = started(0);
        var first = take(pool, Optional.of(NEW));

        first.close();
        first.close();
        var second = take(pool, Optional.of(NEW));

        assertThat(drivers.alive())
                .extracting(browser -> browser.address().pid())
                .containsExactly(second.pid());
        assertThat(pool.stats().inUse()).isEqualTo(1);
    }

    @Test
    void the_shelf_follows_the_demand() throws Exception {
        var pool = started(1);
        awaitWarm(pool, 1);

        take(pool, Optional.of(OLD)).close();

        await().untilAsserted(() ->
                assertThat(drivers.alive()).extracting(LaunchedBrowser::version).containsExactly(OLD));
        assertThat(take(pool, Optional.of(OLD)).warm()).isTrue();
    }

    @Test
    void a_version_that_is_not_to_be_had_is_answered_with_those_that_are() throws Exception {
        var result = started(0).take(Optional.of(MISSING), PATIENCE);

        assertThat(result).isEqualTo(new TakeResult.NoVersion(List.of(OLD, NEW), "not published"));
    }

    @Test
    void a_refill_waits_while_a_session_waits_for_a_launch() throws Exception {
        drivers.holdLaunches();
        var pool = pool(Isolation.SESSION, 1);
        var session = clients.submit(() -> pool.take(Optional.of(OLD), PATIENCE));
        await().until(() -> drivers.launching() == 1);

        pool.start();
        await().pollDelay(Duration.ofMillis(100)).until(() -> drivers.launching() == 1);
        drivers.letLaunch(1);

        assertThat(session.get()).isInstanceOf(TakeResult.Taken.class);
        await().until(() -> drivers.launching() == 1);
        drivers.letLaunch(1);
        awaitWarm(pool, 1);
    }

    @Test
    void a_session_takes_the_browser_that_is_just_being_warmed_up() throws Exception {
        drivers.holdLaunches();
        var pool = started(1);
        await().until(() -> drivers.launching() == 1);

        var session = clients.submit(() -> take(pool, Optional.of(NEW)));
        await().until(() -> pool.stats().inUse() == 1);
        drivers.letLaunch(1);

        assertThat(session.get().warm()).isTrue();
        assertThat(drivers.browsers()).hasSize(1);
    }

    @Test
    void a_launch_that_fails_is_told_and_counted() throws Exception {
        drivers.failLaunches(1);
        var pool = started(0);

        var result = pool.take(Optional.of(NEW), PATIENCE);

        assertThat(result).isEqualTo(new TakeResult.LaunchFailed("made to fail"));
        assertThat(pool.stats().launchFailures()).isEqualTo(1);
        assertThat(pool.stats().inUse()).isZero();
    }

    @Test
    void a_launch_that_takes_longer_than_the_client_waits_is_told() throws Exception {
        drivers.holdLaunches();

        var result = started(0).take(Optional.of(NEW), Duration.ofMillis(50));

        assertThat(result).isInstanceOf(TakeResult.LaunchFailed.class);
    }

    @Test
    void a_warm_browser_that_died_is_replaced() throws Exception {
        var pool = started(1);
        awaitWarm(pool, 1);
        var dead = drivers.browsers().getFirst();

        dead.died();

        await().until(() -> drivers.browsers().size() == 2 && pool.stats().warm() == 1);
        assertThat(take(pool, Optional.of(NEW)).pid())
                .isNotEqualTo(dead.address().pid());
        assertThat(pool.stats().crashes()).isEqualTo(1);
    }

    @Test
    void a_death_is_told_once_also_to_those_who_ask_late() throws Exception {
        var taken = take(started(0), Optional.of(NEW));
        var deaths = new CountDownLatch(2);
        taken.onDeath(deaths::countDown);

        drivers.browsers().getFirst().died();
        drivers.browsers().getFirst().died();
        taken.onDeath(deaths::countDown);

        assertThat(deaths.await(1, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void closing_is_no_death() throws Exception {
        var taken = take(started(0), Optional.of(NEW));
        var death = new CountDownLatch(1);
        taken.onDeath(death::countDown);

        taken.close();
        drivers.browsers().getFirst().died();

        assertThat(death.await(50, TimeUnit.MILLISECONDS)).isFalse();
    }

    @Test
    void a_driver_that_died_is_started_again_after_a_pause() throws Exception {
        var pool = started(0);
        var taken = take(pool, Optional.of(NEW));
        var death = new CountDownLatch(1);
        taken.onDeath(death::countDown);

        drivers.started().getFirst().die();
        var started = System.nanoTime();
        var healed = take(pool, Optional.of(NEW));

        assertThat(Duration.ofNanos(System.nanoTime() - started)).isGreaterThan(Duration.ofMillis(200));
        assertThat(death.await(1, TimeUnit.SECONDS)).isTrue();
        assertThat(healed.pid()).isNotEqualTo(taken.pid());
        assertThat(drivers.started()).hasSize(2);
    }

    @Test
    void concurrent_sessions_share_one_start_of_the_driver() throws Exception {
        var pool = started(0);
        Callable<PooledBrowser> session = () -> take(pool, Optional.of(NEW));

        for (var it : clients.invokeAll(List.of(session, session, session, session))) {
            assertThat(it.get().version()).isEqualTo(NEW);
        }

        assertThat(drivers.started()).hasSize(1);
        assertThat(drivers.alive()).hasSize(4);
    }

    @Test
    void sessions_that_share_have_one_browser_and_all_hear_of_its_death() throws Exception {
        var pool = pool(Isolation.SHARED, 1);
        pool.start();
        var one = take(pool, Optional.of(NEW));
        var other = take(pool, Optional.of(NEW));
        var deaths = new CountDownLatch(2);
        one.onDeath(deaths::countDown);
        other.onDeath(deaths::countDown);

        take(pool, Optional.of(NEW)).close();
        assertThat(drivers.alive()).hasSize(1);
        drivers.alive().getFirst().died();

        assertThat(deaths.await(1, TimeUnit.SECONDS)).isTrue();
        assertThat(take(pool, Optional.of(NEW)).pid()).isNotEqualTo(one.pid());
    }

    @Test
    void a_draining_pool_keeps_only_what_is_in_use() throws Exception {
        var pool = started(2);
        awaitWarm(pool, 2);
        var taken = take(pool, Optional.of(NEW));
        awaitWarm(pool, 2);

        pool.drain();

        assertThat(drivers.alive())
                .extracting(browser -> browser.address().pid())
                .containsExactly(taken.pid());
        assertThat(take(pool, Optional.of(NEW)).warm())
                .as("launched for one who was let in before")
                .isFalse();
        pool.close();
        assertThat(pool.take(Optional.of(NEW), PATIENCE)).isInstanceOf(TakeResult.LaunchFailed.class);
    }

    @Test
    void a_shared_browser_keeps_nothing_of_a_session_that_is_over() throws Exception {
        var pool = pool(Isolation.SHARED, 0);
        pool.start();
        var relay = new WeakReference<>(heldUntilItsBrowserIsGivenBack(pool));

        await().until(() -> {
            System.gc();
            return relay.get() == null;
        });

        assertThat(drivers.alive()).hasSize(1);
    }

    /// What a session's relay is to its browser: told of a death.
    private static Object heldUntilItsBrowserIsGivenBack(BrowserPool pool) throws InterruptedException {
        var relay = new AtomicInteger();
        try (var browser = take(pool, Optional.of(NEW))) {
            browser.onDeath(relay::incrementAndGet);
        }
        return relay;
    }

    private BrowserPool started(int warm) {
        var pool = pool(Isolation.SESSION, warm);
        pool.start();
        return pool;
    }

    private BrowserPool pool(Isolation isolation, int warm) {
        var settings = new PoolSettings(isolation, warm, Duration.ofSeconds(5), 1);
        var spec = new LaunchSpec(
                Browser.CHROMIUM, Path.of("/fake"), Optional.empty(), true, false, List.of(), settings.launchTimeout());
        var pool = new BrowserPool(settings, spec, drivers, drivers, System::nanoTime);
        pools.add(pool);
        return pool;
    }

    private static void awaitWarm(BrowserPool pool, int count) {
        await().until(() -> pool.stats().warm() == count);
    }

    private static PooledBrowser take(BrowserPool pool, Optional<PlaywrightVersion> version)
            throws InterruptedException {
        var result = pool.take(version, PATIENCE);
        assertThat(result).isInstanceOf(TakeResult.Taken.class);
        return ((TakeResult.Taken) result).browser();
    }
}
