package dev.greenroom.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.session.Refusal;
import dev.greenroom.session.Wishes;
import dev.greenroom.testkit.Canary;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class WishReaderTest {
    private static final String OPTIONS = "x-playwright-launch-options";

    @Test
    void a_client_that_sends_what_every_client_sends_has_no_wishes() {
        var head = head("/", new Header("x-playwright-proxy", ""), new Header("x-playwright-browser", "chromium"));

        assertThat(wishes(head)).isEqualTo(Wishes.NONE);
    }

    @Test
    void everything_on_the_list_is_read() {
        var head = head(
                "/", new Header("x-playwright-proxy", "*"), new Header(OPTIONS, """
                {"headless": true, "channel": "chrome", "args": ["--lang=de", "--mute-audio"], "slowMo": 12.4,
                 "proxy": {"server": "http://proxy:3128", "username": "ü", "password": "%s"},
                 "timeout": 5000}""".formatted(Canary.secret("proxy"))));

        assertThat(wishes(head))
                .isEqualTo(new Wishes(
                        Optional.of("*"),
                        Optional.of(true),
                        Optional.of("chrome"),
                        List.of("--lang=de", "--mute-audio"),
                        Optional.of(new Wishes.Proxy(
                                "http://proxy:3128",
                                Optional.empty(),
                                Optional.of("ü"),
                                Optional.of(Canary.secret("proxy")))),
                        Optional.of(Duration.ofMillis(12)),
                        Optional.of(Duration.ofSeconds(5))));
    }

    @Test
    void wishes_reach_the_worker_as_they_were() {
        var head = head("/", new Header("x-playwright-proxy", "*, <loopback>"), new Header(OPTIONS, """
                {"headless": false, "channel": "chrome", "args": ["--user-agent=Zoë \\"x\\""], "slowMo": 100,
                 "proxy": {"server": "socks5://p:1", "bypass": "a,b", "username": "ü", "password": "\\n"}}"""));
        var wishes = wishes(head("/", new Header(OPTIONS, "{\"args\": [\"--user-agent=x y\"]}")));

        assertThat(wishes(head("/", WishReader.fields(wishes).toArray(Header[]::new))))
                .isEqualTo(wishes);
        assertThat(WishReader.read(head)).isInstanceOf(WishReader.Read.Refused.class);
        assertThat(WishReader.fields(wishes(head("/", new Header(OPTIONS, """
                {"proxy": {"server": "p:1", "username": "ü", "password": "\\r\\n"}}""")))))
                .allSatisfy(field -> assertThat(field.value()).matches("[ -~]*"));
    }

    @Test
    void the_query_wins_over_the_field() {
        var query = URLEncoder.encode("{\"slowMo\": 1}", StandardCharsets.UTF_8);
        var head = head(
                "/?launch-options=" + query + "&proxy=*.test",
                new Header(OPTIONS, "{\"slowMo\": 2, \"executablePath\": \"/bin/sh\"}"),
                new Header("x-playwright-proxy", "*"));

        var wishes = wishes(head);

        assertThat(wishes.slowMotion()).contains(Duration.ofMillis(1));
        assertThat(wishes.exposeNetwork()).contains("*.test");
    }

    @Test
    void what_playwright_s_test_runner_sends_with_every_connect_is_no_wish() {
        var head = head("/", new Header(OPTIONS, """
                {"handleSIGINT": false, "tracesDir": "/tmp/traces", "artifactsDir": "/tmp/a", "downloadsPath": "/tmp/d",
                 "args": [], "env": {}, "executablePath": null, "devtools": false}"""));

        assertThat(wishes(head)).isEqualTo(Wishes.NONE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "executablePath",
                "env",
                "ignoreDefaultArgs",
                "ignoreAllDefaultArgs",
                "chromiumSandbox",
                "firefoxUserPrefs",
                "devtools",
                "socksProxyPort",
                "cdpPort",
                "__proto__"
            })
    void an_option_that_is_not_on_the_list_is_refused_by_name(String option) {
        for (var value : List.of("true", "\"/bin/sh\"", "[\"x\"]", "{\"a\": \"b\"}")) {
            assertThat(refused(head("/", new Header(OPTIONS, "{\"" + option + "\": " + value + "}"))))
                    .isEqualTo(option);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--no-sandbox",
                "--remote-debugging-port=9222",
                "--user-data-dir=/root",
                "--load-extension=/x",
                "--renderer-cmd-prefix=/bin/sh",
                "--utility-cmd-prefix=/bin/sh",
                "--gpu-launcher=/bin/sh",
                "--proxy-server=http://evil",
                "--host-resolver-rules=MAP * 127.0.0.1",
                "--js-flags=--logfile=/x",
                "--log-file=/x",
                "--disable-features=X",
                "--use-fake-device-for-media-stream=/etc/passwd",
                "--lang=a\\u0000",
                "-lang",
                "lang",
                "http://a",
                ""
            })
    void an_argument_that_is_not_known_to_be_harmless_is_refused(String argument) {
        assertThat(refused(head("/", new Header(OPTIONS, "{\"args\": [\"--lang=de\", \"" + argument + "\"]}"))))
                .isEqualTo("args");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"headless\": \"yes\"} | headless",
                "{\"slowMo\": -1}        | slowMo",
                "{\"timeout\": 1e300}    | timeout",
                "{\"args\": \"--lang\"}  | args",
                "{\"channel\": \"../x\"} | channel",
                "{\"proxy\": \"x\"}      | proxy",
                "{\"proxy\": {\"server\": \"file:///x\"}} | proxy",
                "{\"proxy\": {\"server\": \"p:1\", \"x\": 1}} | proxy.x",
                "[]                      | launch-options",
                "{                       | launch-options"
            })
    void a_value_that_an_option_cannot_have_is_refused(String options, String name) {
        assertThat(refused(head("/", new Header(OPTIONS, options)))).startsWith(name);
    }

    @Test
    void hosts_to_expose_that_are_none_are_refused() {
        assertThat(refused(head("/", new Header("x-playwright-proxy", "a/../b"))))
                .isEqualTo("exposeNetwork");
    }

    private static Wishes wishes(RequestHead head) {
        return switch (WishReader.read(head)) {
            case WishReader.Read.Checked(var wishes) -> wishes;
            case WishReader.Read.Refused(var why) -> throw new AssertionError(why);
        };
    }

    private static String refused(RequestHead head) {
        return WishReader.read(head) instanceof WishReader.Read.Refused(Refusal.RefusedOption(var option, var _))
                ? option
                : "nothing";
    }

    private static RequestHead head(String target, Header... fields) {
        return new RequestHead(
                "GET",
                target,
                Stream.concat(Stream.of(new Header("Host", "grid")), Stream.of(fields))
                        .toList());
    }
}
