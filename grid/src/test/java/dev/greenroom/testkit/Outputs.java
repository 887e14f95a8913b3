package dev.greenroom.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/// Files for what the programs that tests start write: in `target/outputs` of the module, kept, so that
/// `./check --all` can search all of it when the tests are over.
public final class Outputs {
    /// The flag that has a JVM keep its temporary files where this one does.
    public static final String SAME_TEMPORARY_FOLDER = "-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir");

    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final int LONGEST_NAME = 40;

    private Outputs() {}

    /// A new file, empty.
    ///
    /// @param name of the program, for who looks
    public static Path file(String name) {
        var plain = name.replaceAll("[^A-Za-z0-9.]+", "-");
        var start = plain.substring(0, Math.min(plain.length(), LONGEST_NAME));
        var number = ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet();
        try {
            var folder = Files.createDirectories(Path.of(System.getProperty("basedir", "."), "target", "outputs"));
            var file = folder.resolve(start + "-" + number + ".log");
            return Files.writeString(file, "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
