package dev.greenroom.registry.simulation;

import dev.greenroom.registry.simulation.RecyclingSimulation.Outcome;
import dev.greenroom.registry.simulation.RecyclingSimulation.Scenario;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// The report on all simulations, in Markdown.
final class SimulationReport {
    private static final List<String> FAULTS = List.of(
            "workers killed",
            "workers paused",
            "proxies killed",
            "proxies paused",
            "registry cut off",
            "registry wiped",
            "requests lost",
            "replies lost");
    private static final List<String> CONNECTS = List.of(
            "connects",
            "connects served",
            "connects refused: no slot in time",
            "connects refused although a slot was free for 4 s",
            "connects refused: registry unavailable",
            "connects cut off by a proxy's death");
    private static final List<String> REST = List.of(
            "sessions completed",
            "sessions lost with their proxy",
            "sessions ended by a drain",
            "sessions refused by a worker's own slot limit",
            "failed dials",
            "leases restored",
            "workers recycled");

    private SimulationReport() {}

    static String of(int seeds, int steps, Tally tally, Map<Scenario, Outcome> recycled) {
        var page = new StringBuilder();
        page.append("# Simulation\n\n");
        page.append(
                        "Written by `SimulationTest`. The build fails when the file differs, so a change of policy shows as a")
                .append(" change of behaviour here.\n\n");
        page.append(String.format(
                Locale.ROOT,
                "%d seeds of %d steps each; %,d steps with the calm phases in between. Three proxies, four workers"
                        + " with %d slots and %d sessions per incarnation, one queue of clients that wait for up to"
                        + " 5 s. Random faults: kills, pauses of 3 to 60 s, lost requests and replies, outages of 1"
                        + " to 20 s, wipes. The invariants I1 to I4, I10 and I11 are checked at every step; I6 is the"
                        + " row \"although a slot was free\".%n",
                seeds,
                steps,
                tally.of("steps"),
                Simulation.LIMITS.maxConcurrent().value(),
                Simulation.LIMITS.maxLifetime().value()));
        table(page, "Faults", FAULTS, tally);
        table(page, "Connects", CONNECTS, tally);
        table(page, "Outcome", REST, tally);
        page.append(String.format(
                Locale.ROOT,
                "%nQueue time of served clients whose proxy was not paused: mean %d ms, longest %d ms.%n",
                tally.of("wait ms") / Math.max(1, tally.of("connects served without a pause")),
                tally.of("longest wait ms")));
        page.append(recycling(recycled));
        return page.toString();
    }

    private static String recycling(Map<Scenario, Outcome> recycled) {
        var table = new StringBuilder();
        table.append(String.format(
                Locale.ROOT,
                "%n## Recycling%n%nGrids without faults: workers with %d slots and %d sessions per run, for 20"
                        + " minutes. Clients reconnect at once. Light load: one session of 1 to 5 s per worker. Full"
                        + " load: sessions of 5 to 25 s on all slots but those of one worker. A worker takes between"
                        + " 1 s and the time in the column `start` to start again, or to start its next run.%n%nNo"
                        + " client is refused. At any time at least all workers but one accept sessions (all of"
                        + " them, where they renew themselves), and no process has more sessions than slots. Where"
                        + " there is not enough time to recycle all workers one after another, they serve more"
                        + " sessions than their limit.%n%n| | load | workers | start | sessions | fewest in service |"
                        + " recycled | first ones after | mean | most"
                        + " |%n|---|---|---:|---:|---:|---:|---:|---|---:|---:|%n",
                RecyclingSimulation.LIMITS.maxConcurrent().value(),
                RecyclingSimulation.LIMITS.maxLifetime().value()));
        recycled.forEach((scenario, outcome) -> table.append(String.format(
                Locale.ROOT,
                "| %s | %s | %d | %d s | %,d | %d | %d | %s | %.0f | %d |%n",
                scenario.mode().wireName(),
                scenario.saturating() ? "full" : "light",
                scenario.workers(),
                scenario.longestRestart().toSeconds(),
                outcome.served(),
                outcome.fewestAvailable(),
                outcome.lifetimes().size(),
                outcome.lifetimes().stream()
                        .limit(Math.min(scenario.workers(), 5))
                        .map(String::valueOf)
                        .collect(Collectors.joining(", ")),
                outcome.lifetimes().stream()
                        .mapToInt(Integer::intValue)
                        .average()
                        .orElse(0),
                outcome.highestLifetime())));
        return table.toString();
    }

    private static void table(StringBuilder page, String title, List<String> rows, Tally tally) {
        page.append("\n## ").append(title).append("\n\n| | |\n|---|---:|\n");
        for (var row : rows) {
            page.append(String.format(Locale.ROOT, "| %s | %,d |%n", row, tally.of(row)));
        }
    }
}
