package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.e2e.client.CdpProgram;
import dev.greenroom.e2e.client.CdpVisit;
import dev.greenroom.e2e.client.JavaClient;
import dev.greenroom.e2e.grid.TestSite;
import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.e2e.wire.Http;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/// Stock clients of the Chrome DevTools Protocol for Go, Python and Java at the address of a grid. Each does
/// what people do, with its own means.
class CdpLanguagesIT {
    private static final String TOKEN = "cdp-token-0123456789";
    private static final Map<String, String> AUTHORIZATION = Map.of("Authorization", "Bearer " + TOKEN);

    /// Much shorter than the clients are silent. Peers of Playwright get a ping then; to Rod it is deadly.
    private static final Map<String, String> FREQUENT_PINGS =
            Map.of("PING_INTERVAL", "500ms", "PEER_TIMEOUT", "1500ms");

    private static final Duration SILENCE = Duration.ofSeconds(2);

    private static UpGrid grid;
    private static TestSite site;

    @BeforeAll
    @Timeout(240)
    static void open() throws Exception {
        site = TestSite.open();
        try (var installers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<CdpProgram>> clients = Stream.of(
                            "chromedp", "chromedp-classic", "rod", "cdp-use", "pyppeteer")
                    .<Callable<CdpProgram>>map(client -> () -> CdpProgram.of(client))
                    .toList();
            for (var installed : installers.invokeAll(clients)) {
                var _ = installed.get();
            }
        }
        var settings = new TreeMap<>(FREQUENT_PINGS);
        settings.put("AUTH_TOKENS", "ci:" + TOKEN);
        grid = UpGrid.start(settings);
    }

    @AfterAll
    static void close() {
        grid.close();
        site.close();
    }

    @ParameterizedTest
    @CsvSource({
        "chromedp,         http, ''",
        "chromedp-classic, http, ''",
        "rod,              http, ''",
        "playwright,       http, ''",
        "playwright,       ws,   /cdp",
        "cdp-use,          ws,   /cdp",
        "pyppeteer,        http, ''",
        "pyppeteer,        ws,   /cdp",
    })
    void a_client_with_its_token_in_the_address_does_in_its_browser_what_people_do(
            String client, String scheme, String path) {
        assertThatItDoesEverything(client, scheme + "://127.0.0.1:" + grid.port() + path + "?token=" + TOKEN, Map.of());
    }

    @ParameterizedTest
    @CsvSource({
        "chromedp,   ws,   /cdp",
        "rod,        ws,   /cdp",
        "playwright, http, ''",
        "cdp-use,    ws,   /cdp",
    })
    void a_client_with_its_token_in_a_header_does_in_its_browser_what_people_do(
            String client, String scheme, String path) {
        assertThatItDoesEverything(client, scheme + "://127.0.0.1:" + grid.port() + path, AUTHORIZATION);
    }

    @Test
    void a_client_that_opens_a_connection_for_each_page_finds_its_pages() {
        var answer = Http.get(grid.port(), "/json/version?token=" + TOKEN).body();
        var browser =
                new JsonMapper().readTree(answer).get("webSocketDebuggerUrl").asString();
        var id = browser.replaceFirst(".*/devtools/browser/([0-9a-f]+).*", "$1");

        assertThatItDoesEverything("pydoll", browser + "&cdp=" + id, Map.of());
    }

    @ParameterizedTest
    @ValueSource(strings = {"nodriver", "zendriver"})
    void a_client_that_takes_a_host_and_a_port_does_in_its_browser_what_people_do(String client) {
        try (var open = UpGrid.start(FREQUENT_PINGS)) {
            var seen = CdpProgram.of(client).visit("http://127.0.0.1:" + open.port(), site.url(), Map.of(), SILENCE);

            CdpVisit.assertThatItDidEverything(seen);
        }
    }

    @ParameterizedTest
    @CsvSource({"http, '', true", "ws, /cdp, false"})
    void playwright_for_java_does_in_its_browser_what_people_do(String scheme, String path, boolean inQuery) {
        var address = scheme + "://127.0.0.1:" + grid.port() + path + (inQuery ? "?token=" + TOKEN : "");
        try (var java = JavaClient.start();
                var browser = java.connectOverCdp(address, inQuery ? Map.of() : AUTHORIZATION)) {
            assertThat(browser.contexts().getFirst().pages())
                    .singleElement()
                    .matches(it -> it.url().equals("about:blank"));
            var page = browser.newPage();
            page.navigate(site.url());
            page.click("#press");
            assertThat(page.title()).isEqualTo("Green room");
            assertThat(page.evaluate("document.querySelector('#said').textContent"))
                    .isEqualTo("pressed 1");
            assertThat(page.screenshot()).isNotEmpty();
            var second = browser.newPage();
            second.navigate(site.url() + "greeting?Ada");
            assertThat(second.textContent("h1")).isEqualTo("Hello, Ada");
        }
        grid.awaitNothingHeld("?token=" + TOKEN);
    }

    /// Its packages are many.
    @Test
    @Tag("nightly")
    @Timeout(1200)
    void browser_use_does_in_its_browser_what_people_do() {
        assertThatItDoesEverything("browser-use", "http://127.0.0.1:" + grid.port(), AUTHORIZATION);
        assertThatItDoesEverything("browser-use", "ws://127.0.0.1:" + grid.port() + "?token=" + TOKEN, Map.of());
    }

    private static void assertThatItDoesEverything(String client, String address, Map<String, String> headers) {
        CdpVisit.assertThatItDidEverything(CdpProgram.of(client).visit(address, site.url(), headers, SILENCE));

        grid.awaitNothingHeld("?token=" + TOKEN);
        assertThat(grid.program().out().containing("code=SESSION_ENDED").getLast())
                .contains("protocol=cdp")
                .containsPattern("ending=\"client (?:closed|lost)\"")
                .doesNotContain(TOKEN);
    }
}
