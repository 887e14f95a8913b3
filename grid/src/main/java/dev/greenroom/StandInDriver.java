package dev.greenroom;

import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.worker.driver.Driver;
import dev.greenroom.worker.driver.DriverPackage;
import dev.greenroom.worker.driver.DriverSource;
import dev.greenroom.worker.driver.Drivers;
import dev.greenroom.worker.driver.LaunchResult;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.driver.LaunchedBrowser;
import dev.greenroom.worker.driver.Resolution;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// Stands in for every driver while a worker warms up: it has no process, and what it launches is one [EchoPeer].
///
/// @param socket where that listens
record StandInDriver(Path socket) implements DriverSource, Drivers, Driver {
    private static final PlaywrightVersion NEWEST = new PlaywrightVersion(1, 0);

    @Override
    public Resolution resolve(PlaywrightVersion wanted, Duration patience) {
        return new Resolution.Stored(new DriverPackage(wanted, wanted + ".0", socket));
    }

    @Override
    public Resolution resolveNow(PlaywrightVersion version) {
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
        return List.of(NEWEST);
    }

    @Override
    public Optional<PlaywrightVersion> preferred() {
        return Optional.of(NEWEST);
    }

    @Override
    public Hold hold(DriverPackage driver) {
        return () -> {};
    }

    @Override
    public Driver start(DriverPackage driver) {
        return this;
    }

    @Override
    public PlaywrightVersion version() {
        return NEWEST;
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
        var address = new LaunchedBrowser.Address(socket, "/warm-up", 0);
        return new LaunchResult.Launched(new LaunchedBrowser(address, NEWEST, () -> {}));
    }

    @Override
    public void onDeath(Consumer<String> action) {
        // It never dies by itself.
    }

    @Override
    public void close() {
        // There is nothing to end.
    }
}
