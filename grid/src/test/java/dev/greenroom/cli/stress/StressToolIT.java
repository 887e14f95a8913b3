package dev.greenroom.cli.stress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.net.httpserver.HttpServer;
import dev.greenroom.cli.Commands.ExitCodes;
import dev.greenroom.cli.terminal.Terminal;
import dev.greenroom.config.CommandSettings.GridSettings;
import dev.greenroom.config.CommandSettings.StressSettings;
import dev.greenroom.config.CommandSettings.StressSettings.StressLoad;
import dev.greenroom.config.Secret;
import dev.greenroom.config.WorkerSections.DriverSettings;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.ClientProtocol;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/// Runs the real client, a real node, against a playwright-core that only pretends.
@Timeout(60)
@Tag("check")
final class StressToolIT {
    private static final String CORE = """
            let sessions = 0;
            exports.chromium = {
              connect: async (url, options) => {
                if (!url.startsWith('ws://')) throw new Error('not an address of Playwright');
                return connected(url, options);
              },
              connectOverCDP: async (url, options) => {
                if (url !== 'http://grid') throw new Error('no discovery');
                const browser = await connected(url, options);
                return { contexts: () => [browser], close: browser.close };
              },
            };
            async function connected(url, options) {
              const n = ++sessions;
              if (options.headers.Authorization !== 'Bearer s3cret') throw new Error('no token came');
              if (url === 'ws://busy/' && n % 3 === 0)
                throw new Error('browserType.connect: WebSocket error: ' + url + ' 503 Service Unavailable\\n'
                    + '{"error":"no available servers"}\\nCall log:\\n  - session 0' + n);
              return {
                newPage: async () => ({
                  goto: async target => url === 'ws://hangs/' && n > 2 ? new Promise(() => {}) : null,
                  title: async () => 'greenroom',
                }),
                close: async () => {},
              };
            }
            """;

    private final StringWriter out = new StringWriter();
    private final CountDownLatch stop = new CountDownLatch(1);
    private ClientProtocol protocol = ClientProtocol.PLAYWRIGHT;

    @TempDir
    private Path folder;

    @Test
    void sessions_that_succeed_are_counted_and_timed() throws Exception {
        var code = run("ws://grid/", 12, false, CORE);

        assertThat(code).isEqualTo(ExitCodes.OK);
        assertThat(out.toString())
                .containsPattern("PHASE +P50 +P90 +P99 +MAX\n")
                .containsPattern("(?s)\nconnect .*\npage .*\ngoto .*\nclose .*\n")
                .contains("12 of 12 sessions succeeded in ");
    }

    @Test
    void a_session_over_cdp_begins_with_the_discovery_and_opens_its_page_in_the_context_that_is_there()
            throws Exception {
        protocol = ClientProtocol.CDP;

        run("ws://grid/", 2, true, CORE);

        var json = new JsonMapper().readTree(out.toString());
        assertThat(json.path("succeeded").asInt()).as(out.toString()).isEqualTo(2);
        assertThat(json.path("protocol").asString("")).isEqualTo("cdp");
    }

    @Test
    void the_report_says_how_sessions_came_by_their_browsers_since_it_began() throws Exception {
        var replies = new ArrayDeque<>(List.of(workers(5, 7, 9), workers(6, 7, 9), workers(6, 17, 10)));
        var grid = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        grid.createContext("/v1/workers", exchange -> {
            var body = (replies.size() > 1 ? replies.remove() : replies.element()).getBytes(StandardCharsets.UTF_8);
            try (exchange) {
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
            }
        });
        grid.start();
        try {
            run("ws://localhost:" + grid.getAddress().getPort() + "/", 12, false, CORE);
        } finally {
            grid.stop(0);
        }

        assertThat(out.toString()).contains("\nBrowsers: 1 warm, 10 reused, 1 launched on connect.\n");
    }

    private static String workers(int warm, int reused, int launched) {
        return """
                {"workers": [{"address": "worker:3131", "browsersTaken": {"warm": %d, "reused": %d, "launched": %d}}]}
                """.formatted(warm, reused, launched);
    }

    @Test
    void failures_are_grouped_by_their_cause() throws Exception {
        var code = run("ws://busy/", 12, false, CORE);

        assertThat(code).isEqualTo(ExitCodes.FAILED);
        assertThat(out.toString()).contains("8 of 12 sessions succeeded in ").endsWith("""

                        4 failed:
                          4 × connect: WebSocket error: 503 Service Unavailable {"error":"no available servers"}
                        """);
    }

    @Test
    void a_step_that_hangs_is_a_failure_in_time() throws Exception {
        run("ws://hangs/", 3, true, CORE);

        var json = new JsonMapper().readTree(out.toString());
        assertThat(json.path("succeeded").asInt()).isEqualTo(2);
        assertThat(json.path("failures").path(0).path("cause").asString("")).isEqualTo("goto: not done within 1000 ms");
        assertThat(json.path("millis").path("connect").path("p99").asDouble(-1)).isNotNegative();
    }

    @Test
    void stopping_prints_what_came_so_far() throws Exception {
        stop.countDown();

        var code = run("ws://hangs/", 1_000, false, CORE);

        assertThat(code).isEqualTo(ExitCodes.FAILED);
        assertThat(out.toString()).contains(" of 1000 sessions succeeded in ", "It was stopped after ");
    }

    @Test
    void a_client_that_cannot_run_says_why() {
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> run("ws://grid/", 1, false, "throw new Error('this node is too old');"))
                .withMessageContaining("the client ended early: ")
                .withMessageContaining("this node is too old");
    }

    private int run(String url, int sessions, boolean json, String core) throws IOException, InterruptedException {
        Files.writeString(folder.resolve("index.js"), core);
        var second = Duration.ofSeconds(1);
        var settings = new StressSettings(
                new GridSettings(url, Optional.of(new Secret("s3cret")), Optional.empty()),
                new StressLoad(
                        sessions, 3, BrowserType.CHROMIUM, protocol, Optional.empty(), Duration.ZERO, second, json),
                new DriverSettings(
                        new SupportedVersions.Any(), folder, second, Duration.ofSeconds(10), Optional.empty()));
        var programs = new StressTool.ClientPrograms(Path.of("node"), folder);
        var terminal = new Terminal(false, false, 100, 24);
        return new StressTool(settings, programs, new PrintWriter(out), () -> terminal, stop).run();
    }
}
