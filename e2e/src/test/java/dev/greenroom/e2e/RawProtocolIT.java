package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.testkit.Canary;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What Playwright's protocol offers beyond a browser, asked for by hand: everything in the protocol of
/// 1.65 that reads or writes files by their path, starts programs or opens connections, and what older ones
/// had.
class RawProtocolIT {
    private static final List<String> OF_EVERY_VERSION = List.of(
            "launchPersistentContext",
            "connectOverCDP",
            "devices",
            "electron",
            "createTempFile",
            "createTempFiles",
            "saveAs",
            "newContextForReuse",
            "newRequest",
            "glob",
            "regex",
            "selector",
            "clicks",
            "screenshot",
            "video",
            "tracingStart",
            "tracingStartChunk",
            "startServer",
            "drop",
            "Browser.setDownloadBehavior",
            "Page.setDownloadBehavior",
            "DOM.setFileInputFiles",
            "Target.exposeDevToolsProtocol",
            "Target.sendMessageToTarget",
            "Target.setRemoteLocations",
            "Extensions.loadUnpacked",
            "Tethering.bind",
            "Input.dispatchDragEvent");
    private static final List<String> OF_LOCAL_UTILS =
            List.of("harOpen", "harUnzip", "zip", "tracingStarted", "connect");

    /// What a session is told that was ended for a message.
    private static final Map<String, String> MALFORMED = Map.ofEntries(
            Map.entry("null", "not a JSON object"),
            Map.entry("no JSON", "not valid JSON"),
            Map.entry("no object", "not a JSON object"),
            Map.entry("no guid", "\"guid\""),
            Map.entry("no method", "\"method\""),
            Map.entry("no params", "\"params\""),
            Map.entry("prototype", "__proto__"),
            Map.entry("deep", "deeper than"),
            Map.entry("large", "MAX_CLIENT_MESSAGE"),
            Map.entry("flood", "MAX_CLIENT_MESSAGE_RATE"),
            Map.entry("initialize", "a second \"initialize\""));
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static UpGrid grid;

    @TempDir
    private Path folder;

    @BeforeAll
    static void open() {
        // A driver that is not in the store yet is fetched while the client waits.
        grid = UpGrid.start(Map.of(
                "WORKER_SELECT_TIMEOUT",
                "12",
                "WARM_BROWSERS",
                "0",
                "MAX_CLIENT_MESSAGE",
                "8m",
                "MAX_CLIENT_MESSAGE_RATE",
                "1000"));
    }

    @AfterAll
    static void close() {
        grid.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.38.0", "1.40.0", "1.52.0", "1.62.0", "1.65.1"})
    void S10_raw_messages_reach_no_file_no_program_and_no_port_of_the_worker(String version) throws Exception {
        var outside = Files.createDirectory(folder.resolve("outside"));
        var secret = Files.writeString(folder.resolve("secret"), Canary.secret("file"));
        var calls = new AtomicInteger();
        try (var server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> count(server, calls));
            Map<String, Object> input =
                    Map.of("outside", outside.toString(), "secret", secret.toString(), "port", server.getLocalPort());

            var answer = NodeClient.of(version).run("raw.mjs", grid.url(), input);

            assertThat(outside).as("where only the worker's user may write").isEmptyDirectory();
            assertThat(calls).as("calls of a port of the worker").hasValue(0);
            assertThat(answer.get("files").asInt()).as("uploaded files").isZero();
            assertThat(answer.get("harmless").asBoolean())
                    .as("a harmless command")
                    .isTrue();
            var seen = answer.get("seen");
            assertThat(seen.propertyNames()).containsAll(OF_EVERY_VERSION);
            assertThat(answer.get("utils").asBoolean()).as("has LocalUtils").isEqualTo(version.equals("1.38.0"));
            if (answer.get("utils").asBoolean()) {
                assertThat(seen.propertyNames()).containsAll(OF_LOCAL_UTILS);
            }
            assertThat(seen.properties())
                    .allSatisfy(one -> assertThat(one.getValue().asString("done"))
                            .as(one.getKey())
                            .containsAnyOf("not for clients", "may not lead out", "at most", "Unknown scheme"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.40.0", "1.52.0", "1.58.2", "1.62.0", "1.65.1"})
    void S31_a_message_that_no_client_sends_ends_its_own_session_with_the_rule_and_no_other(String version)
            throws Exception {
        var client = NodeClient.of(version);
        var until = folder.resolve("until");
        var victim = client.start("victim.mjs", grid.url(), Map.of("until", until.toString()));

        var ends = client.run("malformed.mjs", grid.url(), Map.of("version", version));

        Files.createFile(until);
        assertThat(NodeClient.answer(victim, PATIENCE).get("rounds").asInt()).isPositive();
        assertThat(ends.properties()).hasSize(MALFORMED.size()).allSatisfy(end -> {
            assertThat(end.getValue().get("code").asInt()).as(end.getKey()).isEqualTo(1008);
            assertThat(end.getValue().get("reason").asString())
                    .as(end.getKey())
                    .startsWith("message refused: ")
                    .contains(MALFORMED.get(end.getKey()));
            assertThat(end.getValue().get("extensions").asString())
                    .as("S22: nothing is compressed")
                    .isEmpty();
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.38.0", "1.65.1"})
    void what_stock_clients_do_with_files_of_their_own_is_not_refused(String version) throws Exception {
        var upload = Files.writeString(folder.resolve("upload"), "an upload");
        Map<String, Object> input = Map.of("folder", folder.toString(), "upload", upload.toString());

        var seen = NodeClient.of(version).run("ordinary.mjs", grid.url(), input);

        assertThat(seen.get("uploaded").asString()).isEqualTo("an upload");
        assertThat(seen.get("downloaded").asString()).isEqualTo("hello");
        assertThat(seen.get("sizes").valueStream())
                .allSatisfy(size -> assertThat(size.asInt()).isPositive());
        assertThat(seen.get("product").asString()).contains("Chrome");
    }

    private static void count(ServerSocket server, AtomicInteger calls) {
        try {
            while (true) {
                server.accept().close();
                calls.incrementAndGet();
            }
        } catch (IOException _) {
            // The test is over.
        }
    }
}
