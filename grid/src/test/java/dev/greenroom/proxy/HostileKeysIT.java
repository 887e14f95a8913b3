package dev.greenroom.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.relay.RelayStarter.RelayTotals;
import dev.greenroom.net.server.Transport;
import dev.greenroom.proxy.client.SessionObserver;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.redis.RedisRegistry;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.testkit.Canary;
import dev.greenroom.testkit.RawClient;
import dev.greenroom.testkit.RedisServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/// What Redis is asked when clients and records are hostile, as Redis itself says it.
@Timeout(60)
@Tag("check")
final class HostileKeysIT {
    private static final List<String> HOSTILE =
            List.of("canary", "chromium:canary", "chromium%0d%0aFLUSHALL%20canary", "*canary", "..%2fcanary", "%00c");

    /// A command of a script: its name, and what comes first behind it.
    private static final Pattern COMMAND =
            Pattern.compile("\\[0 lua] \"([A-Za-z]+)\"" + "(?: \"((?:[^\"\\\\]|\\\\.)*)\")?.*");
    private static final Pattern OURS = Pattern.compile("(worker|cluster|grid):[A-Za-z0-9._:|-]{1,120}");
    private static final List<String> WITHOUT_KEY = List.of("TIME", "SCAN", "PUBLISH");

    private final Queue<String> monitored = new ConcurrentLinkedQueue<>();

    @Test
    void S16_no_command_has_a_key_that_is_not_ours() throws Exception {
        // Lettuce writes several lines per command at debug.
        if (LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME) instanceof Logger root) {
            root.setLevel(Level.INFO);
        }
        var transport = Transport.best();
        var loops = transport.newLoops("test", 1);
        var limits = new RegistryLimits(2, 100, Duration.ofSeconds(15), Duration.ofSeconds(60));
        try (var redis = RedisServer.start();
                var monitor = new Socket(InetAddress.getLoopbackAddress(), redis.port());
                var registry = RedisRegistry.connect(redis.settings(), limits, Duration.ofSeconds(10));
                var proxy = new ProxyServer(
                        ProxyFixture.settings(Duration.ofSeconds(1)),
                        registry,
                        new SessionIdGenerator(InstantSource.system(), new SecureRandom()),
                        transport,
                        loops,
                        System::nanoTime,
                        SessionObserver.NONE,
                        new RelayTotals())) {
            listen(monitor);
            var port = proxy.start(connection -> connection.answer(HttpResponse.empty(204)));
            for (var hostile : HOSTILE) {
                register(redis, hostile + "|x y", "ws://user@127.0.0.1:9/" + hostile);
                register(redis, "far" + HOSTILE.indexOf(hostile), "gopher://" + hostile);
            }

            for (var hostile : HOSTILE) {
                ask(port, "/?browser=" + hostile, "");
                ask(port, "/playwright/" + hostile, "");
                ask(port, "/", "x-playwright-browser: " + hostile + "\r\n");
            }
            // Waits for a slot that there is not, and so gets to Redis.
            ask(
                    port,
                    "/",
                    "X-Request-Id: canary\r\nCookie: " + Canary.secret("cookie")
                            + "\r\nUser-Agent: Playwright/1.62.0 (canary; *)\r\n");
            await().until(() -> monitored.stream().anyMatch(line -> line.contains("lua")));

            assertThat(monitored.stream().map(COMMAND::matcher))
                    .filteredOn(command -> command.find() && hasKey(command.group(1)))
                    .isNotEmpty()
                    .allSatisfy(command ->
                            assertThat(command.group(2)).as(command.group()).matches(OURS));
        } finally {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    private void listen(Socket monitor) throws IOException {
        var lines = new BufferedReader(new InputStreamReader(monitor.getInputStream(), StandardCharsets.ISO_8859_1));
        monitor.getOutputStream().write("MONITOR\r\n".getBytes(StandardCharsets.US_ASCII));
        assertThat(lines.readLine()).isEqualTo("+OK");
        Thread.ofVirtual().start(() -> {
            try {
                for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                    monitored.add(line);
                }
            } catch (IOException _) {
                // The test is over.
            }
        });
    }

    private static void register(RedisServer redis, String name, String endpoint) {
        redis.cli("HSET", "worker:chromium:" + name, "wsEndpoint", endpoint);
    }

    private static boolean hasKey(String command) {
        return !WITHOUT_KEY.contains(command.toUpperCase(Locale.ROOT));
    }

    private static void ask(int port, String target, String lines) throws IOException {
        try (var client = RawClient.connect(port)) {
            assertThat(client.send(RawClient.upgrade(target, lines)).readAll()).matches("(?s)HTTP/1\\.1 [45].*");
        }
    }
}
