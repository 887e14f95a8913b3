package dev.greenroom.worker.browser;

import dev.greenroom.config.WorkerSections.BrowserSettings;
import dev.greenroom.worker.process.ChildProcess;
import dev.greenroom.worker.process.ExternalCommand;
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

/// A virtual display (Xvfb) for browsers with a window on a machine without one. It ends with this process,
/// however that ends.
final class VirtualDisplay implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VirtualDisplay.class);
    private static final String DISPLAY = "DISPLAY";
    private static final Duration START_TIMEOUT = Duration.ofSeconds(15);
    private static final String SCREEN = "1920x1080x24";

    /// Xvfb does not notice when its parent dies; a shell that reads from the parent does.
    private static final String UNTIL_STDIN_ENDS = "\"$@\" </dev/null & screen=$!; read -r _; kill $screen; wait";

    private static final String REMEDY = "HEADLESS is false, but there is no display: DISPLAY is not set, and no Xvfb"
            + " was found on the PATH. Install it (on Debian 'apt-get install -y xvfb'), set DISPLAY,"
            + " or leave HEADLESS true.";

    private final ChildProcess process;
    private final String name;

    private VirtualDisplay(ChildProcess process, String name) {
        this.process = process;
        this.name = name;
    }

    /// The outcome of [#provide].
    sealed interface DisplaySearch {
        /// Browsers without a window need none, or there is one already.
        record NotNeeded() implements DisplaySearch {}

        /// One was started for them; the caller closes it.
        record Started(VirtualDisplay display) implements DisplaySearch {}

        /// There is none, and none could be started.
        ///
        /// @param remedy one sentence for the user
        record Missing(String remedy) implements DisplaySearch {}
    }

    /// Starts a display if these browsers need one. Blocks for a second or so.
    ///
    /// @param environment this process' own
    static DisplaySearch provide(BrowserSettings settings, Map<String, String> environment)
            throws InterruptedException {
        if (settings.headless() || !environment.getOrDefault(DISPLAY, "").isEmpty()) {
            return new DisplaySearch.NotNeeded();
        }
        var program = program(environment);
        return program.isEmpty() ? new DisplaySearch.Missing(REMEDY) : start(program.get(), environment);
    }

    private static Optional<Path> program(Map<String, String> environment) {
        return List.of(environment.getOrDefault("PATH", "").split(File.pathSeparator, -1)).stream()
                .filter(folder -> !folder.isBlank())
                .map(folder -> Path.of(folder, "Xvfb"))
                .filter(Files::isExecutable)
                .findFirst();
    }

    private static DisplaySearch start(Path program, Map<String, String> environment) throws InterruptedException {
        try {
            var line = List.of(
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
                    "tcp");
            var process = ChildProcess.start("display", new ExternalCommand(line, environment, true), Optional.empty());
            var number = number(process);
            if (number.isEmpty()) {
                process.kill();
                return new DisplaySearch.Missing(program + " did not name its display within "
                        + START_TIMEOUT.toSeconds() + " s; see whether it starts by itself, or set DISPLAY.");
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

    /// Xvfb prints its number once clients can connect.
    private static Optional<String> number(ChildProcess process) throws InterruptedException {
        var line = new CompletableFuture<String>();
        process.listen(line::complete, _ -> line.complete(""));
        try {
            return Optional.of(line.get(START_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                            .strip())
                    .filter(text -> text.matches("\\d{1,5}"))
                    .map(text -> ":" + text);
        } catch (ExecutionException | TimeoutException _) {
            return Optional.empty();
        }
    }

    /// The environment of browsers that use it.
    Map<String, String> added(Map<String, String> environment) {
        var all = new HashMap<>(environment);
        all.put(DISPLAY, name);
        return all;
    }

    /// Stops it; blocks for some seconds at most.
    @Override
    public void close() {
        process.kill();
    }
}
