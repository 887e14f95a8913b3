package dev.greenroom.bench;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.slf4j.LoggerFactory;

/// What selection and renewal cost one Redis, with few and with many workers.
///
/// The processor time of Redis counts, since it does not depend on other load on the machine: the maximum rate
/// of one Redis is one second divided by the processor time of one selection.
public final class RegistryBench {
    private static final boolean QUICK = Boolean.getBoolean("bench.quick");
    private static final List<Integer> WORKERS = QUICK ? List.of(10, 1_000) : List.of(10, 100, 1_000, 10_000);
    private static final List<Integer> SESSIONS = QUICK ? List.of(1_000) : List.of(10_000, 100_000);
    private static final Duration WARM_UP = Duration.ofSeconds(2);
    private static final Duration JVM_WARM_UP = Duration.ofSeconds(QUICK ? 3 : 20);
    private static final int WORKERS_OF_WARM_UP = 100;
    private static final Duration MEASURED = Duration.ofSeconds(QUICK ? 3 : 5);
    private static final int ROUNDS = QUICK ? 1 : 5;
    private static final int SLOTS = 20;
    private static final int RENEWALS = 5;
    private static final double RENEW_SECONDS = 5;

    private final RegistryServer server;

    private RegistryBench(RegistryServer server) {
        this.server = server;
    }

    private record Selected(int workers, long done, double seconds, RegistryServer.Spent spent, Samples ping) {
        double perSecond() {
            return done / seconds;
        }

        double redisMicros() {
            return (double) spent.cpuMicros() / done;
        }

        double ceiling() {
            return 1e6 / redisMicros();
        }

        String row() {
            return String.format(
                    Locale.ROOT,
                    "| %,d | %,.0f | %.0f %% | %.1f | %,.0f | %.1f | %.1f in %.1f | %.2f | %.2f |",
                    workers,
                    perSecond(),
                    100 * spent.cpuMicros() / 1e6 / seconds,
                    redisMicros(),
                    ceiling(),
                    (double) spent.scriptMicros() / done,
                    (double) spent.commandMicros() / done,
                    (double) spent.commands() / done,
                    ping.millis(0.5),
                    ping.millis(0.99));
        }
    }

    private record Renewed(int sessions, double microsPerSession) {
        String row() {
            return String.format(
                    Locale.ROOT,
                    "| %,d | %.2f | %.1f %% |",
                    sessions,
                    microsPerSession,
                    100 * microsPerSession * sessions / 1e6 / RENEW_SECONDS);
        }
    }

