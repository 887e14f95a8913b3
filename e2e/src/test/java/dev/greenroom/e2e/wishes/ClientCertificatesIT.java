package dev.greenroom.e2e.wishes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.testkit.TestCertificate;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// `clientCertificates` of a context: Playwright opens a server on the worker's loopback for each.
class ClientCertificatesIT {
    @TempDir
    private static Path folder;

    private static Map<String, Map<String, String>> files;
    private static UpGrid grid;

    @BeforeAll
    static void open() throws IOException {
        files = Map.of("alice", written("alice"), "bob", written("bob"));
        // A driver that is not in the store yet is fetched while the client waits.
        grid = UpGrid.start(Map.of("WORKER_SELECT_TIMEOUT", "12"));
    }

    private static Map<String, String> written(String name) throws IOException {
        var certificate = folder.resolve(name + ".crt");
        var key = folder.resolve(name + ".key");
        TestCertificate.ec().write(certificate, key);
        return Map.of("certificate", certificate.toString(), "key", key.toString());
    }

    @AfterAll
    static void close() {
        grid.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.46.0", "1.52.0", "1.65.1"})
    void pages_and_requests_of_each_context_show_that_context_s_certificates(String version) {
        var contexts = List.of(List.of("alice"), List.of("bob"), List.of("alice", "bob"));

        var seen = seen(grid, version, Map.of(), contexts);

        assertThat(seen)
                .containsExactly(
                        "alice alice alice",
                        "bob bob bob",
                        "alice alice alice",
                        "bob bob bob",
                        "nobody nobody nobody",
                        "nobody nobody nobody");
    }

    @Test
    void with_exposeNetwork_they_are_shown_to_servers_of_the_client_s_own_network() {
        var seen = seen(grid, "1.65.1", Map.of("exposeNetwork", "*"), List.of(List.of("alice")));

        assertThat(seen).containsExactly("alice alice alice", "nobody nobody nobody", "nobody nobody nobody");
    }

    @Test
    void so_they_are_by_a_grid_that_closes_private_networks() {
        try (var closed = UpGrid.start(Map.of("BLOCK_PRIVATE_NETWORK", "true"))) {
            var seen = seen(closed, "1.65.1", Map.of("exposeNetwork", "*"), List.of(List.of("bob"), List.of("alice")));

            assertThat(seen)
                    .containsExactly(
                            "bob bob bob", "alice alice alice", "nobody nobody nobody", "nobody nobody nobody");
        }
    }

    private static List<String> seen(
            UpGrid grid, String version, Map<String, Object> options, List<List<String>> contexts) {
        var input = Map.<String, Object>of("options", options, "files", files, "contexts", contexts);
        var answer = NodeClient.of(version).run("certificates.mjs", grid.url(), input);
        return answer.valueStream()
                .flatMap(context -> context.valueStream().map(JsonNode::asString))
                .toList();
    }
}
