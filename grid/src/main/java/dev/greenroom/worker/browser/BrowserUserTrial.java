package dev.greenroom.worker.browser;

import dev.greenroom.worker.driver.RunFolders;
import dev.greenroom.worker.process.ExternalCommand;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// Tests whether drivers and browsers can run as the user of their folders.
///
/// @param environment of this process
record BrowserUserTrial(RunFolders folders, Map<String, String> environment) {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /// Environment variables that name files of drivers and browsers.
    private static final List<String> FILE_VARIABLES =
            List.of("NODE_EXTRA_CA_CERTS", "FONTCONFIG_FILE", "FONTCONFIG_PATH", "XAUTHORITY");

    /// Prints the first folder that is not accessible, or file that is not readable.
    private static final String FIRST_CLOSED = """
            for f; do
              if [ -d "$f" ]; then [ -x "$f" ]; else [ -r "$f" ]; fi || { echo "$f"; exit; }
            done
            """;

    /// What prevents it, in words for people; empty when they can.
    ///
    /// @param node in the place from which the user runs it
    Optional<String> problem(Path node, Path browser) throws InterruptedException {
        var user = folders.user();
        var closed = firstClosed(node, browser);
        if (closed.isEmpty()) {
            return Optional.of("setpriv, of util-linux 2.31 or newer, does not run a program as " + user + " here");
        }
        if (closed.get().startsWith(folders.root().toString()) || (closed.get().isEmpty() && !answers(node))) {
            return Optional.of(
                    user + " cannot run programs in " + folders.root().getParent()
                            + "; set -Djava.io.tmpdir to a folder that everybody may enter, not mounted noexec");
        }
        if (!closed.get().isEmpty()) {
            return Optional.of(user + " cannot read " + closed.get()
                    + "; put it where everybody may, browsers of Playwright's with PLAYWRIGHT_BROWSERS_PATH");
        }
        return answers(browser) ? Optional.empty() : Optional.of(browser + " does not answer '--version' to " + user);
    }

    /// An empty text when all are accessible; empty when no program runs as the user.
    private Optional<String> firstClosed(Path node, Path browser) throws InterruptedException {
        var line = new ArrayList<>(List.of("/bin/sh", "-c", FIRST_CLOSED, "sh"));
        Stream.of(folders.root(), node, browser).map(Path::toString).forEach(line::add);
        FILE_VARIABLES.stream()
                .map(name -> environment.getOrDefault(name, ""))
                .filter(file -> !file.isEmpty() && Files.exists(Path.of(file)))
                .forEach(line::add);
        return run(line).map(ExternalCommand.CommandResult::output).map(String::strip);
    }

    private boolean answers(Path program) throws InterruptedException {
        return run(List.of(program.toString(), "--version")).isPresent();
    }

    private Optional<ExternalCommand.CommandResult> run(List<String> line) throws InterruptedException {
        return folders.user()
                .command(line, environment, Map.of("HOME", "/nonexistent"))
                .run(PATIENCE)
                .filter(ExternalCommand.CommandResult::succeeded);
    }
}
