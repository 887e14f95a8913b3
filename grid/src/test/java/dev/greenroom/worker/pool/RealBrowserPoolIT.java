package dev.greenroom.worker.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.greenroom.config.PoolSettings;
import dev.greenroom.config.PoolSettings.Isolation;
import dev.greenroom.session.Browser;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.worker.driver.RunFolders;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Real node, real playwright-core, a real Chromium.
class RealBrowserPoolIT {
    private static final PoolSettings COLD = settings(Isolation.SESSION, 0);

    @TempDir
    private Path scripts;

    private RealBrowsers browsers;

    @BeforeEach
    void open() throws InterruptedException {
        browsers = RealBrowsers.open(scripts);
    }

    @AfterEach
    void close() {
        browsers.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.30", "1.40", "1.52", "1.62", "1.65"})
    void a_stock_client_of_any_version_opens_a_page(String version) throws Exception {
        try (var pool = browsers.pool(COLD);
                var browser = take(pool, PlaywrightVersion.of(version))) {

            var title = browsers.client(browser, """
                    const page = await browser.newPage();
                    await page.setContent('<title>works</title>');
                    return await page.title();
                    """);

            assertThat(title).isEqualTo("works");
            assertThat(browser.version()).hasToString(version);
        }
    }

    @Test
    void a_client_that_names_no_version_gets_the_newest_that_is_there() throws Exception {
        try (var pool = browsers.pool(COLD);
                var browser = take(pool, Optional.empty())) {

            assertThat(browser.version()).isGreaterThanOrEqualTo(RealBrowsers.BUNDLED);
        }
    }

    @Test
    void a_stock_firefox_opens_a_page() throws Exception {
        try (var pool = browsers.pool(Browser.FIREFOX, COLD);
                var browser = take(pool, Optional.of(RealBrowsers.BUNDLED))) {

            var title = browsers.client(Browser.FIREFOX, browser, """
                    const page = await browser.newPage();
                    await page.setContent('<title>works</title>');
                    return await page.title();
                    """);

            assertThat(title).isEqualTo("works");
        }
    }

    @Test
    void a_session_cannot_open_another_door() throws Exception {
        try (var pool = browsers.pool(COLD);
                var browser = take(pool, Optional.of(RealBrowsers.BUNDLED))) {

            var answer = browsers.client(browser, """
                    return browser._channel.startServer({title: 'door', host: '127.0.0.1', port: 0})
                        .then(() => 'open', error => error.message);
                    """);

            assertThat(answer).contains("listening is not allowed");
        }
    }

    @Test
    void a_session_cannot_write_outside_of_the_drivers_folder() throws Exception {
        var downloaded = scripts.resolve("downloaded-by-the-client");
        var outside = scripts.resolve("written-by-a-session");
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

            assertThat(answer).contains("Access to this API has been restricted");
            assertThat(outside).doesNotExist();
            assertThat(downloaded).hasContent("hello");
        }
    }

