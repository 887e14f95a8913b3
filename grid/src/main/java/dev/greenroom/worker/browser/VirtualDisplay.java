package dev.greenroom.worker.browser;

import dev.greenroom.config.settings.WorkerSections.BrowserSettings;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A screen that nobody sees, for browsers with a window on a machine without one. It ends with this
/// process, however that ends.
public final class VirtualDisplay implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VirtualDisplay.class);
    private static final String DISPLAY = "DISPLAY";
    private static final Duration START = Duration.ofSeconds(15);
    private static final Duration STOP = Duration.ofSeconds(2);
    private static final String SCREEN = "1920x1080x24";

    /// Xvfb does not notice that who started it has died; a shell that reads from us does.
    private static final String UNTIL_STDIN_ENDS = "\"$@\" </dev/null & screen=$!; read -r _; kill $screen; wait";

    private static final String REMEDY = "HEADLESS is false, but there is no display: DISPLAY is not set, and no Xvfb"
            + " was found on the PATH. Install it (on Debian 'apt-get install -y xvfb'), set DISPLAY,"
            + " or leave HEADLESS true.";

    private final Process process;
    private final String name;

    private VirtualDisplay(Process process, String name) {
        this.process = process;
        this.name = name;
    }

    /// What came of looking for a display.
    public sealed interface DisplaySearch {
        /// Browsers without a window need none, or there is one.
        record NotNeeded() implements DisplaySearch {}

        /// One was started for them; the caller closes it.
        record Started(VirtualDisplay display) implements DisplaySearch {}

        /// There is none.
        ///
        /// @param remedy one sentence for the user
        record Missing(String remedy) implements DisplaySearch {}
    }

    /// Starts one if these browsers need it. Blocks for a second or so.
    ///
    /// @param environment this process' own
    public static DisplaySearch provide(BrowserSettings settings, Map<String, String> environment)
            throws InterruptedException {
        if (settings.headless() || !environment.getOrDefault(DISPLAY, "").isEmpty()) {
            return new DisplaySearch.NotNeeded();
        }
        var program = program(environment);
        return program.isEmpty() ? new DisplaySearch.Missing(REMEDY) : start(program.get());
    }

    private static Optional<Path> program(Map<String, String> environment) {
        return List.of(environment.getOrDefault("PATH", "").split(File.pathSeparator, -1)).stream()
                .filter(folder -> !folder.isBlank())
                .map(folder -> Path.of(folder, "Xvfb"))
                .filter(Files::isExecutable)
                .findFirst();
    }

    private static DisplaySearch start(Path program) throws InterruptedException {
        try {
            var process = new ProcessBuilder(
                            "/bin/sh",
                            "-c",
                            UNTIL_STDIN_ENDS,
                            "greenroom-display",
                            program.toString(),
                            "-displayfd",
                            "1",
                            "-screen",
                            "0",
                            SCREEN,
                            "-nolisten",
                            "tcp")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            var number = number(process);
            if (number.isEmpty()) {
                process.destroyForcibly();
                return new DisplaySearch.Missing(program + " did not name its display within " + START.toSeconds()
                        + " s; see whether it starts by itself, or set DISPLAY.");
            }
            LOG.atInfo()
                    .addKeyValue("code", "DISPLAY_STARTED")
                    .addKeyValue("display", number.get())
                    .log("Virtual display started for browsers with a window");
            return new DisplaySearch.Started(new VirtualDisplay(process, number.get()));
        } catch (IOException e) {
            return new DisplaySearch.Missing(program + " could not be started (" + e.getMessage() + "); set DISPLAY.");
        }
    }

    /// It writes its number once clients can connect.
    private static Optional<String> number(Process process) throws InterruptedException {
        var line = new CompletableFuture<String>();
        Thread.ofPlatform().daemon().name("display-stdout").start(() -> {
            try (var reader = process.inputReader()) {
                line.complete(Optional.ofNullable(reader.readLine()).orElse(""));
            } catch (IOException _) {
                line.complete("");
            }
        });
        try {
            return Optional.of(line.get(START.toMillis(), TimeUnit.MILLISECONDS).strip())
                    .filter(text -> text.matches("\\d{1,5}"))
                    .map(text -> ":" + text);
        } catch (ExecutionException | TimeoutException _) {
            return Optional.empty();
        }
    }

    /// The environment of browsers that shall appear on it.
    public Map<String, String> added(Map<String, String> environment) {
        var all = new HashMap<>(environment);
        all.put(DISPLAY, name);
        return all;
    }

    /// Ends it.
    @Override
    public void close() {
        try {
            process.getOutputStream().close();
            if (!process.waitFor(STOP.toMillis(), TimeUnit.MILLISECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        } catch (IOException _) {
            process.destroyForcibly();
        } catch (InterruptedException _) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
