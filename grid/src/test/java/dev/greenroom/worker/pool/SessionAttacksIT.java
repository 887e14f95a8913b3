package dev.greenroom.worker.pool;

import static dev.greenroom.worker.pool.RealBrowsers.COLD;
import static dev.greenroom.worker.pool.RealBrowsers.driverOf;
import static dev.greenroom.worker.pool.RealBrowsers.take;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.greenroom.config.FenceSettings;
import dev.greenroom.session.Browser;
import dev.greenroom.session.Wishes;
import dev.greenroom.testkit.Canary;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/// What a session may not do to its neighbours, or to the network around: real node, real playwright-core, a real
/// Chromium.
class SessionAttacksIT {
    private static final String STAYING = """
            const fs = require('node:fs');
            fs.writeFileSync('%1$s', '');
            for (let n = 0; n < 600 && fs.existsSync('%1$s'); n++)
              await new Promise(over => setTimeout(over, 50));
            """;

    @TempDir
    private Path folder;

    @RegisterExtension
    private final RealBrowsers browsers = RealBrowsers.open();

    @Test
    void a_session_neither_sees_nor_ends_another_through_the_browser_s_own_protocol() throws Exception {
        var stays = folder.resolve("stays");
        try (var pool = browsers.pool(COLD);
                var victim = take(pool, Optional.of(RealBrowsers.BUNDLED));
                var attacker = take(pool, Optional.of(RealBrowsers.BUNDLED));
                var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            var page = clients.submit(
                    () -> browsers.client(victim, """
                    const page = await browser.newPage();
                    await page.setContent('<title>%s</title>');
                    %s
                    return await page.title();
                    """.formatted(Canary.secret("page"), STAYING.formatted(stays))));
            await(() -> Files.exists(stays));

            var seen = browsers.client(attacker, """
                    const cdp = await browser.newBrowserCDPSession();
                    const {targetInfos} = await cdp.send('Target.getTargets');
                    await cdp.send('Browser.close').catch(() => {});
                    return 'titles: ' + targetInfos.map(target => target.title).join();
                    """);
            Files.delete(stays);

            assertThat(seen).startsWith("titles: ").doesNotContain(Canary.mark());
            assertThat(page.get(30, TimeUnit.SECONDS)).isEqualTo(Canary.secret("page"));
        }
    }

    @Test
    void nothing_of_a_driver_or_a_browser_listens_on_tcp() throws Exception {
        try (var pool = browsers.pool(COLD);
                var browser = take(pool, Optional.of(RealBrowsers.BUNDLED))) {

            assertThat(listening(driverOf(browser))).isEmpty();
        }
    }

    @Test
    void nobody_but_its_own_browser_uses_the_port_through_which_a_session_exposes_its_network() throws Exception {
        var stays = folder.resolve("stays");
        var wishes = new Wishes(
                Optional.of("*"),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Map.of());
        try (var pool = browsers.pool(COLD);
                var other = take(pool, Optional.of(RealBrowsers.BUNDLED));
                var clients = Executors.newVirtualThreadPerTaskExecutor();
                var victim = ((TakeResult.Taken)
                                pool.take(Optional.of(RealBrowsers.BUNDLED), wishes, RealBrowsers.PATIENCE))
                        .browser()) {
            var session = clients.submit(() -> browsers.client(
                    Browser.CHROMIUM, "{exposeNetwork: '*'}", victim, STAYING.formatted(stays) + "return 'done';"));
            await(() -> Files.exists(stays));
            var ports = listening(driverOf(other));
            assertThat(ports).as("the port of the exposed network").hasSize(1);
            var port = ports.iterator().next();

            var program = greeted(port);
            var request = browsers.client(other, """
                    const context = await browser.newContext();
                    return await context.request.get('http://127.0.0.1:%d/')
                        .then(() => 'reached', error => error.message);
                    """.formatted(port));
            Files.delete(stays);

            assertThat(program).as("answer to a program on this machine").isNegative();
            assertThat(request).contains("EACCES");
            assertThat(session.get(30, TimeUnit.SECONDS)).isEqualTo("done");
        }
    }

    /// The first byte of the answer to the greeting of SOCKS 5; negative for none.
    private static int greeted(int port) {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(5_000);
            socket.getOutputStream().write(new byte[] {5, 1, 0});
            return socket.getInputStream().read();
        } catch (IOException _) {
            return -1;
        }
    }

    @Test
    void private_networks_are_out_of_reach_for_requests_and_pages_if_so_set() throws Exception {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> exchange.sendResponseHeaders(204, -1));
        server.start();
        var port = server.getAddress().getPort();
        try (var pool = browsers.pool(Browser.CHROMIUM, COLD, new FenceSettings(true));
                var browser = take(pool, Optional.of(RealBrowsers.BUNDLED))) {

            var answer = browsers.client(browser, """
                    const context = await browser.newContext();
                    const page = await context.newPage();
                    const results = [];
                    for (const url of ['http://127.0.0.1:%1$d/', 'http://localhost:%1$d/', 'http://2130706433:%1$d/',
                        'http://[::1]:%1$d/', 'http://[::ffff:127.0.0.1]:%1$d/',
                        'http://10.0.0.1/', 'http://[fd00::1]/'])
                      results.push(
                          await context.request.get(url, {timeout: 5000}).then(
                              response => response.status(), error => /EACCES/.test(error.message) ? 'no' : error),
                          await page.goto(url, {timeout: 5000}).then(
                              response => response.status(),
                              error => /NAME_NOT_RES/.test(error.message) ? 'no' : error));
                    return results.join(' ');
                    """.formatted(port));

            assertThat(answer).isEqualTo("no ".repeat(14).strip());
        } finally {
            server.stop(0);
        }
    }

    private static void await(Callable<Boolean> condition) {
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(condition);
    }

    /// The TCP ports on which a process or one of its descendants listens.
    private static Set<Integer> listening(ProcessHandle root) throws IOException {
        var sockets = new HashSet<String>();
        for (var process : Stream.concat(Stream.of(root), root.descendants()).toList()) {
            try (var files = Files.list(Path.of("/proc", Long.toString(process.pid()), "fd"))) {
                for (var file : files.toList()) {
                    try {
                        sockets.add(Files.readSymbolicLink(file).toString());
                    } catch (IOException _) {
                        // Closed meanwhile.
                    }
                }
            } catch (IOException _) {
                // Ended meanwhile.
            }
        }
        var ports = new HashSet<Integer>();
        for (var table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
            for (var line : Files.readAllLines(Path.of(table))) {
                var fields = line.strip().split("\\s+", -1);
                if (fields.length > 9 && fields[3].equals("0A") && sockets.contains("socket:[" + fields[9] + "]")) {
                    ports.add(Integer.parseInt(fields[1].substring(fields[1].indexOf(':') + 1), 16));
                }
            }
        }
        return ports;
    }
}
