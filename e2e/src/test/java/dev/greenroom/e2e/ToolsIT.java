package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.e2e.grid.Tool;
import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.e2e.wire.SecureSession;
import dev.greenroom.testkit.Canary;
import dev.greenroom.testkit.TestCertificate;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The commands that look at a grid, and a grid that wants TLS and tokens.
class ToolsIT {
    private static final String CLIENT = Canary.secret("client");
    private static final String READER = Canary.secret("reader");
    private static final String OPERATOR = Canary.secret("operator");
    private static final String TOKENS = "ci:%s scope=connect+read,eyes:%s scope=read+read-all,ops:%s scope=admin"
            .formatted(CLIENT, READER, OPERATOR);
    private static final JsonMapper JSON = new JsonMapper();

    @TempDir
    private static Path folder;

    private static TestCertificate certificate;
    private static UpGrid grid;

    @BeforeAll
    static void start() throws IOException {
        certificate = TestCertificate.ec();
        certificate.write(folder.resolve("tls.crt"), folder.resolve("tls.key"));
        grid = UpGrid.start(Map.of(
                "TLS_CERT_FILE",
                folder.resolve("tls.crt").toString(),
                "TLS_KEY_FILE",
                folder.resolve("tls.key").toString(),
                "AUTH_TOKENS",
                TOKENS,
                "WORKER_SELECT_TIMEOUT",
                "12",
                "DRAIN_TIMEOUT",
                "30"));
    }

    @AfterAll
    static void close() {
        grid.close();
    }

    /// A tool that knows the grid's address, whom to trust, and a token unless that is empty.
    private static Tool tool(String token, String... line) {
        var settings = new TreeMap<>(Map.of(
                "GREENROOM_URL", grid.url(),
                "GREENROOM_CA", folder.resolve("tls.crt").toString()));
        if (!token.isEmpty()) {
            settings.put("GREENROOM_TOKEN", token);
        }
        return Tool.start(settings, line);
    }

    @Test
    void doctor_finds_the_grid_well_with_a_session_of_its_own() {
        var result = tool(CLIENT, "doctor", "--json").result();

        var json = JSON.readTree(result.out());
        assertThat(json.path("errors").asInt(-1)).as(result.out()).isZero();
        assertThat(json.path("passed").valueStream().map(JsonNode::asString))
                .contains("grid reachable", "grid ready", "grid exposure", "workers reachable", "sessions");
        assertThat(result.code()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"playwright", "cdp"})
    void stress_opens_sessions(String protocol) {
        var result = tool(CLIENT, "stress", "--protocol=" + protocol, "--sessions=2", "--json")
                .result();

        assertThat(JSON.readTree(result.out()).path("succeeded").asInt())
                .as(result.out() + result.err())
                .isEqualTo(2);
        assertThat(result.code()).isZero();
    }

    @Test
    void status_names_a_session_and_drain_lets_it_finish() throws Exception {
        List<JsonNode> before;
        Tool.Result drained;
        try (var session = SecureSession.open(grid.url(), certificate.trusted(), CLIENT)) {
            await("on the list, and alone")
                    .until(() -> get("/v1/sessions").path("sessions").size() == 1
                            && workers().getFirst().path("active").asInt() == 1);
            var status = tool(READER, "status", "--sessions").result();
            assertThat(status.code()).as(status.err()).isZero();
            assertThat(status.out())
                    .containsPattern("(?m)^[0-9a-f-]{36} .* chromium:\\S+ +ci +127\\.0\\.0\\.1 +1\\.62");

            before = workers();
            var name = before.getFirst().path("id").asString();
            try (var drain = tool(OPERATOR, "drain", name, "--wait")) {
                drain.program()
                        .out()
                        .await(
                                "word",
                                line -> line.endsWith("it finishes 1 session and then stops."),
                                Duration.ofSeconds(20));
                await("the next one").until(() -> workers().stream().anyMatch(ToolsIT::isAvailable));
                assertThat(session.isOpen()).as("session goes on").isTrue();
                assertThat(drain.program().isAlive()).as("drain waits for it").isTrue();

                session.leave();
                drained = drain.result();
            }
        }

        assertThat(drained.code()).as(drained.err()).isZero();
        assertThat(drained.out()).contains(" is gone after ");
        assertThat(workers()).singleElement().satisfies(worker -> {
            assertThat(isAvailable(worker)).isTrue();
            assertThat(worker.path("startedAt")).isNotEqualTo(before.getFirst().path("startedAt"));
        });
    }

    @Test
    void who_shows_no_token_or_a_wrong_one_or_trusts_nobody_is_told_so_in_one_sentence() {
        var untrusting = Map.of("GREENROOM_URL", grid.url());
        var none = "requires a token (HTTP 401: unauthorized); set it with GREENROOM_TOKEN or --token-file";
        var scope = "(HTTP 403: token not good for this); the token lacks the scope admin";

        List<Said> said = new ArrayList<>();
        said.add(new Said(tool("", "status"), "err", none));
        said.add(new Said(tool(Canary.secret("wrong"), "status"), "err", "does not accept the token"));
        said.add(new Said(Tool.start(untrusting, "status"), "err", "trust its authority with --ca"));
        said.add(new Said(tool(READER, "drain", "chromium"), "err", scope));
        said.add(new Said(tool("", "stress", "--sessions=1"), "out", "→ The grid requires a token; set it with"));
        said.add(new Said(tool(READER, "doctor"), "out", "→ The token lacks the scope connect."));

        assertThat(said).allSatisfy(Said::check);
    }

    /// @param stream where the sentence is to be
    private record Said(Tool tool, String stream, String words) {
        void check() {
            var result = tool.result();
            var text = stream.equals("err") ? result.err() : result.out();
            var name = tool.program().name();
            assertThat(result.code()).as(name).isEqualTo(1);
            assertThat(text.lines().filter(line -> line.contains(words)))
                    .as(name + " said " + text)
                    .hasSize(1);
            assertThat(Stream.of(result.err().split("\n", -1)).filter(line -> !line.isBlank()))
                    .as(name)
                    .hasSizeLessThanOrEqualTo(1);
        }
    }

    private static boolean isAvailable(JsonNode worker) {
        return worker.path("status").asString("").equals("available");
    }

    private static List<JsonNode> workers() throws IOException, InterruptedException {
        return get("/v1/workers").path("workers").valueStream().toList();
    }

    private static JsonNode get(String path) throws IOException, InterruptedException {
        try (var client =
                HttpClient.newBuilder().sslContext(certificate.trusted()).build()) {
            var request = HttpRequest.newBuilder(URI.create("https://localhost:" + grid.port() + path))
                    .header("Authorization", "Bearer " + READER)
                    .build();
            return JSON.readTree(client.send(request, BodyHandlers.ofString()).body());
        }
    }
}
