package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.e2e.client.JavaClient;
import dev.greenroom.e2e.grid.TestSite;
import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.e2e.wire.HeldSession;
import dev.greenroom.e2e.wire.Http;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class UpIT {
    private static final Duration FAIL_PATIENCE = Duration.ofSeconds(20);
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(15);

    @Test
    @Tag("check")
    void one_command_gives_a_connect_string_and_a_first_page_and_ctrl_c_leaves_nothing_behind() {
        try (var grid = UpGrid.startWithLauncher(Map.of());
                var site = TestSite.open();
                var client = JavaClient.start()) {

            var visit = client.visit(grid.url(), site.url());
            var banner = grid.program().out().text();
            grid.program().signal("INT");
            grid.program().awaitExit(STOP_PATIENCE);

            assertThat(banner).contains("ws://localhost:" + grid.port(), "http://localhost:" + grid.port());
            assertThat(banner.toLowerCase(Locale.ROOT)).contains("chromium");
            assertThat(banner).contains("1.62");
            visit.assertComplete();
            grid.family().assertGone();
        }
    }

    @Test
    void ctrl_c_lets_a_running_session_finish() {
        try (var grid = UpGrid.start(Map.of("DRAIN_TIMEOUT", "20", "SHUTDOWN_GRACE_PERIOD", "20s"));
                var site = TestSite.open();
                var client = JavaClient.start()) {

            try (var browser = client.connect(grid.url())) {
                var page = browser.newPage();
                grid.program().signal("INT");
                page.navigate(site.url());
                page.click("#press");
                assertThat(page.textContent("#said")).isEqualTo("pressed 1");
            }

            assertThat(grid.program().awaitExit(STOP_PATIENCE)).isZero();
        }
    }

    @Test
    void while_it_waits_for_a_session_to_finish_newcomers_are_told_so() {
        try (var grid = UpGrid.start(Map.of("SHUTDOWN_GRACE_PERIOD", "20s"))) {
            var session = HeldSession.open(grid.port());

            grid.program().askToStop();
            grid.program().out().await("word of the drain", line -> line.startsWith("Stopping when"), STOP_PATIENCE);
            var newcomer = Http.connect(grid.port(), "/", Http.PLAYWRIGHT);
            session.close();

            assertThat(newcomer.status()).isEqualTo(503);
            assertThat(newcomer.json().get("error").asString()).isEqualTo("draining");
            assertThat(newcomer.header("Retry-After")).isPresent();
            assertThat(newcomer.header("Connection")).hasValue("close");
            assertThat(grid.program().awaitExit(STOP_PATIENCE)).isZero();
        }
    }

    @Test
    void a_session_that_does_not_finish_is_closed_with_going_away_when_the_grace_is_over() {
        try (var grid = UpGrid.start(Map.of("DRAIN_TIMEOUT", "1", "SHUTDOWN_GRACE_PERIOD", "1s"));
                var session = HeldSession.open(grid.port())) {

            grid.program().signal("TERM");
            var end = session.awaitEnd(Duration.ofSeconds(5));

            assertThat(end.code()).isEqualTo(1001);
            assertThat(end.reason()).isIn("disconnected: proxy shutting down", "disconnected: worker draining");
            assertThat(grid.program().awaitExit(STOP_PATIENCE)).isZero();
        }
    }

    @Test
    @Tag("check")
    void a_port_in_use_is_one_sentence_and_a_failure() throws IOException {
        try (var taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            var port = Integer.toString(taken.getLocalPort());

            var complaint = complaint(Map.of("PORT", port));

            assertThat(complaint).hasSize(1);
            assertThat(complaint.getFirst()).contains(port);
        }
    }

    @Test
    void a_browser_that_is_not_there_is_one_sentence_and_a_failure() {
        var complaint = complaint(Map.of("BROWSER_EXECUTABLE", "/nonexistent"));

        assertThat(complaint).hasSize(1);
        assertThat(complaint.getFirst()).contains("/nonexistent", "BROWSER_EXECUTABLE");
    }

    @Test
    void all_bad_settings_are_named_at_once_each_with_its_value_in_a_sentence_of_its_own() {
        var complaint = complaint(Map.of(
                "MAX_CONCURRENT_SESSIONS", "0",
                "WORKER_SELECT_TIMEOUT", "soon",
                "DEFAULT_BROWSER_TYPE", "lynx"));

        assertThat(complaint).hasSize(4);
        assertThat(complaint.getFirst()).contains("3 settings are wrong");
        assertThat(complaint)
                .anySatisfy(line -> assertThat(line).contains("MAX_CONCURRENT_SESSIONS", "0"))
                .anySatisfy(line -> assertThat(line).contains("WORKER_SELECT_TIMEOUT", "soon"))
                .anySatisfy(line -> assertThat(line).contains("DEFAULT_BROWSER_TYPE", "lynx"));
    }

    /// What a grid that cannot start says on standard error.
    private static List<String> complaint(Map<String, String> settings) {
        try (var grid = UpGrid.launch(settings)) {
            assertThat(grid.program().awaitExit(FAIL_PATIENCE)).as("exit code").isNotZero();
            assertThat(grid.program().out().text()).doesNotContain("ws://");
            return grid.program().err().all().stream()
                    .filter(line -> !line.isBlank())
                    .toList();
        }
    }
}
