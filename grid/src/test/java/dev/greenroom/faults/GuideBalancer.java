package dev.greenroom.faults;

import static org.awaitility.Awaitility.await;

import dev.greenroom.testkit.FreePort;
import dev.greenroom.testkit.Outputs;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/// A real load balancer, configured word for word as `docs/guide/load-balancer.md` says; only ports and
/// addresses are others.
record GuideBalancer(Process process, int port, Path folder) implements AutoCloseable {
    private static final Path GUIDE = Path.of("docs", "guide", "load-balancer.md");
    private static final Duration START = Duration.ofSeconds(20);

    static GuideBalancer haproxy(int proxyPort) throws IOException {
        var port = FreePort.next();
        var folder = Files.createTempDirectory("greenroom-haproxy");
        var file = Files.writeString(
                folder.resolve("haproxy.cfg"), of("haproxy", proxyPort).replace("bind :80", "bind 127.0.0.1:" + port));
        return start("/usr/sbin/haproxy", List.of("-db", "-f", file.toString()), port, folder);
    }

    static GuideBalancer nginx(int proxyPort) throws IOException {
        var port = FreePort.next();
        var folder = Files.createTempDirectory("greenroom-nginx");
        var file = Files.writeString(folder.resolve("nginx.conf"), """
                daemon off;
                pid %1$s/pid;
                error_log stderr;
                events {}
                http {
                access_log off;
                client_body_temp_path %1$s/body;
                proxy_temp_path %1$s/proxy;
                fastcgi_temp_path %1$s/fastcgi;
                uwsgi_temp_path %1$s/uwsgi;
                scgi_temp_path %1$s/scgi;
                %2$s
                }
                """.formatted(
                        folder, of("nginx", proxyPort).replace("listen 80 ", "listen 127.0.0.1:" + port + " ")));
        return start("/usr/sbin/nginx", List.of("-c", file.toString(), "-p", folder.toString()), port, folder);
    }

    /// The guide has two proxies; here both are the same.
    private static String of(String language, int proxyPort) throws IOException {
        var guide = Files.exists(GUIDE) ? GUIDE : Path.of("..").resolve(GUIDE);
        var block =
                Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(guide));
        if (!block.find()) {
            throw new AssertionError("the guide has no configuration for " + language);
        }
        return block.group(1)
                .replace("10.0.0.11:8080", "127.0.0.1:" + proxyPort)
                .replace("10.0.0.12:8080", "127.0.0.1:" + proxyPort);
    }

    private static GuideBalancer start(String program, List<String> arguments, int port, Path folder)
            throws IOException {
        if (!Files.isExecutable(Path.of(program))) {
            throw new AssertionError(program + " is missing; install it, for example with: apt-get install "
                    + Path.of(program).getFileName());
        }
        var builder = new ProcessBuilder(program);
        builder.command().addAll(arguments);
        var process = builder.redirectErrorStream(true)
                .redirectOutput(Outputs.file("balancer").toFile())
                .start();
        var balancer = new GuideBalancer(process, port, folder);
        await("it listens")
                .atMost(START)
                .ignoreExceptions()
                .failFast("the balancer ended", () -> !process.isAlive())
                .until(() -> {
                    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                        return socket.isConnected();
                    }
                });
        return balancer;
    }

    @Override
    public void close() throws IOException {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly()
                .onExit()
                .orTimeout(START.toSeconds(), TimeUnit.SECONDS)
                .join();
        try (var files = Files.walk(folder)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
