package dev.greenroom.worker.browser;

import dev.greenroom.worker.driver.Command;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// A program that may be a browser.
///
/// @param channel Playwright's name for it, where it is not Playwright's own build
record Candidate(Path path, Optional<String> channel, boolean headlessShell) {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /// Asks it for its version: a browser whose libraries are missing does not answer.
    Optional<BrowserBinary> tried() throws InterruptedException {
        if (!Files.isRegularFile(path) || !Files.isExecutable(path)) {
            return Optional.empty();
        }
        return Command.of(path.toString(), "--version")
                .run(PATIENCE)
                .filter(Command.Outcome::succeeded)
                .map(outcome -> new BrowserBinary(path, words(outcome.output()), channel, headlessShell));
    }

    private String words(String output) {
        var version = output.lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .findFirst()
                .orElse(path.getFileName().toString());
        return version + (headlessShell ? " (headless shell)" : "");
    }
}
