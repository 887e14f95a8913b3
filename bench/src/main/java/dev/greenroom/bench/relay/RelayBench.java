package dev.greenroom.bench.relay;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/// The relay beside its peers: processor time for each message, round trips, connects, memory, start.
///
/// What is compared runs in turn, round by round, on a core of its own; client and backend share the other.
/// Processor time is the steadiest figure: it hardly depends on what else the machine does.
public final class RelayBench {
    static final Map<String, Integer> SIZES = sizes();
    static final List<Integer> CONNECTIONS = List.of(1, 100, 1_000);
    static final String CONNECTS = "connects/s";
    static final String CONNECT_CPU = "CPU µs per connect";
    static final String IDLE_EACH = "KB per idle session";
    static final String IDLE_ALL = "MB with 10,000";

    private static final boolean QUICK = Boolean.getBoolean("bench.quick");
    private static final int ROUNDS = QUICK ? 1 : 3;

    /// For messages and connects, whose ratios are smaller than the difference between two rounds.
    private static final int CLOSE_ROUNDS = QUICK ? 1 : 9;

    private static final Duration SETTLE = Duration.ofMillis(QUICK ? 200 : 300);
    private static final Duration MEASURED = Duration.ofMillis(QUICK ? 700 : 1_500);
    private static final Duration MESSAGES_MEASURED = Duration.ofMillis(QUICK ? 700 : 1_000);
    private static final int SMALL_CONNECTIONS = 32;
    private static final int LARGE_CONNECTIONS = 8;
    private static final int CONNECTING = 64;
    private static final int IDLE_SESSIONS = 10_000;
    /// A minute, since the JIT compiler shares the one core.
    private static final Duration COMPILED_BEFORE = Duration.ofSeconds(QUICK ? 4 : 60);

    private static final Duration SERVED_BEFORE = Duration.ofSeconds(QUICK ? 3 : 10);
    private static final Duration IDLE_SETTLES = Duration.ofSeconds(3);

    private final LoadGenerator load;
    private final Peers peers;
    private final Results results = new Results();

    private RelayBench(LoadGenerator load, Peers peers) {
        this.load = load;
        this.peers = peers;
    }

    private static Map<String, Integer> sizes() {
        var sizes = new LinkedHashMap<String, Integer>();
        sizes.put("200 B", 200);
        sizes.put("1 KB", 1024);
        sizes.put("16 KB", 16 * 1024);
        sizes.put("1 MB", 1024 * 1024);
        return sizes;
    }

    /// Measures, prints, and writes `bench/results/relay.md`; with `-Dbench.quick=true` one short round
    /// that is only printed.
    ///
    /// @param args the checkout, nothing, the commit
    public static void main(String[] args) throws IOException, InterruptedException {
        var checkout = Path.of(args[0]).toAbsolutePath();
        var folder = Files.createTempDirectory("greenroom-bench");
        var load = LoadGenerator.build(checkout, folder);
        var port = PinnedProcess.freePort();
        var began = System.nanoTime();
        try (var _ = load.backend(port)) {
            var bench = new RelayBench(load, new Peers(checkout, folder, port));
            bench.bytes();
            bench.memory();
            var start = StartTimes.measure(checkout, load, port, QUICK ? 3 : 11);
            var report = new RelayReport(bench.results, bench.peers, start)
                    .text(args[2], ROUNDS, CLOSE_ROUNDS, Duration.ofNanos(System.nanoTime() - began));
            if (!QUICK) {
                Files.writeString(checkout.resolve("bench/results/relay.md"), report);
            }
            System.out.print(report);
        }
    }

    private void bytes() throws IOException, InterruptedException {
        List<Peer> running = new ArrayList<>();
        try {
            for (var name : peers.present()) {
                var peer = peers.start(name);
                running.add(peer);
                warmUp(peer);
            }
            for (var round = 0; round < CLOSE_ROUNDS; round++) {
                // Reversed in every other round: the machine may be slower at the end of a round.
                var order = round % 2 == 0 ? running : running.reversed();
                messages(order);
                connects(order);
                if (round < ROUNDS) {
                    roundTrips(order);
                }
            }
        } finally {
            running.forEach(Peer::close);
        }
    }

