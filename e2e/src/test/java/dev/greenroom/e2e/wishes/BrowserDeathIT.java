package dev.greenroom.e2e.wishes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.microsoft.playwright.PlaywrightException;
import dev.greenroom.e2e.client.JavaClient;
import dev.greenroom.e2e.grid.TestSite;
import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.e2e.process.MemoryGroup;
import dev.greenroom.e2e.wire.HeldSession;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What the clients of a browser are told when it ends, or its driver does.
class BrowserDeathIT {
    /// A second, and one more for a machine that stands still.
    private static final Duration SOON = Duration.ofSeconds(2);

    private static final long LITTLE = 256L << 20;

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static UpGrid grid;

    @BeforeAll
    static void open() {
        grid = UpGrid.start(Map.of("WARM_BROWSERS", "0"));
    }

    @AfterAll
    static void close() {
        grid.close();
    }

    @Test
    void FW1_a_browser_that_is_killed_ends_its_own_session_with_a_close_frame_and_no_other() {
        awaitNoBrowser();
        try (var mine = HeldSession.open(grid.port())) {
            var browser = processes(grid, BrowserDeathIT::isBrowser).getFirst();
            try (var other = HeldSession.open(grid.port())) {

                var killed = System.nanoTime();
                browser.destroyForcibly();

                assertCrash(mine, killed);
                assertThat(other.isOpen()).isTrue();
            }
        }
    }

    @Test
    void FW1_a_page_that_crashes_leaves_its_session_and_all_others() {
        try (var site = TestSite.open();
                var client = JavaClient.start();
                var other = HeldSession.open(grid.port());
                var browser = client.connect(grid.url())) {
            var page = browser.newPage();
            var crashed = new CompletableFuture<Boolean>();
            page.onCrash(_ -> crashed.complete(true));

            try {
                page.navigate("chrome://crash");
            } catch (PlaywrightException _) {
                // The page does not live to say that it was opened.
            }

            var next = browser.newPage();
            next.navigate(site.url());
            assertThat(next.title()).isEqualTo("Green room");
            next.waitForCondition(crashed::isDone);
            assertThat(other.isOpen()).isTrue();
        }
    }

    @Test
    void FW13_a_page_that_uses_up_the_memory_costs_only_those_whose_processes_the_kernel_takes() {
        awaitNoBrowser();
        try (var group = MemoryGroup.open(LITTLE);
                var client = JavaClient.start();
                var unlucky = HeldSession.open(grid.port())) {
            var chosen = processes(grid, BrowserDeathIT::isBrowser).getFirst();
            try (var other = HeldSession.open(grid.port());
                    var browser = client.connect(grid.url())) {
                var large = browser.newContext().newPage();
                var page = browser.newContext().newPage();
                processes(grid, BrowserDeathIT::isBrowser).forEach(group::take);
                group.killFirst(chosen);
                // So that the page does not grow to be the first choice itself.
                large.evaluate("() => { globalThis.kept = new Uint8Array(96 << 20).fill(1); }");
                var killed = group.firstKill();

                var failure = JavaClient.useUpMemory(page);

                assertCrash(unlucky, killed.join());
                assertThat(failure).contains("crashed");
                assertThat(browser.newContext().newPage().evaluate("6 * 7")).isEqualTo(42);
                assertThat(other.isOpen()).isTrue();
                try (var next = HeldSession.open(grid.port())) {
                    assertThat(next.isOpen()).isTrue();
                }
            }
        }
    }

    @Test
    void FW6_a_driver_that_is_killed_ends_its_sessions_with_a_close_frame_and_is_replaced() {
        try (var first = HeldSession.open(grid.port());
                var second = HeldSession.open(grid.port())) {
            var killed = System.nanoTime();
            killDriverOfSessions();

            assertCrash(first, killed);
            assertCrash(second, killed);
            await().untilAsserted(() -> {
                try (var next = HeldSession.open(grid.port())) {
                    assertThat(next.isOpen()).isTrue();
                }
            });
        }
    }

