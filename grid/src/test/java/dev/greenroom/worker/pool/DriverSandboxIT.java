package dev.greenroom.worker.pool;

import static dev.greenroom.worker.pool.RealBrowsers.COLD;
import static dev.greenroom.worker.pool.RealBrowsers.driverOf;
import static dev.greenroom.worker.pool.RealBrowsers.take;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.testkit.Canary;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/// What the driver's sandbox keeps a session from doing: real node, real playwright-core, a real
/// Chromium.
class DriverSandboxIT {
    @TempDir
    private Path folder;

    @RegisterExtension
    private final RealBrowsers browsers = RealBrowsers.open();

    @Test
    void a_session_cannot_open_another_server() throws Exception {
        try (var pool = browsers.pool(COLD);
                var browser = take(pool, Optional.of(RealBrowsers.BUNDLED))) {

            var answer = browsers.client(browser, """
                    return browser._channel.startServer({title: 'other', host: '127.0.0.1', port: 0})
                        .then(() => 'open', error => error.message);
                    """);

            assertThat(answer).contains("not for clients of a grid");
        }
    }

    @Test
    void a_session_cannot_start_a_program() throws Exception {
        for (var version : List.of(new PlaywrightVersion(1, 40), new PlaywrightVersion(1, 52), RealBrowsers.BUNDLED)) {
            var canary = folder.resolve("made-by-" + version);
            try (var pool = browsers.pool(COLD);
                    var browser = take(pool, Optional.of(version))) {

                var answer = browsers.client(browser, """
                        const types = [...browser._connection._objects.values()]
                            .filter(object => object._type === 'BrowserType');
                        const refused = await Promise.all(types.map(type => type._channel.launch({
                            executablePath: '/usr/bin/touch', ignoreAllDefaultArgs: true, args: ['%s'], timeout: 5000,
                        }).then(() => false, () => true)));
                        return refused.length > 0 && refused.every(Boolean) ? 'refused' : 'not all of ' + refused;
                        """.formatted(canary));

                assertThat(answer).isEqualTo("refused");
                assertThat(canary).doesNotExist();
            }
        }
    }

    @Test
    void a_session_cannot_write_outside_of_the_drivers_folder() throws Exception {
        var downloaded = folder.resolve("downloaded-by-the-client");
        var outside = folder.resolve("written-by-a-session");
        try (var pool = browsers.pool(COLD);
                var browser = take(pool, Optional.of(RealBrowsers.BUNDLED))) {

            var answer = browsers.client(browser, """
                    const page = await browser.newPage();
                    await page.setContent('<a download=x href="data:text/plain,hello">x</a>');
                    const [download] = await Promise.all([page.waitForEvent('download'), page.click('a')]);
                    await download.saveAs('%s');
                    return download._artifact._channel.saveAs({path: '%s'})
                        .then(() => 'written', error => error.message);
                    """.formatted(downloaded, outside));

            assertThat(answer).contains("not for clients of a grid");
            assertThat(outside).doesNotExist();
            assertThat(downloaded).hasContent("hello");
        }
    }

    @Test
    void S10_a_client_cannot_have_files_of_the_worker_uploaded_by_their_path() throws Exception {
        var secret = Files.writeString(folder.resolve("secret-of-the-worker"), Canary.secret("worker"));
        var inner = Files.createDirectory(folder.resolve("folder-of-the-worker"));
        Files.writeString(inner.resolve("inside"), Canary.secret("inside"));
        for (var version : List.of(new PlaywrightVersion(1, 40), new PlaywrightVersion(1, 52), RealBrowsers.BUNDLED)) {
            try (var pool = browsers.pool(COLD);
                    var browser = take(pool, Optional.of(version))) {

                var answer = browsers.client(browser, """
                        const page = await browser.newPage();
                        await page.setContent('<input id=file type=file><input id=folder type=file webkitdirectory>');
                        const frame = page.mainFrame()._channel;
                        const input = await page.$('#file');
                        const ask = (on, what) => on.setInputFiles({strict: true, timeout: 5000, ...what})
                            .then(() => 'set', () => 'refused');
                        const results = [
                            await ask(frame, {selector: '#file', localPaths: ['%1$s']}),
                            await ask(input._channel, {localPaths: ['%1$s']}),
                            await ask(frame, {selector: '#folder', localDirectory: '%2$s'}),
                        ];
                        const files = await page.evaluate(() => [...document.querySelectorAll('input')]
                            .flatMap(input => [...input.files].map(file => file.name)));
                        return results.join(' ') + ', seen: ' + files.join(' ');
                        """.formatted(secret, inner));

                assertThat(answer).as("%s", version).isEqualTo("refused refused refused, seen: ");
            }
        }
    }