    /// The JVM needs about a minute until its connects are at full speed.
    private void warmUp(Peer peer) throws IOException, InterruptedException {
        for (var bytes : SIZES.values()) {
            load.echo(peer, connections(bytes), bytes, Duration.ZERO, Duration.ofSeconds(QUICK ? 1 : 3));
        }
        load.connect(peer, CONNECTING, Duration.ZERO, peer.isCompiledWhileItRuns() ? COMPILED_BEFORE : SERVED_BEFORE);
    }

    private static int connections(int bytes) {
        return bytes > 100_000 ? LARGE_CONNECTIONS : SMALL_CONNECTIONS;
    }

    private void messages(List<Peer> running) throws IOException, InterruptedException {
        for (var size : SIZES.entrySet()) {
            for (var peer : running) {
                if (peer.relay().isEmpty()) {
                    continue;
                }
                var counted = load.echo(peer, connections(size.getValue()), size.getValue(), SETTLE, MESSAGES_MEASURED);
                results.add(size.getKey(), peer.name(), counted.cpuNanos() / 1e3 / (2 * counted.done()));
            }
        }
    }

    private void roundTrips(List<Peer> running) throws IOException, InterruptedException {
        for (var connections : CONNECTIONS) {
            for (var peer : running) {
                var counted = load.echo(peer, connections, 1024, SETTLE, MEASURED);
                results.add(p50(connections), peer.name(), counted.p50Nanos() / 1e3);
                results.add(p99(connections), peer.name(), counted.p99Nanos() / 1e3);
            }
        }
    }

    static String p50(int connections) {
        return String.format("%,d, p50", connections);
    }

    static String p99(int connections) {
        return String.format("%,d, p99", connections);
    }

    private void connects(List<Peer> running) throws IOException, InterruptedException {
        for (var peer : running) {
            var counted = load.connect(peer, CONNECTING, SETTLE, MEASURED);
            if (counted.failed() > 0) {
                throw new IOException(counted.failed() + " connects failed through " + peer.name());
            }
            results.add(CONNECTS, peer.name(), counted.perSecond());
            if (peer.relay().isPresent()) {
                results.add(CONNECT_CPU, peer.name(), counted.cpuNanos() / 1e3 / counted.done());
            }
        }
    }

    /// As many as the descriptors of one process allow.
    static int idleSessions() throws IOException {
        return Math.min(IDLE_SESSIONS, Peers.connections());
    }

    /// Each in a new process that has served for a while, as those have that hold many sessions.
    private void memory() throws IOException, InterruptedException {
        var sessions = idleSessions();
        for (var name : peers.present()) {
            try (var peer = peers.start(name)) {
                if (peer.relay().isEmpty()) {
                    continue;
                }
                load.connect(
                        peer,
                        CONNECTING,
                        Duration.ZERO,
                        peer.isCompiledWhileItRuns() ? COMPILED_BEFORE : SERVED_BEFORE);
                var before = peer.relay().get().residentKilobytes();
                try (var idle = load.idle(peer, sessions)) {
                    pause(IDLE_SETTLES);
                    var after = peer.relay().get().residentKilobytes();
                    if (idle.open() < sessions) {
                        System.err.println("only " + idle.open() + " idle sessions were open through " + name);
                        continue;
                    }
                    var each = (double) (after - before) / sessions;
                    results.add(IDLE_EACH, name, each);
                    results.add(IDLE_ALL, name, (before + each * IDLE_SESSIONS) / 1024.0);
                }
            }
        }
    }

    private static void pause(Duration time) {
        var end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < end) {
            LockSupport.parkNanos(end - System.nanoTime());
        }
    }
}
