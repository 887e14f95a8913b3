package dev.greenroom.registry.simulation;

import java.util.List;
import java.util.Locale;

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

    static String of(int seeds, int steps, Tally tally) {
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
        return page.toString();
    }

    private static void table(StringBuilder page, String title, List<String> rows, Tally tally) {
        page.append("\n## ").append(title).append("\n\n| | |\n|---|---:|\n");
        for (var row : rows) {
            page.append(String.format(Locale.ROOT, "| %s | %,d |%n", row, tally.of(row)));
        }
    }
}
