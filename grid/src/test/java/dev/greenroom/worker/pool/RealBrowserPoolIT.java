package dev.greenroom.worker.pool;

import static dev.greenroom.worker.pool.RealBrowsers.COLD;
import static dev.greenroom.worker.pool.RealBrowsers.driverOf;
import static dev.greenroom.worker.pool.RealBrowsers.settings;
import static dev.greenroom.worker.pool.RealBrowsers.take;
import static dev.greenroom.worker.pool.RealBrowsers.workerFolder;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.config.WorkerSections.PoolSettings.Isolation;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.LaunchOverrides;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.testkit.Outputs;
import dev.greenroom.worker.driver.RunFolders;
import dev.greenroom.worker.pool.BrowserPool.TakeResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Real node, real playwright-core, a real Chromium.
class RealBrowserPoolIT {
    @TempDir
    private Path folder;

    @RegisterExtension
    private final RealBrowsers browsers = RealBrowsers.open();

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
        try (var pool = browsers.pool(BrowserType.FIREFOX, COLD);
                var browser = take(pool, Optional.of(RealBrowsers.BUNDLED))) {

            var title = browsers.client(BrowserType.FIREFOX, browser, """
                    const page = await browser.newPage();
                    await page.setContent('<title>works</title>');
                    return await page.title();
                    """);

            assertThat(title).isEqualTo("works");
        }
    }

    @Test
    void a_version_that_cannot_open_a_page_in_the_system_s_firefox_is_refused_and_another_one_serves()
            throws Exception {
        var unfit = new PlaywrightVersion(1, 65);
        try (var pool = browsers.pool(BrowserType.FIREFOX, COLD)) {
            browsers.driver(unfit);

            assertThat(pool.take(Optional.of(unfit), LaunchOverrides.NONE, Optional.empty(), RealBrowsers.PATIENCE))
                    .isInstanceOfSatisfying(TakeResult.NoVersion.class, refused -> {
                        assertThat(refused.available())
                                .contains(RealBrowsers.BUNDLED)
                                .doesNotContain(unfit);
                        assertThat(refused.why()).contains("refuses to open a page");
                    });
            try (var browser = take(pool, Optional.empty())) {
                assertThat(browser.version()).isLessThan(unfit);
            }
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
    void FW7_a_killed_jvm_leaves_no_node_and_no_browser_and_its_folder_is_swept_later() throws Exception {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var jvm = new ProcessBuilder(
                        java,
                        "-Djava.io.tmpdir=" + folder,
                        "-cp",
                        System.getProperty("java.class.path"),
                        PoolProgram.class.getName())
                .redirectError(Outputs.file("pool").toFile())
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
        RunFolders.open(folder, new SecureRandom()).close();
        assertThat(Path.of(words[2])).doesNotExist();
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
}
