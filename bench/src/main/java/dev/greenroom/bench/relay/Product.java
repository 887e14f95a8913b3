package dev.greenroom.bench.relay;

import dev.greenroom.bench.RegistryServer;
import dev.greenroom.config.RedisSettings;
import dev.greenroom.registry.Registry.Heartbeat;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.registry.redis.RedisRegistry;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// `./greenroom proxy` as a user starts it, with a Redis of its own and one worker that is the backend.
///
/// @param redis that it uses
/// @param folder for its log
record Product(Path checkout, RegistryServer redis, Path folder) {
    private static final Duration LONG = Duration.ofDays(1);
    private static final int SLOTS = 4_095;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    /// Polling more often would use processor time of what is measured.
    private static final long POLL_NANOS = 5_000_000;

    private static final long BUILD_SECONDS = 300;

    /// A running proxy.
    ///
    /// @param readyNanos the time from the start of the command until it is ready
    record Running(Peer peer, long readyNanos) implements AutoCloseable {
        @Override
        public void close() {
            peer.close();
        }
    }

    /// Builds the program and its AOT cache if necessary, so that this is not measured.
    void build() throws IOException, InterruptedException {
        var process = new ProcessBuilder(checkout.resolve("greenroom").toString(), "--help")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        if (!process.waitFor(BUILD_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IOException("./greenroom could not be built");
        }
    }

    /// Registers the backend as a worker.
    void enroll(int backend) throws InterruptedException {
        var settings = new RedisSettings(
                Optional.empty(), Optional.of("127.0.0.1"), redis.port(), Optional.empty(), Optional.empty());
        var limits = new RegistryLimits(SLOTS, Integer.MAX_VALUE, LONG, LONG);
        try (var registry = RedisRegistry.connect(settings, limits, PATIENCE)) {
            registry.heartbeat(new Heartbeat(
                    new WorkerId(BrowserType.CHROMIUM, "bench"),
                    "bench",
                    new WorkerEndpoint("127.0.0.1", backend, "/bench"),
                    WorkerStatus.AVAILABLE,
                    InstantSource.system().instant(),
                    new SupportedVersions.Any(),
                    SLOTS,
                    LONG,
                    LONG.multipliedBy(2),
                    "bench"));
        }
    }

    /// Starts it and waits until it is ready.
    ///
    /// @param flags for Java, as in GREENROOM_JAVA_OPTS
    /// @param pinned whether it may use one core only
    Running start(String flags, boolean pinned) throws IOException {
        var port = PinnedProcess.freePort();
        var environment = Map.of(
                "GREENROOM_JAVA_OPTS",
                flags,
                "REDIS_HOST",
                "127.0.0.1",
                "REDIS_PORT",
                Integer.toString(redis.port()),
                "PORT",
                Integer.toString(port),
                "MAX_CONCURRENT_SESSIONS",
                Integer.toString(SLOTS),
                "MAX_LIFETIME_SESSIONS",
                "1000000000");
        var command = List.of(checkout.resolve("greenroom").toString(), "proxy");
        var log = folder.resolve("product.log");
        var began = System.nanoTime();
        var process = pinned
                ? PinnedProcess.on(PinnedProcess.Core.RELAY, log, command, environment)
                : PinnedProcess.free(log, command, environment);
        while (!isReady(port)) {
            if (System.nanoTime() - began > PATIENCE.toNanos()
                    || !process.process().isAlive()) {
                process.close();
                throw new IOException("greenroom proxy did not get ready:\n" + Files.readString(log));
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        return new Running(new Peer(Peer.GREENROOM, port, Optional.of(process)), System.nanoTime() - began);
    }

    private static boolean isReady(int port) {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            var request = "GET /health/ready HTTP/1.1\r\nHost: bench\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            var answer = new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
            return answer.equals("HTTP/1.1 200");
        } catch (IOException _) {
            return false;
        }
    }
}
