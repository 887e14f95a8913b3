package dev.greenroom.e2e.wishes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.e2e.wire.HeldSession;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/// What the clients of a browser are told when it ends, or its driver does.
class BrowserDeathIT {
    private static final Duration SOON = Duration.ofSeconds(1);

    @Test
    void fw1_a_browser_that_is_killed_ends_its_own_session_with_a_close_frame_and_no_other() {
        try (var grid = UpGrid.start(Map.of("WARM_BROWSERS", "0"))) {
            // The browser with which the worker proved that it can launch one may still be going.
            await().until(() -> running(grid, BrowserDeathIT::isBrowser).isEmpty());
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
    }

    @Test
    void fw6_a_driver_that_is_killed_ends_its_sessions_with_a_close_frame_and_is_replaced() {
        try (var grid = UpGrid.start(Map.of());
                var first = HeldSession.open(grid.port());
                var second = HeldSession.open(grid.port())) {
            var killed = System.nanoTime();
            processes(grid, BrowserDeathIT::isDriver).forEach(ProcessHandle::destroyForcibly);

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
    void a_termination_signal_to_everybody_does_not_end_a_session_before_the_drain_does() {
        try (var grid = UpGrid.start(Map.of())) {
            try (var session = HeldSession.open(grid.port())) {
                processes(grid, BrowserDeathIT::isDriver).forEach(ProcessHandle::destroy);
                grid.program().askToStop();

                await().pollDelay(Duration.ofMillis(300)).until(session::isOpen);
            }
            assertThat(grid.program().awaitExit(Duration.ofSeconds(5))).isZero();
            assertThat(grid.program().err().text() + grid.program().out().text())
                    .doesNotContain("browser died", "driver died", "warm browser is missing", "cannot be killed");
        }
    }

    private static void assertCrash(HeldSession session, long killed) {
        var end = session.awaitEnd(SOON.multipliedBy(2));
        assertThat(end.code()).isEqualTo(1011);
        assertThat(end.reason()).isEqualTo("browser crashed");
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
