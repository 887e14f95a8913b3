package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.e2e.wire.HeldSession;
import dev.greenroom.e2e.wire.Http;
import dev.greenroom.testkit.Canary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The user of their own that drivers and browsers have where a worker runs as root, as these tests do.
class BrowserUserIT {
    private static final String BUNDLED = "1.62.1";
    private static final String TOKEN = Canary.secret("token");
    private static final Map<String, String> NO_BROWSER_KEPT = Map.of("WARM_BROWSERS", "0");
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    private Path folder;

    @Test
    void S9_a_client_reads_nothing_that_is_for_the_worker_s_user_alone_and_does_with_its_own_files_as_ever()
            throws Exception {
        var open = file("open", "rw-r--r--", "for everybody");
        var closed = file("closed", "rw-------", Canary.secret("file"));
        var upload = file("upload", "rw-------", "an upload");
        try (var grid = UpGrid.start(NO_BROWSER_KEPT)) {
            var client = NodeClient.of(BUNDLED);

            var files = List.of(open.toString(), closed.toString(), "/etc/shadow");
            var seen = client.run("files.mjs", grid.url(), Map.of("files", files));
            var done = client.run(
                    "ordinary.mjs", grid.url(), Map.of("folder", folder.toString(), "upload", upload.toString()));

            assertThat(seen.get(open.toString()).asString()).contains("for everybody");
            assertThat(seen.get(closed.toString()).asString()).contains("ERR_ACCESS_DENIED");
            assertThat(seen.get("/etc/shadow").asString()).contains("ERR_ACCESS_DENIED");
            assertThat(done.get("uploaded").asString()).isEqualTo("an upload");
            assertThat(done.get("downloaded").asString()).isEqualTo("hello");
            assertThat(done.get("sizes").valueStream())
                    .allSatisfy(size -> assertThat(size.asInt()).isPositive());
        }
    }

    @Test
    void S9_no_process_of_a_session_can_read_the_worker_s_environment_and_none_outlives_it() throws Exception {
        var grid = UpGrid.start(Map.of("WARM_BROWSERS", "1", "AUTH_TOKENS", "ci:" + TOKEN));
        try (var session = HeldSession.open(grid.port(), Http.PLAYWRIGHT, "Authorization: Bearer " + TOKEN)) {
            var environment = "/proc/" + grid.program().handle().pid() + "/environ";
            var children = grid.program().handle().descendants().toList();

            assertThat(session.isOpen()).isTrue();
            assertThat(Files.readString(Path.of(environment))).contains(TOKEN);
            assertThat(children).hasSizeGreaterThan(2).allSatisfy(BrowserUserIT::assertMayNothing);
            var child = Path.of("/proc", Long.toString(children.getFirst().pid()));
            var user = Files.getAttribute(child, "unix:uid").toString();
            assertThat(exitAs(user, "cat", child + "/environ")).isZero();
            assertThat(exitAs(user, "cat", environment)).isNotZero();

            grid.program().kill();

            grid.family().assertGone();
        } finally {
            grid.program().close();
            grid.family().delete();
        }
    }

    @Test
    void S12_a_browser_in_a_folder_of_root_s_alone_is_run_by_its_user_in_its_sandbox_all_the_same() throws Exception {
        var home = Files.createDirectory(folder.resolve("home"));
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwx------"));
        var browser = copyOfTheShell(home);
        try (var grid = UpGrid.start(Map.of("BROWSER_EXECUTABLE", browser.toString(), "WARM_BROWSERS", "1"));
                var session = HeldSession.open(grid.port(), Http.PLAYWRIGHT)) {
            assertThat(session.isOpen()).isTrue();
            assertThat(grid.program().handle().descendants().toList())
                    .hasSizeGreaterThan(2)
                    .allSatisfy(BrowserUserIT::assertMayNothing);
            assertThat(grid.program().err().text() + grid.program().out().text())
                    .contains(browser.toString())
                    .doesNotContain("BROWSER_USER_SAME", "SANDBOX_OFF", "sandbox is off");
        }
        assertThat(browser).isExecutable();
    }

    /// Its files, not the windowed browser beside them.
    private static Path copyOfTheShell(Path home) throws IOException {
        var from = Path.of("/usr/lib/chromium");
        var to = Files.createDirectories(home.resolve("browsers/chromium"));
        try (var files = Files.list(from)) {
            for (var file : (Iterable<Path>) files::iterator) {
                if (Files.isRegularFile(file) && !file.endsWith("chromium")) {
                    Files.copy(file, to.resolve(file.getFileName()), StandardCopyOption.COPY_ATTRIBUTES);
                }
            }
        }
        return to.resolve("chromium-headless-shell");
    }

    @Test
    void S9_a_worker_that_is_to_have_a_user_who_is_not_there_says_so_and_does_not_start() {
        try (var grid = UpGrid.launch(Map.of("BROWSER_USER", "nobody-of-this-name"))) {
            assertThat(grid.program().awaitExit(PATIENCE)).isEqualTo(1);

            assertThat(grid.program().err().text()).contains("BROWSER_USER is nobody-of-this-name", "no user");
        }
    }

    private Path file(String name, String permissions, String content) throws IOException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        return Files.setPosixFilePermissions(
                Files.writeString(folder.resolve(name), content), PosixFilePermissions.fromString(permissions));
    }

    /// Neither root nor in a group of the worker's, and without a way to get more. What ends meanwhile may
    /// nothing.
    private static void assertMayNothing(ProcessHandle process) {
        assertThat(status(process))
                .matches("gone|user (6099[1-9]|610[0-9]{2}|611[0-7][0-9]|6118[0-3]), groups , no new privileges 1");
    }

    private static String status(ProcessHandle process) {
        try {
            var lines = Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status"));
            var uids = value(lines, "Uid:").split("\\s+");
            return "user " + String.join(" ", new TreeSet<>(List.of(uids))) + ", groups " + value(lines, "Groups:")
                    + ", no new privileges " + value(lines, "NoNewPrivs:");
        } catch (IOException _) {
            return "gone";
        }
    }

    private static String value(List<String> lines, String name) {
        return lines.stream()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(name.length()).strip())
                .findFirst()
                .orElse("missing");
    }

    private static int exitAs(String user, String... program) throws Exception {
        var line = Stream.concat(
                        Stream.of("setpriv", "--reuid=" + user, "--regid=60990", "--clear-groups"), Stream.of(program))
                .toList();
        return new ProcessBuilder(line)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }
}
