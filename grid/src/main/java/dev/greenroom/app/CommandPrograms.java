package dev.greenroom.app;

import dev.greenroom.cli.Commands.CommandLauncher;
import dev.greenroom.cli.Commands.CommandLauncher.ToolLaunches;
import dev.greenroom.cli.admin.DrainTool;
import dev.greenroom.cli.admin.StatusTool;
import dev.greenroom.cli.api.GridApi;
import dev.greenroom.cli.api.GridApi.GridApiException;
import dev.greenroom.cli.doctor.DoctorTool;
import dev.greenroom.cli.stress.StressTool;
import dev.greenroom.cli.stress.StressTool.ClientPrograms;
import dev.greenroom.cli.terminal.Terminal;
import dev.greenroom.config.CommandSettings.DoctorSettings;
import dev.greenroom.config.CommandSettings.DrainCommandSettings;
import dev.greenroom.config.CommandSettings.StatusSettings;
import dev.greenroom.config.CommandSettings.StressSettings;
import dev.greenroom.config.WorkerSections.DriverSettings;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.ClientProtocol;
import dev.greenroom.worker.process.DriverFailedException;
import dev.greenroom.worker.store.DriverSource.DriverResolution;
import dev.greenroom.worker.store.DriverStore;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/// What each command runs: the three programs, and the tools `status`, `drain`, `stress` and `doctor`,
/// which are put together here.
public final class CommandPrograms {
    private CommandPrograms() {}

    /// For the command line.
    public static CommandLauncher launcher() {
        return new CommandLauncher(UpProgram::run, ProxyProgram::run, WorkerProgram::run, tools());
    }

    private static ToolLaunches tools() {
        return new ToolLaunches(
                it -> doctor(new DoctorSettings(
                        LoopbackAddress.reachable(it.grid()), it.redis(), it.driver(), it.examination())),
                it -> status(new StatusSettings(LoopbackAddress.reachable(it.grid()), it.view())),
                it -> stress(new StressSettings(LoopbackAddress.reachable(it.grid()), it.load(), it.driver())),
                it -> drain(new DrainCommandSettings(LoopbackAddress.reachable(it.grid()), it.order())));
    }

    private static int status(StatusSettings settings) throws GridApiException, InterruptedException {
        try (var api = GridApi.of(settings.grid())) {
            return new StatusTool(
                            settings, api, out(), () -> Terminal.of(System.getenv()), InstantSource.system(), stop())
                    .run();
        }
    }

    private static int drain(DrainCommandSettings settings) throws GridApiException, InterruptedException {
        try (var api = GridApi.of(settings.grid())) {
            return new DrainTool(settings.order(), api, out(), err(), stop()).run();
        }
    }

    private static int stress(StressSettings settings) throws IOException, InterruptedException {
        return new StressTool(settings, client(settings.driver()), out(), () -> Terminal.of(System.getenv()), stop())
                .run();
    }

    private static int doctor(DoctorSettings settings) throws InterruptedException {
        return new DoctorTool(settings, System.getenv(), (browser, protocol) -> trial(settings, browser, protocol))
                .run(out(), Terminal.of(System.getenv()));
    }

    /// Runs one session that opens a page.
    ///
    /// @return why it failed; empty if it did not
    private static Optional<String> trial(DoctorSettings settings, BrowserType browser, ClientProtocol protocol)
            throws InterruptedException {
        try {
            return StressTool.trial(client(settings.driver()), settings.grid(), browser, protocol);
        } catch (IOException | DriverFailedException e) {
            return Optional.of("the client: " + e.getMessage());
        }
    }

    /// The bundled Playwright client, or the newest one in DRIVER_STORE.
    private static ClientPrograms client(DriverSettings settings) throws IOException, InterruptedException {
        var store = new DriverStore(settings, System.getenv(), InstantSource.system());
        var node = store.open();
        var version = store.preferred()
                .orElseThrow(() -> new IOException("there is no client; let PLAYWRIGHT_VERSIONS name a version"));
        return switch (store.resolve(version, settings.fetchTimeout())) {
            case DriverResolution.Stored(var driver) -> new ClientPrograms(node.path(), driver.folder());
            case DriverResolution.StillFetching _ ->
                throw new IOException("the client is still being fetched; try again");
            case DriverResolution.Unavailable(var _, var why) -> throw new IOException("there is no client: " + why);
        };
    }

    private static PrintWriter out() {
        return new PrintWriter(System.out, false, StandardCharsets.UTF_8);
    }

    private static PrintWriter err() {
        return new PrintWriter(System.err, false, StandardCharsets.UTF_8);
    }

    /// Reaches zero at the first SIGINT or SIGTERM.
    private static CountDownLatch stop() {
        var stop = new CountDownLatch(1);
        StopSignals.onFirst(stop::countDown);
        return stop;
    }
}
