package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.grid.TestSite;
import dev.greenroom.e2e.grid.UpGrid;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Clients of many years, one after the other, through one address. Of each minor version from 1.30 on with
/// `-Dgreenroom.versions=all`; of a few without.
class VersionsIT {
    private static final int OLDEST = 30;
    private static final int NEWEST = 65;
    private static UpGrid grid;
    private static TestSite site;

    @BeforeAll
    static void open() {
        site = TestSite.open();
        // A driver that is not in the store yet is fetched while the client waits.
        grid = UpGrid.start(Map.of("WORKER_SELECT_TIMEOUT", "12", "WARM_BROWSERS", "0"));
    }

    @AfterAll
    static void close() {
        site.close();
        grid.close();
    }

    static Stream<String> versions() {
        if (System.getProperty("greenroom.versions", "").equals("all")) {
            return IntStream.rangeClosed(OLDEST, NEWEST).mapToObj(minor -> "1." + minor + ".0");
        }
        return List.of("1.30.0", "1.34.0", "1.38.0", "1.43.0", "1.47.0", "1.50.0", "1.56.0", "1.60.0").stream();
    }

    @ParameterizedTest
    @MethodSource("versions")
    void a_stock_client_of_any_version_works(String version) {
        var client = NodeClient.of(version);

        var seen = client.run("browser.mjs", grid.url(), Map.of("site", site.url()));

        assertThat(seen.get("pressed").asString()).isEqualTo("pressed 1");
        assertThat(seen.get("routed").asString()).isEqualTo("sunshine");
        assertThat(seen.get("cookies").toString()).isEqualTo("[1,0]");
    }
}
