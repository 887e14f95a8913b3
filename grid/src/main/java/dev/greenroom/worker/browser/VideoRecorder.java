package dev.greenroom.worker.browser;

import dev.greenroom.worker.process.ExternalCommand;
import dev.greenroom.worker.store.PlaywrightCache;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// The ffmpeg with which drivers record videos. Each version of Playwright uses the ffmpeg of its own
/// revision in Playwright's cache; where that is missing, it gets this one.
public final class VideoRecorder {
    /// What to do where there is none.
    public static final String REMEDY = "install ffmpeg (Debian and Ubuntu: 'apt-get install -y ffmpeg';"
            + " elsewhere 'npx playwright install ffmpeg') and start the worker again";

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /// The names that Playwright gives it, on all systems.
    private static final List<String> PLAYWRIGHTS = List.of("ffmpeg-linux", "ffmpeg-mac", "ffmpeg-win64.exe");

    private VideoRecorder() {}

    /// The system's ffmpeg, or else the newest one of Playwright's cache.
    ///
    /// @param environment this process' own
    public static Optional<Path> find(Map<String, String> environment) {
        var system = Stream.of(environment.getOrDefault("PATH", "").split(File.pathSeparator, -1))
                .filter(folder -> !folder.isBlank())
                .map(folder -> Path.of(folder, "ffmpeg").toAbsolutePath());
        return Stream.concat(system, cached(PlaywrightCache.folder(environment)).stream())
                .filter(program -> Files.isRegularFile(program) && Files.isExecutable(program))
                .findFirst();
    }

    private static List<Path> cached(Path cache) {
        try (var folders = Files.list(cache)) {
            return folders.filter(folder -> folder.getFileName().toString().matches("ffmpeg-\\d{1,9}"))
                    .sorted(Comparator.comparingInt(VideoRecorder::revision).reversed())
                    .flatMap(folder -> PLAYWRIGHTS.stream().map(folder::resolve))
                    .toList();
        } catch (IOException _) {
            return List.of(); // no cache
        }
    }

    private static int revision(Path folder) {
        return Integer.parseInt(folder.getFileName().toString().substring("ffmpeg-".length()));
    }

    /// Whether it writes what Playwright wants of it: VP8 for its
    /// older versions and VP9 for the newest. Blocks for a moment.
    public static boolean writesWebm(Path program) throws InterruptedException {
        return ExternalCommand.of(program.toString(), "-hide_banner", "-encoders")
                .run(PATIENCE)
                .filter(ExternalCommand.CommandResult::succeeded)
                .map(ExternalCommand.CommandResult::output)
                .filter(encoders -> encoders.contains("vp8") && encoders.contains("vp9"))
                .isPresent();
    }
}
