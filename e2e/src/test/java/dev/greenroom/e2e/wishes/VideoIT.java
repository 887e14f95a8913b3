package dev.greenroom.e2e.wishes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.grid.UpGrid;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `recordVideo` on a machine that has no ffmpeg of Playwright's.
class VideoIT {
    private static final String NOWHERE = "/nowhere";

    @TempDir
    private static Path folder;

    private static UpGrid grid;

    @BeforeAll
    static void open() {
        grid = UpGrid.start(Map.of(
                "WORKER_SELECT_TIMEOUT",
                "12",
                "PLAYWRIGHT_BROWSERS_PATH",
                folder.resolve("cache").toString()));
    }

    @AfterAll
    static void close() {
        grid.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.40.0", "1.52.0", "1.62.0", "1.65.1"})
    void a_client_gets_the_video_that_the_system_s_ffmpeg_recorded(String version) {
        assertThat(NodeClient.of(version).run("video.mjs", grid.url(), Map.of()).asString())
                .isEqualTo("a video");
    }

    @Test
    void where_playwright_has_an_ffmpeg_of_its_own_that_one_records() throws IOException {
        var used = folder.resolve("used");
        var own = Files.createDirectories(folder.resolve("cache/ffmpeg-1011")).resolve("ffmpeg-linux");
        // Each driver has a user of its own, and only one of them can write this file.
        Files.writeString(own, "#!/bin/sh\ntrue > " + used + "\nexec ffmpeg \"$@\"\n");
        assertThat(own.toFile().setExecutable(true, false)).isTrue();
        assertThat(folder.toFile().setWritable(true, false)).isTrue();
        assertThat(folder.toFile().setExecutable(true, false)).isTrue();

        var seen = NodeClient.of("1.62.0").run("video.mjs", grid.url(), Map.of());

        assertThat(seen.asString()).isEqualTo("a video");
        assertThat(used).exists();
    }

    @Test
    void without_any_the_banner_and_the_client_s_error_name_the_grid_and_what_to_do() throws IOException {
        var path = Files.createDirectory(folder.resolve("bin"));
        for (var name : new String[] {"sh", "id", "setpriv"}) {
            Files.createSymbolicLink(path.resolve(name), Path.of("/usr/bin", name));
        }
        try (var without = UpGrid.start(Map.of("PATH", path.toString(), "PLAYWRIGHT_BROWSERS_PATH", NOWHERE))) {
            // The version that is here already: there is no npm that could say where others are.
            var seen = NodeClient.of("1.62.0").run("video.mjs", without.url(), Map.of());

            assertThat(seen.asString())
                    .contains("newPage", "This grid cannot record videos: its worker has no ffmpeg", "apt-get install")
                    .doesNotContain("npx playwright install");
            var program = without.program();
            assertThat(program.out().text() + program.err().text())
                    .contains("code=VIDEO_UNAVAILABLE", "  video       none is recorded: there is no ffmpeg here");
        }
    }
}
