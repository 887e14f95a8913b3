package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.testkit.FreePort;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A proxy whose standard output takes nothing any more.
@DisplayName("FP10: standard output that nobody reads, or that is full")
final class BlockedOutputIT {
    /// Each leaves over a thousand characters in the log; a pipe holds 64 KiB.
    private static final int REQUESTS = 100;

    private static final String LONG_PATH = "/" + "x".repeat(1_500);

    @TempDir
    private Path folder;

    @Test
    @Timeout(90)
    void FP10_a_proxy_serves_on_and_stops_in_time_while_nobody_reads_its_log() throws Exception {
        var pipe = folder.resolve("log");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        var port = FreePort.next();
        // Opened for both, or opening would wait for somebody who reads.
        try (var _ = new RandomAccessFile(pipe.toFile(), "rw")) {
            var proxy = start(port, pipe);
            try {
                await().atMost(Duration.ofSeconds(30)).ignoreExceptions().until(() -> status(port, "/health") == 200);

                for (var i = 0; i < REQUESTS; i++) {
                    assertThat(status(port, LONG_PATH)).isEqualTo(404);
                }
                assertThat(status(port, "/health")).isEqualTo(200);
                proxy.destroy();

                assertThat(proxy.waitFor(30, TimeUnit.SECONDS)).isTrue();
            } finally {
                proxy.destroyForcibly();
            }
        }
    }

    @Test
    @Timeout(90)
    void FP10_a_proxy_serves_on_while_its_log_fills_a_disk_and_writes_again_when_there_is_room() throws Exception {
        var port = FreePort.next();
        // In a mount namespace of its own, which goes with the proxy.
        var script = "mount -t tmpfs -o size=1m tmpfs \"$0\" && head -c 900000 /dev/zero > \"$0/others\""
                + " && exec \"$@\" > \"$0/log\" 2>&1";
        var proxy = start(port, folder.resolve("unused"), "unshare", "-m", "sh", "-c", script, folder.toString());
        try {
            var disk = Path.of("/proc/" + proxy.pid() + "/root" + folder);
            await().atMost(Duration.ofSeconds(30)).ignoreExceptions().until(() -> status(port, "/health") == 200);

            for (var i = 1; i % 20 != 0 || dropped(port) == 0; i++) {
                assertThat(status(port, LONG_PATH)).isEqualTo(404);
            }
            assertThat(Files.size(disk.resolve("log"))).as("bytes of the log").isBetween(50_000L, 200_000L);
            assertThat(status(port, "/health")).isEqualTo(200);

            Files.delete(disk.resolve("others"));
            assertThat(status(port, "/there-is-room")).isEqualTo(404);
            await("the log goes on")
                    .until(() -> Files.readString(disk.resolve("log"), StandardCharsets.ISO_8859_1)
                            .contains("/there-is-room"));
        } finally {
            proxy.destroyForcibly();
        }
    }

    private static long dropped(int port) throws IOException {
        try (var text = URI.create("http://127.0.0.1:" + port + "/metrics/prometheus")
                .toURL()
                .openStream()) {
            return new String(text.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> line.startsWith("grid_log_dropped_total "))
                    .mapToLong(line -> (long) Double.parseDouble(line.split(" ", 2)[1]))
                    .sum();
        }
    }

    private static Process start(int port, Path output, String... prefix) throws IOException {
        var command = new ArrayList<>(List.of(prefix));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.greenroom.Main", "proxy"));
        var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().put("REDIS_HOST", "127.0.0.1");
        builder.environment().put("REDIS_PORT", "1");
        builder.environment().put("BIND_ADDRESS", "127.0.0.1");
        builder.environment().put("PORT", Integer.toString(port));
        builder.environment().put("LOG_LEVEL", "debug");
        builder.environment().put("SHUTDOWN_GRACE_PERIOD", "1");
        return builder.start();
    }

    private static int status(int port, String path) throws IOException {
        var connection = (HttpURLConnection)
                URI.create("http://127.0.0.1:" + port + path).toURL().openConnection();
        connection.setReadTimeout(10_000);
        return connection.getResponseCode();
    }
}
