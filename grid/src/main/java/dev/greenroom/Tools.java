package dev.greenroom;

import dev.greenroom.cli.Launches.ToolLaunches;
import dev.greenroom.cli.api.GridApi;
import dev.greenroom.cli.api.GridApiException;
import dev.greenroom.cli.drain.DrainTool;
import dev.greenroom.cli.status.StatusTool;
import dev.greenroom.cli.terminal.Terminal;
import dev.greenroom.config.DrainOrderSettings;
import dev.greenroom.config.StatusSettings;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;

/// The commands that look at a grid, or tell it something, for the person who called them.
final class Tools {
    private Tools() {}

    static ToolLaunches launches() {
        return new ToolLaunches(Tools::status, Tools::drain);
    }

    private static int status(StatusSettings settings) throws GridApiException, InterruptedException {
        try (var api = GridApi.of(settings.grid())) {
            var surroundings = new StatusTool.Surroundings(
                    out(), () -> Terminal.of(System.getenv()), InstantSource.system(), stop());
            return new StatusTool(settings, api, surroundings).run();
        }
    }

    private static int drain(DrainOrderSettings settings) throws GridApiException, InterruptedException {
        try (var api = GridApi.of(settings.grid())) {
            return new DrainTool(settings.order(), api, out(), err(), stop()).run();
        }
    }

    private static PrintWriter out() {
        return new PrintWriter(System.out, false, StandardCharsets.UTF_8);
    }

    private static PrintWriter err() {
        return new PrintWriter(System.err, false, StandardCharsets.UTF_8);
    }

    /// Counted down by Ctrl-C.
    private static CountDownLatch stop() {
        var stop = new CountDownLatch(1);
        Signals.onFirst(stop::countDown);
        return stop;
    }
}
