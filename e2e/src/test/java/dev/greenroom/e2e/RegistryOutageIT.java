package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.e2e.client.JavaClient;
import dev.greenroom.e2e.grid.Cluster;
import dev.greenroom.e2e.grid.TestSite;
import dev.greenroom.e2e.wire.Http;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class RegistryOutageIT {
    private static final Duration REFUSAL_PATIENCE = Duration.ofMillis(1_500);
    private static final Duration RETURN_PATIENCE = Duration.ofSeconds(5);
    private static final Duration HEALING_PATIENCE = Duration.ofSeconds(10);
    private static Cluster cluster;
    private static TestSite site;

    @BeforeAll
    static void open() {
        site = TestSite.open();
        cluster = Cluster.start(1, Map.of(), Map.of());
    }

    @AfterAll
    static void close() {
        site.close();
        cluster.close();
    }

    @AfterEach
    void every_test_leaves_nothing_counted() {
        cluster.awaitActive(0, HEALING_PATIENCE);
    }

    @Test
    void without_redis_running_sessions_go_on_and_newcomers_are_told_until_it_is_back_empty() {
        try (var client = JavaClient.start();
                var browser = client.connect(cluster.url())) {
            var page = browser.newPage();
            page.navigate(site.url());

            cluster.redis().stop();
            assertRefusedSoon();
            page.click("#press");
            assertThat(page.textContent("#said")).isEqualTo("pressed 1");
            assertThat(Http.get(cluster.port(), "/health").status()).isEqualTo(200);
            assertThat(Http.get(cluster.port(), "/metrics").status()).isEqualTo(200);

            cluster.redis().startAgain();
            assertServedAgain();
            page.click("#press");
            assertThat(page.textContent("#said")).isEqualTo("pressed 2");
            cluster.awaitActive(1, HEALING_PATIENCE);
        }
    }

    @Test
    void a_frozen_redis_is_noticed_as_fast_as_a_dead_one() {
        cluster.redis().pause();
        try {
            assertRefusedSoon();
            assertRefusedSoon();
        } finally {
            cluster.redis().resume();
        }

        assertServedAgain();
    }

    private static void assertRefusedSoon() {
        var answer = Http.connect(cluster.port(), "/", Http.PLAYWRIGHT);

        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.json().get("error").asString()).isEqualTo("registry unavailable");
        assertThat(answer.header("Retry-After")).isPresent();
        assertThat(answer.took()).isLessThan(REFUSAL_PATIENCE);
    }

    private static void assertServedAgain() {
        await("connects after the return of Redis")
                .atMost(RETURN_PATIENCE)
                .pollInterval(Duration.ofMillis(100))
                .until(() -> Http.connect(cluster.port(), "/", Http.PLAYWRIGHT).status() == 101);
    }
}
