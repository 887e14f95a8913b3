package dev.greenroom.worker.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.http.RequestHead;
import dev.greenroom.playwright.LaunchOverridesReader;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.ClientProtocol;
import dev.greenroom.session.LaunchOverrides;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.driver.LaunchSpec.OnConnect;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LaunchPlanTest {
    private static final LaunchSpec USUAL = spec(BrowserType.CHROMIUM, Optional.empty());

    @Test
    void nobody_without_wishes_needs_a_browser_of_its_own() {
        assertThat(LaunchPlan.of(USUAL, LaunchOverrides.NONE)).isInstanceOf(LaunchPlan.Default.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'headless': true, 'channel': 'chromium', 'slowMo': 0, 'timeout': 3000}",
                "{'executablePath': '/usr/bin/chromium', 'env': {'A': 'b'}, 'chromiumSandbox': false, 'devtools': true,"
                        + "'ignoreDefaultArgs': ['--mute-audio'], 'tracesDir': '/t', 'downloadsPath': '/d'}",
                "{'args': ['--no-sandbox', '--disable-setuid-sandbox', '--disable-dev-shm-usage', '--disable-gpu']}",
                "{'args': ['--no-first-run', '--disable-popup-blocking', '--force-color-profile=srgb', '--headless=new']}",
                "{'channel': 'chrome', 'headless': false, 'firefoxUserPrefs': {'ui.systemUsesDarkTheme': 1}}",
                "{'inventedByAVersionToCome': {'deep': [1, 2]}}"
            })
    void options_that_make_no_difference_get_a_warm_browser(String options) {
        assertThat(LaunchPlan.of(USUAL, wishes(options))).isInstanceOf(LaunchPlan.Default.class);
    }

    @Test
    void other_wishes_change_what_they_are_about_and_nothing_else() {
        var options =
                "{'args': ['--lang=de', '--no-sandbox'], 'proxy': {'server': 'p:1'}, 'slowMo': 50, 'timeout': 500000}";

        assertThat(LaunchPlan.of(USUAL, wishes(options, new HttpHeader("x-playwright-proxy", "*"))))
                .isEqualTo(new LaunchPlan.Custom(new LaunchSpec(
                        BrowserType.CHROMIUM,
                        USUAL.executable(),
                        Optional.empty(),
                        true,
                        true,
                        List.of("--lang=de", "--operator"),
                        List.of("OperatorFeature"),
                        USUAL.timeout(),
                        false,
                        false,
                        Optional.of(new OnConnect(
                                true,
                                Optional.of(new LaunchOverrides.ClientProxy(
                                        "p:1", Optional.empty(), Optional.empty(), Optional.empty())),
                                Duration.ofMillis(50),
                                Map.of())),
                        ClientProtocol.PLAYWRIGHT)));
    }

    @Test
    void preferences_of_firefox_reach_firefox() {
        var options = "{'firefoxUserPrefs': {'ui.systemUsesDarkTheme': 1}}";

        assertThat(LaunchPlan.of(spec(BrowserType.FIREFOX, Optional.empty()), wishes(options)))
                .isInstanceOfSatisfying(
                        LaunchPlan.Custom.class,
                        special -> assertThat(
                                        special.spec().onConnect().orElseThrow().firefoxUserPrefs())
                                .isEqualTo(Map.of("ui.systemUsesDarkTheme", 1)));
    }

    @Test
    void what_a_worker_does_not_have_is_ignored_by_name() {
        var options =
                "{'channel': 'chrome', 'headless': false, 'args': ['--lang=de'], 'firefoxUserPrefs': {'ui.x': 1}}";

        assertThat(LaunchPlan.applicable(USUAL, wishes(options)).ignored())
                .containsExactly("channel chrome", "headless false", "firefoxUserPrefs");
        assertThat(LaunchPlan.applicable(spec(BrowserType.FIREFOX, Optional.empty()), wishes(options))
                        .ignored())
                .containsExactly("channel chrome", "headless false", "args --lang");
        assertThat(LaunchPlan.applicable(
                                spec(BrowserType.CHROMIUM, Optional.of("chrome")), wishes("{'channel': 'chrome'}"))
                        .ignored())
                .isEmpty();
    }

    private static LaunchOverrides wishes(String options, HttpHeader... fields) {
        var headers = new ArrayList<>(List.of(fields));
        headers.add(new HttpHeader("x-playwright-launch-options", options.replace('\'', '"')));
        return switch (LaunchOverridesReader.read(new RequestHead("GET", "/", headers))) {
            case LaunchOverridesReader.OverridesResult.Checked(var overrides, var _) -> overrides;
            case LaunchOverridesReader.OverridesResult.Refused(var why) -> throw new AssertionError(why);
        };
    }

    private static LaunchSpec spec(BrowserType type, Optional<String> channel) {
        return new LaunchSpec(
                        type, Path.of("/browser"), channel, true, true, List.of("--operator"), Duration.ofSeconds(30))
                .enabling(List.of("OperatorFeature"));
    }
}
