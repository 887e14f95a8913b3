package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.grid.Cluster;
import dev.greenroom.e2e.grid.Member;
import dev.greenroom.e2e.wire.CdpConnection;
import dev.greenroom.e2e.wire.Http;
import java.time.Duration;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Connections to browsers of CDP sessions in a grid with two proxies, behind which nothing keeps a client at
/// the same one.
class CdpJoinsIT {
    private static final String TOKEN = "?token=cdp-token-0123456789";
    private static final String OTHER_TOKEN = "?token=cdp-token-9876543210";
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static Cluster cluster;
    private static Member second;

    @BeforeAll
    static void open() {
        cluster = Cluster.start(1, Map.of("AUTH_TOKENS", "ci:cdp-token-0123456789,qa:cdp-token-9876543210"), Map.of());
        second = cluster.addProxy();
        // A proxy knows of a worker a second after it has registered.
        for (var port : new int[] {cluster.port(), second.port()}) {
            await().untilAsserted(() -> assertThat(
                            Http.get(port, "/v1/workers" + TOKEN).json().get("workers"))
                    .isNotEmpty());
        }
    }

    @AfterAll
    static void close() {
        cluster.close();
    }

    @AfterEach
    void every_test_leaves_nothing_held() {
        cluster.awaitHeld(0, PATIENCE);
    }

    /// The same address at the other proxy.
    private static String elsewhere(String address) {
        return address.replace(":" + cluster.port() + "/", ":" + second.port() + "/");
    }

    @Test
    void a_stock_client_joins_its_browser_through_another_proxy() {
        var answer = NodeClient.puppeteer("24.43.1")
                .run(
                        "cdp-join.mjs",
                        "ws://127.0.0.1:" + cluster.port(),
                        Map.of("other", "ws://127.0.0.1:" + second.port(), "query", TOKEN));

        assertThat(texts(answer.get("second"))).contains("shared");
        assertThat(texts(answer.get("stranger"))).doesNotContain("shared");
        assertThat(answer.get("late").asString()).contains("410");
    }

    @Test
    void an_address_of_one_proxy_is_dialled_first_at_another_and_then_at_every_one() {
        var address = CdpConnection.address(cluster.port(), TOKEN);

        try (var first = CdpConnection.open(elsewhere(address))) {
            var page = first.page();
            try (var joined = CdpConnection.open(address);
                    var again = CdpConnection.open(elsewhere(address))) {
                assertThat(joined.page()).isEqualTo(page);
                assertThat(again.page()).isEqualTo(page);
                cluster.awaitHeld(1, PATIENCE);
                assertThat(sessionsOf(second.port())).isEqualTo("grid_sessions 1.0");
                assertThat(sessionsOf(cluster.port())).isEqualTo("grid_sessions 0.0");
                first.leave();
                assertThat(joined.awaitClosed()).isEqualTo(1000);
                assertThat(again.awaitClosed()).isEqualTo(1000);
            }
        }
        cluster.awaitHeld(0, PATIENCE);

        assertThat(CdpConnection.refusal(address)).isEqualTo(410);
        assertThat(CdpConnection.refusal(elsewhere(address))).isEqualTo(410);
    }

    @Test
    void the_id_of_a_browser_is_neither_in_redis_nor_in_a_log() {
        var address = CdpConnection.address(cluster.port(), TOKEN);
        var id = address.replaceAll(".*/([0-9a-f]{32})\\?.*", "$1");

        try (var first = CdpConnection.open(address);
                var _ = CdpConnection.open(elsewhere(address))) {
            first.page();
            var everything = cluster.redis().cli("EVAL", """
                    local all = {}
                    for _, key in ipairs(redis.call('KEYS', '*')) do
                      local kind = redis.call('TYPE', key)['ok']
                      all[#all + 1] = key
                      if kind == 'string' then all[#all + 1] = redis.call('GET', key) end
                      if kind == 'hash' then all[#all + 1] = table.concat(redis.call('HGETALL', key), ' ') end
                      if kind == 'zset' then all[#all + 1] = table.concat(redis.call('ZRANGE', key, 0, -1), ' ') end
                      if kind == 'set' then all[#all + 1] = table.concat(redis.call('SMEMBERS', key), ' ') end
                    end
                    return table.concat(all, ' ')
                    """, "0");
            assertThat(id).hasSize(32);
            assertThat(everything).contains("grid:cdp:").doesNotContain(id);
        }
        assertThat(cluster.proxy().program().out().text()
                        + second.program().out().text())
                .doesNotContain(id);
    }

    @Test
    void a_page_is_found_by_its_own_id_at_any_proxy_with_the_token_of_its_session() {
        var address = CdpConnection.address(cluster.port(), TOKEN);

        try (var first = CdpConnection.open(address)) {
            var target = first.page();
            var page = address.replaceAll("/devtools/browser/.*", "/devtools/page/" + target);
            var id = address.replaceAll(".*/([0-9a-f]{32})\\?.*", "$1");

            try (var here = CdpConnection.open(page + TOKEN);
                    var there = CdpConnection.open(elsewhere(page + TOKEN));
                    var withId = CdpConnection.open(elsewhere(page + "?cdp=" + id))) {
                assertThat(url(here)).isEqualTo("about:blank");
                assertThat(url(there)).isEqualTo("about:blank");
                assertThat(url(withId)).isEqualTo("about:blank");
            }
            assertThat(CdpConnection.refusal(elsewhere(page + OTHER_TOKEN))).isEqualTo(404);
            assertThat(CdpConnection.refusal(page)).isEqualTo(401);
            assertThat(CdpConnection.refusal(page.replace(target, "0123456789ABCDEF0123456789ABCDEF") + TOKEN))
                    .isEqualTo(404);
        }
    }

    private static String sessionsOf(int port) {
        return Http.get(port, "/metrics/prometheus" + TOKEN)
                .body()
                .lines()
                .filter(line -> line.startsWith("grid_sessions "))
                .findFirst()
                .orElse("");
    }

    private static String url(CdpConnection page) {
        return page.call("Runtime.evaluate", Map.of("expression", "location.href"))
                .get("result")
                .get("value")
                .asString();
    }

    private static String[] texts(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false)
                .map(JsonNode::asString)
                .toArray(String[]::new);
    }
}
