package dev.greenroom.registry.simulation;

import dev.greenroom.registry.simulation.RecyclingSimulation.Outcome;
import dev.greenroom.registry.simulation.RecyclingSimulation.Scenario;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// The outcome of all simulations, as a page.
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
            "sessions refused by a worker's own cap",
            "dials in vain",
            "leases restored",
            "workers recycled");

    private SimulationReport() {}

    static String of(int seeds, int steps, Tally tally, Map<Scenario, Outcome> recycled) {
        var page = new StringBuilder();
        page.append("# Simulation\n\n");
        page.append("Written by `SimulationTest`; the build fails when it differs. So a change of policy shows as a")
                .append(" change of behaviour.\n\n");
        page.append(String.format(
                Locale.ROOT,
                "%d seeds of %d steps each, %,d steps with the calms in between. Three proxies, four workers with %d"
                        + " slots and %d sessions per incarnation, one line of clients who wait 5 s. Faults come in"
                        + " at random: kills, pauses of 3 to 60 s, lost requests and replies, cuts of 1 to 20 s,"
                        + " wipes. At every step the invariants I1 to I4, I10 and I11 hold; I6 is the line \"although"
                        + " a slot was free\".%n",
                seeds,
                steps,
                tally.of("steps"),
                Simulation.LIMITS.maxConcurrent().value(),
                Simulation.LIMITS.maxLifetime().value()));
        table(page, "Faults", FAULTS, tally);
        table(page, "Connects", CONNECTS, tally);
        table(page, "What became of it", REST, tally);
        page.append(String.format(
                Locale.ROOT,
                "%nWait of those served, whose proxy was not paused meanwhile: mean %d ms, longest %d ms.%n",
                tally.of("wait ms") / Math.max(1, tally.of("connects served without a pause")),
                tally.of("longest wait ms")));
        page.append(recycling(recycled));
        return page.toString();
    }

    private static String recycling(Map<Scenario, Outcome> recycled) {
        var table = new StringBuilder();
        table.append(String.format(
                Locale.ROOT,
                "%n## Workers that are recycled%n%nGrids without any fault: workers with %d slots and %d "
                        + "sessions per run, for 20 minutes. Clients come back at once: in light load one for each "
                        + "worker, for 1 to 5 s, in full load as many as all workers but one have slots, for 5 to "
                        + "25 s. A worker takes 1 s up to the time that is given to start again, or to start its "
                        + "next run.%n%nNobody is refused, at least all workers but one take sessions at any time "
                        + "(all of them, where they renew themselves), and no process has more sessions than "
                        + "slots. Where there is not enough time to recycle all workers one after the other, they "
                        + "serve more than their lifetime.%n%n| | load | workers | start | sessions | fewest that "
                        + "serve | recycled | first ones after | mean | most "
                        + "|%n|---|---|---:|---:|---:|---:|---:|---|---:|---:|%n",
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
