package dev.greenroom.faults;

import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.testkit.BytePump;
import dev.greenroom.worker.driver.Driver;
import dev.greenroom.worker.driver.DriverPackage;
import dev.greenroom.worker.driver.DriverSource;
import dev.greenroom.worker.driver.Drivers;
import dev.greenroom.worker.driver.LaunchResult;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.driver.LaunchedBrowser;
import dev.greenroom.worker.driver.Resolution;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/// Drivers whose browsers are a Unix socket that leads to an echo. They launch at once and never die.
final class EchoDrivers implements Drivers, DriverSource, AutoCloseable {
    private static final PlaywrightVersion VERSION = new PlaywrightVersion(1, 62);

    /// Beyond what Linux gives out: a worker waits for the end of the processes that it takes for its browsers.
    private static final long NOBODY = 2_000_000_000;

    private final int echoPort;
    private final Path folder;
    private final ServerSocketChannel server;
    private final AtomicLong pids = new AtomicLong(NOBODY);

    private EchoDrivers(int echoPort, Path folder, ServerSocketChannel server) {
        this.echoPort = echoPort;
        this.folder = folder;
        this.server = server;
    }

    /// @param echoPort of a server that answers upgrades
    static EchoDrivers start(int echoPort) throws IOException {
        var folder = Files.createTempDirectory("gr-echo");
        var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(folder.resolve("s")));
        var drivers = new EchoDrivers(echoPort, folder, server);
        Thread.ofVirtual().name("echo-drivers").start(drivers::accept);
        return drivers;
    }

    private void accept() {
        try {
            while (server.isOpen()) {
                var near = server.accept();
                var far = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), echoPort));
                BytePump.join(near, far);
            }
        } catch (IOException _) {
            // Closed by us.
        }
    }

    @Override
    public Driver start(DriverPackage driver) {
        return new EchoDriver();
    }

    @Override
    public Resolution resolve(PlaywrightVersion version, Duration patience) {
        return new Resolution.Stored(new DriverPackage(version, version + ".0", folder));
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
    public Hold hold(DriverPackage driver) {
        return () -> {};
    }

    @Override
    public void close() throws IOException {
        server.close();
        Files.deleteIfExists(folder.resolve("s"));
        Files.deleteIfExists(folder);
    }

    private final class EchoDriver implements Driver {
        private volatile boolean alive = true;

        @Override
        public PlaywrightVersion version() {
            return VERSION;
        }

        @Override
        public long pid() {
            return NOBODY;
        }

        @Override
        public boolean alive() {
            return alive;
        }

        @Override
        public LaunchResult launch(LaunchSpec spec, Duration patience) {
            var address = new LaunchedBrowser.Address(folder.resolve("s"), "/browser", pids.incrementAndGet());
            return new LaunchResult.Launched(new LaunchedBrowser(address, VERSION, () -> {}));
        }

        @Override
        public void onDeath(Consumer<String> action) {}

        @Override
        public void close() {
            alive = false;
        }
    }
}
