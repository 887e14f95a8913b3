package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.e2e.wire.HeldSession;
import dev.greenroom.e2e.wire.Http;
import dev.greenroom.testkit.Canary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Which sessions have a driver process in common, and which a browser.
class DriverIsolationIT {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final String ONE = Canary.secret("one");
    private static final String ONE_TOO = Canary.secret("one-too");
    private static final String OTHER = Canary.secret("other");
    private static final String ENTRY = "addRow(";
    private static final String TOKENS = "one:" + ONE + ",one:" + ONE_TOO + ",other:" + OTHER;

    @Test
    void S11_tenants_have_drivers_of_their_own_and_the_death_of_one_ends_no_session_of_another() {
        // With two drivers at most, two tenants have one each however many cores there are.
        try (var grid = up(Map.of("MAX_DRIVERS", "2"));
                var one = session(grid, ONE)) {
            var first = drivers(grid);
            assertThat(first).hasSize(1);
            try (var other = session(grid, OTHER)) {
                var both = drivers(grid);
                assertThat(both).hasSize(2).containsAll(first);
                try (var same = session(grid, ONE_TOO, "X-Greenroom-Tenant: other")) {
                    assertThat(drivers(grid)).isEqualTo(both);

                    first.forEach(pid -> ProcessHandle.of(pid).orElseThrow().destroyForcibly());

                    assertThat(one.awaitEnd(PATIENCE).reason()).contains("browser crashed");
                    assertThat(same.awaitEnd(PATIENCE).reason())
                            .as("of the other token of that name, whatever its client says")
                            .contains("browser crashed");
                    assertThat(other.isOpen()).isTrue();
                    session(grid, OTHER).close();
                }
            }
        }
    }

    @Test
    void S11_sessions_apart_have_each_their_driver_which_ends_with_them() {
        try (var grid = up(Map.of("DRIVER_ISOLATION", "session"));
                var first = session(grid, ONE)) {
            var its = drivers(grid);
            try (var second = session(grid, ONE)) {
                assertThat(drivers(grid)).hasSize(2).containsAll(its);

                first.leave();

                await().atMost(PATIENCE)
                        .untilAsserted(
                                () -> assertThat(drivers(grid)).hasSize(1).doesNotContainAnyElementsOf(its));
                assertThat(second.isOpen()).isTrue();
            }
        }
    }

    @Test
    void S11_a_client_opens_neither_the_folders_nor_the_open_files_of_another_tenant_s_driver() throws Exception {
        try (var grid = up(Map.of("MAX_DRIVERS", "2"));
                var _ = session(grid, ONE)) {
            var own = drivers(grid);
            try (var _ = session(grid, OTHER)) {
                var others = drivers(grid);
                others.removeAll(own);
                var allowed = places(own);
                var closed = places(others);
                var files = Stream.concat(allowed.stream(), closed.stream()).toList();

                var seen = NodeClient.of("1.62.1")
                        .run("files.mjs", "ws://" + ONE + "@127.0.0.1:" + grid.port(), Map.of("files", files));

                // Chromium shows a folder that it may not list as an empty one.
                assertThat(allowed)
                        .allSatisfy(place ->
                                assertThat(seen.get(place).asString()).as(place).contains(ENTRY));
                assertThat(closed)
                        .allSatisfy(place ->
                                assertThat(seen.get(place).asString()).as(place).doesNotContain(ENTRY));
            }
        }
    }

    @Test
    void S11_tenants_never_share_a_browser_also_where_the_sessions_of_one_do() {
        try (var grid = up(Map.of("ISOLATION", "shared"));
                var one = session(grid, ONE);
                var same = session(grid, ONE_TOO, "X-Greenroom-Tenant: other")) {
            var first = browsers(grid);
            assertThat(first).as("of both sessions").hasSize(1);
            try (var other = session(grid, OTHER)) {
                var both = browsers(grid);
                assertThat(both).hasSize(2).containsAll(first);

                first.forEach(pid -> ProcessHandle.of(pid).orElseThrow().destroyForcibly());

                assertThat(one.awaitEnd(PATIENCE).reason()).contains("browser crashed");
                assertThat(same.awaitEnd(PATIENCE).reason()).contains("browser crashed");
                assertThat(other.isOpen()).isTrue();
                try (var next = session(grid, ONE)) {
                    assertThat(next.isOpen()).isTrue();
                    assertThat(browsers(grid)).hasSize(2).doesNotContainAnyElementsOf(first);
                }
            }
        }
    }

    /// What the only driver of these has that shows what its sessions do.
    private static List<String> places(Set<Long> drivers) throws IOException {
        assertThat(drivers).hasSize(1);
        var process = Path.of("/proc", drivers.iterator().next().toString());
        var folder = Files.readSymbolicLink(process.resolve("cwd"));
        return List.of(process + "/fd/", folder + "/tmp/");
    }

    private static UpGrid up(Map<String, String> settings) {
        var all = new HashMap<>(settings);
        all.put("AUTH_TOKENS", TOKENS);
        all.put("WARM_BROWSERS", "0");
        all.put("PLAYWRIGHT_VERSIONS", "1.62"); // of these clients: a worker starts a driver of its newest version
        return UpGrid.start(all);
    }

    private static HeldSession session(UpGrid grid, String token, String... headers) {
        var all = new ArrayList<>(List.of(headers));
        all.add(Http.PLAYWRIGHT);
        all.add("Authorization: Bearer " + token);
        return HeldSession.open(grid.port(), all.toArray(String[]::new));
    }

    private static Set<Long> drivers(UpGrid grid) {
        return running(grid, line -> line.contains("/host.js"));
    }

    private static Set<Long> browsers(UpGrid grid) {
        return running(grid, line -> line.contains("--remote-debugging-pipe") && !line.contains("--type="));
    }

    private static Set<Long> running(UpGrid grid, Predicate<String> which) {
        return grid.family().running().stream()
                .filter(which)
                .map(line -> Long.valueOf(line.substring(0, line.indexOf(' '))))
                .collect(Collectors.toSet());
    }
}
