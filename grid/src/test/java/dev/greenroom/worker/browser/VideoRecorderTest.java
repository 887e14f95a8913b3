package dev.greenroom.worker.browser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.worker.browser.BrowserSetup.VideoRecorder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VideoRecorderTest {
    @TempDir
    private Path folder;

    private Map<String, String> environment;

    @BeforeEach
    void folders() {
        var path = folder.resolve("empty") + ":" + folder.resolve("bin");
        environment = Map.of(
                "PATH",
                path,
                "PLAYWRIGHT_BROWSERS_PATH",
                folder.resolve("cache").toString());
    }

    @Test
    void the_system_s_ffmpeg_is_taken_wherever_it_is_on_the_path() throws IOException {
        program("cache/ffmpeg-1011/ffmpeg-linux", "");
        var system = program("bin/ffmpeg", "");

        assertThat(VideoRecorder.find(environment)).contains(system);
    }

    @Test
    void where_the_system_has_none_the_newest_of_playwright_s_is_taken() throws IOException {
        program("cache/ffmpeg-999/ffmpeg-linux", "");
        program("cache/chromium-1300/ffmpeg-linux", "");
        var newest = program("cache/ffmpeg-1011/ffmpeg-mac", "");

        assertThat(VideoRecorder.find(environment)).contains(newest);
    }

    @Test
    void what_cannot_be_executed_is_none() throws IOException {
        Files.setPosixFilePermissions(program("bin/ffmpeg", ""), PosixFilePermissions.fromString("rw-r--r--"));
        Files.createDirectories(folder.resolve("empty/ffmpeg"));

        assertThat(VideoRecorder.find(environment)).isEmpty();
    }

    @Test
    void one_without_an_encoder_that_playwright_wants_writes_no_webm() throws Exception {
        var whole = program("bin/ffmpeg", "echo 'libvpx (codec vp8)'; echo 'libvpx-vp9 (codec vp9)'");
        var half = program("bin/half", "echo 'libvpx (codec vp8)'");
        var broken = program("bin/broken", "echo vp8 vp9; exit 1");

        assertThat(VideoRecorder.writesWebm(whole)).isTrue();
        assertThat(VideoRecorder.writesWebm(half)).isFalse();
        assertThat(VideoRecorder.writesWebm(broken)).isFalse();
    }

    private Path program(String name, String line) throws IOException {
        var file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\n" + line + "\n");
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
