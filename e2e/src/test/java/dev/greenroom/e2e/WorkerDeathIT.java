package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.PlaywrightException;
import dev.greenroom.e2e.client.JavaClient;
import dev.greenroom.e2e.grid.Cluster;
import dev.greenroom.e2e.grid.TestSite;
import dev.greenroom.e2e.wire.HeldSession;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WorkerDeathIT {
    private static final Duration SOON = Duration.ofSeconds(1);

    @Test
    void a_worker_that_is_killed_ends_its_own_sessions_at_once_and_nobody_else_s() {
        try (var cluster = Cluster.start(3, Map.of("MAX_CONCURRENT_SESSIONS", "2"), Map.of());
                var site = TestSite.open();
                var client = JavaClient.start()) {
            // Lifetime first fills one worker after the other: the last two sessions share the third.
            var browsers = connect(client, cluster, 4);
            var pages = browsers.stream().map(browser -> open(browser, site)).toList();
            var held = List.of(HeldSession.open(cluster.port()), HeldSession.open(cluster.port()));
            var doomed = cluster.workerOf(held.getFirst().id());
            assertThat(cluster.workerOf(held.getLast().id())).isEqualTo(doomed);

            var killed = System.nanoTime();
            cluster.worker(doomed).kill();

            assertThat(held).allSatisfy(session -> {
                var end = session.awaitEnd(SOON.multipliedBy(2));
                assertThat(end.code()).isEqualTo(1011);
                assertThat(end.reason()).isEqualTo("worker lost");
                assertThat(Duration.ofNanos(end.nanos() - killed)).isLessThan(SOON);
            });
            assertThat(pages).allSatisfy(page -> {
                page.click("#press");
                assertThat(page.textContent("#said")).isEqualTo("pressed 1");
            });
            cluster.awaitActive(4);
            browsers.forEach(Browser::close);
            cluster.awaitActive(0);
            client.visit(cluster.url(), site.url()).assertComplete();
            cluster.worker(doomed).family().assertGone();
        }
    }

    @Test
    void a_stock_client_on_a_killed_worker_is_told_and_connects_again() {
        try (var cluster = Cluster.start(2, Map.of(), Map.of());
                var site = TestSite.open();
                var client = JavaClient.start()) {
            var browser = client.connect(cluster.url());
            var page = browser.newPage();
            var doomed = cluster.counters("cluster:active_connections").entrySet().stream()
                    .filter(entry -> entry.getValue() == 1)
                    .findFirst()
                    .orElseThrow()
                    .getKey();

            cluster.worker(doomed).kill();

            await().atMost(SOON.multipliedBy(2)).untilAsserted(() -> {
                assertThat(failure(page)).contains("closed");
                assertThat(browser.isConnected()).isFalse();
            });
            client.visit(cluster.url(), site.url()).assertComplete();
            cluster.awaitActive(0);
        }
    }

    private static String failure(Page page) {
        try {
            page.evaluate("1");
            return "";
        } catch (PlaywrightException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static List<Browser> connect(JavaClient client, Cluster cluster, int count) {
        var browsers = new ArrayList<Browser>();
        for (var n = 0; n < count; n++) {
            browsers.add(client.connect(cluster.url()));
        }
        return browsers;
    }

    private static Page open(Browser browser, TestSite site) {
        var page = browser.newPage();
        page.navigate(site.url());
        return page;
    }
}
