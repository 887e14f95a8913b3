package dev.greenroom.cli.admin;

import dev.greenroom.cli.Commands.ExitCodes;
import dev.greenroom.cli.api.GridApi;
import dev.greenroom.cli.api.GridApi.GridApiException;
import dev.greenroom.cli.api.GridApi.GridState;
import dev.greenroom.cli.api.GridApi.GridState.SessionState;
import dev.greenroom.cli.terminal.Terminal;
import dev.greenroom.cli.terminal.Terminal.AnsiStyle;
import dev.greenroom.cli.terminal.Terminal.LiveRegion;
import dev.greenroom.config.CommandSettings.StatusSettings;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/// `greenroom status`.
public final class StatusTool {
    private final StatusSettings settings;
    private final GridApi api;
    private final PrintWriter out;
    private final Supplier<Terminal> terminals;
    private final InstantSource clock;
    private final CountDownLatch stop;
    private final LiveRegion screen;
    private List<String> drawn = List.of();

    /// @param terminals asked before each drawing, since people resize windows
    /// @param clock for ages
    /// @param stop ends `--watch` when it is counted down
    public StatusTool(
            StatusSettings settings,
            GridApi api,
            PrintWriter out,
            Supplier<Terminal> terminals,
            InstantSource clock,
            CountDownLatch stop) {
        this.settings = settings;
        this.api = api;
        this.out = out;
        this.terminals = terminals;
        this.clock = clock;
        this.stop = stop;
        this.screen = new LiveRegion(out);
    }

    /// Shows the state once, or with `--watch` until it is stopped.
    ///
    /// @throws GridApiException when the grid does not answer the first request; later ones are repeated
    public int run() throws GridApiException, InterruptedException {
        refresh();
        while (settings.view().watch() && !stop.await(settings.view().interval().toMillis(), TimeUnit.MILLISECONDS)) {
            try {
                refresh();
            } catch (GridApiException failure) {
                showFailure(failure);
            }
        }
        return ExitCodes.OK;
    }

    private void refresh() throws GridApiException, InterruptedException {
        if (settings.view().json()) {
            print(List.of(json()));
            return;
        }
        var terminal = terminals.get();
        var board = new StatusBoard(settings.grid().url(), GridState.ask(api), clock.instant());
        if (settings.view().watch() && !terminal.interactive()) {
            print(List.of(board.line()));
        } else if (settings.view().watch()) {
            drawn = lines(board, terminal);
            screen.draw(drawn, terminal);
        } else {
            print(lines(board, terminal));
        }
    }

    private String json() throws GridApiException, InterruptedException {
        var state = api.get("/v1/overview");
        if (settings.view().sessions()) {
            var page = SessionState.json(api);
            state.asObject().set("sessions", page.path("sessions"));
            state.asObject().put("moreSessions", !page.path("next").asString("").isEmpty());
        }
        return state.toString();
    }

    private List<String> lines(StatusBoard board, Terminal terminal) throws GridApiException, InterruptedException {
        if (!settings.view().sessions()) {
            return board.lines(terminal);
        }
        var lines = new ArrayList<>(board.lines(terminal));
        lines.add("");
        lines.addAll(SessionTable.lines(SessionState.ask(api), terminal));
        return lines;
    }

    /// Keeps the last state on the screen, with the reason why it is outdated.
    private void showFailure(GridApiException failure) {
        var terminal = terminals.get();
        if (settings.view().json() || !terminal.interactive()) {
            return;
        }
        var lines = new ArrayList<>(drawn);
        lines.add(1, terminal.ink(AnsiStyle.BAD, failure.sentence()));
        screen.draw(lines, terminal);
    }

    private void print(List<String> lines) {
        lines.forEach(out::println);
        out.flush();
    }
}
