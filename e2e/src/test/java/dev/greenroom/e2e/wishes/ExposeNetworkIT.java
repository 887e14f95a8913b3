package dev.greenroom.e2e.wishes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.grid.RemoteNetwork;
import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.e2e.process.Installation;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ExposeNetworkIT {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static RemoteNetwork network;
    private static UpGrid grid;

    @BeforeAll
    static void open() {
        network = RemoteNetwork.open();
        // A driver that is not in the store yet is fetched while the client waits.
        grid = UpGrid.start(Map.of("BIND_ADDRESS", "0.0.0.0", "WORKER_SELECT_TIMEOUT", "12"));
    }

    @AfterAll
    static void close() {
        grid.close();
        network.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.40.0", "1.52.0", "1.62.0", "1.65.1"})
    void a_grid_s_browser_opens_a_page_of_a_dev_server_on_the_client_s_own_localhost(String version) {
        var client = NodeClient.of(version);
        var exposed = Map.of("exposeNetwork", "*");

        var answer = runThere(client, List.of(exposed, Map.of(), Map.of("exposeNetwork", "*.test")));

        var host = answer.get("url").asString().replace("http://", "").replace("/", "");
        assertThat(answer.get("seen").get(0).asString()).isEqualTo("dev server of " + host);
        assertThat(answer.get("seen").get(1).asString()).as("without a wish").contains("ERR_CONNECTION_REFUSED");
        assertThat(answer.get("seen").get(2).asString())
                .as("another host is exposed")
                .contains("ERR_");
        grid.awaitNothingHeld("");
    }

    @Test
    void so_does_that_of_a_grid_that_closes_private_networks() {
        var settings =
                Map.of("BIND_ADDRESS", "0.0.0.0", "WORKER_SELECT_TIMEOUT", "12", "BLOCK_PRIVATE_NETWORK", "true");
        try (var closed = UpGrid.start(settings)) {
            for (var version : List.of("1.40.0", "1.62.0", "1.65.1")) {
                var answer = runThere(closed, NodeClient.of(version), List.of(Map.of("exposeNetwork", "*")));

                var host = answer.get("url").asString().replace("http://", "").replace("/", "");
                assertThat(answer.get("seen").get(0).asString()).as(version).isEqualTo("dev server of " + host);
            }
        }
    }

    private static JsonNode runThere(NodeClient client, List<Map<String, String>> rounds) {
        return runThere(grid, client, rounds);
    }

    private static JsonNode runThere(UpGrid grid, NodeClient client, List<Map<String, String>> rounds) {
        var input = client.input("ws://" + network.address() + ":" + grid.port(), Map.of("rounds", rounds));
        var line = List.of("node", NodeClient.script("expose.mjs").toString(), input);
        try (var program = network.start(line, Installation.environment(Map.of()), client.modules())) {
            program.awaitExit(PATIENCE);
            assertThat(program.out().all()).as(program.err().text()).isNotEmpty();
            return new JsonMapper().readTree(program.out().all().getLast()).get("result");
        }
    }
}
