package dev.greenroom.worker.pool;

import static dev.greenroom.worker.pool.RealBrowsers.COLD;
import static dev.greenroom.worker.pool.RealBrowsers.driverOf;
import static dev.greenroom.worker.pool.RealBrowsers.take;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.greenroom.config.WorkerSections.SandboxSettings;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.LaunchOverrides;
import dev.greenroom.testkit.Canary;
import dev.greenroom.testkit.TestCertificate;
import dev.greenroom.worker.pool.BrowserPool.TakeResult;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
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
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/// What a session may not do to its neighbours, or to the network around: real node, real playwright-core,
/// a real Chromium.
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
    void nobody_but_its_own_session_uses_the_port_through_which_a_session_exposes_its_network() throws Exception {
        var stays = folder.resolve("stays");
        var overrides = new LaunchOverrides(
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
                var victim = ((TakeResult.Taken) pool.take(
                                Optional.of(RealBrowsers.BUNDLED), overrides, Optional.empty(), RealBrowsers.PATIENCE))
                        .browser()) {
            var session = clients.submit(() -> browsers.client(
                    BrowserType.CHROMIUM, "{exposeNetwork: '*'}", victim, STAYING.formatted(stays) + "return 'done';"));
            await(() -> Files.exists(stays));
            var ports = listening(driverOf(other));
            assertThat(ports).as("the port of the exposed network").hasSize(1);
            var port = ports.iterator().next();

            var program = greeted(port);
            var request = browsers.client(other, """
                    const context = await browser.newContext();
                    const answers = [];
                    for (const port of [%d, %d])
                      answers.push(await context.request.get(`http://127.0.0.1:${port}/`)
                          .then(() => 'reached', error => error.message.replaceAll(port, 'PORT')));
                    return answers[0] === answers[1] ? 'as where nobody listens: ' + answers[0] : answers.join();
                    """.formatted(port, portWhereNobodyListens()));
            Files.delete(stays);

            assertThat(program).as("answer to a program on this machine").isNegative();
            assertThat(request).startsWith("as where nobody listens").contains("ECONNREFUSED");
            assertThat(session.get(30, TimeUnit.SECONDS)).isEqualTo("done");
        }
    }

    @Test
    void nobody_but_its_own_session_uses_the_port_through_which_a_context_shows_client_certificates() throws Exception {
        var stays = folder.resolve("stays");
        var certificate = folder.resolve("alice.crt");
        var key = folder.resolve("alice.key");
        TestCertificate.ec().write(certificate, key);
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> exchange.sendResponseHeaders(200, -1));
        server.start();
        var target = "http://127.0.0.1:" + server.getAddress().getPort() + "/";
        var certificates = "clientCertificates: [{origin: 'https://intranet.test', certPath: '%s', keyPath: '%s'}]"
                .formatted(certificate, key);
        try (var pool = browsers.pool(COLD);
                var other = take(pool, Optional.of(RealBrowsers.BUNDLED));
                var victim = take(pool, Optional.of(RealBrowsers.BUNDLED));
                var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            var session = clients.submit(
                    () -> browsers.client(victim, """
                    const context = await browser.newContext({%s});
                    %s
                    return (await (await context.newPage()).goto('%s')).status();
                    """.formatted(certificates, STAYING.formatted(stays), target)));
            await(() -> Files.exists(stays));
            var ports = listening(driverOf(other));
            assertThat(ports).as("the port of the context with a certificate").hasSize(1);
            var port = ports.iterator().next();

            var program = greeted(port);
            var answer = browsers.client(other, """
                    const open = options => browser.newContext(options);
                    const proxy = {server: 'socks5://127.0.0.1:%1$d'};
                    const outcome = promise => promise.then(
                        () => 'reached', error => error.message.match(/EACCES|ECONNREFUSED|ERR/)[0]);
                    const ask = async (url, options) => outcome((await open(options)).request.get(url));
                    const visit = async (url, options) => outcome((await (await open(options)).newPage()).goto(url));
                    return [
                      await ask('http://127.0.0.1:%1$d/'),
                      await ask('http://localhost:%1$d/'),
                      await ask('http://127.127.127.127:%1$d/'),
                      await ask('http://[::ffff:127.0.0.1]:%1$d/'),
                      await ask('%2$s', {proxy}),
                      await visit('%2$s', {proxy}),
                      await visit('%2$s', {proxy, %3$s}),
                      await visit('http://127.0.0.1:%1$d/'),
                      await visit('http://127.0.0.1:%1$d/', {%3$s}),
                      await visit('%2$s', {%3$s}),
                    ].join(' ');
                    """.formatted(port, target, certificates));
            Files.delete(stays);

            assertThat(program).as("answer to a program on this machine").isNegative();
            assertThat(answer)
                    .isEqualTo(
                            "ECONNREFUSED ECONNREFUSED ECONNREFUSED ECONNREFUSED ECONNREFUSED ERR ERR ERR ERR reached");
            assertThat(session.get(30, TimeUnit.SECONDS))
                    .as("the session itself")
                    .isEqualTo("200");
            assertThat(listening(driverOf(other)))
                    .as("when its contexts are closed")
                    .isEmpty();
        } finally {
            server.stop(0);
        }
    }

    @Test
    void where_private_networks_are_closed_a_browser_reaches_its_own_session_s_ports_and_nothing_else_of_loopback()
            throws Exception {
        var certificate = folder.resolve("alice.crt");
        var key = folder.resolve("alice.key");
        TestCertificate.ec().write(certificate, key);
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> exchange.sendResponseHeaders(200, -1));
        server.start();
        try (var pool = browsers.pool(BrowserType.CHROMIUM, COLD, new SandboxSettings(true));
                var browser = take(pool, Optional.of(RealBrowsers.BUNDLED))) {
            var ports = listening(driverOf(browser));

            var answer = browsers.client(browser, """
                    const certified = {clientCertificates: [
                        {origin: 'https://intranet.test', certPath: '%3$s', keyPath: '%4$s'}]};
                    const made = [];
                    for (let n = 0; n < 8; n++)
                      made.push(await browser.newContext(certified));
                    const ninth = await browser.newContext(certified).then(() => 'made', error => error.message);
                    const outcome = (context, url) => context.newPage().then(page => page.goto(url))
                        .then(() => 'reached', error => error.message.match(/ERR_\\w+/)[0]);
                    const plain = await browser.newContext();
                    const results = [];
                    for (const url of ['http://127.0.0.1:%1$d/', 'http://localhost:%1$d/'])
                      results.push(await outcome(plain, url), await outcome(made[0], url));
                    for (const port of [%2$s])
                      results.push(await outcome(plain, `http://127.0.0.1:${port}/`));
                    await made[0].close();
                    await browser.newContext(certified);
                    return [...new Set(results)].sort().join(' ') + ', ' + ninth;
                    """.formatted(
                            server.getAddress().getPort(),
                            ports.stream().map(Object::toString).collect(Collectors.joining(",")),
                            certificate,
                            key));

            assertThat(ports).as("reserved ports").hasSize(8);
            assertThat(answer)
                    .startsWith("ERR_")
                    .doesNotContain("reached")
                    .contains(
                            "BLOCK_PRIVATE_NETWORK", "a session may have 8 contexts with client certificates at once");
        } finally {
            server.stop(0);
        }
    }

    @Test
    void where_private_networks_are_closed_reserved_ports_look_to_others_like_ports_where_nobody_listens()
            throws Exception {
        try (var pool = browsers.pool(BrowserType.CHROMIUM, COLD, new SandboxSettings(true));
                var victim = take(pool, Optional.of(RealBrowsers.BUNDLED))) {
            var ports = listening(driverOf(victim));
            try (var other = take(pool, Optional.of(RealBrowsers.BUNDLED))) {

                var answers = browsers.client(
                        other, """
                        const {request} = await browser.newContext();
                        const answers = new Set();
                        for (const port of [%s])
                          answers.add(await request.get(`http://127.0.0.1:${port}/`)
                              .then(() => 'reached', error => error.message.replaceAll(port, 'PORT')));
                        return answers.size + ' ' + [...answers].join();
                        """.formatted(Stream.concat(ports.stream(), Stream.of(portWhereNobodyListens()))
                                .map(Object::toString)
                                .collect(Collectors.joining(","))));

                assertThat(ports).hasSize(8);
                assertThat(answers).startsWith("1 ").contains("EACCES");
            }
        }
    }

    @Test
    void where_private_networks_are_closed_a_client_s_own_proxy_there_is_refused_by_name() throws Exception {
        var overrides = new LaunchOverrides(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Optional.of(new LaunchOverrides.ClientProxy(
                        "10.0.0.1:3128", Optional.empty(), Optional.empty(), Optional.empty())),
                Optional.empty(),
                Optional.empty(),
                Map.of());
        try (var pool = browsers.pool(BrowserType.CHROMIUM, COLD, new SandboxSettings(true));
                var browser = take(pool, Optional.of(RealBrowsers.BUNDLED))) {

            var answer = browsers.client(browser, """
                    const results = [];
                    for (const server of ['http://127.0.0.1:1', 'localhost:1', 'socks5://[::1]:1', '10.0.0.1:3128',
                        'http://proxy.internal:3128', 'http://2130706433:1', 'http://l%6fcalhost:1',
                        'socks5://l%6fcalhost:1', 'socks4://ｌocalhost:1', 'socks5://203.0.113.9;http=localhost:1',
                        'http://203.0.113.9:3128'])
                      results.push(await browser.newContext({proxy: {server}}).then(
                          () => 'made', error => error.message.includes('BLOCK_PRIVATE_NETWORK') ? error.message
                              .match(/has a (private) address|is not a (plain) host/).slice(1).join('') : error));
                    const cdp = await browser.newBrowserCDPSession();
                    for (const options of [{proxyServer: 'http://localhost:1', proxyBypassList: '<-loopback>'}, {}])
                      results.push(await cdp.send('Target.createBrowserContext', options).then(
                          () => 'made', error => error.message.match(/proxyServer.*BLOCK_PRIVATE_NETWORK/) ? 'refused' : error));
                    return results.join(' ');
                    """);

            assertThat(answer).isEqualTo("private ".repeat(7) + "plain plain plain made refused made");
            assertThat(pool.take(Optional.of(RealBrowsers.BUNDLED), overrides, Optional.empty(), RealBrowsers.PATIENCE))
                    .isInstanceOfSatisfying(TakeResult.Refused.class, refused -> {
                        assertThat(refused.option()).isEqualTo("proxy");
                        assertThat(refused.why()).contains("10.0.0.1 has a private address", "BLOCK_PRIVATE_NETWORK");
                    });
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

    private static int portWhereNobodyListens() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Test
    void private_networks_are_out_of_reach_for_requests_and_pages_if_so_set() throws Exception {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> exchange.sendResponseHeaders(204, -1));
        server.start();
        var port = server.getAddress().getPort();
        try (var pool = browsers.pool(BrowserType.CHROMIUM, COLD, new SandboxSettings(true));
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
