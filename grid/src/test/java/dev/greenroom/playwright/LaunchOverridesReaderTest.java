package dev.greenroom.playwright;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.http.RequestHead;
import dev.greenroom.session.LaunchOverrides;
import dev.greenroom.session.Refusal;
import dev.greenroom.testkit.Canary;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LaunchOverridesReaderTest {
    private static final String OPTIONS = "x-playwright-launch-options";

    @Test
    void a_client_that_sends_what_every_client_sends_has_no_wishes() {
        var head =
                head("/", new HttpHeader("x-playwright-proxy", ""), new HttpHeader("x-playwright-browser", "chromium"));

        assertThat(wishes(head)).isEqualTo(LaunchOverrides.NONE);
    }

    @Test
    void everything_on_the_list_is_read() {
        var head = head("/", new HttpHeader("x-playwright-proxy", "*"), new HttpHeader(OPTIONS, """
                {"headless": true, "channel": "chrome", "args": ["--lang=de", "--mute-audio"], "slowMo": 12.4,
                 "proxy": {"server": "http://proxy:3128", "username": "ü", "password": "%s"},
                 "timeout": 5000,
                 "firefoxUserPrefs": {"permissions.default.geo": 1, "intl.accept_languages": "de", "pdfjs.disabled": true}
                }""".formatted(
                        Canary.secret("proxy"))));

        assertThat(wishes(head))
                .isEqualTo(new LaunchOverrides(
                        Optional.of("*"),
                        Optional.of(true),
                        Optional.of("chrome"),
                        List.of("--lang=de", "--mute-audio"),
                        Optional.of(new LaunchOverrides.ClientProxy(
                                "http://proxy:3128",
                                Optional.empty(),
                                Optional.of("ü"),
                                Optional.of(Canary.secret("proxy")))),
                        Optional.of(Duration.ofMillis(12)),
                        Optional.of(Duration.ofSeconds(5)),
                        Map.of("permissions.default.geo", 1, "intl.accept_languages", "de", "pdfjs.disabled", true)));
        assertThat(ignored(head)).isEmpty();
    }

    @Test
    void wishes_reach_the_worker_as_they_were() {
        var head = head("/", new HttpHeader("x-playwright-proxy", "*, <loopback>"), new HttpHeader(OPTIONS, """
                {"headless": false, "channel": "chrome", "args": ["--user-agent=Zoe \\"x\\"", "--user-agent=x y"],
                 "slowMo": 100, "proxy": {"server": "socks5://p:1", "bypass": "a,b", "username": "ü", "password": "\\n"},
                 "firefoxUserPrefs": {"intl.accept_languages": "ü", "ui.x": -7, "pdfjs.disabled": false}}"""));
        var overrides = wishes(head);

        assertThat(wishes(head("/", LaunchOverridesReader.headers(overrides).toArray(HttpHeader[]::new))))
                .isEqualTo(overrides);
        assertThat(LaunchOverridesReader.headers(wishes(head("/", new HttpHeader(OPTIONS, """
                {"proxy": {"server": "p:1", "username": "ü", "password": "\\r\\n"}}""")))))
                .allSatisfy(field -> assertThat(field.value()).matches("[ -~]*"));
    }

    @Test
    void the_query_wins_over_the_field() {
        var query = URLEncoder.encode("{\"slowMo\": 1}", StandardCharsets.UTF_8);
        var head = head(
                "/?launch-options=" + query + "&proxy=*.test",
                new HttpHeader(OPTIONS, "{\"slowMo\": 2, \"executablePath\": \"/bin/sh\"}"),
                new HttpHeader("x-playwright-proxy", "*"));

        var overrides = wishes(head);

        assertThat(overrides.slowMotion()).contains(Duration.ofMillis(1));
        assertThat(overrides.exposeNetwork()).contains("*.test");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "executablePath",
                "env",
                "chromiumSandbox",
                "devtools",
                "ignoreDefaultArgs",
                "ignoreAllDefaultArgs",
                "tracesDir",
                "artifactsDir",
                "downloadsPath",
                "handleSIGINT",
                "handleSIGTERM",
                "handleSIGHUP",
                "logger",
                "socksProxyPort",
                "cdpPort",
                "executable_path",
                "chromium_sandbox",
                "handle_sigint",
                "__proto__",
                "inventedByAVersionToCome"
            })
    void an_option_that_makes_no_difference_on_a_grid_is_ignored_by_name(String option) {
        for (var value : List.of("true", "false", "\"/bin/sh\"", "[\"x\"]", "{\"a\": \"b\"}")) {
            var head = head("/", new HttpHeader(OPTIONS, "{\"headless\": true, \"" + option + "\": " + value + "}"));

            assertThat(wishes(head)).isEqualTo(wishes(head("/", new HttpHeader(OPTIONS, "{\"headless\": true}"))));
            assertThat(ignored(head)).containsExactly(option);
        }
    }

    @Test
    void an_option_without_a_value_is_none() {
        var head = head("/", new HttpHeader(OPTIONS, """
                {"args": [], "env": {}, "executablePath": null, "proxy": null, "channel": null}"""));

        assertThat(wishes(head)).isEqualTo(LaunchOverrides.NONE);
        assertThat(ignored(head)).isEmpty();
    }

    @Test
    void options_are_known_in_the_spelling_of_every_language() {
        var python = head("/", new HttpHeader(OPTIONS, """
                {"slow_mo": 100, "firefox_user_prefs": {"pdfjs.disabled": true},
                 "proxy": {"server": "p:1", "user_name": "u", "Password": "p"}}"""));
        var dotnet = head("/", new HttpHeader(OPTIONS, """
                {"SlowMo": 100, "FirefoxUserPrefs": {"pdfjs.disabled": true},
                 "Proxy": {"Server": "p:1", "Username": "u", "password": "p"}}"""));
        var node = head("/", new HttpHeader(OPTIONS, """
                {"slowMo": 100, "firefoxUserPrefs": {"pdfjs.disabled": true},
                 "proxy": {"server": "p:1", "username": "u", "password": "p"}}"""));

        assertThat(wishes(python)).isEqualTo(wishes(node));
        assertThat(wishes(dotnet)).isEqualTo(wishes(node));
        assertThat(wishes(node).slowMotion()).contains(Duration.ofMillis(100));
    }

    @Test
    void a_launch_may_take_as_long_as_the_client_likes() {
        assertThat(wishes(head("/", new HttpHeader(OPTIONS, "{\"timeout\": 1e300}")))
                        .timeout())
                .isPresent();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--no-sandbox",
                "--disable-setuid-sandbox",
                "--disable-dev-shm-usage",
                "--disable-gpu",
                "--headless=new",
                "--renderer-cmd-prefix=/bin/sh",
                "--utility-cmd-prefix=/bin/sh",
                "--gpu-launcher=/bin/sh",
                "--js-flags=--logfile=/x",
                "--log-file=/x",
                "--disable-features=X",
                "--use-fake-device-for-media-stream=/etc/passwd",
                "--invented-by-a-version-to-come",
                "-lang",
                "lang",
                "http://a"
            })
    void an_argument_that_is_not_known_to_be_harmless_is_ignored_by_name(String argument) {
        var head = head("/", new HttpHeader(OPTIONS, "{\"args\": [\"--lang=de\", \"" + argument + "\"]}"));

        assertThat(wishes(head).args()).containsExactly("--lang=de");
        assertThat(ignored(head))
                .containsExactly("args " + argument.replaceFirst("=.*", "").replaceAll("[/:]", "?"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--remote-debugging-port=9222",
                "--remote-debugging-pipe",
                "--remote-debugging-address=0.0.0.0",
                "--remote-allow-origins=*",
                "-remote-debugging-port=9222",
                "--user-data-dir=/root",
                "--profile-directory=x",
                "--load-extension=/x",
                "--disable-extensions-except=/x",
                "--proxy-server=http://evil",
                "--proxy-pac-url=data:x",
                "--no-proxy-server",
                "--PROXY-SERVER=x",
                "--host-resolver-rules=MAP * 127.0.0.1",
                "--host-rules=x",
                "--explicitly-allowed-ports=1",
                "--ignore-certificate-errors-spki-list=x"
            })
    void an_argument_about_the_network_or_a_profile_is_refused_by_name(String argument) {
        var why = refusal(head("/", new HttpHeader(OPTIONS, "{\"args\": [\"--lang=de\", \"" + argument + "\"]}")));

        assertThat(why.option()).isEqualTo("args");
        assertThat(why.why()).startsWith(argument.replaceFirst("=.*", "") + " is about");
    }

    @Test
    void an_argument_that_playwright_itself_sets_is_neither_passed_nor_named() {
        var head = head("/", new HttpHeader(OPTIONS, "{\"args\": [\"--no-first-run\", \"--disable-extensions\"]}"));

        assertThat(wishes(head)).isEqualTo(LaunchOverrides.NONE);
        assertThat(ignored(head)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "security.sandbox.content.level",
                "security.fileuri.strict_origin_policy",
                "network.negotiate-auth.gsslib",
                "logging.config.LOG_FILE",
                "print.print_to_filename",
                "browser.tabs.remote.autostart",
                "browser.download.dir",
                "media.gmp-manager.url",
                "network.protocol-handler.external.x",
                "pdfjs.disabled.not"
            })
    void a_preference_that_is_not_known_to_be_harmless_is_ignored_by_name(String preference) {
        var head =
                head("/", new HttpHeader(OPTIONS, "{\"firefoxUserPrefs\": {\"" + preference + "\": 1, \"ui.x\": 2}}"));

        assertThat(wishes(head).firefoxUserPrefs()).isEqualTo(Map.of("ui.x", 2));
        assertThat(ignored(head)).containsExactly("firefoxUserPrefs " + preference);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "network.proxy.http",
                "network.proxy.type",
                "devtools.debugger.remote-port",
                "marionette.port",
                "security.cert_pinning.enforcement_level",
                "extensions.autoDisableScopes",
                "toolkit.profiles.x.profile"
            })
    void a_preference_about_the_network_or_a_profile_is_refused_by_name(String preference) {
        var why = refusal(head("/", new HttpHeader(OPTIONS, "{\"firefoxUserPrefs\": {\"" + preference + "\": 1}}")));

        assertThat(why.option()).isEqualTo("firefoxUserPrefs");
        assertThat(why.why()).startsWith(preference);
    }

    @Test
    void a_preference_of_no_ordinary_value_is_ignored() {
        var head = head("/", new HttpHeader(OPTIONS, """
                {"firefoxUserPrefs": {"ui.a": {"b": 1}, "ui.b": 1.5, "ui.c": "a\\nb", "ui.d": null, "ui.e": "%s"}}""".formatted("x".repeat(1001))));

        assertThat(wishes(head).firefoxUserPrefs()).isEmpty();
        assertThat(ignored(head)).hasSize(5);
    }

    @Test
    void what_is_named_is_short_printable_and_bounded() {
        var names = new StringBuilder("{\"a\\r\\nX-Injected: 1\\u0000é\": 1, \"\": 2, \"" + "l".repeat(5000) + "\": 3");
        for (var n = 0; n < 100; n++) {
            names.append(", \"option").append(n).append("\": 1");
        }
        var ignored = ignored(head("/", new HttpHeader(OPTIONS, names + "}")));

        assertThat(ignored).startsWith("a??X-Injected??1??", "?").hasSize(31);
        assertThat(ignored).allMatch(name -> name.matches("[A-Za-z0-9._? -]{1,60}"));
        assertThat(ignored.getLast()).isEqualTo("73 more");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"headless\": \"yes\"} | headless",
                "{\"slowMo\": -1}        | slowMo",
                "{\"slow_mo\": 1e300}    | slowMo",
                "{\"timeout\": -1}       | timeout",
                "{\"args\": \"--lang\"}  | args",
                "{\"proxy\": \"x\"}      | proxy",
                "{\"proxy\": {\"server\": \"file:///x\"}} | proxy",
                "{\"proxy\": {\"server\": \"p:1\", \"x\": 1}} | proxy.x",
                "[]                      | launch-options",
                "{                       | launch-options"
            })
    void a_value_that_an_option_cannot_have_is_refused(String options, String name) {
        assertThat(refused(head("/", new HttpHeader(OPTIONS, options)))).startsWith(name);
    }

    @Test
    void hosts_to_expose_that_are_none_are_refused() {
        assertThat(refused(head("/", new HttpHeader("x-playwright-proxy", "a/../b"))))
                .isEqualTo("exposeNetwork");
    }

    private static LaunchOverrides wishes(RequestHead head) {
        return checked(head).overrides();
    }

    private static List<String> ignored(RequestHead head) {
        return checked(head).ignored();
    }

    private static LaunchOverridesReader.OverridesResult.Checked checked(RequestHead head) {
        return switch (LaunchOverridesReader.read(head)) {
            case LaunchOverridesReader.OverridesResult.Checked checked -> checked;
            case LaunchOverridesReader.OverridesResult.Refused(var why) -> throw new AssertionError(why);
        };
    }

    private static String refused(RequestHead head) {
        return refusal(head).option();
    }

    private static Refusal.RefusedOption refusal(RequestHead head) {
        return LaunchOverridesReader.read(head)
                        instanceof LaunchOverridesReader.OverridesResult.Refused(Refusal.RefusedOption why)
                ? why
                : new Refusal.RefusedOption("nothing", "");
    }

    private static RequestHead head(String target, HttpHeader... fields) {
        return new RequestHead(
                "GET",
                target,
                Stream.concat(Stream.of(new HttpHeader("Host", "grid")), Stream.of(fields))
                        .toList());
    }
}