    @Test
    void requests_of_the_driver_reach_the_world_but_not_the_grid_and_not_the_clouds_secrets() throws Exception {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        var grid = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        var later = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        for (var it : List.of(server, grid, later)) {
            it.createContext("/", exchange -> exchange.sendResponseHeaders(204, -1));
            it.start();
        }
        browsers.closedPorts().close(grid.getAddress().getPort());
        try (var pool = browsers.pool(COLD);
                var browser = take(pool, Optional.of(RealBrowsers.BUNDLED))) {
            browsers.closedPorts().close(later.getAddress().getPort());
            browsers.closedPorts().closeServer(new InetSocketAddress(InetAddress.getLoopbackAddress(), 6390));
            browsers.closedPorts().closeServer(new InetSocketAddress(InetAddress.ofLiteral("192.0.2.7"), 6391));

            var answer = browsers.client(browser, """
                    const context = await browser.newContext();
                    const results = [];
                    for (const url of ['http://127.0.0.1:%1$d/',
                        'http://localhost:%2$d/', 'http://[::ffff:7f00:1]:%2$d/',
                        'http://0:%2$d/', 'http://127.0.0.1:%3$d/',
                        'http://127.0.0.1:6390/', 'http://192.0.2.7:6391/', 'http://[::ffff:c000:207]:6391/',
                        'http://169.254.169.254/', 'http://0xa9fea9fe/', 'http://[fd00:ec2::254]/'])
                      results.push(await context.request.get(url, {timeout: 5000}).then(
                          response => response.status(), error => /EACCES/.test(error.message) ? 'refused' : error));
                    return results.join(' ');
                    """.formatted(
                            server.getAddress().getPort(),
                            grid.getAddress().getPort(),
                            later.getAddress().getPort()));

            assertThat(answer).isEqualTo("204" + " refused".repeat(10));
        } finally {
            server.stop(0);
            grid.stop(0);
            later.stop(0);
        }
    }

    @Test
    void driver_and_browser_see_a_minimal_environment() throws Exception {
        try (var pool = browsers.pool(COLD);
                var browser = take(pool, Optional.of(RealBrowsers.BUNDLED))) {

            var names = new ArrayList<String>();
            for (var pid : List.of(browser.pid(), driverOf(browser).pid())) {
                var variables = Files.readString(Path.of("/proc", pid.toString(), "environ"), StandardCharsets.UTF_8);
                Arrays.stream(variables.split("\0", -1))
                        .map(variable -> variable.replaceFirst("=.*", ""))
                        .filter(name -> !name.isEmpty() && !name.startsWith("CHROME_"))
                        .forEach(names::add);
            }

            assertThat(names)
                    .isSubsetOf(
                            "PATH",
                            "HOME",
                            "TMPDIR",
                            "LANG",
                            "LC_ALL",
                            "TZ",
                            "DISPLAY",
                            "XAUTHORITY",
                            "NODE_OPTIONS",
                            "NODE_EXTRA_CA_CERTS",
                            "PLAYWRIGHT_BROWSERS_PATH",
                            "GREENROOM_SANDBOX",
                            "PWD",
                            "SHLVL",
                            "_",
                            "LD_LIBRARY_PATH",
                            "FONTCONFIG_FILE",
                            "FONTCONFIG_PATH");
        }
    }
}
