package dev.greenroom.faults;

import static org.awaitility.Awaitility.await;

import dev.greenroom.testkit.FreePort;
import dev.greenroom.testkit.Outputs;
import dev.greenroom.testkit.RawClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// A `greenroom proxy` in a process of its own that is short of something, whose log can be read.
record LoneProxy(Process process, int port, Path output) implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(40);

    /// The flags of the launcher, with less of everything.
    private static final List<String> FLAGS = List.of(
            "-XX:+UseSerialGC",
            "-Xmx64m",
            "-XX:MaxDirectMemorySize=512m",
            "-XX:MaxNewSize=12m",
            "-XX:+ExitOnOutOfMemoryError",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Dio.netty.allocator.type=pooled");

    /// Starts one and waits until it is ready.
    ///
    /// @param prefix a command that starts it, for example `prlimit`
    /// @param flags of its JVM, beyond those of the launcher; the last one counts
    static LoneProxy start(int redisPort, List<String> prefix, List<String> flags, Map<String, String> settings)
            throws IOException {
        var proxy = launch(redisPort, prefix, flags, settings);
        await("the proxy is ready")
                .atMost(START)
                .ignoreExceptions()
                .failFast("the proxy ended: " + proxy.log(), () -> !proxy.process.isAlive())
                .until(proxy::isReady);
        return proxy;
    }

    /// Starts one and does not wait.
    static LoneProxy launch(int redisPort, List<String> prefix, List<String> flags, Map<String, String> settings)
            throws IOException {
        var port = FreePort.next();
        List<String> command = new ArrayList<>(prefix);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(FLAGS);
        command.add(Outputs.SAME_TEMPORARY_FOLDER);
        command.addAll(flags);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.greenroom.Main", "proxy"));
        var output = Outputs.file("lone-proxy");
        var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().put("REDIS_HOST", "127.0.0.1");
        builder.environment().put("REDIS_PORT", Integer.toString(redisPort));
        builder.environment().put("BIND_ADDRESS", "127.0.0.1");
        builder.environment().put("PORT", Integer.toString(port));
        builder.environment().putAll(settings);
        return new LoneProxy(builder.start(), port, output);
    }

    /// Leaves no connection behind, whatever the answer.
    boolean isReady() throws IOException {
        try (var client = RawClient.connect(port).send("GET /health/ready HTTP/1.1\r\nHost: grid\r\n\r\n")) {
            return client.readAll().startsWith("HTTP/1.1 200 ");
        }
    }

    String log() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Resident memory.
    long megabytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
                        .filter(line -> line.startsWith("VmRSS:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                        .sum()
                / 1024;
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                throw new IllegalStateException("a proxy that was killed still runs");
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
