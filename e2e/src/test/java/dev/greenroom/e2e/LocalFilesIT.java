package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.grid.Cluster;
import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.e2e.wire.HeldSession;
import dev.greenroom.testkit.Canary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What a client finds that opens files of the worker's machine in its browser.
class LocalFilesIT {
    private static final String SECRET = Canary.secret("grid");
    private static final String KNOWN = "a file that everybody may read";

    @Test
    void S9_a_client_that_opens_environments_and_the_files_that_a_worker_writes_finds_no_secret() throws Exception {
        var known = Files.writeString(Files.createTempFile("known", ".txt"), KNOWN);
        Files.setPosixFilePermissions(known, PosixFilePermissions.fromString("rw-r--r--"));
        var settings = Map.of("WORKER_SECRET", SECRET);
        try (var cluster = Cluster.start(1, settings, settings);
                var _ = HeldSession.open(cluster.port())) {
            var worker = cluster.workers().getFirst();
            var pid = worker.program().handle().pid();
            assertThat(Files.readString(Path.of("/proc/" + pid + "/environ"))).contains(SECRET);
            var files = new ArrayList<>(List.of(
                    known.toString(),
                    "/proc/self/environ",
                    "/proc/self/cmdline",
                    "/proc/" + pid + "/environ",
                    "/proc/" + pid + "/cmdline"));
            files.addAll(written(worker.family().folder()));
            assertThat(files).as("files that a worker writes").hasSizeGreaterThan(6);

            var seen = NodeClient.of("1.62.0")
                    .run("files.mjs", cluster.url(), Map.of("files", files))
                    .toString();

            assertThat(seen).contains(KNOWN).doesNotContain(Canary.mark());
        } finally {
            Files.delete(known);
        }
    }

    /// Whatever is there while a session runs, profiles of browsers left out.
    private static List<String> written(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(Path::toString)
                    .filter(file -> !file.contains("hsperfdata") && !file.contains("profile"))
                    .limit(30)
                    .toList();
        }
    }

    @Test
    void S12_a_grid_that_must_have_the_sandbox_and_cannot_says_so_in_a_sentence_and_does_not_start() {
        try (var grid = UpGrid.launch(Map.of("BROWSER_SANDBOX", "true", "BROWSER_USER", "same"))) {
            assertThat(grid.program().awaitExit(Duration.ofSeconds(30))).isEqualTo(1);

            assertThat(grid.program().out().text()).doesNotContain("ws://");
            assertThat(grid.program().err().all().stream().filter(line -> !line.isBlank()))
                    .singleElement()
                    .asString()
                    .contains("BROWSER_SANDBOX", "root");
        }
    }
}
