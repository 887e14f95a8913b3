package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Clients that are gone without a word. Needs root and `ip netns`, as CI has.
@Timeout(120)
final class VanishedClientsIT {
    /// Pings go out every second and are looked after four times in it.
    private static final Duration SLACK = Duration.ofSeconds(3);

    private final FaultGrid grid = new FaultGrid(1, 1_000);
    private final List<Process> clients = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        clients.forEach(Process::destroyForcibly);
        grid.close();
    }

    /// Starts a client and waits until it has its session.
    private Process client(List<String> prefix, String host, int port) throws IOException {
        var client = start(prefix, host, port);
        var said =
                new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8)).readLine();
        assertThat(said).startsWith("HTTP/1.1 101 ");
        return client;
    }

    private Process start(List<String> prefix, String host, int port) throws IOException {
        var command = new ArrayList<>(prefix);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp"));
        command.add(System.getProperty("java.class.path"));
        command.addAll(List.of(SilentClient.class.getName(), host, Integer.toString(port)));
        var client = new ProcessBuilder(command).redirectErrorStream(true).start();
        clients.add(client);
        return client;
    }

    private void awaitQueue(int length, Duration limit) {
        await(length + " places in the queue")
                .atMost(limit)
                .until(() -> grid.redis().cli("ZCARD", "grid:queue:chromium").equals(Integer.toString(length)));
    }

    @Test
    void FC3_a_client_that_vanished_while_it_waits_gives_its_place_up_within_the_user_timeout() throws Exception {
        var far = grid.closing(FarHost.open("v"));
        var front = grid.front(Timing.proxyEverywhereWithAQueue(), grid.redis().port(), InstantSource.system());
        start(far.prefix(), far.here(), front.port());
        awaitQueue(1, Duration.ofSeconds(20));

        far.loseWayHere();

        awaitQueue(0, Timing.UNACKNOWLEDGED.plus(SLACK));
        assertThat(front.proxy().clients()).isZero();
    }

    @Test
    void FC5_a_client_that_hangs_up_while_it_waits_gives_its_place_up_at_once() throws Exception {
        var front = grid.front(Timing.proxyEverywhereWithAQueue(), grid.redis().port(), InstantSource.system());
        var client = start(List.of(), "127.0.0.1", front.port());
        awaitQueue(1, Duration.ofSeconds(20));

        client.destroyForcibly();

        awaitQueue(0, SLACK);
    }

    @Test
    void FC3_an_idle_client_that_vanished_is_gone_within_the_peer_timeout_and_its_slot_is_free() throws Exception {
        var far = grid.closing(FarHost.open("v"));
        grid.worker();
        var front = grid.front(
                Timing.proxyEverywhere(Timing.PEER_TIMEOUT), grid.redis().port(), InstantSource.system());
        client(far.prefix(), far.here(), front.port());
        grid.awaitLeases(1, SLACK);

        far.loseWayHere();

        grid.awaitLeases(0, Timing.PEER_TIMEOUT.plus(SLACK));
        assertThat(FaultClient.status(front.port())).isEqualTo(101);
        grid.assertQuiet();
    }

    @Test
    void FC3_a_client_that_vanished_with_data_on_its_way_is_gone_within_the_user_timeout() throws Exception {
        var far = grid.closing(FarHost.open("v"));
        grid.worker();
        // A ping is what is on its way, and its answer may take a minute: only the kernel can notice in time.
        var front = grid.front(
                Timing.proxyEverywhere(Duration.ofSeconds(60)), grid.redis().port(), InstantSource.system());
        client(far.prefix(), far.here(), front.port());
        grid.awaitLeases(1, SLACK);

        far.loseWayHere();

        grid.awaitLeases(0, Timing.UNACKNOWLEDGED.plus(SLACK));
        grid.assertQuiet();
    }

    @Test
    void FC3_a_client_that_is_frozen_is_gone_within_the_peer_timeout_and_its_slot_is_free() throws Exception {
        grid.worker();
        var front = grid.front(Timing.impatientProxy(), grid.redis().port(), InstantSource.system());
        var client = client(List.of(), "127.0.0.1", front.port());
        grid.awaitLeases(1, SLACK);

        FarHost.must("kill -STOP " + client.pid());

        grid.awaitLeases(0, Timing.PEER_TIMEOUT.plus(SLACK));
        assertThat(FaultClient.status(front.port())).isEqualTo(101);
        grid.assertQuiet();
    }
}
