package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.e2e.grid.Cluster;
import dev.greenroom.e2e.grid.Member;
import dev.greenroom.e2e.wire.CdpConnection;
import dev.greenroom.e2e.wire.Http;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Browsers of CDP sessions whose clients are away, in a grid with one slot.
class CdpKeepAliveIT {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final String KEPT = "?keepAlive=60s";

    private static Cluster cluster;
    private static Member second;

    @BeforeAll
    static void open() {
        cluster = Cluster.start(
                1,
                Map.of("CDP_RECONNECT_GRACE", "30s", "WORKER_SELECT_TIMEOUT", "10s", "IDLE_TIMEOUT", "2s"),
                Map.of("MAX_CONCURRENT_SESSIONS", "1", "WARM_BROWSERS", "0", "PING_INTERVAL", "2s"));
        second = cluster.addProxy();
    }

    @AfterAll
    static void close() {
        cluster.close();
    }

    @AfterEach
    void every_test_leaves_no_slot_held_and_no_browser() {
        cluster.awaitHeld(0, PATIENCE);
        cluster.workers().stream().filter(Member::isAlive).forEach(CdpKeepAliveIT::awaitNoBrowser);
    }

    private static void awaitNoBrowser(Member worker) {
        await("no browser")
                .atMost(PATIENCE)
                .untilAsserted(() -> assertThat(worker.family().running())
                        .noneMatch(line -> line.contains("--remote-debugging-pipe")));
    }

    private static String elsewhere(String address) {
        return address.replace(":" + cluster.port() + "/", ":" + second.port() + "/");
    }

    private static String address(String query) {
        return CdpConnection.address(cluster.port(), query);
    }

    @Test
    void a_kept_browser_waits_for_its_client_at_every_proxy_until_it_closes_it() {
        var address = address(KEPT);
        var first = CdpConnection.open(address);
        var page = first.page();

        first.leave();
        try (var back = CdpConnection.open(elsewhere(address))) {
            assertThat(back.page()).isEqualTo(page);
            cluster.awaitHeld(1, PATIENCE);
        }
        var again = CdpConnection.open(address);
        assertThat(again.page()).isEqualTo(page);
        again.lose();
        try (var last = CdpConnection.open(elsewhere(address))) {
            assertThat(last.page()).isEqualTo(page);
            last.call("Browser.close");
            assertThat(last.awaitClosed()).isEqualTo(1000);
        }

        cluster.awaitHeld(0, PATIENCE);
        assertThat(CdpConnection.refusal(address)).isEqualTo(410);
    }

    @Test
    void a_kept_browser_is_in_the_list_of_sessions_and_ends_when_its_time_is_up_or_on_order() {
        var first = CdpConnection.open(address("?keepAlive=1s"));
        first.page();
        first.leave();
        cluster.awaitHeld(0, PATIENCE);

        var second = CdpConnection.open(address(KEPT));
        second.page();
        second.leave();
        var listed = Http.get(cluster.port(), "/v1/sessions").json().get("sessions");
        assertThat(listed).hasSize(1);
        assertThat(listed.get(0).get("protocol").asString()).isEqualTo("cdp");

        Http.send(
                cluster.port(),
                "DELETE /v1/sessions/" + listed.get(0).get("id").asString() + " HTTP/1.1\r\nHost: localhost\r\n\r\n");

        cluster.awaitHeld(0, PATIENCE);
        await().untilAsserted(() -> assertThat(cluster.proxy().program().out().containing("\"SESSION_ENDED\""))
                .anyMatch(line -> line.contains("\"ending\":\"operator\"")));
    }

    @Test
    void a_client_that_was_lost_comes_back_to_its_browser_and_one_that_leaves_does_not() {
        var address = address("");
        var first = CdpConnection.open(address);
        var page = first.page();

        first.lose();
        var back = CdpConnection.open(elsewhere(address));
        assertThat(back.page()).isEqualTo(page);
        back.leave();

        cluster.awaitHeld(0, PATIENCE);
        assertThat(CdpConnection.refusal(address)).isEqualTo(410);
    }

    @Test
    void nobody_waits_for_the_slot_of_a_client_that_was_lost() {
        var lost = CdpConnection.open(address(""));
        lost.page();

        lost.lose();

        try (var next = CdpConnection.open(elsewhere(address("")))) {
            assertThat(next.page()).isNotEmpty();
        }
    }

    @Test
    void a_session_is_idle_when_all_of_its_connections_are() {
        var address = address("");
        var first = CdpConnection.open(address);
        var id = address.substring(address.lastIndexOf('/') + 1);
        var target = first.page();

        var page = CdpConnection.open(
                elsewhere("ws://127.0.0.1:" + cluster.port() + "/devtools/page/" + target + "?cdp=" + id));
        for (var n = 0; n < 7; n++) {
            page.call(
                    "Runtime.evaluate",
                    Map.of("expression", "new Promise(done => setTimeout(done, 500))", "awaitPromise", true));
        }

        assertThat(first.isOpen()).isTrue();
        assertThat(first.awaitClosed()).isEqualTo(1008);
        assertThat(page.awaitClosed()).isEqualTo(1008);
    }

    @Test
    void a_time_that_the_grid_does_not_grant_is_refused_with_a_sentence() {
        for (var refused : new String[] {"?keepAlive=11m", "?keepAlive=soon"}) {
            assertThat(CdpConnection.refusal(address(refused))).isEqualTo(400);
        }
        assertThat(CdpConnection.refusal("ws://127.0.0.1:" + cluster.port() + "/cdp" + KEPT))
                .isEqualTo(400);
    }

    /// A session whose client has left and keeps its browser, or one whose client is connected.
    private static CdpConnection session(int port, boolean kept) {
        var connection = CdpConnection.open(CdpConnection.address(port, kept ? KEPT : ""));
        connection.page();
        if (kept) {
            connection.leave();
        }
        cluster.awaitHeld(1, PATIENCE);
        return connection;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void nothing_of_a_session_outlives_its_proxy(boolean kept) {
        var killed = cluster.addProxy();
        session(killed.port(), kept);

        killed.kill();

        cluster.awaitHeld(0, PATIENCE);
    }

    @Test
    void a_client_that_has_joined_through_another_proxy_loses_its_browser_with_the_proxy_of_the_session() {
        var killed = cluster.addProxy();
        var address = CdpConnection.address(killed.port(), KEPT);
        var first = CdpConnection.open(address);
        first.page();
        var joined = CdpConnection.open(address.replace(":" + killed.port(), ":" + cluster.port()));
        joined.page();

        killed.kill();

        assertThat(joined.awaitClosed()).isEqualTo(1000);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_session_ends_with_its_browser(boolean kept) {
        session(cluster.port(), kept);

        cluster.workers().getLast().family().running().stream()
                .filter(line -> line.contains("--remote-debugging-pipe") && !line.contains("--type="))
                .map(line -> Long.parseLong(line.substring(0, line.indexOf(' '))))
                .forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));

        cluster.awaitHeld(0, PATIENCE);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_session_ends_with_its_worker(boolean kept) {
        session(cluster.port(), kept);

        cluster.workers().getLast().kill();

        cluster.awaitHeld(0, PATIENCE);
        cluster.addWorker();
        cluster.awaitAvailableWorkers(1);
    }
}