    @Test
    void profiles_and_temporary_files_are_gone_however_a_session_ends() {
        Consumer<HeldSession> leave = HeldSession::leave;
        Consumer<HeldSession> killBrowser =
                _ -> processes(grid, BrowserDeathIT::isBrowser).forEach(ProcessHandle::destroyForcibly);
        Consumer<HeldSession> killDriver = _ -> killDriverOfSessions();
        for (var ending : List.of(leave, killBrowser, killDriver)) {
            try (var session = HeldSession.open(grid.port())) {
                assertThat(temporaryFiles()).anyMatch(file -> file.contains("profile"));

                ending.accept(session);

                await().untilAsserted(() -> assertThat(temporaryFiles()).isEmpty());
            }
        }
    }

    /// What drivers and browsers keep while they work, without the one file that a driver has for itself.
    private static List<String> temporaryFiles() {
        try (var files = Files.walk(grid.family().folder(), 5)) {
            return files.map(Path::toString)
                    .filter(file -> file.matches(".*/gr-[0-9a-f]+/\\d+/(tmp|s)/.+"))
                    .filter(file -> !file.endsWith("/tmp/serving"))
                    .toList();
        } catch (IOException | UncheckedIOException _) {
            return List.of("one that goes away right now");
        }
    }

    @Test
    void a_termination_signal_to_everybody_does_not_end_a_session_before_the_drain_does() {
        try (var ending = UpGrid.start(Map.of())) {
            try (var session = HeldSession.open(ending.port())) {
                processes(ending, BrowserDeathIT::isDriver).forEach(ProcessHandle::destroy);
                ending.program().askToStop();

                await().pollDelay(Duration.ofMillis(300)).until(session::isOpen);
            }
            assertThat(ending.program().awaitExit(Duration.ofSeconds(5))).isZero();
            ending.family().assertTidy();
            assertThat(ending.program().err().text() + ending.program().out().text())
                    .doesNotContain(
                            "code=browser-died",
                            "code=driver-died",
                            "code=WARM_BROWSER_MISSING",
                            "code=process-cannot-be-killed");
        }
    }

    /// Only that one: a worker whose drivers fail three times in a minute gives up.
    private static void killDriverOfSessions() {
        // A process that a browser has just forked looks like a browser whose parent is no driver.
        var all = processes(grid, BrowserDeathIT::isDriver);
        var drivers = processes(grid, BrowserDeathIT::isBrowser).stream()
                .flatMap(browser -> browser.parent().stream())
                .filter(all::contains)
                .distinct()
                .toList();
        assertThat(drivers).hasSize(1);
        drivers.getFirst().destroyForcibly();
    }

    /// Browsers of sessions that are over, and the one with which the worker proved itself, may still be
    /// going.
    private static void awaitNoBrowser() {
        await().until(() -> running(grid, BrowserDeathIT::isBrowser).isEmpty());
    }

    private static void assertCrash(HeldSession session, long killed) {
        var end = session.awaitEnd(PATIENCE);
        assertThat(end.code()).isEqualTo(1011);
        assertThat(end.reason()).isEqualTo("disconnected: browser crashed");
        assertThat(Duration.ofNanos(end.nanos() - killed)).isLessThan(SOON);
    }

    private static List<ProcessHandle> processes(UpGrid grid, Predicate<String> kind) {
        var found = running(grid, kind);
        assertThat(found).isNotEmpty();
        return found;
    }

    private static List<ProcessHandle> running(UpGrid grid, Predicate<String> kind) {
        return grid.family().running().stream()
                .filter(kind)
                .map(line -> Long.parseLong(line.substring(0, line.indexOf(' '))))
                .flatMap(pid -> ProcessHandle.of(pid).stream())
                .toList();
    }

    private static boolean isBrowser(String line) {
        return line.contains("--user-data-dir=") && !line.contains("--type=") && !isDriver(line);
    }

    private static boolean isDriver(String line) {
        return line.contains("host.js");
    }
}
