package dev.greenroom.rehearsal;

import dev.greenroom.Main;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/// The training run for the AOT cache. Starts `greenroom proxy`, waits until it is ready, and runs
/// sessions through a proxy and a worker, so that the JVM loads the classes that a start and a session
/// need. With `-XX:AOTCacheOutput` the JVM then writes them to the cache.
public final class Rehearsal {
    private static final Duration READY_TIMEOUT = Duration.ofSeconds(60);
    private static final int SESSIONS = 20;

    private Rehearsal() {}

    /// Takes no arguments. Exits with 0 if the proxy became ready and every session ended well, otherwise
    /// with 1.
    public static void main(String[] args) throws IOException {
        var redis = RehearsalRedis.start();
        var port = freePort();
        Thread.ofPlatform().daemon().name("rehearsal").start(() -> System.exit(succeeds(port, redis) ? 0 : 1));
        Main.main(new String[] {
            "proxy",
            "--bind-address=127.0.0.1",
            "--port=" + port,
            "--redis-host=127.0.0.1",
            "--redis-port=" + redis.port()
        });
    }

    private static int freePort() throws IOException {
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    private static boolean succeeds(int port, RehearsalRedis redis) {
        try {
            awaitReady(port, redis);
            var grid = RehearsalGrid.start(freePort());
            for (var done = 0; done < SESSIONS; done++) {
                grid.runSession();
            }
            grid.close();
            return true;
        } catch (Exception | LinkageError e) {
            System.err.println("The rehearsal failed: " + e);
            return false;
        }
    }

    /// A proxy becomes ready when it has listed the workers, which it does every second.
    private static void awaitReady(int port, RehearsalRedis redis) throws IOException, InterruptedException {
        var deadline = System.nanoTime() + READY_TIMEOUT.toNanos();
        while (!isReady(port)) {
            if (!redis.awaitScript(Duration.ofNanos(deadline - System.nanoTime()))) {
                throw new IOException("the proxy was not ready within " + READY_TIMEOUT.toSeconds() + " s");
            }
        }
    }

    private static boolean isReady(int port) {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            var request = "GET /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return answer.startsWith("HTTP/1.1 200");
        } catch (IOException _) {
            return false;
        }
    }
}
