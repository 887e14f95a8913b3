package dev.greenroom.worker.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.SessionEnding;
import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.session.SessionId;
import dev.greenroom.testkit.Canary;
import dev.greenroom.testkit.LoggedLines;
import dev.greenroom.worker.driver.Driver.DriverDeath;
import dev.greenroom.worker.driver.Driver.LaunchResult;
import dev.greenroom.worker.process.ChildProcess.ProcessTree;
import dev.greenroom.worker.process.DriverFailedException;
import dev.greenroom.worker.process.ExternalCommand;
import dev.greenroom.worker.store.DriverSource.DriverPackage;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Drivers that are shell scripts, and misbehave.
class DriverProcessTest {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration HANG_TIMEOUT = Duration.ofMinutes(1);
    private static final SessionId SESSION = new SessionId(new UUID(1, 2));

    /// `next` reads the next command that is no ping.
    private static final String READY = """
            next() { while read -r line; do case "$line" in *ping*) ;; *) return;; esac; done; }
            echo '{"ready":"1.62.1"}'
            """;

    /// Answers a launch with a `sleep` as browser, and stays until stdin is closed.
    private static final String LAUNCHING = READY + """
            while read -r line; do
              case "$line" in
                *launch*) sleep 600 & echo "{\\"id\\":1,\\"launched\\":{\\"wsPath\\":\\"/SECRET\\",\\"pid\\":$!}}";;
              esac
            done
            """.replace("SECRET", Canary.secret("path"));

    @TempDir
    private Path parent;

    private RunFolders folders;

    @BeforeEach
    void open() {
        folders = RunFolders.open(parent, new SecureRandom());
    }

    @AfterEach
    void close() {
        folders.close();
    }

    @Test
    void a_driver_that_ends_at_once_is_told_with_its_last_words() {
        assertThatThrownBy(() -> start("echo 'cannot find module' >&2; exit 3"))
                .isInstanceOf(DriverFailedException.class)
                .hasMessageContaining("exit code 3")
                .hasMessageContaining("cannot find module");
    }

    @Test
    void a_driver_that_says_nothing_is_killed() {
        assertThatThrownBy(() -> start("sleep 6001", Duration.ofMillis(100)))
                .isInstanceOf(DriverFailedException.class)
                .hasMessageContaining("was not ready within 100 ms");

        assertThat(running("sleep 6001")).isEmpty();
    }

    @Test
    void what_is_not_a_message_is_passed_over() throws Exception {
        try (var driver = start("echo; echo rubbish; echo '{\"id\":'; echo '[]'; echo 7; head -c 300000 /dev/zero;"
                + " echo; head -c 300000 /dev/zero >&2; echo '{\"launched\":7}';" + LAUNCHING)) {

            assertThat(driver.alive()).isTrue();
        }
    }

    @Test
    void a_launched_browser_is_found_where_the_driver_says() throws Exception {
        try (var driver = start(LAUNCHING)) {

            var browser = launched(driver);

            assertThat(browser.address().wsPath()).isEqualTo("/" + Canary.secret("path"));
            assertThat(browser.address().socket().getFileName()).hasToString("1");
            assertThat(browser.address()).asString().doesNotContain(Canary.mark());
            assertThat(ProcessHandle.of(browser.address().pid())).isPresent();
        }
    }

    @Test
    void a_launch_that_is_not_answered_fails_in_time() throws Exception {
        try (var driver = start(READY + "cat > /dev/null")) {

            var result = driver.launch(spec(), Duration.ofMillis(100));

            assertThat(result).isEqualTo(new LaunchResult.Failed("the browser was not there within 100 ms"));
        }
    }

    @Test
    void a_browser_that_comes_too_late_is_closed_again() throws Exception {
        var orders = parent.resolve("orders");
        try (var driver = start(READY + """
                next
                sleep 0.3
                echo '{"id":1,"launched":{"wsPath":"/late","pid":999999999}}'
                exec cat > %s
                """.formatted(orders))) {

            driver.launch(spec(), Duration.ofMillis(50));

            await().untilAsserted(() -> assertThat(orders).content().contains("\"close\":true"));
        }
    }

