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
    private static final int SURVIVORS = 4;
    private static final Duration SOON = Duration.ofSeconds(1);
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    @Test
    void a_worker_that_is_killed_ends_its_own_sessions_at_once_and_nobody_else_s() {
        try (var cluster = Cluster.start(3, Map.of("MAX_CONCURRENT_SESSIONS", "2"), Map.of());
                var site = TestSite.open();
                var client = JavaClient.start()) {
            // Lifetime first fills one worker after the other, so the last two sessions share the third.
            var pages = open(client, cluster, site, SURVIVORS + 1);
            var survivors = pages.subList(0, SURVIVORS);
            var lost = pages.getLast();
            try (var held = HeldSession.open(cluster.port())) {
                var doomed = cluster.worker(cluster.workerOf(held.id()));

                var killed = System.nanoTime();
                doomed.kill();

                var end = held.awaitEnd(PATIENCE);
                assertThat(end.code()).isEqualTo(1011);
                assertThat(end.reason()).isEqualTo("disconnected: worker lost");
                assertThat(Duration.ofNanos(end.nanos() - killed)).isLessThan(SOON);
            }
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(failure(lost)).contains("closed"));
            assertThat(survivors).allSatisfy(page -> {
                page.click("#press");
                assertThat(page.textContent("#said")).isEqualTo("pressed 1");
            });
            cluster.awaitActive(SURVIVORS);
            survivors.forEach(page -> browser(page).close());
            cluster.awaitActive(0);
            client.visit(cluster.url(), site.url()).assertComplete();
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

    private static List<Page> open(JavaClient client, Cluster cluster, TestSite site, int count) {
        var pages = new ArrayList<Page>();
        for (var n = 0; n < count; n++) {
            var page = client.connect(cluster.url()).newPage();
            page.navigate(site.url());
            pages.add(page);
        }
        return pages;
    }

    private static Browser browser(Page page) {
        return page.context().browser();
    }
}
