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
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.pool.BrowserPool.TakeResult;
import dev.greenroom.worker.pool.PooledBrowser.BrowserOrigin;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Which session gets a browser that has served another one.
class BrowserReuseTest {
    private static final PlaywrightVersion OLD = new PlaywrightVersion(1, 40);
    private static final PlaywrightVersion NEW = new PlaywrightVersion(1, 62);
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Optional<String> ONE = Optional.of("one");
    private static final Optional<String> OTHER = Optional.of("other");
    private static final Optional<String> UNKNOWN = Optional.empty();

    private final AtomicLong clock = new AtomicLong(BrowserQueue.AFTER_TAKE_OF_SEVERAL.toNanos());
    private final FakeDrivers drivers = new FakeDrivers(OLD, NEW);
    private final List<BrowserPool> pools = new ArrayList<>();
    private final ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();

    @AfterEach
    void close() {
        pools.forEach(BrowserPool::close);
        clients.shutdownNow();
    }

    @Test
    void a_browser_serves_as_many_sessions_of_its_tenant_as_the_setting_says() throws Exception {
        var pool = pool(3, DriverIsolation.TENANT);

        var first = take(pool, ONE);
        endInOrder(first);
        emptied(pool);
        var second = take(pool, ONE);
        endInOrder(second);
        emptied(pool);
        var third = take(pool, ONE);
        endInOrder(third);

        assertThat(first.origin()).isEqualTo(BrowserOrigin.LAUNCHED);
        assertThat(List.of(second.origin(), third.origin())).containsOnly(BrowserOrigin.REUSED);
        assertThat(List.of(second.launched(), third.launched())).containsOnly(first.launched());
        assertThat(first.launched().alive()).as("it has served three").isFalse();
    }

    @Test
    void a_tenant_never_gets_a_browser_that_has_served_another_one() throws Exception {
        var pool = pool(20, DriverIsolation.TENANT);

        var first = take(pool, ONE);
        endInOrder(first);
        emptied(pool);
        var others = take(pool, OTHER);

        assertThat(others.launched()).isNotSameAs(first.launched());
        assertThat(take(pool, ONE).launched()).isSameAs(first.launched());
    }

    @Test
    void a_client_of_another_version_does_not_get_it() throws Exception {
        var pool = pool(20, DriverIsolation.TENANT);

        var first = take(pool, ONE);
        endInOrder(first);
        emptied(pool);

        assertThat(take(pool, ONE, OLD).launched()).isNotSameAs(first.launched());
    }

    @Test
    void a_session_without_a_known_tenant_leaves_its_browser_to_nobody() throws Exception {
        var pool = pool(20, DriverIsolation.TENANT);

        var browser = take(pool, UNKNOWN);
        endInOrder(browser);

        assertThat(browser.launched().alive()).isFalse();
    }

    /// Its options are not those that the next session asks for, and it is launched by its client's connect.
    @Test
    void a_browser_with_launch_options_of_the_client_s_own_serves_one_session() throws Exception {
        var pool = pool(20, DriverIsolation.TENANT);
        var exposing = new LaunchOverrides(
                Optional.of("*"),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Map.of());

        var browser = ((TakeResult.Taken) pool.take(Optional.of(NEW), exposing, ONE, PATIENCE)).browser();
        endInOrder(browser);

        assertThat(browser.launched().alive()).isFalse();
    }

    @ParameterizedTest
    @EnumSource(names = {"SESSION", "WORKER"})
    void where_drivers_are_not_those_of_one_tenant_every_session_gets_a_fresh_browser(DriverIsolation isolation)
            throws Exception {
        var pool = pool(20, isolation);

        var browser = take(pool, ONE);
        endInOrder(browser);

        assertThat(browser.launched().alive()).isFalse();
    }

    @ParameterizedTest
    @EnumSource(names = {"FIREFOX", "WEBKIT"})
    void a_browser_that_does_not_show_whether_it_is_empty_serves_once(BrowserType type) throws Exception {
        var pool = pool(20, DriverIsolation.TENANT, type);

        var browser = take(pool, ONE);
        endInOrder(browser);

        assertThat(browser.launched().alive()).isFalse();
    }

    @Test
    void a_session_that_did_not_end_in_order_takes_its_browser_with_it() throws Exception {
        var pool = pool(20, DriverIsolation.TENANT);

        var browser = take(pool, ONE);
        browser.close();

        assertThat(browser.launched().alive()).isFalse();
    }

