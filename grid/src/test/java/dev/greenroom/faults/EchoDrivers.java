package dev.greenroom.faults;

import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.testkit.UnixSocketServer;
import dev.greenroom.worker.driver.Driver;
import dev.greenroom.worker.driver.Driver.DriverDeath;
import dev.greenroom.worker.driver.Driver.DriverStarter;
import dev.greenroom.worker.driver.Driver.LaunchResult;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.driver.LaunchedBrowser;
import dev.greenroom.worker.store.DriverSource;
import dev.greenroom.worker.store.DriverSource.DriverPackage;
import dev.greenroom.worker.store.DriverSource.DriverResolution;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/// Drivers whose browsers are a Unix socket that leads to an echo. They launch at once and never die.
final class EchoDrivers implements DriverStarter, DriverSource, AutoCloseable {
    private static final PlaywrightVersion VERSION = new PlaywrightVersion(1, 62);

    /// Beyond what Linux gives out: a worker waits for the end of the processes that it takes for its
    /// browsers.
    private static final long NOBODY = 2_000_000_000;

    private final UnixSocketServer front;
    private final AtomicLong pids = new AtomicLong(NOBODY);
    private final List<EchoDriver> started = new CopyOnWriteArrayList<>();

    private EchoDrivers(UnixSocketServer front) {
        this.front = front;
    }

    /// @param echoPort of a server that answers upgrades
    static EchoDrivers start(int echoPort) throws IOException {
        return new EchoDrivers(UnixSocketServer.before(echoPort));
    }

    @Override
    public Driver start(DriverPackage driver) {
        var echo = new EchoDriver(driver.version());
        started.add(echo);
        return echo;
    }

    /// Those that run.
    int alive() {
        return (int) started.stream().filter(EchoDriver::alive).count();
    }

    /// Has the driver that was started first use as much memory as this process.
    void growFirst() {
        started.getFirst().pid = ProcessHandle.current().pid();
    }

    @Override
    public DriverResolution resolve(PlaywrightVersion version, Duration patience) {
        return new DriverResolution.Stored(new DriverPackage(version, version + ".0", front.socket()));
    }

    @Override
    public DriverResolution resolveNow(PlaywrightVersion version) {
        return resolve(version, Duration.ZERO);
    }

    @Override
    public void unusable(PlaywrightVersion version, String why) {
        throw new IllegalStateException(why);
    }

    @Override
    public void refresh() {
        // There is no folder.
    }

    @Override
    public List<PlaywrightVersion> available() {
        return List.of(VERSION);
    }

    @Override
    public Optional<PlaywrightVersion> preferred() {
        return Optional.of(VERSION);
    }

    @Override
    public DriverHold hold(DriverPackage driver) {
        return () -> {};
    }

    @Override
    public void close() throws IOException {
        front.close();
    }

    private final class EchoDriver implements Driver {
        private final PlaywrightVersion version;
        private volatile boolean alive = true;
        private volatile long pid = NOBODY;

        EchoDriver(PlaywrightVersion version) {
            this.version = version;
        }

        @Override
        public PlaywrightVersion version() {
            return version;
        }

        @Override
        public long pid() {
            return pid;
        }

        @Override
        public boolean alive() {
            return alive;
        }

        @Override
        public LaunchResult launch(LaunchSpec spec, Duration patience) {
            var address = new LaunchedBrowser.BrowserAddress(
                    front.socket(), "/browser/" + pids.incrementAndGet(), pids.get());
            return new LaunchResult.Launched(new LaunchedBrowser(address, version, () -> {}));
        }

        @Override
        public void onDeath(Consumer<DriverDeath> action) {}

        @Override
        public boolean responsive() {
            return alive();
        }

        @Override
        public void close() {
            alive = false;
            started.remove(this);
        }
    }
}
