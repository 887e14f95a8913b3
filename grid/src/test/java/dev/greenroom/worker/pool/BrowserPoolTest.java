package dev.greenroom.worker.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.oneOf;

import dev.greenroom.config.WorkerSections.PoolSettings;
import dev.greenroom.config.WorkerSections.PoolSettings.DriverIsolation;
import dev.greenroom.config.WorkerSections.PoolSettings.Isolation;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.ClientProtocol;
import dev.greenroom.session.LaunchOverrides;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.testkit.FakeDrivers;
import dev.greenroom.testkit.LoggedLines;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.driver.LaunchedBrowser;
import dev.greenroom.worker.pool.BrowserPool.TakeResult;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
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
        assertThat(untilTheNextLaunch(1)).isGreaterThanOrEqualTo(BrowserQueue.AFTER_TAKE);
    }

    @Test
    void a_session_opens_its_first_page_before_the_next_is_launched_while_another_browser_waits() throws Exception {
        assertThat(untilTheNextLaunch(2)).isGreaterThanOrEqualTo(BrowserQueue.AFTER_TAKE_OF_SEVERAL);
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
        var result = started(0).take(Optional.of(MISSING), LaunchOverrides.NONE, Optional.empty(), PATIENCE);

        assertThat(result).isEqualTo(new TakeResult.NoVersion(List.of(OLD, NEW), "not published"));
    }

    @Test
    void a_refill_waits_while_a_session_waits_for_a_launch() throws Exception {
        drivers.holdLaunches();
        var pool = pool(Isolation.SESSION, 1);
        var session =
                clients.submit(() -> pool.take(Optional.of(OLD), LaunchOverrides.NONE, Optional.empty(), PATIENCE));
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

        var result = pool.take(Optional.of(NEW), LaunchOverrides.NONE, Optional.empty(), PATIENCE);

        assertThat(result).isEqualTo(new TakeResult.LaunchFailed("made to fail"));
        assertThat(pool.stats().launchFailures()).isEqualTo(1);
        assertThat(pool.stats().inUse()).isZero();
    }

    @Test
    void a_launch_that_takes_longer_than_the_client_waits_is_told() throws Exception {
        drivers.holdLaunches();

        var result = started(0).take(Optional.of(NEW), LaunchOverrides.NONE, Optional.empty(), Duration.ofMillis(50));

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

        assertThat(deaths.await(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void closing_is_no_death() throws Exception {
        var taken = take(started(0), Optional.of(NEW));
        var death = new CountDownLatch(1);
        var end = new CountDownLatch(1);
        taken.onDeath(death::countDown);
        drivers.browsers().getFirst().onEnd(end::countDown);

        taken.close();
        drivers.browsers().getFirst().died();

        assertThat(end.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(death.getCount()).as("deaths that are still to come").isOne();
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
        assertThat(death.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(healed.pid()).isNotEqualTo(taken.pid());
        assertThat(drivers.started()).hasSize(2);
    }

    @Test
    void a_warm_browser_whose_driver_does_not_answer_is_not_handed_out() throws Exception {
        var pool = started(1);
        awaitWarm(pool, 1);
        drivers.started().getFirst().silent(true);

        var taken = take(pool, Optional.of(NEW));

        assertThat(taken.pid())
                .isNotEqualTo(drivers.browsers().getFirst().address().pid());
        assertThat(drivers.started()).hasSize(2);
        assertThat(drivers.browsers().getFirst().alive()).isTrue();
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

        assertThat(deaths.await(20, TimeUnit.SECONDS)).isTrue();
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
        assertThat(pool.take(Optional.of(NEW), LaunchOverrides.NONE, Optional.empty(), PATIENCE))
                .isInstanceOf(TakeResult.LaunchFailed.class);
    }

    @Test
    void a_browser_that_was_to_be_kept_warm_is_not_missed_when_the_pool_drains_meanwhile() throws Exception {
        drivers.holdLaunches().failLaunches(1);
        var pool = started(1);
        await().until(() -> drivers.launching() == 1);
        try (var log = LoggedLines.of("dev.greenroom.worker")) {

            pool.drain();
            var session = clients.submit(() -> take(pool, Optional.of(NEW)));
            drivers.letLaunch(2);

            assertThat(session.get(20, TimeUnit.SECONDS).warm()).isFalse();
            assertThat(log.withCode("WARM_BROWSER_MISSING")).isEmpty();
            assertThat(pool.stats().launchFailures()).isZero();
        }
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

    @Test
    void sessions_get_browsers_in_the_order_in_which_they_came_also_while_one_is_being_warmed_up() throws Exception {
        drivers.holdLaunches();
        var pool = pool(Isolation.SESSION, 1);
        var served = new CopyOnWriteArrayList<String>();
        session(pool, NEW, () -> served.add("first"));
        pool.start();
        for (var name : List.of("second", "third", "fourth")) {
            session(pool, NEW, () -> served.add(name));
        }

        for (int browsers = 1; browsers <= 4; browsers++) {
            drivers.letLaunch(1);
            await().until(served::size, is(browsers));
        }

        assertThat(served).containsExactly("first", "second", "third", "fourth");
    }

    @Test
    void a_browser_that_is_warmed_up_too_slowly_for_one_session_is_the_next_ones() throws Exception {
        drivers.holdLaunches();
        var pool = started(1);
        await().until(() -> drivers.launching() == 1);
        var left = session(pool, NEW, () -> {});
        var served = new CountDownLatch(1);
        session(pool, NEW, served::countDown);

        left.interrupt();
        left.join();
        drivers.letLaunch(1);

        assertThat(served.await(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void a_client_that_leaves_while_the_driver_of_its_version_starts_takes_the_start_from_nobody() throws Exception {
        whoLeavesTakesTheStartFromNobody(
                pool -> pool.take(Optional.of(NEW), LaunchOverrides.NONE, Optional.empty(), PATIENCE));
    }

    @Test
    void a_client_with_wishes_that_leaves_takes_the_start_from_nobody_either() throws Exception {
        var overrides = new LaunchOverrides(
                Optional.of("*"),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Map.of());

        whoLeavesTakesTheStartFromNobody(pool -> pool.take(Optional.of(NEW), overrides, Optional.empty(), PATIENCE));
    }

    private interface Taking {
        TakeResult from(BrowserPool pool) throws InterruptedException;
    }

    private void whoLeavesTakesTheStartFromNobody(Taking leaving) throws Exception {
        drivers.holdStarts();
        var pool = started(0);
        var first = session(() -> leaving.from(pool), () -> {});
        await().until(() -> drivers.starting() == 1);
        var served = new CountDownLatch(1);
        session(pool, NEW, served::countDown);

        first.interrupt();
        first.join();
        drivers.letStart(1);

        assertThat(served.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(drivers.startsBegun()).isEqualTo(1);
    }

    @Test
    void a_client_that_leaves_takes_the_launch_of_a_shared_browser_from_nobody() throws Exception {
        drivers.holdLaunches();
        var pool = pool(Isolation.SHARED, 0);
        pool.start();
        var first = session(pool, NEW, () -> {});
        await().until(() -> drivers.launching() == 1);
        var served = new CountDownLatch(1);
        session(pool, NEW, served::countDown);

        first.interrupt();
        first.join();
        drivers.letLaunch(1);

        assertThat(served.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(drivers.launchesBegun()).isEqualTo(1);
    }

    @Test
    void a_version_whose_driver_starts_holds_no_other_version_up() throws Exception {
        var pool = started(0);
        take(pool, Optional.of(NEW));
        drivers.holdStarts();
        for (int clients = 0; clients < 3; clients++) {
            session(pool, OLD, () -> {});
        }

        assertThat(take(pool, Optional.of(NEW)).version()).isEqualTo(NEW);
    }

    @Test
    void all_who_wait_for_a_version_that_does_not_start_are_told_at_once_which_ones_do() throws Exception {
        drivers.breakDriver(OLD, true);
        drivers.holdStarts();
        var pool = started(0);
        Callable<TakeResult> session =
                () -> pool.take(Optional.of(OLD), LaunchOverrides.NONE, Optional.empty(), PATIENCE);
        var told = Stream.generate(() -> clients.submit(session)).limit(3).toList();
        await().until(() -> drivers.starting() == 1 && pool.stats().inUse() == 3);

        drivers.letStart(1);

        var refused = new TakeResult.NoVersion(List.of(NEW), "cannot find module 'commander'");
        for (var it : told) {
            assertThat(it.get()).isEqualTo(refused);
        }
        assertThat(pool.take(Optional.of(OLD), LaunchOverrides.NONE, Optional.empty(), PATIENCE))
                .isEqualTo(refused);
        assertThat(drivers.startsBegun()).isEqualTo(1);
    }

    @Test
    void a_version_that_did_not_start_is_tried_again_when_it_may_be() throws Exception {
        drivers.breakDriver(OLD, true);
        var pool = started(0);
        pool.take(Optional.of(OLD), LaunchOverrides.NONE, Optional.empty(), PATIENCE);

        drivers.breakDriver(OLD, false);
        drivers.forgetUnusable();

        assertThat(take(pool, Optional.of(OLD)).version()).isEqualTo(OLD);
    }

    @Test
    void whoever_wants_no_certain_version_gets_one_that_starts() throws Exception {
        drivers.breakDriver(NEW, true);

        assertThat(take(started(0), Optional.empty()).version()).isEqualTo(OLD);
    }

    @Test
    void a_version_with_which_no_browser_comes_up_is_refused_where_others_launch_theirs() throws Exception {
        var pool = started(0);
        take(pool, Optional.of(NEW));
        drivers.failLaunches(2);

        assertThat(pool.take(Optional.of(OLD), LaunchOverrides.NONE, Optional.empty(), PATIENCE))
                .isEqualTo(new TakeResult.NoVersion(List.of(NEW), "made to fail"));
        assertThat(pool.take(Optional.of(OLD), LaunchOverrides.NONE, Optional.empty(), PATIENCE))
                .isInstanceOf(TakeResult.NoVersion.class);
    }

    @Test
    void a_version_whose_browsers_open_no_page_is_refused_and_whoever_wants_no_certain_one_gets_another()
            throws Exception {
        drivers.refusePages(NEW);
        var pool = started(0);

        assertThat(take(pool, Optional.empty()).version()).isEqualTo(OLD);
        assertThat(pool.take(Optional.of(NEW), LaunchOverrides.NONE, Optional.empty(), PATIENCE))
                .isEqualTo(new TakeResult.NoVersion(List.of(OLD), "unknown command"));
    }

    @Test
    void a_version_whose_browsers_open_no_page_is_refused_to_clients_with_wishes_too() throws Exception {
        drivers.refusePages(NEW);
        var pool = started(0);
        var slow = new LaunchOverrides(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Optional.of(Duration.ofMillis(50)),
                Optional.empty(),
                Map.of());

        assertThat(pool.take(Optional.of(NEW), slow, Optional.empty(), PATIENCE))
                .isEqualTo(new TakeResult.NoVersion(List.of(OLD), "unknown command"));
    }

    @Test
    void only_the_first_browser_of_a_version_has_to_open_a_page() throws Exception {
        var pool = started(0);

        take(pool, Optional.of(NEW));
        take(pool, Optional.of(NEW));
        take(pool, Optional.of(OLD));

        assertThat(drivers.pagesOpened()).isEqualTo(2);
    }

    @Test
    void bad_luck_with_the_first_browser_of_a_version_is_no_proof_that_it_does_not_work() throws Exception {
        var pool = started(0);
        take(pool, Optional.of(NEW));
        drivers.failLaunches(1);

        assertThat(take(pool, Optional.of(OLD)).version()).isEqualTo(OLD);
    }

    @Test
    void a_version_that_stops_starting_does_not_keep_others_from_being_warm() throws Exception {
        var pool = started(1);
        awaitWarm(pool, 1);
        drivers.breakDriver(OLD, true);

        pool.take(Optional.of(OLD), LaunchOverrides.NONE, Optional.empty(), PATIENCE);
        take(pool, Optional.of(NEW));

        awaitWarm(pool, 1);
        assertThat(take(pool, Optional.of(NEW)).warm()).isTrue();
    }

    @Test
    void a_browser_that_was_given_back_is_forgotten() throws Exception {
        for (var isolation : Isolation.values()) {
            var pool = pool(isolation, 0);
            pool.start();
            var browser = take(pool, Optional.of(NEW));
            assertThat(pool.inUse()).containsExactly(browser);

            browser.close();

            assertThat(pool.inUse()).isEmpty();
        }
    }

    @Test
    void a_client_of_cdp_gets_a_browser_of_its_own_kind_and_the_next_one_finds_it_warm() throws Exception {
        for (var isolation : Isolation.values()) {
            var pool = pool(isolation, 1);
            pool.start();
            awaitWarm(pool, 1);

            var first = takeOverCdp(pool);

            assertThat(first.protocol()).isEqualTo(ClientProtocol.CDP);
            assertThat(first.warm()).isFalse();
            if (isolation == Isolation.SESSION) {
                await().until(() -> drivers.browsers().getLast().protocol() == ClientProtocol.CDP
                        && drivers.browsers().getLast().pid() != first.pid());
                awaitWarm(pool, 1);
                assertThat(takeOverCdp(pool).warm()).isTrue();
            }
            assertThat(takeOverCdp(pool).pid()).as("never shared").isNotEqualTo(first.pid());
        }
    }

    private static PooledBrowser takeOverCdp(BrowserPool pool) throws InterruptedException {
        var result = pool.take(Optional.empty(), ClientProtocol.CDP, LaunchOverrides.NONE, Optional.empty(), PATIENCE);
        assertThat(result).isInstanceOf(TakeResult.Taken.class);
        return ((TakeResult.Taken) result).browser();
    }

    /// Waits for a browser on a thread of its own; answers when it does.
    private static Thread session(BrowserPool pool, PlaywrightVersion version, Runnable served) {
        return session(() -> pool.take(Optional.of(version), LaunchOverrides.NONE, Optional.empty(), PATIENCE), served);
    }

    private static Thread session(Callable<TakeResult> take, Runnable served) {
        var thread = Thread.ofVirtual().start(() -> {
            try {
                if (take.call() instanceof TakeResult.Taken) {
                    served.run();
                }
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        await().until(thread::getState, is(oneOf(Thread.State.TIMED_WAITING, Thread.State.TERMINATED)));
        return thread;
    }

    private BrowserPool started(int warm) {
        var pool = pool(Isolation.SESSION, warm);
        pool.start();
        return pool;
    }

    private BrowserPool pool(Isolation isolation, int warm) {
        var settings = new PoolSettings(isolation, warm, 1, Duration.ofSeconds(5), DriverIsolation.WORKER, 1, 0);
        var spec = new LaunchSpec(
                BrowserType.CHROMIUM,
                Path.of("/fake"),
                Optional.empty(),
                true,
                false,
                List.of(),
                settings.launchTimeout());
        var pool = new BrowserPool(settings, spec, drivers, drivers, System::nanoTime);
        pools.add(pool);
        return pool;
    }

    private static void awaitWarm(BrowserPool pool, int count) {
        await().until(() -> pool.stats().warm() == count);
    }

    private static PooledBrowser take(BrowserPool pool, Optional<PlaywrightVersion> version)
            throws InterruptedException {
        var result = pool.take(version, LaunchOverrides.NONE, Optional.empty(), PATIENCE);
        assertThat(result).isInstanceOf(TakeResult.Taken.class);
        return ((TakeResult.Taken) result).browser();
    }
}