    @Test
    void requests_of_the_driver_reach_the_world_but_not_the_grid_and_not_the_clouds_secrets() throws Exception {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        var grid = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        for (var it : List.of(server, grid)) {
            it.createContext("/", exchange -> exchange.sendResponseHeaders(204, -1));
            it.start();
        }
        try (var pool = browsers.pool(COLD, grid.getAddress().getPort());
                var browser = take(pool, Optional.of(RealBrowsers.BUNDLED))) {

            var answer = browsers.client(browser, """
                    const context = await browser.newContext();
                    const results = [];
                    for (const url of ['http://127.0.0.1:%1$d/', 'http://localhost:%2$d/', 'http://[::ffff:7f00:1]:%2$d/',
                        'http://0:%2$d/', 'http://169.254.169.254/', 'http://0xa9fea9fe/', 'http://[fd00:ec2::254]/'])
                      results.push(await context.request.get(url, {timeout: 5000}).then(
                          response => response.status(), error => /EACCES/.test(error.message) ? 'refused' : error));
                    return results.join(' ');
                    """.formatted(
                            server.getAddress().getPort(), grid.getAddress().getPort()));

            assertThat(answer).isEqualTo("204 refused refused refused refused refused refused");
        } finally {
            server.stop(0);
            grid.stop(0);
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
                            "GREENROOM_FENCE",
                            "PWD",
                            "SHLVL",
                            "_",
                            "LD_LIBRARY_PATH",
                            "FONTCONFIG_FILE",
                            "FONTCONFIG_PATH");
        }
    }

    @Test
    void a_warm_browser_is_there_at_once_and_another_one_takes_its_place() throws Exception {
        try (var pool = browsers.pool(settings(Isolation.SESSION, 1))) {
            pool.start();
            await().until(() -> pool.stats().warm() == 1);

            try (var browser = take(pool, Optional.empty())) {

                assertThat(browser.warm()).isTrue();
                await().untilAsserted(() -> {
                    assertThat(pool.stats().warm()).isEqualTo(1);
                    assertThat(pool.stats().inUse()).isEqualTo(1);
                });
            }
        }
    }

    @Test
    void the_death_of_a_browser_is_told_within_a_second() throws Exception {
        try (var pool = browsers.pool(COLD);
                var browser = take(pool, Optional.of(RealBrowsers.BUNDLED));
                var other = take(pool, Optional.of(RealBrowsers.BUNDLED))) {
            var death = new CountDownLatch(1);
            var otherDeath = new CountDownLatch(1);
            browser.onDeath(death::countDown);
            other.onDeath(otherDeath::countDown);

            ProcessHandle.of(browser.pid()).orElseThrow().destroyForcibly();

            assertThat(death.await(1, TimeUnit.SECONDS)).isTrue();
            assertThat(otherDeath.getCount()).isEqualTo(1);
            assertThat(browsers.client(other, "return (await browser.newPage()).url()"))
                    .isEqualTo("about:blank");
        }
    }

    @Test
    void the_death_of_a_driver_is_that_of_its_browsers_and_the_pool_heals() throws Exception {
        try (var pool = browsers.pool(COLD);
                var one = take(pool, Optional.of(RealBrowsers.BUNDLED));
                var other = take(pool, Optional.of(RealBrowsers.BUNDLED))) {
            var deaths = new CountDownLatch(2);
            one.onDeath(deaths::countDown);
            other.onDeath(deaths::countDown);

            driverOf(one).destroyForcibly();

            assertThat(deaths.await(1, TimeUnit.SECONDS)).isTrue();
            await().atMost(Duration.ofSeconds(2)).until(() -> !runs(one.pid()) && !runs(other.pid()));
            try (var healed = take(pool, Optional.of(RealBrowsers.BUNDLED))) {
                assertThat(browsers.client(healed, "return (await browser.newPage()).url()"))
                        .isEqualTo("about:blank");
            }
        }
    }

    @Test
    void sessions_that_share_a_browser_leave_it_to_the_others() throws Exception {
        try (var pool = browsers.pool(settings(Isolation.SHARED, 0));
                var stays = take(pool, Optional.of(RealBrowsers.BUNDLED))) {
            var leaves = take(pool, Optional.of(RealBrowsers.BUNDLED));

            leaves.close();

            assertThat(leaves.pid()).isEqualTo(stays.pid());
            assertThat(browsers.client(stays, "return (await browser.newPage()).url()"))
                    .isEqualTo("about:blank");
        }
    }

    @Test
    void closing_leaves_no_process_and_no_folder() throws Exception {
        var pool = browsers.pool(settings(Isolation.SESSION, 1));
        pool.start();
        var browser = take(pool, Optional.of(RealBrowsers.BUNDLED));
        var driver = driverOf(browser);

        pool.close();
        browsers.close();

        assertThat(runs(browser.pid())).isFalse();
        assertThat(runs(driver.pid())).isFalse();
        assertThat(workerFolder(browser)).doesNotExist();
    }

    @Test
    void a_killed_jvm_leaves_no_process_and_its_folder_is_swept_later() throws Exception {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var jvm = new ProcessBuilder(
                        java,
                        "-Djava.io.tmpdir=" + scripts,
                        "-cp",
                        System.getProperty("java.class.path"),
                        PoolProgram.class.getName(),
                        scripts.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        var words = jvm.inputReader()
                .lines()
                .filter(line -> line.matches("\\d+ \\d+ /.*"))
                .findFirst()
                .orElseThrow()
                .split(" ", 3);

        jvm.destroyForcibly();

        await().atMost(Duration.ofSeconds(5))
                .until(() -> !runs(Long.parseLong(words[0])) && !runs(Long.parseLong(words[1])));
        jvm.waitFor();
        assertThat(Path.of(words[2])).exists();
        RunFolders.open(scripts, new SecureRandom()).close();
        assertThat(Path.of(words[2])).doesNotExist();
    }

    static PoolSettings settings(Isolation isolation, int warm) {
        return new PoolSettings(isolation, warm, Duration.ofSeconds(30));
    }

    static ProcessHandle driverOf(PooledBrowser browser) {
        return ProcessHandle.of(browser.pid()).flatMap(ProcessHandle::parent).orElseThrow();
    }

    /// `<worker's folder>/<driver's folder>/s/<socket>`
    static Path workerFolder(PooledBrowser browser) {
        return browser.socket().resolve(Path.of("..", "..", "..")).normalize();
    }

    /// A zombie does not run, whatever the JDK says.
    private static boolean runs(long pid) {
        try {
            var stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            return stat.charAt(stat.lastIndexOf(')') + 2) != 'Z';
        } catch (IOException _) {
            return false;
        }
    }

    private static PooledBrowser take(BrowserPool pool, Optional<PlaywrightVersion> version)
            throws InterruptedException {
        var result = pool.take(version, RealBrowsers.PATIENCE);
        assertThat(result).isInstanceOf(TakeResult.Taken.class);
        return ((TakeResult.Taken) result).browser();
    }
}
