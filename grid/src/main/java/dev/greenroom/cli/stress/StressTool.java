package dev.greenroom.cli.stress;

import dev.greenroom.cli.ExitCodes;
import dev.greenroom.cli.terminal.Bar;
import dev.greenroom.cli.terminal.Redrawn;
import dev.greenroom.cli.terminal.Terminal;
import dev.greenroom.config.StressSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import tools.jackson.databind.json.JsonMapper;

/// `greenroom stress`.
public final class StressTool {
    private static final JsonMapper JSON = new JsonMapper();
    private static final Duration PAUSE = Duration.ofMillis(100);
    private static final int BAR_COLUMNS = 30;

    private final StressSettings settings;
    private final StressClient.Programs programs;
    private final Surroundings surroundings;

    /// What it draws on, and what tells it to stop.
    ///
    /// @param stop counted down when it is to stop
    public record Surroundings(PrintWriter out, Supplier<Terminal> terminal, CountDownLatch stop) {}

    public StressTool(StressSettings settings, StressClient.Programs programs, Surroundings surroundings) {
        this.settings = settings;
        this.programs = programs;
        this.surroundings = surroundings;
    }

    /// Runs the load and says what came of it.
    ///
    /// @throws IOException when the client could not be run
    public int run() throws IOException, InterruptedException {
        var began = System.nanoTime();
        var tally = new Tally();
        boolean complete;
        try (var client = StressClient.start(programs, settings.grid(), settings.load())) {
            complete = collect(client, tally, began);
        }
        var report = new StressReport(settings, tally, Duration.ofNanos(System.nanoTime() - began), complete);
        var out = surroundings.out();
        if (settings.load().json()) {
            out.println(JSON.writeValueAsString(report.json()));
        } else {
            out.println();
            report.lines(surroundings.terminal().get()).forEach(out::println);
        }
        out.flush();
        return report.isGood() ? ExitCodes.OK : ExitCodes.FAILED;
    }

    /// Whether it came to its end.
    private boolean collect(StressClient client, Tally tally, long began) throws IOException, InterruptedException {
        var terminal = surroundings.terminal().get();
        var progress = new Redrawn(surroundings.out());
        while (surroundings.stop().getCount() > 0) {
            var said = client.next(PAUSE);
            if (said.isPresent()) {
                switch (said.get()) {
                    case StressClient.Session(var outcome) -> tally.add(outcome);
                    case StressClient.End(var lastWords) -> {
                        if (tally.done() < settings.load().sessions()) {
                            throw new IOException("the client ended before its time: " + lastWords);
                        }
                        return true;
                    }
                }
            }
            if (terminal.interactive() && !settings.load().json()) {
                progress.draw(List.of(progress(tally, began)), terminal);
            }
        }
        return false;
    }

    private String progress(Tally tally, long began) {
        var sessions = settings.load().sessions();
        return String.format(
                Locale.ROOT,
                "%s  %d/%d  %d failed  %d s",
                Bar.of(tally.done(), sessions, BAR_COLUMNS),
                tally.done(),
                sessions,
                tally.failed(),
                Duration.ofNanos(System.nanoTime() - began).toSeconds());
    }
}
