package dev.greenroom;

import dev.greenroom.config.CommandSettings;
import dev.greenroom.cli.ExitCodes;
import dev.greenroom.config.Reading;
import dev.greenroom.config.SettingsReader;
import dev.greenroom.config.UpSettings;
import dev.greenroom.ops.log.LogProvider;
import dev.greenroom.worker.driver.RunFolders;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/// A proxy's life from its command line until it is ready, with the sessions that warm it up, and some more that pass a
/// worker, too: run by the build, so that the JVM can keep what it learnt (an AOT cache). A start takes half the time,
/// and what sessions pass is compiled sooner.
public final class Rehearsal {
    private static final int ATTEMPTS = 3;
    private static final Duration AT_MOST = Duration.ofSeconds(30);
    private static final int SESSIONS = 2_000;
    private static final Duration SERVING = Duration.ofSeconds(8);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(20);

    private Rehearsal() {}

    /// Takes no arguments; exits with 0 when all went well.
    public static void main(String[] args) throws IOException {
        LogProvider.use();
        var redis = RehearsedRedis.start();
        Main.run(List.of("--help"), Map.of());
        var code = ExitCodes.FAILED;
        for (var attempt = 0; attempt < ATTEMPTS && code == ExitCodes.FAILED; attempt++) {
            // Somebody else may take the port before the proxy does.
            var port = freePort();
            Thread.ofPlatform().daemon().name("rehearsal").start(() -> exitWhenReady(port));
            code = Main.run(List.of("proxy"), environment(port, redis.port()));
        }
        System.exit(code);
    }

    private static int freePort() throws IOException {
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    private static Map<String, String> environment(int port, int redisPort) {
        return Map.of(
                "BIND_ADDRESS",
                "127.0.0.1",
                "PORT",
                Integer.toString(port),
                "REDIS_HOST",
                "127.0.0.1",
                "REDIS_PORT",
                Integer.toString(redisPort));
    }

    private static void exitWhenReady(int port) {
        var end = System.nanoTime() + AT_MOST.toNanos();
        while (System.nanoTime() < end) {
            if (isReady(port)) {
                System.exit(serve() ? ExitCodes.OK : ExitCodes.FAILED);
            }
            LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
        }
        System.err.println("The rehearsed proxy did not get ready.");
        System.exit(ExitCodes.FAILED);
    }

    /// Sessions as those of `greenroom up`, so many that the JVM knows what is worth compiling.
    private static boolean serve() {
        if (!(CommandSettings.reader(Path.of("")).read(UpSettings.class, Map.of(), Map.of())
                instanceof Reading.Valid<UpSettings>(var settings, var _, var _))) {
            throw new IllegalStateException("up needs no settings");
        }
        var end = System.nanoTime() + SERVING.toNanos();
        try (var grounds = Grounds.lay();
                var folders = RunFolders.open(Path.of(System.getProperty("java.io.tmpdir")), grounds.random());
                var grid = StandInGrid.whole(grounds, settings.proxy(), settings.worker(), folders.socket("warm-up"))) {
            for (var done = 0; done < SESSIONS && System.nanoTime() < end; done++) {
                grid.session();
            }
            return true;
        } catch (IOException | InterruptedException e) {
            System.err.println("The rehearsed sessions failed: " + e);
            return false;
        }
    }

    private static boolean isReady(int port) {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            var request = "GET /health/ready HTTP/1.1\r\nHost: rehearsal\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return answer.startsWith("HTTP/1.1 200");
        } catch (IOException _) {
            return false;
        }
    }
}
