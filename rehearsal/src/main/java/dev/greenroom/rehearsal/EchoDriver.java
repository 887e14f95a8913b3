package dev.greenroom.rehearsal;

import dev.greenroom.session.PlaywrightVersion;
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
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// A fake driver of every Playwright version, without a process. All its browsers share one Unix
/// socket, on which they accept WebSocket upgrades and echo frames.
final class EchoDriver implements DriverSource, DriverStarter, Driver {
    private static final PlaywrightVersion VERSION = new PlaywrightVersion(1, 0);

    private final Path socket;
    private final ServerSocketChannel server;

    private EchoDriver(Path socket, ServerSocketChannel server) {
        this.socket = socket;
        this.server = server;
    }

    /// @param socket where it listens; deleted by [#stop]
    static EchoDriver listenOn(Path socket) throws IOException {
        var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        var driver = new EchoDriver(socket, server);
        Thread.ofPlatform().daemon().name("echo").start(driver::accept);
        return driver;
    }

    private void accept() {
        try {
            while (server.isOpen()) {
                var connection = server.accept();
                Thread.ofPlatform().daemon().name("echo-connection").start(() -> serve(connection));
            }
        } catch (IOException _) {
            // Stopped.
        }
    }

    private static void serve(SocketChannel connection) {
        try (connection) {
            EchoSession.serve(Channels.newInputStream(connection), Channels.newOutputStream(connection));
        } catch (IOException _) {
            // The worker has closed the connection.
        }
    }

    @Override
    public DriverResolution resolve(PlaywrightVersion wanted, Duration patience) {
        return resolveNow(wanted);
    }

    @Override
    public DriverResolution resolveNow(PlaywrightVersion version) {
        return new DriverResolution.Stored(new DriverPackage(version, version + ".0", socket));
    }

    @Override
    public void unusable(PlaywrightVersion version, String why) {
        throw new IllegalStateException(why);
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
    public void refresh() {
        // There is no driver store.
    }

    @Override
    public DriverHold hold(DriverPackage driver) {
        return () -> {};
    }

    @Override
    public Driver start(DriverPackage driver) {
        return this;
    }

    @Override
    public PlaywrightVersion version() {
        return VERSION;
    }

    @Override
    public long pid() {
        return 0;
    }

    @Override
    public boolean alive() {
        return true;
    }

    @Override
    public LaunchResult launch(LaunchSpec spec, Duration patience) {
        var address = new LaunchedBrowser.BrowserAddress(socket, "/echo", 0);
        return new LaunchResult.Launched(new LaunchedBrowser(address, VERSION, () -> {}));
    }

    @Override
    public boolean responsive() {
        return alive();
    }

    @Override
    public void onDeath(Consumer<DriverDeath> action) {
        // It never dies.
    }

    /// Does nothing: each pool closes its drivers, and this one serves the next pool, too.
    @Override
    public void close() {
        // No process to end.
    }

    /// Stops listening and deletes the socket.
    void stop() throws IOException {
        server.close();
        Files.deleteIfExists(socket);
    }
}
