package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;

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
    private static final String SPACE = "greenroom-" + ProcessHandle.current().pid();
    private static final String LINK = "gr" + ProcessHandle.current().pid();
    private static final String HERE = "10.213.77.1";
    private static final String THERE = "10.213.77.2";

    /// Pings go out every second and are looked after four times in it.
    private static final Duration SLACK = Duration.ofSeconds(3);

    private final FaultGrid grid = new FaultGrid(1, 1_000);
    private final List<Process> clients = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        clients.forEach(Process::destroyForcibly);
        run("ip", "netns", "del", SPACE);
        run("ip", "link", "del", LINK);
        grid.close();
    }

    private static int run(String... command) throws Exception {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getInputStream().readAllBytes();
        return process.waitFor();
    }

    private static void must(String line) throws Exception {
        assertThat(run(line.split(" ")))
                .as("'" + line + "' failed; this test needs root and network namespaces (iproute2), as CI has")
                .isZero();
    }

    private static void network() throws Exception {
        must("ip netns add " + SPACE);
        must("ip link add " + LINK + " type veth peer name eth0 netns " + SPACE);
        must("ip addr add " + HERE + "/30 dev " + LINK);
        must("ip link set " + LINK + " up");
        must("ip netns exec " + SPACE + " ip addr add " + THERE + "/30 dev eth0");
        must("ip netns exec " + SPACE + " ip link set eth0 up");
    }

    /// Starts a client and waits until it has its session.
    private Process client(List<String> prefix, String host, int port) throws IOException {
        var command = new ArrayList<>(prefix);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp"));
        command.add(System.getProperty("java.class.path"));
        command.addAll(List.of(SilentClient.class.getName(), host, Integer.toString(port)));
        var client = new ProcessBuilder(command).redirectErrorStream(true).start();
        clients.add(client);
        var said =
                new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8)).readLine();
        assertThat(said).startsWith("HTTP/1.1 101 ");
        return client;
    }

    private static List<String> inNamespace() {
        return List.of("ip", "netns", "exec", SPACE);
    }

    private static void vanish() throws Exception {
        must("ip netns exec " + SPACE + " ip route replace blackhole " + HERE + "/32");
    }

    @Test
    void FC3_an_idle_client_that_vanished_is_gone_within_the_peer_timeout_and_its_slot_is_free() throws Exception {
        network();
        grid.worker();
        var front = grid.front(
                Timing.proxyEverywhere(Timing.PEER_TIMEOUT), grid.redis().port(), InstantSource.system());
        client(inNamespace(), HERE, front.port());
        grid.awaitLeases(1, SLACK);

        vanish();

        grid.awaitLeases(0, Timing.PEER_TIMEOUT.plus(SLACK));
        assertThat(FaultClient.status(front.port())).isEqualTo(101);
        grid.assertQuiet();
    }

    @Test
    void FC3_a_client_that_vanished_with_data_on_its_way_is_gone_within_the_user_timeout() throws Exception {
        network();
        grid.worker();
        // A ping is what is on its way, and its answer may take a minute: only the kernel can notice in time.
        var front = grid.front(
                Timing.proxyEverywhere(Duration.ofSeconds(60)), grid.redis().port(), InstantSource.system());
        client(inNamespace(), HERE, front.port());
        grid.awaitLeases(1, SLACK);

        vanish();

        grid.awaitLeases(0, Timing.UNACKNOWLEDGED.plus(SLACK));
        grid.assertQuiet();
    }

    @Test
    void FC3_a_client_that_is_frozen_is_gone_within_the_peer_timeout_and_its_slot_is_free() throws Exception {
        grid.worker();
        var front = grid.front(Timing.impatientProxy(), grid.redis().port(), InstantSource.system());
        var client = client(List.of(), "127.0.0.1", front.port());
        grid.awaitLeases(1, SLACK);

        must("kill -STOP " + client.pid());

        grid.awaitLeases(0, Timing.PEER_TIMEOUT.plus(SLACK));
        assertThat(FaultClient.status(front.port())).isEqualTo(101);
        grid.assertQuiet();
    }
}
