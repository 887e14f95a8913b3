package dev.greenroom.cli.stress;

import dev.greenroom.cli.Commands.ExitCodes;
import dev.greenroom.cli.terminal.Terminal;
import dev.greenroom.cli.terminal.Terminal.LiveRegion;
import dev.greenroom.cli.terminal.Terminal.TextTable.UsageBar;
import dev.greenroom.config.CommandSettings.GridSettings;
import dev.greenroom.config.CommandSettings.StressSettings;
import dev.greenroom.config.CommandSettings.StressSettings.StressLoad;
import dev.greenroom.data.Json;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.ClientProtocol;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;

/// `greenroom stress`.
public final class StressTool {
    private static final Duration PAUSE = Duration.ofMillis(100);
    private static final int BAR_COLUMNS = 30;
    private static final Duration STEP_TIMEOUT = Duration.ofSeconds(12);
    private static final Duration TRIAL_TIMEOUT = Duration.ofSeconds(30);

    private final StressSettings settings;
    private final ClientPrograms programs;
    private final PrintWriter out;
    private final Supplier<Terminal> terminals;
    private final CountDownLatch stop;

    /// @param terminals asked before each drawing, since people resize windows
    /// @param stop ends the test early when it is counted down
    public StressTool(
            StressSettings settings,
            ClientPrograms programs,
            PrintWriter out,
            Supplier<Terminal> terminals,
            CountDownLatch stop) {
        this.settings = settings;
        this.programs = programs;
        this.out = out;
        this.terminals = terminals;
        this.stop = stop;
    }

    /// The files that a client consists of.
    ///
    /// @param node path of Node.js
    /// @param core the folder of playwright-core
    public record ClientPrograms(Path node, Path core) {}

    /// Runs one session that opens a page.
    ///
    /// @return why it failed; empty if it did not
    /// @throws IOException when the client cannot be run
    public static Optional<String> trial(
            ClientPrograms programs, GridSettings grid, BrowserType browser, ClientProtocol protocol)
            throws IOException, InterruptedException {
        var load = new StressLoad(1, 1, browser, protocol, Optional.empty(), Duration.ZERO, STEP_TIMEOUT, true);
        try (var client = StressClient.start(programs, grid, load)) {
            return client.next(TRIAL_TIMEOUT)
                    .map(said -> switch (said) {
                        case StressClient.SessionFinished(var outcome) -> outcome.failure();
                        case StressClient.ClientFinished(var lastWords) -> Optional.of("the client: " + lastWords);
                    })
                    .orElse(Optional.of("the client: it did not answer within " + TRIAL_TIMEOUT.toSeconds() + " s"));
        }
    }

    /// Runs the load and prints the report.
    ///
    /// @throws IOException when the client cannot be run
    public int run() throws IOException, InterruptedException {
        var began = System.nanoTime();
        var tally = new ResultTally();
        var before = BrowserCounts.ask(settings.grid());
        boolean complete;
        try (var client = StressClient.start(programs, settings.grid(), settings.load())) {
            complete = collect(client, tally, began);
        }
        var took = Duration.ofNanos(System.nanoTime() - began);
        var browsers = before.isPresent()
                ? BrowserCounts.since(before.get(), settings.grid(), tally.done() - tally.failed(), stop)
                : Optional.<BrowserCounts>empty();
        var report = new StressReport(settings, tally, took, complete, browsers);
        if (settings.load().json()) {
            out.println(Json.mapper().writeValueAsString(report.json()));
        } else {
            out.println();
            report.lines(terminals.get()).forEach(out::println);
        }
        out.flush();
        return report.isGood() ? ExitCodes.OK : ExitCodes.FAILED;
    }

    /// Whether all sessions were run.
    private boolean collect(StressClient client, ResultTally tally, long began)
            throws IOException, InterruptedException {
        var terminal = terminals.get();
        var progress = new LiveRegion(out);
        while (stop.getCount() > 0) {
            var said = client.next(PAUSE);
            if (said.isPresent()) {
                switch (said.get()) {
                    case StressClient.SessionFinished(var outcome) -> tally.add(outcome);
                    case StressClient.ClientFinished(var lastWords) -> {
                        if (tally.done() < settings.load().sessions()) {
                            throw new IOException("the client ended early: " + lastWords);
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

    private String progress(ResultTally tally, long began) {
        var sessions = settings.load().sessions();
        return String.format(
                Locale.ROOT,
                "%s  %d/%d  %d failed  %d s",
                UsageBar.of(tally.done(), sessions, BAR_COLUMNS),
                tally.done(),
                sessions,
                tally.failed(),
                Duration.ofNanos(System.nanoTime() - began).toSeconds());
    }
}
