package dev.greenroom;

import dev.greenroom.cli.Launches.ToolLaunches;
import dev.greenroom.cli.api.GridApi;
import dev.greenroom.cli.api.GridApiException;
import dev.greenroom.cli.doctor.Doctor;
import dev.greenroom.cli.drain.DrainTool;
import dev.greenroom.cli.status.StatusTool;
import dev.greenroom.cli.stress.StressClient;
import dev.greenroom.cli.stress.StressTool;
import dev.greenroom.cli.terminal.Terminal;
import dev.greenroom.config.DoctorSettings;
import dev.greenroom.config.DrainOrderSettings;
import dev.greenroom.config.DriverSettings;
import dev.greenroom.config.StatusSettings;
import dev.greenroom.config.StressSettings;
import dev.greenroom.config.StressSettings.StressLoad;
import dev.greenroom.session.Browser;
import dev.greenroom.worker.driver.DriverFailedException;
import dev.greenroom.worker.driver.DriverStore;
import dev.greenroom.worker.driver.Resolution;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/// The commands that look at a grid, or tell it something, for the person who called them.
final class Tools {
    private static final Duration TRIAL_STEP = Duration.ofSeconds(12);
    private static final Duration TRIAL = Duration.ofSeconds(30);

    private Tools() {}

    static ToolLaunches launches() {
        return new ToolLaunches(
                it -> doctor(new DoctorSettings(
                        LocalAddress.reachable(it.grid()), it.redis(), it.driver(), it.examination())),
                it -> status(new StatusSettings(LocalAddress.reachable(it.grid()), it.view())),
                it -> stress(new StressSettings(LocalAddress.reachable(it.grid()), it.load(), it.driver())),
                it -> drain(new DrainOrderSettings(LocalAddress.reachable(it.grid()), it.order())));
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

    private static int stress(StressSettings settings) throws IOException, InterruptedException {
        var surroundings = new StressTool.Surroundings(out(), () -> Terminal.of(System.getenv()), stop());
        return new StressTool(settings, client(settings.driver()), surroundings).run();
    }

    private static int doctor(DoctorSettings settings) throws InterruptedException {
        return new Doctor(settings, System.getenv(), browser -> trial(settings, browser))
                .run(out(), Terminal.of(System.getenv()));
    }

    /// One session with a page; why it failed, if it did.
    private static Optional<String> trial(DoctorSettings settings, Browser browser) throws InterruptedException {
        var load = new StressLoad(1, 1, browser, Optional.empty(), Duration.ZERO, TRIAL_STEP, true);
        try (var session = StressClient.start(client(settings.driver()), settings.grid(), load)) {
            return session.next(TRIAL)
                    .map(said -> switch (said) {
                        case StressClient.Session(var outcome) -> outcome.failure();
                        case StressClient.End(var lastWords) -> Optional.of("the client: " + lastWords);
                    })
                    .orElse(Optional.of("the client: it did not answer within " + TRIAL.toSeconds() + " s"));
        } catch (IOException | DriverFailedException e) {
            return Optional.of("the client: " + e.getMessage());
        }
    }

    /// The stock client that comes with the program, or the newest one that DRIVER_STORE has.
    private static StressClient.Programs client(DriverSettings settings) throws IOException, InterruptedException {
        var store = new DriverStore(settings, System.getenv(), InstantSource.system());
        var node = store.open();
        var version = store.preferred()
                .orElseThrow(() -> new IOException("there is no client; let PLAYWRIGHT_VERSIONS name a version"));
        return switch (store.resolve(version, settings.fetchTimeout())) {
            case Resolution.Stored(var driver) -> new StressClient.Programs(node.path(), driver.folder());
            case Resolution.StillFetching _ -> throw new IOException("the client is still being fetched; try again");
            case Resolution.NotToBeHad(var _, var why) -> throw new IOException("there is no client: " + why);
        };
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
