package dev.greenroom.e2e.ssrf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.process.Installation;
import dev.greenroom.e2e.process.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@DisplayName("S7")
class SsrfMatrixIT {
    private static final Duration PATIENCE = Duration.ofSeconds(100);
    private static final Path PAGE = Installation.home().resolve("docs/ssrf.md");
    private static final String CANARY_PORT = "9000";
    private static final String SITE = "http://203.0.113.9:" + CANARY_PORT;

    @Test
    @Timeout(240)
    void what_a_session_reaches_is_what_the_page_says() throws IOException {
        try (var island = Island.open();
                var canary = canary(island);
                var grid = new IslandGrid(island)) {
            assertThat(canary.isAlive()).isTrue();
            var plain = reached(island, grid);
            island.inside("sh", "-c", "sed " + rulesForRoot() + " " + rules() + " | nft -f -");
            var withRules = reached(island, grid);

            var page = SsrfPage.of(plain, withRules);
            if (Boolean.getBoolean("greenroom.docs.write")) {
                Files.writeString(PAGE, page);
            }
            assertThat(withRules)
                    .as("with the rules of deploy/network")
                    .allMatch(SsrfMatrixIT::isControl)
                    .hasSize(SsrfPage.LOADERS.size());
            assertThat(plain.stream().filter(it -> it.endsWith("-request") && isMetadata(it)))
                    .as("metadata by context.request")
                    .isEmpty();
            assertThat(Files.readString(PAGE)).as("docs/ssrf.md").isEqualTo(page);
        }
    }

    private static boolean isControl(String hit) {
        return hit.startsWith(Spelling.CONTROL.name() + "-");
    }

    private static boolean isMetadata(String hit) {
        return Spelling.ALL.stream()
                .anyMatch(it -> it.words().startsWith("metadata") && hit.startsWith(it.name() + "-"));
    }

    private static Path rules() {
        return Installation.home().resolve("deploy/network/host.nft");
    }

    /// Everything runs as root here, so the grid's own ways over loopback stay open and the canary's do not.
    private static String rulesForRoot() {
        return "-e 's/^define workers.*/define workers = \"root\"/' -e '/ct state established,related accept/a"
                + " ip daddr 127.0.0.1 tcp dport != " + CANARY_PORT + " accept' -e '/ct state established,related"
                + " accept/a ip6 daddr ::1 tcp dport != " + CANARY_PORT + " accept'";
    }

    private static Program canary(Island island) {
        var line = List.of("node", NodeClient.script("canary.mjs").toString(), CANARY_PORT);
        var canary = island.start("canary", line, Installation.environment(Map.of()), Path.of("/"));
        canary.out().await("listening", "listening"::equals, PATIENCE);
        return canary;
    }

    /// Spelling and loader of each request that came through.
    private static Set<String> reached(Island island, IslandGrid grid) {
        var client = NodeClient.of("1.62.0");
        var targets = Spelling.ALL.stream()
                .map(it -> Map.of("name", it.name(), "base", "http://" + it.host() + ":" + CANARY_PORT))
                .toList();
        var input = client.input(grid.url(), Map.of("site", SITE, "hitsOf", SITE, "targets", targets, "atOnce", 8));
        var line = List.of("node", NodeClient.script("ssrf.mjs").toString(), input);
        try (var program = island.start("attacker", line, Installation.environment(Map.of()), client.modules())) {
            program.awaitExit(PATIENCE);
            assertThat(program.out().all()).as(program.err().text()).isNotEmpty();
            var answer = new JsonMapper().readTree(program.out().all().getLast());
            assertThat(answer.path("error").asString("")).isEmpty();
            return answer.at("/result/hits")
                    .valueStream()
                    .map(JsonNode::asString)
                    .filter(hit -> !hit.equals("page"))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }
}