    @Test
    void a_browser_that_would_not_empty_is_never_handed_out() throws Exception {
        var pool = pool(20, DriverIsolation.TENANT);

        var browser = take(pool, ONE);
        endInOrder(browser);
        emptying().complete(Optional.of("a page is left"));
        var next = take(pool, ONE);

        assertThat(next.origin()).isEqualTo(BrowserOrigin.LAUNCHED);
        assertThat(browser.launched().alive()).isFalse();
    }

    @Test
    void a_session_that_comes_while_its_browser_is_emptied_waits_for_it_and_launches_none() throws Exception {
        var pool = pool(20, DriverIsolation.TENANT);

        var browser = take(pool, ONE);
        endInOrder(browser);
        var next = client(pool, ONE);
        emptying().complete(Optional.empty());

        assertThat(next.get(20, TimeUnit.SECONDS).launched()).isSameAs(browser.launched());
        assertThat(pool.stats().launches()).isEqualTo(1);
    }

    @Test
    void a_session_does_not_wait_for_a_browser_that_takes_long_to_empty() throws Exception {
        var pool = pool(20, DriverIsolation.TENANT);

        var browser = take(pool, ONE);
        endInOrder(browser);
        var next = client(pool, ONE);
        clock.addAndGet(BrowserQueue.SOON_EMPTY.toNanos());

        assertThat(next.get(20, TimeUnit.SECONDS).launched()).isNotSameAs(browser.launched());
        assertThat(emptying()).isNotDone();
    }

    @Test
    void a_browser_that_dies_while_it_is_emptied_is_not_handed_out() throws Exception {
        var pool = pool(20, DriverIsolation.TENANT);

        var browser = take(pool, ONE);
        endInOrder(browser);
        browser.launched().died();
        emptying().complete(Optional.of("it has ended"));

        assertThat(take(pool, ONE).launched()).isNotSameAs(browser.launched());
        assertThat(pool.stats().crashes()).isEqualTo(1);
    }

    @Test
    void among_too_many_the_one_that_has_waited_longest_goes() throws Exception {
        var pool = pool(20, DriverIsolation.TENANT);

        pool.expectSessions(1);
        var browsers = List.of(take(pool, ONE), take(pool, ONE), take(pool, ONE));
        browsers.forEach(BrowserReuseTest::endInOrder);

        var emptyings = emptyings();
        emptyings.get(1).complete(Optional.empty());
        await().until(() -> pool.stats().warm() == 1);
        emptyings.get(0).complete(Optional.empty());
        await().until(() -> pool.stats().warm() == 2);
        emptyings.get(2).complete(Optional.empty());

        await().until(() -> !browsers.get(1).launched().alive());
        assertThat(browsers).extracting(it -> it.launched().alive()).containsExactly(true, false, true);
    }

    @Test
    void a_pool_that_drains_keeps_no_emptied_browser() throws Exception {
        var pool = pool(20, DriverIsolation.TENANT);

        var browser = take(pool, ONE);
        pool.drain();
        endInOrder(browser);
        emptying().complete(Optional.empty());

        await().until(() -> !browser.launched().alive());
    }

    /// Keeps one browser at rest, and launches none in advance.
    private BrowserPool pool(int reuse, DriverIsolation isolation) {
        return pool(reuse, isolation, BrowserType.CHROMIUM);
    }

    private BrowserPool pool(int reuse, DriverIsolation isolation, BrowserType type) {
        var hosts = isolation == DriverIsolation.WORKER ? 1 : 0;
        var settings = new PoolSettings(Isolation.SESSION, 1, reuse, PATIENCE, isolation, hosts, 0);
        var pool = new BrowserPool(settings, spec(type), drivers, drivers, clock::get);
        clock.set(0); // the pause before the next warm browser does not end
        pools.add(pool);
        pool.expectSessions(5);
        pool.start();
        return pool;
    }

    private static LaunchSpec spec(BrowserType type) {
        return new LaunchSpec(type, Path.of("/fake"), Optional.empty(), true, false, List.of(), PATIENCE);
    }

    private static void endInOrder(PooledBrowser browser) {
        browser.leftInOrder();
        browser.close();
    }

    private CompletableFuture<Optional<String>> emptying() {
        return emptyings().getLast();
    }

    private List<CompletableFuture<Optional<String>>> emptyings() {
        return drivers.started().stream()
                .flatMap(driver -> driver.emptyings().stream())
                .toList();
    }

    private void emptied(BrowserPool pool) {
        emptying().complete(Optional.empty());
        await().until(() -> pool.stats().warm() == 1);
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
