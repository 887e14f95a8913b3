package dev.greenroom.faults;

import static org.awaitility.Awaitility.await;

import dev.greenroom.testkit.FreePort;
import dev.greenroom.testkit.Outputs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// A `greenroom proxy` that is a process of its own, to be killed or frozen.
record ProxyProcess(Process process, int port) implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(20);
    private static final Duration STOP = Duration.ofSeconds(40);

    static ProxyProcess start(int redisPort) throws IOException {
        return start(redisPort, FreePort.next(), Map.of("MAX_CONCURRENT_SESSIONS", "10"));
    }

    /// @param settings beside those of every test
    static ProxyProcess start(int redisPort, int port, Map<String, String> settings) throws IOException {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var builder = new ProcessBuilder(
                        java,
                        Outputs.SAME_TEMPORARY_FOLDER,
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.greenroom.Main",
                        "proxy")
                .redirectErrorStream(true)
                .redirectOutput(Outputs.file("proxy").toFile());
        builder.environment().put("REDIS_HOST", "127.0.0.1");
        builder.environment().put("REDIS_PORT", Integer.toString(redisPort));
        builder.environment().put("BIND_ADDRESS", "127.0.0.1");
        builder.environment().put("PORT", Integer.toString(port));
        builder.environment().put("LEASE_TTL", Timing.LEASE_TTL.toSeconds() + "s");
        builder.environment().put("LEASE_RENEW_INTERVAL", Timing.LEASE_RENEWAL.toSeconds() + "s");
        builder.environment().putAll(settings);
        var proxy = new ProxyProcess(builder.start(), port);
        await("the proxy is ready")
                .atMost(START)
                .ignoreExceptions()
                .failFast("the proxy ended", () -> !proxy.process.isAlive())
                .until(proxy::isReady);
        return proxy;
    }

    private boolean isReady() throws IOException {
        try (var body =
                URI.create("http://127.0.0.1:" + port + "/health/ready").toURL().openStream()) {
            return body.readAllBytes().length > 0;
        }
    }

    FaultClient session() throws IOException {
        return FaultClient.open(port);
    }

    /// Asks it to end (SIGTERM) and waits until it has.
    ///
    /// @return its exit code
    int stop() throws InterruptedException {
        process.toHandle().destroy();
        if (!process.waitFor(STOP.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("a proxy that was asked to end still runs after " + STOP);
        }
        return process.exitValue();
    }

    /// Sends it a signal, as `kill` names it.
    void signal(String name) {
        try {
            new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
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