    /// Measures, prints and writes `bench/results/registry.md`; with `-Dbench.quick=true` it measures two sizes for
    /// a short time and only prints.
    ///
    /// @param args the checkout, nothing, the commit
    public static void main(String[] args) throws IOException, InterruptedException, ExecutionException {
        if (LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME) instanceof Logger root) {
            root.setLevel(Level.WARN);
        }
        try (var server = RegistryServer.start()) {
            var report = new RegistryBench(server).run(args[2]);
            if (!QUICK) {
                var file = Path.of(args[0], "bench/results/registry.md").toAbsolutePath();
                Files.createDirectories(file.getParent());
                Files.writeString(file, report);
            }
            System.out.print(report);
        }
    }

    private String run(String commit) throws IOException, InterruptedException, ExecutionException {
        var idle = ping(Duration.ofSeconds(2));
        List<Selected> selected = new ArrayList<>();
        try (var grid = RegistryGrid.of(server.port(), WORKERS_OF_WARM_UP, SLOTS)) {
            grid.leaseAndRelease(JVM_WARM_UP);
        }
        for (var round = 0; round < ROUNDS; round++) {
            for (var workers : WORKERS) {
                server.empty();
                try (var grid = RegistryGrid.of(server.port(), workers, SLOTS)) {
                    grid.leaseAndRelease(WARM_UP);
                    selected.add(select(grid, workers));
                }
            }
        }
        List<Renewed> renewed = new ArrayList<>();
        for (var sessions : SESSIONS) {
            server.empty();
            try (var grid = RegistryGrid.of(server.port(), sessions / 100, 100)) {
                renewed.add(renew(grid, sessions));
            }
        }
        return report(
                commit,
                idle,
                WORKERS.stream().map(workers -> median(selected, workers)).toList(),
                renewed);
    }

    private static Selected median(List<Selected> selected, int workers) {
        var rounds = selected.stream()
                .filter(each -> each.workers() == workers)
                .sorted(Comparator.comparingDouble(Selected::perSecond))
                .toList();
        return rounds.get(rounds.size() / 2);
    }

    private Samples ping(Duration time) {
        var ping = new RegistryPing(server.port());
        ping.start();
        try (ping) {
            var end = System.nanoTime() + time.toNanos();
            while (System.nanoTime() < end) {
                LockSupport.parkNanos(end - System.nanoTime());
            }
        }
        return ping.samples();
    }

    private Selected select(RegistryGrid grid, int workers)
            throws IOException, InterruptedException, ExecutionException {
        var ping = new RegistryPing(server.port());
        ping.start();
        try (ping) {
            var before = server.spent();
            var began = System.nanoTime();
            var done = grid.leaseAndRelease(MEASURED);
            var seconds = (System.nanoTime() - began) / 1e9;
            var spent = server.spent().since(before);
            return new Selected(workers, done, seconds, spent, ping.samples());
        }
    }

    private Renewed renew(RegistryGrid grid, int sessions)
            throws IOException, InterruptedException, ExecutionException {
        var held = grid.hold(sessions);
        grid.renew(held);
        var before = server.spent();
        for (var n = 0; n < RENEWALS; n++) {
            grid.renew(held);
        }
        return new Renewed(sessions, (double) server.spent().since(before).cpuMicros() / RENEWALS / sessions);
    }

    private static double spread(List<Selected> selected, ToDoubleFunction<Selected> what) {
        var values = selected.stream().map(what::applyAsDouble).toList();
        return Collections.max(values) / Collections.min(values);
    }

    private String report(String commit, Samples idle, List<Selected> selected, List<Renewed> renewed)
            throws IOException {
        return String.format(
                Locale.ROOT,
                """
                # Selection and renewal on one Redis

                %s, commit %s, %s, %d cores shared by everything, load %.1f at the end, %s, Redis %s. One run, the
                median of five rounds.

                A selection is one slot leased and released, by two proxies with production code, 25 clients and one
                connection each. Requests that arrive while a call of their proxy is in progress are sent together in
                its next call, at most 32; releases likewise, at most 200. So a selection is not a round trip of its
                own. Meanwhile another client sends a `PING` every millisecond, on its own connection and thread.

                Clients and Redis share the machine's cores, so selections per second and `PING` depend on everything
                that runs there. Processor time per selection depends on Redis alone; it limits what one Redis can do.

                | workers | selections/s | Redis busy | Redis CPU µs each | limit of one core per second | script µs each | of that in commands µs | PING p50 ms | PING p99 ms |
                |--:|--:|--:|--:|--:|--:|--:|--:|--:|
                %s

                Without load `PING` takes %.2f ms at p50 and %.2f ms at p99.

                | highest ÷ lowest, 10 to 10,000 workers | |
                |---|--:|
                | Redis CPU per selection | %.2f |
                | selections per second | %.2f |
                | PING p99 | %.2f |

                **The lowest of these rates is %,.0f per second; the goal is 50,000, and no ratio over 2.** At 10,000 workers
                one core of Redis can do %,.0f selections per second.

                | sessions | renewal, Redis CPU µs per session | of a core, renewing every 5 s |
                |--:|--:|--:|
                %s
                """,
                LocalDate.now(ZoneOffset.UTC),
                commit,
                System.getProperty("os.name") + " " + System.getProperty("os.arch"),
                Runtime.getRuntime().availableProcessors(),
                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(),
                "Java " + Runtime.version().feature(),
                server.version(),
                selected.stream().map(Selected::row).collect(Collectors.joining("\n")),
                idle.millis(0.5),
                idle.millis(0.99),
                spread(selected, Selected::redisMicros),
                spread(selected, Selected::perSecond),
                spread(selected, each -> each.ping().millis(0.99)),
                selected.stream().mapToDouble(Selected::perSecond).min().orElse(0),
                selected.getLast().ceiling(),
                renewed.stream().map(Renewed::row).collect(Collectors.joining("\n")));
    }
}