    @Test
    void a_driver_that_does_not_answer_is_killed_and_its_sessions_are_told_so() throws Exception {
        var driver = start(LAUNCHING, PATIENCE, Duration.ofMillis(500));
        var browser = launched(driver);
        var process = ProcessHandle.of(driver.pid()).orElseThrow();
        var browserDeath = new CountDownLatch(1);
        var death = new CompletableFuture<DriverDeath>();
        browser.onDeath(browserDeath::countDown);
        driver.onDeath(death::complete);

        assertThat(browserDeath.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(browser.deathCause()).isEqualTo(Cause.DRIVER_HUNG);
        assertThat(browser.usable()).isFalse();
        assertThat(death.get(20, TimeUnit.SECONDS)).satisfies(it -> {
            assertThat(it.cause()).isEqualTo(Cause.DRIVER_HUNG);
            assertThat(it.ofSession()).isTrue();
        });
        await().until(() -> !ProcessTree.runs(process));
    }

    @Test
    void a_driver_whose_heap_is_full_ends_its_sessions_with_that_reason() throws Exception {
        var driver = start(READY + """
                next
                echo '{"id":1,"launched":{"wsPath":"/a","pid":0}}'
                next
                echo 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory' >&2
                exit 134
                """);
        var browser = launched(driver);
        var death = new CompletableFuture<DriverDeath>();
        driver.onDeath(death::complete);

        browser.close();

        assertThat(death.get(20, TimeUnit.SECONDS)).satisfies(it -> {
            assertThat(it.cause()).isEqualTo(Cause.DRIVER_OUT_OF_MEMORY);
            assertThat(it.ofSession()).isTrue();
        });
    }

    @Test
    void a_driver_that_dies_while_it_serves_a_session_may_have_been_killed_by_it() throws Exception {
        var driver = start(LAUNCHING);
        var death = new CompletableFuture<DriverDeath>();
        driver.onDeath(death::complete);
        launched(driver).serve(SESSION, 7, _ -> {}).close();

        ProcessHandle.of(driver.pid()).orElseThrow().destroyForcibly();

        assertThat(death.get(20, TimeUnit.SECONDS).ofSession()).isTrue();
    }

    @Test
    void a_session_that_the_driver_ends_is_told_why_and_no_other() throws Exception {
        try (var driver = start(READY + """
                next
                echo '{"id":1,"launched":{"wsPath":"/a","pid":0}}'
                echo '{"id":1,"ended":{"connection":7,"cause":"budget exceeded","detail":"SESSION_DISK (1g)"}}'
                exec cat
                """)) {
            var browser = launched(driver);
            var told = new CompletableFuture<SessionEnding>();
            var other = new CompletableFuture<SessionEnding>();

            browser.serve(SESSION, 8, other::complete);
            browser.serve(SESSION, 7, told::complete);

            assertThat(told.get(20, TimeUnit.SECONDS))
                    .isEqualTo(SessionEnding.of(Cause.BUDGET_EXCEEDED, "SESSION_DISK (1g)"));
            assertThat(other).isNotDone();
        }
    }

    @Test
    void what_a_driver_says_of_a_session_that_has_just_ended_is_logged_with_its_id() throws Exception {
        try (var log = LoggedLines.of(DriverProcess.class.getName());
                var driver = start(READY + """
                        next
                        echo '{"id":1,"launched":{"wsPath":"/a","pid":0}}'
                        next
                        echo '{"id":1,"consoleBounded":{"connection":7,"dropped":3,"cut":0}}'
                        echo '{"id":1,"consoleBounded":{"connection":0,"dropped":3,"cut":0}}'
                        exec cat
                        """)) {
            var browser = launched(driver);
            browser.serve(SESSION, 7, _ -> {}).close();

            browser.close();

            await().untilAsserted(() -> assertThat(log.withCode("CONSOLE_BOUNDED"))
                    .hasSize(2)
                    .allMatch(line -> line.contains(SESSION.toString())));
        }
    }

    @Test
    void the_death_of_a_driver_is_told_and_takes_its_browsers_along() throws Exception {
        var driver = start(LAUNCHING);
        var browser = launched(driver);
        var process = ProcessHandle.of(browser.address().pid()).orElseThrow();
        var browserDeath = new CountDownLatch(1);
        var cause = new CompletableFuture<DriverDeath>();
        browser.onDeath(browserDeath::countDown);
        driver.onDeath(cause::complete);

        process.parent().orElseThrow().destroyForcibly();

        assertThat(browserDeath.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(cause.get(20, TimeUnit.SECONDS).words()).contains("exit code 137");
        assertThat(cause.get().ofSession()).isFalse();
        await().until(() -> !ProcessTree.runs(process));
        assertThat(driver.launch(spec(), PATIENCE)).isInstanceOf(LaunchResult.Failed.class);
        assertThat(driver.alive()).isFalse();
    }

    @Test
    void a_process_that_is_no_child_of_the_driver_s_is_not_killed_for_its_browser() throws Exception {
        var stranger = new ProcessBuilder("sleep", "600").start();
        try {
            var driver = start(READY + """
                    next
                    echo '{"id":1,"launched":{"wsPath":"/a","pid":%d}}'
                    next
                    """.formatted(stranger.pid()));
            launched(driver);

            driver.close();

            assertThat(stranger.isAlive()).isTrue();
        } finally {
            stranger.destroyForcibly();
        }
    }

    @Test
    void a_driver_that_does_not_want_to_end_is_killed_with_its_children() throws Exception {
        var driver = start("trap '' TERM HUP\nsleep 6002 &\n" + READY + "while true; do sleep 1; done");
        var children = running("sleep 6002");

        driver.close();

        assertThat(children).hasSizeGreaterThanOrEqualTo(2).noneMatch(ProcessTree::runs);
    }

    @Test
    void a_closed_driver_has_not_died() throws Exception {
        var driver = start(LAUNCHING);
        var death = new CountDownLatch(1);
        driver.onDeath(_ -> death.countDown());
        var browser = launched(driver);
        browser.onDeath(death::countDown);
        var process = ProcessHandle.of(browser.address().pid()).orElseThrow();

        driver.close();

        await().until(() -> !ProcessTree.runs(process));
        assertThat(death.getCount()).as("deaths that are still to come").isOne();
    }

    /// Children of this JVM, which has those of other tests too, and theirs.
    private static List<ProcessHandle> running(String words) {
        return ProcessHandle.current()
                .descendants()
                .filter(process -> process.info().commandLine().orElse("").contains(words))
                .filter(ProcessTree::runs)
                .toList();
    }

    private DriverProcess start(String script) throws InterruptedException {
        return start(script, PATIENCE);
    }

    private DriverProcess start(String script, Duration patience) throws InterruptedException {
        return start(script, patience, HANG_TIMEOUT);
    }

    private DriverProcess start(String script, Duration patience, Duration hangTimeout) throws InterruptedException {
        var folder = folders.next();
        var command = new ExternalCommand(
                List.of("sh", "-c", script),
                Map.of("PATH", System.getenv().getOrDefault("PATH", "/usr/bin:/bin")),
                true);
        var driver = new DriverPackage(new PlaywrightVersion(1, 62), "1.62.1", parent);
        return DriverProcess.start(driver, folder, command, patience, hangTimeout);
    }

    private static LaunchedBrowser launched(Driver driver) throws InterruptedException {
        var result = driver.launch(spec(), PATIENCE);
        assertThat(result).isInstanceOf(LaunchResult.Launched.class);
        return ((LaunchResult.Launched) result).browser();
    }

    private static LaunchSpec spec() {
        return new LaunchSpec(
                BrowserType.CHROMIUM, Path.of("/fake"), Optional.empty(), true, false, List.of(), PATIENCE);
    }
}
