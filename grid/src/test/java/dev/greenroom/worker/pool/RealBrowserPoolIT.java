package dev.greenroom.worker.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.config.PoolSettings;
import dev.greenroom.config.PoolSettings.Isolation;
import dev.greenroom.session.PlaywrightVersion;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
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

    static PoolSettings settings(Isolation isolation, int warm) {
        return new PoolSettings(isolation, warm, Duration.ofSeconds(30));
    }

    private static PooledBrowser take(BrowserPool pool, Optional<PlaywrightVersion> version)
            throws InterruptedException {
        var result = pool.take(version, RealBrowsers.PATIENCE);
        assertThat(result).isInstanceOf(TakeResult.Taken.class);
        return ((TakeResult.Taken) result).browser();
    }
}
