package dev.greenroom.bench.relay;

import dev.greenroom.bench.Machine;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;

/// The result, as Markdown.
record RelayReport(Results results, Peers peers, StartTimes start) {
    /// @param rounds of which the medians are shown
    String text(String commit, int rounds, int closeRounds, Duration took) throws IOException, InterruptedException {
        var names = peers.present();
        var relays = names.stream().filter(name -> !name.equals(Peer.NOTHING)).toList();
        return """
                # The relay compared with HAProxy and nginx

                %s, commit %s, %s. %s. Medians of %d rounds, %d for messages and connects, all in one run of %d s; load %.1f \
                at the end.%s

                Each relay has one core and one thread for connections; client and backend share the other core. × is the
                ratio to HAProxy's HTTP mode in the same round; the median of the rounds counts. Greenroom is the proxy
                as shipped, with its session log and Java flags, a registry in memory and one backend under the names of
                eight workers.

                ## Goals

                %s
                ## Processor time per message

                µs per message and direction; 32 connections (8 at 1 MB), each with one message in flight.

                %s
                ## Round trips of 1 KB

                µs, by number of connections, each with one message in flight.

                %s
                ## Connects

                Head, admission, lease, dial, both 101s, close: 64 concurrently. Greenroom selects and leases a slot for each
                and logs it; the others only pass bytes on. The warm-up is 10 s of connects, for Greenroom 60 s: the JIT
                compiler shares its one core, so it takes a minute to reach full speed.

                %s
                ## Idle sessions

                Resident memory of the process after those connects, before and with %,d idle sessions%s.

                %s
                ## Start

                `./greenroom proxy`, from the command to the first 200 of `/health/ready`, with Redis and both cores; then
                connects, with Redis, on one core.

                %s""".formatted(
                        LocalDate.now(ZoneOffset.UTC),
                        commit,
                        Machine.described(),
                        peers.versions(),
                        rounds,
                        closeRounds,
                        took.toSeconds(),
                        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(),
                        missing(),
                        goals(),
                        results.table("", List.copyOf(RelayBench.SIZES.keySet()), relays, "%.2f"),
                        results.table("", roundTrips(), names, "%.0f"),
                        results.table("", List.of(RelayBench.CONNECTS), names, "%,.0f")
                                + "\n"
                                + results.table("", List.of(RelayBench.CONNECT_CPU), relays, "%.1f"),
                        RelayBench.idleSessions(),
                        RelayBench.idleSessions() < 10_000
                                ? ", the limit of descriptors here; the figure for 10,000 is derived"
                                : "",
                        results.table("", List.of(RelayBench.IDLE_EACH, RelayBench.IDLE_ALL), relays, "%,.1f"),
                        start.table());
    }

    private String missing() {
        return peers.absent().isEmpty() ? "" : " Missing on this machine: " + String.join(", ", peers.absent()) + ".";
    }

    private static List<String> roundTrips() {
        return RelayBench.CONNECTIONS.stream()
                .flatMap(connections -> List.of(RelayBench.p50(connections), RelayBench.p99(connections)).stream())
                .toList();
    }

    private String goals() {
        var table = new StringBuilder("| goal | measured | |\n|---|--:|---|\n");
        ratio(table, "1 KB: processor time at most 1.15 of HAProxy http", "1 KB", 1.15);
        ratio(table, "16 KB: at most 0.6", "16 KB", 0.6);
        ratio(table, "1 MB: at most 1.0", "1 MB", 1.0);
        var connects = results.ratio(RelayBench.CONNECTS, Peer.GREENROOM);
        row(table, "connects: at least 0.4 of HAProxy http", "%.2f", connects, connects >= 0.4);
        var idle = results.median(RelayBench.IDLE_EACH, Peer.GREENROOM);
        row(table, "idle session: at most 10 KB", "%.1f KB", idle, idle <= 10);
        var all = results.median(RelayBench.IDLE_ALL, Peer.GREENROOM);
        row(table, "10,000 idle sessions: at most 250 MB", "%.0f MB", all, all <= 250);
        row(
                table,
                "start to ready: at most 600 ms with the AOT cache",
                "%.0f ms",
                start.readyMillis(),
                start.readyMillis() <= 600);
        return table.toString();
    }

    private void ratio(StringBuilder table, String goal, String size, double atMost) {
        var ratio = results.ratio(size, Peer.GREENROOM);
        row(table, goal, "%.2f", ratio, ratio <= atMost);
    }

    private static void row(StringBuilder table, String goal, String format, double value, boolean met) {
        var measured = Double.isNaN(value) ? "not measured" : String.format(Locale.ROOT, format, value);
        table.append("| ").append(goal).append(" | ").append(measured);
        table.append(" | ").append(met ? "met" : "**not met**").append(" |\n");
    }
}
