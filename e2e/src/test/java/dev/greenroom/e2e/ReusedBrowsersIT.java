package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.grid.LogLine;
import dev.greenroom.e2e.grid.TestSite;
import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.testkit.Canary;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Browsers that serve one session after another (`BROWSER_REUSE`).
class ReusedBrowsersIT {
    private static final String VERSION = "1.62.0";
    private static final int LOOKS = 2;

    /// With 1 slot and 1 warm browser, a browser that is kept serves one of the next two sessions.
    private static final Map<String, String> SETTINGS = Map.of(
            "LOG_LEVEL", "debug",
            "MAX_CONCURRENT_SESSIONS", "1",
            "MAX_LIFETIME_SESSIONS", "100000",
            "WARM_BROWSERS", "1",
            "WORKER_SELECT_TIMEOUT", "25");

    private static final int MANY = Integer.getInteger("greenroom.reuse.sessions", 40);
    private static final int FIRST = 10;
    private static final long MOST_GROWTH_KIB = 64 << 10;
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration LONG_PATIENCE = Duration.ofMinutes(50);

    private static UpGrid grid;

    @BeforeAll
    static void open() {
        grid = UpGrid.start(SETTINGS);
    }

    @AfterAll
    static void close() {
        grid.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.40.0", "1.58.2", VERSION, "newest"})
    void S35_a_session_sees_nothing_of_the_one_before_in_the_same_browser(String version) {
        var client = version.equals("newest") ? NodeClient.newest() : NodeClient.of(version);

        var sessions = leave(grid, client, "everything");

        assertThat(after(sessions)).as("browsers of the sessions after it").contains(browserOf(sessions, 1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"copyingByItself", "takingPictures", "busyPage"})
    void what_is_left_by_other_ways_is_gone_too(String way) {
        var sessions = leave(grid, NodeClient.of(VERSION), way);

        assertThat(after(sessions)).as("browsers of the sessions after it").contains(browserOf(sessions, 1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"stoppedRenderer", "devTools", "devToolsOfTheBrowser", "tracing", "pagesOfTheBrowser"})
    void S35_a_browser_that_was_changed_or_does_not_become_empty_serves_nobody_again(String way) {
        var sessions = leave(grid, NodeClient.of(VERSION), way);

        var browser = browserOf(sessions, 1);
        assertThat(after(sessions)).doesNotContain(browser);
        await().atMost(PATIENCE)
                .until(() -> ProcessHandle.of(Long.parseLong(browser)).isEmpty());
    }

    @Test
    void S35_a_tenant_never_gets_the_browser_of_another() {
        var one = Canary.secret("one");
        var other = Canary.secret("other");
        var settings = new HashMap<>(SETTINGS);
        settings.put("AUTH_TOKENS", "one:" + one + ",other:" + other);
        try (var tenants = UpGrid.start(settings)) {
            var ones = sessions(tenants, NodeClient.of(VERSION), Map.of("leave", "clicking", "looks", 1, "token", one));
            var others =
                    sessions(tenants, NodeClient.of(VERSION), Map.of("leave", "clicking", "looks", 1, "token", other));
            var onesAgain =
                    sessions(tenants, NodeClient.of(VERSION), Map.of("leave", "clicking", "looks", 1, "token", one));

            assertThat(others).noneMatch(it -> browsers(ones).contains(it.get("browserPid")));
            assertThat(onesAgain).noneMatch(it -> browsers(others).contains(it.get("browserPid")));
            assertThat(onesAgain).anyMatch(it -> it.get("origin").equals("reused"));
        }
    }

    @Test
    void firefox_cannot_be_looked_into_and_serves_one_session_only() {
        var settings = new HashMap<>(SETTINGS);
        settings.put("BROWSER_TYPE", "firefox");
        try (var firefox = UpGrid.start(settings);
                var site = TestSite.open()) {
            var client = NodeClient.of(VERSION);
            for (var n = 0; n < LOOKS; n++) {
                client.run("browser.mjs", firefox.url(), Map.of("site", site.url(), "browser", "firefox"));
            }

            assertThat(browsers(ended(firefox, LOOKS))).doesNotHaveDuplicates();
        }
    }

    /// 2,000 sessions with `-Dgreenroom.reuse.sessions=2000`.
    @Test
    void many_sessions_one_after_another_leave_the_memory_flat() {
        var settings = new HashMap<>(SETTINGS);
        settings.put("BROWSER_REUSE", "1000");
        try (var many = UpGrid.start(settings)) {
            sessions(many, NodeClient.of(VERSION), Map.of("leave", "clicking", "looks", FIRST));
            var before = memoryKib(many);

            var sessions = sessions(many, NodeClient.of(VERSION), Map.of("leave", "clicking", "looks", MANY));

            assertThat(memoryKib(many)).isLessThan(before + MOST_GROWTH_KIB);
            assertThat(browsers(sessions).stream().distinct()).hasSizeLessThanOrEqualTo(2 + MANY / 500);
        }
    }

    /// A session that looks at its browser, one that leaves something there, and some that look and must see
    /// what the first one saw.
    private static List<LogLine> leave(UpGrid grid, NodeClient client, String way) {
        return sessions(grid, client, Map.of("leave", way, "looks", LOOKS));
    }

    private static List<LogLine> sessions(UpGrid grid, NodeClient client, Map<String, Object> input) {
        var before = lines(grid).size();
        var all = new HashMap<>(input);
        all.put("grid", grid.program().handle().pid());

        var answer = NodeClient.answer(client.start("leftovers.mjs", grid.url(), all), LONG_PATIENCE);

        var seen = answer.get("seen");
        assertThat(seen).allSatisfy(sight -> assertThat(sight).isEqualTo(seen.get(0)));
        return ended(grid, before + seen.size() + 1).stream().skip(before).toList();
    }

    /// The log lines of the sessions of a grid that have ended, once there are as many.
    private static List<LogLine> ended(UpGrid grid, int count) {
        await().atMost(PATIENCE).until(() -> lines(grid).size() >= count);
        return lines(grid).stream().map(LogLine::ofText).toList();
    }

    private static List<String> lines(UpGrid grid) {
        return grid.program().out().containing("code=WORKER_SESSION_ENDED");
    }

    private static List<String> after(List<LogLine> sessions) {
        return browsers(sessions.subList(2, sessions.size()));
    }

    private static List<String> browsers(List<LogLine> sessions) {
        return IntStream.range(0, sessions.size())
                .mapToObj(n -> browserOf(sessions, n))
                .toList();
    }

    private static String browserOf(List<LogLine> sessions, int n) {
        return sessions.get(n).get("browserPid");
    }

    /// The private memory of all drivers and browsers of a grid.
    private static long memoryKib(UpGrid grid) {
        return grid.family().running().stream()
                .mapToLong(line -> memoryKib(line.substring(0, line.indexOf(' '))))
                .sum();
    }

    private static long memoryKib(String pid) {
        try (var lines = Files.lines(Path.of("/proc", pid, "status"))) {
            return lines.filter(line -> line.startsWith("RssAnon:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .sum();
        } catch (IOException | UncheckedIOException _) {
            return 0; // it has ended
        }
    }
}
