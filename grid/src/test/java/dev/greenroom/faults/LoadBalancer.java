package dev.greenroom.faults;

import static org.awaitility.Awaitility.await;

import dev.greenroom.testkit.FreePort;
import dev.greenroom.testkit.Outputs;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// A real HAProxy before two proxies.
record LoadBalancer(Process process, int port, int statsPort, Path folder) implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(10);
    private static final Duration READY = Duration.ofSeconds(20);

    /// Forwards bytes, so it can only turn away from a proxy that says that it is not ready.
    static LoadBalancer ofBytes(int one, int other) throws IOException {
        return start("mode tcp", one, other);
    }

    /// Reads HTTP, so it can ask the other proxy when one refuses.
    static LoadBalancer ofRequests(int one, int other) throws IOException {
        return start("mode http\n  timeout tunnel 1m\n  retry-on conn-failure empty-response 503", one, other);
    }

    private static LoadBalancer start(String mode, int one, int other) throws IOException {
        var port = FreePort.next();
        var statsPort = FreePort.next();
        var folder = Files.createTempDirectory("greenroom-haproxy");
        var file = Files.writeString(folder.resolve("haproxy.cfg"), """
                global
                  maxconn 2000
                defaults
                  %s
                  timeout connect 2s
                  timeout client 1m
                  timeout server 1m
                  timeout check 5s
                  retries 3
                  option redispatch 1
                listen grid
                  bind 127.0.0.1:%d
                  balance roundrobin
                  option httpchk GET /health/ready
                  default-server check inter 200ms fall 1 rise 1
                  server one 127.0.0.1:%d
                  server other 127.0.0.1:%d
                listen stats
                  mode http
                  bind 127.0.0.1:%d
                  stats enable
                  stats uri /
                """.formatted(mode, port, one, other, statsPort));
        var program = Path.of("/usr/sbin/haproxy");
        if (!Files.isExecutable(program)) {
            throw new AssertionError("HAProxy is missing; install it, for example with: apt-get install haproxy");
        }
        var process = new ProcessBuilder(program.toString(), "-q", "-db", "-f", file.toString())
                .redirectErrorStream(true)
                .redirectOutput(Outputs.file("haproxy").toFile())
                .start();
        var balancer = new LoadBalancer(process, port, statsPort, folder);
        await("HAProxy listens")
                .atMost(START)
                .ignoreExceptions()
                .failFast("HAProxy ended", () -> !process.isAlive())
                .until(() -> balancer.readyProxies() == 2);
        return balancer;
    }

    /// Waits until it sends clients to both proxies.
    void awaitBothReady() {
        await("HAProxy knows two proxies that are ready")
                .atMost(READY)
                .ignoreExceptions()
                .until(() -> readyProxies() == 2);
    }

    private long readyProxies() throws IOException {
        var stats = URI.create("http://127.0.0.1:" + statsPort + "/;csv").toURL();
        try (var body = stats.openStream()) {
            return new String(body.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .filter(line -> line.startsWith("grid,o") && line.contains(",UP,"))
                    .count();
        }
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly()
                .onExit()
                .orTimeout(START.toSeconds(), TimeUnit.SECONDS)
                .join();
        try (var files = Files.newDirectoryStream(folder)) {
            for (var file : files) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
