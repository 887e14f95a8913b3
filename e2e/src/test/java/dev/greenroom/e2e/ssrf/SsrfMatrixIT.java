package dev.greenroom.e2e.ssrf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.process.Installation;
import dev.greenroom.e2e.process.Program;
import dev.greenroom.testkit.TestCertificate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@DisplayName("S7")
class SsrfMatrixIT {
    private static final Duration PATIENCE = Duration.ofSeconds(100);
    private static final Path PAGE = Installation.home().resolve("docs/ssrf.md");
    private static final String CANARY_PORT = "9000";

    /// A hundred for each attack, one for each spelling.
    private static final int FIRST_SILENT_PORT = 20_000;

    private static final int LAST_SILENT_PORT = 20_299;
    private static final String SITE = "http://203.0.113.9:" + CANARY_PORT;

    /// The canary's too, with TLS: only a page behind it has service workers.
    private static final String SECURE_PORT = "9001";

    private static final String SECURE_SITE = "https://203.0.113.9:" + SECURE_PORT;
    private static final String SECURE = "--ignore-certificate-errors";

    @TempDir
    private Path folder;

    @Test
    @Timeout(240)
    void what_a_session_reaches_is_what_the_page_says() throws IOException {
        try (var island = Island.open();
                var names = island.serveNames();
                var canary = canary(island);
                var open = new IslandGrid(island, 8080, Map.of("BROWSER_ARGS", SECURE));
                var closed =
                        new IslandGrid(island, 8081, Map.of("BLOCK_PRIVATE_NETWORK", "true", "BROWSER_ARGS", SECURE))) {
            assertThat(canary.isAlive()).isTrue();
            assertThat(names.isAlive()).isTrue();
            open.awaitReady();
            closed.awaitReady();
            Set<String> plain;
            Set<String> blocked;
            try (var first = attack(island, open, "plain", 0);
                    var second = attack(island, closed, "blocked", 100)) {
                plain = reached(first, "plain");
                blocked = reached(second, "blocked");
            }
            island.inside("sh", "-c", "sed " + rulesForRoot() + " " + rules() + " | nft -f -");
            Set<String> withRules;
            try (var third = attack(island, open, "rules", 200)) {
                withRules = reached(third, "rules");
            }

            var page = SsrfPage.of(plain, blocked, withRules);
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
            assertThat(blocked.stream().filter(it -> it.endsWith("-request")))
                    .as("anything by context.request, with BLOCK_PRIVATE_NETWORK")
                    .allMatch(SsrfMatrixIT::isControl);
            assertThat(plain.stream().filter(SsrfMatrixIT::goesThroughTheDriver))
                    .as("metadata by way of the driver")
                    .noneMatch(SsrfMatrixIT::isMetadata);
            assertThat(blocked.stream().filter(SsrfMatrixIT::goesThroughTheDriver))
                    .as("anything by way of the driver, with BLOCK_PRIVATE_NETWORK")
                    .allMatch(SsrfMatrixIT::isControl);
            assertThat(plain).as("what is open without it").containsAll(blocked);
            assertThat(Files.readString(PAGE)).as("docs/ssrf.md").isEqualTo(page);
        }
    }

    private static boolean isControl(String hit) {
        return hit.startsWith(Spelling.CONTROL.name() + "-");
    }

    private static boolean goesThroughTheDriver(String hit) {
        return hit.contains("-certificate-") || hit.contains("-exposed-");
    }

    private static boolean isMetadata(String hit) {
        return Spelling.ALL.stream()
                .anyMatch(it -> it.words().startsWith("metadata") && hit.startsWith(it.name() + "-"));
    }

    private static Path rules() {
        return Installation.home().resolve("deploy/network/host.nft");
    }

    /// Workers run as root here, and browsers as a user of theirs. The grid's own ways over loopback stay
    /// open, and the canary's do not.
    private static String rulesForRoot() {
        var others = "{ " + CANARY_PORT + ", " + SECURE_PORT + ", " + FIRST_SILENT_PORT + "-" + LAST_SILENT_PORT + " }";
        return "-e 's/^define workers.*/define workers = { 0, 60990-61183 }/' -e '/ct state established,related accept/a"
                + " ip daddr 127.0.0.1 tcp dport != " + others + " accept' -e '/ct state established,related"
                + " accept/a ip6 daddr ::1 tcp dport != " + others + " accept'";
    }

    private Program canary(Island island) throws IOException {
        var certificate = folder.resolve("canary.crt");
        var key = folder.resolve("canary.key");
        TestCertificate.ec().write(certificate, key);
        var line = List.of(
                "node",
                NodeClient.script("canary.mjs").toString(),
                CANARY_PORT,
                Integer.toString(FIRST_SILENT_PORT),
                Integer.toString(LAST_SILENT_PORT),
                certificate.toString(),
                key.toString());
        var canary = island.start("canary", line, Installation.environment(Map.of()), Path.of("/"));
        canary.out().await("listening", "listening"::equals, PATIENCE);
        return canary;
    }

    /// @param name tells what arrives from what arrives of others
    /// @param port tells it where there is no name, counted from the first one
    private Program attack(Island island, IslandGrid grid, String name, int port) {
        var client = NodeClient.of("1.62.0");
        List<Map<String, String>> targets = new ArrayList<>();
        for (var it : Spelling.ALL) {
            var base = "http://" + it.host() + ":" + CANARY_PORT;
            var server = it.host() + ":" + (FIRST_SILENT_PORT + port + targets.size());
            var secure = "https://" + it.host() + ":" + SECURE_PORT;
            targets.add(Map.of("name", name + "-" + it.name(), "base", base, "secureBase", secure, "server", server));
        }
        var sites = Map.of("site", SITE, "secureSite", SECURE_SITE, "hitsOf", SITE);
        var more = new TreeMap<String, Object>(sites);
        more.putAll(Map.of("targets", targets, "atOnce", 8));
        more.put("certificate", folder.resolve("canary.crt").toString());
        more.put("key", folder.resolve("canary.key").toString());
        var input = client.input(grid.url(), more);
        var line = List.of("node", NodeClient.script("ssrf.mjs").toString(), input);
        return island.start("attacker " + name, line, Installation.environment(Map.of()), client.modules());
    }

    /// Spelling and loader of each request that came through.
    private static Set<String> reached(Program attacker, String name) {
        attacker.awaitExit(PATIENCE);
        assertThat(attacker.out().all()).as(attacker.err().text()).isNotEmpty();
        var answer = new JsonMapper().readTree(attacker.out().all().getLast());
        assertThat(answer.path("error").asString("")).isEmpty();
        return answer.at("/result/hits")
                .valueStream()
                .map(JsonNode::asString)
                .filter(hit -> hit.startsWith(name + "-"))
                .map(hit -> hit.substring(name.length() + 1))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
