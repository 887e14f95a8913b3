package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.greenroom.e2e.client.JavaClient;
import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.client.StockClient;
import dev.greenroom.e2e.grid.Shell;
import dev.greenroom.e2e.grid.TestSite;
import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.testkit.Canary;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class StockClientsIT {
    private static UpGrid grid;
    private static TestSite site;

    @BeforeAll
    static void open() {
        site = TestSite.open();
        // A driver that is not in the store yet is fetched while the client waits.
        grid = UpGrid.start(Map.of("WORKER_SELECT_TIMEOUT", "12"));
    }

    @AfterAll
    static void close() {
        site.close();
        grid.close();
    }

    @Test
    void playwright_for_java_works_through_the_grid_as_it_is() {
        try (var client = JavaClient.start()) {
            assertWorks(client);
        }
    }

    @Test
    void the_newest_playwright_for_node_works_through_the_same_address() {
        var client = NodeClient.newest();

        assertWorks(client);
    }

    @Test
    void an_older_playwright_for_node_works_through_the_same_address() {
        var client = NodeClient.of("1.52.0");

        assertWorks(client);
    }

    @Test
    void a_playwright_of_three_years_ago_works_through_the_same_address() {
        var client = NodeClient.of("1.40.0");

        assertWorks(client);
    }

    @Test
    void a_client_that_was_given_the_http_address_finds_the_way() {
        var client = NodeClient.newest();

        var visit = client.visit("http://localhost:" + grid.port(), site.url());

        visit.assertComplete();
    }

    @Test
    void what_one_session_stored_is_not_there_in_the_next() {
        try (var client = JavaClient.start()) {
            try (var first = client.connect(grid.url())) {
                var page = first.newPage();
                page.navigate(site.url());
                page.evaluate("localStorage.setItem('secret', '%1$s'); document.cookie = 'secret=%1$s'"
                        .formatted(Canary.secret("site")));
            }

            Object seen;
            try (var second = client.connect(grid.url())) {
                var page = second.newPage();
                page.navigate(site.url());
                seen = page.evaluate("[localStorage.getItem('secret'), document.cookie].join()");
            }

            assertThat(seen).isEqualTo(",");
        }
    }

    @Test
    void after_the_last_client_has_gone_no_connection_is_counted() {
        try (var client = JavaClient.start()) {
            assertWorks(client);
        }

        grid.awaitNothingHeld("");
    }

    @Test
    void requests_of_a_session_reach_no_port_of_the_grid() {
        var pid = grid.program().handle().pid();
        var ports = Shell.run("ss -Hltnp | grep 'pid=" + pid + ",' | awk '{print $4}' | sed 's/.*://'")
                .lines()
                .toList();
        assertThat(ports).as("the proxy's and the worker's").hasSize(2).contains(Integer.toString(grid.port()));
        try (var client = JavaClient.start();
                var browser = client.connect(grid.url())) {
            var request = browser.newContext().request();

            assertThat(request.get(site.url()).ok()).isTrue();
            assertThat(ports)
                    .allSatisfy(port -> assertThatThrownBy(() -> request.get("http://127.0.0.1:" + port + "/health"))
                            .hasMessageContaining("EACCES"));
        }
    }

    private static void assertWorks(StockClient client) {
        var visit = client.visit(grid.url(), site.url());

        visit.assertComplete();
    }
}
