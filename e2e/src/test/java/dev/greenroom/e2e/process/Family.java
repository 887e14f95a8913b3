package dev.greenroom.e2e.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// The processes that a program started, known by the folder for temporary files that it was given: drivers
/// and browsers name it on their command lines, orphaned or not.
///
/// @param folder nobody else's
public record Family(Path folder) {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /// Makes a folder with a short path: Unix sockets are made in it. Like any folder for temporary files,
    /// it may be entered by other users, whom browsers may run as.
    public static Family create() {
        try {
            var folder = Files.createTempDirectory("ge");
            return new Family(Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Those that run, without the program itself.
    public List<String> running() {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info()
                        .commandLine()
                        .filter(line -> line.contains(folder + "/"))
                        .isPresent())
                .map(process ->
                        process.pid() + " " + process.info().commandLine().orElse(""))
                .toList();
    }

    /// Waits until none is left, for as long as the death of an orphan may take.
    ///
    /// @throws AssertionError when one is left
    public void assertGone() {
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(50))
                .untilAsserted(
                        () -> assertThat(running()).as("processes left behind").isEmpty());
    }

    /// Asserts that the folder is empty again, as a program that ends in good order leaves it.
    public void assertTidy() {
        try (var left = Files.list(folder)) {
            assertThat(left.filter(entry -> !entry.getFileName().toString().startsWith("hsperfdata")))
                    .as("files left behind in the folder for temporary files")
                    .isEmpty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Waits until every process is gone and removes the folder. Twice is once.
    public void delete() {
        assertGone();
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
