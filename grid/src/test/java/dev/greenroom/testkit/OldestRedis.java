package dev.greenroom.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;

/// The oldest Redis that the registry works with, 6.2, from the jar of `embedded-redis`.
final class OldestRedis {
    private OldestRedis() {}

    /// Puts the server's program into a folder.
    static Path into(Path folder) {
        var name = resource();
        try (var program = OldestRedis.class.getResourceAsStream("/" + name)) {
            if (program == null) {
                throw new IllegalStateException(
                        "the test dependency embedded-redis has no " + name + "; use the release that the pom names");
            }
            var file = folder.resolve("redis-server-6.2");
            Files.copy(program, file);
            return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String resource() {
        var machine = System.getProperty("os.name", "").toLowerCase(Locale.ROOT) + " "
                + System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
        return switch (machine) {
            case "linux amd64" -> "redis-server-6.2.6-v5-linux-amd64";
            case "linux aarch64" -> "redis-server-6.2.7-linux-arm64";
            case "mac os x x86_64" -> "redis-server-6.2.6-v5-darwin-amd64";
            case "mac os x aarch64" -> "redis-server-6.2.6-v5-darwin-arm64";
            default -> throw new IllegalStateException("there is no Redis 6.2 to test with on " + machine);
        };
    }
}
